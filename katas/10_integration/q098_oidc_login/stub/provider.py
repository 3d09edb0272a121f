"""A small OpenID provider to log in with. Given; do not edit.  python provider.py  serves it on port 9000."""

import base64
import hashlib
import secrets
import time
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse


class Provider:
    def __init__(self, issuer: str, clients: dict[str, tuple[str, str]], people: dict[str, dict]):
        self.issuer = issuer
        self.clients = clients  # id -> (secret, redirect URI)
        self.people = people  # sub -> claims
        self.codes: dict[str, dict] = {}
        self.base = "/" + secrets.token_hex(4)  # where the endpoints are is the provider's business
        self.rotate()
        self.app = FastAPI(title="Provider")
        self.app.get("/.well-known/openid-configuration")(self.discovery)
        self.app.get(f"{self.base}/authorize")(self.authorize)
        self.app.post(f"{self.base}/token")(self.token)
        self.app.get(f"{self.base}/keys")(self.keys)

    def rotate(self) -> None:
        """A new signing key; the old one is gone."""
        self.kid, self.key = secrets.token_hex(4), rsa.generate_private_key(65537, 2048)

    async def discovery(self):
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}{self.base}/authorize",
            "token_endpoint": f"{self.issuer}{self.base}/token",
            "jwks_uri": f"{self.issuer}{self.base}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }

    async def keys(self):
        return {
            "keys": [
                jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
                | {"kid": self.kid, "use": "sig", "alg": "RS256"}
            ]
        }

    async def authorize(self, request: Request):
        q = request.query_params
        secret, redirect_uri = self.clients.get(q.get("client_id"), (None, None))
        if secret is None or q.get("redirect_uri") != redirect_uri:
            raise HTTPException(400, "unknown client or redirect_uri")
        if q.get("response_type") != "code" or "openid" not in q.get("scope", "").split():
            raise HTTPException(400, "response_type=code and scope=openid, please")
        if q.get("code_challenge_method") != "S256" or not q.get("code_challenge"):
            raise HTTPException(400, "PKCE with S256, please")
        if "person" not in q:
            links = "".join(
                f'<li><a href="?{urlencode(dict(q) | {"person": sub})}">{sub}</a></li>' for sub in [*self.people, ""]
            )
            return HTMLResponse(f"<h1>Who are you?</h1><ul>{links}</ul>")
        if q["person"] not in self.people:
            return RedirectResponse(
                f"{redirect_uri}?{urlencode({'error': 'access_denied', 'state': q.get('state', '')})}", 302
            )
        code = secrets.token_urlsafe(16)
        self.codes[code] = {"q": dict(q), "sub": q["person"]}
        return RedirectResponse(f"{redirect_uri}?{urlencode({'code': code, 'state': q.get('state', '')})}", 302)

    async def token(self, request: Request):
        form = await request.form()
        client_id, secret = form.get("client_id"), form.get("client_secret")
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            client_id, _, secret = base64.b64decode(credentials).decode().partition(":")
        if client_id not in self.clients or secret != self.clients[client_id][0]:
            return JSONResponse({"error": "invalid_client"}, 401)
        grant = self.codes.pop(form.get("code"), None)
        if (
            grant is None
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != grant["q"]["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        digest = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != grant["q"]["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": grant["sub"],
            "aud": client_id,
            "iat": now,
            "exp": now + 300,
        } | self.people[grant["sub"]]
        if "nonce" in grant["q"]:
            claims["nonce"] = grant["q"]["nonce"]
        return {
            "access_token": secrets.token_urlsafe(24),
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.sign(claims),
        }

    def sign(self, claims: dict) -> str:
        return jwt.encode(claims, self.key, "RS256", {"kid": self.kid})


if __name__ == "__main__":
    import uvicorn

    people = {"248289": {"name": "Ada", "email": "ada@example.org", "email_verified": True}}
    uvicorn.run(
        Provider("http://localhost:9000", {"club": ("club-secret", "http://localhost:8000/callback")}, people).app,
        port=9000,
    )
