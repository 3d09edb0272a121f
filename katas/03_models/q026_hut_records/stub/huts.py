from typing import Any

# By id. A key that is missing was never reported; None was reported ("we looked, there is none").
huts: dict[str, dict[str, Any]] = {
    "lynx": {
        "name": "Lynx Hut",
        "height": 2140,
        "beds": 24,
        "water": True,
        "warden": {"duty": "July to September", "phone": "+41 81 000 00 00"},
        "door_code": "4711",
    },
    "crow": {"name": "Crow Bivouac", "height": 2877, "beds": 0, "water": None},
}
