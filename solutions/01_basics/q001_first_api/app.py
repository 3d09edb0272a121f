"""The calendar of a seaside cottage."""

from datetime import date

from fastapi import FastAPI

app = FastAPI(title="Cottage Calendar")


# The two hints do all the work: FastAPI makes dates of the texts, refuses what is no date, and describes both in /docs.
@app.get("/nights/{arrival}/{departure}")
def nights(arrival: date, departure: date):
    return {"arrival": arrival, "departure": departure, "nights": (departure - arrival).days}
