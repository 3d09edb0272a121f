"""Gates and the movable clock: concurrency is seen by who meets whom."""

from __future__ import annotations

import asyncio
import threading

import pytest

from pytest_fastapi_kata.rendezvous import Gate, MovableLoop


def test_a_gate_holds_until_it_is_opened() -> None:
    """Coroutines wait at a closed gate, and pass an open one."""

    async def check() -> None:
        gate = Gate()
        tasks = [asyncio.create_task(gate.passed()) for _ in range(3)]
        await gate.meets(3, "not all came")
        assert not any(task.done() for task in tasks)
        gate.open()
        await asyncio.gather(*tasks)
        await gate.passed()
        assert (4, 3) == (gate.arrived, gate.held)

    asyncio.run(check())


def test_a_gate_opens_when_all_have_come() -> None:
    """With an expected number, the last one opens it."""

    async def check() -> None:
        gate = Gate(expected=2)
        first = asyncio.create_task(gate.passed())
        await gate.meets(1, "nobody came")
        assert not gate.is_open
        await gate.passed()
        await first
        assert gate.is_open

    asyncio.run(check())


def test_whoever_waits_in_vain_is_told() -> None:
    """The check gets its own words, and who is held goes on, so that nothing hangs."""

    async def check() -> None:
        gate = Gate(seconds=0.05)
        with pytest.raises(AssertionError, match="the second one did not come"):
            await gate.meets(2, "the second one did not come")
        await gate.passed()
        assert (False, True) == (gate.is_open, gate.gave_up)

    asyncio.run(check())
    gate = Gate(seconds=0.05)
    gate.hold()
    with pytest.raises(AssertionError, match="only one"):
        gate.met(2, "only one")


def test_threads_and_loops_meet_at_one_gate() -> None:
    """A blocking call in a thread and a coroutine are counted alike."""

    async def check() -> None:
        gate = Gate(expected=2)
        thread = threading.Thread(target=gate.hold)
        thread.start()
        await gate.passed()
        await asyncio.to_thread(thread.join)
        assert 2 == gate.arrived

    asyncio.run(check())


def test_leaving_the_block_opens_the_gate() -> None:
    """As a context manager, a gate never leaves anybody behind."""
    with Gate() as gate:
        assert not gate.is_open
    assert gate.is_open


def test_hundreds_wait_with_one_thread_to_keep_the_time() -> None:
    """A gate costs one thread, however many are held."""

    async def check() -> None:
        gate = Gate(expected=501)
        before = threading.active_count()
        tasks = [asyncio.create_task(gate.passed()) for _ in range(500)]
        await gate.meets(500, "not all came")
        assert threading.active_count() <= before + 1
        await gate.passed()
        await asyncio.gather(*tasks)

    asyncio.run(check())


def test_the_clock_can_be_moved_on() -> None:
    """A limit of an hour runs out at once, for timeout, wait_for and sleep."""

    async def check() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, MovableLoop)
        sleeper = asyncio.create_task(asyncio.sleep(3600))
        waiter = asyncio.create_task(asyncio.wait_for(asyncio.Event().wait(), 3600))
        await asyncio.sleep(0)
        before = loop.time()
        loop.advance(3601)
        assert loop.time() - before >= 3601
        await sleeper
        with pytest.raises(TimeoutError):
            await waiter

    with asyncio.Runner(loop_factory=MovableLoop) as runner:
        runner.run(check())
