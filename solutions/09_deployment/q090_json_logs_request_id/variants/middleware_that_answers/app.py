import logging
import uuid

import billing
from fastapi import BackgroundTasks, FastAPI, Request
from fastapi.responses import JSONResponse
from logs import HARMLESS, request_id
from pydantic import BaseModel

logger = logging.getLogger(__name__)
app = FastAPI()


class Payment(BaseModel):
    amount: int
    card_number: str


@app.middleware("http")
async def identify(request: Request, call_next):
    own = request.headers.get("x-request-id", "")
    if not HARMLESS.fullmatch(own):
        own = str(uuid.uuid4())
    request_id.set(own)
    try:
        response = await call_next(request)
    except Exception:
        logger.exception("%s %s crashed", request.method, request.url.path)
        response = JSONResponse({"detail": "Sorry", "request_id": own}, 500)
    response.headers["X-Request-ID"] = own
    return response


@app.post("/invoices/{invoice}/payment")
async def pay(invoice: str, payment: Payment, background: BackgroundTasks) -> dict:
    await billing.charge(invoice, payment.amount, payment.card_number)
    background.add_task(billing.archive, invoice)
    return {"invoice": invoice, "paid": True}


@app.get("/invoices/{invoice}")
def show(invoice: str) -> dict:
    return billing.lookup(invoice)
