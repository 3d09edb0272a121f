import billing
import logs
from fastapi import BackgroundTasks, FastAPI
from pydantic import BaseModel

api = FastAPI()


class Payment(BaseModel):
    amount: int
    card_number: str


@api.post("/invoices/{invoice}/payment")
async def pay(invoice: str, payment: Payment, background: BackgroundTasks) -> dict:
    await billing.charge(invoice, payment.amount, payment.card_number)
    background.add_task(billing.archive, invoice)
    return {"invoice": invoice, "paid": True}


@api.get("/invoices/{invoice}")
def show(invoice: str) -> dict:
    return billing.lookup(invoice)


app = logs.with_ids(api)
