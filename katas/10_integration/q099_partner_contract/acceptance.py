"""Checks of q099: an API's description as a contract."""

import copy
import inspect
import io
import json
import os
import re
import runpy
import signal
import subprocess
import sys
import traceback
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI, Header, Query
from pydantic import RootModel, create_model

from pytest_fastapi_kata.checks import exactly, quoted, refusal, refused_at, told

PATHS = {"/parcels": {"get", "post"}, "/parcels/{code}": {"get"}, "/depots": {"get"}}


def where(error):
    """An error with its place in the learner's files, said to the learner."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if Path(one.filename).parent == Path.cwd()]
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


# What the app declares ------------------------------------------------------------------------------------------


@pytest.fixture
def broker(environment):
    """The broker is there, before the app is started."""
    environment(BROKER="amqp://localhost")


def ids_of(docs):
    return {
        f"{method.upper()} {path}": docs.operation(method, path).get("operationId")
        for path, methods in docs.routes.items()
        for method in methods
    }


def test_operation_ids_are_made_for_clients(app, docs_for, rng):
    """The `operationId` of every operation is `<first tag>_<function name>`, also of routes that are added later to the app or come with another router."""
    expected = {
        "GET /parcels": "parcels_list_all",
        "POST /parcels": "parcels_send",
        "GET /parcels/{code}": "parcels_track",
        "GET /depots": "depots_list_all",
    }
    own, first, second, path, other, tag, more = rng.words(7)

    def one():
        return None

    def two():
        return None

    one.__name__, two.__name__ = own, other
    app.get(f"/{path}", tags=[first, second])(one)
    router = APIRouter(prefix=f"/{more}", tags=[tag])
    router.put("/{number}")(two)
    app.include_router(router)
    app.openapi_schema = None
    ids = ids_of(docs_for(app))
    assert {name: ids.get(name) for name in expected} == exactly(expected), told(
        (
            ids.get("GET /parcels") == ids.get("GET /depots"),
            "Two routers have a function of the same name, and now two operations have the same id. A generator of clients makes "
            "one method of them, or refuses the document.",
        ),
    )
    later = {f"GET /{path}": f"{first}_{own}", f"PUT /{more}/{{number}}": f"{tag}_{other}"}
    assert {name: ids.get(name) for name in later} == exactly(later), (
        f"These two routes were added by a colleague: one to `app` itself, with the tags {quoted([first, second])}, one by a new "
        f"router with the tag `{tag}`. Nobody told them about ids. Give the app a rule, not the routes a label."
    )


def test_the_webhook_is_announced_and_not_served(broker, docs, client):
    """The document announces the webhook `parcelDelivered`: a POST whose JSON body is a `Delivered`. The service does not serve it, and the paths are those of before."""
    hooks = docs.document.get("webhooks", {})
    assert sorted(hooks) == ["parcelDelivered"], told(
        (
            any("elivered" in path for path in docs.routes),
            "These are the webhooks of the document, and it lists `parcelDelivered` among the paths. A path is what a client may "
            "call here. A webhook is a call that the partner receives.",
        ),
        "These are the webhooks of the document.",
    )
    item = hooks["parcelDelivered"]
    assert sorted(item) == ["post"], "These are the methods of the webhook."
    body = docs.resolve(item["post"].get("requestBody", {}))
    content = body.get("content", {}) if isinstance(body, dict) else {}
    schema = docs.resolve(content.get("application/json", {}).get("schema", {}))
    got = {"required": schema.get("required"), "properties": sorted(schema.get("properties", {}))}
    assert got == exactly({"required": ["code"], "properties": ["code", "signed_by"]}), (
        "This is how the JSON body of the webhook is described. It is to be the given `Delivered`."
    )
    assert docs.routes == PATHS, (
        "These are the documented paths. A webhook adds none, and nothing else was to be added."
    )
    for path in ("/parcelDelivered", "/webhooks/parcelDelivered"):
        response = client.post(path, json={"code": "P1"})
        assert response.status_code == 404, "A webhook is announced. The partner serves it, not this service."
    response = client.get("/depots")
    assert response.status_code == 200, "The service itself goes on as before."


def examples_of(docs):
    """The named examples of a new parcel's body: name and value."""
    body = docs.resolve(docs.operation("post", "/parcels").get("requestBody", {}))
    media = body.get("content", {}).get("application/json", {})
    found = media.get("examples")
    assert isinstance(found, dict) and len(found) >= 2, told(
        (
            isinstance(found, dict),
            f"The body of `POST /parcels` has {len(found or [])} named example. One with `insured` and one without are at least two.",
        ),
        (
            "examples" in docs.resolve(media.get("schema", {})) or "example" in media,
            "The body of `POST /parcels` has no named examples. What stands in the schema or under `example` has no name by which "
            "a reader could choose; OpenAPI has a place for named ones beside the schema.",
        ),
        "The body of `POST /parcels` has no named examples in the document.",
    )
    values = {}
    for name, example in found.items():
        assert isinstance(example, dict) and "value" in example, (
            f"The example `{name}` of `POST /parcels` has no `value`: {json.dumps(example)[:200]}"
        )
        values[name] = example["value"]
    return values


