"""Stock at two suppliers, with a guard that is a class and hangs on the router, models, and an exception handler."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from suppliers import ColdStore, MedExpress, Registry, get_cold_store, get_med_express, get_registry


class Refused(Exception):
    pass


class Licensed:
    def __call__(
        self, x_licence: Annotated[str, Header()], registry: Annotated[Registry, Depends(get_registry)]
    ) -> str:
        if registry.verify(x_licence):
            return x_licence
        raise Refused


class Stock(BaseModel):
    supplier: str
    code: str
    in_stock: int


router = APIRouter(dependencies=[Depends(Licensed())])


@router.get("/cold/{code}")
def cold(code: str, store: Annotated[ColdStore, Depends(get_cold_store)]) -> Stock:
    return Stock(supplier="cold", code=code, in_stock=store.stock(code))


@router.get("/express/{code}")
async def express(code: str, courier: Annotated[MedExpress, Depends(get_med_express)]) -> Stock:
    return Stock(supplier="express", code=code, in_stock=await courier.stock(code))


def refused(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "licence refused"}, status_code=403)


app = FastAPI(exception_handlers={Refused: refused})
app.include_router(router)
