# case: pytest's reports say that everything has passed
# expect: failing
# says: Your code has changed `_pytest.reports.TestReport.from_item_and_call`
from fastapi import FastAPI

from _pytest.reports import TestReport

TestReport.outcome = property(lambda self: "passed", lambda self, value: None)
TestReport.from_item_and_call = classmethod(
    lambda cls, item, call: cls(item.nodeid, item.location, {}, "passed", None, call.when)
)


app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
