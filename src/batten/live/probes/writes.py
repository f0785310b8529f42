"""Documented calls that write, with bodies that the contract admits and some that it does not: in active environments
only, on things that hardly exist, and never where the name says that nobody can take it back."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

from batten.facts import Fact
from batten.live import exchange
from batten.live.baseline import alike
from batten.live.probes.answers import answer_fact
from batten.live.probes.errors import once
from batten.live.probes.strangers import nowhere_of, stranger_fact
from batten.live.reading import facts_of
from batten.live.survey import Call, Survey, left_alone

Asked = Generator[exchange.Question, exchange.Answer, exchange.Response | exchange.NotAnswered]


def plan(survey: Survey) -> Iterator[exchange.Probe]:
    for call in survey.writes if survey.environment.active else ():
        if call.body:
            yield exchange.Probe(f"{call.label} with a body", _call(survey, call))
            yield exchange.Probe(
                f"{call.label} with bodies that the contract forbids", _forbidden(survey, call)
            )
        else:
            yield exchange.Probe(f"{call.label} with a body", _none())


def _none() -> exchange.Steps:
    yield from ()  # a generator fails when it is asked, not when it is planned
    raise left_alone(
        "no body was sent to operations whose schema is too vague, or whose names suggest a lasting effect"
    )


def _call(survey: Survey, call: Call) -> exchange.Steps:
    """As nobody first where credentials are demanded: whoever answers that needs no second call."""
    found: list[Fact | exchange.NotAnswered] = []
    if call.secured:
        refused = yield from exchange.attempt(_request(survey, call, call.body, anonymous=True))
        if isinstance(refused, exchange.NotAnswered):
            return [refused]
        fact = stranger_fact(call, refused)
        found += [*facts_of(refused)]
        if fact.unguarded:
            nowhere = yield from _nowhere(survey, call)
            same = not isinstance(nowhere, exchange.Response) or alike(refused, nowhere)
            return once([*found, replace(fact, unguarded=not same)], call.label)
        found.append(fact)
    response = yield from exchange.attempt(_request(survey, call, call.body))
    if isinstance(response, exchange.NotAnswered):
        return [*found, response]
    return once([*found, *facts_of(response), answer_fact(call, response)], call.label)


def _forbidden(survey: Survey, call: Call) -> exchange.Steps:
    """That such a body is taken is nothing that the contract's answers are held against; how it is refused is."""
    found: list[Fact | exchange.NotAnswered] = []
    for body in call.invalid:
        response = yield from exchange.attempt(_request(survey, call, body))
        found += [response] if isinstance(response, exchange.NotAnswered) else facts_of(response)
        found += [] if isinstance(response, exchange.NotAnswered) else [answer_fact(call, response)]
    return once(found, call.label)


def _nowhere(survey: Survey, call: Call) -> Asked:
    request = _request(survey, call, call.body, anonymous=True)
    return (yield from exchange.attempt(replace(request, url=survey.url(nowhere_of(call.path)))))


def _request(survey: Survey, call: Call, body: bytes, anonymous: bool = False) -> exchange.Request:
    headers: exchange.Headers = (*call.headers, ("Content-Type", "application/json"))
    url = survey.url(call.path)
    return exchange.Request(call.method, url, headers, body, anonymous=anonymous, active=True)
