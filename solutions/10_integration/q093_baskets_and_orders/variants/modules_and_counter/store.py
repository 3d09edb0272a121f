import os

from redis import ConnectionPool, Redis

state = {}


def connect():
    state["pool"] = ConnectionPool.from_url(os.environ["REDIS_URL"], decode_responses=True)


def disconnect():
    state["pool"].disconnect()


def redis() -> Redis:
    return Redis(connection_pool=state["pool"])


def name(basket_id: str) -> str:
    return f"shop:b:{basket_id}"
