import base64
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from urllib.parse import urlencode

import httpx
import jwt
from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

ISSUER = os.environ["OIDC_ISSUER"]
CLIENT_ID = os.environ["OIDC_CLIENT_ID"]
CLIENT_SECRET = os.environ["OIDC_CLIENT_SECRET"]


class Provider:
    """What is known of the provider; it is asked when something is needed that is not known yet."""

    http: httpx.AsyncClient  # open as long as the app runs

    def __init__(self) -> None:
        self.document: dict[str, Any] = {}
        self.keys: dict[str | None, jwt.PyJWK] = {}

    async def fetch(self, url: str) -> Any:
        return (await self.http.get(url)).raise_for_status().json()

    async def discovery(self) -> dict[str, Any]:
        if not self.document:
            self.document = await self.fetch(f"{ISSUER}/.well-known/openid-configuration")
        return self.document

    async def key(self, kid: str | None) -> jwt.PyJWK:
        if kid not in self.keys:
            found = await self.fetch((await self.discovery())["jwks_uri"])
            self.keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(found).keys}
        if kid not in self.keys:
            raise jwt.InvalidKeyError("no such key")
        return self.keys[kid]

    async def id_token(self, code: str, verifier: str, redirect_uri: str) -> str | None:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        url = (await self.discovery())["token_endpoint"]
        answer = await self.http.post(url, data=form, auth=(CLIENT_ID, CLIENT_SECRET))
        if answer.is_client_error:
            return None
        return answer.raise_for_status().json().get("id_token")

    async def claims(self, token: str, nonce: str) -> dict[str, Any]:
        key = await self.key(jwt.get_unverified_header(token).get("kid"))
        claims = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=ISSUER,
            audience=CLIENT_ID,
            options={"require": ["exp", "iat", "sub", "iss", "aud"]},
        )
        if claims.get("nonce") != nonce:
            raise jwt.InvalidTokenError("not the nonce of this login")
        return claims


provider = Provider()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(timeout=5) as provider.http:
        yield


app = FastAPI(lifespan=lifespan)
app.add_middleware(
    SessionMiddleware,
    secret_key=os.environ["SESSION_SECRET"],
    same_site="lax",
)


def on_this_site(path: str) -> str:
    return path if path.startswith("/") and path[1:2] not in ("/", "\\") else "/"


@app.get("/login")
async def login(request: Request, wanted: Annotated[str, Query(alias="next")] = "/") -> RedirectResponse:
    try:
        document = await provider.discovery()
    except httpx.HTTPError:
        raise HTTPException(502, "The provider cannot be reached") from None
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    request.session["login"] = {"state": state, "nonce": nonce, "verifier": verifier, "next": on_this_site(wanted)}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": str(request.url_for("callback")),
        "scope": "openid profile email",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return RedirectResponse(f"{document['authorization_endpoint']}?{urlencode(query)}", 302)


@app.get("/callback")
async def callback(request: Request, state: str = "", code: str = "", error: str = "") -> RedirectResponse:
    begun = request.session.pop("login", None)
    if begun is None or not secrets.compare_digest(begun["state"].encode(), state.encode()):
        raise HTTPException(400, "That login was not begun here")
    if error:
        raise HTTPException(401, "The provider said no")
    try:
        token = await provider.id_token(code, begun["verifier"], str(request.url_for("callback")))
        if token is None:
            raise HTTPException(401, "The provider refuses this code")
        claims = await provider.claims(token, begun["nonce"])
    except jwt.PyJWTError:
        raise HTTPException(401, "The provider's token is not good") from None
    except httpx.HTTPError:
        raise HTTPException(502, "The provider cannot be reached") from None
    request.session.clear()
    request.session["user"] = {
        "sub": claims["sub"],
        "name": claims.get("name"),
        "email": claims.get("email") if claims.get("email_verified") is True else None,
    }
    return RedirectResponse(begun["next"], 303)


@app.get("/me")
async def me(request: Request) -> dict[str, Any]:
    if "user" not in request.session:
        raise HTTPException(401, "Nobody is logged in")
    return request.session["user"]


@app.post("/logout", status_code=204)
async def logout(request: Request) -> Response:
    request.session.clear()
    return Response(status_code=204)
