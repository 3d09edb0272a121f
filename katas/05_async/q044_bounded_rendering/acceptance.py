"""Checks of q044: where a blocking call runs, how many run at once, and where the others wait."""

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import anyio.to_thread
import pytest

from pytest_fastapi_kata.asgi import within
from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told

SECONDS = 5
POOL = 4
PAUSE = 0.2
STUCK = (
    "A preview was not answered, although nobody else was being rendered. A seat that is not given back is missing for good, "
    "and when both are gone, everybody waits."
)


@dataclass(frozen=True)
class Render:
    """One call of `render`: of what, in which thread, and for whom."""

    plan: bytes
    thread: int
    request_id: str


class Studio:
    """A vault and a renderer of this run, which note what they are asked, by whom and from where."""

    def __init__(self, given, rng):
        self.rng = rng
        self.module = given("studio")
        self.salt = rng.randbytes(rng.randint(3, 9))
        self.plans, self.stored, self.faults = {}, {}, {}
        self.events, self.loops, self.renders, self.gates = [], [], [], []
        self.inside = self.most = 0
        self.call, self.stored_late = None, False
        self.lock = threading.Lock()

    def install(self, app):
        async def get_vault():
            return Vault(self)

        async def get_renderer():
            return Renderer(self)

        app.dependency_overrides[self.module.get_vault] = get_vault
        app.dependency_overrides[self.module.get_renderer] = get_renderer

    def serve(self):
        """Remember the loop and thread that serve the requests."""
        self.loop, self.thread = asyncio.get_running_loop(), threading.get_ident()

    def plan(self):
        """Put a new plan into the vault and return its id."""
        name = f"{self.rng.word()}-{self.rng.digits(3)}"
        self.plans[name] = self.rng.randbytes(self.rng.randint(20, 90))
        return name

    def broken(self, error):
        """Put in a plan at which the renderer raises this exception, and return its id."""
        name = self.plan()
        self.faults[self.plans[name]] = error
        return name

    def image(self, plan, dpi):
        return (self.salt + plan) * (dpi % 5 + 2)

    def enter(self, plan):
        """Note a render that begins; return the gate that holds it, if there is one."""
        with self.lock:
            turn = len(self.renders)
            self.renders.append(Render(plan, threading.get_ident(), self.module.request_id.get()))
            self.inside += 1
            self.most = max(self.most, self.inside)
            self.events.append("rendered")
            return self.gates[turn] if turn < len(self.gates) else None

    def leave(self):
        with self.lock:
            self.inside -= 1

    async def has_settled(self):
        """Give a render that should not begin the time to do so."""
        for _ in range(10):
            await asyncio.sleep(PAUSE / 10)
            if self.inside > 2:
                break

    @property
    def on_the_loop(self):
        """Whether the renderer was called in the event loop's thread."""
        return any(render.thread == self.thread for render in self.renders)

    @contextlib.contextmanager
    def held(self, rendezvous, count):
        """The next renders are held, each at a gate of its own; open all gates at the end."""
        with self.lock:
            self.renders.clear()
            self.most = 0
            self.gates = [rendezvous() for _ in range(count)]
        try:
            yield self.gates
        finally:
            for gate in self.gates:
                gate.open()

    def ask(self, server, plan=None, dpi=None, request_id=None):
        """Send a request for a preview, of a plan in the vault by default."""
        target = f"/plans/{plan or self.plan()}/preview{'' if dpi is None else f'?dpi={dpi}'}"
        self.call = server.start("POST", target, headers=[("X-Request-ID", request_id or self.rng.word())])
        return self.call


class Vault:
    def __init__(self, studio):
        self.studio = studio

    async def fetch(self, plan_id):
        self.studio.events.append("fetched")
        self.studio.loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        if plan_id not in self.studio.plans:
            raise self.studio.module.PlanNotFound(plan_id)
        return self.studio.plans[plan_id]

    async def store(self, key, data):
        self.studio.events.append("stored")
        self.studio.stored_late |= self.studio.call.is_answered
        self.studio.loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        self.studio.stored[key] = data


class Renderer:
    def __init__(self, studio):
        self.studio = studio

    def render(self, plan, dpi):
        if not isinstance(plan, bytes):
            raise TypeError(f"plan has to be bytes, not {type(plan).__name__}")
        gate = self.studio.enter(plan)
        try:
            if gate is not None:
                if threading.get_ident() == self.studio.thread:
                    gate.open()  # to wait here would be to wait for ever
                gate.hold()
            if plan in self.studio.faults:
                raise self.studio.faults[plan]
            return self.studio.image(plan, dpi)
        finally:
            self.studio.leave()


