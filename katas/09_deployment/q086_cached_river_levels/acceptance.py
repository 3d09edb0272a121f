"""Checks of q086: what the source is asked, what lies in Redis and for how long, and what the client may keep."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import threading
from urllib.parse import quote, urlsplit

import pytest
import redis
from fastapi import FastAPI

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told

UNAVAILABLE = {"detail": "source unavailable"}
FRESH = {"public", "max-age=30"}
STRONG = re.compile(r'"[\x21\x23-\x7e]+"')
PROCESS_SECONDS = 30
TURNS = 5
"""Turns of the event loop that the source takes for an answer."""


class Office:
    """The hydrology office of this run: its stations, what it was asked, and when it fails."""

    def __init__(self, source, rng):
        self.rng = rng
        self.error = source.SourceError
        self.levels, self.gates, self.desks = {}, {}, {}
        self.calls, self.recorded = [], []
        self.failing = set()
        self.complaint = ""
        self.known = list
        vars(source).update(fetch_levels=self.fetch_levels, record=self.record)

    def station(self, name=None, count=95):
        """A station with so many levels, all of them different."""
        name = name or self.rng.word(4)
        self.levels[name] = [number / 100 for number in self.rng.sample(range(101, 999), count)]
        return name

    def level(self):
        """A level that no station has had yet."""
        return self.rng.randint(1001, 9999) / 1000

    async def fetch_levels(self, station, days):
        self.calls.append((station, days))
        self.look_at(station)
        if station in self.gates:
            await self.gates[station].passed()
        for _ in range(TURNS):
            await asyncio.sleep(0)
        if station in self.failing:
            raise self.error
        return self.levels[station][-days:]

    async def record(self, station, level):
        self.look_at(station)
        if station in self.desks:
            await self.desks[station].passed()
        for _ in range(TURNS):
            await asyncio.sleep(0)
        if station in self.failing:
            raise self.error
        self.recorded.append((station, level))
        self.levels[station].append(level)

    def look_at(self, station):
        if station not in self.levels:
            self.complaint = f"The source was asked for the station {station!r}, and that is not the one of the path."
            raise RuntimeError(self.complaint)

    def answer(self, station, days):
        return {"station": station, "days": days, "levels": self.levels[station][-days:]}

    def asked(self):
        """How many calls there were since this was last asked."""
        count = len(self.calls)
        self.calls.clear()
        return count


class Store:
    """The check's own look into the app's Redis."""

    def __init__(self, url):
        self.url = url
        self.client = redis.Redis.from_url(url)

    def keys(self):
        return sorted(self.client.keys("*"))

    def fields(self, key):
        """Milliseconds until each field of a hash expires, if Redis knows about that."""
        if self.client.type(key) != b"hash":
            return []
        names = self.client.hkeys(key)
        try:
            return self.client.execute_command("HPTTL", key, "FIELDS", len(names), *names)
        except redis.ResponseError:
            return []

    def lasting(self):
        """The keys that expire never, or in more than 60 seconds, and what is left of them."""
        left = {key.decode("utf-8", "replace"): self.expiry(key) for key in self.keys()}
        return {
            key: "never expires" if one == -1 else f"expires in {one / 1000:g} s"
            for key, one in left.items()
            if one == -1 or one > 60_000
        }

    def expiry(self, key):
        left = self.client.pttl(key)
        if left != -1:
            return left
        fields = self.fields(key)
        return -1 if not fields or -1 in fields else max(fields)

    def pass_by(self, seconds):
        """Let so many seconds pass in Redis: every key, and every field, is left so much less."""
        for key in self.keys():
            left = self.client.pttl(key)
            if left >= 0:
                self.shorten(left - seconds * 1000, key)
            elif left == -1:
                fields = self.fields(key)
                for name, one in zip(self.client.hkeys(key) if fields else [], fields, strict=True):
                    if one >= 0:
                        self.client.execute_command("HPEXPIRE", key, max(one - seconds * 1000, 0), "FIELDS", 1, name)

    def shorten(self, left, key):
        if left > 0:
            self.client.pexpire(key, left)
        else:
            self.client.delete(key)

    def flush(self):
        self.client.flushdb()


class Line:
    """A line to a server that can be cut: connections are passed on from a port of its own."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.target = (parts.hostname or "127.0.0.1", parts.port or 6379)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self.run(asyncio.start_server(self.serve, "127.0.0.1", 0))
        port = self.server.sockets[0].getsockname()[1]
        user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        self.url = parts._replace(netloc=f"{user}127.0.0.1:{port}").geturl()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(5)

    async def serve(self, reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.target)
            try:
                await asyncio.gather(self.pump(reader, far_writer), self.pump(far_reader, writer))
            finally:
                far_writer.close()
        except OSError:
            pass
        finally:
            writer.close()

    async def pump(self, reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def end(self):
        self.server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def cut(self):
        """End all connections, and take no further ones."""
        self.run(self.end())

    def close(self):
        self.run(self.end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()


@pytest.fixture
def office(given, rng):
    """The office, in place before the learner's app is imported."""
    return Office(given("source"), rng)


@pytest.fixture
def store(redis_url):
    store = Store(redis_url)
    yield store
    store.client.close()


@pytest.fixture
def instance(office, store, load):
    """`instance()` imports the app once more, as one more process would."""
    del office

    def start(url=None):
        made = getattr(load(REDIS_URL=url or store.url), "app", None)
        assert isinstance(made, FastAPI), "`app.py` has no `app` that is a FastAPI application."
        return made

    return start


@pytest.fixture(autouse=True)
async def quiet_loop():
    """What a task of the learner's raises when nobody waits for it any more ends no check."""
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)


def target(station, days=None):
    path = f"/stations/{quote(station, safe='')}/levels"
    return path if days is None else f"{path}?days={days}"


def tag_of(response):
    return response.header("etag")


def directives(response):
    """The directives of `Cache-Control`, in small letters."""
    return {one.strip().lower() for one in (response.header("cache-control") or "").split(",") if one.strip()}


async def reads(server, office, station, days, stale="These are not the levels that the source gives."):
    """Ask for levels that have to be there, and compare the whole answer."""
    office.complaint = ""
    call = server.start("GET", target(station, days))
    response = await call.reply()
    # What the app does after the answer may be what fills the cache.
    await call.ended()
    assert response.status_code == 200, told(
        (office.complaint != "", office.complaint),
        (response.status_code == 502, "The source has not failed."),
    )
    expected = office.answer(station, 7 if days is None else days)
    got = response.json()
    other = got != expected and any(got == office.answer(*one) for one in office.known())
    assert got == expected, told(
        (other, "This is the answer to another question that was asked before."),
        stale,
    )
    return response


async def measures(server, office, station, level):
    """Record a level, which has to succeed."""
    office.complaint = ""
    response = await server.request("POST", target(station), json={"level": level})
    assert response.status_code == 201, told((office.complaint != "", office.complaint))
    assert response.json() == {"station": station, "level": level}
    assert office.recorded[-1:] == [(station, level)], "The level was not handed to `record`."


def expires(store):
    """Every key in Redis expires in time."""
    lasting = store.lasting()
    assert lasting == {}, (
        "These keys stay in Redis for longer than 60 seconds. That goes for every key, whatever it is for."
    )


async def test_answer_is_remembered(office, instance, asgi, rng):
    """`GET /stations/{station}/levels` answers the station, the days and the levels. The second and third time, the source is not asked. Without `days` it is 7; other than 1 to 90 is 422."""
    station, days = office.station(), rng.randint(10, 80)
    async with asgi(instance()) as server:
        for _ in range(3):
            await reads(server, office, station, days)
        calls = list(office.calls)
        assert calls == [(station, days)], "These calls the source got for three equal requests, one after the other."
        office.calls.clear()
        for same in (None, 7, None):
            await reads(server, office, station, same)
        calls = list(office.calls)
        assert calls == [(station, 7)], told(
            (
                calls == [(station, 7)] * 2,
                "Without `days` and with `days=7` the question is the same, and the source was asked twice.",
            ),
            "These calls the source got for three requests, of which two left `days` out and one asked for 7.",
        )
        for most in (1, 90):
            await reads(server, office, station, most)
        office.calls.clear()
        for wrong in (0, 91, -3, "week"):
            response = await server.request("GET", target(station, wrong))
            assert refusal(response) == refused_at("query.days")
        calls = office.asked()
        assert calls == 0, "So many calls the source got for requests that were refused."


async def test_every_question_has_its_own_entry(office, instance, asgi, rng):
    """Stations and days are kept apart, whatever the names of the stations; each question is asked once."""
    word = rng.word()
    stations = [office.station(name) for name in (f"{word}1", word, word.capitalize(), f"{word}:1", f"{word} 1")]
    questions = [(station, days) for station in stations for days in (2, 12, 21)]
    office.known = lambda: questions
    async with asgi(instance()) as server:
        for station, days in questions:
            await reads(server, office, station, days)
        for station, days in rng.shuffled(questions):
            await reads(server, office, station, days)
        calls = sorted(office.calls)
        assert calls == sorted(questions), "These calls the source got for fifteen questions, each of which came twice."


async def test_cache_is_shared_between_instances(office, instance, asgi, rng):
    """What one instance has fetched, another one answers without asking the source, with the same body and the same tag."""
    async with asgi(instance()) as one, asgi(instance()) as other:
        for first, second in ((one, other), (other, one)):
            station, days = office.station(), rng.randint(1, 90)
            replies = [await reads(server, office, station, days) for server in (first, second)]
            calls = office.asked()
            assert calls == 1, told(
                (
                    calls == 2,
                    "Each of two instances asked the source. What one has learnt is to serve the other as well.",
                ),
                "So many calls the source got for one question to two instances.",
            )
            tags = [tag_of(reply) for reply in replies]
            assert tags[0] is not None, "A 200 has to have an `ETag`."
            assert tags[1] == tags[0], "Two instances gave the same answer with different tags."


async def test_entries_expire(office, instance, store, asgi, rng):
    """Every key in Redis expires within 60 seconds, also those that a POST writes. Entries live for at least 50 seconds. When an entry is gone, the source is asked again. Nobody waits for that here: the check takes time away from the keys."""
    station = office.station()
    async with asgi(instance()) as server:
        await reads(server, office, station, 30)
        assert store.keys() != [], "An answer was fetched from the source, and there is not a single key in Redis."
        expires(store)
        store.pass_by(48)
        office.asked()
        await reads(server, office, station, 30)
        calls = office.asked()
        assert calls == 0, "48 seconds after it was fetched, an answer was fetched again. Entries live for at least 50."
        store.pass_by(13)
        await reads(server, office, station, 30)
        calls = office.asked()
        assert calls == 1, told(
            (
                calls == 0,
                "An answer was fetched 61 seconds ago, and the source was not asked again. Was it kept somewhere else as well, "
                "or did reading it prolong its life?",
            ),
            "So many calls the source got for one request.",
        )
        store.pass_by(35)
        await reads(server, office, station, 60)
        office.asked()
        expires(store)
        store.pass_by(48)
        await reads(server, office, station, 60)
        calls = office.asked()
        assert calls == 0, (
            "48 seconds after it was fetched, an answer was fetched again. Other levels of this station had been fetched 35 "
            "seconds before it. Does it expire together with them?"
        )
        await measures(server, office, station, office.level())
        expires(store)
        await reads(
            *(server, office, station, 60),
            stale="A level was recorded, and this answer is from before that. (The entry would have been there for some seconds yet.)",
        )
        await measures(server, office, station, office.level())
        expires(store)
        for seconds in (15, 15, 15, 10):
            store.pass_by(seconds)
            await reads(
                *(server, office, station, 60),
                stale="A level was recorded less than a minute ago, was seen at first, and now the levels from before it are back.",
            )
        expires(store)
        store.flush()
        office.asked()
        await reads(server, office, station, 60)
        calls = office.asked()
        assert calls == 1, told(
            (
                calls == 0,
                "Redis was emptied, and the source was not asked again. A copy in the process has outlived the entry.",
            ),
            "So many calls the source got for one request after Redis was emptied.",
        )


async def crowd(server, office, gate, station, days, count):
    """Send so many requests while the source is held, and let others be answered meanwhile."""
    office.gates[station] = gate
    calls = [server.start("GET", target(station, days)) for _ in range(count)]
    await gate.meets(1, "The source was not asked.")
    for _ in range(2):
        await reads(server, office, office.station(), 3)
    assert not gate.gave_up, (
        "The source took its time for one station, and requests for another one were not answered before that was over."
    )
    gate.open()
    return [await call.reply("One of several equal requests was not answered.") for call in calls]


async def test_one_call_for_a_crowd(office, instance, asgi, rng, rendezvous):
    """Six equal requests come while the source is held: it is called once, another station is answered meanwhile, and then all six get the answer."""
    async with asgi(instance()) as server:
        await reads(server, office, office.station(), 5)
        for days in rng.sample(range(8, 90), 2):
            station = office.station()
            with rendezvous() as gate:
                replies = await crowd(server, office, gate, station, days, 6)
            calls = office.calls.count((station, days))
            assert calls == 1, (
                "So many calls the source got for six equal requests that came while it was still thinking. Nothing is in the "
                "cache at that time, so who comes second needs another way to learn that somebody is asking already."
            )
            got = [(reply.status_code, reply.json(), tag_of(reply)) for reply in replies]
            answer = (200, office.answer(station, days), got[0][2])
            assert got == [answer] * 6, (
                "Six equal requests were answered from one call: status, body and `ETag` of each."
            )
            await reads(server, office, station, days)
            calls = office.calls.count((station, days))
            assert calls == 1, "After the crowd was answered, the answer was asked for once more and fetched again."


def no_answer(response):
    """Compare the answer to a request for which the source has failed."""
    assert response.status_code == 502, told(
        (response.status_code == 500, "The source has failed, and its error left the app as a server error."),
        (response.status_code in (200, 201), "The source has failed, so there is nothing to answer with."),
    )
    assert response.json() == exactly(UNAVAILABLE)
    control = response.header("cache-control") or "(no header)"
    assert "no-store" in control.lower(), (
        "This is the `Cache-Control` of a failure. Without `no-store` somebody may keep it."
    )
    tag = tag_of(response)
    assert tag is None, "A failure has an `ETag`. It is no answer that could be kept and asked about."


async def test_a_failure_reaches_the_whole_crowd_and_is_not_remembered(office, instance, asgi, rng, rendezvous):
    """If the source fails, all who waited are answered 502 with `Cache-Control: no-store`, without `ETag`. The next request asks again and gets its answer. A POST that fails is a 502 as well."""
    async with asgi(instance()) as server:
        station, days = office.station(), rng.randint(8, 90)
        await reads(server, office, office.station(), 5)
        office.failing.add(station)
        with rendezvous() as gate:
            replies = await crowd(server, office, gate, station, days, 3)
        statuses = [reply.status_code for reply in replies]
        assert statuses == [502] * 3, "The source failed while three equal requests waited for it: their statuses."
        for response in replies:
            no_answer(response)
        office.asked()
        response = await server.request("GET", target(station, days))
        no_answer(response)
        calls = office.asked()
        assert calls == 1, told(
            (
                calls == 0,
                "The source failed once, and the next request did not ask it. A failure is not to be remembered.",
            ),
            "So many calls the source got for one request that failed.",
        )
        response = await server.request("POST", target(station), json={"level": office.level()})
        no_answer(response)
        office.failing.clear()
        response = await server.request("GET", target(station, days))
        assert response.status_code == 200, "The source works again, and this request came after that."
        assert response.json() == office.answer(station, days)
        assert office.asked() == 1


def unchanged(response, tag, how):
    """Compare the answer to a client whose copy is still the same."""
    assert response.status_code == 304, f"`If-None-Match` has the tag of this answer {how}."
    assert response.body == b"", "A 304 has no body: the client has it already."
    got = {"etag": tag_of(response), "cache-control": directives(response)}
    assert got == {"etag": tag, "cache-control": FRESH}, "A 304 has the same two headers as the 200."


async def test_unchanged_answers_are_304(office, instance, store, asgi, rng):
    """Every 200 has a strong `ETag` and `Cache-Control: public, max-age=30`. If `If-None-Match` names the tag, alone or in a list, with or without `W/`, or is `*`, the answer is 304, empty, with both headers, also after Redis was emptied. For other tags it is the whole 200."""
    station, days = office.station(count=6), rng.randint(10, 80)
    async with asgi(instance()) as server:
        response = await reads(server, office, station, days)
        tag = tag_of(response)
        assert tag is not None, "A 200 has to have an `ETag`."
        strong = "a strong tag" if STRONG.fullmatch(tag) else tag
        assert strong == "a strong tag", told(
            (
                tag.startswith("W/"),
                "The tag begins with `W/`, which makes it a weak one. The same tag stands for the same bytes here.",
            ),
            "An entity tag is a text in double quotes, and the quotes belong to it.",
        )
        control = directives(response)
        assert control == FRESH
        second = await reads(server, office, station, days + 1)
        assert tag_of(second) != tag, (
            "Two answers have the same tag. Their levels are the same, since the station has only six, but `days` is not."
        )
        inner = tag[1:-1]
        other = f'"{rng.word(6)}"'
        for how, header in (
            ("alone", tag),
            ("alone, with `W/` in front", f"W/{tag}"),
            ("as the second of two", f"{other}, {tag}"),
            ("as the first of two, with no blank after the comma", f"{tag},{other}"),
            ("among three, with `W/` in front and blanks around", f'W/{other} , W/{tag} , "{rng.word()}"'),
            ("and every other one: `*`", "*"),
        ):
            response = await server.request("GET", target(station, days), headers=[("If-None-Match", header)])
            unchanged(response, tag, how)
        for what, header in (
            ("a tag that has nothing to do with this one", other),
            ("a tag that begins like this one and is longer", f'"{inner}x"'),
            ("a tag that ends like this one and is longer", f'"x{inner}"'),
            ("a tag that begins like this one and is shorter", f'"{inner[:-1]}"'),
            ("two tags, of which one has this one in it twice", f'W/"{inner}{inner}", {other}'),
            ("the tag of the answer for another number of days", tag_of(second)),
        ):
            response = await server.request("GET", target(station, days), headers=[("If-None-Match", header)])
            assert response.status_code == 200, f"`If-None-Match` has {what}. That is not the tag of this answer."
            assert response.json() == office.answer(station, days)
            assert tag_of(response) == tag, "The same answer has another tag than a moment ago."
        calls = office.asked()
        assert calls == 2, (
            "So many calls the source got for two questions. All the other requests were about the first one."
        )
        store.flush()
        response = await server.request("GET", target(station, days), headers=[("If-None-Match", tag)])
        assert response.status_code == 304, (
            "Redis was emptied, the source was asked again and said the same. The answer is the same, so its tag is, too."
        )
        unchanged(response, tag, "alone")


async def test_a_new_measurement_is_seen_at_once(office, instance, asgi, rng, rendezvous):
    """A level that is recorded through one instance is in the next answer of every instance, for every `days`, whatever the client has kept; other stations stay cached. A `level` that is no number is 422, and is not recorded."""
    word = rng.word()
    async with asgi(instance()) as one, asgi(instance()) as other:
        for name, neighbour in (
            (word, f"{word}:{rng.word()}"),
            (f"{rng.word()}*", None),
            (f"{word}[{rng.choice('abc')}]", rng.word(5)),
        ):
            station = office.station(name)
            near = office.station(neighbour or f"{name[:-1]}{rng.word()}")
            spans = [1, rng.randint(2, 89), 90]
            tags = {days: tag_of(await reads(one, office, station, days)) for days in spans}
            for server in (one, other):
                for days in spans:
                    await reads(server, office, station, days)
                    await reads(server, office, near, days)
            await measures(one, office, station, office.level())
            office.asked()
            for server in (other, one):
                which = "the other instance" if server is other else "the same instance"
                for days in spans:
                    headers = [("If-None-Match", tags[days])] if tags[days] is not None else []
                    response = await server.request("GET", target(station, days), headers=headers)
                    what = f"A level was recorded for this station, and then {which} was asked for {days} days."
                    assert response.status_code == 200, told(
                        (response.status_code == 304, f"{what} It says that nothing has changed."), what
                    )
                    assert response.json() == office.answer(station, days), f"{what} Its answer is from before that."
            calls = office.asked()
            assert calls == 3, (
                "So many calls the source got after a new level, for three spans of that station, each read by two instances."
            )
            for server in (other, one):
                for days in spans:
                    await reads(server, office, near, days)
            calls = office.asked()
            assert calls == 0, (
                f"A level was recorded for the station `{station}`, and then the source was asked so many times for the station "
                f"`{near}`, of which everything was known."
            )
        station, days = office.station(), rng.randint(2, 90)
        with rendezvous() as gate:
            office.desks[station] = gate
            call = one.start("POST", target(station), json={"level": office.level()})
            await gate.meets(1, "A level was sent, and `record` was not called.")
            await reads(other, office, station, days)
            gate.open()
            response = await call.reply("A level was sent, and there was no answer.")
        assert response.status_code == 201
        for server in (other, one):
            await reads(
                *(server, office, station, days),
                stale="While `record` was at work, another instance fetched the levels and kept them. `record` is done now, and "
                "they are still shown, without the new one.",
            )
        before = len(office.recorded)
        response = await one.request("POST", target(station), json={"level": rng.word()})
        assert refusal(response) == refused_at("body.level")
        assert len(office.recorded) == before, "A level that is no number was recorded."


async def works_without(server, office, station, away):
    """GET, POST and GET again, with Redis away."""
    for days in (7, 30):
        response = await server.request("GET", target(station, days))
        assert response.status_code == 200, away
        assert response.json() == office.answer(station, days)
    level = office.level()
    response = await server.request("POST", target(station), json={"level": level})
    assert response.status_code == 201, away
    assert response.json() == {"station": station, "level": level}
    response = await server.request("GET", target(station, 7))
    assert response.status_code == 200, away
    assert response.json() == office.answer(station, 7), (
        "Redis is away, and this answer is from before the last level was recorded."
    )
    response = await server.request("GET", target(station, 7), headers=[("If-None-Match", tag_of(response) or "*")])
    assert response.status_code == 304, "Redis is away. The tag is that of the answer before, and nothing has changed."


async def test_without_redis_it_still_answers(office, instance, store, asgi):
    """With nobody at `REDIS_URL` when the app starts, or with Redis gone while it runs, GET, POST and GET again are answered from the source."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        app = instance(f"redis://127.0.0.1:{bound.getsockname()[1]}/0")
        try:
            async with asgi(app) as server:
                await works_without(server, office, office.station(), "Nobody listens at `REDIS_URL`. The source does.")
        except (redis.RedisError, OSError) as error:
            raise AssertionError(
                f"Nobody listens at `REDIS_URL`, and so the app did not start up or shut down: {type(error).__name__}: {error}"
            ) from None
    line = Line(store.url)
    try:
        async with asgi(instance(line.url)) as server:
            station = office.station()
            office.asked()
            for _ in range(2):
                await reads(server, office, station, 7)
            calls = office.asked()
            assert calls == 1, "Redis is there, and one question was asked twice: so many calls the source got."
            line.cut()
            station = office.station()
            await works_without(
                server, office, station, "Redis was there at first and is gone now. The source is still there."
            )
    finally:
        line.close()


ANOTHER_PROCESS = """
import json, sys, types
question = json.loads(sys.argv[1])
class SourceError(Exception):
    pass
async def fetch_levels(station, days):
    return question["levels"]
async def record(station, level):
    pass
source = types.ModuleType("source")
vars(source).update(SourceError=SourceError, fetch_levels=fetch_levels, record=record)
sys.modules["source"] = source
import asyncio
import app
async def ask(scope, messages):
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        messages.append(message)
    async with app.app.router.lifespan_context(app.app) as state:
        await app.app({**scope, "state": dict(state or {})}, receive, send)
async def main():
    path, _, query = question["target"].partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(b"host", b"testserver")], "client": ("127.0.0.1", 50000), "server": ("testserver", 80),
    }
    messages = []
    await ask(scope, messages)
    headers = {name.lower(): value.decode() for name, value in messages[0]["headers"]}
    print("\\n" + json.dumps([messages[0]["status"], headers.get(b"etag")]))
