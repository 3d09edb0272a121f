import anyio
import pytest
from app import Declined

pytestmark = pytest.mark.anyio


async def test_overlap(house):
    sold = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(house.buy, "x", "A1", sold)
        *asked, answer_x = await house.question()
        assert asked == ["x", "A1"]
        assert (await house.buy("y", "A1")).status_code == 409
        assert house.unasked()
        tasks.start_soon(house.buy, "y", "A2", sold)
        *asked, answer_y = await house.question()
        assert asked == ["y", "A2"]
        answer_y.give()
        answer_x.give()
    assert [one.status_code for one in sold] == [201, 201]


async def test_news_of_paid_sales_only(house):
    heard, responses = [], []
    async with anyio.create_task_group() as audience:
        for _ in range(2):
            audience.start_soon(house.hear, heard)
        await house.audience(2)
        for error in (Declined(), None):
            async with anyio.create_task_group() as purchase:
                purchase.start_soon(house.buy, "z", "A1", responses)
                *_, answer = await house.question()
                assert len(heard) == 0
                await house.audience(2)
                answer.give(error)
    assert [one.status_code for one in responses] == [402, 201]
    assert heard == [{"seat": "A1", "buyer": "z"}] * 2
