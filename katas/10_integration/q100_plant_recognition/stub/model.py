"""The model. Given; tests replace it."""

import asyncio
import time
from collections.abc import AsyncIterator

TEXTS = {"ivy": "Climbs walls and trees .", "fern": "Likes shade and wet feet ."}


class Model:
    def __init__(self) -> None:
        time.sleep(1)  # reads its weights

    def predict(self, images: list[str]) -> list[dict | None]:
        """One answer an image, None for what is no picture. Computes for long, whether 1 image or 8; at most 8;
        never call it twice at the same time."""
        time.sleep(0.5)
        return [{"name": "ivy", "score": 0.9} if image else None for image in images]

    def knows(self, name: str) -> bool:
        return name in TEXTS

    async def describe(self, name: str) -> AsyncIterator[str]:
        """The words of a description, from the first, each as soon as it is made."""
        for word in TEXTS[name].split():
            await asyncio.sleep(0.3)
            yield word

    def close(self) -> None:
        """Gives the memory back."""
