"""The accounting export, with Pydantic dataclasses, and an exception of its own with its handler."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic.dataclasses import dataclass

app = FastAPI()

# As the database driver returns them: UUIDs, dates, decimals, and date-times with an offset.
INVOICES = {
    UUID("0d5f6c1e-5b7e-4c1a-9a53-7f0f0a2b9c11"): {
        "id": UUID("0d5f6c1e-5b7e-4c1a-9a53-7f0f0a2b9c11"),
        "customer": "Café Brûlée",
        "issued_on": date(2026, 3, 1),
        "total": Decimal("19.90"),
        "paid_at": datetime(2026, 3, 9, 10, 15, 4, tzinfo=timezone(timedelta(hours=1))),
    },
    UUID("9b2e4d70-13c8-4f0e-8d67-2f5f8e6a1d35"): {
        "id": UUID("9b2e4d70-13c8-4f0e-8d67-2f5f8e6a1d35"),
        "customer": "Søren's Boatyard",
        "issued_on": date(2026, 3, 4),
        "total": Decimal(48000),
        "paid_at": None,
    },
    UUID("5f1c0a8b-7a94-4b3d-b0a2-c6f3d9e4a7f2"): {
        "id": UUID("5f1c0a8b-7a94-4b3d-b0a2-c6f3d9e4a7f2"),
        "customer": "Kovács & Daughters",
        "issued_on": date(2026, 3, 4),
        "total": Decimal("0.75"),
        "paid_at": datetime(2026, 3, 5, 7, 30, 41, tzinfo=UTC),
    },
}


@dataclass
class Line:
    id: UUID
    total: Decimal


@dataclass
class Invoice(Line):
    customer: str
    issued_on: date
    paid_at: datetime | None = None


class InvoiceNotFoundError(Exception):
    def __init__(self, invoice_id: UUID) -> None:
        self.invoice_id = invoice_id


@app.exception_handler(InvoiceNotFoundError)
async def problem(_request: Request, error: InvoiceNotFoundError) -> JSONResponse:
    response = JSONResponse(
        {"type": "about:blank", "title": "Invoice not found", "status": 404, "invoice": f"{error.invoice_id}"}, 404
    )
    response.headers["cache-control"] = "no-store"
    response.headers["content-type"] = "application/problem+json"
    return response


@app.get("/invoices", response_model=list[Line])
def list_all(response: Response):
    response.headers["X-Total-Count"] = str(len(INVOICES))
    return list(INVOICES.values())


@app.get("/invoices/{invoice_id}")
async def read(invoice_id: UUID) -> Invoice:
    try:
        return Invoice(**INVOICES[invoice_id])
    except KeyError:
        raise InvoiceNotFoundError(invoice_id) from None
