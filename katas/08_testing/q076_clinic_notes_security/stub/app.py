"""The clinic's notes. README.md lists what it promises."""

import os
import time
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel

SECRET = os.environ.get("CLINIC_SECRET", "a-long-secret-for-the-clinic-next-door")
ALGORITHM = "HS256"
AUDIENCE = os.environ.get("CLINIC_AUDIENCE", "clinic-notes")
LIFETIME_S = 900

app = FastAPI(title="Clinic notes")
bearer = OAuth2PasswordBearer(tokenUrl="token")


class Account(BaseModel):
    name: str
    role: str
    active: bool = True


class NewNote(BaseModel):
    patient: str
    text: str


class Note(NewNote):
    id: str


ACCOUNTS = {
    "lin": Account(name="lin", role="doctor"),
    "pia": Account(name="pia", role="patient"),
    "pat": Account(name="pat", role="patient"),
    "gone": Account(name="gone", role="doctor", active=False),
}
NOTES: dict[str, Note] = {}


def password_fits(account: Account, password: str) -> bool:
    return password == f"{account.name}-pw"


@app.post("/token")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, str]:
    refused = HTTPException(401, "Wrong name or password", {"WWW-Authenticate": "Bearer"})
    account = ACCOUNTS.get(form.username)
    if account is None:
        raise refused
    if not account.active or not password_fits(account, form.password):
        raise refused
    claims = {"sub": account.name, "aud": AUDIENCE, "exp": int(time.time()) + LIFETIME_S}
    return {"access_token": jwt.encode(claims, SECRET, ALGORITHM), "token_type": "bearer"}


def get_account(token: Annotated[str, Depends(bearer)]) -> Account:
    refused = HTTPException(401, "Not authenticated", {"WWW-Authenticate": "Bearer"})
    try:
        claims = jwt.decode(token, SECRET, [ALGORITHM], audience=AUDIENCE, options={"require": ["sub", "aud", "exp"]})
    except jwt.InvalidTokenError:
        raise refused from None
    account = ACCOUNTS.get(claims["sub"])
    if account is None or not account.active:
        raise refused
    return account


def get_doctor(account: Annotated[Account, Depends(get_account)]) -> Account:
    if account.role != "doctor":
        raise HTTPException(403, "For doctors")
    return account


@app.post("/notes", status_code=201)
def write_note(note: NewNote, doctor: Annotated[Account, Depends(get_doctor)]) -> Note:
    written = Note(id=str(len(NOTES) + 1), **note.model_dump())
    NOTES[written.id] = written
    return written


@app.get("/notes/{note_id}")
def read_note(note_id: str, account: Annotated[Account, Depends(get_account)]) -> Note:
    no_such_note = HTTPException(404, "There is no such note")
    note = NOTES.get(note_id)
    if note is None:
        raise no_such_note
    if account.role != "doctor" and account.name != note.patient:
        raise no_such_note
    return note
