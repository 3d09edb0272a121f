from dataclasses import dataclass

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

# Cheap settings keep the kata quick; a real service uses PasswordHash.recommended().
hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@dataclass
class Member:
    username: str
    ship: str
    password_hash: str
    disabled: bool = False


crew: dict[str, Member] = {}  # by username


def enlist(username: str, password: str, ship: str, disabled: bool = False) -> Member:
    crew[username] = Member(username, ship, hasher.hash(password), disabled)
    return crew[username]


enlist("bridge1", "north-by-east", "MF Aurora")
enlist("engine2", "oil-and-water", "MF Borealis", disabled=True)