def test_every_example_is_accepted(broker, docs, client, rng):
    """The body of `POST /parcels` has at least two named examples, one with `insured` and one without, and the service accepts each of them. The routes work as they are given."""
    values = examples_of(docs)
    kinds = {isinstance(value, dict) and value.get("insured") is not None for value in values.values()}
    assert kinds == {True, False}, told(
        (kinds == {True}, "Every example has `insured`. Show a parcel without it, too."),
        "No example has `insured`. Show an insured parcel, too.",
    )
    kept = []
    for name, value in values.items():
        response = client.post("/parcels", json=value)
        assert response.status_code == 201, (
            f"This is the documented example `{name}`, sent as it stands there. An example that does not validate is a lie in the docs."
        )
        expected = {"insured": None, **value, "code": f"P{len(kept) + 1}"}
        assert response.json() == expected
        kept.append(expected)
    to = f"{rng.name()} {rng.name()}"
    for grams, insured in ((rng.randint(1, 31_500), round(rng.uniform(1, 900), 1)), (31_500, None)):
        parcel = {"to": to, "grams": grams, "insured": insured}
        response = client.post("/parcels", json=parcel)
        assert response.status_code == 201, "`POST /parcels` is to work as it did."
        kept.append({**parcel, "code": f"P{len(kept) + 1}"})
        assert response.json() == kept[-1]
    for wrong, place in (({"to": "Al"}, "to"), ({"grams": 0}, "grams"), ({"grams": 31_501}, "grams")):
        response = client.post("/parcels", json={"to": to, "grams": 10, **wrong})
        assert refusal(response) == refused_at(f"body.{place}")
    response = client.get("/parcels")
    assert response.json() == kept
    response = client.get("/parcels", params={"to": to})
    assert response.json() == kept[-2:]
    response = client.get(f"/parcels/{kept[-1]['code']}")
    assert response.json() == kept[-1]
    response = client.get(f"/parcels/{rng.word()}")
    assert response.status_code == 404
    response = client.get("/depots")
    assert response.json() == ["Zürich", "Łódź"]


# The export ------------------------------------------------------------------------------------------------------


@dataclass
class Run:
    """How a script of the learner's ended."""

    line: str
    code: Any
    output: str
    errors: str
    crash: Exception | None

    @property
    def told(self):
        """How it ended, said to the learner."""
        if self.crash is not None:
            return f"`{self.line}` ended in {where(self.crash)}"
        said = (self.errors or self.output).strip()[-300:]
        return f"`{self.line}` ended with exit code {self.code}" + (
            f" and said: {said}" if said else ", and said nothing."
        )


def run(script, *arguments):
    """Run a script of the learner's here, as `python script …` would."""
    path = Path.cwd() / script
    assert path.is_file(), f"There is no `{script}` beside `app.py`."
    line = " ".join(["python", script, *(one if one.startswith("-") else Path(one).name for one in arguments)])
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n", write_through=True) for _ in range(2)]
    before, code, crash = (sys.argv, sys.stdout, sys.stderr), 0, None
    sys.argv, sys.stdout, sys.stderr = [script, *arguments], *streams
    try:
        runpy.run_path(str(path), run_name="__main__")
    except SystemExit as end:
        code = 0 if end.code is None else end.code
        if not isinstance(code, int):
            sys.stderr.write(f"{code}\n")
            code = 1
    except Exception as error:
        code, crash = 1, error
    finally:
        sys.argv, sys.stdout, sys.stderr = before
    output, errors = (stream.buffer.getvalue().decode("utf-8", "replace") for stream in streams)
    return Run(line, int(code), output, errors, crash)


