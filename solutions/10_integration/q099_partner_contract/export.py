"""python export.py [--check] FILE"""

import argparse
import difflib
import json
import sys
from pathlib import Path

from app import app


def document() -> bytes:
    text = json.dumps(app.openapi(), indent=2, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode()


def differences(before: bytes, now: bytes, name: str) -> str:
    lines = (version.decode(errors="replace").splitlines() for version in (before, now))
    return "\n".join(difflib.unified_diff(*lines, name, "now", lineterm=""))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    if not options.check:
        options.file.write_bytes(document())
        return 0
    before = options.file.read_bytes() if options.file.exists() else b""
    if before == document():
        return 0
    print(differences(before, document(), str(options.file)))  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