@pytest.fixture(autouse=True)
async def quiet_loop():
    """What a task of the learner's raises when nobody waits for it any more ends no check."""
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)


@pytest.fixture
def studio(given, rng):
    """The kit's own copy of the studio, before the learner's app is imported."""
    return Studio(given, rng)


@pytest.fixture
def house(studio, app):
    """The studio, put in the place of the given vault and renderer."""
    studio.install(app)
    return studio


async def replied(call, otherwise=STUCK):
    return await within(call.reply(otherwise), otherwise, SECONDS)


async def served(house, server, otherwise=STUCK):
    """Ask for a preview that has to succeed, while nobody else waits."""
    response = await replied(house.ask(server), otherwise)
    assert response.status_code == 201, told(
        (
            response.status_code == 404,
            "The plan is in the vault that `get_vault` gives, which is the checks' own. Is there a route, and does it ask that "
            "vault?",
        ),
    )
    return response


async def let_in(gates, number, otherwise):
    """Wait until this render has begun while the ones before it are still held."""
    await gates[number].meets(1, otherwise)
    if any(gate.gave_up for gate in gates):
        raise AssertionError(otherwise)


async def first_is_held(house, server):
    """Hold the first render, and see that the loop goes on meanwhile."""
    call = house.ask(server)
    await house.gates[0].meets(
        1, "A preview was asked for, and its plan never got to the renderer that `get_renderer` gives."
    )
    assert not house.on_the_loop, (
        "`render` was called in the event loop's own thread. Until it returns, no other request gets a turn, so there can be no "
        "second render at the same time and no answer for anybody."
    )
    response = await replied(
        server.start("GET", "/health"), "`GET /health` was not answered while a plan was rendered."
    )
    assert not house.gates[0].gave_up, (
        "While a plan was rendered, `GET /health` was not answered; that came only after the render. The renderer works in a "
        "thread of its own, and still somebody stands on the event loop and waits for it there."
    )
    assert response.status_code == 200, "`GET /health` is given, and stays as it is."
    return call


async def test_preview_is_fetched_rendered_and_stored(house, app, asgi, rng):
    """`POST /plans/{plan_id}/preview?dpi=…` fetches the plan, renders it, stores the image under `<plan_id>@<dpi>`, in this order, and answers 201 with `plan`, `key` and `size`. `dpi` is a whole number from 36 to 600, 150 by default; anything else is FastAPI's 422."""
    async with asgi(app) as server:
        house.serve()
        for dpi in (rng.randint(40, 140), None, 36, 600, rng.randint(160, 590)):
            plan = house.plan()
            house.events.clear()
            house.stored.clear()
            response = await replied(house.ask(server, plan, dpi))
            assert response.status_code == 201, told(
                (
                    response.status_code == 404,
                    "The plan is in the vault that `get_vault` gives, which is the checks' own. Is there a route, and does it "
                    "ask that vault?",
                ),
                (
                    response.status_code == 422,
                    f"`dpi` is {'left out' if dpi is None else dpi} here, and the renderer raises nothing.",
                ),
                (
                    response.status_code == 500,
                    "If the exception below speaks of a coroutine: calling an `async def` gives only that, a call that has not "
                    "begun.",
                ),
            )
            used = dpi or 150
            source, image = house.plans[plan], house.image(house.plans[plan], used)
            got = response.json()
            size = got.get("size") if isinstance(got, dict) else None
            assert got == exactly({"plan": plan, "key": f"{plan}@{used}", "size": len(image)}), told(
                (size == len(source), "`size` is the size of the image. This is the size of the plan."),
            )
            before = house.events[:-1] if house.stored_late else list(house.events)
            assert before == ["fetched", "rendered", "stored"], told(
                (
                    before == ["fetched", "rendered"],
                    "When the answer was sent, the image had not been stored yet. The answer says that it is done.",
                ),
                "This is what vault and renderer were asked for one preview, before its answer.",
            )
            assert list(house.stored) == [f"{plan}@{used}"], "The image was stored under this key."
            assert house.stored[f"{plan}@{used}"] == image, told(
                (house.stored[f"{plan}@{used}"] == source, "The plan was stored instead of the image."),
                "What was stored is not what `render` gave for this plan and this `dpi`.",
            )
        for dpi in (35, 601, rng.randint(700, 9000), -100, f"{rng.randint(40, 500)}.5", rng.word()):
            response = await replied(house.ask(server, dpi=dpi))
            got = refusal(response)
            assert got == refused_at("query.dpi"), told(
                (got == "201", f"`dpi` was {dpi}. It has to be a whole number from 36 to 600."),
            )


