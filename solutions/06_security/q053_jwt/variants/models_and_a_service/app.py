"""The claims as a model, the lines in a service, the refresh token kept as a digest."""

import hashlib
from datetime import datetime, timedelta, timezone
from typing import Annotated, Literal, Optional
from uuid import uuid4

import accounts
import jwt
import settings
from fastapi import Body, Depends, FastAPI, HTTPException, Response, Security, status
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestFormStrict
from pydantic import BaseModel, ValidationError


class Claims(BaseModel):
    iss: str
    aud: str | list[str]
    sub: str
    exp: datetime
    iat: Optional[datetime] = None
    jti: Optional[str] = None
    typ: Literal["access", "refresh"]
    line: Optional[str] = None


class Pair(BaseModel):
    access_token: str
    refresh_token: str
    token_type: str = "bearer"
    expires_in: int = settings.ACCESS_SECONDS


class Me(BaseModel):
    id: int
    email: str


class Invalid(HTTPException):
    def __init__(self, detail: str = "Could not validate credentials"):
        super().__init__(status.HTTP_401_UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})


class Tokens:
    def __init__(self):
        self.jwt = jwt.PyJWT({"require": ["exp", "aud", "iss", "sub"]})
        self.newest: dict[str, str] = {}

    def issue(self, account: accounts.Account, line: str) -> Pair:
        now = datetime.now(timezone.utc)

        def sign(typ, seconds):
            claims = Claims(
                iss=settings.ISSUER,
                aud=settings.AUDIENCE,
                sub=str(account.id),
                iat=now,
                exp=now + timedelta(seconds=seconds),
                jti=uuid4().hex,
                typ=typ,
                line=line,
            )
            return self.jwt.encode(claims.model_dump(), settings.SECRET)

        kept = sign("refresh", settings.REFRESH_SECONDS)
        self.newest[line] = self.digest(kept)
        return Pair(access_token=sign("access", settings.ACCESS_SECONDS), refresh_token=kept)

    def digest(self, token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    def read(self, token: str, typ: str) -> tuple[Claims, accounts.Account]:
        try:
            raw = self.jwt.decode(
                token, settings.SECRET, algorithms=["HS256"], audience=settings.AUDIENCE, issuer=settings.ISSUER
            )
            claims = Claims.model_validate(raw)
            account = accounts.get(int(claims.sub)) if claims.sub.isdigit() else None
        except (jwt.PyJWTError, ValidationError, ValueError) as error:
            raise Invalid from error
        if claims.typ != typ or account is None or not account.active:
            raise Invalid
        return claims, account

    def renew(self, token: str) -> Pair:
        claims, account = self.read(token, "refresh")
        if self.newest.get(claims.line) != self.digest(token):
            self.newest.pop(claims.line, None)
            raise Invalid
        return self.issue(account, claims.line)


tokens = Tokens()
app = FastAPI()
scheme = OAuth2PasswordBearer(tokenUrl="/token", refreshUrl="/token/refresh")


def no_store(response: Response):
    response.headers["Cache-Control"] = "no-store"


def current(token: Annotated[str, Security(scheme)]) -> accounts.Account:
    return tokens.read(token, "access")[1]


@app.post("/token", dependencies=[Depends(no_store)])
async def sign_in(form: Annotated[OAuth2PasswordRequestFormStrict, Depends()]) -> Pair:
    account = accounts.check_login(form.username, form.password)
    if account is None:
        raise Invalid("Incorrect username or password")
    return tokens.issue(account, uuid4().hex)


@app.post("/token/refresh", dependencies=[Depends(no_store)])
async def renew(refresh_token: Annotated[str, Body(embed=True)]) -> Pair:
    return tokens.renew(refresh_token)


@app.get("/me", response_model=Me)
async def me(account: Annotated[accounts.Account, Depends(current)]):
    return {"id": account.id, "email": account.email}
