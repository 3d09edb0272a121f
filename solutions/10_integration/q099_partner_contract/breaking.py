"""python breaking.py OLD NEW"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Operation:
    """What the clients of an operation rely on."""

    id: str | None
    wanted: frozenset[str]  # what has to be sent
    promised: frozenset[str]  # what is sent back


def resolved(document: dict, part: dict) -> dict:
    while "$ref" in part:
        reference = part["$ref"]
        part = document
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]
    return part


def fields_of(document: dict, holder: dict) -> dict[str, Any]:
    """The object that is behind the JSON of a body or an answer."""
    schema = resolved(document, holder.get("content", {}).get("application/json", {}).get("schema", {}))
    while schema.get("type") == "array":
        schema = resolved(document, schema.get("items", {}))
    return schema


def wanted(document: dict, shared: list[dict], operation: dict) -> Iterator[str]:
    parameters = [resolved(document, one) for one in [*shared, *operation.get("parameters", [])]]
    for place, name in {(one["in"], one["name"]): one for one in parameters if one.get("required")}:
        yield f"{place} parameter `{name}`"
    for name in fields_of(document, operation.get("requestBody", {})).get("required", []):
        yield f"body field `{name}`"


def promised(document: dict, operation: dict) -> Iterator[str]:
    for status, response in operation.get("responses", {}).items():
        if status.startswith("2"):
            for name in fields_of(document, response).get("properties", {}):
                yield f"answer field `{name}` ({status})"


def operations(document: dict) -> dict[str, Operation]:
    return {
        f"{method.upper()} {path}": Operation(
            id=item[method].get("operationId"),
            wanted=frozenset(wanted(document, item.get("parameters", []), item[method])),
            promised=frozenset(promised(document, item[method])),
        )
        for path, item in document.get("paths", {}).items()
        for method in METHODS
        if method in item
    }


def breaking_changes(old: dict, new: dict) -> list[str]:
    found, now = [], operations(new)
    for name, before in operations(old).items():
        after = now.get(name)
        if after is None:
            found.append(f"{name}: gone")
            continue
        if before.id != after.id:
            found.append(f"{name}: operationId `{before.id}` is now `{after.id}`")
        found += [f"{name}: {thing} is required now" for thing in sorted(after.wanted - before.wanted)]
        found += [f"{name}: {thing} is gone" for thing in sorted(before.promised - after.promised)]
    return found


def main(old: str, new: str) -> int:
    changes = breaking_changes(*(json.loads(Path(file).read_bytes()) for file in (old, new)))
    for change in changes:
        print(change)  # noqa: T201
    return 1 if changes else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
