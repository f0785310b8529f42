"""Requests made to fail, with reading verbs only unless the environment allows more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from batten.facts import ErrorBody, Fact, ObservedAnswer
from batten.live.exchange import Headers, HungUp, NotAnswered, Probe, Request, Response, Steps, ask, attempt
from batten.live.probes.answers import answer_fact
from batten.live.reading import facts_of, labelled
from batten.live.survey import NOWHERE, Call, Survey

PATHS = (
    *(f"/{NOWHERE}", f"/{NOWHERE}.php", f"/{NOWHERE}.json", f"/{NOWHERE}.aspx", f"/;{NOWHERE}"),
    *("/%c0%ae%c0%ae", "/%00", "/%ff%fe", "/..%5c..%5c", f"/{NOWHERE}?a[]=1&a[b]=2", "/" + "a" * 9000),
)
SECONDS = 10.0  # for an answer to a path that does not exist: some servers never give one
BAD_TOKENS = ("Bearer batten", "Bearer e30.e30.e30", "Basic %%%", "batten")
BROWSER = ("Accept", "text/html,application/xhtml+xml")
NOT_JSON = (b'{"batten": ', b"[" * 2000, b"\xff\xfe", b'{"batten": NaN}', b'"batten"')


def plan(survey: Survey) -> Iterator[Probe]:
    for path in PATHS:
        yield Probe(f"error of {path[:40]}", _get(survey, survey.prefix + path))
    for call in survey.calls:
        yield Probe(f"errors of {call.label}", _wrong(survey, call))
    for call in [c for c in survey.calls if c.secured][:2]:
        yield Probe(f"bad credentials for {call.label}", _credentials(survey, call))
    if survey.environment.active:
        for call in survey.writes:
            yield Probe(f"malformed body to {call.label}", _body(survey, call))


def _get(survey: Survey, target: str) -> Steps:
    try:
        response = yield from ask(replace(survey.at_root("/", target=target), seconds=SECONDS))
    except HungUp:
        if Request("GET", survey.origin, target=target).malformed:
            return []  # an answer is not owed
        raise
    return labelled(_shown(response, None), "GET of a path that does not exist")


def _shown(response: Response, call: Call | None) -> list[Fact]:
    """What an answer to a bad request shows; with a call, also how it differs from the contract."""
    found: list[Fact] = [
        f for f in facts_of(response) if response.status >= 400 or (isinstance(f, ErrorBody) and f.leaks)
    ]
    if call is not None:
        found.append(answer_fact(call, response))
    return found


def _wrong(survey: Survey, call: Call) -> Steps:
    """Each wrong value, and an Accept that cannot be met. Many frameworks show their debugger to browsers only."""
    found: list[Fact | NotAnswered] = []
    asked: list[tuple[str, Headers]] = [(path, call.headers) for path in call.wrong]
    asked.append((call.path, (*call.headers, ("Accept", "application/x-batten-none"))))
    as_browser = False
    for path, headers in asked:
        response = yield from attempt(_strange(survey, call, path, headers))
        if isinstance(response, NotAnswered):
            found.append(response)
            continue
        # Bytes that are no UTF-8 are refused by whoever decodes the path first, which need not be the API.
        found += _shown(
            response, call if "%ff" not in path and survey.match("GET", path) == call.template else None
        )
        if response.status >= 500 and not as_browser:
            as_browser = True
            page = yield from attempt(_strange(survey, call, path, (*call.headers, BROWSER)))
            found += [page] if isinstance(page, NotAnswered) else _shown(page, None)
    return once(found, call.label)


def _strange(survey: Survey, call: Call, path: str, headers: Headers) -> Request:
    return Request("GET", survey.url(call.path), headers, target=_target(survey, path))


def once(found: Iterable[Fact | NotAnswered], label: str) -> Iterator[Fact | NotAnswered]:
    """What differs from the contract in the same way is said once, and so is what an error shows."""
    told: set[tuple[int, str]] = set()
    leaked: set[str] = set()
    for fact in found:
        if isinstance(fact, ObservedAnswer):
            if (fact.status, fact.mismatch) in told:
                continue
            told.add((fact.status, fact.mismatch))
        elif isinstance(fact, ErrorBody):
            if fact.leaks and leaked.issuperset(fact.leaks):
                continue
            leaked.update(fact.leaks)
            fact = replace(fact, request=label)
        yield fact


def _target(survey: Survey, path: str) -> str:
    return survey.url(path).removeprefix(survey.origin)


def _credentials(survey: Survey, call: Call) -> Steps:
    """Tokens that are none, in place of the environment's own: whoever decodes them may stumble."""
    found: list[Fact | NotAnswered] = []
    for token in BAD_TOKENS:
        headers = (*call.headers, ("Authorization", token))
        response = yield from attempt(Request("GET", survey.url(call.path), headers, anonymous=True))
        found += [response] if isinstance(response, NotAnswered) else _shown(response, None)
    return once(found, call.label)


def _body(survey: Survey, call: Call) -> Steps:
    """JSON that is none, or not an object: whoever parses it before anything else changes nothing."""
    found: list[Fact | NotAnswered] = []
    headers = (*call.headers, ("Content-Type", "application/json"))
    for body in NOT_JSON:
        response = yield from attempt(Request(call.method, survey.url(call.path), headers, body, active=True))
        found += [response] if isinstance(response, NotAnswered) else _shown(response, call)
    return once(found, call.label)
