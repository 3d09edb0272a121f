"""Checks of q036: what happens around the yield of a dependency, and when."""

import pytest

from pytest_fastapi_kata.checks import exactly, told

PUT_AWAY = ["camera off", "dome closed"]
IN_WORDS = {
    "dome open": "the dome was opened",
    "camera on": "the camera was switched on",
    "exposed": "the exposure was made",
    "kept": "the exposure was kept",
    "discarded": "the exposure was discarded",
    "camera off": "the camera was switched off",
    "dome closed": "the dome was closed",
    "frame open": "the frame was opened",
    "frame closed": "the frame was closed",
}


class Night:
    """The observatory of this run. Its log also tells when the answer begins, and what is sent of a frame."""

    def __init__(self, observatory, rng):
        self.observatory = observatory
        self.rng = rng
        self.client = None

    @property
    def log(self):
        return self.observatory.log

    def sky(self, photons):
        """What the next exposures see: so many photons, or an exception."""
        self.replace(_sky=lambda seconds: throw(photons))

    def replace(self, **attributes):
        """Put something else in the place of what the observatory is built on."""
        vars(self.observatory).update(attributes)

    def frame(self, count=4):
        """Store a frame of so many chunks; its number, its chunks, and a list of how many were sent when each was read."""
        number, chunks, sent = self.rng.randint(100, 999_999), self.rng.words(count, 4), []

        def reading():
            for chunk in chunks:
                sent.append(sum(line.startswith("sent ") for line in self.log))
                yield chunk.encode()

        self.replace(_frames={number: reading()})
        return number, chunks, sent

    def expose(self, seconds):
        self.log.clear()
        return self.client.post("/exposures", json={"seconds": seconds})

    def watched(self, app):
        """The app, in a layer that writes into the log when an answer begins and what is sent of a frame."""

        async def layer(scope, receive, send):
            async def noting(message):
                if message["type"] == "http.response.start":
                    self.log.append(f"answer {message['status']}")
                elif message.get("body") and scope["path"].startswith("/frames/"):
                    self.log.append(f"sent {bytes(message['body']).decode(errors='replace')}")
                await send(message)

            await app(scope, receive, noting if scope["type"] == "http" else send)

        return layer


def throw(value):
    """Raise an exception, return anything else."""
    if isinstance(value, Exception):
        raise value
    return value


@pytest.fixture
def stage(given, rng):
    """The kit's own copy of the observatory, before the learner's app is imported."""
    return Night(given("observatory", _frames={}), rng)


@pytest.fixture
def night(stage, app, client_for):
    """The observatory, with a client for the learner's app."""
    stage.client = client_for(stage.watched(app))
    return stage


def other_story(got, wanted):
    """What is told instead of what is wanted, in words."""
    answer = next((place for place, line in enumerate(got) if line.startswith("answer")), len(got))
    late = [IN_WORDS[line] for line in got[answer:] if line in PUT_AWAY or line in ("kept", "discarded")]
    missing = [IN_WORDS.get(line, line) for line in wanted if line not in got]
    extra = [IN_WORDS.get(line, line) for line in got if line not in wanted]
    twice = [IN_WORDS.get(line, line) for line in dict.fromkeys(got) if got.count(line) > wanted.count(line) >= 1]
    return told(
        (late != [], f"The answer left before {' and '.join(late)}."),
        (
            missing != [] and extra != [],
            f"It was not noted that {' and that '.join(missing)}, but that {' and that '.join(extra)}.",
        ),
        (missing != [], f"It was never noted that {' or that '.join(missing)}."),
        (extra != [], f"It was also noted that {' and that '.join(extra)}."),
        (twice != [], f"It was noted more than once that {' and that '.join(twice)}."),
        "All of it happened, but in another order.",
    )


