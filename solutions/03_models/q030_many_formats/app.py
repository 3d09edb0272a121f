"""The bird observatory: four formats in, three out, one model."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from email.message import Message
from typing import Annotated, Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from fastapi import FastAPI, Form, HTTPException, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

app = FastAPI()


class Record(BaseModel):
    ring: str = Field(pattern="^[A-Z]{2}[0-9]{5}$")
    species: str = Field(min_length=1, max_length=60)
    grams: float = Field(gt=0, le=20_000)
    caught: date


ONE: TypeAdapter[Any] = TypeAdapter(Record)
MANY: TypeAdapter[Any] = TypeAdapter(list[Record])
COLUMNS = list(Record.model_fields)

records: list[Record] = []


# Readers: bytes become plain dictionaries. Nothing is checked here, so the rules stand in one place, the model.


def read_json(body: bytes, charset: str) -> Any:
    return json.loads(body)


def read_form(body: bytes, charset: str) -> dict[str, str]:
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def read_csv(body: bytes, charset: str) -> list[dict[str, str]]:
    text = body.decode(charset).removeprefix("\ufeff")
    # newline="" leaves the line ends inside quotes alone.
    rows = csv.DictReader(io.StringIO(text, newline=""))
    # A column that is not there is missing, rather than None.
    return [{name: row[name] for name in COLUMNS if row.get(name) is not None} for row in rows]


class NoDoctype(ElementTree.TreeBuilder):
    """Stops at a DOCTYPE, before any entity in it is defined."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("XML with a DOCTYPE is not accepted")


def read_xml(body: bytes, charset: str) -> list[dict[str, str]]:
    # Bytes, not text: the encoding is declared inside, and the parser knows how to look for it.
    root = ElementTree.fromstring(body, parser=ElementTree.XMLParser(target=NoDoctype()))
    return [
        {**element.attrib, **{part.tag: part.text or "" for part in element}} for element in root.findall("ringing")
    ]


def parsed(reader: Callable[[bytes, str], Any], body: bytes, charset: str = "utf-8") -> Any:
    """Return what a reader makes of a body; 400 if it cannot be read."""
    try:
        return reader(body, charset)
    except (ValueError, LookupError, ElementTree.ParseError, csv.Error) as error:
        raise HTTPException(400, "The body cannot be read.") from error


def validated(model: TypeAdapter[Any], data: Any, *place: str) -> Any:
    """Return the data as records; otherwise FastAPI's own 422, as if it had done the validation."""
    try:
        return model.validate_python(data)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        raise RequestValidationError([{**fault, "loc": (*place, *fault["loc"])} for fault in faults]) from error


# Writers: records become bytes or text.


def write_json(found: list[Record]) -> bytes:
    return MANY.dump_json(found)


def write_csv(found: list[Record]) -> str:
    text = io.StringIO(newline="")
    rows = csv.DictWriter(text, COLUMNS)
    rows.writeheader()
    rows.writerows(record.model_dump(mode="json") for record in found)
    return text.getvalue()


def write_xml(found: list[Record]) -> bytes:
    root = ElementTree.Element("ringings")
    for record in found:
        element = ElementTree.SubElement(root, "ringing", ring=record.ring, caught=record.caught.isoformat())
        ElementTree.SubElement(element, "species").text = record.species
        ElementTree.SubElement(element, "grams").text = str(record.grams)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


READERS = {
    "application/json": (read_json, ONE),
    "application/x-www-form-urlencoded": (read_form, ONE),
    "text/csv": (read_csv, MANY),
    "application/xml": (read_xml, MANY),
}
# In the order in which they are preferred.
WRITERS = {"application/json": write_json, "text/csv": write_csv, "application/xml": write_xml}

TEXT = {"schema": {"type": "string"}}
FIELDS = {"schema": Record.model_json_schema()}
# A `Request` tells FastAPI nothing about the body, so the docs are told here.
BODY = {
    "required": True,
    "content": {name: FIELDS if model is ONE else TEXT for name, (_, model) in READERS.items()},
}


@app.post("/ringings", status_code=201, openapi_extra={"requestBody": BODY})
async def store(request: Request):
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    kind = header.get_content_type()
    if kind not in READERS:
        raise HTTPException(415)
    reader, model = READERS[kind]
    data = parsed(reader, await request.body(), header.get_content_charset("utf-8"))
    new = validated(model, data, "body")
    new = new if model is MANY else [new]
    records.extend(new)  # only now, when all of them are good
    return {"stored": len(new)}


@app.post("/ringings/upload", status_code=201)
def store_file(file: UploadFile, ringer: Annotated[str, Form(min_length=1, max_length=40)]):
    new = validated(MANY, parsed(read_csv, file.file.read()), "body", "file")
    records.extend(new)
    return {"stored": len(new), "ringer": ringer, "filename": file.filename}


def weights(accept: str) -> dict[str, float]:
    """Return the weight of each media range in an Accept header."""
    found = {}
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((piece.removeprefix("q=") for piece in parameters if piece.startswith("q=")), "1")
        try:
            found[name] = float(weight)
        except ValueError:
            continue
    return found


@app.get(
    "/ringings",
    response_model=list[Record],
    responses={200: {"content": {"text/csv": TEXT, "application/xml": TEXT}}, 406: {"description": "Not acceptable"}},
)
def read(request: Request):
    accepted = weights(request.headers.get("accept", "*/*"))

    def weight(name: str) -> float:
        # The most specific range that fits is the one that counts.
        ranges = (name, f"{name.partition('/')[0]}/*", "*/*")
        return next((accepted[fits] for fits in ranges if fits in accepted), 0)

    best = max(WRITERS, key=weight)  # of equals the first
    if weight(best) <= 0:
        raise HTTPException(406)
    return Response(WRITERS[best](records), media_type=best, headers={"Vary": "Accept"})
