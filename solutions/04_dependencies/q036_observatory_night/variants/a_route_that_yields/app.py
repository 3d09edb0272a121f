"""A night at the observatory, with a path operation that yields, and a fault that is discarded as well."""

from typing import Annotated

import observatory
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field

app = FastAPI()


class Bytes(StreamingResponse):
    media_type = "application/octet-stream"


@app.exception_handler(observatory.CameraFault)
async def fault(request: Request, fault: observatory.CameraFault):
    return JSONResponse({"detail": "Camera fault"}, status_code=503)


async def open_dome():
    observatory.dome.open()
    try:
        yield
    finally:
        observatory.dome.close()


def ready_camera(_: None = Depends(open_dome, scope="function")):
    observatory.camera.power_on()
    try:
        try:
            yield observatory.camera
            observatory.camera.keep()
        except:
            observatory.camera.discard()
            raise
    finally:
        observatory.camera.power_off()


def frame(number: int):
    opened = None
    try:
        opened = observatory.open_frame(number)
        yield opened
    except KeyError:
        if opened is None:
            raise HTTPException(404, "No such frame")
        raise
    finally:
        if opened is not None:
            opened.close()


class Exposure(BaseModel):
    seconds: int = Field(gt=0, lt=61)


@app.post("/exposures", status_code=201)
async def expose(exposure: Exposure, camera: Annotated[object, Depends(ready_camera, scope="function")]):
    if (photons := camera.expose(exposure.seconds)) > 1_000_000:
        raise HTTPException(409, "Too bright")
    return {"photons": photons}


@app.get("/frames/{number}", response_class=Bytes)
def download(frame: Annotated[observatory.Frame, Depends(frame)]):
    while chunk := frame.read():
        yield chunk
