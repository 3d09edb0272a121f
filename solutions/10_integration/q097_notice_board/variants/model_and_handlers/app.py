"""The notice board, with a form model, exception handlers, an environment of its own and templates of another name."""

from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader
from pydantic import BaseModel, StringConstraints
from starlette.exceptions import HTTPException as StarletteHTTPException

here = Path(__file__).resolve().parent
environment = Environment(
    loader=FileSystemLoader([here / "pages", here / "templates"]), autoescape=True, trim_blocks=True
)
pages = Jinja2Templates(env=environment)
app = FastAPI(default_response_class=HTMLResponse)


class Typed(BaseModel):
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    text: str = ""


board: list[Typed] = []


@app.exception_handler(RequestValidationError)
async def again(request: Request, error: RequestValidationError):
    typed = await request.form()
    told = [fault["msg"] for fault in error.errors()]
    return pages.TemplateResponse(request, "form.j2", {"typed": typed, "mistakes": told}, status_code=422)


@app.exception_handler(StarletteHTTPException)
async def refused(request: Request, error: StarletteHTTPException):
    return pages.TemplateResponse(request, "refused.j2", {"error": error}, error.status_code, error.headers)


@app.get("/notices")
async def list_notices(request: Request):
    return pages.TemplateResponse(request, "all.j2", {"board": board})


@app.get("/notices/new", name="new_notice")
async def blank(request: Request):
    return pages.TemplateResponse(request, "form.j2", {"typed": {}, "mistakes": []})


# Other words do not come here at all; the handler makes a page of the 404 as well.
@app.get("/notices/{number:int}")
async def one(request: Request, number: int):
    if not 0 < number <= len(board):
        raise HTTPException(404, "Nobody has pinned this up.")
    return pages.TemplateResponse(request, "one.j2", {"notice": board[number - 1]})


@app.post("/notices")
async def pin(request: Request, typed: Annotated[Typed, Form()]):
    board.append(typed)
    return RedirectResponse(request.url_for("one", number=len(board)), 303)


app.mount("/files", StaticFiles(directory=here / "static"), name="static")
