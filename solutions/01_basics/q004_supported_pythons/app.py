"""Base images: what an installed package says about a Python version."""

from importlib.metadata import PackageNotFoundError, metadata

from fastapi import FastAPI, HTTPException
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

app = FastAPI(title="Base Image Picker")


@app.get("/support/{package}/{python}")
def support(package: str, python: str):
    try:
        version = Version(python)
    except InvalidVersion:
        raise HTTPException(422, f"{python} is not a version") from None
    try:
        facts = metadata(package)
    except PackageNotFoundError:
        raise HTTPException(404, f"{package} is not installed") from None

    requires = facts.get("Requires-Python")
    label = f"Programming Language :: Python :: {version.major}.{version.minor}"
    return {
        "release": facts["Version"],
        "requires_python": requires,
        # An empty set of rules admits every version.
        "allowed": version in SpecifierSet(requires or ""),
        # One field that occurs many times, or never.
        "listed": label in facts.get_all("Classifier", []),
    }
