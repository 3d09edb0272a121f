"""The greenhouse with random tokens of which only digests are kept, an instance as guard, and form fields of its own."""

import hashlib
import secrets
from statistics import mean

import greenhouse
from fastapi import Depends, FastAPI, Form, HTTPException, Security
from fastapi.security import OAuth2, SecurityScopes
from fastapi.security.utils import get_authorization_scheme_param

READ, DAILY, WRITE, VALVES = "climate:read", "climate:read:daily", "climate:write", "valves:write"


class Refused(HTTPException):
    def __init__(self, status_code, detail, **parameters):
        listed = ", ".join(f'{name}="{value}"' for name, value in parameters.items())
        super().__init__(status_code, detail, {"www-authenticate": f"Bearer {listed}".strip()})


class Guard:
    scheme = OAuth2(flows={"password": {"tokenUrl": "token", "scopes": greenhouse.SCOPES}})

    def __init__(self):
        self.rows = {}

    def digest(self, token):
        return hashlib.sha256(token.encode()).hexdigest()

    def let_in(self, username, scopes):
        token = secrets.token_hex(20)
        self.rows[self.digest(token)] = (username, scopes)
        return token

    def __call__(self, needed: SecurityScopes, authorization=Depends(scheme)):
        kind, token = get_authorization_scheme_param(authorization)
        row = self.rows.get(self.digest(token)) if kind.lower() == "bearer" else None
        if row is None:
            raise Refused(401, "Sign in")
        if set(needed.scopes).difference(row[1]):
            raise Refused(403, "Not enough permissions", scope=needed.scope_str, error="insufficient_scope")
        return row


guard = Guard()
app = FastAPI()


@app.post("/token")
def token(username: str = Form(), password: str = Form(), scope: str = Form("")):
    if (grower := greenhouse.check_login(username, password)) is None:
        raise Refused(401, "Incorrect username or password")
    granted = sorted(set(scope.split()) & grower.scopes)
    return {"scope": " ".join(granted), "token_type": "bearer", "access_token": guard.let_in(username, granted)}


@app.get("/me")
def me(row=Depends(guard)):
    return {"username": row[0], "scopes": row[1]}


@app.get("/climate", dependencies=[Security(guard, scopes=[READ])])
def climate():
    return {"target": greenhouse.house.target, "sensors": greenhouse.house.sensors}


@app.get("/climate/daily", dependencies=[Security(guard, scopes=[DAILY])])
def daily():
    return {"average": mean(greenhouse.house.sensors)}


@app.put("/climate/target", dependencies=[Security(guard, scopes=[READ, WRITE])])
def target(body: dict[str, int]):
    if "target" not in body:
        raise HTTPException(422, [{"loc": ["body", "target"], "msg": "missing", "type": "missing"}])
    greenhouse.house.target = body["target"]
    return {"target": body["target"]}


@app.post("/valves/{number}/open", dependencies=[Security(guard, scopes=[READ, VALVES])])
def valve(number: int):
    greenhouse.house.opened.append(number)
    return {"opened": number}
