"""Checks of q090: a log of JSON lines that carry the id of their request."""
# ruff: noqa: SLF001 - the registries of logging have no public names

import importlib
import io
import json
import logging
import logging.config
import re
import sys
import time
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.testclient import httpx

from pytest_fastapi_kata.checks import exactly, quoted, told
from pytest_fastapi_kata.exceptions import ServerError

HEADER = "x-request-id"
KEYS = ("timestamp", "level", "logger", "message", "request_id")
ALPHABET = re.compile(r"[A-Za-z0-9._-]*", re.ASCII)
READY_SECONDS = 15
GONE_SECONDS = 8
LEFT_OUT = "(left out)"


# --- The learner's log and app, set up in this process as uvicorn does it


class Log:
    """What is written to standard output and error while the learner's configuration is in force."""

    def __init__(self):
        self.text = io.StringIO()
        self.app = None
        self._read = 0

    @property
    def lines(self):
        return [line for line in self.text.getvalue().split("\n") if line.strip()]

    def news(self):
        """Return the lines that have come since the last time, each of which has to be a JSON object."""
        lines = self.lines[self._read :]
        self._read += len(lines)
        is_swallowed = any(line.startswith("--- Logging error ---") for line in lines)
        if is_swallowed:
            reasons = [line for line in lines if re.match(r"[\w.]+(Error|Exception)\b", line)]
            raise AssertionError(
                f"A record could not be written, and is lost. Python's logging says:\n{' '.join(reasons)[:300]}"
            )
        return [parsed(line) for line in lines]

    def the_one(self, logger, what):
        """Return the only new line, that of this logger."""
        news = self.news()
        names = [line.get("logger", LEFT_OUT) for line in news]
        levels = [str(line.get("level")).upper() for line in news]
        assert names == [logger], told(
            ("DEBUG" in levels, "A record of level DEBUG was written, and those of level INFO or above are asked for."),
            (names == [], f"{what} was logged, and nothing was written."),
            (len(names) > 1 and set(names) == {logger}, f"{what} was logged once, and written more than once."),
            f"{what} was logged, by one call. On the left is the `logger` of each line that was written.",
        )
        return news[0]


def parsed(line):
    """Return what a line holds; AssertionError if that is no JSON object."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    kind = "a JSON object" if isinstance(found, dict) else "something else"
    assert kind == "a JSON object", f"Each line of the log is to be a JSON object, and this one is not:\n{line[:300]}"
    return found


@contextmanager
def logging_put_aside():
    """Give the block a `logging` without loggers and handlers, and put everything back afterwards."""
    root, manager = logging.root, logging.root.manager
    # dictConfig closes every handler that it finds in the registries.
    kept = {name: getattr(logging, name) for name in ("_handlers", "_handlerList", "lastResort")}
    before = (root.handlers, root.filters, root.level, root.disabled, manager.loggerDict, manager.disable)
    factory, logger_class = logging.getLogRecordFactory(), logging.getLoggerClass()
    # What logging prints by itself, if there is no handler, would be the bare message.
    logging.lastResort = logging._StderrHandler(logging.WARNING)
    words = 'logging has found no handler for "%(name)s" and has printed by itself: %(message)s'
    logging.lastResort.setFormatter(logging.Formatter(words))
    root.handlers, root.filters, manager.loggerDict = [], [], {}
    logging._handlers, logging._handlerList = type(kept["_handlers"])(), []
    root.manager._clear_cache()
    logging.root.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for reference in list(logging._handlerList):
            handler = reference()
            if handler is not None:
                handler.close()
        for name, value in kept.items():
            setattr(logging, name, value)
        root.handlers, root.filters, level, root.disabled, manager.loggerDict, manager.disable = before
        root.setLevel(level)
        logging.setLogRecordFactory(factory)
        logging.setLoggerClass(logger_class)
        root.manager._clear_cache()


@pytest.fixture
def elsewhere():
    """A time zone that is not UTC, so that local time is seen to be local."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "KATA-5:30")
        if hasattr(time, "tzset"):
            time.tzset()
        yield
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.fixture
def running(kata_bench, given, monkeypatch, elsewhere):
    """A context manager that gives a `Log`: it configures logging by the learner's file and then imports their app, as uvicorn does."""

    @contextmanager
    def run(**replaced):
        log = Log()
        with logging_put_aside(), monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", log.text)
            patch.setattr(sys, "stderr", log.text)
            kata_bench.loader.forget_learners()
            importlib.invalidate_caches()
            # uvicorn has these at the time when it reads the file.
            for name in ("uvicorn", "uvicorn.error", "asyncio"):
                logging.getLogger(name)
            configure()
            # Only now: a logger that is there before may be disabled by the file.
            billing = given("billing")
            for name, make in replaced.items():
                setattr(billing, name, make(billing))
            log.app = kata_bench.loader.app(importlib.import_module("app"))
            log.news()
            yield log

    return run


