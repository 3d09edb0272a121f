"""Checks of q087: a front end, its API, and a folder of covers."""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pytest

from pytest_fastapi_kata.apploader import AppLoader
from pytest_fastapi_kata.checks import exactly, told

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}
IMAGE = {"accept": "image/avif,image/webp,image/png,*/*;q=0.8"}
ANYTHING = {"accept": "*/*"}
DATA = {"accept": "application/json"}
GIVEN = ("index.html", "help/index.html", "assets/app.js", "assets/app.css")
STRANGER = "<!-- a file of another program:"
SCRIPTS = ("text/javascript", "application/javascript")


@dataclass
class Place:
    """Where the app is put: its folder, the librarians' covers, and the working directory."""

    home: Path
    covers: Path
    elsewhere: Path

    def put(self, name, content):
        """Put a cover into the folder, as a librarian does."""
        file = self.covers / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file


@pytest.fixture
def place(environment, monkeypatch, tmp_path, rng):
    """Covers and a working directory of this check's own, set before the learner's app is imported."""
    # At this point, the working directory is the learner's folder.
    home = Path.cwd()
    covers = tmp_path.resolve() / "library" / "covers"
    elsewhere = tmp_path / rng.word()
    covers.mkdir(parents=True)
    # Another program's build lies where a relative path leads to.
    for name in GIVEN:
        file = elsewhere / "site" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{STRANGER} {rng.title()} -->", "utf-8")
    environment(COVERS_DIR=str(covers), FASTAPI_ENV=None)
    monkeypatch.chdir(elsewhere)
    return Place(home, covers, elsewhere)


@pytest.fixture
def module(place, load):
    """The learner's module, imported in this place."""
    return load()


@pytest.fixture
def host(rng):
    return f"https://{rng.word()}.example"


@pytest.fixture
def library(app, host, client_for):
    """A client that knows the library under a host name of this run."""
    return client_for(app, base_url=host)


@pytest.fixture
def release(place, tmp_path):
    """`release(files)` copies the learner's code into a new folder, with these files as its `site/`, and starts it."""
    loaders = []

    def start(files):
        root = tmp_path.resolve() / "release"
        shutil.copytree(place.home, root, ignore=_without_build)
        for name, content in files.items():
            file = root / "site" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        loader = AppLoader(root, "app.py")
        loader.install()
        loaders.append(loader)
        try:
            module = loader.load()
        except Exception as error:
            what = f"{type(error).__name__}: {error}".replace(f"{root}{os.sep}", "")
            raise AssertionError(
                "The next build has other folders and files than the first one, and the app does not start with it.\n"
                f"{what}"
            ) from None
        return root, loader.app(module)

    yield start
    for loader in loaders:
        loader.uninstall()


def _without_build(folder, names):
    return [name for name in names if name.startswith((".", "__")) or name in {"site", "venv", "node_modules"}]


def build(rng):
    """A build with pages, folders and files of its own."""
    page, folder, deep, asset = rng.words(4)
    return {
        "index.html": f"<!doctype html><title>{rng.title()}</title>".encode(),
        f"{page}/index.html": f"<!doctype html><title>{rng.title()}</title>".encode(),
        f"{folder}/{asset}-{rng.digits(6)}.js": f"console.log('{rng.word()}')".encode(),
        f"{folder}/{deep}/{rng.word()}.css": f".{rng.word()} {{ margin: 0 }}".encode(),
        f"{rng.word()}.svg": f"<svg xmlns='http://www.w3.org/2000/svg'><title>{rng.word()}</title></svg>".encode(),
        f"{folder}/{rng.word()}.png": b"\x89PNG\r\n\x1a\n" + rng.randbytes(20),
        f"{rng.word()}.txt": rng.title().encode(),
    }


def kinds(name):
    """The content types that a file of this name may be sent with."""
    return {
        ".html": ("text/html",),
        ".js": SCRIPTS,
        ".css": ("text/css",),
        ".svg": ("image/svg+xml",),
        ".png": ("image/png",),
        ".jpg": ("image/jpeg",),
        ".txt": ("text/plain",),
    }[Path(name).suffix]


