"""What gunicorn reads with `gunicorn -c gunicorn_conf.py app:app`."""

import multiprocessing
import os

from uvicorn_worker import UvicornWorker


class Worker(UvicornWorker):
    CONFIG_KWARGS = {**UvicornWorker.CONFIG_KWARGS, "server_header": False}


host, port = os.getenv("HOST") or "0.0.0.0", os.getenv("PORT") or "8000"
bind = [f"{host}:{port}"]
workers = os.getenv("WEB_CONCURRENCY") or max(2, multiprocessing.cpu_count())
worker_class = Worker
graceful_timeout = os.getenv("GRACE_SECONDS") or 30
timeout = 60
keepalive = 75
max_requests, max_requests_jitter = 10_000, 1_000
forwarded_allow_ips = os.getenv("TRUSTED_PROXIES") or "127.0.0.1"
accesslog = errorlog = "-"
loglevel = "info"
proc_name = "bakery"


def when_ready(server):
    server.log.info("the bakery is open")


def worker_exit(server, worker):
    server.log.info("worker %s goes home", worker.pid)
