"""A night at the observatory, with coroutines, faults that become HTTPException where they occur, and a router."""

import observatory
from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse

router = APIRouter()


async def open_dome():
    try:
        observatory.dome.open()
        yield observatory.dome
    finally:
        observatory.dome.close()


async def ready_camera(dome=Depends(open_dome, scope="function")):
    camera = observatory.camera
    try:
        camera.power_on()
        try:
            try:
                yield camera
            except BaseException:
                camera.discard()
                raise
            camera.keep()
        finally:
            camera.power_off()
    except observatory.CameraFault as fault:
        raise HTTPException(status_code=503, detail="Camera fault") from fault


async def frame(number: int):
    try:
        opened = observatory.open_frame(number)
    except KeyError as unknown:
        raise HTTPException(status_code=404, detail="No such frame") from unknown
    try:
        yield opened
    finally:
        opened.close()


@router.post("/exposures", status_code=201)
async def expose(
    seconds: int = Body(ge=1, le=60, embed=True),
    camera: observatory.Camera = Depends(ready_camera, scope="function"),
):
    photons = camera.expose(seconds)
    if photons > 1_000_000:
        raise HTTPException(status_code=409, detail="Too bright")
    return {"photons": photons}


@router.get("/frames/{number}", response_class=StreamingResponse)
async def download(frame: observatory.Frame = Depends(frame)):
    async def chunks():
        while chunk := frame.read():
            yield chunk

    return StreamingResponse(chunks(), media_type="application/octet-stream")


app = FastAPI()
app.include_router(router)
