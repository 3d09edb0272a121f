import billing
from fastapi import BackgroundTasks, FastAPI, Request
from fastapi.responses import JSONResponse
from logs import RequestIds
from pydantic import BaseModel
from starlette.middleware import Middleware


def crashed(request: Request, error: Exception):
    headers = {"X-Request-ID": request.state.request_id}
    return JSONResponse({"detail": "Internal Server Error"}, status_code=500, headers=headers)


app = FastAPI(middleware=[Middleware(RequestIds)], exception_handlers={Exception: crashed})


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
