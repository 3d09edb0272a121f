"""Questions to an OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Query
from pydantic import BaseModel

from pytest_fastapi_kata.openapi import Docs, Parameter


class Hat(BaseModel):
    size: int
    lining: Hat | None = None


def an_app() -> FastAPI:
    """Return an app with parameters, bodies and answers of all kinds."""
    app = FastAPI()

    @app.get("/hats/{number}")
    def read(
        number: int, q: str, page: Annotated[int, Query(deprecated=True)] = 3, tag: str | None = None
    ) -> list[Hat]: ...

    @app.put("/hats/{number}", status_code=204)
    def put(number: int, hat: Hat | None = None) -> None: ...

    @app.post("/hats", status_code=201, responses={409: {"description": "There is one."}})
    def post(hat: Hat) -> Hat: ...

    return app


@pytest.fixture(scope="module")
def docs() -> Docs:
    """The document of a real app."""
    return Docs(an_app().openapi())


def schemas(**parts: Any) -> Docs:
    """Return a document with these schemas alone."""
    return Docs({"components": {"schemas": parts}})


def ref(name: str, **beside: Any) -> dict[str, Any]:
    """Return a reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}", **beside}


def test_routes(docs: Docs) -> None:
    """Methods by path; what else a path has is no method."""
    assert {"/hats/{number}": {"get", "put"}, "/hats": {"post"}} == docs.routes
    assert {"/a": {"get"}} == Docs({"paths": {"/a": {"get": {}, "parameters": [], "summary": "s"}}}).routes
    assert {} == Docs({}).routes


def test_operation(docs: Docs) -> None:
    """The method may be written in any case."""
    assert docs.document["paths"]["/hats"]["post"] is docs.operation("POST", "/hats")
    assert docs.operation("post", "/hats") is docs.operation("POST", "/hats")


@pytest.mark.parametrize(("method", "path"), [("get", "/hats"), ("GET", "/caps")])
def test_an_operation_that_is_not_there(docs: Docs, method: str, path: str) -> None:
    """The learner is told what the docs list instead."""
    with pytest.raises(AssertionError) as error:
        docs.operation(method, path)
    listed = "GET /hats/{number}, PUT /hats/{number}, POST /hats"
    assert f"The docs do not list GET {path}; they list {listed}." == str(error.value)


@pytest.mark.parametrize(
    "question", ["operation", "parameters", "places", "body", "body_required", "statuses", "answer"]
)
@pytest.mark.parametrize("document", [{}, {"paths": {}}, {"paths": {"/a": {}}}])
def test_an_empty_document_answers_every_question_alike(question: str, document: dict[str, Any]) -> None:
    """There is no route at all, and that is what the learner is told."""
    with pytest.raises(AssertionError, match="they list no route at all"):
        getattr(Docs(document), question)("get", "/")


def test_parameters(docs: Docs) -> None:
    """Place, duty, schema, default and deprecation are as documented."""
    found = docs.parameters("get", "/hats/{number}")
    assert ["number", "q", "page", "tag"] == list(found)
    assert ("path", True, "integer", False) == (
        found["number"].place, found["number"].required, found["number"].schema["type"], found["number"].deprecated,
    )  # fmt: skip
    assert (3, True, True) == (found["page"].default, found["page"].has_default, found["page"].deprecated)
    assert (None, False) == (found["q"].default, found["q"].has_default)
    assert Parameter("a", "query", required=False, schema={"default": None}).has_default


def test_parameters_of_the_path_and_by_reference() -> None:
    """Both are the operation's; what an operation says itself comes last."""
    document = {
        "paths": {
            "/a": {
                "parameters": [
                    {"name": "x", "in": "query", "schema": ref("X")},
                    {"$ref": "#/components/parameters/Y"},
                ],
                "get": {"parameters": [{"name": "x", "in": "query", "required": True}]},
            }
        },
        "components": {
            "parameters": {"Y": {"name": "y", "in": "header", "schema": ref("X")}},
            "schemas": {"X": {"a": 1}},
        },
    }
    assert {
        "x": Parameter("x", "query", required=True, schema={}),
        "y": Parameter("y", "header", required=False, schema={"a": 1}),
    } == Docs(document).parameters("get", "/a")


def test_places(docs: Docs) -> None:
    """In words that can be compared at once."""
    assert {
        "number": "path, required", "q": "query, required", "page": "query, optional", "tag": "query, optional",
    } == docs.places("get", "/hats/{number}")  # fmt: skip


def test_body(docs: Docs) -> None:
    """The schema with its references resolved, and whether it must be sent."""
    body = docs.body("post", "/hats")
    assert body is not None
    assert "integer" == body["properties"]["size"]["type"]
    assert docs.body_required("post", "/hats")
    assert not docs.body_required("put", "/hats/{number}")
    assert docs.body("put", "/hats/{number}") is not None
    assert docs.body("get", "/hats/{number}") is None
    assert not docs.body_required("get", "/hats/{number}")
    assert docs.body("post", "/hats", "multipart/form-data") is None


def test_answers(docs: Docs) -> None:
    """By status, as a number or a text."""
    assert {"201", "409", "422"} == docs.statuses("post", "/hats")
    assert "Hat" == (docs.answer("post", "/hats", 201) or {})["title"]
    assert docs.answer("post", "/hats", 201) == docs.answer("post", "/hats", "201")
    assert "array" == (docs.answer("get", "/hats/{number}") or {})["type"]
    assert docs.answer("put", "/hats/{number}", 204) is None
    assert docs.answer("post", "/hats", 500) is None
    assert docs.answer("post", "/hats", 201, "text/html") is None


