"""The notice board, with a router, a store that the lifespan makes, context processors and the root path by hand."""

from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Form, Request, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates


class Store:
    def __init__(self):
        self.all = []

    def add(self, title, text):
        self.all.insert(0, {"id": f"n{len(self.all)}", "title": title, "text": text})
        return self.all[0]

    def get(self, key):
        for one in self.all:
            if one["id"] == key:
                return one
        return None


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.store = Store()
    yield


def root(request: Request):
    return {"root": request.scope.get("root_path", "").rstrip("/")}


folder = Path(__file__).parent
templates = Jinja2Templates(str(folder / "templates"), context_processors=[root])
router = APIRouter(prefix="/notices", include_in_schema=False)


def get_store(request: Request) -> Store:
    return request.app.state.store


TheStore = Annotated[Store, Depends(get_store)]


def page(request, status=200, **values):
    html = templates.get_template("everything.html").render(request=request, **root(request), **values)
    return Response(html, status, media_type="text/html")


@router.get("", name="list_notices")
def everything(request: Request, store: TheStore):
    return page(request, show="list", notices=store.all)


@router.get("/new", name="new_notice")
def new(request: Request):
    return page(request, show="form")


@router.post("")
def create(
    request: Request,
    store: TheStore,
    title: Annotated[str | None, Form()] = None,
    text: Annotated[str | None, Form()] = None,
):
    title = title or ""
    if not title.strip() or len(title.strip()) > 80:
        return page(request, 422, show="form", title=title, text=text or "", error=f"{title!r} is no title")
    made = store.add(title.strip(), text or "")
    return Response(status_code=303, headers={"Location": f"{root(request)['root']}/notices/{made['id']}"})


@router.get("/{key}")
def one(request: Request, key: str, store: TheStore):
    found = store.get(key)
    return page(request, 200 if found else 404, show="one", found=found)


app = FastAPI(lifespan=lifespan)
app.include_router(router)
app.mount("/static", StaticFiles(directory=str(folder / "static")), "static")
