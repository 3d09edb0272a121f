"""The kitchen printers, with a subclass of `HTTPBasic` that returns the name."""

from hmac import compare_digest
from secrets import token_bytes

import printers
from fastapi import FastAPI, Request, Security
from fastapi.exceptions import HTTPException
from fastapi.security import HTTPBasic

app = FastAPI()


class PrinterAuth(HTTPBasic):
    def make_not_authenticated_error(self):
        return HTTPException(401, "Invalid credentials", self.make_authenticate_headers())

    async def __call__(self, request: Request) -> str:
        sent = await super().__call__(request)
        secret = printers.printers.get(sent.username)
        # Nobody can send this one, since it is made anew each time.
        stored = token_bytes(16) if secret is None else secret.encode()
        if compare_digest(stored, sent.password.encode()):
            return sent.username
        raise self.make_not_authenticated_error()


@app.get("/tickets")
def tickets(printer: str = Security(PrinterAuth(realm="kitchen"))):
    return dict(printer=printer, tickets=list(printers.queues[printer]))
