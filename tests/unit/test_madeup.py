"""Words and numbers made up from a seed."""

from __future__ import annotations

import re

import pytest

from pytest_fastapi_kata.madeup import MadeUp


@pytest.fixture(params=range(5))
def rng(request: pytest.FixtureRequest) -> MadeUp:
    """A generator; what holds must hold for each seed."""
    return MadeUp(f"{request.param}/q011/test_it")


def test_a_seed_repeats_itself() -> None:
    """The same seed makes the same things up, another one others."""

    def everything(seed: str) -> list[object]:
        rng = MadeUp(seed)
        return [rng.word(), rng.words(3), rng.name(), rng.title(), rng.digits(4), rng.numbers(3, 1, 99)]

    assert everything("1/a") == everything("1/a")
    assert everything("1/a") != everything("1/b")


def test_words(rng: MadeUp) -> None:
    """A consonant and a vowel for each syllable."""
    assert re.fullmatch("([bcdfghjklmnprstvz][aeiou]){3}", rng.word())
    assert re.fullmatch("([bcdfghjklmnprstvz][aeiou]){5}", rng.word(5))


def test_words_are_different(rng: MadeUp) -> None:
    """Even where there are few to choose from."""
    words = rng.words(60, syllables=1)
    assert (60, 60) == (len(words), len(set(words)))
    assert {2} == set(map(len, words))


def test_names_have_a_capital(rng: MadeUp) -> None:
    """Words of a title have one each."""
    assert re.fullmatch("[A-Z][a-z]{5}", rng.name())
    assert re.fullmatch("[A-Z][a-z]{5} [A-Z][a-z]{5} [A-Z][a-z]{5}", rng.title(3))
    names = rng.names(4)
    assert 4 == len(set(names))
    assert all(re.fullmatch("[A-Z][a-z]{5}", name) for name in names)


def test_digits_begin_with_none_that_could_be_lost(rng: MadeUp) -> None:
    """A leading nought would not survive as a number."""
    for count in (1, 2, 9):
        assert re.fullmatch(f"[1-9][0-9]{{{count - 1}}}", rng.digits(count))


def test_numbers_are_different_and_both_ends_belong_to_them(rng: MadeUp) -> None:
    """Of four numbers from 3 to 6 there is one choice."""
    assert [3, 4, 5, 6] == sorted(rng.numbers(4, 3, 6))


def test_shuffled(rng: MadeUp) -> None:
    """The values stay the same, the original as it was; some order is another one."""
    values = list(range(20))
    mixed = rng.shuffled(values)
    assert values == sorted(mixed) == list(range(20))
    assert values != mixed
