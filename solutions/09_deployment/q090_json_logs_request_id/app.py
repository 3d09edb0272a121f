"""Takes the payments of invoices."""

import billing
from fastapi import BackgroundTasks, FastAPI, Request
from fastapi.responses import PlainTextResponse
from logs import HEADER, RequestIdMiddleware, request_id
from pydantic import BaseModel

app = FastAPI()
app.add_middleware(RequestIdMiddleware)


class Payment(BaseModel):
    amount: int
    card_number: str


@app.exception_handler(Exception)
async def crashed(request: Request, error: Exception) -> PlainTextResponse:
    # This answer is made outside of all middleware, so nothing else puts the header there.
    return PlainTextResponse("Internal Server Error", 500, {HEADER: request_id.get() or ""})


@app.post("/invoices/{invoice}/payment")
async def pay(invoice: str, payment: Payment, background: BackgroundTasks) -> dict:
    await billing.charge(invoice, payment.amount, payment.card_number)
    background.add_task(billing.archive, invoice)
    return {"invoice": invoice, "paid": True}


@app.get("/invoices/{invoice}")
def show(invoice: str) -> dict:
    return billing.lookup(invoice)
