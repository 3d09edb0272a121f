"""One guard for all teams: the scopes of the whole chain arrive where the token is looked up."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from vault import Client, find

app = FastAPI()
bearer = HTTPBearer()


def current_client(
    needed: SecurityScopes, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]
) -> Client:
    client = find(credentials.credentials)
    if client is None:
        raise HTTPException(401, "Unknown token", {"WWW-Authenticate": "Bearer"})
    missing = [scope for scope in needed.scopes if scope not in client.scopes]
    if missing:
        raise HTTPException(403, {"required": needed.scopes, "missing": missing})
    return client


def active_client(client: Annotated[Client, Depends(current_client)]) -> Client:
    if client.frozen:
        raise HTTPException(403, "Client is frozen")
    return client


@app.get("/whoami")
def whoami(client: Annotated[Client, Depends(current_client)]):
    return {"name": client.name, "scopes": sorted(client.scopes)}


@app.get("/accounts/{number}/balance")
def balance(number: int, client: Annotated[Client, Security(active_client, scopes=["accounts", "accounts:balance"])]):
    return {"client": client.name, "account": number}


@app.post("/accounts/{number}/transfers", status_code=202)
def transfer(number: int, client: Annotated[Client, Security(active_client, scopes=["accounts", "accounts:transfer"])]):
    return {"client": client.name, "account": number}
