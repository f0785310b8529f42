"""What anonymous clients get: from operations that require credentials, and from debug endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import Endpoint, Fact, ObservedAnswer
from batten.live.baseline import alike
from batten.live.evidence import sight
from batten.live.exchange import NotAnswered, Probe, Request, Response, Steps, ask, attempt
from batten.live.probes.answers import answer_fact
from batten.live.probes.existing import existing
from batten.live.reading import facts_of, labelled
from batten.live.refusals import granted
from batten.live.survey import NOWHERE, Call, Survey
from batten.model import Setting

_DEBUG = re.compile(r"/_{0,2}debug(?:/|$)")


def plan(survey: Survey) -> Iterator[Probe]:
    for call in survey.calls:
        if call.secured or _DEBUG.search(call.template):
            yield Probe(f"{call.label} without credentials", _stranger(survey, call))


def _stranger(survey: Survey, call: Call) -> Steps:
    """Whoever answers a path that nobody has in the same way gives nothing away."""
    response = yield from ask(_anonymous(survey, call.path, call))
    if (
        response.status in (400, 404)
        and (there := (yield from existing(survey, call, anonymous=True))) is not None
    ):
        response = yield from ask(_anonymous(survey, there.path, call))
    found: list[Fact | NotAnswered] = [*labelled(facts_of(response), call.label)]
    fact = stranger_fact(call, response)
    if fact.unguarded or (_DEBUG.search(call.template) and granted(response, fact.mismatch)):
        nowhere = yield from attempt(_anonymous(survey, nowhere_of(call.path), call))
        if isinstance(nowhere, NotAnswered):
            return [*found, nowhere, replace(fact, unguarded=False)]
        same = alike(response, nowhere) or (
            response.body == nowhere.body and response.status == nowhere.status
        )
        fact = replace(fact, unguarded=fact.unguarded and not same)
        found += [] if same or not _DEBUG.search(call.template) else [_debug(response, call)]
    return [*found, fact]


def stranger_fact(call: Call, response: Response) -> ObservedAnswer:
    """As `answer_fact`, of an answer to somebody without credentials; whether a path that nobody has is answered in the
    same way is still to be asked."""
    fact = answer_fact(call, response)
    asked = call.secured and not response.request.authenticated
    return replace(fact, unguarded=asked and granted(response, fact.mismatch))


def _anonymous(survey: Survey, path: str, call: Call) -> Request:
    return replace(survey.get(path, call.headers, call.method), anonymous=True)


def nowhere_of(path: str) -> str:
    """A path beside this one, two steps below its folder, so that no parameter takes its name."""
    return f"{path.partition('?')[0].rpartition('/')[0]}/{NOWHERE}/{NOWHERE}"


def _debug(response: Response, call: Call) -> Endpoint:
    at = sight(response, f"({len(response.body)} bytes, omitted: confidential)").at("response.body")
    return Endpoint(
        at,
        method=call.method,
        path=call.template,
        kind="console",
        what="a debug endpoint",
        documented=Setting(True, at),
    )