def as_a_file(document):
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def differing(got, expected):
    """The first line in which two files differ, of each of them."""
    pairs = [data.split(b"\n") for data in (got, expected)]
    for number in range(max(map(len, pairs))):
        lines = [lines[number] if number < len(lines) else None for lines in pairs]
        if lines[0] != lines[1]:
            return tuple(
                f"line {number + 1}: "
                + ("(there is none)" if line is None else line.decode("utf-8", "backslashreplace")[:200])
                for line in lines
            )
    return "the same", "the same"


def as_json(data):
    try:
        return json.loads(data)
    except ValueError:
        return None


def launch(arguments, variables, home):
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, *arguments],
        env={**kept, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def end(process):
    """End a process with all that it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def over(process, name):
    """Wait for a process; what it has said."""
    try:
        said, _ = process.communicate(timeout=15)
    except subprocess.TimeoutExpired:
        raise AssertionError(
            f"`{name}` does not come to an end. It is to write the file, and to start nothing."
        ) from None
    return said.decode("utf-8", "replace").strip()


def test_export_is_the_same_everywhere(environment, app, tmp_path, rng):
    """`python export.py FILE` writes the document: UTF-8 whatever the machine's own encoding, keys sorted, indented by 2, other characters as they are, one line break at the end, the same bytes on every run. It needs no `BROKER`."""
    environment(BROKER=None)
    seeds = rng.numbers(2, 1, 4_000_000)
    # One machine speaks UTF-8, the other nothing but ASCII.
    machines = [
        ("", {"PYTHONUTF8": "1"}),
        (
            " on a machine whose own encoding is ASCII",
            {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "LANG": "C"},
        ),
    ]
    files = [tmp_path / f"{name}.json" for name in rng.words(2)]
    running = [
        launch(["export.py", str(file)], {"PYTHONHASHSEED": str(seed), **variables}, tmp_path)
        for file, seed, (_, variables) in zip(files, seeds, machines, strict=True)
    ]
    try:
        # Both are over before one of them is judged.
        said = [over(process, f"python export.py {file.name}") for process, file in zip(running, files, strict=True)]
    finally:
        for process in running:
            end(process)
    expected = as_a_file(app.openapi())
    for process, file, words, (machine, _) in zip(running, files, said, machines, strict=True):
        line = f"`python export.py {file.name}`{machine}"
        last = f" The last that it said:\n{words[-600:]}" if words else ""
        code = process.returncode
        assert code == 0, told(
            (
                "BROKER" in words,
                f"{line} wanted the variable `BROKER`, so it has started the service. The document is made of the declarations; "
                f"nothing has to run for it.{last}",
            ),
            f"{line} did not end well.{last}",
        )
        assert file.exists(), f"{line} ended with exit code 0, and wrote no file.{last}"
        content = file.read_bytes()
        got, wanted = differing(content, expected)
        assert got == wanted, f"`{file.name}`{machine}: " + told(
            (as_json(content) is None, "This is no JSON in UTF-8. Here is the first line that differs."),
            (
                content.rstrip(b"\r\n") == expected.rstrip(b"\n"),
                "All is right but the end. There is to be one line break after the last brace, no more and no less.",
            ),
            (
                content.replace(b"\r\n", b"\n") == expected,
                "The lines end with `\\r\\n`. They are to end with `\\n` alone, on every machine.",
            ),
            (
                as_json(content) != as_json(expected),
                "The content is not that of the app's document. Here is the first line that differs.",
            ),
            (
                "\\u00e4" in content.decode(),
                "Non-ASCII characters are written as escapes. They are to stand as they are, for people read this file, too.",
            ),
            (
                b"".join(content.split()) == b"".join(expected.split()),
                "Content and order are right, and the blanks are not: each level is to be indented by 2, an entry a line.",
            ),
            (
                content.strip() == json.dumps(as_json(content), indent=2, ensure_ascii=False).encode(),
                "The keys are not sorted, they stand in the order in which they were made. With sorted keys, the diff of two "
                "versions shows what has changed, and not what has moved.",
            ),
            "The content is right, but not its form. Here is the first line that differs.",
        )


@pytest.fixture
def exporting(load, environment):
    """`exporting(…)` runs export.py with the app freshly imported, and sees to it that nobody starts the service."""
    environment(BROKER=None)

    def export(*arguments):
        app = load().app
        started, lifespan = [], app.router.lifespan_context

        @asynccontextmanager
        async def watched(app):
            started.append("started")
            async with lifespan(app) as state:
                yield state

        app.router.lifespan_context = watched
        done = run("export.py", *map(str, arguments))
        assert started == [], (
            f"`{done.line}` has started the service, which connects to the broker. The document is made of the declarations; "
            "nothing has to run for it."
        )
        return done

    return export


def test_check_tells_and_shows(exporting, tmp_path, rng):
    """`python export.py --check FILE` ends with exit code 0 if the file has exactly the bytes that would be written, otherwise with 1 and a unified diff on standard output (`-` for the file, `+` for now), also if the file is missing. It writes nothing."""
    file = tmp_path / f"{rng.word()}.json"
    done = exporting(file)
    assert done.code == 0, done.told
    assert file.exists(), f"`{done.line}` ended with exit code 0, and wrote no file."
    written = file.read_bytes()

    def checked(content, what):
        """Check a file of this content, or none."""
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content)
        done = exporting("--check", file)
        there = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
        same = {name: "as it was" if data == content else "changed" for name, data in there.items()}
        assert same == ({} if content is None else {file.name: "as it was"}), (
            f"{what} These are the files after `{done.line}`. It looks, and writes nothing."
        )
        assert done.crash is None, f"{what} {done.told}"
        return done

    what = "The file has just been written by `export.py`."
    same = checked(written, what)
    assert same.code == 0, f"{what} {same.told}"

    lines = written.decode("utf-8", "replace").splitlines()
    old = next((line for line in lines if '"version": "3.1.0"' in line), None)
    assert old is not None, "The exported document has no `version` of 3.1.0. The app's own is not to be changed."
    changed = old.replace("3.1.0", f"{rng.randint(4, 9)}.{rng.randint(0, 9)}.{rng.randint(0, 9)}")
    what = f"In the file, one line reads `{changed.strip()}`, and now it would be `{old.strip()}`."
    other = checked(written.decode("utf-8", "replace").replace(old, changed).encode(), what)
    assert other.code == 1, f"{what} {other.told}"
    shown = [line for line in other.output.splitlines() if line]
    marked = [line for line in shown if line[0] in "+-" and not line.startswith(("+++", "---"))]
    assert marked == [f"-{changed}", f"+{old}"], told(
        (shown == [], f"{what} `{other.line}` printed nothing on standard output. It is to show a unified diff."),
        (
            marked == [f"-{old}", f"+{changed}"],
            f"{what} The diff is the wrong way round: `-` is for the file, `+` for what would be written now.",
        ),
        f"{what} These are the lines of the output that begin with `-` or `+`, without the diff's head.",
    )
    assert len(shown) <= 16, (
        f"{what} A unified diff of one line has about ten lines. Here, nearly everything is printed."
    )

    cases = [
        (written[:-1], "The file lacks the line break at its end."),
        (json.dumps(as_json(written)).encode(), "The file has the same content, all in one line."),
        (
            written.replace(b"\n", b"\r\n"),
            "The file has `\\r\\n` at the end of its lines, and is the same in all else.",
        ),
    ]
    for content, what in cases:
        other = checked(content, what)
        assert other.code == 1, f"{what} Exactly the same bytes are wanted. {other.told}"

    what = "The file is missing."
    missing = checked(None, what)
    assert missing.code == 1, f"{what} {missing.told}"
    assert f"+{old}" in missing.output.splitlines(), (
        f"{what} `{missing.line}` is to show all that would be written, as lines with `+`. This line of them is not in the output."
    )


