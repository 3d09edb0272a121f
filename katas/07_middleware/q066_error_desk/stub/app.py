"""A citizens' office. README.md tells what its errors are to look like."""

from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/permits/{number}")
def read_permit(number: int) -> dict[str, int]:
    if number < 1:
        raise HTTPException(404, "No such permit")
    return {"number": number}