def bytes_of(place, name):
    """A file of the build that the learner was given."""
    file = place.home / "site" / name
    assert file.is_file(), (
        f"`site/{name}` is gone. The build is given and stays as it is. (`fastapi-kata reset` lays it out again.)"
    )
    return file.read_bytes()


def kind_of(response):
    return response.headers.get("content-type", "(none)").partition(";")[0].strip()


def is_served(response, name, content):
    """Require that this is the file of that name, whole and with its type."""
    assert response.status_code == 200, told(
        (response.status_code == 404, f"`{name}` is there, and was not found."),
        (
            300 <= response.status_code < 400,
            f"The client is sent to {response.headers.get('location')} instead of getting `{name}`.",
        ),
    )
    assert response.content == content, told(
        (
            STRANGER in response.text,
            "The app was started from another working directory than its own folder, as service managers do, and there lies "
            "the `site/` of another program. That is where this file comes from.",
        ),
        f"This is not what `{name}` holds.",
    )
    assert kind_of(response) in kinds(name), (
        f"The bytes are right, but the content type does not fit `{name}`. A browser goes by the type: it does not run a "
        "script, for instance, that comes as something else."
    )


def front_page(library, place):
    """The front page, which has to be served before it says anything that something else is not."""
    content = bytes_of(place, "index.html")
    is_served(library.get("/", headers=BROWSER), "site/index.html", content)
    return content


def sends_on(client, path, host):
    """Require that a folder without its slash redirects to the one with it."""
    response = client.get(path, headers=BROWSER)
    assert response.status_code in (301, 302, 303, 307, 308), (
        f"`{path}` is a folder of the build. Links inside its page are relative to the folder, so the browser is to be "
        f"sent to `{path}/`."
    )
    location = response.headers.get("location", "")
    assert urljoin(f"{host}{path}", location) == f"{host}{path}/", "This is where the redirect leads."


def test_pages_and_assets_are_served(place, library, host):
    """`GET /` is `site/index.html`, `/help/` is `site/help/index.html`, `/help` redirects to it, and assets come by their path with the right content type."""
    for headers in (BROWSER, ANYTHING):
        is_served(library.get("/", headers=headers), "site/index.html", bytes_of(place, "index.html"))
        is_served(library.get("/help/", headers=headers), "site/help/index.html", bytes_of(place, "help/index.html"))
    for name in ("index.html", "assets/app.js", "assets/app.css"):
        is_served(library.get(f"/{name}", headers=ANYTHING), f"site/{name}", bytes_of(place, name))
    sends_on(library, "/help", host)


def test_the_next_build_is_served_too(rng, release, client_for, host):
    """When the next release brings another build, with other pages, folders and files, all of it is served in the same way."""
    files = build(rng)
    _, app = release(files)
    client = client_for(app, base_url=host)
    for name, content in files.items():
        path = name.removesuffix("index.html")
        is_served(client.get(f"/{path}", headers=BROWSER if path != name else ANYTHING), f"site/{name}", content)
        if path not in ("", name):
            sends_on(client, f"/{path.rstrip('/')}", host)


def test_new_covers_appear(rng, place, library):
    """Files in `COVERS_DIR` are served under `/covers/`, also those that are added later; a missing cover is 404, even for a browser."""
    early = f"{rng.word()}.jpg"
    content = rng.randbytes(40)
    place.put(early, content)
    is_served(library.get(f"/covers/{early}", headers=IMAGE), f"covers/{early}", content)
    for name in (f"{rng.word()}.jpg", f"{rng.word()}/{rng.word()}.png"):
        for headers in (IMAGE, BROWSER):
            response = library.get(f"/covers/{name}", headers=headers)
            assert response.status_code == 404, told(
                (
                    response.status_code == 200,
                    "There is no such cover yet. What came instead is something that no librarian has put there.",
                ),
            )
        content = rng.randbytes(40)
        place.put(name, content)
        response = library.get(f"/covers/{name}", headers=IMAGE)
        assert response.status_code == 200, told(
            (
                response.status_code == 404,
                "A librarian has put this cover into the folder while the app was running, and it was not found.",
            ),
        )
        is_served(response, name, content)


