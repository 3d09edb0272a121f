import argparse
import json
import sys
from collections.abc import Iterator
from functools import cached_property


class Document:
    def __init__(self, raw: dict):
        self.raw = raw

    def follow(self, node):
        if isinstance(node, dict) and "$ref" in node:
            target = self.raw
            for key in node["$ref"][2:].split("/"):
                target = target[key]
            return self.follow(target)
        return node

    def fields(self, media: dict) -> dict:
        schema = self.follow(media.get("application/json", {}).get("schema", {}))
        return self.fields({"application/json": {"schema": schema["items"]}}) if "items" in schema else schema

    @cached_property
    def operations(self) -> "dict[str, Operation]":
        return {
            f"{method.upper()} {path}": Operation(self, item, node)
            for path, item in self.raw.get("paths", {}).items()
            for method, node in item.items()
            if isinstance(node, dict) and "responses" in node
        }


class Operation:
    def __init__(self, document: Document, item: dict, node: dict):
        self.document, self.item, self.node = document, item, node

    @property
    def parameters(self) -> dict[tuple[str, str], bool]:
        every = map(self.document.follow, [*self.item.get("parameters", ()), *self.node.get("parameters", ())])
        return {(one["in"], one["name"]): one.get("required", False) for one in every}

    @property
    def required(self) -> list[str]:
        return self.document.fields(self.node.get("requestBody", {}).get("content", {})).get("required", [])

    def answer(self, status: str) -> list[str]:
        return list(
            self.document.fields(self.node["responses"].get(status, {}).get("content", {})).get("properties", {})
        )

    def broken_by(self, other: "Operation") -> Iterator[str]:
        if self.node["operationId"] != other.node["operationId"]:
            yield f"renamed {self.node['operationId']} -> {other.node['operationId']}"
        for (place, name), required in other.parameters.items():
            if required and not self.parameters.get((place, name)):
                yield f"needs {name} ({place})"
        for name in other.required:
            if name not in self.required:
                yield f"needs {name} (body)"
        for status in self.node["responses"]:
            if status[0] == "2":
                gone = [name for name in self.answer(status) if name not in other.answer(status)]
                yield from (f"{status} lost {name}" for name in gone)


def breaking_changes(old: dict, new: dict) -> list[str]:
    before, after = Document(old).operations, Document(new).operations
    removed = [f"[{name}] removed" for name in before if name not in after]
    return removed + [
        f"[{name}] {text}" for name in before if name in after for text in before[name].broken_by(after[name])
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("old", type=argparse.FileType(encoding="utf-8") if sys.version_info < (3, 14) else open)
    parser.add_argument("new", type=argparse.FileType(encoding="utf-8") if sys.version_info < (3, 14) else open)
    given = parser.parse_args()
    changes = breaking_changes(json.load(given.old), json.load(given.new))
    for change in changes:
        print(change, file=sys.stderr)
    if not changes:
        print("Nothing breaks.")
    sys.exit(bool(changes))
