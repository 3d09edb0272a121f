import pytest
from fees import late_fee


@pytest.mark.parametrize("kind", ["book", "film"])
@pytest.mark.parametrize("days", [0, 1, 2])
def test_two_days_are_free(kind, days):
    assert late_fee(kind, days) == 0


@pytest.mark.parametrize(
    ("kind", "days", "fee"), [("book", 3, 60), ("book", 10, 200), ("film", 3, 300), ("film", 10, 1000)]
)
def test_from_the_third_day_on_every_day_counts(kind, days, fee):
    assert late_fee(kind, days) == fee


@pytest.mark.parametrize(
    ("kind", "days", "fee"), [("book", 75, 1500), ("book", 76, 1500), ("film", 15, 1500), ("film", 16, 1500)]
)
def test_a_fee_has_a_ceiling(kind, days, fee):
    assert late_fee(kind, days) == fee
