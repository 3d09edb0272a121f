"""A night at the observatory, with context managers for what has to be put away."""

from contextlib import ExitStack, contextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse, StreamingResponse
from observatory import Camera, CameraFault, camera, dome, open_frame
from pydantic import BaseModel, conint

app = FastAPI()
app.add_exception_handler(CameraFault, lambda request, fault: JSONResponse({"detail": "Camera fault"}, status_code=503))


@contextmanager
def roof():
    dome.open()
    try:
        yield dome
    finally:
        dome.close()


class Night:
    def __enter__(self):
        camera.power_on()
        return camera

    def __exit__(self, kind, error, traceback):
        try:
            if error is None:
                camera.keep()
            else:
                camera.discard()
        finally:
            camera.power_off()
        return False


def open_dome():
    with roof():
        yield


def ready_camera(dome: Annotated[Any, Depends(open_dome, scope="function")]):
    with Night() as switched_on:
        yield switched_on


def frame(number: int):
    with ExitStack() as stack:
        try:
            opened = open_frame(number)
        except KeyError:
            raise HTTPException(404, "No such frame")
        stack.callback(opened.close)
        yield opened


class Exposure(BaseModel):
    seconds: conint(ge=1, le=60)


class Exposed(BaseModel):
    photons: int


@app.post("/exposures", status_code=201, response_model=Exposed)
def expose(exposure: Exposure, camera: Annotated[Camera, Depends(ready_camera, scope="function")]):
    exposed = Exposed(photons=camera.expose(exposure.seconds))
    if exposed.photons > 1_000_000:
        raise HTTPException(409, "Too bright")
    return exposed


def chunks_of(frame):
    while True:
        chunk = frame.read()
        if not chunk:
            return
        yield chunk


@app.get("/frames/{number}")
def download(frame: Annotated[Any, Depends(frame)]):
    return StreamingResponse(chunks_of(frame), headers={"content-type": "application/octet-stream"})
