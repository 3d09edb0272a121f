"""Another app that keeps every promise of README.md, and shares nothing else with the given one."""

import base64
import secrets
from datetime import UTC, datetime, timedelta

import jwt
from fastapi import APIRouter, Body, Depends, FastAPI, Form, Header, Request
from fastapi.responses import JSONResponse

SECRET = base64.b85encode(secrets.token_bytes(40)).decode()
ALGORITHM = "HS256"
AUDIENCE = "ward-" + secrets.token_hex(5)


class Refusal(Exception):
    """A request that is turned away, and with which status."""


DOCTORS = {"lin"}
PATIENTS = {"pia", "pat"}
FORMER = {"gone"}
written: dict[str, dict[str, str]] = {}
router = APIRouter()


def who(authorization: str | None = Header(None)) -> str:
    """Return the name that a header's token speaks for."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        raise Refusal(401)
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience=AUDIENCE)
        name, _ = claims["sub"], claims["exp"]
    except (jwt.PyJWTError, KeyError):
        raise Refusal(401) from None
    if name not in DOCTORS | PATIENTS:
        raise Refusal(401)
    return name


@router.post("/token")
async def token(username: str = Form(), password: str = Form()):
    """Give a token for a name and its password."""
    good = username in DOCTORS | PATIENTS and secrets.compare_digest(password.encode(), f"{username}-pw".encode())
    if not good:
        return JSONResponse({"error": "invalid_grant"}, 401)
    ends = datetime.now(UTC) + timedelta(minutes=5)
    signed = jwt.encode({"exp": ends, "aud": AUDIENCE, "sub": username}, SECRET, "HS256")
    return {"token_type": "bearer", "access_token": signed}


@router.post("/notes", status_code=201)
async def write(patient: str = Body(), text: str = Body(), name: str = Depends(who)):
    """Keep a note."""
    if name not in DOCTORS:
        raise Refusal(403)
    number = secrets.token_hex(8)
    written[number] = {"patient": patient, "text": text}
    return {"text": text, "patient": patient, "id": number}


@router.get("/notes/{number}")
async def read(number: str, name: str = Depends(who)):
    """Show a note to those who may see it."""
    note = written.get(number)
    if note is None or name not in DOCTORS | {note["patient"]}:
        raise Refusal(404)
    return {"id": number, **note}


async def turn_away(request: Request, refusal: Exception) -> JSONResponse:
    """Answer a refusal in a form of our own."""
    status = refusal.args[0]
    return JSONResponse({"no": status}, status, {"WWW-Authenticate": "Bearer"} if status == 401 else None)


app = FastAPI(title="Notes", exception_handlers={Refusal: turn_away})
app.include_router(router)