def configure():
    try:
        config = json.loads(Path("log_config.json").read_text("utf-8"))
    except FileNotFoundError:
        raise AssertionError("There is no `log_config.json` beside `app.py`.") from None
    except ValueError as error:
        raise AssertionError(f"`log_config.json` is no JSON: {error}") from None
    try:
        logging.config.dictConfig(config)
    except Exception as error:
        cause = f" ({type(error.__cause__).__name__}: {error.__cause__})" if error.__cause__ else ""
        raise AssertionError(f"`logging.config.dictConfig` refuses `log_config.json`: {error}{cause}") from None


def a_logger(rng):
    """A logger that nobody knows, and a list to which the time of each of its records is added."""
    logger = logging.getLogger(f"{rng.word()}.{rng.word()}")
    times = []

    def note(record):
        times.append(record.created)
        return True

    logger.addFilter(note)
    return logger, times


def an_id(rng):
    return f"{rng.word()}-{rng.digits(6)}.{rng.word()}_A"


def a_card(rng):
    return f"4{rng.digits(15)}"


def fail(cause, text):
    try:
        {}[cause]
    except KeyError as error:
        raise ValueError(text) from error


def said(line, *keys):
    """Return these keys of a line, the level in capitals."""
    found = {key: line.get(key, LEFT_OUT) for key in keys}
    if isinstance(found.get("level"), str):
        found["level"] = found["level"].upper()
    return found


def ids_of(lines):
    """Return logger, message and request id of each line."""
    return [(line.get("logger"), line.get("message"), line.get("request_id", LEFT_OUT)) for line in lines]


