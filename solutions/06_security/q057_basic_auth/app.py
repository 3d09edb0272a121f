"""The kitchen printers: basic credentials, compared in constant time."""

import secrets
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from printers import printers, queues

app = FastAPI()

basic = HTTPBasic(realm="kitchen")


def current_printer(credentials: Annotated[HTTPBasicCredentials, Depends(basic)]) -> str:
    name = credentials.username
    # An unknown name costs a comparison, too: how long a refusal takes is nobody's business.
    stored = printers.get(name, "")
    same = secrets.compare_digest(credentials.password.encode(), stored.encode())
    if not same or name not in printers:
        raise HTTPException(401, "Invalid credentials", headers={"WWW-Authenticate": 'Basic realm="kitchen"'})
    return name


@app.get("/tickets")
def tickets(name: Annotated[str, Depends(current_printer)]):
    return {"printer": name, "tickets": queues[name]}
