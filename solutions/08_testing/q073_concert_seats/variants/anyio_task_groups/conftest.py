import anyio
import httpx2
import pytest
from app import app, get_bank


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


class Answer:
    """What the bank is going to say, and when."""

    def __init__(self):
        self.ready = anyio.Event()
        self.error = None

    def give(self, error=None):
        self.error = error
        self.ready.set()


class House:
    """The running app, a client for it, and a bank that asks the test what to do."""

    def __init__(self, client):
        self.client = client
        self.to_bank, self.questions = anyio.create_memory_object_stream(10)

    async def charge(self, buyer, seat):
        answer = Answer()
        await self.to_bank.send((buyer, seat, answer))
        with anyio.fail_after(4):
            await answer.ready.wait()
        if answer.error:
            raise answer.error

    async def question(self):
        with anyio.fail_after(2):
            return await self.questions.receive()

    def unasked(self):
        return self.questions.statistics().current_buffer_used == 0

    async def buy(self, buyer, seat, into=None):
        with anyio.fail_after(3):
            response = await self.client.post(f"/seats/{seat}", json={"buyer": buyer})
        if into is not None:
            into.append(response)
        return response

    async def hear(self, into):
        with anyio.fail_after(3):
            into.append((await self.client.get("/sales/next")).json())

    async def audience(self, size):
        with anyio.fail_after(2):
            while (await self.client.get("/sales/waiting")).json()["waiting"] != size:
                await anyio.lowlevel.checkpoint()


@pytest.fixture
async def house(anyio_backend):
    transport = httpx2.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://h") as client:
        house = House(client)

        async def bank():
            yield house

        app.dependency_overrides[get_bank] = bank
        try:
            yield house
        finally:
            del app.dependency_overrides[get_bank]
            house.to_bank.close()
            house.questions.close()