def is_at(text, moment):
    """Check a time stamp: ISO 8601, in UTC, and the time of the record."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        found = None
    assert found is not None, (
        f"`timestamp` is to be a text in ISO 8601, such as 2026-03-01T12:00:00.25Z. It is {text!r}."
    )
    offset = found.strftime("%z") or "no offset"
    assert offset == "+0000", told(
        (
            offset == "no offset",
            f"The time stamp {text!r} has neither an offset nor a `Z`. Nobody can tell which time zone it is in.",
        ),
        f"The time stamp {text!r} is not in UTC.",
    )
    is_near = abs(found.timestamp() - moment) < 60
    assert is_near, (
        f"The time stamp {text!r} says UTC, but it is another time than the one at which the record was made."
    )


# --- Checks


def test_every_record_is_one_json_object(running, rng):
    """Each record of level INFO or above, of whatever logger, is one line with one JSON object: time stamp, level, logger, message, request id, and every `extra` field under its own name. DEBUG stays out."""
    with running() as log:
        logger, times = a_logger(rng)
        logger.debug("not to be seen")
        first, word, amount = rng.title(), rng.word(), Decimal(rng.randint(100, 99999)) / 100
        parts, day = rng.numbers(3, 1, 99), date(2026, rng.randint(1, 12), rng.randint(1, 28))
        extra = {
            f"{word}_total": amount,
            f"{word}_parts": [*parts, {"of": amount}],
            f"{word}_day": day,
            f"{word}_note": 'a "quoted"\nnote',
            f"{word}_none": None,
        }
        logger.warning('%s said:\n\t"%s" \\ %d%% {x} é', first, word, parts[0], extra=extra)
        line = log.the_one(logger.name, "One warning, and before it something at DEBUG level,")
    wanted = {
        "level": "WARNING",
        "logger": logger.name,
        "message": f'{first} said:\n\t"{word}" \\ {parts[0]}% {{x}} é',
        "request_id": None,
        f"{word}_total": str(amount),
        f"{word}_parts": [*parts, {"of": str(amount)}],
        f"{word}_day": str(day),
        f"{word}_note": 'a "quoted"\nnote',
        f"{word}_none": None,
    }
    got = said(line, *wanted)
    others = {key: got[key] for key in ("level", "logger", "message", "request_id")}
    lost = [key for key, value in got.items() if value == LEFT_OUT]
    assert got == exactly(wanted), told(
        (others != {key: wanted[key] for key in others}, ""),
        (lost != [], f"The line lacks what `extra` has given: {quoted(lost)}."),
        "What JSON lacks, such as a Decimal or a date, is written as `str` gives it, and all else as JSON has it.",
    )
    is_at(line.get("timestamp"), times[-1])
    with running() as log:
        logger, _ = a_logger(rng)
        logger.info("%s", first)
        got = said(log.the_one(logger.name, "One line at INFO level"), "level", "message")
    assert got == exactly({"level": "INFO", "message": first})
    with running() as log:
        logging.getLogger("asyncio").error("%s", first)
        got = [said(line, "level", "logger", "message") for line in log.news()]
    assert got == exactly([{"level": "ERROR", "logger": "asyncio", "message": first}]), (
        "The logger `asyncio` is there before uvicorn reads the file. It has logged an error."
    )


def test_exceptions_stay_in_their_record(running, rng):
    """A record with an exception is one line as well. Under `exception` it has the whole traceback as one string, and the message stays the message."""
    with running() as log:
        logger, _ = a_logger(rng)
        cause, text, message = f"no {rng.word()}", f"{rng.title()}\n  {rng.word()}", rng.title()
        try:
            fail(cause, text)
        except ValueError:
            logger.exception("%s failed", message)
        line = log.the_one(logger.name, "One error with an exception")
    got = said(line, "level", "message", "request_id")
    assert got == exactly({"level": "ERROR", "message": f"{message} failed", "request_id": None})
    found = line.get("exception", LEFT_OUT)
    kind = type(found).__name__
    assert kind == "str", f"`exception` is to be the traceback, as one string. It is: {found!r}"
    for part in ("Traceback (most recent call last)", f"ValueError: {text}", f"KeyError: '{cause}'", "acceptance.py"):
        assert part in found, "The exception of the record was raised from another one, and a traceback tells of both."


async def test_sensitive_fields_are_masked(running, asgi, rng):
    """The `extra` fields `card_number`, `password` and `token` are written as `"***"`, whatever their value, and no card number gets into the log during a payment."""
    with running() as log:
        logger, _ = a_logger(rng)
        secret, card, other = f"{rng.word()}{rng.digits(4)}", int(a_card(rng)), rng.word()
        logger.info("%s", other, extra={"card_number": card, "password": secret, "token": [secret], "owner": other})
        line = log.the_one(logger.name, "One line")
        got = said(line, "card_number", "password", "token", "owner", "message")
        wanted = {"card_number": "***", "password": "***", "token": "***", "owner": other, "message": other}
        assert got == exactly(wanted), told(
            (got["password"] == "***", "Some of these are masked, and others are not."),
            (got["password"] == secret, "The logger that was given these fields is none that the service has."),
        )
        for hidden in (secret, str(card)):
            is_shown = hidden in log.text.getvalue()
            assert not is_shown, f"What was to be masked stands somewhere else in the line: {log.lines[-1][:300]}"
        number = a_card(rng)
        async with asgi(log.app) as server:
            call = server.start(
                "POST", f"/invoices/{rng.digits(5)}/payment", json={"amount": 40, "card_number": number}
            )
            response = await call.reply()
            await call.ended()
        assert response.status_code == 200
        news = log.news()
        count = sum(line.get("logger") == "billing" for line in news)
        assert count == 3, "A payment makes `billing` write this many lines."
        telling = [line for line in log.lines if number in line]
        assert telling == [], "The number of the customer's card stands in the log."


async def test_id_is_on_every_line_of_the_request(running, asgi, rng):
    """Every line that is written for a request has its id under `request_id`: in the endpoint, in a background task, in the thread pool. So has the response. A line outside of all requests has null."""
    with running() as log:
        own, other, invoice = an_id(rng), an_id(rng), f"{rng.word()}-{rng.digits(4)}"
        async with asgi(log.app) as server:
            body = {"amount": rng.randint(1, 99), "card_number": a_card(rng)}
            call = server.start("POST", f"/invoices/{invoice}/payment", headers=[(HEADER, own)], json=body)
            response = await call.reply()
            await call.ended()
            assert response.status_code == 200
            got = sorted(one for one in ids_of(log.news()) if one[0] == "billing")
            words = ("archived", "charged", "charging")
            assert got == [("billing", f"{word} {invoice}", own) for word in words], (
                "These are the lines of one payment, as logger, message and request id. `archived` is written by a "
                "background task, which runs in a thread."
            )
            assert response.header(HEADER) == own
            response = await server.request("GET", f"/invoices/{invoice}", headers=[(HEADER, other)])
            assert response.status_code == 200
            got = [one for one in ids_of(log.news()) if one[0] == "billing"]
            assert got == [("billing", f"looking up {invoice}", other)], (
                "The endpoint of this request is a plain `def`, so it runs in a thread of the pool."
            )
            assert response.header(HEADER) == other
            logger, _ = a_logger(rng)
            logger.info("between two requests")
            got = ids_of(log.news())
            assert got == [(logger.name, "between two requests", None)], (
                "This line was written by nobody's request, after two requests had ended."
            )


async def test_missing_or_suspicious_ids_are_replaced(running, asgi, rng):
    """An `X-Request-ID` of 1 to 64 letters, digits, `.`, `_` and `-` is kept. Any other, or none, is replaced by a new one of the same alphabet, with 8 to 64 characters."""
    long = (f"{rng.word()}._-" + rng.digits(64))[:64]
    with running() as log:
        async with asgi(log.app) as server:

            async def ask(value, what=None):
                headers = [] if value is None else [(HEADER, value)]
                response = await server.request("GET", f"/invoices/{rng.digits(4)}", headers=headers)
                assert response.status_code == 200
                lines = [line for line in log.news() if line.get("logger") == "billing"]
                own = response.header(HEADER)
                assert own is not None, "The response has no `X-Request-ID`."
                got = [line.get("request_id", LEFT_OUT) for line in lines]
                came = set() if what is None or value is None else {value, value.encode().decode("latin-1")}
                is_kept = not came.isdisjoint([*map(str, got), own])
                assert not is_kept, told(
                    (
                        "ê" in str(value),
                        "`ê` was taken for a letter, and the id was kept. Only those from a to z are allowed.",
                    ),
                    f"The request id came with {what}, and it was kept.",
                )
                assert got == [own], "The line in the log and the header of the response are to have the same id."
                return own

            for good in (long, rng.choice("XyZ7"), f"{rng.word().upper()}.{rng.digits(3)}"):
                assert await ask(good) == good, "This id is harmless, so it is kept as it came."
            word = rng.word()
            bad = {
                "a blank inside": f"{word} {rng.digits(3)}",
                "65 characters": f"{long}x",
                "markup": f"<b>{word}</b>",
                "quotes": f'{word}","level":"x',
                "a letter that is none of a to z": f"{word}ê",
                "a slash": f"../{word}",
                "nothing in it": "",
            }
            seen = set()
            for what, value in (*bad.items(), ("no header at all", None), ("no header at all", None)):
                own = await ask(value, what)
                left = ALPHABET.sub("", own)
                is_harmless = left == ""
                assert is_harmless, (
                    f"For an id with {what}, the new one is {own!r}. It has other characters in it: {left!r}"
                )
                is_long_enough = 8 <= len(own) <= 64
                assert is_long_enough, f"The new id, {own!r}, has {len(own)} characters. 8 to 64 are asked for."
                is_new = own not in seen
                assert is_new, f"Two requests have got the same new id, {own!r}."
                seen.add(own)


async def test_every_response_names_its_request(running, asgi, rng):
    """Every response has the id in `X-Request-ID`, whatever its status: 404, 405, 422 and 500 too."""
    with running() as log:
        crash = {"amount": rng.randint(10000, 99999), "card_number": a_card(rng)}
        asked = (
            (404, "GET", f"/{rng.word()}", None),
            (405, "DELETE", f"/invoices/{rng.digits(3)}", None),
            (422, "POST", f"/invoices/{rng.digits(3)}/payment", {"amount": rng.word()}),
            (500, "POST", f"/invoices/{rng.digits(3)}/payment", crash),
        )
        async with asgi(log.app) as server:
            for status, method, target, body in asked:
                own = an_id(rng)
                call = server.start(method, target, headers=[(HEADER, own)], json=body)
                response = await call.reply()
                await call.ended()
                assert response.status_code == status
                named = [value for name, value in response.headers if name == HEADER]
                assert named == [own], told(
                    (
                        status == 500 and named == [],
                        "The answer to a crash lacks the header. It is made further out than the middleware of an app.",
                    ),
                    (named == [], "The response lacks the header. Does the place that sets it see all requests?"),
                    (named == [own, own], "The response has the header twice."),
                    (named == [""], "The response has the header, with nothing in it."),
                    "The response names another id than the request.",
                )
            call = server.start(asked[-1][1], asked[-1][2], json=crash)
            response = await call.reply()
            await call.ended()
            named = response.header(HEADER) or ""
            assert len(named) >= 8, "A request without an id has crashed, and the response names no new one."


async def test_interleaved_requests_keep_their_own_id(running, asgi, rng, rendezvous):
    """Requests that are under way at the same time keep their own ids, in coroutines and in threads."""
    payments, lookups = rendezvous(2), rendezvous(2)

    def charging(billing):
        async def charge(invoice, amount, card_number):
            billing.logger.info("charging %s", invoice)
            await payments.passed()
            billing.logger.info("charged %s", invoice)

        return charge

    def looking_up(billing):
        def lookup(invoice):
            billing.logger.info("looking up %s", invoice)
            lookups.hold()
            billing.logger.info("looked up %s", invoice)
            return {"invoice": invoice, "paid": True}

        return lookup

    with running(charge=charging, lookup=looking_up) as log:
        async with asgi(log.app) as server:
            for words in (("archived", "charged", "charging"), ("looked up", "looking up")):
                is_payment = "charged" in words
                own = {f"{rng.word()}-{rng.digits(5)}": an_id(rng) for _ in range(2)}
                calls = [
                    server.start(
                        "POST" if is_payment else "GET",
                        f"/invoices/{invoice}{'/payment' if is_payment else ''}",
                        headers=[(HEADER, number)],
                        json={"amount": 5, "card_number": a_card(rng)} if is_payment else None,
                    )
                    for invoice, number in own.items()
                ]
                answers = [await call.reply() for call in calls]
                for call in calls:
                    await call.ended()
                named = [answer.header(HEADER) for answer in answers]
                assert named == list(own.values()), (
                    "Two requests were under way together. Each response names its own id."
                )
                found = {invoice: [] for invoice in own}
                for _, message, number in ids_of(one for one in log.news() if one.get("logger") == "billing"):
                    word, _, invoice = str(message).rpartition(" ")
                    found.setdefault(invoice, []).append((word, number))
                wanted = {invoice: [(word, number) for word in words] for invoice, number in own.items()}
                assert {invoice: sorted(lines, key=str) for invoice, lines in found.items()} == wanted, (
                    "Two requests were under way together: both had begun before either went on. On the left are the lines "
                    "of each invoice, with their ids."
                )


def test_uvicorn_logs_the_same_way(live_server, http, environment, rng):
    """Started by `uvicorn app:app --log-config log_config.json`, all lines are JSON objects with the five keys, uvicorn's own included, and each is written once. Access lines, and the line with the traceback of a crash, have the id of their request; lines from its start and its end have null."""
    environment(PYTHONWARNINGS="ignore", UVICORN_LOG_LEVEL=None, UVICORN_ACCESS_LOG=None, WEB_CONCURRENCY=None)

    def command(port):
        options = ["--host", "127.0.0.1", "--port", str(port), "--log-config", "log_config.json"]
        return [sys.executable, "-m", "uvicorn", "app:app", *options]

    try:
        server = live_server(command, ready_path="/ready", seconds=READY_SECONDS)
    except ServerError as error:
        raise AssertionError(f"uvicorn with `--log-config log_config.json`: {error}") from None
    good, bad, invoice = an_id(rng), an_id(rng), f"{rng.word()}-{rng.digits(5)}"
    answered = {}
    for number, amount in ((good, rng.randint(1, 99)), (bad, rng.randint(10000, 99999))):
        body = {"amount": amount, "card_number": a_card(rng)}
        try:
            response = http.post(f"{server.url}/invoices/{invoice}/payment", json=body, headers={HEADER: number})
        except httpx.TransportError as error:
            raise AssertionError(f"The server does not answer: {error!r}") from None
        wanted = 200 if number == good else 500
        assert response.status_code == wanted
        answered[number] = response.headers.get(HEADER)
    assert answered == {good: good, bad: bad}, "On the left are the ids that the responses named."
    server.signal()
    try:
        server.wait(GONE_SECONDS)
    except ServerError:
        raise AssertionError(f"The server is still there {GONE_SECONDS} seconds after SIGTERM.") from None
    lines = [parsed(line) for line in server.output.split("\n") if line.strip()]
    for line in lines:
        missing = [key for key in KEYS if key not in line]
        assert missing == [], f"This line lacks keys that each is to have: {json.dumps(line)[:300]}"

    access = [line for line in lines if line["logger"] == "uvicorn.access" and invoice in str(line["message"])]
    got = [line["request_id"] for line in access]
    assert got == [good, bad], told(
        (got == [], "uvicorn's access lines of two payments are missing."),
        (len(got) > 2, "uvicorn has written each access line once, and it stands in the log more than once."),
        "These are the ids on uvicorn's access lines of two payments.",
    )
    crashes = [line for line in lines if "RuntimeError: limit exceeded" in str(line.get("exception"))]
    got = sorted({str(line["request_id"]) for line in crashes})
    assert got == [bad], told(
        (got == [], "A payment has crashed, and no line of the log has its traceback under `exception`."),
        "These are the ids on the lines with the traceback of a payment that has crashed. uvicorn writes such a line when "
        "the whole app has ended.",
    )
    got = sorted((line["message"], line["request_id"]) for line in lines if line["logger"] == "billing")
    wanted = [
        (f"archived {invoice}", good),
        (f"charged {invoice}", good),
        *((f"charging {invoice}", n) for n in (good, bad)),
    ]
    assert got == sorted(wanted), (
        "These are the lines of `billing`, with their ids: one payment went well, the next crashed."
    )
    nameless = [line["message"] for line in lines if line["logger"] == "uvicorn.access" and not line["request_id"]]
    assert nameless == [], (
        "These are access lines without a request id. Nothing is served at `/ready`, but it was asked for."
    )
    for word in ("Started server process", "Shutting down"):
        own = [line["request_id"] for line in lines if str(line["message"]).startswith(word)]
        assert own == [None], told(
            (own == [], f"uvicorn writes a line “{word}”, and it is missing."),
            (len(own) > 1, f"uvicorn writes one line “{word}”, and it stands in the log more than once."),
            f"This is the request id of uvicorn's line “{word}”, which belongs to no request.",
        )
