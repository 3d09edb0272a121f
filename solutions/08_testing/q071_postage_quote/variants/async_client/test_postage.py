"""An async client in conftest.py, one long table, one test."""

import pytest

TABLE = """
1      -       -      S   350
500    -       -      S   350
501    home    -      M   590
2000   home    false  M   590
2001   -       no     L  1290
30000  -       -      L  1290
500    abroad  -      S   700
501    abroad  -      M  1180
2001   abroad  -      L  2580
3      -       true   S   750
600    abroad  1      M  1580
9999   abroad  yes    L  2980
0      -       -      -   422
30001  -       -      -   422
"""


@pytest.mark.anyio
async def test_the_whole_table(quote):
    for line in TABLE.split("\n")[1:-1]:
        weight, zone, express, band, number = (None if word == "-" else word for word in line.split())
        answer = await quote(weight, zone, express)
        if band:
            assert (answer.status_code, answer.json()) == (200, {"price_cents": int(number), "band": band}), line
        else:
            assert answer.status_code == int(number), line