def test_everything_is_put_away_before_the_answer(night, rng):
    """`POST /exposures` answers 201 with the photons. The dome opens, the camera goes on, exposes and keeps, goes off, the dome closes, and then the answer starts."""
    wanted = ["dome open", "camera on", "exposed", "kept", *PUT_AWAY, "answer 201"]
    for seconds in (rng.randint(2, 59), 1, 60):
        seen, photons = [], rng.randint(1000, 900_000)
        night.replace(_sky=lambda seconds, seen=seen, photons=photons: seen.append(seconds) or photons)
        response = night.expose(seconds)
        assert response.status_code == 201
        assert response.json() == exactly({"photons": photons})
        assert seen == [seconds], "So long was exposed, in seconds."
        got = list(night.log)
        assert got == wanted, other_story(got, wanted)


def test_a_refusal_of_the_route_discards_and_reaches_the_client(night):
    """More than 1,000,000 photons are answered 409 `{"detail": "Too bright"}`: the exposure is discarded and everything is put away. Exactly 1,000,000 are fine. `seconds` other than 1 to 60 are answered 422, with nothing exposed, kept or left open."""
    night.sky(1_000_001)
    response = night.expose(30)
    assert response.status_code == 409, told(
        (response.status_code == 201, "1,000,001 photons are too many."),
        (
            response.status_code == 500,
            "The 409 is an exception that comes out of the path operation and by each `yield`. Whoever catches it there has "
            "to let it go on.",
        ),
        (response.status_code == 503, "This is no fault of the camera. It was the path operation that refused."),
    )
    assert response.json() == exactly({"detail": "Too bright"})
    got, wanted = list(night.log), ["dome open", "camera on", "exposed", "discarded", *PUT_AWAY, "answer 409"]
    assert got == wanted, other_story(got, wanted)
    night.sky(1_000_000)
    response = night.expose(30)
    assert response.status_code == 201, "1,000,000 photons are the most that is not too bright."
    got = [line for line in night.log if line in ("kept", "discarded")]
    assert got == ["kept"], "1,000,000 photons are the most that is not too bright, and the answer was 201."
    for seconds in (61, 0, -1, 2.5, "long"):
        response = night.expose(seconds)
        assert response.status_code == 422, told(
            (
                response.status_code == 500,
                "FastAPI finds the mistake in the body after the dependencies have run, so its refusal, too, comes by each "
                "`yield` as an exception, and has to go on from there.",
            ),
            (seconds == 61, "61 seconds are more than the 60 that are allowed."),
            (seconds == 2.5, "`seconds` is a whole number, and 2.5 is none."),
            "`seconds` is 1 or more.",
        )
        # How far the request gets before FastAPI looks at the body is free.
        allowed = (
            ["answer 422"],
            ["dome open", "dome closed", "answer 422"],
            ["dome open", "camera on", "discarded", *PUT_AWAY, "answer 422"],
        )
        got = list(night.log)
        assert got in allowed, other_story(got, allowed[-1])


def test_a_fault_during_the_exposure_is_503(night):
    """If `expose` raises `CameraFault`, the answer is 503 `{"detail": "Camera fault"}`: the exposure is discarded, and everything is put away."""
    night.sky(night.observatory.CameraFault("shutter"))
    response = night.expose(30)
    assert response.status_code == 503, told(
        (response.status_code == 500, "`expose` raised `CameraFault`, and nobody has made an answer of it."),
    )
    assert response.json() == exactly({"detail": "Camera fault"})
    got, wanted = list(night.log), ["dome open", "camera on", "exposed", "discarded", *PUT_AWAY, "answer 503"]
    assert got == wanted, other_story(got, wanted)
    night.sky(2000)
    response = night.expose(2)
    assert response.status_code == 201, "The fault is over, and the next exposure has to work."


