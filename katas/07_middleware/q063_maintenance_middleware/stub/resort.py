name = "hochalm"
maintenance = False
retry_after = 900  # seconds
lifts: dict[str, str] = {"eagle": "running", "marmot": "wind"}
reports: list[tuple[str, str]] = []
mailed: list[str] = []


async def ticker():
    for lift, state in lifts.items():
        yield f"{lift} {state}\n"