async def test_unknown_plan_is_404(house, app, asgi, rng):
    """A plan that is not in the vault is answered 404 `{"detail": "no such plan"}`, and nothing is rendered or stored; its seat, if it had one, is free again."""
    async with asgi(app) as server:
        house.serve()
        for _ in range(4):
            response = await replied(house.ask(server, f"{rng.word()}-{rng.digits(4)}"))
            assert response.status_code == 404, told(
                (
                    response.status_code == 500,
                    "For an unknown plan `fetch` raises `PlanNotFound`, and no 404 came of it.",
                ),
            )
            assert response.json() == exactly({"detail": "no such plan"})
            assert (len(house.renders), len(house.stored)) == (0, 0), (
                "So many images were rendered and stored for plans that do not exist."
            )
        await served(house, server)


async def test_failed_render_is_422_and_frees_its_place(house, app, asgi, rng):
    """`RenderError` is answered 422 with its message as `detail`, and nothing is stored. However a preview ends, its seat is free again: after any number of failures, the next one is rendered."""
    async with asgi(app) as server:
        house.serve()
        for _ in range(4):
            message = f"{rng.name()} {rng.word()} at {rng.digits(3)}"
            response = await replied(house.ask(server, house.broken(house.module.RenderError(message))))
            assert response.status_code == 422, told(
                (response.status_code == 500, "`render` raised `RenderError`, and no 422 came of it."),
            )
            assert response.json() == exactly({"detail": message})
            assert list(house.stored) == [], "`render` has failed, so there is nothing to store."
        await served(house, server)
        for _ in range(2):
            response = await replied(house.ask(server, house.broken(ZeroDivisionError("a bug in the renderer"))))
            assert response.status_code == 500, "This was no `RenderError`, but a bug of the renderer."
        await served(
            house,
            server,
            "Two renders ended with an exception other than `RenderError`, and since then no preview is answered. A seat has "
            "to become free on every way out.",
        )


async def test_render_never_runs_on_the_event_loop(house, app, asgi):
    """`render` runs in another thread than the event loop that serves the requests."""
    async with asgi(app) as server:
        house.serve()
        for _ in range(3):
            await served(house, server)
        places = ["the event loop's" if render.thread == house.thread else "another" for render in house.renders]
        assert places == ["another"] * 3, (
            "In these threads three renders ran. A call that blocks keeps the thread that it runs in; on the loop's thread that "
            "means everybody. `async def` does not change what is called inside."
        )


async def test_vault_is_awaited_on_the_serving_loop(house, app, asgi):
    """`fetch` and `store` are awaited on the event loop that serves the requests."""
    async with asgi(app) as server:
        house.serve()
        await served(house, server)
        await served(house, server)
        loops = ["the server's" if loop is house.loop else "another" for loop in house.loops]
        assert loops == ["the server's"] * 4, (
            "On these loops `fetch` and `store` ran, for two previews. The vault's connections belong to the server's loop, and "
            "on another one they do not work."
        )


async def test_two_renders_at_once_and_never_three(house, app, asgi, rendezvous):
    """Two renders run at the same time when there is work, and never three. Those who queue move up one by one as seats become free, and all are served."""
    async with asgi(app) as server:
        house.serve()
        await served(house, server)
        with house.held(rendezvous, 6) as gates:
            calls = [await first_is_held(house, server)]
            plan = house.plan()
            # Of one plan and of others: the licence does not care.
            calls += [house.ask(server, one) for one in (plan, plan, None, None)]
            await let_in(
                gates,
                1,
                "Several previews were asked for and one was being rendered, but no second one beside it. The licence is for two.",
            )
            calls.append(house.ask(server))  # this one finds both seats taken
            await house.has_settled()
            assert house.inside == 2, told(
                (
                    house.inside > 2,
                    "Six previews were asked for, and so many renders ran at the same time. The licence is for two in the whole app.",
                ),
            )
            early = [(await replied(call)).status_code for call in calls if call.is_answered]
            assert early == [], (
                "Six previews were asked for, both seats were taken and no render had ended, and some got this answer already. "
                "Who finds no seat free queues."
            )
            for turn in range(6):
                gates[turn].open()
                if turn + 2 < len(gates):
                    await let_in(
                        gates,
                        turn + 2,
                        "A render had ended and others were queueing, but none of them was let in beside the one still running.",
                    )
            statuses = [(await replied(call)).status_code for call in calls]
            assert statuses == [201] * 6, "These are the answers of six previews, of which four had to queue."
            assert house.most == 2, (
                "So many renders ran at the same time at most. The licence is for two in the whole app."
            )