# What breaks -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Op:
    """An operation of a made-up API; ``parameters`` are place, name, and whether required."""

    method: str
    path: str
    id: str
    parameters: tuple = ()
    body: Any = None
    answer: Any = None
    status: int = 200
    responses: dict = field(default_factory=dict, hash=False)
    summary: str | None = None

    @property
    def name(self):
        return f"{self.method} {self.path}"

    def add_to(self, app):
        def endpoint(**_):
            return None

        given = []
        for number, (place, name, required) in enumerate(self.parameters):
            mark = {"query": Query, "header": Header}[place](alias=name)
            default = inspect.Parameter.empty if required else None
            given.append((f"p{number}", Annotated[str if required else str | None, mark], default))
        if self.body is not None:
            given.append(("body", self.body, inspect.Parameter.empty))
        endpoint.__signature__ = inspect.Signature(
            [
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
                for name, annotation, default in given
            ]
        )
        app.add_api_route(
            self.path,
            endpoint,
            methods=[self.method],
            operation_id=self.id,
            response_model=self.answer,
            status_code=self.status,
            responses=self.responses,
            summary=self.summary,
        )


def document(*ops, **options):
    """The document of an app with these operations."""
    app = FastAPI(**{"title": "Päckli", **options})
    for op in ops:
        op.add_to(app)
    return json.loads(json.dumps(app.openapi()))


