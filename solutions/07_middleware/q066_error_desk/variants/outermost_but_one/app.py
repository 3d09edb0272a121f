"""A citizens' office: the unexpected is met by a plain ASGI middleware, which is put outermost when the stack is built."""

import secrets
from http import HTTPStatus

import office
from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware import Middleware


class Operators:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        begun = False

        async def watch(message):
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:
            reference = "REF-" + secrets.token_urlsafe(9)
            office.report(reference, error, scope["path"])
            if not begun:
                body = {"status": 500, "message": "Internal error", "reference": reference}
                await JSONResponse({"error": body}, 500)(scope, receive, send)
            raise


class Office(FastAPI):
    def build_middleware_stack(self):
        self.user_middleware.insert(0, Middleware(Operators))
        return super().build_middleware_stack()


def on_purpose(request, error):
    status = error.status_code
    if status == 204 or status == 304:
        return Response(status_code=status, headers=error.headers)
    body = {"status": status, "message": error.detail}
    if type(error.detail) is not str:
        body["info"] = error.detail
        body["message"] = HTTPStatus(status).phrase
    return JSONResponse({"error": body}, status, headers=error.headers)


def wrong_input(request, error):
    body = {"status": 422, "message": "Please check your input", "fields": []}
    for one in error.errors():
        body["fields"].append(".".join(map(str, one["loc"])))
    return JSONResponse({"error": body}, 422)


def register(request, error):
    response = JSONResponse({"error": {"status": 503, "message": "A register is not answering"}}, 503)
    response.headers["Retry-After"] = str(error.seconds)
    return response


app = Office()
app.add_exception_handler(StarletteHTTPException, on_purpose)
app.add_exception_handler(RequestValidationError, wrong_input)
app.add_exception_handler(office.RegisterDown, register)


@app.get("/permits/{number}")
def read_permit(number: int) -> dict[str, int]:
    if number < 1:
        raise HTTPException(404, "No such permit")
    return {"number": number}
