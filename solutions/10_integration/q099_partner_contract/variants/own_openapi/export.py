import difflib
import json
import pathlib
import sys

import app
from fastapi.testclient import TestClient

*flags, name = sys.argv[1:]
path = pathlib.Path(name)
# Without a with block, the client does not run the lifespan.
document = TestClient(app.app).get("/openapi.json").json()
now = (json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode("utf8")
if flags == ["--check"]:
    then = path.read_bytes() if path.is_file() else b""
    for line in difflib.unified_diff(then.decode().split("\n"), now.decode().split("\n")):
        print(line)
    sys.exit(then != now)
path.write_bytes(now)