def moved_to_the_path(document, path, name):
    """The same document, in which a parameter stands at the path, behind a reference, once for all its methods."""
    document = copy.deepcopy(document)
    item = document["paths"][path]
    parameter = None
    for operation in list(item.values()):
        parameter = next(one for one in operation["parameters"] if one["name"] == name)
        operation["parameters"].remove(parameter)
        if not operation["parameters"]:
            del operation["parameters"]
    document.setdefault("components", {})["parameters"] = {"Shared": parameter}
    item["parameters"] = [{"$ref": "#/components/parameters/Shared"}]
    return document


@dataclass(frozen=True)
class Change:
    """A change that has to be reported: the operation, and the names that stand in the string."""

    operation: str
    names: tuple[str, ...] = ()

    def is_named_by(self, text):
        operation = re.search(rf"(?<!\w){re.escape(self.operation)}(?![\w/{{-])", text)
        return operation is not None and all(
            re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) for name in self.names
        )

    def __str__(self):
        return ": ".join([self.operation, " and ".join(self.names)]) if self.names else self.operation


class Judge:
    """Asks the learner's function, and compares."""

    def __init__(self, module):
        self.ask_function = getattr(module, "breaking_changes", None)
        assert callable(self.ask_function), "`breaking.py` has no function `breaking_changes`."

    def ask(self, old, new, what):
        before = copy.deepcopy((old, new))
        try:
            got = self.ask_function(old, new)
        except Exception as error:
            raise AssertionError(f"{what} `breaking_changes` ended in {where(error)}") from None
        assert isinstance(got, list) and all(isinstance(one, str) for one in got), (
            f"{what} `breaking_changes` is to return a list of strings. This came: {str(got)[:200]}"
        )
        changed = [name for name, one, was in zip(("old", "new"), (old, new), before, strict=True) if one != was]
        assert changed == [], (
            f"{what} After the comparison, this argument is not the document that it was. It belongs to the caller, who may still "
            "need it."
        )
        return got

    def finds(self, old, new, what, *expected, because=""):
        """These changes, one string for each, and no others."""
        rest, reported = self.ask(old, new, what), []
        for change in expected:
            text = next((one for one in rest if change.is_named_by(one)), None)
            if text is not None:
                rest.remove(text)
                reported.append(str(change))
        missing = len(expected) - len(reported)
        reported += rest
        assert reported == [str(change) for change in expected], told(
            (
                bool(missing and rest),
                f"{what} Not every string has what was to be in it: the operation as `METHOD /path`, and the name of what has "
                "changed there, one string for each change.",
            ),
            (bool(missing), f"{what} {because or 'Somebody relies on this, and is not warned.'}"),
            (not expected, f"{what} That is none of the changes that are to be reported, and this was."),
            f"{what} More was reported than that, or something twice.",
        )

    def silent(self, old, new, what):
        self.finds(old, new, what)


@pytest.fixture
def judge(load, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["breaking.py"])
    return Judge(load("breaking"))


def model(rng, required=(), optional=()):
    """A model with these fields, under a made-up name."""
    fields = dict.fromkeys(required, (int, ...)) | dict.fromkeys(optional, (int | None, None))
    return create_model(rng.name() + rng.name(), **fields)


def operation(rng, method="GET", path=None, **parts):
    path = path or f"/{rng.word()}/{rng.word()}"
    return Op(method, path, f"{rng.word()}_{rng.word()}", **parts)


