"""Without a library: HS256 is an HMAC over two parts in base64url. Lines are looked after by marking what is used."""

import base64
import hmac
import json
import secrets
import time

import accounts
import settings
from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

router = APIRouter()
HEADER = {"alg": "HS256"}
LEEWAY = 5
used = set()
dead = set()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    data = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), b"-_", validate=True)
    if b64(data) != text:
        raise ValueError(text)
    return data


def mac(text: str) -> bytes:
    return hmac.digest(settings.SECRET.encode(), text.encode(), "sha256")


def encode(claims: dict) -> str:
    text = f"{b64(json.dumps(HEADER).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{text}.{b64(mac(text))}"


def number(value) -> bool:
    return type(value) in (int, float)


def decode(token: str) -> dict:
    head, body, signature = token.split(".")
    if json.loads(unb64(head))["alg"] != "HS256":
        raise ValueError
    if not hmac.compare_digest(mac(f"{head}.{body}"), unb64(signature)):
        raise ValueError
    claims = json.loads(unb64(body))
    now = time.time()
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    fits = (
        settings.AUDIENCE in audiences
        and claims["iss"] == settings.ISSUER
        and number(claims["exp"])
        and claims["exp"] > now - LEEWAY
        and ("nbf" not in claims or (number(claims["nbf"]) and claims["nbf"] <= now + LEEWAY))
        and isinstance(claims["sub"], str)
    )
    if not fits:
        raise ValueError
    return claims


def account_of(token, kind):
    try:
        claims = decode(token)
        account = accounts.get(int(claims["sub"]))
        if claims["typ"] == kind and account.active:
            return claims, account
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"})


def pair(account, line):
    now = time.time()

    def issue(kind, seconds, **more):
        base = {"iss": settings.ISSUER, "aud": settings.AUDIENCE, "sub": str(account.id)}
        times = {"iat": now, "exp": now + seconds}
        return encode({**base, **times, "jti": secrets.token_hex(8), "typ": kind, "sid": line, **more})

    return JSONResponse(
        {
            "access_token": issue("access", settings.ACCESS_SECONDS),
            "refresh_token": issue("refresh", settings.REFRESH_SECONDS),
            "token_type": "bearer",
            "expires_in": settings.ACCESS_SECONDS,
        },
        headers={"cache-control": "no-store"},
    )


@router.post("/token")
async def token(request: Request):
    form = await request.form()
    account = accounts.check_login(str(form.get("username")), str(form.get("password")))
    if account is None:
        raise HTTPException(401, "Incorrect username or password", {"WWW-Authenticate": "Bearer"})
    return pair(account, secrets.token_hex(8))


@router.post("/token/refresh")
async def refresh(request: Request):
    claims, account = account_of((await request.json())["refresh_token"], "refresh")
    line, jti = claims["sid"], claims["jti"]
    if jti in used or line in dead:
        dead.add(line)
        raise HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"})
    used.add(jti)
    return pair(account, line)


@router.get("/me")
async def me(request: Request):
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    account = account_of(sent if scheme.lower() == "bearer" else "", "access")[1]
    return {"email": account.email, "id": account.id}


app = FastAPI()
app.include_router(router)
