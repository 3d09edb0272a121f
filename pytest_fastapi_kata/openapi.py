"""Questions to an OpenAPI document, with references resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Parameter:
    """One documented parameter; ``schema`` has its references resolved."""

    name: str
    place: str
    required: bool
    schema: dict[str, Any]
    deprecated: bool = False

    @property
    def default(self) -> Any:
        """The documented default, or None."""
        return self.schema.get("default")

    @property
    def has_default(self) -> bool:
        """Whether a default is documented, be it null."""
        return "default" in self.schema


class Docs:
    """An app's OpenAPI document, as a check asks about it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @property
    def routes(self) -> dict[str, set[str]]:
        """The documented methods, in small letters, of each path."""
        return {
            path: {method for method in item if method in METHODS}
            for path, item in self.document.get("paths", {}).items()
        }

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """Return what is documented for a method and path; AssertionError if nothing is."""
        item = self.document.get("paths", {}).get(path, {})
        if method.lower() not in item:
            known = [f"{m.upper()} {p}" for p, methods in self.routes.items() for m in sorted(methods)]
            msg = f"The docs do not list {method.upper()} {path}; they list {', '.join(known) or 'no route at all'}."
            raise AssertionError(msg)
        operation: dict[str, Any] = item[method.lower()]
        return operation

    def parameters(self, method: str, path: str) -> dict[str, Parameter]:
        """Return the documented parameters of an operation by name."""
        found = {}
        shared = self.document.get("paths", {}).get(path, {}).get("parameters", [])
        for raw in [*shared, *self.operation(method, path).get("parameters", [])]:
            entry = self.resolve(raw)
            found[entry["name"]] = Parameter(
                name=entry["name"],
                place=entry["in"],
                required=bool(entry.get("required", False)),
                schema=self.resolve(entry.get("schema", {})),
                deprecated=bool(entry.get("deprecated", False)),
            )
        return found

    def places(self, method: str, path: str) -> dict[str, str]:
        """Return for each parameter where it is and whether it must be, such as ``{"q": "query, required"}``."""
        return {
            name: f"{parameter.place}, {'required' if parameter.required else 'optional'}"
            for name, parameter in self.parameters(method, path).items()
        }

    def body(self, method: str, path: str, media_type: str = "application/json") -> dict[str, Any] | None:
        """Return the resolved schema of the request body, or None if none is documented."""
        body = self.resolve(self.operation(method, path).get("requestBody", {}))
        content = body.get("content", {}).get(media_type)
        return None if content is None else self.resolve(content.get("schema", {}))

    def body_required(self, method: str, path: str) -> bool:
        """Say whether the request body is documented as required."""
        return bool(self.resolve(self.operation(method, path).get("requestBody", {})).get("required", False))

    def statuses(self, method: str, path: str) -> set[str]:
        """Return the documented response codes."""
        return set(self.operation(method, path).get("responses", {}))

    def answer(
        self, method: str, path: str, status: int | str = 200, media_type: str = "application/json"
    ) -> dict[str, Any] | None:
        """Return the resolved schema of a response, or None if none is documented."""
        response = self.resolve(self.operation(method, path).get("responses", {}).get(str(status), {}))
        content = response.get("content", {}).get(media_type)
        return None if content is None else self.resolve(content.get("schema", {}))

    def resolve(self, schema: Any, _seen: tuple[str, ...] = ()) -> Any:
        """Return a schema with every ``$ref`` replaced, and ``allOf`` of one part unwrapped.

        A reference to something that contains it again is left as it stands.
        """
        if isinstance(schema, list):
            return [self.resolve(item, _seen) for item in schema]
        if not isinstance(schema, dict):
            return schema
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if reference in _seen:
                return schema
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            return {**self.resolve(self._look_up(reference), (*_seen, reference)), **self.resolve(beside, _seen)}
        resolved = {key: self.resolve(value, _seen) for key, value in schema.items()}
        parts = resolved.get("allOf")
        if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], dict):
            resolved.pop("allOf")
            resolved = {**parts[0], **resolved}
        return resolved

    def alternatives(self, schema: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the parts of ``anyOf`` or ``oneOf``, nested ones included; a plain schema is its own only part."""
        parts = schema.get("anyOf") or schema.get("oneOf")
        if not parts:
            return [schema]
        return [single for part in parts for single in self.alternatives(self.resolve(part))]

    def not_null(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return a nullable schema without its null; a schema with several other parts is returned as it is."""
        parts = [part for part in self.alternatives(schema) if part.get("type") != "null"]
        return parts[0] if len(parts) == 1 else schema

    def _look_up(self, reference: str) -> Any:
        value: Any = self.document
        for step in reference.removeprefix("#/").split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(value, dict) or key not in value:
                msg = f"The docs refer to {reference}, and that leads nowhere."
                raise AssertionError(msg)
            value = value[key]
        return value
