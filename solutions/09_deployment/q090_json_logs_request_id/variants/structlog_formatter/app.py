import billing
from fastapi import BackgroundTasks, FastAPI
from fastapi.responses import JSONResponse
from logs import Identify
from pydantic import BaseModel


class Payment(BaseModel):
    amount: int
    card_number: str


class Service(FastAPI):
    def build_middleware_stack(self):
        return Identify(super().build_middleware_stack())


async def sorry(request, error):
    return JSONResponse({"detail": "Internal Server Error"}, 500)


app = Service(exception_handlers={500: sorry})


@app.post("/invoices/{invoice}/payment")
async def pay(invoice: str, payment: Payment, background: BackgroundTasks) -> dict:
    await billing.charge(invoice, payment.amount, payment.card_number)
    background.add_task(billing.archive, invoice)
    return {"invoice": invoice, "paid": True}


@app.get("/invoices/{invoice}")
def show(invoice: str) -> dict:
    return billing.lookup(invoice)
