"""Base images, with a validator that turns the path into a Version, and a response model."""

import importlib.metadata
from typing import Annotated

from fastapi import FastAPI, HTTPException, Path
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from pydantic import AfterValidator, BaseModel

app = FastAPI(title="Base Image Picker")


class Support(BaseModel):
    release: str
    requires_python: str | None
    allowed: bool
    listed: bool


def a_version(text: str) -> str:
    Version(text)  # its InvalidVersion is a ValueError, which Pydantic reports
    return text


@app.get("/support/{package}/{python}", response_model=Support)
def support(package: str, python: Annotated[str, Path(examples=["3.12"]), AfterValidator(a_version)]):
    try:
        release = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError as error:
        raise HTTPException(status_code=404, detail="not installed") from error
    facts = importlib.metadata.metadata(package)
    requires = facts.get("Requires-Python")
    minor = ".".join(map(str, Version(python).release[:2]))
    return Support(
        release=release,
        requires_python=requires,
        allowed=requires is None or SpecifierSet(requires).contains(python),
        listed=any(
            label == f"Programming Language :: Python :: {minor}" for label in facts.get_all("Classifier") or []
        ),
    )
