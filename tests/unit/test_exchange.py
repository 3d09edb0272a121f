"""How a request and its answer are written down."""

from __future__ import annotations

import json
import shlex

import pytest

from pytest_fastapi_kata.exchange import BODY_LIMIT, Exchange, readable_body, telling_headers

POST = Exchange(
    "POST", "/hats?size=3", (("content-type", "application/json"),), '{"hat": "it\'s red"}',
    201, (("location", "/hats/7"),), '{"id": 7}', "/hats",
)  # fmt: skip


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "404 Not Found"), (422, "422 Unprocessable"), (799, "799"), (None, "no answer")]
)
def test_reason(status: int | None, reason: str) -> None:
    """The status has its phrase, if there is one."""
    assert Exchange("GET", "/", status=status).reason.startswith(reason)


def test_an_unknown_status_is_a_bare_number() -> None:
    """No phrase is made up for it."""
    assert "799" == Exchange("GET", "/", status=799).reason


def test_the_curl_line_repeats_the_request() -> None:
    """Method, address, headers and body are those that were sent, quoted for a shell."""
    parts = shlex.split(POST.curl)
    assert ["curl", "-X", "POST", "-H", "content-type: application/json"] == [
        part for part in parts if part in {"curl", "-X", "POST", "-H", "content-type: application/json"}
    ]
    assert "http://127.0.0.1:8000/hats?size=3" in parts
    body = parts.index('{"hat": "it\'s red"}')
    assert parts[body - 1].startswith("--data")


def test_the_curl_line_of_a_plain_get_is_plain() -> None:
    """Nothing is said that curl does by itself."""
    assert "curl -i http://127.0.0.1:8000/hats" == Exchange("GET", "/hats").curl


def test_curl_asks_for_the_head_alone() -> None:
    """With -X HEAD it would wait for a body that never comes."""
    assert "curl -i --head http://127.0.0.1:8000/hats" == Exchange("HEAD", "/hats").curl


def test_a_body_without_a_content_type_stays_without_one() -> None:
    """Left to itself, curl would say that it is a form."""
    parts = shlex.split(Exchange("GET", "/", request_body="x").curl)
    assert ["-X", "GET"] == parts[2:4]
    assert "content-type:" == parts[parts.index("-H") + 1]
    assert 1 == Exchange("PUT", "/", (("Content-Type", "text/plain"),), "x").curl.count("-H")


def test_a_body_with_a_sign_for_curl_stays_a_body() -> None:
    """Behind --data-binary, a text that begins with @ would be the name of a file."""
    parts = shlex.split(Exchange("POST", "/", request_body="@home").curl)
    assert "--data-raw" == parts[parts.index("@home") - 1]


@pytest.mark.parametrize("target", ["/hats?size[gt]=3", "/hats?q={a,b}"])
def test_brackets_in_an_address_stay_brackets(target: str) -> None:
    """By itself, curl would take them for ranges and sets."""
    parts = shlex.split(Exchange("GET", target).curl)
    assert {"-g", "--globoff"} & set(parts)


def test_an_exchange_survives_json() -> None:
    """What is written can be read again; the curl line is an extra."""
    data = json.loads(json.dumps(POST.to_json()))
    assert POST == Exchange.from_json(data)
    assert POST.curl == data["curl"]
    assert Exchange("GET", "/") == Exchange.from_json(Exchange("GET", "/").to_json())


def test_headers_that_say_nothing_are_dropped() -> None:
    """Requests and answers have their own; upper and lower case make no difference."""
    headers = [("Host", "h"), ("X-Token", "t"), ("Server", "s"), ("content-LENGTH", "3"), ("Date", "d")]
    assert (("X-Token", "t"), ("Server", "s"), ("Date", "d")) == telling_headers(headers, response=False)
    assert (("Host", "h"), ("X-Token", "t")) == telling_headers(headers, response=True)


def test_what_a_client_accepts_is_told_if_it_is_not_everything() -> None:
    """Then the app may answer accordingly."""
    headers = [("Accept", "*/*"), ("accept", "text/csv")]
    assert (("accept", "text/csv"),) == telling_headers(headers, response=False)
    assert tuple(headers) == telling_headers(headers, response=True)


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (b"", "", ""),
        (b'{"a":1}', "application/json", '{"a": 1}'),
        (b'{"a":1}', "application/problem+json; charset=utf-8", '{"a": 1}'),
        (b'{"a":1}', "text/plain", '{"a":1}'),
        (b'{"a":', "application/json", '{"a":'),
        (b'"\\u00fc"', "application/json", '"ü"'),
        ("Grüße".encode(), "text/plain", "Grüße"),
        (b"\xff\xfe", "application/json", "(2 bytes that are not text)"),
        (b"a\r\nb\x00", "text/plain", "a\r\nb\x00"),
    ],
)
def test_readable_body(body: bytes, content_type: str, text: str) -> None:
    """JSON is set for reading, texts are left alone, and bytes are counted."""
    assert text == readable_body(body, content_type)


def test_long_json_is_indented() -> None:
    """Each part that fits stands on a line of its own."""
    data = {"first": ["word"] * 5, "second": ["word"] * 5}
    text = readable_body(json.dumps(data).encode(), "application/json")
    assert 4 == len(text.splitlines())
    assert data == json.loads(text)


@pytest.mark.parametrize("content_type", ["text/plain", "application/json"])
def test_a_huge_body_is_cut(content_type: str) -> None:
    """It says how much there was."""
    assert "1" * BODY_LIMIT == readable_body(b"1" * BODY_LIMIT, "text/plain")
    text = readable_body(b"1" * (BODY_LIMIT + 5), content_type)
    assert f"{'1' * BODY_LIMIT}… (5 characters more)" == text


@pytest.mark.parametrize("depth", [600, 1900])
def test_a_deep_body_is_left_as_it_is(depth: int) -> None:
    """Neither reading nor setting it may end in a RecursionError."""
    body = "[" * depth + "]" * depth
    assert body == readable_body(body.encode(), "application/json").replace("\n", "").replace(" ", "")
