"""The shed and its tools. Leave this file as it is."""

TOOLS = {
    "ladder": {"shelf": "A2", "serial": "LD-4471-09", "price_eur": 189},
    "drill": {"shelf": "C1", "serial": "BX-0092-77", "price_eur": 245},
}


class Shed:
    """A shed full of tools, each with its shelf, serial number and price."""

    def lend(self, tool: str, member: str, days: int) -> dict | None:
        """Note down a loan and return its full record, or None if the shed has no such tool."""
        if tool not in TOOLS:
            return None
        return {"tool": tool, "member": member, "days": days, **TOOLS[tool]}


def get_shed() -> Shed:
    """Return the shed. The real one takes its time: it has to be unlocked, and counted."""
    return Shed()
