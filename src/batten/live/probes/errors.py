"""Requests made to fail, with reading verbs only unless the environment allows more."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact
from batten.live.evidence import sight
from batten.live.exchange import Headers, NotAnswered, Probe, Request, Steps, ask, attempt
from batten.live.reading import error_facts, headers_fact
from batten.live.survey import NOWHERE, Call, Survey

# Beyond 64 bits, negative, no number at all, a quote, and bytes that are no UTF-8.
WRONG = ("99999999999999999999999", "-1", "batten", "%27", "%ff%fe")


def plan(survey: Survey) -> Iterator[Probe]:
    for path in (f"/{NOWHERE}", f"/{NOWHERE}.php", "/%c0%ae%c0%ae", "/%00", "/;" + NOWHERE):
        yield Probe(f"error of {path}", _get(survey, survey.prefix + path))
    for call in survey.calls:
        if call.method == "GET":
            yield Probe(f"errors of {call.label}", _wrong(survey, call))
    if survey.environment.active:
        for template, verbs in survey.verbs.items():
            for method in sorted(verbs & {"POST", "PUT", "PATCH"}):
                if template in survey.examples:
                    yield Probe(f"malformed body to {method} {template}", _body(survey, method, template))


def _get(survey: Survey, target: str) -> Steps:
    response = yield from ask(survey.at_root("/", target=target))
    return list(error_facts(sight(response)))


def _wrong(survey: Survey, call: Call) -> Steps:
    """Each wrong value, an Accept that cannot be met, and parameters twice; a crash is remembered once."""
    found: list[Fact | NotAnswered] = []
    asked: list[tuple[str, Headers]] = [(path, ()) for path in call.wrong]
    asked.append((call.path, (("Accept", "application/x-batten-none"),)))
    for path, headers in asked:
        request = survey.get(call.path, headers)
        response = yield from attempt(Request("GET", request.url, headers, target=_target(survey, path)))
        if isinstance(response, NotAnswered):
            found.append(response)
        else:
            seen = sight(response)
            found += error_facts(seen)
            if response.status >= 400:
                found.append(headers_fact(seen))
    return found


def _target(survey: Survey, path: str) -> str:
    return survey.url(path).removeprefix(survey.origin)


def _body(survey: Survey, method: str, template: str) -> Steps:
    """JSON that is none: whoever parses it before anything else changes nothing."""
    request = survey.get(survey.examples[template], method=method)
    found: list[Fact | NotAnswered] = []
    for body in (b'{"batten": ', b"[" * 2000, b"\xff\xfe", b'{"batten": NaN}'):
        headers = (("Content-Type", "application/json"),)
        response = yield from attempt(Request(method, request.url, headers, body, active=True))
        if isinstance(response, NotAnswered):
            found.append(response)
        else:
            seen = sight(response)
            found += [*error_facts(seen), headers_fact(seen)]
    return found
