# case: an event-loop policy that has no loops
# expect: failing
import asyncio
import warnings

from fastapi import FastAPI

warnings.simplefilter("ignore")


class NoLoops(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self):
        raise RuntimeError("no loops today")


asyncio.set_event_loop_policy(NoLoops())


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
