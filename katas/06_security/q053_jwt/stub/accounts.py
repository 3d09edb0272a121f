from dataclasses import dataclass

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

# Cheap settings keep the kata quick; a real service uses PasswordHash.recommended().
_hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
_nobody = _hasher.hash("nobody")


@dataclass
class Account:
    id: int
    email: str
    password_hash: str
    active: bool = True


_accounts: dict[int, Account] = {}


def register(id: int, email: str, password: str) -> Account:  # noqa: A002
    _accounts[id] = Account(id, email, _hasher.hash(password))
    return _accounts[id]


def get(id: int) -> Account | None:  # noqa: A002
    """The account with this number, active or not."""
    return _accounts.get(id)


def check_login(email: str, password: str) -> Account | None:
    """The active account with these credentials, or None."""
    found = next((a for a in _accounts.values() if a.email == email), None)
    good = _hasher.verify(password, found.password_hash if found else _nobody)
    return found if found and good and found.active else None


register(7, "reception@lab.example", "centrifuge")