def test_books_link_to_their_covers(rng, place, module, library, app, host, client_for):
    """`GET /api/books` answers `[{"id", "title", "cover_url"}]`, the link being absolute, with the scheme, host and root path that the client used, and leading to the cover."""
    books = getattr(module, "BOOKS", None)
    assert isinstance(books, list), "`app.py` has no list `BOOKS` any more. The checks put books of their own into it."
    names = [f"{rng.word()}.jpg", f"{rng.word()}/{rng.word()}.png", f"{rng.word()}.png"]
    books[:] = [
        {"id": number, "title": rng.title(), "cover": name}
        for number, name in zip(rng.numbers(len(names), 1, 9999), names, strict=True)
    ]
    content = {name: rng.randbytes(30) for name in names}
    for name in names:
        place.put(name, content[name])
    root = f"/{rng.word()}"
    plain = f"http://{rng.word()}.example:{rng.randint(1024, 65535)}"
    for client, base, prefix in (
        (library, host, ""),
        (client_for(app, lifespan=False, base_url=plain), plain, ""),
        (client_for(app, lifespan=False, base_url=host, root_path=root), host, root),
    ):
        response = client.get(f"{prefix}/api/books")
        assert response.status_code == 200
        got = response.json()
        links = (
            [one.get("cover_url") if isinstance(one, dict) else None for one in got] if isinstance(got, list) else []
        )
        expected = [
            {"id": book["id"], "title": book["title"], "cover_url": f"{base}{prefix}/covers/{book['cover']}"}
            for book in books
        ]
        assert got == exactly(expected), told(
            (
                isinstance(got, list) and any(isinstance(one, dict) and "cover" in one for one in got),
                "The client is to get a link in `cover_url`, instead of the name of the cover's file.",
            ),
            (
                len(got) == len(books)
                and {one["title"] for one in books}.isdisjoint(str(one.get("title")) for one in got)
                if isinstance(got, list) and all(isinstance(one, dict) for one in got)
                else False,
                "These are not the books that are in `BOOKS` now.",
            ),
            (
                any(isinstance(link, str) and link.startswith("/") for link in links),
                "The link has neither scheme nor host. A client that is not a browser cannot follow it.",
            ),
            (
                prefix != "" and links == [one["cover_url"].replace(prefix, "", 1) for one in expected],
                f"Behind the library's proxy, the whole app lies below `{prefix}`: that is its root path, which the server "
                "puts into the scope of each request. The link leaves it out and leads somewhere else.",
            ),
            (
                any(isinstance(link, str) and not link.startswith(base) for link in links),
                f"The client reached the app at {base}, and its links lead to another address.",
            ),
        )
        for book, link in zip(books, links, strict=True):
            cover = client.get(link)
            assert cover.status_code == 200, f"The link to the cover of book {book['id']} leads nowhere."
            assert cover.content == content[book["cover"]], f"This is not the cover of book {book['id']}."


def test_client_side_routes_get_the_page(rng, place, library):
    """Any path that matches nothing is answered with `site/index.html` and 200 when the client accepts `text/html`."""
    page = front_page(library, place)
    only = {"accept": "text/html"}
    for path in (
        f"/{rng.word()}",
        f"/authors/{rng.word()}/{rng.digits(3)}",
        f"/authors/j.r.r.{rng.word()}",
        f"/api{rng.word()}",
    ):
        for headers in (BROWSER, only):
            response = library.get(path, headers=headers)
            assert response.status_code == 200, told(
                (
                    response.status_code == 404 and path.startswith("/api"),
                    f"`{path}` begins like `/api/`, but does not lie under it.",
                ),
                (
                    response.status_code == 404 and "." in path,
                    "There is a dot in the path, but it is a page for all that: the client accepts `text/html`.",
                ),
                (
                    response.status_code == 404,
                    "There is no such file, and there need not be one: the page is made in the browser, by the JavaScript of "
                    "`site/index.html`. Whoever opens a bookmark or reloads asks the server for it.",
                ),
            )
            assert response.content == page, "This is not `site/index.html`."
            assert kind_of(response) == "text/html"