def test_removed_and_renamed_operations(judge, rng):
    """An operation that is gone, and an `operationId` that has changed, are reported with `METHOD /path`, the changed id with both ids. New operations are silent."""
    path = f"/{rng.word()}"
    ops = [
        operation(rng, path=path, answer=model(rng, rng.words(2))),
        operation(rng, "POST", path, body=model(rng, rng.words(2)), answer=model(rng, rng.words(2)), status=201),
        operation(rng, "DELETE", f"{path}/{{number}}"),
        operation(rng, parameters=(("query", rng.word(), True),)),
    ]
    get, post, delete, other = ops
    everything = document(*ops)
    judge.silent(everything, document(*ops), "The two documents are the same.")
    judge.finds(everything, document(get, post, delete), f"`{other.name}` is gone, with its path.", Change(other.name))
    judge.finds(
        everything,
        document(get, delete, other),
        f"`{post.name}` is gone. Its path is still there, with `{get.name}`.",
        Change(post.name),
    )
    renamed = replace(get, id=f"{rng.word()}_{rng.word()}")
    judge.finds(
        everything,
        document(renamed, post, delete, other),
        f"The operationId of `{get.name}` was `{get.id}` and is `{renamed.id}`.",
        Change(get.name, (get.id, renamed.id)),
        because="In a generated client, this is the name of a method. It has to be reported, with both ids.",
    )
    judge.finds(
        everything,
        document(renamed, post),
        f"`{delete.name}` and `{other.name}` are gone, and the operationId of `{get.name}` has changed.",
        Change(delete.name),
        Change(other.name),
        Change(get.name, (get.id, renamed.id)),
    )
    judge.silent(
        document(get),
        everything,
        f"`{post.name}` (with fields that are required), `{other.name}` (with a parameter that is required) and "
        f"`{delete.name}` are new.",
    )


REFUSED = "A client of the old document does not send that, and is refused from now on."


def test_parameters_that_became_required(judge, rng):
    """A parameter, by place and name, that is required now and was not before is reported with its name, whether it stands at the operation or at the path, behind `$ref` or not. The other direction is silent."""
    a, b, c, name = rng.words(4)
    base = operation(rng, parameters=(("query", a, True),))
    beside = operation(rng, "PUT", base.path, parameters=(("query", a, True),))

    def having(*more):
        return document(replace(base, parameters=(*base.parameters, *more)), beside)

    def query(name, required):
        return ("query", name, required)

    change = Change(base.name, (b,))
    judge.finds(
        having(),
        having(query(b, True)),
        f"`{base.name}` has a new query parameter `{b}`, required.",
        change,
        because=REFUSED,
    )
    judge.silent(having(), having(query(b, False)), f"`{base.name}` has a new query parameter `{b}`, optional.")
    judge.finds(
        having(query(b, False)),
        having(query(b, True)),
        f"The query parameter `{b}` of `{base.name}` was optional and is required.",
        change,
        because=REFUSED,
    )
    judge.silent(
        having(query(b, True), query(c, True)),
        having(query(c, False)),
        f"`{base.name}` had two required query parameters. `{b}` is gone, and `{c}` is optional.",
    )
    judge.finds(
        having(query(b, True)),
        having(("header", b, True)),
        f"`{b}` of `{base.name}` was a required query parameter, and is a required header.",
        change,
        because=REFUSED + " A parameter is known by place and name.",
    )
    judge.finds(
        having(query(b, False)),
        having(("header", c, True), query(b, True)),
        f"The query parameter `{b}` of `{base.name}` was optional and is required, and there is a new header `{c}`, required.",
        change,
        Change(base.name, (c,)),
    )
    shared = [operation(rng, method, f"/{name}/{{code}}") for method in ("GET", "PATCH")]

    def all_of(required):
        return document(base, *(replace(one, parameters=(query(b, required),)) for one in shared))

    now = moved_to_the_path(all_of(True), shared[0].path, b)
    moved = f"The query parameter `{b}` of `{shared[0].name}` and of `{shared[1].name}` stands at the path now, behind a `$ref`,"
    judge.silent(all_of(True), now, f"{moved} and is required, as it was.")
    judge.silent(
        now,
        all_of(True),
        f"The query parameter `{b}` was shared by `{shared[0].path}` and stands at its operations now.",
    )
    judge.finds(
        all_of(False),
        now,
        f"{moved} and is required, which it was not.",
        *(Change(one.name, (b,)) for one in shared),
        because=REFUSED,
    )
    judge.finds(
        document(base, *shared),
        now,
        f"`{shared[0].path}` has a new parameter `{b}` for all its operations, behind a `$ref`. It is required.",
        *(Change(one.name, (b,)) for one in shared),
        because=REFUSED,
    )
    judge.silent(
        now,
        moved_to_the_path(all_of(False), shared[0].path, b),
        f"The parameter `{b}` of `{shared[0].path}` is optional now.",
    )


