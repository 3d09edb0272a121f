import pytest
from app import app
from fastapi.testclient import TestClient

client = TestClient(app)


@pytest.mark.parametrize(
    ("weight_g", "band", "home", "abroad"),
    [
        (1, "S", 350, 700),
        (500, "S", 350, 700),
        (501, "M", 590, 1180),
        (2000, "M", 590, 1180),
        (2001, "L", 1290, 2580),
        (30_000, "L", 1290, 2580),
    ],
)
def test_a_quote_depends_on_weight_and_zone(weight_g, band, home, abroad):
    for zone, cents in (("home", home), ("abroad", abroad)):
        response = client.get("/quote", params={"weight_g": weight_g, "zone": zone})
        assert response.status_code == 200
        assert response.json() == {"band": band, "price_cents": cents}


@pytest.mark.parametrize(("zone", "cents"), [("home", 350 + 400), ("abroad", 2 * 350 + 400)])
def test_express_is_added_at_the_end(zone, cents):
    response = client.get("/quote", params={"weight_g": 200, "zone": zone, "express": True})
    assert response.json() == {"band": "S", "price_cents": cents}


def test_without_a_word_a_parcel_stays_at_home_and_takes_its_time():
    response = client.get("/quote", params={"weight_g": 700})
    assert response.json() == {"band": "M", "price_cents": 590}


@pytest.mark.parametrize("weight_g", [-1, 0, 30_001])
def test_other_weights_are_refused(weight_g):
    response = client.get("/quote", params={"weight_g": weight_g})
    assert response.status_code == 422
