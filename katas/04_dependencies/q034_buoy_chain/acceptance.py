"""Checks of q034: a chain of dependencies."""

from typing import Annotated, Any

import pytest
from fastapi import Depends

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told

NAMES = ("water", "wind", "waves")
SYSTEMS = ("metric", "imperial")
ROUTES = ("/buoys/{}/water", "/buoys/{}/waves", "/buoys/{}")


class Chart(dict):
    """A chart that notes who was looked up."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def get(self, code, *default):
        self.asked.append(code)
        return super().get(code, *default)


class Sea:
    """The buoys of this run, and what the satellite is asked."""

    def __init__(self, given, rng):
        self.rng = rng
        self.chart = Chart()
        self.polled = []
        self.readings = {}
        self.silent = set()
        self.buoys = given("buoys", _chart=self.chart, _radio=self.radio)

    def radio(self, buoy):
        self.polled.append(buoy.code)
        if buoy.code in self.silent:
            raise self.buoys.Offline
        return self.readings[buoy.code]

    def buoy(self):
        """A buoy that is on no chart, and has a reading."""
        code = self.rng.choice("BDFGKLMT") + self.rng.digits(5)
        self.readings[code] = self.reading()
        return self.buoys.Buoy(code, self.rng.title())

    def launch(self):
        """Put a new buoy on the chart and return it."""
        buoy = self.buoy()
        self.chart[buoy.code] = buoy
        return buoy

    def reading(self):
        """A reading of which each quantity has a value of its own in each system."""
        while True:
            reading = self.buoys.Reading(*(self.number(name) for name in NAMES))
            if len({self.value(name, units, reading) for name, units in self.buoys.SCALES}) == len(self.buoys.SCALES):
                return reading

    def number(self, name):
        """A number for a quantity: round in neither system, nor halfway between two, and to be rounded at the end."""
        while True:
            number = round(self.rng.uniform(2.0, 28.0), 3)
            reading, roughly = (self.buoys.Reading(one, one, one) for one in (number, round(number, 1)))
            values = [self.buoys.SCALES[name, units][1](reading) for units in SYSTEMS]
            clear = all(0.1 < value * 10 % 1 < 0.4 or 0.6 < value * 10 % 1 < 0.9 for value in values)
            whole = any(round(value, 1).is_integer() for value in values)
            late = self.value(name, "imperial", reading) != self.value(name, "imperial", roughly)
            if clear and late and not whole:
                return number

    def value(self, name, units, reading):
        return round(self.buoys.SCALES[name, units][1](reading), 1)

    def shown(self, name, units, reading):
        """A quantity as it is to be shown."""
        return {"value": self.value(name, units, reading), "unit": self.buoys.SCALES[name, units][0]}

    def overview(self, buoy, units, reading):
        return {"buoy": buoy.code, "name": buoy.name, **{name: self.shown(name, units, reading) for name in NAMES}}

    def forget(self):
        self.polled.clear()
        self.chart.asked.clear()


@pytest.fixture
def sea(given, rng):
    """The sea, in place before the learner's app is imported."""
    return Sea(given, rng)


def query(units):
    return "" if units is None else f"?units={units}"


def link(module, name):
    """A link of the learner's chain."""
    found = getattr(module, name, None)
    assert callable(found), f"`app.py` has no `{name}` that could be used with `Depends`."
    return found


def quantity(module, name):
    """`Quantity(name)` of the learner's."""
    make = link(module, "Quantity")
    try:
        made = make(name)
    except TypeError as error:
        raise AssertionError(f'`Quantity("{name}")` makes no dependency: {error}') from None
    assert callable(made), (
        f'`Quantity("{name}")` gives something that cannot be called, and so nothing that `Depends` could use. If '
        "`Quantity` is a class, what makes its instances callable?"
    )
    return made


def serves(client, target):
    """Ask for a page that has to be there; the checks of refusals begin with it."""
    response = client.get(target)
    assert response.status_code == 200, "The buoy is on the chart, the units are known, and the satellite answers."
    return response


