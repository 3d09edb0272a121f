"""Checks of q068: what is asked for, what lies in the folder meanwhile, and what is left."""

import asyncio
import hashlib
import os
import tempfile
from itertools import accumulate, pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
import starlette.formparsers

from pytest_fastapi_kata.checks import exactly, told
from pytest_fastapi_kata.rendezvous import until

KIB = 1024
PIECE = 64 * KIB
"""No piece of a body is larger, and so much of what was taken need not be in the file yet."""
BINARY = [("content-type", "application/octet-stream")]
GONE_BAD = ("no length was announced", "`Content-Length` announced less than what came")


class Piece(bytes):
    """A piece of a body that knows whether anybody still holds it."""

    held = 0

    def __new__(cls, data):
        piece = super().__new__(cls, data)
        cls.held += len(piece)
        return piece

    def __del__(self):
        Piece.held -= len(self)


class Body:
    """A body that is handed out piece by piece, as the app asks; `watch` is called before each time."""

    def __init__(self, parts, watch=None):
        self.parts = parts
        self.watch = watch or (lambda body: None)
        self.taken = 0
        self.bytes = 0

    def __iter__(self):
        for part in self.parts:
            self.watch(self)
            self.taken += 1
            self.bytes += len(part)
            yield Piece(part)
        self.watch(self)

    @property
    def story(self):
        """How much was taken, in words."""
        return f"{self.taken} of {len(self.parts)} pieces ({self.bytes} of {sum(map(len, self.parts))} bytes)"


class Office:
    """The folder of this run, and scans that are made up."""

    def __init__(self, environment, given, tmp_path, rng, limit):
        self.rng, self.limit, self.root = rng, limit, tmp_path
        self.folder = tmp_path / rng.word() / rng.word()
        self.folder.mkdir(parents=True)
        environment(SCAN_FOLDER=str(self.folder), SCAN_MAX_BYTES=str(limit))
        self.overhead = given("settings").FORM_OVERHEAD
        self.names = set()

    def name(self):
        """A name that no scan has had yet."""
        while True:
            name = f"{self.rng.choice(['', '_', '-', '0'])}{self.rng.name()}-{self.rng.digits(2)}..{self.rng.word(2)}"
            if name.lower() not in self.names:
                self.names.add(name.lower())
                return name

    def data(self, size=None):
        """Bytes of this run."""
        return self.rng.randbytes(self.rng.randint(200 * KIB, 250 * KIB) if size is None else size)

    def cut(self, data, low=20 * KIB, high=PIECE):
        """The data in uneven pieces."""
        cuts = [0]
        while cuts[-1] < len(data):
            cuts.append(min(len(data), cuts[-1] + self.rng.randint(low, high)))
        return [data[start:end] for start, end in pairwise(cuts)]

    def put(self, name, data):
        """Let there be a scan of this name already."""
        (self.folder / name).write_bytes(data)

    def content(self, name):
        """The bytes of a scan, None if there is none."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def arriving(self):
        """The uploads that are under way: name and size of each file."""
        sizes = {}
        for path in self.folder.glob(".upload-*"):
            try:
                sizes[path.name] = path.stat().st_size
            except FileNotFoundError:
                continue
        return sizes

    def everything(self):
        """All files, in the folder, beside it and above it."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes() for path in self.root.rglob("*") if path.is_file()
        }

    def others(self, name):
        """The names of what lies in the folder besides a scan."""
        return sorted(path.name for path in self.folder.iterdir() if path.name != name)


def made(limit):
    @pytest.fixture
    def office(environment, given, tmp_path, rng):
        """The folder, in place before the learner's app is imported."""
        Piece.held = 0
        return Office(environment, given, tmp_path, rng, rng.randint(*limit))

    return office


office = made((280_000, 330_000))
large_office = made((1_900_000, 2_000_000))


@pytest.fixture(autouse=True)
async def quiet_loop():
    """What a task of the learner's raises when nobody waits for it any more ends no check."""
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)


@pytest.fixture
def moves(office, monkeypatch):
    """What lay in the folder under a name at the moment when another file was given that name."""
    seen = []

    def watched(original):
        def move(source, target, *args, **options):
            name = Path(os.fsdecode(target)).name
            seen.append((name, described(office.content(name))))
            return original(source, target, *args, **options)

        return move

    for way in ("rename", "replace", "link"):
        monkeypatch.setattr(os, way, watched(getattr(os, way)))
    return seen


