"""Whether answers contain the Host that the client sends. The query is unique, so that no
cache gives such an answer to anybody else."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact
from batten.live.bodies import told_beside
from batten.live.evidence import sight
from batten.live.exchange import Headers, NotAnswered, Probe, Steps, attempt
from batten.live.origins import STRANGER
from batten.live.survey import NOWHERE, Survey
from batten.model import Switch

MOST = 4  # calls that are made under another name
NAME = f"batten.{STRANGER}"
_WAYS: tuple[Headers, ...] = ((("Host", NAME),), (("X-Forwarded-Host", NAME),))


def plan(survey: Survey) -> Iterator[Probe]:
    calls = [call.path for call in survey.calls]
    paths = (survey.prefix + "/", *calls[:MOST], *(f"{p.partition('?')[0]}/" for p in calls[:1]))
    unshared = (f"{p}{'&' if '?' in p else '?'}{NOWHERE}" for p in dict.fromkeys(paths))
    yield Probe("forged Host headers", _forged(survey, tuple(unshared)))


def _forged(survey: Survey, paths: tuple[str, ...]) -> Steps:
    """One answer that believes it is enough."""
    found: list[Fact | NotAnswered] = []
    for headers in _WAYS:
        for path in paths:
            response = yield from attempt(survey.get(path, headers))
            if isinstance(response, NotAnswered):
                # A server that hangs up on names that are not its own has refused this one, and all to come.
                found += [] if headers[0][0] == "Host" else [response]
                break
            believed = [
                f for f in told_beside(sight(response)) if f.name in (Switch.HOST_CHECK, Switch.HOST_REDIRECT)
            ]
            found += believed
            if believed:
                break
    return found
