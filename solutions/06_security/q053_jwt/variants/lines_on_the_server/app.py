"""Which refresh token belongs to which login is known to the server alone; refusals are made by an exception handler."""

import threading
import time
import uuid

import jwt
from accounts import Account, check_login, get
from fastapi import Depends, FastAPI, Form, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from settings import ACCESS_SECONDS, AUDIENCE, ISSUER, REFRESH_SECONDS, SECRET

app = FastAPI(title="Portal")
bearer_token = HTTPBearer()
lock = threading.Lock()
line_of: dict[str, int] = {}  # every refresh token ever issued, by jti
good: dict[int, str] = {}  # the one jti of each line; a line that was ended is not here


class Refused(Exception):
    def __init__(self, detail="Could not validate credentials"):
        self.detail = detail


@app.exception_handler(Refused)
async def refuse(request: Request, refused: Refused):
    return JSONResponse({"detail": refused.detail}, 401, {"WWW-Authenticate": 'Bearer realm="lab"'})


class Renewal(BaseModel):
    refresh_token: str


def claims_for(account, kind, seconds):
    now = int(time.time())
    return {
        "iss": ISSUER,
        "aud": [AUDIENCE],
        "sub": f"{account.id}",
        "iat": now,
        "nbf": now,
        "exp": now + seconds,
        "jti": str(uuid.uuid4()),
        "typ": kind,
        "v": 1,
    }


def pair(account, line):
    access = claims_for(account, "access", ACCESS_SECONDS)
    kept = claims_for(account, "refresh", REFRESH_SECONDS)
    with lock:
        line_of[kept["jti"]] = line
        good[line] = kept["jti"]
    return JSONResponse(
        {
            "access_token": jwt.encode(access, SECRET, "HS256", headers={"kid": "lab"}),
            "refresh_token": jwt.encode(kept, SECRET, "HS256"),
            "token_type": "bearer",
            "expires_in": ACCESS_SECONDS,
            "scope": "",
        },
        headers={"Cache-Control": "no-store", "Pragma": "no-cache"},
    )


def check(token: str, kind: str):
    try:
        claims = jwt.decode(
            token,
            SECRET,
            ["HS256"],
            audience=[AUDIENCE],
            issuer=ISSUER,
            leeway=10,
            options={"require": ["exp", "aud", "iss", "sub", "typ"]},
        )
        account = get(int(claims["sub"]))
        if claims["typ"] != kind or not account or not account.active:
            raise Refused
    except Exception:
        raise Refused from None
    return claims, account


@app.post("/token")
def login(username: str = Form(), password: str = Form()):
    account = check_login(username, password)
    if not account:
        raise Refused("Incorrect username or password")
    return pair(account, len(line_of))


@app.post("/token/refresh")
def renew(renewal: Renewal):
    claims, account = check(renewal.refresh_token, "refresh")
    with lock:
        line = line_of.get(claims.get("jti"))
        if good.get(line) != claims["jti"]:
            good.pop(line, None)
            raise Refused
        del good[line]
    return pair(account, line)


def whoever(credentials: HTTPAuthorizationCredentials = Depends(bearer_token)) -> Account:
    return check(credentials.credentials, "access")[1]


@app.get("/me")
def me(account: Account = Depends(whoever)):
    return {"id": account.id, "email": account.email}
