"""The bird observatory: dependencies, `request.form()`, expat, and a response class for each format."""

import csv
import re
from datetime import date
from io import StringIO
from typing import Annotated
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from fastapi import APIRouter, Depends, FastAPI, File, Form, Header, HTTPException, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, ValidationError
from python_multipart.multipart import parse_options_header

router = APIRouter(prefix="/ringings", tags=["ringings"])


class Ringing(BaseModel):
    ring: Annotated[str, Field(pattern=r"\A[A-Z][A-Z][0-9]{5}\z")]
    species: Annotated[str, Field(min_length=1, max_length=60)]
    grams: Annotated[float, Field(gt=0, le=20_000, allow_inf_nan=False)]
    caught: date


class Book:
    def __init__(self) -> None:
        self.rows: list[Ringing] = []

    def add(self, faults_of: list[tuple[tuple, dict]]) -> int:
        rows, faults = [], []
        for place, data in faults_of:
            try:
                rows.append(Ringing.model_validate(data))
            except ValidationError as error:
                faults += [{**e, "loc": place + e["loc"]} for e in error.errors(include_url=False, include_input=False)]
        if faults:
            raise RequestValidationError(faults)
        self.rows += rows
        return len(rows)


book = Book()


def forbid(*_):
    raise ValueError("DOCTYPE")


def rows_of_xml(body: bytes) -> list[dict]:
    rows, text = [], []

    def start(name, attributes):
        text.clear()
        if name == "ringing":
            rows.append(dict(attributes))

    def end(name):
        if name in ("species", "grams"):
            rows[-1][name] = "".join(text)

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = forbid
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.Parse(body, True)
    return rows


def rows_of_csv(body: bytes, charset: str = "utf-8") -> list[dict]:
    text = body.decode(charset)
    reader = csv.reader(StringIO(text[1:] if text.startswith("\ufeff") else text, newline=""))
    head = next(reader, [])
    return [dict(zip(head, row, strict=False)) for row in reader if row]


async def sent(request: Request) -> list[tuple[tuple, dict]]:
    kind, options = parse_options_header(request.headers.get("content-type"))
    kind = kind.decode().lower()
    body = await request.body()
    try:
        match kind:
            case "application/json":
                return [(("body",), await request.json())]
            case "application/x-www-form-urlencoded":
                async with request.form() as form:
                    return [(("body",), dict(form))]
            case "text/csv":
                found = rows_of_csv(body, options.get(b"charset", b"utf-8").decode())
            case "application/xml":
                found = rows_of_xml(body)
            case _:
                raise HTTPException(415, "JSON, a form, CSV or XML, please")
    except (ValueError, LookupError, expat.ExpatError) as error:
        raise HTTPException(422, [{"type": "unreadable", "loc": ["body"], "msg": "cannot be read"}]) from error
    return [(("body", number), row) for number, row in enumerate(found)]


class CsvResponse(Response):
    media_type = "text/csv"

    def render(self, content: list[Ringing]) -> bytes:
        out = StringIO()
        writer = csv.writer(out)
        writer.writerow(Ringing.model_fields)
        for row in content:
            writer.writerow(row.model_dump().values())
        return out.getvalue().encode()


class XmlResponse(Response):
    media_type = "application/xml"

    def render(self, content: list[Ringing]) -> bytes:
        parts = [
            f"<ringing ring={quoteattr(row.ring)} caught={quoteattr(str(row.caught))}>"
            f"<species>{escape(row.species)}</species><grams>{row.grams}</grams></ringing>\n"
            for row in content
        ]
        return f"<?xml version='1.0' encoding='utf-8'?>\n<ringings>\n{''.join(parts)}</ringings>".encode()


class ListResponse(JSONResponse):
    def render(self, content: list[Ringing]) -> bytes:
        return super().render([row.model_dump(mode="json") for row in content])


RESPONSES = {cls.media_type: cls for cls in (ListResponse, CsvResponse, XmlResponse)}


def chosen(accept: Annotated[str | None, Header()] = None) -> type[Response]:
    wishes = {}
    for found in re.finditer(r"([^\s;,]+)\s*(?:;\s*q\s*=\s*([0-9.]+))?\s*(?:,|$)", accept or "*/*"):
        wishes[found[1].lower()] = float(found[2] or 1)
    ranked = []
    for order, name in enumerate(RESPONSES):
        for fit in (name, name.split("/")[0] + "/*", "*/*"):
            if fit in wishes:
                ranked.append((-wishes[fit], order, name))
                break
    ranked = [entry for entry in sorted(ranked) if entry[0] < 0]
    if not ranked:
        raise HTTPException(406)
    return RESPONSES[ranked[0][2]]


CONTENT = {name: {} for name in ("application/x-www-form-urlencoded", "text/csv", "application/xml")}
ONE = {"application/json": {"schema": {"$ref": "#/components/schemas/Ringing"}}}


@router.post("", status_code=201, openapi_extra={"requestBody": {"content": ONE | CONTENT}})
async def store(rows: Annotated[list, Depends(sent)]):
    return {"stored": book.add(rows)}


@router.post("/upload", status_code=201)
async def store_file(file: Annotated[UploadFile, File()], ringer: str = Form(min_length=1, max_length=40)):
    try:
        rows = rows_of_csv(await file.read())
    except UnicodeDecodeError:
        raise HTTPException(400, "not UTF-8") from None
    stored = book.add([(("body", "file", number), row) for number, row in enumerate(rows)])
    return {"stored": stored, "ringer": ringer, "filename": file.filename}


@router.get("", response_model=list[Ringing], responses={200: {"content": {"text/csv": {}, "application/xml": {}}}})
async def show(response_class: Annotated[type[Response], Depends(chosen)]):
    return response_class(book.rows, headers={"vary": "accept"})


app = FastAPI()
app.include_router(router)
