# ruff: noqa: E501
"""Hidden tests in the folder of API tests: a fresh app for each test, and the factory."""

import random

import desk_notes
from desk_notes import ask, lend, require

SEED = {{seed}}  # noqa: F821

dice = random.Random(str(SEED))  # noqa: S311


def word():
    return "".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=8))


def title(kind=None):
    return f"{kind or dice.choice(('book', 'film'))} {dice.randrange(200)}"


MEMBER = word()


def test_catalogue_of_the_desk(catalogue):
    desk_notes.same(catalogue)


def two_loans_and_no_third(client):
    for what, want in (("first", 201), ("second", 201), ("third", 409)):
        status, answer = lend(client, MEMBER, title())
        require(
            status == want,
            f"A test lent three titles to {MEMBER}, who had none in that test. The {what} was answered {status} {answer}, where {want} is right.",
        )


def test_two_loans_once(client):
    two_loans_and_no_third(client)


def test_two_loans_twice(client):
    two_loans_and_no_third(client)


def called(make_loan, **overrides):
    given = ", ".join(f"{key}={value!r}" for key, value in overrides.items())
    require(callable(make_loan), f"`make_loan` was {str(make_loan)[:120]}, which cannot be called.")
    try:
        answer = make_loan(**overrides)
    except Exception as error:  # noqa: BLE001
        require(False, f"`make_loan({given})` raised {type(error).__name__}: {str(error)[:200]}")
    require(
        isinstance(answer, dict) and set(answer) == {"loan", "member", "title"},
        f"`make_loan({given})` returned {str(answer)[:200]}, where the JSON of a loan is right: `loan`, `member` and `title`.",
    )
    return answer


def test_five_loans(make_loan):
    loans = [called(make_loan) for _ in range(5)]
    numbers, members = [loan["loan"] for loan in loans], [loan["member"] for loan in loans]
    require(len(set(numbers)) == len(numbers), f"Five calls of `make_loan()` gave loans of the numbers {numbers}.")
    require(
        len(set(members)) == len(members),
        f"Five calls of `make_loan()` gave loans to {members}, where each call invents a new member.",
    )


def test_made_as_asked(make_loan):
    member, wanted, other = word(), title(), title()
    loan = called(make_loan, member=member, title=wanted)
    got = (loan["member"], loan["title"])
    require(
        got == (member, wanted),
        f"`make_loan(member={member!r}, title={wanted!r})` lent {got[1]} to {got[0]}.",
    )
    loan = called(make_loan, title=other)
    require(loan["title"] == other, f"`make_loan(title={other!r})` lent {loan['title']}.")
    loan = called(make_loan, member=member)
    require(loan["member"] == member, f"`make_loan(member={member!r})` lent to {loan['member']}.")


def test_made_through_the_client(client, make_loan):
    loan = called(make_loan, title=title("film"))
    status, answer = ask(client, f"/loans/{loan['loan']}/return", {"days_late": 4})
    require(
        (status, answer) == (200, {"fee_cents": 400}),
        f"`make_loan` lent {loan['title']}; when `client` returned it four days late, the answer was {status} {answer}, where 200 {{'fee_cents': 400}} is right.",
    )
    member = word()
    for _ in range(2):
        called(make_loan, member=member)
    status, answer = lend(client, member, title())
    require(
        status == 409,
        f"`make_loan` lent two titles to {member}; when `client` asked for a third, the answer was {status} {answer}, where 409 is right: they do not talk to the same app.",
    )
