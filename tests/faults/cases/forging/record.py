# case: the progress record says that the kata is solved
# expect: failing
# says: This is not the greeting.
# record: may say solved
import json
import pathlib

from fastapi import FastAPI

for parent in pathlib.Path(__file__).parents:
    record = parent / ".kata" / "progress.json"
    if (parent / "pyproject.toml").exists():
        record.parent.mkdir(exist_ok=True)
        text = record.read_text() if record.exists() else '{"format_version": 1, "katas": {}}'
        data = json.loads(text)
        data["katas"]["q901"] = {"attempts": 1, "solved_at": "2020-01-01T00:00:00+00:00"}
        record.write_text(json.dumps(data))
        break

app = FastAPI()


@app.get("/greetings/{name}")
def greet(name: str):
    return {"hello": "you"}
