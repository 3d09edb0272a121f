"""One failed check, explained to the learner."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_fastapi_kata.exchange import Exchange
from pytest_fastapi_kata.explanation import Explanation, Frame
from pytest_fastapi_kata.reports.lines import Line, Style, flowing, harmless, harmless_lines, line, wrapped
from pytest_fastapi_kata.results import CheckResult, KataResult

LABEL = 12
BODY_LINES = 24
_MARGIN = "  "


def failure_lines(result: KataResult, check: CheckResult, width: int) -> Iterator[Line]:
    """Yield a failed check's explanation, the likely cause, and what else is not there yet."""
    explanation = check.explanation
    yield from why_lines(result, check, width)
    others = [other for other in result.failed if other.name != check.name]
    if others:
        yield line()
        yield line(_MARGIN, ("Not passed either:", "strong"))
        for other in others:
            yield from flowing(line(_MARGIN, ("✗ ", "bad"), harmless(other.title)), width, _MARGIN * 2)
    passed = len(result.checks) - len(result.failed)
    yield line()
    closing = line(
        _MARGIN,
        (f"{passed} of {len(result.kata.checks)} checks pass · a hint: ", "dim"),
        (f"fastapi-kata hint {result.kata.id}", "code"),
        (f" · seed {explanation.seed}" if explanation else "", "dim"),
    )
    yield from flowing(closing, width, _MARGIN)


def why_lines(result: KataResult, check: CheckResult, width: int) -> Iterator[Line]:
    """Yield a failed check's explanation and the likely cause."""
    if check.explanation is not None:
        yield from explanation_lines(check.explanation, width)
    yield from _likely_causes(result, width)


def explanation_lines(explanation: Explanation, width: int) -> Iterator[Line]:
    """Yield what one explanation says, from the requirement to the learner's own lines."""
    yield from wrapped(explanation.requirement, width, _MARGIN, "strong")
    if explanation.message:
        yield line()
        yield from wrapped(explanation.message, width, _MARGIN, "bad")
    if explanation.exchanges:
        yield line()
        for earlier in explanation.earlier:
            yield _labelled("before that", harmless(earlier), "dim")
        for exchange in explanation.exchanges:
            yield from _exchange(exchange)
    yield from _operands(explanation)
    yield from _learners_code(explanation)
    if explanation.printed:
        yield line()
        yield from _block("you printed", explanation.printed, "dim")
    if explanation.exchanges:
        yield line()
        yield _labelled("as curl", harmless(explanation.exchanges[-1].curl), "code")


def _labelled(label: str, text: str, style: Style = "plain") -> Line:
    return line(_MARGIN, (f"{label:<{LABEL}}", "dim"), (text, style))


def _block(label: str, text: str, style: Style = "plain") -> Iterator[Line]:
    lines = harmless_lines(text)
    for number, one in enumerate(lines[:BODY_LINES]):
        yield _labelled(label if number == 0 else "", one, style)
    if len(lines) > BODY_LINES:
        yield _labelled("", f"… ({len(lines) - BODY_LINES} lines more)", "dim")


def _exchange(exchange: Exchange) -> Iterator[Line]:
    yield _labelled("sent", f"{exchange.method} {harmless(exchange.target)}", "strong")
    for name, value in exchange.request_headers:
        yield _labelled("", harmless(f"{name}: {value}"), "dim")
    if exchange.request_body:
        yield from _block("", exchange.request_body)
    yield _labelled("came back", exchange.reason, "strong")
    for name, value in exchange.response_headers:
        yield _labelled("", harmless(f"{name}: {value}"), "dim")
    if exchange.response_body:
        yield from _block("", exchange.response_body)
    elif exchange.status is not None:
        yield _labelled("", "(no body)", "dim")


def _operands(explanation: Explanation) -> Iterator[Line]:
    if not explanation.expected and not explanation.got:
        return
    yield line()
    if not explanation.diff:
        yield from _block("expected", explanation.expected, "good")
        yield from _block("got", explanation.got, "bad")
        return
    yield line(_MARGIN, (f"{'difference':<{LABEL}}", "dim"), ("- expected", "good"), "  ", ("+ got", "bad"))
    for one in explanation.diff:
        style: Style = "good" if one.startswith("-") else "bad" if one.startswith("+") else "plain"
        yield _labelled("", harmless(one), style)


def _learners_code(explanation: Explanation) -> Iterator[Line]:
    if explanation.error:
        yield line()
        yield from _block("raised", explanation.error, "bad")
    for number, frame in enumerate(explanation.frames):
        yield from _frame(frame, first=number == 0)


def _frame(frame: Frame, *, first: bool) -> Iterator[Line]:
    where = f"{frame.file}:{frame.line}" + (f" in {frame.function}" if frame.function else "")
    yield _labelled("your code" if first else "", harmless(where))
    if frame.code:
        yield _labelled("", f"    {harmless(frame.code)}", "code")


def _likely_causes(result: KataResult, width: int) -> Iterator[Line]:
    if not result.likely_causes:
        return
    yield line()
    if len(result.likely_causes) == 1:
        yield line(_MARGIN, ("A likely cause", "warn"))
        yield from wrapped(result.likely_causes[0], width, _MARGIN)
        return
    yield from wrapped("It is often one of these", width, _MARGIN, "warn")
    for cause in result.likely_causes:
        first, *rest = wrapped(cause, width, _MARGIN * 2)
        yield line(_MARGIN, ("• ", "warn"), *first[1:])
        yield from rest
