"""The bird observatory: a route class turns every format into JSON, and FastAPI validates all of it."""

import csv
import io
import json
from datetime import date
from email.message import EmailMessage
from typing import Annotated
from urllib.parse import parse_qs
from xml.etree import ElementTree

from fastapi import Body, FastAPI, Form, HTTPException, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError
from pydantic.types import confloat


class Record(BaseModel):
    ring: Annotated[str, StringConstraints(pattern="^[A-Z]{2}[0-9]{5}$")]
    species: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    grams: confloat(gt=0, le=20000)
    caught: date


class Builder(ElementTree.TreeBuilder):
    def doctype(self, *_):
        raise HTTPException(400, "no DOCTYPE")


def without_none(row):
    return {key: value for key, value in row.items() if key and value is not None}


def rows_of(text):
    return [without_none(row) for row in csv.DictReader(io.StringIO(text, newline=""))]


def from_csv(body, header):
    charset = header.get_param("charset", "utf-8")
    return rows_of(body.decode("utf-8-sig" if charset.lower() == "utf-8" else charset))


def from_xml(body, header):
    parser = ElementTree.XMLParser(target=Builder())
    parser.feed(body)
    return [
        without_none({**node.attrib, "species": node.findtext("species"), "grams": node.findtext("grams")})
        for node in parser.close().iter("ringing")
    ]


def from_form(body, header):
    return {key: values[-1] for key, values in parse_qs(body.decode(), keep_blank_values=True).items()}


FORMATS = {
    "application/json": lambda body, header: json.loads(body),
    "application/x-www-form-urlencoded": from_form,
    "text/csv": from_csv,
    "application/xml": from_xml,
}


class ManyFormats(APIRoute):
    def get_route_handler(self):
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if request.method != "POST":
                return await handler(request)
            header = EmailMessage()
            header["content-type"] = request.headers.get("content-type", "x/x")
            reader = FORMATS.get(header.get_content_type())
            if reader is None:
                raise HTTPException(415)
            try:
                data = reader(await request.body(), header)
            except (ValueError, LookupError, ElementTree.ParseError):
                raise HTTPException(400) from None
            single = reader in (FORMATS["application/json"], from_form)
            scope = {**request.scope, "headers": [(b"content-type", b"application/json")]}
            changed = Request(scope, request.receive)
            changed._body = json.dumps([data] if single else data).encode()
            try:
                return await handler(changed)
            except RequestValidationError as error:
                if not single:
                    raise
                faults = [{**fault, "loc": ("body", *fault["loc"][2:])} for fault in error.errors()]
                raise RequestValidationError(faults) from None

        return handle


app = FastAPI()
app.router.route_class = ManyFormats
stock: list[Record] = []


@app.post(
    "/ringings",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "content": {
                **{name: {"schema": {}} for name in FORMATS},
                "application/json": {"schema": Record.model_json_schema()},
            }
        }
    },
)
def post(records: Annotated[list[Record], Body()]):
    stock.extend(records)
    return {"stored": len(records)}


app.router.route_class = APIRoute


@app.post("/ringings/upload", status_code=201)
def upload(file: UploadFile, ringer: Annotated[str, StringConstraints(min_length=1, max_length=40), Form()]):
    try:
        rows = rows_of(file.file.read().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        fault = {"type": "encoding", "loc": ("body", "file"), "msg": "not UTF-8", "input": None}
        raise RequestValidationError([fault]) from error
    try:
        records = TypeAdapter(list[Record]).validate_python(rows)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        raise RequestValidationError([{**f, "loc": ("body", "file", *f["loc"])} for f in faults]) from error
    stock.extend(records)
    return {"stored": len(records), "ringer": ringer, "filename": file.filename}


def out_csv(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, ["ring", "species", "grams", "caught"], lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writeheader()
    writer.writerows(rows)
    return Response(out.getvalue(), media_type="text/csv")


def out_xml(rows):
    root = ElementTree.Element("ringings")
    for row in rows:
        node = ElementTree.SubElement(root, "ringing", {"ring": row["ring"], "caught": row["caught"]})
        for name in ("grams", "species"):
            ElementTree.SubElement(node, name).text = str(row[name])
    ElementTree.indent(root)
    return Response(ElementTree.tostring(root, encoding="iso-8859-1"), media_type="application/xml")


WRITERS = {"application/json": JSONResponse, "text/csv": out_csv, "application/xml": out_xml}


@app.get("/ringings", responses={200: {"content": {name: {} for name in WRITERS}}})
def read(request: Request):
    def quality(name):
        best = (-1, 0.0)
        for part in request.headers.get("accept", "*/*").split(","):
            wanted, *parameters = part.replace(" ", "").lower().split(";")
            q = float(dict(p.split("=", 1) for p in parameters if "=" in p).get("q", 1))
            if wanted == name:
                best = max(best, (2, q))
            elif wanted == name.split("/")[0] + "/*":
                best = max(best, (1, q))
            elif wanted == "*/*":
                best = max(best, (0, q))
        return best[1]

    qualities = {name: quality(name) for name in WRITERS}
    name = max(qualities, key=qualities.__getitem__)
    if not qualities[name]:
        raise HTTPException(406)
    response = WRITERS[name]([record.model_dump(mode="json") for record in stock])
    response.headers["Vary"] = "Origin, Accept"
    return response
