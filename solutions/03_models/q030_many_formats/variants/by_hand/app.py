"""The bird observatory: plain functions for the rules, minidom for XML, everything in one dispatch."""

import csv
import io
import json
import re
from datetime import date
from urllib.parse import unquote_plus
from xml.dom import expatbuilder
from xml.dom.minidom import Document

from fastapi import FastAPI, File, Form, HTTPException, Request
from fastapi.datastructures import UploadFile
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

app = FastAPI()
RINGINGS = []


def a_ring(value):
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{2}[0-9]{5}", value):
        raise ValueError("two letters and five digits")
    return value


def a_species(value):
    if not isinstance(value, str) or not 1 <= len(value) <= 60:
        raise ValueError("1 to 60 characters")
    return value


def a_weight(value):
    if isinstance(value, bool) or not 0 < (number := float(value)) <= 20_000:
        raise ValueError("up to 20 kg")
    return number


def a_date(value):
    return date.fromisoformat(value).isoformat()


RULES = {"ring": a_ring, "species": a_species, "grams": a_weight, "caught": a_date}


def check(records, places):
    good, faults = [], []
    for place, record in zip(places, records, strict=True):
        if not isinstance(record, dict):
            faults.append({"type": "dict_type", "loc": place, "msg": "an object, please", "input": None})
            continue
        row = {}
        for name, rule in RULES.items():
            loc = [*place, name]
            if record.get(name) is None:
                faults.append({"type": "missing", "loc": loc, "msg": "Field required", "input": None})
                continue
            try:
                row[name] = rule(record[name])
            except (ValueError, TypeError) as error:
                faults.append({"type": "value_error", "loc": loc, "msg": str(error), "input": str(record[name])})
        good.append(row)
    if faults:
        raise RequestValidationError(faults)
    RINGINGS.extend(good)
    return len(good)


def csv_rows(text):
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline="")))


class Builder(expatbuilder.ExpatBuilder):
    def start_doctype_decl_handler(self, *_):
        raise ValueError("no DOCTYPE")


def xml_rows(body):
    document = Builder().parseString(body)
    rows = []
    for node in document.getElementsByTagName("ringing"):
        row = dict(node.attributes.items())
        for name in ("species", "grams"):
            for part in node.getElementsByTagName(name):
                row[name] = "".join(child.data for child in part.childNodes)
        rows.append(row)
    return rows


def form_row(body):
    pairs = (pair.partition("=") for pair in body.decode().split("&"))
    return {unquote_plus(key): unquote_plus(value) for key, _, value in pairs}


@app.post("/ringings", status_code=201)
async def store(request: Request):
    header = request.headers.get("content-type") or ""
    kind = header.split(";")[0].strip().lower()
    body = await request.body()
    try:
        if kind == "application/json":
            data = [json.loads(body.decode())]
        elif kind == "application/x-www-form-urlencoded":
            data = [form_row(body)]
        elif kind == "text/csv":
            charset = re.search(r';\s*charset\s*=\s*"?([^";\s]+)', header, re.IGNORECASE)
            data = csv_rows(str(body, charset[1] if charset else "utf-8"))
        elif kind == "application/xml":
            data = xml_rows(body)
        else:
            raise HTTPException(status_code=415)
    except HTTPException:
        raise
    except Exception as error:
        raise HTTPException(status_code=400, detail="unreadable") from error
    single = kind in ("application/json", "application/x-www-form-urlencoded")
    return {"stored": check(data, [["body"] if single else ["body", number] for number in range(len(data))])}


@app.post("/ringings/upload")
async def store_file(file: UploadFile = File(), ringer: str = Form(min_length=1, max_length=40)):
    try:
        rows = csv_rows((await file.read()).decode())
    except UnicodeDecodeError:
        raise HTTPException(status_code=422) from None
    number = check(rows, [["body", "file", index] for index in range(len(rows))])
    content = {"stored": number, "ringer": ringer, "filename": file.filename}
    return Response(json.dumps(content), status_code=201, media_type="application/json")


@app.get("/ringings")
async def show(request: Request):
    weights = {}
    for part in (request.headers.get("accept") or "*/*").split(","):
        name, _, q = part.partition(";")
        weights[name.strip().lower()] = float(q.strip()[2:]) if q.strip()[:2].lower() == "q=" else 1.0
    best, best_weight = None, 0
    for name in ("application/json", "text/csv", "application/xml"):
        major = name.split("/")[0]
        weight = weights.get(name, weights.get(f"{major}/*", weights.get("*/*", 0)))
        if weight > best_weight:
            best, best_weight = name, weight
    if best is None:
        return Response(status_code=406)
    if best == "application/json":
        content = json.dumps(RINGINGS)
    elif best == "text/csv":
        lines = [list(RULES), *([row[name] for name in RULES] for row in RINGINGS)]
        quoted = (",".join('"' + str(value).replace('"', '""') + '"' for value in line) for line in lines[1:])
        content = "\r\n".join([",".join(lines[0]), *quoted])
    else:
        document = Document()
        root = document.appendChild(document.createElement("ringings"))
        for row in RINGINGS:
            node = root.appendChild(document.createElement("ringing"))
            node.setAttribute("ring", row["ring"])
            node.setAttribute("caught", row["caught"])
            for name in ("species", "grams"):
                part = node.appendChild(document.createElement(name))
                part.appendChild(document.createTextNode(str(row[name])))
        content = document.toxml("utf-8")
    return Response(content, media_type=best, headers={"Vary": "accept"})


def openapi():
    document = FastAPI.openapi(app)
    operations = document["paths"]["/ringings"]
    text = {"schema": {"type": "string"}}
    record = {"schema": {"type": "object", "properties": {name: {} for name in RULES}}}
    operations["post"]["requestBody"] = {
        "content": {
            "application/json": record,
            "application/x-www-form-urlencoded": record,
            "text/csv": text,
            "application/xml": text,
        }
    }
    operations["get"]["responses"]["200"]["content"] |= {"text/csv": text, "application/xml": text}
    return document


app.openapi = openapi
