"""Request smuggling: only on the user's word, by time alone, and each question on a connection of its own (`live.desync`)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from enum import Enum
from urllib.parse import urlsplit

from batten.facts import Feature
from batten.live.desync import Pair, answered, pairs
from batten.live.exchange import Answer, HungUp, Probe, Question, SaidNothing, Steps, TcpDialogue, talk
from batten.live.survey import Survey
from batten.model import Exchange, Kind, Location, Setting, Switch

SECONDS = 6.0  # without an answer, after which a server is said to wait
TWICE = 2


class Heard(Enum):
    """What came back."""

    ANSWER = "an answer"
    NOTHING = "nothing, and the connection stayed open"
    END = "the end of the connection"


def plan(survey: Survey) -> Iterator[Probe]:
    if survey.environment.smuggling:
        yield Probe("request smuggling", _smuggling(survey))


def _smuggling(survey: Survey) -> Steps:
    """The first pair that makes a server wait, again and again, while the whole request is answered: no other is tried."""
    parts = urlsplit(survey.origin)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.netloc.rpartition("@")[2]
    for pair in pairs(host, f"{survey.prefix}/"):
        if (yield from _waits(survey, parts.hostname or "", port, pair)):
            evidence = Exchange(
                pair.cut.decode("latin-1"), f"(no answer within {SECONDS:g} s; the whole request is answered)"
            )
            pointer = f"POST {survey.prefix}/ response to a request with two lengths"
            at = Location(survey.origin, pointer, kind=Kind.WIRE, exchange=evidence)
            return [Feature(at, Switch.DESYNC, Setting(True, at), pair.name)]
    return []


def _waits(survey: Survey, host: str, port: int, pair: Pair) -> Generator[Question, Answer, bool]:
    """Whether the cut request is left without an answer each time, and the whole one is answered each time."""
    for _ in range(TWICE):
        if (yield from _heard(survey, host, port, pair.cut)) is not Heard.NOTHING:
            return False
        if (yield from _heard(survey, host, port, pair.whole)) is not Heard.ANSWER:
            return False
    return True


def _heard(survey: Survey, host: str, port: int, sent: bytes) -> Generator[Question, Answer, Heard]:
    tls = survey.origin.startswith("https://")
    try:
        answer = yield from talk(TcpDialogue(host, port, (sent,), tls, whole=answered, seconds=SECONDS))
    except SaidNothing:
        return Heard.NOTHING
    except HungUp:
        return Heard.END
    return Heard.ANSWER if answered(answer.part(0)) else Heard.END
