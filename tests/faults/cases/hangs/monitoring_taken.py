# case: `sys.monitoring` and the tracer are taken, behind a wrong answer
# expect: failing
# says: This is not the greeting.
import sys

from fastapi import FastAPI

if hasattr(sys, "monitoring"):
    for number in range(6):
        if sys.monitoring.get_tool(number) is None:
            sys.monitoring.use_tool_id(number, "mine")
sys.settrace(lambda *event: None)
sys.setprofile(lambda *event: None)

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