def test_resolve_replaces_references_everywhere() -> None:
    """In lists and objects; what stands beside one wins over what it leads to."""
    docs = schemas(A={"type": "string", "title": "A"}, B={"items": [ref("A"), 3]})
    assert {"items": [{"type": "string", "title": "A"}, 3]} == docs.resolve(ref("B"))
    assert {"type": "string", "title": "Mine"} == docs.resolve(ref("A", title="Mine"))
    assert [1, "a", None] == docs.resolve([1, "a", None])


def test_a_name_with_slashes_and_tildes() -> None:
    """References write them in their own way."""
    docs = schemas(**{"a/b~c": {"type": "string"}})
    assert {"type": "string"} == docs.resolve(ref("a~1b~0c"))


@pytest.mark.parametrize("reference", ["#/components/schemas/Gone", "#/a/b/c", "#/paths/0", "other.json#/X"])
def test_a_reference_that_leads_nowhere(reference: str) -> None:
    """The learner wrote it, so they are told."""
    docs = Docs({"a": {"b": "text"}, "paths": [{}], "components": {"schemas": {}}})
    with pytest.raises(AssertionError) as error:
        docs.resolve({"$ref": reference})
    assert f"The docs refer to {reference}, and that leads nowhere." == str(error.value)


def test_a_property_may_be_called_like_a_reference() -> None:
    """A schema under that name is no reference."""
    schema = {"properties": {"$ref": {"type": "string"}}}
    assert schema == Docs({}).resolve(schema)


def test_resolve_ends_where_a_schema_contains_itself() -> None:
    """Directly, through another one, and in a real app; once it is unfolded."""
    docs = schemas(Tree={"left": ref("Tree")}, Egg={"of": ref("Hen")}, Hen={"from": ref("Egg")})
    assert {"left": ref("Tree")} == docs.resolve(ref("Tree"))
    assert {"of": {"from": ref("Egg")}} == docs.resolve(ref("Egg"))
    real = Docs(an_app().openapi())
    lining = (real.body("post", "/hats") or {})["properties"]["lining"]
    assert {"size", "lining"} == real.not_null(lining)["properties"].keys()


def test_the_same_schema_twice_is_no_circle() -> None:
    """Both places are resolved."""
    docs = schemas(A={"type": "string"}, B={"one": ref("A"), "two": ref("A")})
    assert {"one": {"type": "string"}, "two": {"type": "string"}} == docs.resolve(ref("B"))


@pytest.mark.parametrize(
    ("schema", "resolved"),
    [
        ({"allOf": [{"type": "string"}]}, {"type": "string"}),
        ({"allOf": [ref("A")], "default": 1}, {"type": "string", "title": "A", "default": 1}),
        ({"allOf": [ref("A")], "title": "Mine"}, {"type": "string", "title": "Mine"}),
        ({"allOf": [{"a": 1}, {"b": 2}]}, {"allOf": [{"a": 1}, {"b": 2}]}),
        ({"allOf": []}, {"allOf": []}),
        ({"allOf": [True]}, {"allOf": [True]}),
        ({"properties": {"allOf": {"type": "array"}}}, {"properties": {"allOf": {"type": "array"}}}),
    ],
)
def test_all_of_one_part_is_that_part(schema: dict[str, Any], resolved: dict[str, Any]) -> None:
    """Older FastAPIs wrap a reference that has a default; several parts stay as they are."""
    assert resolved == schemas(A={"type": "string", "title": "A"}).resolve(schema)


NULL = {"type": "null"}
TEXT = {"type": "string"}
NUMBER = {"type": "integer"}


@pytest.mark.parametrize(
    ("schema", "parts"),
    [
        (TEXT, [TEXT]),
        ({}, [{}]),
        ({"anyOf": [TEXT, NULL]}, [TEXT, NULL]),
        ({"oneOf": [TEXT, NUMBER]}, [TEXT, NUMBER]),
        ({"anyOf": [{"oneOf": [TEXT, NUMBER]}, NULL]}, [TEXT, NUMBER, NULL]),
        ({"anyOf": [ref("A"), NULL]}, [TEXT, NULL]),
        ({"anyOf": [ref("Either"), NULL]}, [TEXT, NUMBER, NULL]),
    ],
)
def test_alternatives(schema: dict[str, Any], parts: list[dict[str, Any]]) -> None:
    """Unions within unions are one union."""
    docs = schemas(A=TEXT, Either={"anyOf": [ref("A"), NUMBER]})
    assert parts == docs.alternatives(schema)


@pytest.mark.parametrize(
    ("schema", "plain"),
    [
        ({"anyOf": [TEXT, NULL], "title": "T"}, TEXT),
        (TEXT, TEXT),
        ({"anyOf": [TEXT, NUMBER, NULL]}, {"anyOf": [TEXT, NUMBER, NULL]}),
        ({"anyOf": [NULL]}, {"anyOf": [NULL]}),
    ],
)
def test_not_null(schema: dict[str, Any], plain: dict[str, Any]) -> None:
    """Only one other part can stand for the whole."""
    assert plain == Docs({}).not_null(schema)