def test_missing_assets_are_missing(rng, place, library):
    """A path that matches nothing is 404, and not the page, when the client does not accept `text/html`."""
    front_page(library, place)
    is_served(library.get("/assets/app.js", headers=ANYTHING), "site/assets/app.js", bytes_of(place, "assets/app.js"))
    for path in (f"/assets/{rng.word()}.js", f"/{rng.word()}.png", f"/{rng.word()}/{rng.word()}", "/assets/"):
        for headers in (ANYTHING, IMAGE, DATA):
            response = library.get(path, headers=headers)
            assert response.status_code == 404, told(
                (
                    response.status_code == 200 and kind_of(response) == "text/html",
                    f"Nobody asked for a page: the client accepts `{headers['accept']}`. A script or an image that turns out "
                    "to be HTML fails in the browser with a riddle instead of a 404.",
                ),
                (
                    path == "/assets/",
                    "`site/assets/` is a folder without an `index.html` of its own, so nothing is to be served for it.",
                ),
            )


def test_api_answers_json_even_when_missing(rng, place, library):
    """Everything under `/api/` that does not exist is 404 `{"detail": "Not Found"}` for GET and for POST, whatever the client accepts."""
    front_page(library, place)
    books = library.get("/api/books", headers=BROWSER)
    assert books.status_code == 200, "This one does exist."
    assert isinstance(books.json(), list), "This is to be the list of books."
    for path in (f"/api/{rng.word()}", f"/api/books/{rng.digits(4)}", f"/api/{rng.word()}/index.html"):
        for headers in (BROWSER, DATA, ANYTHING):
            for method in ("GET", "POST"):
                response = library.request(method, path, headers=headers)
                assert response.status_code == 404, told(
                    (
                        response.status_code == 200,
                        "Programs ask for what is under `/api/`. With the page and a 200, nobody notices the mistyped path.",
                    ),
                    (
                        response.status_code == 405,
                        "405 says that this path exists and the method is the wrong one. Something took the request that is "
                        "there for GET.",
                    ),
                )
                assert response.json() == exactly({"detail": "Not Found"})


def test_unchanged_files_are_304(rng, place, library):
    """Pages, assets and covers have an `ETag`; asked again with it in `If-None-Match`, they are 304 without a body, as long as the file is the same."""
    name = f"{rng.word()}.jpg"
    old, new = rng.randbytes(40), rng.randbytes(50)
    file = place.put(name, old)
    tags = {}
    for path, headers, which, content in (
        ("/assets/app.js", ANYTHING, "site/assets/app.js", bytes_of(place, "assets/app.js")),
        (f"/covers/{name}", IMAGE, name, old),
        ("/", BROWSER, "site/index.html", bytes_of(place, "index.html")),
    ):
        response = library.get(path, headers=headers)
        is_served(response, which, content)
        tags[path] = tag = response.headers.get("etag")
        assert tag, "The answer has no `ETag`, so a browser cannot ask whether the file is still the same."
        again = library.get(path, headers={**headers, "if-none-match": tag})
        assert again.status_code == 304, told(
            (
                again.status_code == 200,
                "The client has this very file and says so in `If-None-Match`. It was sent once more, whole.",
            ),
        )
        assert again.content == b""
    modified = file.stat().st_mtime + 60
    file.write_bytes(new)
    os.utime(file, (modified, modified))
    response = library.get(f"/covers/{name}", headers={**IMAGE, "if-none-match": tags[f"/covers/{name}"]})
    assert response.status_code == 200, told(
        (
            response.status_code == 304,
            "A librarian has replaced this cover, and the client is told that it still has the right one.",
        ),
    )
    assert response.content == new, "A librarian has replaced this cover, and this is not the new one."