def test_a_bug_is_a_500_and_leaves_nothing_open(night):
    """Any other exception is answered 500, wherever it is raised, and everything that was opened or switched on before is put away."""
    night.sky(ZeroDivisionError("a bug in expose"))
    response = night.expose(30)
    not_ours = "This was no `CameraFault`, but a bug."
    assert response.status_code == 500, not_ours
    got, wanted = list(night.log), ["dome open", "camera on", "exposed", "discarded", *PUT_AWAY, "answer 500"]
    assert got == wanted, f"`expose` raised ZeroDivisionError. {other_story(got, wanted)}"
    night.sky(2000)
    night.replace(_disk=lambda: throw(ZeroDivisionError("a bug in keep")))
    response = night.expose(30)
    assert response.status_code == 500, not_ours
    got = [line for line in night.log if line != "discarded"]
    wanted = ["dome open", "camera on", "exposed", *PUT_AWAY, "answer 500"]
    assert got == wanted, f"`keep` raised ZeroDivisionError. {other_story(got, wanted)}"
    night.replace(_power=lambda: throw(ZeroDivisionError("a bug in power_on")))
    response = night.expose(30)
    assert response.status_code == 500, not_ours
    got, wanted = list(night.log), ["dome open", "dome closed", "answer 500"]
    assert got == wanted, f"`power_on` raised ZeroDivisionError. {other_story(got, wanted)}"


def test_a_camera_that_does_not_start_is_not_switched_off(night):
    """If `power_on` raises `CameraFault`, the answer is 503 `{"detail": "Camera fault"}`. The dome is closed; the camera is not on, so nothing is discarded or switched off."""
    night.replace(_power=lambda: throw(night.observatory.CameraFault("no power")))
    response = night.expose(30)
    assert response.status_code == 503, told(
        (
            response.status_code == 500,
            "`power_on` raised `CameraFault`, and no 503 came of it. Either nobody makes one, or the camera was asked for more "
            "after that: as long as it is off, it refuses everything.",
        ),
    )
    assert response.json() == exactly({"detail": "Camera fault"})
    got, wanted = list(night.log), ["dome open", "dome closed", "answer 503"]
    assert got == wanted, other_story(got, wanted)
    night.replace(_power=lambda: None)
    response = night.expose(2)
    assert response.status_code == 201, "There is power again, and the next exposure has to work."


def test_what_could_not_be_kept_is_no_success(night):
    """If `keep` raises `CameraFault`, the answer is 503 `{"detail": "Camera fault"}`, and camera and dome are put away before it. A `discard()` in between is allowed."""
    night.replace(_disk=lambda: throw(night.observatory.CameraFault("disk full")))
    response = night.expose(30)
    log = list(night.log)
    assert response.status_code == 503, told(
        (
            response.status_code == 201 and log[-1] != "answer 201",
            "201 for an exposure that is lost: `keep` failed, and by then the answer had left.",
        ),
        (
            response.status_code == 201,
            "201 for an exposure that is lost: `keep` failed in time, and the client is not told of it.",
        ),
        (response.status_code == 500, "`keep` raised `CameraFault`, and nobody has made an answer of it."),
    )
    assert response.json() == exactly({"detail": "Camera fault"})
    got = [line for line in night.log if line != "discarded"]
    wanted = ["dome open", "camera on", "exposed", *PUT_AWAY, "answer 503"]
    assert got == wanted, other_story(got, wanted)


def test_the_frame_stays_open_until_the_last_byte(night, rng):
    """`GET /frames/{number}` answers 200 with `application/octet-stream` and streams the frame: each chunk is sent before the next is read, and the frame is closed after the last was sent. An unknown number is 404 `{"detail": "No such frame"}`."""
    for count in (4, rng.randint(2, 6)):
        number, chunks, sent = night.frame(count)
        night.log.clear()
        response = night.client.get(f"/frames/{number}")
        assert response.status_code == 200
        got = list(night.log)
        wanted = ["frame open", "answer 200", *(f"sent {chunk}" for chunk in chunks), "frame closed"]
        closed, answered = (got.index(line) if line in got else len(got) for line in ("frame closed", "answer 200"))
        assert got == wanted, told(
            (closed == len(got), "The frame was never closed."),
            (
                closed < answered,
                "The frame was closed before the answer began, and there was nothing left to read. A stream is read while it "
                "is being sent, and by then the path operation has long returned.",
            ),
            (closed < len(got) - 1, "The frame was closed before its last chunk was sent."),
            (
                got[2:-1] == [f"sent {''.join(chunks)}"],
                "The frame was sent in one piece. It may be larger than the memory; send each chunk when it has been read.",
            ),
            "This is what happened to the frame, in its order.",
        )
        assert sent == list(range(count)), (
            "So many chunks had been sent when the first, the second and so on was read. Each is to be sent before the next "
            "one is read; a frame may be larger than the memory."
        )
        assert response.headers.get("content-type") == "application/octet-stream"
    response = night.client.get(f"/frames/{rng.randint(1, 99)}")
    assert response.status_code == 404, told(
        (response.status_code == 500, "For an unknown number, `open_frame` raises KeyError."),
    )
    assert response.json() == exactly({"detail": "No such frame"})


