"""The tool shed: three body parameters, an answer that inherits, and documented errors."""

from typing import Annotated, Any

from fastapi import Body, Depends, FastAPI, HTTPException
from pydantic import BaseModel
from shed import Shed, get_shed

app = FastAPI(title="Tool Shed")

TheShed = Annotated[Shed, Depends(get_shed)]


class Lent(BaseModel):
    tool: str
    member: str
    days: int


class Loan(Lent):
    """A loan, and where to find the tool."""

    shelf: str


@app.post("/loans", status_code=201, responses={404: {"description": "No such tool"}}, response_model=Loan)
async def borrow(
    tool: Annotated[str, Body(min_length=1, max_length=40)],
    member: Annotated[str, Body(min_length=1)],
    shed: TheShed,
    days: Annotated[int, Body(ge=1, le=14)] = 7,
) -> Any:
    if (record := shed.lend(tool, member, days)) is None:
        raise HTTPException(404, detail="No such tool")
    return Loan.model_validate(record)
