import json
import sys
from difflib import unified_diff

from app import app


def text():
    return json.dumps(app.openapi(), sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def read(file):
    try:
        with open(file, encoding="utf-8", newline="") as f:
            return f.read()
    except FileNotFoundError:
        return ""


if __name__ == "__main__":
    args = [a for a in sys.argv[1:] if a != "--check"]
    if "--check" in sys.argv:
        old, new = read(args[0]), text()
        sys.stdout.writelines(unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), "file", "now"))
        if old != new:
            raise SystemExit(1)
    else:
        with open(args[0], "w", encoding="utf-8", newline="\n") as f:
            f.write(text())
        print("written ✓")
