"""The parcel lockers of the estate, as they have run on Flask for years. Leave this file as it is."""

from itertools import count

from flask import Flask, abort, jsonify, request

flask_app = Flask(__name__)

# Every parcel by its number. All views read this store.
PARCELS: dict[str, dict] = {}

_numbers = count(1)


def new_id() -> str:
    """Return the next parcel number: P00001, P00002, and so on."""
    return f"P{next(_numbers):05}"


@flask_app.post("/parcels")
def create_parcel():
    data = request.get_json()
    if "locker" not in data or "weight_g" not in data:
        return jsonify(error="locker and weight_g, please"), 400
    parcel = {
        "id": new_id(),
        "locker": data["locker"],
        "weight_g": data["weight_g"],
        "fragile": data.get("fragile", False),
    }
    PARCELS[parcel["id"]] = parcel
    return jsonify(parcel), 201


@flask_app.get("/parcels/<parcel_id>")
def read_parcel(parcel_id):
    if parcel_id not in PARCELS:
        abort(404)
    return jsonify(PARCELS[parcel_id])


@flask_app.get("/lockers/<code>")
def show_locker(code):
    if not code.isalnum():
        abort(404)
    lines = [f"<li>{number}" for number, parcel in PARCELS.items() if parcel["locker"] == code]
    return f"<h1>Locker {code}</h1><ul>{''.join(lines)}</ul>"
