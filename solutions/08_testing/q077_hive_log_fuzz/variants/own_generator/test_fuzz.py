"""No schemathesis: strategies made from the document by hand, and a JSON Schema validator."""

from urllib.parse import quote

import jsonschema_rs
import pytest
from app import app
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

client = TestClient(app, raise_server_exceptions=False)
document = client.get("/openapi.json").json()
OPERATIONS = [
    (path, method, operation) for path, methods in document["paths"].items() for method, operation in methods.items()
]


def resolved(schema):
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def values(schema):
    schema = resolved(schema)
    if "anyOf" in schema:
        return st.one_of(*map(values, schema["anyOf"]))
    low, high = schema.get("minimum"), schema.get("maximum")
    match schema.get("type"):
        case "integer":
            return st.integers(low, high)
        case "number":
            return st.floats(low, high, allow_nan=False, allow_infinity=False)
        case "string":
            return st.text(min_size=schema.get("minLength", 0), max_size=schema.get("maxLength"))
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "array":
            return st.lists(values(schema["items"]), max_size=schema.get("maxItems"))
        case "object":
            return st.fixed_dictionaries({key: values(value) for key, value in schema.get("properties", {}).items()})
    return st.none()


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=lambda value: str(value)[:20])
@settings(max_examples=60)
@given(data=st.data())
def test_operation(path, method, operation, data):
    query = {}
    for parameter in operation.get("parameters", []):
        value = data.draw(values(parameter["schema"]))
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", quote(str(value), safe="") or "x")
        elif parameter["required"] or value:
            query[parameter["name"]] = value
    body = operation.get("requestBody")
    json = data.draw(values(body["content"]["application/json"]["schema"])) if body else None
    response = client.request(method, path, params=query, json=json)

    assert response.status_code < 500
    answer = operation["responses"].get(str(response.status_code))
    assert answer is not None, response.status_code
    if response.headers.get("content-type") == "application/json" and "content" in answer:
        schema = answer["content"]["application/json"]["schema"]
        jsonschema_rs.validate({**schema, "components": document["components"]}, response.json())
