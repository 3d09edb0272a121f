"""Problem details: the schema is a component of the OpenAPI document, referred to from each operation."""

from http import HTTPStatus

import api
import messages
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

app = FastAPI()
app.include_router(api.router)


class Fault(BaseModel):
    pointer: str
    code: str
    detail: str


class ValidationProblem(BaseModel):
    type: str
    title: str
    status: int
    instance: str
    errors: list[Fault]


def openapi():
    if not app.openapi_schema:
        document = FastAPI.openapi(app)
        schemas = document["components"]["schemas"]
        schema = ValidationProblem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs")
        schemas["ValidationProblem"] = schema
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        reference = {"schema": {"$ref": "#/components/schemas/ValidationProblem"}}
        for path in document["paths"].values():
            for operation in path.values():
                if "422" in operation["responses"]:
                    operation["responses"]["422"]["content"] = {"application/problem+json": reference}
    return app.openapi_schema


app.openapi = openapi


def problem(request: Request, status: int, headers=None, **members) -> JSONResponse:
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    content |= {"instance": request.url.path} | members
    return JSONResponse(content, status, headers, "application/problem+json; charset=utf-8")


def preferred(header: str | None) -> str:
    try:
        ranges = [part.replace(" ", "").lower().split(";q=") for part in (header or "*").split(",")]
        weights = [(float((weight or ["1"])[0]), name.split("-")[0].replace("*", "en")) for name, *weight in ranges]
        best = max((w for w in weights if w[0] > 0 and w[1] in messages.TEXTS), key=lambda w: w[0])
        return best[1]
    except ValueError:  # nothing that fits, or no header that makes sense
        return "en"


@app.exception_handler(RequestValidationError)
def on_invalid(request: Request, exc: RequestValidationError) -> JSONResponse:
    lang = preferred(request.headers.get("accept-language"))
    errors = []
    for fault in exc.errors():
        code = fault["type"]
        steps = fault["loc"][1:] if code != "json_invalid" else ()
        catalogue = {**messages.TEXTS[lang], **messages.TEXTS["en"], **messages.TEXTS[lang]}
        errors.append(
            {
                "in": fault["loc"][0],
                "pointer": "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps),
                "code": code,
                "detail": catalogue.get(code, catalogue["*"]).format(**fault.get("ctx", {})),
            }
        )
    headers = {"Content-Language": lang, "Vary": "Origin, Accept-Language"}
    title = messages.TITLES[lang]
    return problem(request, 422, headers, type="/problems/invalid-request", title=title, errors=errors)


@app.exception_handler(HTTPException)
def on_http(request: Request, exc: HTTPException) -> JSONResponse:
    return problem(request, exc.status_code, exc.headers, detail=exc.detail)


@app.exception_handler(500)
def on_crash(request: Request, _exc: Exception) -> JSONResponse:
    return problem(request, 500)
