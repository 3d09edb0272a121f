"""The kitchen printers, with keyed digests in place of the secrets, and an optional scheme."""

import hashlib
import hmac
import secrets

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from printers import printers, queues
from pydantic import BaseModel

app = FastAPI()
basic = HTTPBasic(realm="kitchen", auto_error=False)
KEY = secrets.token_bytes(32)


class Tickets(BaseModel):
    printer: str
    tickets: list[str]


def digest(secret: str) -> str:
    return hmac.new(KEY, secret.encode(), hashlib.sha256).hexdigest()


async def credentials_of_a_printer(sent: HTTPBasicCredentials | None = Depends(basic)):
    refusal = HTTPException(401, {"why": "no credentials"}, headers=basic.make_authenticate_headers())
    if sent is None:
        raise refusal
    known = sent.username in printers
    right = hmac.compare_digest(
        digest(sent.password), digest(printers[sent.username] if known else secrets.token_hex())
    )
    if known & right:
        return sent.username
    refusal.detail = "Invalid credentials"
    raise refusal


@app.get("/tickets", response_model=Tickets)
async def tickets(name: str = Depends(credentials_of_a_printer)):
    return Tickets(printer=name, tickets=queues.get(name, []))
