from dataclasses import dataclass, field

from starlette.responses import PlainTextResponse


@dataclass
class Room:
    id: int
    name: str
    locked: bool = False
    takes: list[str] = field(default_factory=list)


rooms: dict[int, Room] = {1: Room(1, "Stone"), 2: Room(2, "Velvet", locked=True)}
engineers: set[str] = {"ida"}
served: list[tuple[str, str, int]] = []


def find(room_id: int) -> Room | None:
    """Asks the key cabinet, which bills each call."""
    return rooms.get(room_id)


def count(method: str, path: str, status: int) -> None:
    served.append((method, path, status))


manual = PlainTextResponse("Do not touch the tape machine.")  # an ASGI app
