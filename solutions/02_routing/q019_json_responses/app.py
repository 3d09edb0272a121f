"""The accounting export."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

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


class Invoice(BaseModel):
    id: UUID
    customer: str
    issued_on: date
    total: Decimal  # With a declared type, Pydantic writes a Decimal as text, digit by digit.
    paid_at: datetime | None


class Line(BaseModel):
    id: UUID
    total: Decimal


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


@app.get("/invoices")
def list_all(response: Response) -> list[Line]:
    response.headers["X-Total-Count"] = str(len(INVOICES))
    return [Line(id=row["id"], total=row["total"]) for row in INVOICES.values()]


@app.get("/invoices/{invoice_id}", response_model=Invoice)
def read(invoice_id: UUID):
    if invoice_id not in INVOICES:
        # A response of our own goes out as it is: nobody turns the UUID into text for us.
        return ProblemResponse(
            {"type": "about:blank", "title": "Invoice not found", "status": 404, "invoice": str(invoice_id)},
            status_code=404,
            headers={"Cache-Control": "no-store"},
        )
    return INVOICES[invoice_id]
