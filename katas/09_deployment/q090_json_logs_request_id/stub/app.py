"""Takes the payments of invoices."""

import billing
from fastapi import BackgroundTasks, FastAPI
from pydantic import BaseModel

app = FastAPI()


class Payment(BaseModel):
    amount: int
    card_number: str


@app.post("/invoices/{invoice}/payment")
async def pay(invoice: str, payment: Payment, background: BackgroundTasks) -> dict:
    await billing.charge(invoice, payment.amount, payment.card_number)
    background.add_task(billing.archive, invoice)
    return {"invoice": invoice, "paid": True}


@app.get("/invoices/{invoice}")
def show(invoice: str) -> dict:
    return billing.lookup(invoice)
