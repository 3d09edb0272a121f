"""The page for a browser, and the badge."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from pytest_fastapi_kata.reports.page import html_page, svg_badge
from pytest_fastapi_kata.results import KataResult, RunInfo
from tests.unit.samples import HOSTILE, MODELS, a_kata, a_result, answered, failed, passed

INFO = RunInfo("0.1.0", "0.165.0", "3.12.1", 7)
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Outline(HTMLParser):
    """What a browser would find: text, ids, links, and whether every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        assert [] == self.stack

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements.append((tag, found))
        self.ids += [str(found["id"])] if "id" in found else []
        self.links += [str(found[key]) for key in ("href", "src") if key in found]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.stack.pop()

    def handle_data(self, data: str) -> None:
        self.text += data if self.stack[-1:] != ["style"] else ""


def results() -> list[KataResult]:
    """One kata of each state."""
    return [
        a_result(a_kata("q011_one"), "solved", passed(1), passed(2)),
        a_result(a_kata("q012_two"), "failing", passed(1), failed(2, message="Twice.", exchanges=(answered(404),))),
        a_result(a_kata("q013_three"), "failing"),
        a_result(a_kata("q021_four", topic=MODELS, level="advanced"), "not_started"),
        a_result(a_kata("q022_five", topic=MODELS), "unavailable", note="q022 needs redis: pip install redis"),
        a_result(a_kata("q023_six", topic=MODELS), "broken", failed(1, "import", error="NameError: x")),
    ]


def test_everything_is_on_it() -> None:
    """The map, each kata with its state, the first failure, and what comes next."""
    page = Outline(html_page(results(), INFO))
    words = " ".join(page.text.split())
    assert words.startswith("1 of 6 katas solved 1 of 6 katas solved Next: q012 · Title of q012")
    assert "02 Routing1/3·1/303 Models0/20/10/3all1/50/11/6" in "".join(page.text.split("\n"))
    for text in (
        "q011 · Title of q011 basic · solved",
        "q012 · Title of q012 basic · 1 of 2 checks pass",
        "q013 · Title of q013 basic · started, not run this time",
        "q021 · Title of q021 advanced · not started",
        "q022 needs redis: pip install redis",
        "q023 · Title of q023 basic · cannot be run",
        "Twice.",
        "404 Not Found",
        "pytest-fastapi-kata 0.1.0 · FastAPI 0.165.0 · Python 3.12.1 · seed 7",
    ):
        assert text in words
    opened = [attributes["id"] for tag, attributes in page.elements if tag == "details" and "open" in attributes]
    assert ["q012"] == opened


def test_it_is_whole_in_itself() -> None:
    """Every link leads to a place on it; there is no script, and nothing is loaded."""
    text = html_page(results(), INFO)
    page = Outline(text)
    assert {f"#{name}" for name in page.ids} >= set(page.links)
    assert len(page.ids) == len(set(page.ids))
    assert not {"script", "link", "iframe", "img"} & {tag for tag, _ in page.elements}
    assert not re.search(r"url\(|@import", text)
    assert "prefers-color-scheme: dark" in text


def test_nothing_hostile_reaches_the_browser() -> None:
    """Markup is shown as text, and what a file or reader must be kept from is written out."""
    evil = f"<script>alert(1)</script>\n{HOSTILE}"
    kata = a_kata("q011_one", title=evil, question=evil)
    text = html_page([a_result(kata, "failing", failed(1, message=evil), note=evil)], INFO)
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    text.encode()
    assert not re.search("[\x1b\u202e]", text)


@pytest.mark.parametrize(("katas", "said"), [
    ([], "0 of 0 katas solved This workspace has no katas."),
    (results()[:1], "1 of 1 katas solved Nothing is left to do here."),
])  # fmt: skip
def test_nothing_to_do(katas: list[KataResult], said: str) -> None:
    """No kata at all, or all solved."""
    words = " ".join(Outline(html_page(katas, INFO)).text.split())
    assert said in words


@pytest.mark.parametrize(("katas", "said", "colour"), [
    (results(), "FastAPI katas: 1 of 6", "#1565a8"),
    (results()[:1], "FastAPI katas: 1 of 1", "#0b7a52"),
    ([], "FastAPI katas: 0 of 0", "#6b757b"),
])  # fmt: skip
def test_the_badge(katas: list[KataResult], said: str, colour: str) -> None:
    """Says how many, for eyes and for screen readers; its colour tells none, some and all."""
    text = svg_badge(katas)
    root = ET.fromstring(text)
    assert (said, colour in text) == (root.get("aria-label"), True)
    parts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert said == ": ".join(map(str, parts))
