"""The accounting export, with dict annotations: even they send the values through Pydantic."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, HTTPException, Path, Request, Response
from fastapi.responses import JSONResponse

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


@app.exception_handler(404)
async def problem(_request: Request, error: HTTPException) -> JSONResponse:
    return JSONResponse(
        {"type": "about:blank", "title": "Invoice not found", "status": 404, "invoice": error.detail},
        404,
        {"Cache-Control": "no-store"},
        media_type="application/problem+json",
    )


@app.get("/invoices")
async def list_all(response: Response) -> list[dict[str, Any]]:
    response.headers["X-Total-Count"] = f"{len(INVOICES)}"
    return [{"id": key, "total": row["total"]} for key, row in INVOICES.items()]


@app.get("/invoices/{invoice_id}")
async def read(invoice_id: Annotated[UUID, Path()]) -> dict[str, Any]:
    if invoice_id not in INVOICES:
        raise HTTPException(404, str(invoice_id))
    return INVOICES[invoice_id]
