"""Orders in the classic style: an inner router without a word about prefix and guard, completed in the module."""

from bakery import orders, take
from fastapi import APIRouter, Body, Depends, HTTPException, Path, Request
from fastapi.responses import JSONResponse


class Doors:
    def __call__(self, request: Request):
        import bakery

        if not bakery.open_today:
            raise HTTPException(503, "The bakery is closed today", headers={"Retry-After": "86400"})


inner = APIRouter()


@inner.api_route("/orders", methods=["GET"])
@inner.api_route("/orders/", methods=["GET"], include_in_schema=False)
def list_orders():
    return [order for _, order in sorted(orders.items())]


@inner.post("/orders")
def take_order(product: str = Body(), pieces: int = Body(ge=1)):
    return JSONResponse(take(product, pieces), status_code=201)


@inner.get("/orders/count")
def count_orders():
    return JSONResponse({"orders": len(orders)})


@inner.get("/orders/{number}")
def read_order(number: int = Path()):
    order = orders.get(number)
    if order is None:
        raise HTTPException(404, "No such order")
    return order


router = APIRouter(prefix="/orders", tags=["orders"], dependencies=[Depends(Doors())], responses={503: {}})
for route in inner.routes:
    router.add_api_route(
        route.path.removeprefix("/orders"),
        route.endpoint,
        methods=list(route.methods),
        status_code=route.status_code,
        include_in_schema=route.include_in_schema,
    )
