"""Authlib does the work; the session is Starlette's."""

import os
from typing import Annotated, Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc.errors import JoseError
from starlette.middleware.sessions import SessionMiddleware

try:  # Authlib takes httpx2 where there is one
    import httpx2 as httpx
except ImportError:
    import httpx

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key=os.environ["SESSION_SECRET"], https_only=True)

oauth = OAuth()
oauth.register(
    "federation",
    client_id=os.environ["OIDC_CLIENT_ID"],
    client_secret=os.environ["OIDC_CLIENT_SECRET"],
    server_metadata_url=f"{os.environ['OIDC_ISSUER']}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid email", "code_challenge_method": "S256"},
)


def begun_here(request: Request) -> bool:
    return f"_state_federation_{request.query_params.get('state')}" in request.session


@app.get("/login")
async def login(request: Request, wanted: Annotated[str, Query(alias="next")] = "/") -> Response:
    if not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        wanted = "/"
    try:
        response = await oauth.federation.authorize_redirect(request, request.url_for("callback"))
    except httpx.HTTPError:
        return JSONResponse({"detail": "no provider"}, 502)
    request.session["next"] = wanted
    return response


@app.get("/callback")
async def callback(request: Request) -> Response:
    if not begun_here(request):
        return JSONResponse({"detail": "not begun here"}, 400)
    try:
        token = await oauth.federation.authorize_access_token(request)
    except (AuthlibBaseError, JoseError, ValueError):
        return JSONResponse({"detail": "refused"}, 401)
    person = token.get("userinfo")
    if not person:
        return JSONResponse({"detail": "nobody"}, 401)
    request.session["person"] = {key: person.get(key) for key in ("sub", "name", "email", "email_verified")}
    return RedirectResponse(request.session.pop("next", "/"), 302)


@app.get("/me")
async def me(request: Request) -> Any:
    person = request.session.get("person")
    if person is None:
        return JSONResponse({"detail": "nobody"}, 401)
    email = person["email"] if person["email_verified"] is True else None
    return {"sub": person["sub"], "name": person["name"], "email": email}


@app.post("/logout", status_code=204)
async def logout(request: Request) -> None:
    request.session.pop("person", None)
