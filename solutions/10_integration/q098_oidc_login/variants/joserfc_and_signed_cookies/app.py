"""joserfc for the tokens, and two signed cookies: one while a login is under way, one afterwards."""

import base64
import hashlib
import hmac
import os
import secrets
from typing import Any
from urllib.parse import urlencode

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from itsdangerous import BadData, URLSafeTimedSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

signer = URLSafeTimedSerializer(os.environ["SESSION_SECRET"])
app = FastAPI()
app.state.document = None
app.state.keys = KeySet([])


class No(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


@app.exception_handler(No)
async def no(request: Request, refusal: No) -> Response:
    response = JSONResponse({"detail": "no"}, refusal.status)
    if request.url.path == "/callback":
        response.delete_cookie("login", path="/callback")
    return response


async def fetched(url: str) -> Any:
    async with httpx.AsyncClient() as client:
        answer = await client.get(url)
    answer.raise_for_status()
    return answer.json()


async def document() -> dict[str, str]:
    if app.state.document is None:
        issuer = os.environ["OIDC_ISSUER"].rstrip("/")
        app.state.document = await fetched(f"{issuer}/.well-known/openid-configuration")
    return app.state.document


async def verified(token: str) -> dict[str, Any]:
    header = jwt_header(token)
    if all(key.kid != header.get("kid") for key in app.state.keys.keys):
        app.state.keys = KeySet.import_key_set(await fetched((await document())["jwks_uri"]))
    claims = jwt.decode(token, app.state.keys, algorithms=["RS256"]).claims
    rules = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": os.environ["OIDC_ISSUER"]},
        aud={"essential": True, "value": os.environ["OIDC_CLIENT_ID"]},
        exp={"essential": True},
        nonce={"essential": True},
    )
    rules.validate(claims)
    return claims


def jwt_header(token: str) -> dict[str, Any]:
    from joserfc import jws

    return jws.extract_compact(token.encode()).headers()


def read(request: Request, name: str) -> Any:
    try:
        return signer.loads(request.cookies[name], salt=name)
    except (KeyError, BadData):
        return None


@app.get("/login")
async def login(request: Request) -> Response:
    try:
        endpoint = (await document())["authorization_endpoint"]
    except httpx.HTTPError:
        raise No(502) from None
    path = request.query_params.get("next", "/")
    good = path[:1] == "/" and path[1:2] != "/" and path[1:2] != "\\"
    state, nonce, verifier = secrets.token_hex(16), secrets.token_hex(16), secrets.token_hex(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode()[:43]
    query = urlencode(
        {
            "response_type": "code",
            "scope": "openid",
            "client_id": os.environ["OIDC_CLIENT_ID"],
            "redirect_uri": request.url.replace(path="/callback", query=""),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
    )
    response = RedirectResponse(f"{endpoint}?{query}", 303)
    begun = signer.dumps([state, nonce, verifier, path if good else "/"], salt="login")
    response.set_cookie("login", begun, path="/callback", httponly=True, max_age=600)
    return response


@app.get("/callback")
async def callback(request: Request) -> Response:
    state, nonce, verifier, path = read(request, "login") or ("", "", "", "")
    if not state or not hmac.compare_digest(state.encode(), request.query_params.get("state", "").encode()):
        raise No(400)
    if "code" not in request.query_params:
        raise No(401)
    form = {
        "grant_type": "authorization_code",
        "code": request.query_params["code"],
        "redirect_uri": request.url.replace(query=""),
        "code_verifier": verifier,
    }
    form["redirect_uri"] = str(form["redirect_uri"])
    async with httpx.AsyncClient() as client:
        auth = (os.environ["OIDC_CLIENT_ID"], os.environ["OIDC_CLIENT_SECRET"])
        answer = await client.post((await document())["token_endpoint"], data=form, auth=auth)
    if answer.is_error or "id_token" not in answer.json():
        raise No(401)
    try:
        claims = await verified(answer.json()["id_token"])
    except (JoseError, ValueError):
        raise No(401) from None
    if claims["nonce"] != nonce:
        raise No(401)
    response = RedirectResponse(path, 303)
    response.delete_cookie("login", path="/callback")
    email = claims.get("email") if claims.get("email_verified") is True else None
    person = {"sub": claims["sub"], "name": claims["name"], "email": email}
    response.set_cookie("person", signer.dumps(person, salt="person"), httponly=True, samesite="lax")
    return response


@app.get("/me")
async def me(request: Request) -> Any:
    person = read(request, "person")
    if person is None:
        raise No(401)
    return person


@app.post("/logout")
async def logout() -> Response:
    response = Response(status_code=204)
    response.delete_cookie("person")
    return response
