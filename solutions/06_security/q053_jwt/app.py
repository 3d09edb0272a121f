"""The laboratory's portal: signed tokens, checked in full, and refresh tokens that work once."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import accounts
import jwt
import settings
from accounts import Account
from fastapi import Body, Depends, FastAPI, HTTPException, Response
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm

app = FastAPI()
bearer = OAuth2PasswordBearer(tokenUrl="token")
CHALLENGE = {"WWW-Authenticate": "Bearer"}
LIFETIMES = {"access": settings.ACCESS_SECONDS, "refresh": settings.REFRESH_SECONDS}

# The refresh tokens of one login are a line. Of each line that lives, this is the `jti` that is good now.
lines: dict[str, str] = {}


def refused() -> HTTPException:
    return HTTPException(401, "Could not validate credentials", CHALLENGE)


def signed(account: Account, typ: str, **more: str) -> str:
    now = datetime.now(UTC)
    claims = {
        "iss": settings.ISSUER,
        "aud": settings.AUDIENCE,
        "sub": str(account.id),
        "iat": now,
        "exp": now + timedelta(seconds=LIFETIMES[typ]),
        "jti": secrets.token_urlsafe(16),
        "typ": typ,
    }
    return jwt.encode({**claims, **more}, settings.SECRET, algorithm="HS256")


def verified(token: str, typ: str) -> tuple[dict[str, Any], Account]:
    try:
        claims = jwt.decode(
            token,
            settings.SECRET,
            algorithms=["HS256"],
            audience=settings.AUDIENCE,
            issuer=settings.ISSUER,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        account = accounts.get(int(claims["sub"]))
    except (jwt.PyJWTError, ValueError):
        raise refused() from None
    if claims.get("typ") != typ or account is None or not account.active:
        raise refused()
    return claims, account


def pair(account: Account, line: str, response: Response) -> dict[str, str | int]:
    lines[line] = secrets.token_urlsafe(16)
    response.headers["Cache-Control"] = "no-store"
    return {
        "access_token": signed(account, "access"),
        "refresh_token": signed(account, "refresh", jti=lines[line], line=line),
        "token_type": "bearer",
        "expires_in": settings.ACCESS_SECONDS,
    }


@app.post("/token")
def sign_in(form: Annotated[OAuth2PasswordRequestForm, Depends()], response: Response) -> dict[str, str | int]:
    account = accounts.check_login(form.username, form.password)
    if account is None:
        raise HTTPException(401, "Incorrect username or password", CHALLENGE)
    return pair(account, secrets.token_urlsafe(16), response)


@app.post("/token/refresh")
def refresh(refresh_token: Annotated[str, Body(embed=True)], response: Response) -> dict[str, str | int]:
    claims, account = verified(refresh_token, "refresh")
    # Taken out whatever comes next: a token that is not the newest of its line was used before, and ends the line.
    newest = lines.pop(claims.get("line", ""), None)
    if newest is None or newest != claims.get("jti"):
        raise refused()
    return pair(account, claims["line"], response)


@app.get("/me")
def me(token: Annotated[str, Depends(bearer)]) -> dict[str, str | int]:
    _claims, account = verified(token, "access")
    return {"id": account.id, "email": account.email}