def test_body_fields_that_became_required(judge, rng):
    """A field of the JSON body that is required now and was not before is reported with its name; if the body is a list, the fields are those of its items. The other direction is silent."""
    a, b, c, d = rng.words(4)
    old, new = ([a], [b]), ([a, b], [])
    base = operation(rng, "POST")
    cases = [
        ("an object", lambda one: one),
        ("behind two references", lambda one: RootModel[one]),
        ("a list of objects", lambda one: list[one]),
        ("a list of objects, described in a schema of its own", lambda one: RootModel[list[one]]),
    ]
    for what, kind in cases:
        method = rng.choice(["POST", "PUT", "PATCH"])
        one = operation(rng, method, base.path)

        def having(required, optional, one=one, kind=kind):
            return document(replace(one, body=kind(model(rng, required, optional))))

        body = told(
            (
                what == "behind two references",
                f"One `$ref` leads to another, and only that one to the body of `{one.name}`. Its field",
            ),
            f"The body of `{one.name}` is {what}. Its field",
        )
        judge.finds(
            having(*old),
            having(*new),
            f"{body} `{b}` was optional and is required.",
            Change(one.name, (b,)),
            because=REFUSED,
        )
        judge.silent(having(*new), having(*old), f"{body} `{b}` was required and is optional.")
        judge.finds(
            having([a], []),
            having([a, c, d], [b]),
            f"New in the body of `{one.name}`, {what}: `{b}`, which is optional, and `{c}` and `{d}`, which are required.",
            Change(one.name, (c,)),
            Change(one.name, (d,)),
            because=REFUSED,
        )
        judge.silent(having([a, c], [b]), having([a], []), f"{body}s `{b}` and `{c}` are gone.")
    judge.finds(
        document(base),
        document(replace(base, body=model(rng, [a], [b]))),
        f"`{base.name}` had no body, and has one now. Of its fields `{a}` and `{b}`, the first is required.",
        Change(base.name, (a,)),
        because=REFUSED,
    )


def test_answer_fields_that_are_gone(judge, rng):
    """A field of a JSON answer with a 2xx status that is gone from the answer with this status is reported with its name; if the answer is a list, the fields are those of its items. New fields are silent."""
    a, b, c, d = rng.words(4)
    cases = [
        ("GET", 200, "an object", lambda one: one),
        ("POST", 201, "an object, behind one `$ref` that leads to another", lambda one: RootModel[one]),
        ("GET", 200, "a list of objects", lambda one: list[one]),
        ("PUT", 202, "a list of objects, described in a schema of its own", lambda one: RootModel[list[one]]),
    ]
    for method, status, what, kind in cases:
        one = operation(rng, method, status=status)

        def having(*names, one=one, kind=kind):
            return document(replace(one, answer=kind(model(rng, names[:1], names[1:]))))

        answer = f"the {status} answer of `{one.name}`, {what}"
        judge.finds(
            having(a, b, c),
            having(a, c),
            f"`{b}` is gone from {answer}.",
            Change(one.name, (b,)),
            because="A client of the old document reads it, and finds nothing there from now on.",
        )
        judge.silent(having(a, c), having(a, b, c), f"In {answer}, there is a new field `{b}`.")
        judge.silent(
            having(a, b),
            having(b, a),
            f"In {answer}, `{a}` was always there and `{b}` could be null. It is the other way round now.",
        )
    one = operation(rng, "POST", answer=model(rng, [a, b]))

    def also(status, *names):
        return document(replace(one, responses={status: {"model": model(rng, names)}}))

    judge.finds(
        also(202, a, b, d),
        also(202, a, d),
        f"`{one.name}` has the field `{b}` in its answers with 200 and with 202. It is gone from the one with 202.",
        Change(one.name, (b,)),
        because="What is read from an answer with one status does not help a client that got another.",
    )
    judge.silent(
        also(409, a, d),
        also(409, a),
        f"The 409 answer of `{one.name}` has lost its field `{d}`. Only answers with 2xx count.",
    )


