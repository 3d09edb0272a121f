"""The calendar of a seaside cottage: other names inside, ISO strings and a response of its own."""

from datetime import date
from typing import Annotated

from fastapi import FastAPI, Path
from fastapi.responses import JSONResponse

app = FastAPI()
app.title = "Cottage Calendar"


def nights(
    first: Annotated[date, Path(alias="arrival")],
    last: Annotated[date, Path(alias="departure")],
):
    return JSONResponse(
        {
            "arrival": first.isoformat(),
            "departure": last.isoformat(),
            "nights": last.toordinal() - first.toordinal(),
        }
    )


app.add_api_route("/nights/{arrival}/{departure}", nights, methods=["GET"])
