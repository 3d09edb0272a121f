"""One guard for all teams, with dependencies that yield, links of its own in between, and answers as models."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Security, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from pydantic import BaseModel
from vault import Client, find

app = FastAPI()


class Me(BaseModel):
    name: str
    scopes: list[str]


class Done(BaseModel):
    client: str
    account: int


def current_client(
    security_scopes: SecurityScopes,
    credentials: HTTPAuthorizationCredentials = Depends(HTTPBearer(description="The token of your contract")),
):
    client = find(credentials.credentials)
    if not client:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    required = list(dict.fromkeys(security_scopes.scopes))
    missing = list(filter(lambda scope: scope not in client.scopes, required))
    if missing:
        raise HTTPException(status.HTTP_403_FORBIDDEN, {"required": required, "missing": missing})
    yield client


async def active_client(client: Client = Depends(current_client)):
    if client.frozen:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Client is frozen")
    yield client


def accounts(client: Client = Security(active_client, scopes=["accounts"])):
    return client


@app.get("/whoami")
def whoami(client: Client = Depends(current_client)) -> Me:
    return Me(name=client.name, scopes=sorted(client.scopes))


@app.get("/accounts/{number}/balance")
def balance(number: int, client: Annotated[Client, Security(accounts, scopes=["accounts:balance"])]) -> Done:
    return Done(client=client.name, account=number)


@app.post("/accounts/{number}/transfers", status_code=status.HTTP_202_ACCEPTED)
def transfers(number: int, client: Annotated[Client, Security(accounts, scopes=["accounts:transfer"])]) -> Done:
    return Done(client=client.name, account=number)
