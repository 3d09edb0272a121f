import asyncio
from typing import Any


class DeliveryError(Exception):
    """The gateway could not deliver a message."""


class Gateway:
    """The way out: takes one message at a time."""

    async def deliver(self, message: dict[str, Any]) -> None:
        """Deliver `{"id", "to", "text"}`, which may take long. Raises DeliveryError, and what else can go wrong.

        When it is cancelled, it cleans up, which takes a moment too, and ends with CancelledError.
        """
        await asyncio.sleep(0.5)
        print(f"delivered to {message['to']}: {message['text']}")
