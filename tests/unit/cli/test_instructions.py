"""``fastapi-kata show``: what a kata asks for."""

from __future__ import annotations

from tests.unit.conftest import Command, Desk


def test_the_readme_is_shown(command: Command, desk: Desk) -> None:
    """The learner's copy, without a terminal as it stands."""
    readme = desk.entry("q901").with_name("README.md")
    readme.write_text("# q901 · A greeting\n\nSay *hello*.\n", "utf-8")
    told = command("show", "q901")
    assert 0 == told.code
    assert "q901 · A greeting" in told.out
    assert "hello" in told.out


def test_without_the_learners_copy_the_kits_is_shown(command: Command, desk: Desk) -> None:
    """A deleted README is no dead end."""
    desk.entry("q901").with_name("README.md").unlink(missing_ok=True)
    assert "How do you greet?" in command("show", "q901").out
