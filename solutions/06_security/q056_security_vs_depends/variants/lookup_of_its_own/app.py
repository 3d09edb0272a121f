"""One guard for all teams, with the lookup in a third dependency, its own 401, aliases, and a scope of the router."""

from typing import Annotated

import vault
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

scheme = HTTPBearer(auto_error=False, scheme_name="bank")


async def holder(sent: Annotated[HTTPAuthorizationCredentials | None, Security(scheme)]) -> vault.Client:
    client = vault.find(sent.credentials) if sent else None
    if client is None:
        raise HTTPException(401, detail="Who are you?", headers={"WWW-Authenticate": 'Bearer realm="bank"'})
    return client


async def current_client(scopes: SecurityScopes, client: Annotated[vault.Client, Depends(holder)]) -> vault.Client:
    required = set(scopes.scopes)
    if not required <= client.scopes:
        raise HTTPException(403, {"missing": sorted(required - client.scopes), "required": sorted(required)})
    return client


async def active_client(client: Annotated[vault.Client, Security(current_client)]) -> vault.Client:
    if client.frozen:
        raise HTTPException(403, detail="Client is frozen")
    return client


CurrentClient = Annotated[vault.Client, Security(current_client)]
Reader = Annotated[vault.Client, Security(active_client, scopes=["accounts:balance"])]
Payer = Annotated[vault.Client, Security(active_client, scopes=["accounts:transfer"])]
Number = Annotated[int, Path()]

accounts = APIRouter(prefix="/accounts/{number}", dependencies=[Security(active_client, scopes=["accounts"])])


@accounts.get("/balance")
async def balance(client: Reader, number: Number):
    return {"account": number, "client": client.name}


@accounts.post("/transfers", status_code=202)
async def transfers(client: Payer, number: Number):
    return {"account": number, "client": client.name}


app = FastAPI()
app.include_router(accounts)


@app.get("/whoami")
async def whoami(client: CurrentClient):
    return {"scopes": sorted(client.scopes), "name": client.name}
