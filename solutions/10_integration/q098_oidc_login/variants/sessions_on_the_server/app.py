"""Synchronous endpoints, PyJWT's own JWK client, and sessions that the server keeps; the cookie is a random key."""

import base64
import hashlib
import os
import secrets
import threading
from typing import Annotated, Any
from urllib.parse import urlencode

import httpx
import jwt
from fastapi import Cookie, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

logins: dict[str, dict[str, str]] = {}
people: dict[str, dict[str, Any]] = {}
lock = threading.Lock()
known: dict[str, Any] = {}
app = FastAPI()


def metadata() -> dict[str, Any]:
    with lock:
        if "document" not in known:
            url = os.environ["OIDC_ISSUER"] + "/.well-known/openid-configuration"
            known["document"] = httpx.get(url, timeout=5).raise_for_status().json()
            known["jwks"] = jwt.PyJWKClient(known["document"]["jwks_uri"])
            known["jwks"].cooldown_duration = 0  # newer releases wait 30 seconds between two fetches
        return known["document"]


def keep(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, httponly=True, secure=True, samesite="lax")


@app.get("/login")
def login(request: Request, wanted: Annotated[str, Query(alias="next")] = "/") -> Response:
    try:
        endpoint = metadata()["authorization_endpoint"]
    except httpx.TransportError:
        raise HTTPException(502) from None
    if wanted[:1] != "/" or wanted[:2] in ("//", "/\\"):
        wanted = "/"
    key, state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(4))
    logins[key] = {"state": state, "nonce": nonce, "verifier": verifier, "next": wanted}
    query = {
        "scope": "profile openid",
        "response_type": "code",
        "client_id": os.environ["OIDC_CLIENT_ID"],
        "redirect_uri": f"{request.base_url}callback",
        "state": state,
        "nonce": nonce,
        "code_challenge_method": "S256",
        "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("="),
    }
    response = RedirectResponse(f"{endpoint}?{urlencode(query)}")
    keep(response, "login", key)
    return response


@app.get("/callback")
def callback(
    request: Request, login: Annotated[str, Cookie()] = "", state: str = "", code: str | None = None
) -> Response:
    begun = logins.get(login)
    if begun is None or begun["state"] != state:
        raise HTTPException(400)
    del logins[login]
    if code is None:
        raise HTTPException(401)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": f"{request.base_url}callback",
        "code_verifier": begun["verifier"],
        "client_id": os.environ["OIDC_CLIENT_ID"],
        "client_secret": os.environ["OIDC_CLIENT_SECRET"],
    }
    answer = httpx.post(metadata()["token_endpoint"], data=form, timeout=5)
    if answer.status_code != 200:
        raise HTTPException(401)
    try:
        token = answer.json()["id_token"]
        claims = jwt.decode(
            token,
            known["jwks"].get_signing_key_from_jwt(token).key,
            algorithms=["RS256"],
            audience=os.environ["OIDC_CLIENT_ID"],
            issuer=metadata()["issuer"],
            options={"require": ["exp", "sub", "nonce"]},
        )
    except (KeyError, jwt.PyJWTError):
        raise HTTPException(401) from None
    if claims["nonce"] != begun["nonce"]:
        raise HTTPException(401)
    key = secrets.token_urlsafe(32)
    email = claims.get("email") if claims.get("email_verified") is True else None
    people[key] = {"sub": claims["sub"], "name": claims["name"], "email": email}
    response = RedirectResponse(begun["next"], 303)
    response.delete_cookie("login")
    keep(response, "__Host-club", key)
    return response


@app.get("/me")
def me(request: Request) -> dict[str, Any]:
    person = people.get(request.cookies.get("__Host-club", ""))
    if person is None:
        raise HTTPException(401)
    return person


@app.post("/logout", status_code=204)
def logout(request: Request, response: Response) -> None:
    people.pop(request.cookies.get("__Host-club", ""), None)
    response.delete_cookie("__Host-club", secure=True)
