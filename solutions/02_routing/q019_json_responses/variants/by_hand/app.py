"""The accounting export, with values finished by hand and responses built by hand."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response

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


@app.get("/invoices")
def list_all():
    lines = [{"id": str(row["id"]), "total": str(row["total"])} for row in INVOICES.values()]
    return JSONResponse(lines, headers={"X-Total-Count": str(len(lines))})


@app.get("/invoices/{invoice_id}")
def read(invoice_id: UUID):
    row = INVOICES.get(invoice_id)
    if row is None:
        problem = {"type": "about:blank", "title": "Invoice not found", "status": 404, "invoice": str(invoice_id)}
        # Text that is JSON already: a plain Response with its media type.
        return Response(json.dumps(problem), 404, {"Cache-Control": "no-store"}, "application/problem+json")
    paid_at = row["paid_at"]
    return JSONResponse(
        {
            "id": str(row["id"]),
            "customer": row["customer"],
            "issued_on": row["issued_on"].isoformat(),
            "total": str(row["total"]),
            "paid_at": paid_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if paid_at else None,
        }
    )
