"""Base images, with a handler for each of the two exceptions, and a dependency that gives the version."""

from importlib.metadata import Distribution, PackageNotFoundError
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import PlainTextResponse
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

app = FastAPI(title="Base Image Picker")


@app.exception_handler(PackageNotFoundError)
def not_installed(request: Request, error: PackageNotFoundError) -> PlainTextResponse:
    return PlainTextResponse("This package is not installed", 404)


@app.exception_handler(InvalidVersion)
def no_version(request: Request, error: InvalidVersion) -> PlainTextResponse:
    return PlainTextResponse("This is not a version", 422)


def asked(python: str) -> Version:
    return Version(python)


@app.get("/support/{package}/{python}")
def support(package: str, version: Annotated[Version, Depends(asked)]):
    found = Distribution.from_name(package)
    rule = found.metadata.get("Requires-Python")
    labels = {value for name, value in found.metadata.items() if name == "Classifier"}
    return {
        "release": found.version,
        "requires_python": rule,
        "allowed": not rule or SpecifierSet(rule).contains(version),
        "listed": f"Programming Language :: Python :: {version.major}.{version.minor}" in labels,
    }