def test_one_quantity_in_the_wanted_units(sea, client):
    """`GET /buoys/{code}/water` and `/waves` answer `{"buoy", "value", "unit"}` in the units that `?units=` names, metric by default, the value rounded to one decimal."""
    for name in ("water", "waves"):
        for units in ("metric", "imperial", None):
            buoy = sea.launch()
            response = client.get(f"/buoys/{buoy.code}/{name}{query(units)}")
            assert response.status_code == 200
            reading, wanted = sea.readings[buoy.code], units or "metric"
            got, expected = response.json(), {"buoy": buoy.code, **sea.shown(name, wanted, reading)}
            unit, exact = sea.buoys.SCALES[name, wanted]
            others = [sea.shown(other, system, reading) for other in NAMES for system in SYSTEMS if system != wanted]
            assert got == exactly(expected), told(
                (
                    got in [{"buoy": buoy.code, **sea.shown(other, wanted, reading)} for other in NAMES],
                    f"This is another quantity of the same reading. `/{name}` is to show “{name}”.",
                ),
                (got in [{"buoy": buoy.code, **other} for other in others], "This is in the other system of units."),
                (
                    isinstance(got, dict) and isinstance(got.get("value"), str),
                    "The value is a text. It is to be a number in JSON, without quotation marks.",
                ),
                (
                    isinstance(got, dict) and got.get("value") == exact(reading),
                    "The value is right, but it was not rounded to one decimal.",
                ),
                (
                    isinstance(got, dict) and got == {**expected, "value": got.get("value")},
                    f"The reading behind it is {reading}. It is first put into {unit}, then rounded to one decimal.",
                ),
            )


def test_the_overview_shows_all_of_one_reading(sea, client, monkeypatch):
    """`GET /buoys/{code}` answers code, name, water, wind and waves in the wanted units, all taken from one and the same reading."""
    taken = []

    def radio(buoy):
        sea.polled.append(buoy.code)
        taken.append(sea.reading())
        return taken[-1]

    # The sea moves: each call to the satellite gives another reading.
    monkeypatch.setattr(sea.buoys, "_radio", radio)
    for units in (None, "imperial", "metric"):
        buoy = sea.launch()
        taken.clear()
        response = client.get(f"/buoys/{buoy.code}{query(units)}")
        assert response.status_code == 200
        assert taken != [], "The overview was answered, and nobody asked the buoy."
        got, wanted = response.json(), units or "metric"
        assert got == exactly(sea.overview(buoy, wanted, taken[0])), told(
            (
                len(taken) > 1,
                f"The buoy was asked {len(taken)} times for this page. The sea moves, so each call gives another reading, "
                "and the page shows a mixture of them.",
            ),
            (
                got == sea.overview(buoy, "imperial" if wanted == "metric" else "metric", taken[0]),
                "This is in the other system of units.",
            ),
            f"The reading behind it is {taken[0]}.",
        )


def test_the_buoy_is_polled_once_for_each_request(sea, client, rng):
    """Each request that shows quantities calls `poll` once and `find` once, whichever page it is; the next request calls again and shows the new reading."""
    buoy = sea.launch()
    for route in ROUTES:
        for units in (rng.choice(SYSTEMS), None):
            target = route.format(buoy.code) + query(units)
            sea.forget()
            sea.readings[buoy.code] = reading = sea.reading()
            response = serves(client, target)
            polls, finds = len(sea.polled), len(sea.chart.asked)
            assert polls == 1, told(
                (
                    polls > 1,
                    f"`GET {target}` called `poll` {polls} times, and each call is billed. Something makes a reading of its "
                    "own instead of sharing the one that the request has already.",
                ),
                f"`GET {target}` was answered without a call of `poll`. Was a reading of an earlier request kept?",
            )
            assert finds == 1, told(
                (
                    finds > 1,
                    f"`GET {target}` called `find` {finds} times. Who has to look, although the buoy was found already?",
                ),
                f"Nobody looked into the chart for `GET {target}`. The buoy may be another one by now.",
            )
            got, name = response.json(), route.rpartition("/")[2]
            if name in NAMES:
                expected = {"buoy": buoy.code, **sea.shown(name, units or "metric", reading)}
            else:
                expected = sea.overview(buoy, units or "metric", reading)
            assert got == exactly(expected), (
                "The buoy has moved on since the last request, and this is not its reading now."
            )


