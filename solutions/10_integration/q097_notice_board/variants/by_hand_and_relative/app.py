"""The notice board, with templates in the module, jinja2 alone, the form read by hand, and relative addresses."""

import os
import uuid

import jinja2
from fastapi import FastAPI, Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse

app = FastAPI(docs_url=None)
ROOT = os.path.dirname(os.path.abspath(__file__))

LIST = """{% extends "base.html" %}{% block main %}<h1>Board</h1>
{% for key in found %}<div><a href="notices/{{ key }}">{{ found[key][0] }}</a></div>{% else %}No notices yet{% endfor %}
{% endblock %}"""
SHOW = """{% extends "base.html" %}{% block main %}<h1>{{ found[0] }}</h1><pre>{{ found[1] }}</pre>{% endblock %}"""
GONE = """{% extends "base.html" %}{% block main %}Nothing here.{% endblock %}"""
FORM = """{% extends "base.html" %}{% block main %}<p role="alert">{{ wrong }}</p>
<form method="post" action="{{ up }}notices"><input name="title" value="{{ title }}"><textarea name="text">
{{- "\n" + text }}</textarea><button>OK</button></form>{% endblock %}"""

env = jinja2.Environment(
    autoescape=lambda name: True,
    loader=jinja2.ChoiceLoader(
        [
            jinja2.DictLoader({"list": LIST, "show": SHOW, "gone": GONE, "form": FORM}),
            jinja2.FileSystemLoader(os.path.join(ROOT, "templates")),
        ]
    ),
)
pinned = {}


def render(request, template, status=200, **values):
    html = env.get_template(template).render(url_for=request.url_for, **values)
    return HTMLResponse(html, status)


@app.get("/static/{path:path}", name="static")
def static(path):
    return FileResponse(os.path.join(ROOT, "static", os.path.basename(path)))


@app.api_route("/notices", methods=["GET"], name="list_notices")
async def notices(request: Request):
    return render(request, "list", found=dict(reversed(pinned.items())))


@app.post("/notices")
async def post(request: Request):
    form = await request.form()
    title, text = form.get("title", ""), form.get("text", "")
    if 1 <= len(title.strip()) <= 80:
        key = uuid.uuid4().hex
        pinned[key] = title.strip(), text
        return RedirectResponse(f"notices/{key}", status_code=303)
    return render(request, "form", 422, title=title.strip(), text=text, wrong="1 to 80 characters, please", up="")


@app.get("/notices/{key}")
async def notice(request: Request, key: str):
    if key == "new":
        return render(request, "form", title="", text="", wrong="", up="../")
    if key in pinned:
        return render(request, "show", found=pinned[key])
    return render(request, "gone", 404)


# The links in the frame ask for this name; the path itself is answered above.
app.add_api_route("/notices/new", notice, name="new_notice")