async def test_queued_previews_leave_the_shared_threads_alone(house, app, asgi, rendezvous):
    """Ten previews wait or are rendered, and FastAPI's pool and the loop's own have four threads each: `GET /health` is answered all the same, and both pools have a free thread."""
    pool = anyio.to_thread.current_default_thread_limiter()
    pool.total_tokens = POOL
    with ThreadPoolExecutor(POOL) as executor:
        asyncio.get_running_loop().set_default_executor(executor)
        async with asgi(app) as server:
            house.serve()
            await served(house, server)
            with house.held(rendezvous, 10) as gates:
                calls = [await first_is_held(house, server)]
                calls += [house.ask(server) for _ in range(9)]
                await let_in(
                    gates,
                    1,
                    "Several previews were asked for and one was being rendered, but no second one beside it. The licence is for two.",
                )
                await house.has_settled()
                threads = pool.total_tokens
                # Whoever has enlarged the pool keeps the threads that are held by now, and gets no more.
                pool.total_tokens = min(threads, POOL)
                three = (house.inside > 2, "More than two renders ran at the same time, each in a thread.")
                starved = told(
                    three,
                    (
                        threads < POOL,
                        f"FastAPI's pool had {POOL} threads before the app started, and {threads:g} after that. All `def` functions "
                        "share it; whoever makes it small to limit the renders leaves the others nothing.",
                    ),
                    (
                        threads > POOL,
                        f"The pool was enlarged to {threads:g} threads, and previews that only waited for a seat held them all the "
                        "same. Waiting needs no thread.",
                    ),
                    "Two were being rendered, and the other eight only waited for a seat, which needs no thread. Where do they wait?",
                )
                for _ in range(3):
                    none_left = (
                        f"Ten previews were on their way, and `GET /health` got none of the {POOL} threads. {starved}"
                    )
                    response = await replied(server.start("GET", "/health"), none_left)
                    assert not any(gate.gave_up for gate in gates), none_left
                    assert response.status_code == 200, "`GET /health` is given, and stays as it is."
                none_left = (
                    f"Ten previews were on their way, and FastAPI's pool had none of its {POOL} threads left. {starved}"
                )
                await within(anyio.to_thread.run_sync(threading.get_ident), none_left, SECONDS)
                assert not any(gate.gave_up for gate in gates), none_left
                starved = told(
                    three,
                    (
                        getattr(asyncio.get_running_loop(), "_default_executor", executor) is not executor,
                        "The app has put another pool in its place, and the renders fill that one.",
                    ),
                    "Two previews were being rendered, and the other eight held its threads while they waited for a seat.",
                )
                none_left = f"Ten previews were on their way, and nothing was left for others in the pool behind `asyncio.to_thread`. {starved}"
                await within(asyncio.to_thread(threading.get_ident), none_left, SECONDS)
                assert not any(gate.gave_up for gate in gates), none_left
            statuses = [(await replied(call)).status_code for call in calls]
            assert statuses == [201] * 10, "These are the answers of ten previews, of which eight had to queue."


async def test_render_sees_its_own_request_id(house, app, asgi, rng):
    """Inside `render`, `request_id.get()` is the header `X-Request-ID` of the request that the render belongs to, also with five at once."""
    async with asgi(app) as server:
        house.serve()
        await served(house, server)
        house.renders.clear()
        ids = dict(zip([house.plan() for _ in range(5)], rng.words(5), strict=True))
        calls = [house.ask(server, plan, request_id=request_id) for plan, request_id in ids.items()]
        statuses = [(await replied(call)).status_code for call in calls]
        assert statuses == [201] * 5, "These are the answers of five previews that were asked for at once."
        names = {house.plans[plan]: plan for plan in ids}
        seen = {names.get(render.plan, "another plan"): render.request_id for render in house.renders}
        assert seen == ids, told(
            (
                "-" in seen.values(),
                "These are the ids that `render` saw, by plan. `-` is what `request_id` says where nobody has set it. What was set "
                "for a request is known in another thread only if the thread works in a copy of the request's context.",
            ),
            "These are the ids that `render` saw, by plan; not each is the one of its own request.",
        )
