from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError


class Meter(BaseModel):
    number: str = Field(pattern="^[0-9]{8}$")
    reading: int = Field(ge=0)


class Contract(BaseModel):
    holder: str = Field(min_length=2, max_length=40)
    iban: str
    pin: str = Field(min_length=6, max_length=12)
    meters: list[Meter] = Field(min_length=1, max_length=4)
    extras: dict[str, int] = {}

    @field_validator("iban")
    @classmethod
    def check_number(cls, value: str) -> str:
        if sum(map(ord, value)) % 7:  # stands for the real one
            raise PydanticCustomError("iban_checksum", "Bad IBAN {iban}", {"iban": value, "country": value[:2]})
        return value

    @model_validator(mode="after")
    def pin_is_no_name(self) -> "Contract":
        if self.pin == self.holder:
            raise ValueError(f"the PIN {self.pin} is the holder's name")
        return self


router = APIRouter()


@router.post("/contracts", status_code=201)
def sign(contract: Contract) -> dict[str, int]:
    return {"meters": len(contract.meters)}


@router.get("/contracts/{number}")
def read(number: int, key: str | None = None) -> dict[str, int]:
    if key is None:
        raise HTTPException(401, "Key needed", headers={"WWW-Authenticate": "APIKey"})
    raise HTTPException(404, "No such contract")
