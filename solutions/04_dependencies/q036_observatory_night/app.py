"""A night at the observatory: what is put away, in which order, and before or after the answer."""

from collections.abc import Iterator
from contextlib import closing
from typing import Annotated

import observatory
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, StreamingResponse
from observatory import Camera, CameraFault, Frame
from pydantic import BaseModel, Field

app = FastAPI()


@app.exception_handler(CameraFault)
def camera_fault(request: Request, fault: CameraFault) -> JSONResponse:
    return JSONResponse({"detail": "Camera fault"}, 503)


def open_dome() -> Iterator[None]:
    observatory.dome.open()
    try:
        yield
    finally:
        observatory.dome.close()


# scope="function": what follows the `yield` runs before the answer. Each link of the chain has to say so.
def ready_camera(_dome: Annotated[None, Depends(open_dome, scope="function")]) -> Iterator[Camera]:
    camera = observatory.camera
    camera.power_on()  # before the `try`: if this fails, there is nothing to switch off
    try:
        yield camera
    except Exception:
        camera.discard()
        raise
    else:
        camera.keep()
    finally:
        camera.power_off()


def frame(number: int) -> Iterator[Frame]:
    try:
        opened = observatory.open_frame(number)
    except KeyError:
        raise HTTPException(404, "No such frame") from None
    with closing(opened):
        yield opened


class Exposure(BaseModel):
    seconds: Annotated[int, Field(ge=1, le=60)]


@app.post("/exposures", status_code=201)
def expose(exposure: Exposure, camera: Annotated[Camera, Depends(ready_camera, scope="function")]):
    photons = camera.expose(exposure.seconds)
    if photons > 1_000_000:
        raise HTTPException(409, "Too bright")
    return {"photons": photons}


# scope="request" is the default: the frame is still needed while the answer is being sent.
@app.get("/frames/{number}")
def download(frame: Annotated[Frame, Depends(frame, scope="request")]):
    return StreamingResponse(iter(frame.read, b""), media_type="application/octet-stream")
