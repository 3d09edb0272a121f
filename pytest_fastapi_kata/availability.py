"""Whether what a kata needs is installed, and the command that installs it."""

from __future__ import annotations

from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.progress import installed


def why_unavailable(kata: Kata) -> str:
    """Return what is missing for a kata with the command that installs it, or an empty text."""
    missing = [need for need in kata.needs if not _is_there(need)]
    if missing:
        quoted = " ".join(f'"{need}"' if set(need) & set("[<>=~ ") else need for need in missing)
        return f"{kata.id} needs {', '.join(missing)}: pip install {quoted}"
    minimum, present = kata.minimum_fastapi, installed("fastapi")
    if minimum and _is_older(present or "0", minimum):
        return (
            f'{kata.id} needs FastAPI {minimum}, and {present or "none"} is installed: pip install "fastapi>={minimum}"'
        )
    return ""


def _is_older(version: str, other: str) -> bool:
    from packaging.version import Version

    return Version(version) < Version(other)


def _is_there(need: str) -> bool:
    # Most katas need nothing, so most runs do without this import.
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(need)
    except InvalidRequirement:
        return bool(installed(need))
    version = installed(requirement.name)
    if not version or not requirement.specifier.contains(version, prereleases=True):
        return False
    return all(_extra_is_there(requirement.name, extra) for extra in requirement.extras)


def _extra_is_there(distribution: str, extra: str) -> bool:
    from importlib import metadata

    from packaging.requirements import Requirement

    for text in metadata.requires(distribution) or ():
        wanted = Requirement(text)
        if wanted.marker is None or "extra" not in str(wanted.marker):
            continue
        if wanted.marker.evaluate({"extra": extra}) and not installed(wanted.name):
            return False
    return True
