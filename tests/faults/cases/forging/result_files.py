# case: the reports are written before the run writes them
# expect: failing
# says: This is not the greeting.
import pathlib

from fastapi import FastAPI

for parent in pathlib.Path(__file__).parents:
    if (parent / "pyproject.toml").exists():
        (parent / "report.json").write_text('{"katas": [{"id": "q901", "status": "solved"}]}')
        (parent / "junit.xml").write_text('<testsuites><testsuite failures="0"/></testsuites>')
        break

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
