"""Functions as middleware, a class as dependency, and the header among the endpoint's own parameters."""

import studio
from fastapi import APIRouter, Body, Depends, FastAPI, Header, HTTPException, Request, Response

app = FastAPI()
router = APIRouter(prefix="/rooms")


@app.middleware("http")
async def five_rules_less_two(request: Request, call_next):
    path, status = request.scope["path"], 500
    first, _, rest = path[1:].partition("/")
    if first == "studio.php" and rest:
        request.scope["path"] = "/" + rest
    try:
        response = await call_next(request)
        status = response.status_code
    finally:
        studio.count(method=request.method, path=path, status=status)
    response.headers["x-content-type-options"] = "nosniff"
    return response


class Cabinet:
    async def __call__(self, room_id: int):
        if (room := studio.find(room_id)) is None:
            raise HTTPException(status_code=404, detail="No such room")
        if room.locked:
            raise HTTPException(status_code=423, detail="Room is locked")
        return room


get_room = Cabinet()


@router.get("")
async def rooms():
    return sorted([room.name for room in studio.rooms.values()])


@router.get("/{room_id}")
async def room(room: studio.Room = Depends(get_room)):
    return {"id": room.id, "name": room.name}


@router.post("/{room_id}/takes")
async def take(response: Response, room: studio.Room = Depends(get_room), title: str = Body(embed=True)):
    response.status_code = 201
    room.takes += [title]
    return {"room": room.name, "takes": len(room.takes)}


@router.delete("/{room_id}/takes")
async def empty(room: studio.Room = Depends(get_room), x_engineer: str = Header(alias="X-Engineer")):
    if x_engineer not in studio.engineers:
        raise HTTPException(status_code=403)
    room.takes = []
    return Response(status_code=204)


app.include_router(router)
app.mount("/manual", studio.manual)