async def test_nothing_else_can_be_read(rng, place, release, asgi):
    """Nothing outside of `site/` and the covers' folder can be read, by `..` plain or encoded, by absolute paths, in neighbouring folders or through links: 404."""
    files, secret, cover = build(rng), f"{rng.title()} {rng.digits(8)}", rng.randbytes(30)
    root, app = release(files)
    name, plan = f"{rng.word()}.jpg", f"{rng.word()}.txt"
    shelf = place.covers.parent
    for folder in (root, root / "site-private", shelf, shelf / "covers-private"):
        folder.mkdir(exist_ok=True)
        (folder / plan).write_text(secret, "utf-8")
    place.put(f"shelf/{name}", cover)
    site_plan, covers_plan = (root / "site-private" / plan).as_posix(), (shelf / "covers-private" / plan).as_posix()
    targets = [
        "/../app.py",
        f"/../{plan}",
        f"/../site-private/{plan}",
        f"/%2e%2e/site-private/{plan}",
        f"/..%2fsite-private%2f{plan}",
        f"/%2F{site_plan.lstrip('/')}",
        f"/covers/../{plan}",
        f"/covers/../covers-private/{plan}",
        f"/covers/%2e%2e/covers-private/{plan}",
        f"/covers/..%2fcovers-private%2f{plan}",
        f"/covers/..%5ccovers-private%5c{plan}",
        f"/covers/shelf/../../{plan}",
        f"/covers/{covers_plan}",
    ]
    links = []
    # Not everybody may make links on Windows.
    with suppress(OSError):
        for link, goal in (
            (place.covers / f"{rng.word()}.txt", shelf / plan),
            (place.covers / "linked", shelf / "covers-private"),
            (root / "site" / f"{rng.word()}.txt", root / plan),
        ):
            link.symlink_to(goal)
            links.append(link)
            prefix, base = ("/covers/", place.covers) if link.is_relative_to(place.covers) else ("/", root / "site")
            inside = f"/{plan}" if goal.is_dir() else ""
            targets.append(f"{prefix}{link.relative_to(base).as_posix()}{inside}")
    async with asgi(app) as server:
        page = await server.request("GET", "/", headers=BROWSER.items())
        assert page.status_code == 200, "This is the front page, inside of `site/`."
        assert page.body == files["index.html"], told(
            (
                STRANGER in page.text,
                "This page comes from a folder `site/` in the working directory, and not from yours.",
            ),
            "This is not `site/index.html`.",
        )
        inside = await server.request("GET", f"/covers/shelf/{name}", headers=IMAGE.items())
        assert inside.status_code == 200, "This cover lies inside of the covers' folder."
        assert inside.body == cover, "This is not the cover that lies there."
        for target in targets:
            call = server.start("GET", target, headers=ANYTHING.items())
            response = await call.reply()
            await call.ended()
            stolen = secret in response.text or response.body == (root / "app.py").read_bytes()
            assert not stolen, told(
                (
                    any(target.startswith((f"/covers/{link.name}", f"/{link.name}")) for link in links),
                    f"`GET {target}` was answered with a file from outside. There is a link in the folder that leads out of "
                    "it, and nobody looked where the file really is.",
                ),
                (
                    "-private" in target,
                    f"`GET {target}` was answered with a file from a neighbouring folder. Its name begins with that of the "
                    "folder that may be read, but it is another folder.",
                ),
                f"`GET {target}` was answered with a file from outside of the two folders.",
            )
            assert response.status_code == 404, told(
                (
                    response.status_code == 200,
                    f"`GET {target}` asks for a file outside of the two folders. It got something else with a 200, and the "
                    "client accepts anything but did not ask for a page.",
                ),
                f"`GET {target}` asks for a file outside of the two folders, and is to be told that there is none.",
            )
