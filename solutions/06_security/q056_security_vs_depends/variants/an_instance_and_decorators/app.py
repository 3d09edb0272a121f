"""One guard for all teams, with an instance as dependency, scopes in the decorators, and refusals as exceptions of one's own."""

import vault
from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.security import HTTPBearer, SecurityScopes

app = FastAPI()


class Stranger(HTTPException):
    def __init__(self):
        super().__init__(401, headers={"www-authenticate": "bearer"})


class Refused(HTTPException):
    def __init__(self, detail):
        super().__init__(403, detail)


class CurrentClient:
    async def __call__(self, asked: SecurityScopes, sent=Security(HTTPBearer())):
        client = vault.find(sent.credentials)
        if not client:
            raise Stranger
        required = asked.scope_str.split()
        missing = [one for one in required if one not in client.scopes]
        if any(missing):
            raise Refused({"required": required, "missing": missing})
        return client


current_client = CurrentClient()


class ActiveClient:
    def __call__(self, client=Depends(current_client)):
        if client.frozen:
            raise Refused("Client is frozen")
        return client


active_client = ActiveClient()


@app.get("/whoami")
def whoami(client=Depends(current_client)):
    return dict(name=client.name, scopes=sorted(client.scopes))


@app.get(
    "/accounts/{number}/balance",
    dependencies=[
        Security(current_client, scopes=["accounts"]),
        Security(current_client, scopes=["accounts:balance"]),
    ],
)
def balance(number: int, client=Depends(active_client)):
    return dict(client=client.name, account=number)


@app.post(
    "/accounts/{number}/transfers",
    status_code=202,
    dependencies=[Security(active_client, scopes=["accounts:transfer", "accounts"])],
)
def transfers(number: int, client=Depends(active_client)):
    return dict(client=client.name, account=number)
