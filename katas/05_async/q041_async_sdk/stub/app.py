"""Where is my parcel? README.md tells what is asked for."""

from courier import Courier, UnknownParcel, get_courier
from fastapi import FastAPI

app = FastAPI()


# GET /parcels/{number}: where the parcel is.


# GET /parcels/{number}/scans: where it was scanned.
