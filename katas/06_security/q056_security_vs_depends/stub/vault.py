from dataclasses import dataclass


@dataclass
class Client:
    name: str
    scopes: frozenset[str]
    frozen: bool = False


_clients: dict[str, Client] = {}


def add(token: str, name: str, scopes: set[str], frozen: bool = False) -> Client:
    _clients[token] = Client(name, frozenset(scopes), frozen)
    return _clients[token]


def find(token: str) -> Client | None:
    return _clients.get(token)


add("demo-token", "Harbour Books Ltd", {"accounts", "accounts:balance"})