asyncio.run(main())
"""


def in_another_process(question):
    """Status and tag of the answer of a new process, whose texts have other hashes than those of this one."""
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", ANOTHER_PROCESS, json.dumps(question)]
    try:
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=PROCESS_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AssertionError("A second process with your app did not come to an end.") from None
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    if done.returncode or not lines:
        said = done.stderr.decode("utf-8", "replace")[-1500:]
        raise AssertionError(f"A second process with your app ended with an error:\n{said}")
    return json.loads(lines[-1])


async def test_etag_is_the_same_in_every_process(office, instance, store, asgi, rng):
    """The same answer of another process has the same `ETag`. Redis is emptied before that, so that it makes the tag itself."""
    station, days = office.station(), rng.randint(8, 90)
    async with asgi(instance()) as server:
        response = await reads(server, office, station, days)
        tag = tag_of(response)
        assert tag is not None, "A 200 has to have an `ETag`."
    store.flush()
    question = {"target": target(station, days), "levels": office.answer(station, days)["levels"]}
    status, other = await asyncio.to_thread(in_another_process, question)
    assert status == 200, "A second process with your app was asked the same question."
    assert other == tag, (
        "Two processes gave the same answer, and its tag differs. Something goes into it that is not the same in every process "
        "or at every time."
    )
