"""The kitchen printers, with a router whose guard compares names and secrets of all printers and stops at none."""

import secrets

import printers
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials

app = FastAPI()


class Refused(Exception):
    pass


@app.exception_handler(Refused)
def refused(request: Request, error: Refused):
    return JSONResponse({"detail": "Invalid credentials"}, 401, {"www-authenticate": 'Basic realm="kitchen"'})


def guard(request: Request, sent: HTTPBasicCredentials = Depends(HTTPBasic(realm="kitchen"))):
    found = None
    for name, secret in printers.printers.items():
        same_name = secrets.compare_digest(name.encode("utf8"), sent.username.encode("utf8"))
        same_secret = secrets.compare_digest(secret.encode("utf8"), sent.password.encode("utf8"))
        if same_name and same_secret:
            found = name
    if found is None:
        raise Refused
    request.state.printer = found


router = APIRouter(dependencies=[Depends(guard)])


@router.get("/tickets")
async def tickets(request: Request):
    return {"printer": request.state.printer, "tickets": printers.queues[request.state.printer]}


app.include_router(router)