async def test_a_client_that_leaves_does_not_leave_the_frame_open(stage, app, asgi):
    """If the client leaves half way, so that sending the second of four chunks fails, the frame is closed all the same."""
    number, _, _ = stage.frame(4)
    async with asgi(app) as server:
        # What is sent: the start, the first chunk, and then nothing more gets through.
        call = server.start("GET", f"/frames/{number}", fail_at=3)
        await call.ended()
        statuses = [message["status"] for message in call.sent if message["type"] == "http.response.start"]
        assert statuses == [200]
        got = [line for line in stage.log if line.startswith("frame")]
        assert got == ["frame open", "frame closed"], told(
            (
                got == ["frame open"],
                "The frame is still open. When the client has gone, sending raises an exception, and an exception skips the "
                "lines behind `yield`, unless they stand where nothing is skipped.",
            ),
        )


def test_the_parts_are_dependencies(night, module, app, rng):
    """`ready_camera`, `open_dome` and `frame` can be replaced by `app.dependency_overrides`. What was put in is used as it is: it is not kept, switched off or closed by anybody."""
    links = {name: getattr(module, name, None) for name in ("ready_camera", "open_dome", "frame")}
    missing = [name for name, link in links.items() if not callable(link)]
    assert missing == [], "These are to be functions of `app.py`."

    other_camera = night.observatory.Camera()
    other_camera.is_on = True
    night.sky(photons := rng.randint(1000, 900_000))
    app.dependency_overrides = {links["ready_camera"]: lambda: other_camera}
    response = night.expose(30)
    assert response.status_code == 201, told(
        (
            response.status_code == 500,
            "`ready_camera` was replaced by another camera, one that is on. Is that the one which the path operation used?",
        ),
    )
    assert response.json() == exactly({"photons": photons})
    got, wanted = list(night.log), ["exposed", "answer 201"]
    assert got == wanted, told(
        (
            "camera on" in got or "dome open" in got,
            "`ready_camera` was replaced, and yet the dome or the camera of the observatory was touched.",
        ),
        "`ready_camera` was replaced by a camera that is on. It is used for the exposure, and nobody puts it away.",
    )

    app.dependency_overrides = {links["open_dome"]: lambda: None}
    response = night.expose(30)
    assert response.status_code == 201
    got, wanted = list(night.log), ["camera on", "exposed", "kept", "camera off", "answer 201"]
    assert got == wanted, told(
        ("dome open" in got, "`open_dome` was replaced, and yet the dome was opened."),
        f"`open_dome` was replaced. {other_story(got, wanted)}",
    )

    chunks = rng.words(3)
    other_frame = night.observatory.Frame(iter([chunk.encode() for chunk in chunks]))
    app.dependency_overrides = {links["frame"]: lambda: other_frame}
    night.log.clear()
    response = night.client.get(f"/frames/{rng.randint(1, 99)}")
    assert response.status_code == 200, "`frame` was replaced, so there is no number that would be unknown."
    got, wanted = list(night.log), ["answer 200", *(f"sent {chunk}" for chunk in chunks)]
    assert got == wanted, told(
        (
            "frame closed" in got,
            "`frame` was replaced, and somebody closed what was put in. Only who opens a frame closes it.",
        ),
        ("frame open" in got, "`frame` was replaced, and yet a frame was opened."),
        "`frame` was replaced by another one. This is what was sent.",
    )