def test_an_unknown_buoy_costs_nothing(sea, module, app, client):
    """On all three routes, and on a colleague's that asks for nothing but `buoy`, a code that is not on the chart is answered 404 `{"detail": "No such buoy"}`, without any call of `poll`."""

    @app.get("/where/{code}")
    def where(buoy: Annotated[Any, Depends(link(module, "buoy"))]):
        return {"buoy": buoy}

    for route in (*ROUTES, "/where/{}"):
        serves(client, route.format(sea.launch().code))
        sea.forget()
        target = route.format(sea.buoy().code)
        response = client.get(target)
        assert response.status_code == 404, told(
            (
                response.status_code == 200 and route not in ROUTES,
                "A colleague's route asks for your link `buoy`, and there is no such buoy on the chart. It is this link that "
                "has to stop the request.",
            ),
            (response.status_code == 200, "There is no such buoy on the chart."),
            (
                response.status_code == 500,
                "`find` gives None for a buoy that is not on the chart. Whoever asks it has to stop the request there, "
                "before others go on with None.",
            ),
        )
        assert response.json() == exactly({"detail": "No such buoy"})
        assert sea.polled == [], (
            f"`GET {target}` was refused, and `poll` was called all the same. The call is on the bill."
        )


def test_unknown_units_cost_nothing(sea, client, rng):
    """On all three routes, `units` other than `metric` and `imperial` are answered 422 at `["query", "units"]`, without any call of `poll`."""
    for route in ROUTES:
        buoy = sea.launch()
        serves(client, route.format(buoy.code) + "?units=imperial")
        for units in (
            rng.word(),
            "Metric",
            "",
            f"{rng.choice(SYSTEMS)}{rng.word()}",
            f"{rng.word()}{rng.choice(SYSTEMS)}",
        ):
            sea.forget()
            target = f"{route.format(buoy.code)}?units={units}"
            response = client.get(target)
            got = refusal(response)
            assert got == refused_at("query.units"), told(
                (got == "200", f"“{units}” was taken for a system of units."),
                (
                    got == "500" and any(system in units for system in SYSTEMS),
                    f"“{units}” merely contains the name of a system of units, and nobody stopped it.",
                ),
                (
                    got == "500",
                    "Units that do not exist got as far as your code that calculates. Who lets them in?",
                ),
                (
                    got == "422, but not in FastAPI's own form",
                    "This refusal is home-made. FastAPI writes its own, with the place, if the type of the parameter says "
                    "which values there are.",
                ),
            )
            assert sea.polled == [], (
                f"`GET {target}` was answered 422, and `poll` was called all the same. Invalid units stop only those "
                "dependencies that stand on them, and only if they have not run yet. Does the one that polls stand on `units`?"
            )


def test_a_silent_buoy_is_503(sea, client):
    """On all three routes, a buoy that is `Offline` is answered 503 `{"detail": "Buoy is offline"}`; when it is back, it is shown again."""
    for route in ROUTES:
        buoy = sea.launch()
        sea.silent.add(buoy.code)
        response = client.get(route.format(buoy.code))
        assert response.status_code == 503, told(
            (response.status_code == 500, "`poll` raised `Offline`, and nobody has made an answer of it."),
        )
        assert response.json() == exactly({"detail": "Buoy is offline"})
        sea.silent.clear()
        response = client.get(route.format(buoy.code))
        assert response.status_code == 200, "The buoy is back and answers the satellite again."