def test_harmless_changes_are_silent(judge, rng):
    """All other changes are silent: titles, summaries, new paths, names of component schemas, schemas that nobody uses, and what is below a body's or an answer's top level."""
    a, b, c, d = rng.words(4)
    names = rng.names(6)

    def inner(*fields):
        return create_model(names[0], **dict.fromkeys(fields, (int, ...)))

    def outer(name, part):
        return create_model(name, **{a: (part, ...), b: (int | None, None)})

    def ops(name=names[1], part=None, answer=None, summary=None):
        part = part or inner(c, d)
        return [
            replace(post, body=outer(name, part), answer=outer(answer or name, part), summary=summary),
            replace(get, answer=list[outer(answer or name, part)]),
        ]

    post = operation(rng, "POST", status=201)
    get = operation(rng, path=post.path, parameters=(("query", d, False),))
    old = document(*ops())
    unused = copy.deepcopy(old)
    unused["components"]["schemas"][names[2]] = {
        "type": "object",
        "properties": {c: {"type": "integer"}},
        "required": [c],
    }
    reordered = json.loads(json.dumps(old, sort_keys=True))
    reordered["paths"] = dict(reversed(reordered["paths"].items()))
    cases = [
        ("The app has another title and version.", document(*ops(), title=names[3], version="9.1")),
        (f"`{post.name}` has another summary.", document(*ops(summary=names[4]))),
        ("There is a new path.", document(*ops(), operation(rng, "DELETE"))),
        ("The keys stand in another order.", reordered),
        ("There is one more schema among the components, and nobody uses it.", unused),
        (f"The component schema `{names[1]}` is called `{names[5]}` now.", document(*ops(names[5]))),
        (
            f"The body's field `{a}` is an object, in which `{b}` is new and required. Only the fields of the top level count.",
            document(*ops(part=inner(c, d, b))),
        ),
        (
            f"The answers' field `{a}` is an object, from which `{d}` is gone. Only the fields of the top level count.",
            document(*ops(part=inner(c))),
        ),
    ]
    for what, new in cases:
        judge.silent(old, new, what)
    judge.silent(unused, old, "A schema that nobody used is gone from the components.")
    gone = document(*ops(names[5], summary=names[4])[:1], operation(rng), title=names[3])
    judge.finds(
        old,
        gone,
        f"`{get.name}` is gone. Title, summary and the name of a schema have changed, too, and there is a new path.",
        Change(get.name),
    )


def test_the_command_line_is_for_ci(judge, tmp_path, rng):
    """`python breaking.py OLD NEW` prints the strings and ends with exit code 1, or with 0 if there are none."""
    ops = [operation(rng, answer=model(rng, rng.words(2))) for _ in range(3)]
    kept, changed, gone = ops
    renamed = replace(changed, id=f"{rng.word()}_{rng.word()}")
    versions = {
        "old": document(*ops),
        "newer": document(*ops, operation(rng), title="Łódź"),
        "broken": document(kept, renamed),
    }
    files = {name: tmp_path / f"{name}.json" for name in versions}
    for name, file in files.items():
        file.write_text(json.dumps(versions[name], ensure_ascii=False), encoding="utf-8")
    what = f"In NEW, `{gone.name}` is gone, and the operationId of `{changed.name}` has changed."
    expected = judge.ask(copy.deepcopy(versions["old"]), copy.deepcopy(versions["broken"]), what)
    assert len(expected) == 2, f"{what} This is what `breaking_changes` returned."
    done = run("breaking.py", str(files["old"]), str(files["broken"]))
    assert done.crash is None, done.told
    assert done.code == 1, f"{what} CI looks at the exit code alone. {done.told}"
    printed = done.output + done.errors
    assert [text for text in expected if text not in printed] == [], (
        f"{what} These strings, which `breaking_changes` returns, were not printed."
    )
    for new, what in (
        ("newer", "In NEW, there is a new path and another title."),
        ("old", "OLD and NEW are the same file."),
    ):
        done = run("breaking.py", str(files["old"]), str(files[new]))
        assert done.crash is None, done.told
        assert done.code == 0, f"{what} Nothing breaks. {done.told}"
    assert {name: as_json(file.read_bytes()) for name, file in files.items()} == versions, "The files were written to."
