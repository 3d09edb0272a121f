"""Names, words and numbers made up for one run, from one seed."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from typing import TypeVar

_CONSONANTS = "bcdfghjklmnprstvz"
_VOWELS = "aeiou"

T = TypeVar("T")


class MadeUp(random.Random):
    """A seeded generator that also makes up words, so that no answer can be learnt by heart."""

    def word(self, syllables: int = 3) -> str:
        """Return a pronounceable word of small letters, two for each syllable."""
        return "".join(self.choice(_CONSONANTS) + self.choice(_VOWELS) for _ in range(syllables))

    def words(self, count: int, syllables: int = 3) -> list[str]:
        """Return that many different words."""
        found: dict[str, None] = {}
        while len(found) < count:
            found[self.word(syllables)] = None
        return list(found)

    def name(self) -> str:
        """Return a word with a capital, as for a person or a place."""
        return self.word().capitalize()

    def names(self, count: int) -> list[str]:
        """Return that many different names."""
        return [word.capitalize() for word in self.words(count)]

    def title(self, words: int = 2) -> str:
        """Return several capitalised words with blanks between them."""
        return " ".join(self.name() for _ in range(words))

    def digits(self, count: int) -> str:
        """Return that many digits, the first of them not 0."""
        return self.choice("123456789") + "".join(self.choice(string.digits) for _ in range(count - 1))

    def numbers(self, count: int, low: int, high: int) -> list[int]:
        """Return that many different whole numbers from ``low`` to ``high``, both included."""
        return self.sample(range(low, high + 1), count)

    def shuffled(self, values: Sequence[T]) -> list[T]:
        """Return the values in another order."""
        return self.sample(values, len(values))