def start(server, method, target, parts, *, announced=None, headers=(), watch=None):
    """Begin to send a body in pieces; `announced` is the length that the client says it has."""
    body = Body(parts, watch)
    every = [*headers] if announced is None else [*headers, ("content-length", str(announced))]
    return server.start(method, target, headers=every, body=iter(body)), body


async def send(server, method, target, parts, **options):
    """Send a body in pieces, and wait until the request is over."""
    call, body = start(server, method, target, parts, **options)
    response = await call.reply(f"`{method} {target}` was not answered.")
    await call.ended()
    return response, body


async def put(server, name, parts, **options):
    """Send a scan by PUT."""
    options.setdefault("headers", BINARY)
    return await send(server, "PUT", f"/scans/{quote(name)}", parts, **options)


def shown(name, data):
    """What the answer to a good upload is."""
    return {"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def described(content):
    """Bytes in words, for a comparison."""
    return "absent" if content is None else f"{len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()[:12]}…"


def is_stored(office, response, name, data, story, status=201):
    """An upload was answered as a good one, and the file is there."""
    assert response.status_code == status, story
    assert response.json() == exactly(shown(name, data)), story
    got, wanted = described(office.content(name)), described(data)
    assert got == wanted, f"{story} This is `FOLDER/{name}` afterwards."


def is_unchanged(office, name, old, story):
    """A failed upload has left nothing behind."""
    got, wanted = described(office.content(name)), described(old)
    assert got == wanted, f"{story} This is `FOLDER/{name}` afterwards; it was to be what it was before."
    rest = office.others(name)
    assert rest == [], f"{story} These files are left in the folder when the request is over."


async def test_a_scan_arrives_whole(office, app, asgi):
    """`PUT /scans/{name}` with any body of any content type answers 201, or 200 if the name was taken, with name, number of bytes and SHA-256, and the file is in the folder. `GET /scans` lists the names."""
    older, data = office.name(), office.data(100)
    office.put(older, data)
    form = [("content-type", "application/x-www-form-urlencoded")]
    parts = [("content-type", "multipart/form-data; boundary=x")]
    json = [("content-type", "application/json")]
    scans = {older: data}
    async with asgi(app) as server:
        response = await server.request("GET", "/scans")
        assert response.status_code == 200
        assert response.json() == exactly([older]), "This scan was in the folder before the app was started."
        for headers, size, announced in (
            (BINARY, None, False),
            ([("content-type", "image/tiff")], None, True),
            (json, 3_000, True),
            (form, 70_000, False),
            (parts, 5, True),
            ([], 1, False),
            (BINARY, 0, False),
            ([], 0, True),
        ):
            name = office.name()
            for status in (201, 200):
                data = scans[name] = office.data(size)
                pieces = office.cut(data, 1 if size and size < 9 else 900)
                length = len(data) if announced else None
                response, _ = await put(server, name, pieces, headers=headers, announced=length)
                again = "" if status == 201 else ", and there is a scan of that name already"
                kind = dict(headers).get("content-type", "no content type")
                story = f"This was sent: {len(data)} bytes (pieces: {len(pieces)}) with {kind}{again}."
                is_stored(office, response, name, data, story, status)
                rest = [other for other in office.others(name) if other not in scans]
                assert rest == [], f"{story} These files are in the folder afterwards, besides the scans."
        scans[older] = data = office.data(200)
        response, _ = await put(server, older, [data])
        is_stored(
            office, response, older, data, "A scan of this name was in the folder before the app was started.", 200
        )
        response = await server.request("GET", "/scans")
        assert response.status_code == 200
        assert response.json() == exactly(sorted(scans)), "These are the names of the scans."
        story = "The other scans were to stay as they were."
        assert {name: described(office.content(name)) for name in scans} == {
            name: described(data) for name, data in scans.items()
        }, story


async def test_pieces_go_to_disk_as_they_come(office, app, asgi):
    """Whenever the app asks for a further piece, a file `.upload-…` in the folder holds what it has taken, except for the last 64 KiB at most. What was written is no longer held in memory."""
    facts = []

    def watch(body):
        sizes = office.arriving()
        others = [name for name in office.others("") if name not in sizes]
        facts.append((body.taken, body.bytes, list(sizes.values()), Piece.held, others))

    async with asgi(app) as server:
        name, data = office.name(), office.data(office.limit)
        response, _ = await put(server, name, office.cut(data, 22 * KIB, 32 * KIB), watch=watch)
        assert response.status_code == 201, "A scan of exactly `MAX_BYTES` came in pieces of 22 to 32 KiB."
        for taken, total, sizes, held, others in facts:
            written = sum(sizes)
            story = f"When the app asked for the next piece, it had taken {taken} pieces ({total} bytes), and "
            if total - written > PIECE:
                where = "there is no file `.upload-…` in the folder. " + (
                    f"But there is {others[0]}, which does not look like an upload under way."
                    if others
                    else "The pieces are in memory, or elsewhere."
                )
                if sizes:
                    where = f"the file `.upload-…` in the folder has {written} bytes. The others are in memory, or elsewhere."
                raise AssertionError(story + where)
            if held > 2 * PIECE + 3 * 32 * KIB:
                raise AssertionError(
                    f"{story}{held} bytes of these pieces are still held in memory, although they have been written. With "
                    "a scan of several gigabytes, that is several gigabytes."
                )
        is_stored(office, response, name, data, "The scan came in pieces of 22 to 32 KiB.")


def crossing(parts, limit):
    """How many pieces go beyond the limit, the one that does so included."""
    return next((count for count, total in enumerate(accumulate(map(len, parts)), 1) if total > limit), len(parts))


async def refused(server, office, request, parts, announced, allowed, limit_story):
    """Too large: 413, and no more than so many pieces taken."""
    method, target, headers = request
    response, body = await send(server, method, target, parts, announced=announced, headers=headers)
    assert response.status_code == 413, f"{limit_story} The app has taken {body.story}."
    got = body.taken
    assert got == allowed, told(
        (
            allowed == 0,
            f"413 is right, but the app had taken {body.story} when it came. `Content-Length` had announced too much, so "
            "none of them was needed to know.",
        ),
        (
            got > allowed,
            f"413 is right, but the app had taken {body.story}. Piece {allowed} went beyond the limit.",
        ),
        f"413, and the app had taken {body.story}. It could not know yet that they are too many.",
    )


async def test_too_large_is_refused_before_it_is_read(office, app, asgi):
    """A file of `MAX_BYTES` is taken. A larger one is 413: if that was announced, no piece is taken; if not, none after the one that goes beyond the limit. Nothing is left of it."""
    limit = office.limit
    async with asgi(app) as server:
        for announced in (limit, None):
            name, data = office.name(), office.data(limit)
            response, _ = await put(server, name, office.cut(data), announced=announced)
            is_stored(office, response, name, data, f"A scan of exactly `MAX_BYTES` ({limit}).")
            (office.folder / name).unlink()
        for old in (None, office.data(1_000)):
            name = office.name()
            if old is not None:
                office.put(name, old)
            request = ("PUT", f"/scans/{name}", BINARY)
            for size in (limit + 1, 9 * limit):
                parts = office.cut(office.data(limit + 1))
                story = f"`Content-Length` announced {size} bytes, and `MAX_BYTES` is {limit}."
                await refused(server, office, request, parts, size, 0, story)
                is_unchanged(office, name, old, story)
            last = office.data(limit)
            for parts in (
                [*office.cut(last), b"x", *office.cut(office.data(100_000))],
                office.cut(office.data(limit + 150_000)),
            ):
                # What a client announces to seem smaller is not more than the limit.
                for announced, how in ((None, GONE_BAD[0]), (office.rng.randint(1, limit), GONE_BAD[1])):
                    story = f"{sum(map(len, parts))} bytes came, and `MAX_BYTES` is {limit}; {how}."
                    await refused(server, office, request, parts, announced, crossing(parts, limit), story)
                    is_unchanged(office, name, old, story)
            if old is not None:
                (office.folder / name).unlink()


async def test_names_stay_in_the_folder(office, app, asgi):
    """A name that is not 1 to 100 of the characters `A-Z a-z 0-9 . _ -`, or begins with a dot, is 422 before any of the body is taken, and nothing is written. Other names are fine."""
    rng = office.rng
    word = rng.word()
    async with asgi(app) as server:
        for name in (rng.choice("Zz9_-"), f"{word}.", f"-{word}..TIF", f"_{rng.digits(3)}-", (word * 20)[:100]):
            data = office.data(50)
            response, _ = await put(server, name, [data])
            is_stored(office, response, name, data, f"“{name}” is a proper name.")
        before = office.everything()
        for name in (
            "..",
            ".",
            f".{word}",
            f".upload-{word}",
            f"{word}\n",
            f"\n{word}",
            f"{word}\0",
            f"{word}\0.tif",
            f"..\\{word}",
            f"{word} {word}",
            f"{word}é",
            f"{word}٣",
            f"\u212a{word}",
            f"{word}:{word}",
            f"~{word}",
            f"{word}+",
            (word * 20)[:101],
            f"../{word}",
            f"/{word}",
            f"{word}/../../{word}",
        ):
            sent = quote(name, safe="")
            parts = office.cut(office.data(120_000))
            response, body = await send(server, "PUT", f"/scans/{sent}", parts, headers=BINARY)
            story = f"The name was sent as `{sent}`."
            slash = "/" in name
            assert response.status_code in ((422, 404) if slash else (422,)), told(
                (len(name) > 100, f"{story} It has {len(name)} characters."),
                (
                    "\n" in name,
                    f"{story} There is a line break in it. A `$` in a pattern fits before one, too, also in the framework's own of "
                    "`{name:path}`.",
                ),
                (
                    not name.isascii(),
                    f"{story} One of its characters is not in the list, though some would call it a letter.",
                ),
                story,
            )
            assert body.taken == 0, f"{story} It was refused, but so many pieces of the body had been taken by then."
            new = sorted(set(office.everything()) - set(before))
            assert new == [], f"{story} It was refused, and these new files are in the folder, beside it or above it."
        unchanged = office.everything() == before
        assert unchanged is True, "One of these requests changed a scan that was there before."


def form(boundary, filename, data, field="file", extra=b""):
    """The body of a form with one file; without a file name it is a text field."""
    named = b"" if filename is None else b'; filename="' + filename.encode() + b'"\r\ncontent-type: image/tiff'
    head = f'--{boundary}\r\ncontent-disposition: form-data; name="{field}"'.encode() + named + b"\r\n\r\n"
    return extra + head + data + f"\r\n--{boundary}--\r\n".encode()


class Desk:
    """Where forms are handed in."""

    def __init__(self, server, office):
        self.server, self.office = server, office
        self.boundary = f"--{office.rng.word(5)}"
        self.request = ("POST", "/scans", [("content-type", f"multipart/form-data; boundary={self.boundary}")])

    def filled(self, filename, data, **options):
        return form(self.boundary, filename, data, **options)

    def fitting(self, filename, data, size):
        """A form that has so many bytes all in all, by means of a text field."""
        start, end = f'--{self.boundary}\r\ncontent-disposition: form-data; name="note"\r\n\r\n'.encode(), b"\r\n"
        rest = size - len(self.filled(filename, data)) - len(start) - len(end)
        return self.filled(filename, data, extra=start + b"n" * rest + end)

    async def post(self, body, **options):
        """Send a form in pieces."""
        method, target, headers = self.request
        return await send(self.server, method, target, self.office.cut(body), headers=headers, **options)


async def test_form_names_stay_in_the_folder(office, app, asgi):
    """`POST /scans` stores the form's file under the last part of its file name and answers as `PUT` does. An improper name is 422, and so is a form without a file; nothing is written outside of the folder."""
    one, two, three = office.name(), office.name(), office.name()
    async with asgi(app) as server:
        desk = Desk(server, office)
        for filename, name in (
            (one, one),
            (f"../../{two}", two),
            (f"C:\\scans\\{three}", three),
            (f"..\\..\\{one}", one),
            (f"scans/{office.rng.word()}\\{two}", two),
            (f"{office.rng.word()}\\../{three}", three),
            (f"/etc/{one}", one),
        ):
            data = office.data(3_000)
            known = office.content(name) is not None
            before = office.everything()
            response, _ = await desk.post(desk.filled(filename, data))
            story = f"The file name in the form was `{filename}`."
            assert response.status_code == (200 if known else 201), story
            is_stored(office, response, name, data, story, response.status_code)
            place = (office.folder / name).relative_to(office.root).as_posix()
            changed = sorted(set(office.everything()) - set(before) - {place})
            assert changed == [], f"{story} These new files are in the folder, beside it or above it."
        before = office.everything()
        word = office.rng.word()
        for filename in (
            "..",
            f"../{word}/..",
            f".{word}",
            f"x/.{word}",
            f"{word} {word}",
            f"{word}é",
            f"{word}/",
            f"{word}\\",
            "",
            word * 20,
        ):
            response, _ = await desk.post(desk.filled(filename, office.data(900)))
            story = f"The file name in the form was `{filename}`, and the last part of it is no proper name."
            assert response.status_code == 422, story
            new = sorted(set(office.everything()) - set(before))
            assert new == [], f"{story} These new files are in the folder, beside it or above it."
        for field, filename, story in (
            (word, one, f"The form has a file, but in the field `{word}`, and none in `file`."),
            ("file", None, "The field `file` of this form is a text, and no file."),
        ):
            response, _ = await desk.post(desk.filled(filename, b"12345", field=field))
            assert response.status_code == 422, story
        unchanged = office.everything() == before
        assert unchanged is True, "One of these requests was refused, and yet it changed a scan that was there before."


async def test_the_checksum_decides(office, app, asgi):
    """If `X-Content-SHA256` is the SHA-256 of the file, in small or capital letters, the upload is good. If not, it is 400 `{"detail": "Checksum differs"}`, and nothing has changed."""

    def said(digest):
        return [*BINARY, ("X-Content-SHA256", digest)]

    async with asgi(app) as server:
        name = office.name()
        for status, size in ((201, None), (200, 40_000), (200, 0)):
            data = office.data(size)
            digest = hashlib.sha256(data).hexdigest()
            half = digest[:32].upper() + digest[32:]
            for case, how in ((digest, "small letters"), (digest.upper(), "capitals"), (half, "letters of both kinds")):
                response, _ = await put(server, name, office.cut(data), headers=said(case))
                story = f"`X-Content-SHA256` is right, in {how}."
                is_stored(office, response, name, data, story, 201 if status == 201 and case == digest else 200)
        for target, old in ((name, data), (office.name(), None)):
            for wrong in ("the last digit is another one", "it is that of an empty file", "it is that of another scan"):
                data = office.data(90_000)
                digest = hashlib.sha256(data).hexdigest()
                other = {
                    "the last digit is another one": digest[:-1] + ("0" if digest[-1] != "0" else "1"),
                    "it is that of an empty file": hashlib.sha256(b"").hexdigest(),
                    "it is that of another scan": hashlib.sha256(office.data(9)).hexdigest(),
                }[wrong]
                response, _ = await put(server, target, office.cut(data), headers=said(other))
                story = f"`X-Content-SHA256` does not fit the file: {wrong}."
                assert response.status_code == 400, story
                assert response.json() == exactly({"detail": "Checksum differs"})
                is_unchanged(office, target, old, story)
            (office.folder / target).unlink(missing_ok=True)


class Line:
    """The line of one request: pieces get through as they are let."""

    def __init__(self, call):
        self.call = call
        self.asked = 0
        self.task = None
        self._allowed = asyncio.Semaphore(0)

    async def turn(self):
        self.asked += 1
        await self._allowed.acquire()

    def let(self, pieces=1):
        for _ in range(pieces):
            self._allowed.release()

    async def asks(self, times, story=""):
        """Wait until the app has asked so many times."""
        await until(lambda: self.asked >= times or self.call.is_answered)
        assert self.asked >= times, told(
            (
                self.call.is_answered,
                f"{story}The request was over after the app had asked for so many pieces. More were to come.",
            ),
            f"{story}The app has asked for so many pieces. Piece {times} was there for the taking, and nobody came for it.",
        )


class Wire:
    """An ASGI app around the learner's; on some of the requests pieces come only when a check lets them."""

    def __init__(self, app):
        self.app, self.router = app, app.router
        self.lines = {}

    def slow(self, call):
        line = self.lines[id(call.scope)] = Line(call)
        return line

    async def __call__(self, scope, receive, send):
        line = self.lines.get(id(scope))
        if line is None:
            await self.app(scope, receive, send)
            return
        line.task = asyncio.current_task()

        async def when_let():
            await line.turn()
            return await receive()

        await self.app(scope, when_let, send)


def success(call):
    """The status of an answer that says that all went well; None if there is no such answer."""
    start = next((message for message in call.sent if message["type"] == "http.response.start"), None)
    return start["status"] if start and start["status"] < 400 else None


async def test_nothing_is_left_when_the_client_goes_away(office, app, asgi):
    """When the client goes away in the middle or before the very end, or the server cancels the request, the upload is not taken for complete, no `.upload-` file remains, and the scan is what it was before."""
    wire = Wire(app)
    async with asgi(wire) as server:
        existing, old = office.name(), office.data()
        response, _ = await put(server, existing, office.cut(old))
        is_stored(office, response, existing, old, "This one came whole.")
        for name, before in ((existing, old), (office.name(), None)):
            for taken, how in (
                (2, "The client went away after two of six pieces."),
                (0, "The client went away before the first piece."),
                (6, "The client went away after the last piece, before it had said that it is the last."),
                (2, "After two of six pieces the server cancelled the request (the task that serves it)."),
            ):
                parts = [office.data(30 * KIB) for _ in range(6)]
                call, _ = start(server, "PUT", f"/scans/{name}", parts, headers=BINARY)
                line = wire.slow(call)
                await line.asks(1)
                line.let(taken)
                await line.asks(taken + 1)
                if "cancelled" in how:
                    line.task.cancel()
                else:
                    call.leave()
                    line.let(9)
                await call.ended(f"{how} The app did not come to an end with this request.")
                got = success(call)
                assert got is None, f"{how} It was answered as if all were well."
                is_unchanged(office, name, before, how)
            if before is not None:
                (office.folder / name).unlink()


async def test_the_old_scan_stays_until_the_new_one_is_there(office, moves, app, asgi):
    """Whenever the app asks for a further piece, the scan of that name is what it was before, absent or the old one. When the upload is complete, the new one takes its place whole, in one step; whoever has opened the old one still reads the old one."""
    seen = []

    def watch(body):
        seen.append((body.taken, described(office.content(name))))

    async with asgi(app) as server:
        old = None
        name = office.name()
        for status in (201, 200, 200):
            data = office.data()
            seen.clear()
            kept = office.root / office.name()
            if old is not None:
                os.link(office.folder / name, kept)
            response, _ = await put(server, name, office.cut(data), watch=watch)
            assert response.status_code == status
            for taken, content in seen:
                assert content == described(old), (
                    f"This was `FOLDER/{name}` when the app had taken {taken} pieces of a new upload, which was not complete yet."
                )
            is_stored(office, response, name, data, "The upload is complete.", status)
            for target, content in moves:
                assert target != name or content == described(old), (
                    f"This was `FOLDER/{name}` at the moment when the file of the complete upload was about to get that name. "
                    "Whoever asks for the scan just then, or ever after if that step fails, does not find the old one."
                )
            moves.clear()
            if old is not None:
                got = described(kept.read_bytes())
                assert got == described(old), (
                    "Somebody had opened the old scan before. This is what they read now: the new bytes were written into the old "
                    "file, and whoever reads meanwhile gets a part of each."
                )
                kept.unlink()
            old = data


async def test_two_uploads_of_one_name_do_not_mix(office, app, asgi):
    """Two uploads of one name under way at the same time are two files. Each is stored whole when it is complete, the last one stays, and if one breaks off the other goes on."""
    wire = Wire(app)
    while_another = "Another upload of that name is under way. "

    async def begin(name, data, story=""):
        parts = office.cut(data, 50 * KIB)
        call, _ = start(server, "PUT", f"/scans/{name}", parts, headers=BINARY)
        line = wire.slow(call)
        await line.asks(1, story)
        line.let(2)
        await line.asks(3, story)
        return call, line

    async def finish(call, line, name, data, statuses, story):
        line.let(99)
        response = await call.reply(f"{story} The request was not answered.")
        await call.ended()
        assert response.status_code in statuses, story
        is_stored(office, response, name, data, story, response.status_code)

    async with asgi(wire) as server:
        for first_ends_last in (False, True):
            name = office.name()
            datas = [office.data(), office.data()]
            one, two = await begin(name, datas[0]), await begin(name, datas[1], while_another)
            under_way = "Two uploads of one name are under way."
            got = len(office.arriving())
            assert got == 2, f"{under_way} So many files `.upload-…` are in the folder."
            got = described(office.content(name))
            assert got == "absent", f"{under_way} This is `FOLDER/{name}` meanwhile."
            response = await server.request("GET", "/scans")
            assert response.json() == exactly([]), f"{under_way} None is complete, so `GET /scans` has nothing to list."
            pairs = [(one, datas[0]), (two, datas[1])]
            (first, data), (last, rest) = reversed(pairs) if first_ends_last else pairs
            await finish(*first, name, data, (201,), "One of two uploads of one name is complete, the other is not.")
            await finish(*last, name, rest, (200, 201), "The other one is complete now, too.")
            assert office.others(name) == [], "Both are complete. These files are left in the folder besides the scan."
            (office.folder / name).unlink()
        name, datas = office.name(), [office.data(), office.data()]
        (call, line), two = await begin(name, datas[0]), await begin(name, datas[1], while_another)
        call.leave()
        line.let(9)
        await call.ended()
        story = "Of two uploads of one name the first broke off. The other went on, and is complete."
        await finish(*two, name, datas[1], (200, 201), story)
        assert office.others(name) == [], f"{story} These files are left in the folder besides the scan."


async def test_large_forms_are_stopped_too(office, app, asgi):
    """A form's file may have `MAX_BYTES` and its request `MAX_BYTES + FORM_OVERHEAD`. More is 413: if that was announced, no piece is taken; if not, none after the one that goes beyond the limit. Nothing is left of it."""
    limit, whole = office.limit, office.limit + office.overhead
    async with asgi(app) as server:
        desk = Desk(server, office)
        name, old = office.name(), office.data(limit)
        fitting = desk.fitting(name, old, whole)
        statuses = iter((201, 200, 200, 200))
        for body, story in (
            (desk.filled(name, old), f"The file has exactly `MAX_BYTES` ({limit})."),
            (
                fitting,
                f"The file has `MAX_BYTES` ({limit}), and the request with a text field {len(fitting)}, just as much as it may.",
            ),
        ):
            for announced in (len(body), None):
                response, _ = await desk.post(body, announced=announced)
                is_stored(office, response, name, old, story, next(statuses))
        for target, before in ((name, old), (office.name(), None)):
            story = f"The file has `MAX_BYTES` ({limit}) and one byte more. The request fits into `MAX_BYTES + FORM_OVERHEAD`."
            body = desk.filled(target, office.data(limit + 1))
            for announced in (len(body), None):
                response, _ = await desk.post(body, announced=announced)
                assert response.status_code == 413, story
                is_unchanged(office, target, before, story)
            story = f"A request may have {whole} bytes: `MAX_BYTES + FORM_OVERHEAD`."
            over = desk.fitting(target, office.data(limit), whole + 1)
            larger = desk.filled(target, office.data(whole + 200_000))
            for body in (over, larger):
                parts = office.cut(body)
                announces = f"{story} `Content-Length` announced {len(body)}."
                await refused(server, office, desk.request, parts, len(body), 0, announces)
                is_unchanged(office, target, before, announces)
                for announced, how in ((None, GONE_BAD[0]), (office.rng.randint(1, limit), GONE_BAD[1])):
                    came = f"{story} {len(body)} came; {how}."
                    await refused(server, office, desk.request, parts, announced, crossing(parts, whole), came)
                    is_unchanged(office, target, before, came)
            (office.folder / target).unlink(missing_ok=True)


class Spools:
    """The temporary files of the framework in this check, and how they are read."""

    def __init__(self, watch):
        self.files, self.reads, self.watch = [], [], watch
        self.breaks = False
        spools = self

        class Spool(tempfile.SpooledTemporaryFile):
            def __init__(self, *arguments, **options):
                super().__init__(*arguments, **options)
                spools.files.append(self)

            def read(self, *size):
                return spools.note(super().read, *size)

            def readline(self, *size):
                return spools.note(super().readline, *size)

            def readinto(self, buffer):
                return spools.note(super().readinto, buffer)

        self.kind = Spool

    def note(self, read, *arguments):
        self.watch()
        if self.breaks and self.reads:
            raise OSError("The disk fails.")
        got = read(*arguments)
        self.reads.append(got if isinstance(got, int) else len(got))
        return got

    def forget(self):
        self.files.clear()
        self.reads.clear()

    def open(self):
        return [file for file in self.files if not file.closed]


async def test_form_files_are_copied_in_pieces(large_office, monkeypatch, app, asgi):
    """The file of a form is read in pieces of 1 MiB at most, and the scan is what it was until the copy is complete. Afterwards the temporary file is closed, and if the copying or the sending fails, nothing is left."""
    office, seen = large_office, []
    name, old = office.name(), office.data(5_000)
    spools = Spools(lambda: seen.append(described(office.content(name))))
    monkeypatch.setattr(starlette.formparsers, "SpooledTemporaryFile", spools.kind)
    async with asgi(app) as server:
        desk = Desk(server, office)
        for before in (None, old):
            data = office.data(1_400_000)
            if before is not None:
                office.put(name, old)
                os.link(office.folder / name, office.root / "kept")
            seen.clear()
            spools.forget()
            response, _ = await desk.post(desk.filled(name, data))
            story = f"A form brought a file of {len(data)} bytes."
            is_stored(office, response, name, data, story, 201 if before is None else 200)
            largest = max(spools.reads, default=0)
            assert largest <= KIB * KIB, (
                f"{story} This is the largest piece that was read of it at once. With a scan of gigabytes, it would be in memory whole."
            )
            changed = next((content for content in seen if content != described(before)), described(before))
            assert changed == described(before), (
                f"While the file was being copied, this is what `FOLDER/{name}` was at some time. It was to stay as it was until the "
                "new scan was complete."
            )
            got = len(spools.open())
            assert got == 0, (
                f"{story} So many temporary files of the framework are still open when the request is over."
            )
            rest = office.others(name)
            assert rest == [], f"{story} These files are in the folder besides the scan."
            if before is not None:
                got = described((office.root / "kept").read_bytes())
                assert got == described(old), (
                    "Somebody had opened the old scan before. This is what they read now: the new bytes were written into the old file."
                )
            (office.folder / name).unlink()
        for before in (None, old):
            if before is not None:
                office.put(name, old)
            await breaks_off(desk, spools, name, before)
            await fails(desk, spools, name, before)


async def breaks_off(desk, spools, name, before):
    """The client goes away in the middle of a form."""
    office = desk.office
    method, target, headers = desk.request
    parts = office.cut(desk.filled(name, office.data(300_000)))
    spools.forget()

    def watch(body):
        if body.taken == len(parts) - 1:
            calls[0].leave()

    calls = []
    call, _ = start(desk.server, method, target, parts, headers=headers, watch=watch)
    calls.append(call)
    story = "The client went away before the last piece of the form."
    await call.ended(f"{story} The app did not come to an end with this request.")
    # The piece at which it leaves still arrives.
    got = success(call)
    assert got is None, f"{story} It was answered as if all were well."
    is_unchanged(office, name, before, story)
    got = len(spools.open())
    assert got == 0, f"{story} So many temporary files of the framework are still open."


async def fails(desk, spools, name, before):
    """The disk fails in the middle of the copying."""
    office = desk.office
    spools.forget()
    spools.breaks = True
    call, _ = start(
        desk.server, *desk.request[:2], office.cut(desk.filled(name, office.data(1_400_000))), headers=desk.request[2]
    )
    await call.ended("The app did not come to an end with this form.")
    spools.breaks = False
    if not spools.reads:
        # Whoever parses the form without the framework's files has nothing to read again.
        assert success(call) is not None, "A form with a proper file was not answered as one."
        (office.folder / name).unlink()
        if before is not None:
            office.put(name, before)
        return
    story = "The disk failed while the form's file was being read: the second `read` raised an OSError."
    got = success(call)
    assert got is None, f"{story} It was answered as if all were well."
    is_unchanged(office, name, before, story)
    got = len(spools.open())
    assert got == 0, f"{story} So many temporary files of the framework are still open."
