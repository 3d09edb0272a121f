"""The notice board: three pages and one form."""

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

HERE = Path(__file__).parent
LONGEST = 80

app = FastAPI()
app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
templates = Jinja2Templates(directory=HERE / "templates")


@dataclass(frozen=True)
class Notice:
    title: str
    text: str


notices: dict[str, Notice] = {}
numbers = count(1)


@app.get("/notices", response_class=HTMLResponse)
def list_notices(request: Request):
    newest_first = list(reversed(notices.items()))
    return templates.TemplateResponse(request, "list.html", {"notices": newest_first})


# Stands before the path with braces, which would take “new” for an id.
@app.get("/notices/new", response_class=HTMLResponse)
def new_notice(request: Request):
    return templates.TemplateResponse(request, "form.html", {"title": "", "text": ""})


# The id is taken as text: “abc” is then an unknown notice like any other, and not a 422.
@app.get("/notices/{notice_id}", response_class=HTMLResponse)
def show_notice(request: Request, notice_id: str):
    notice = notices.get(notice_id)
    if notice is None:
        return templates.TemplateResponse(request, "missing.html", status_code=404)
    return templates.TemplateResponse(request, "notice.html", {"notice": notice})


# Every field may be missing as far as FastAPI is concerned; its own refusal would be JSON.
@app.post("/notices", response_class=HTMLResponse)
def add_notice(request: Request, title: Annotated[str, Form()] = "", text: Annotated[str, Form()] = ""):
    wanted = title.strip()
    mistake = ""
    if not wanted:
        mistake = "A notice needs a title."
    elif len(wanted) > LONGEST:
        mistake = f"A title has at most {LONGEST} characters, and this one has {len(wanted)}."
    if mistake:
        typed = {"title": title, "text": text, "mistake": mistake}
        return templates.TemplateResponse(request, "form.html", typed, status_code=422)
    notice_id = str(next(numbers))
    notices[notice_id] = Notice(wanted, text)
    return RedirectResponse(request.url_for("show_notice", notice_id=notice_id), status_code=303)