def test_quantities_serve_a_colleagues_route(sea, module, app, client, rng):
    """A colleague's `GET /swim/{code}` uses all links, several `Quantity(…)`, and one of them twice; each gives what it stands for, and one reading serves them all."""
    serves(client, f"/buoys/{sea.launch().code}/water")
    twice = rng.choice(NAMES)
    names = rng.shuffled([*NAMES, twice])
    first, second, third, fourth = (quantity(module, name) for name in names)
    written = []

    def quantities(
        first: Annotated[Any, Depends(first)],
        second: Annotated[Any, Depends(second)],
        third: Annotated[Any, Depends(third)],
        fourth: Annotated[Any, Depends(fourth)],
    ):
        return [first, second, third, fourth]

    @app.get("/swim/{code}")
    def swim(
        quantities: Annotated[Any, Depends(quantities)],
        buoy: Annotated[Any, Depends(link(module, "buoy"))],
        units: Annotated[Any, Depends(link(module, "units"))],
        reading: Annotated[Any, Depends(link(module, "reading"))],
    ):
        written.append(str(units))
        return {"quantities": quantities, "buoy": buoy, "units": units, "reading": reading}

    for units in SYSTEMS:
        buoy = sea.launch()
        reading = sea.readings[buoy.code]
        sea.forget()
        response = client.get(f"/swim/{buoy.code}?units={units}")
        assert response.status_code == 200, "A colleague's route uses the links just as yours do."
        got = response.json()
        expected = [sea.shown(name, units, reading) for name in names]
        quantities = got["quantities"]
        known = {str(sea.shown(name, units, reading)): name for name in NAMES}
        came = [known.get(str(one), "something else") for one in quantities]
        assert quantities == exactly(expected), told(
            (
                "something else" not in came,
                f"The colleague asked for {', '.join(names)} and got {', '.join(came)}. Where does a `Quantity` keep its "
                "name, and who else can write there?",
            ),
            f"The colleague asked for {', '.join(names)} of {reading}.",
        )
        links = {name: got[name] for name in ("buoy", "units", "reading")}
        assert links == exactly({"buoy": vars(buoy), "units": units, "reading": vars(reading)}), (
            "These are the `Buoy`, the units and the `Reading` that your links give to the colleague."
        )
        assert written[-1] == units, (
            "This is what stands there when the colleague writes the units into a text. `units` is to give a plain string."
        )
        assert len(sea.polled) == 1, (
            f"The colleague's route shows four quantities, and `poll` was called {len(sea.polled)} times for it. All of them "
            "can share one reading."
        )


def test_every_link_can_be_replaced(sea, module, app, client):
    """With `app.dependency_overrides`, `reading`, `buoy` or `units` is replaced, and all that stands on it uses the replacement: a replaced `reading` is not polled for, a replaced `buoy` is the one that is polled, replaced `units` count everywhere."""
    serves(client, f"/buoys/{sea.launch().code}/water")
    links = {name: link(module, name) for name in ("reading", "buoy", "units")}

    buoy, put_in = sea.launch(), sea.reading()
    app.dependency_overrides[links["reading"]] = lambda: put_in
    expected = sea.overview(buoy, "metric", put_in)
    _pages_show(client, sea, expected, "`reading` was replaced by a reading of the checks")
    assert sea.polled == [], "With `reading` replaced there is nothing to ask for, and `poll` was called all the same."

    # This one is on no chart: only the replacement knows of it.
    buoy = sea.buoy()
    app.dependency_overrides = {links["buoy"]: lambda: buoy}
    expected = sea.overview(buoy, "metric", sea.readings[buoy.code])
    _pages_show(client, sea, expected, "`buoy` was replaced by a buoy that is on no chart")
    assert set(sea.polled) == {buoy.code}, "The buoy that was put in is the one to be polled."

    buoy = sea.launch()
    app.dependency_overrides = {links["units"]: lambda: "imperial"}
    expected = sea.overview(buoy, "imperial", sea.readings[buoy.code])
    _pages_show(client, sea, expected, '`units` was replaced by the plain string "imperial"')


def _pages_show(client, sea, overview, what):
    sea.forget()
    for route in ROUTES:
        target = route.format(overview["buoy"])
        name = route.rpartition("/")[2]
        expected = {"buoy": overview["buoy"], **overview[name]} if name in NAMES else overview
        response = client.get(target)
        assert response.status_code == 200, f"{what}, and `GET {target}` cannot be answered any more."
        assert response.json() == exactly(expected), (
            f"{what}, but `GET {target}` goes on without it. What was called by hand, or looked up a second time, cannot be "
            "replaced."
        )
