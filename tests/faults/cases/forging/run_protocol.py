# case: pytest's calls catch every exception
# expect: failing
# says: Your code has changed `_pytest.runner.CallInfo.from_call`
from fastapi import FastAPI

from _pytest.runner import CallInfo

CallInfo.from_call = classmethod(
    lambda cls, func, when, reraise=None: cls(None, None, 0.0, 0.0, 0.0, when, _ispytest=True)
)


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
