"""Base images, as a coroutine that answers errors with responses of its own."""

from importlib import metadata

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, parse

app = FastAPI(title="Base Image Picker")
router = APIRouter(prefix="/support")


@router.get("/{package}/{python}")
async def support(package: str, python: str) -> JSONResponse:
    try:
        found = metadata.distribution(package)
        version = parse(python)
    except metadata.PackageNotFoundError:
        return JSONResponse({"detail": "no such package"}, status_code=404)
    except InvalidVersion:
        return JSONResponse({"detail": "no such version"}, status_code=422)
    fields = found.metadata.json
    requires = fields.get("requires_python")
    return JSONResponse(
        {
            "release": found.version,
            "requires_python": requires,
            "allowed": True if requires is None else version in SpecifierSet(requires),
            "listed": f"Programming Language :: Python :: {version.major}.{version.minor}"
            in fields.get("classifier", []),
        }
    )


app.include_router(router)
