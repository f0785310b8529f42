"""Tokens that the user gave: whether their key can be guessed, how long they are valid, and whether an operation that needs
one takes a token that nobody signed. Only documented reading calls are made, at most three for each of two operations
beside the call itself with the token and without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.facts import Fact, Forgery, Secret, TokenAccepted, TokenShape
from batten.live.evidence import sight
from batten.live.exchange import NotAnswered, Probe, Response, Steps, ask, attempt
from batten.live.refusals import granted
from batten.live.survey import Call, Survey
from batten.live.tokens import Token, forgeries, key_of, tokens
from batten.model import Exchange, Kind, Location, Setting, clock

MOST = 2  # operations that are tried
LEEWAY = 300.0  # seconds that clocks may differ


def plan(survey: Survey) -> Iterator[Probe]:
    for token in tokens(survey.given):
        yield Probe(f"the token in {token.carrier}", _told(survey, token))
        for call in [c for c in survey.calls if c.secured and c.method == "GET"][:MOST]:
            yield Probe(f"{call.label} with other tokens", _forged(survey, token, call))


def _told(survey: Survey, token: Token) -> Steps:
    """What the token says itself. It is sent nowhere."""
    yield from ()
    evidence = Exchange(
        f"{token.carrier}: (a token)", f"(header and {len(token.claims)} claims, omitted: confidential)"
    )
    at = Location(survey.origin, f"token in {token.carrier}", kind=Kind.WIRE, exchange=evidence)
    end, begin = token.number("exp"), token.number("iat")
    shape = TokenShape(
        at,
        carrier=token.carrier,
        algorithm=token.algorithm,
        seconds=None if end is None else end - (begin or end),
        dated=end is None or begin is not None,
        audience="aud" in token.claims,
    )
    guess = key_of(token)
    if guess is None:
        return [shape]
    key = Secret(
        at,
        name=f"token in {token.carrier}",
        value=Setting(f"{token.algorithm} key", at),
        place="token",
        committed=True,
        guess=guess.how,
        whose=guess.whose,
        signs=True,
    )
    return [shape, key]


def _forged(survey: Survey, token: Token, call: Call) -> Steps:
    """Nothing shows that a signature is checked where the operation answers to anyone, or not to the token itself."""
    request = survey.get(call.path, call.headers)
    own = yield from ask(request)
    if not granted(own, call.mismatch(own)):
        return []
    stranger = yield from ask(replace(request, anonymous=True))
    if granted(stranger, call.mismatch(stranger)):
        return []
    found: list[Fact | NotAnswered] = [*_expired(token, call, own)]
    for forgery, headers in forgeries(token):
        kept = tuple((n, v) for n, v in (*survey.given, *call.headers) if n != token.carrier)
        answer = yield from attempt(replace(request, headers=(*kept, *headers), anonymous=True))
        if isinstance(answer, NotAnswered):
            found.append(answer)
        elif granted(answer, call.mismatch(answer)):
            return [
                *found,
                _accepted(call, answer, forgery),
            ]  # one is enough: what checks nothing takes them all
    return found


def _expired(token: Token, call: Call, own: Response) -> Iterator[TokenAccepted]:
    end = token.number("exp")
    if end is not None and end < clock.now().timestamp() - LEEWAY:
        yield _accepted(call, own, Forgery.EXPIRED)


def _accepted(call: Call, answer: Response, forgery: Forgery) -> TokenAccepted:
    told = f"({len(answer.body)} bytes, omitted: confidential)"
    at = sight(answer, told).at(f"response to a token ({forgery.value})")
    return TokenAccepted(at, operation=call.label, forgery=forgery)
