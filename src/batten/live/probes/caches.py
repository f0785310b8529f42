"""Whether one client's headers decide what a shared cache gives to all others.

Only where answers speak of a cache. Each question has a query of its own, which no other client ever has, and first it is seen
that the cache keeps answers with different queries apart: what is poisoned here is given to batten alone.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from secrets import token_hex

from batten.facts import Feature
from batten.live.baseline import alike
from batten.live.caches import FORGED, PROTO, ROUTED, canary, stored
from batten.live.evidence import sight
from batten.live.exchange import (
    Answer,
    Headers,
    LeftAlone,
    Probe,
    Question,
    Request,
    Response,
    Steps,
    ask,
)
from batten.live.survey import NOWHERE, Survey
from batten.model import Setting, Switch

MOST = 3  # documented calls that are looked at
_MOVED = (301, 302, 303, 307, 308)
_APART = "the cache in front ignores the query, so other clients would get what is tried"
_HINT = "try it by hand on a host that no other client uses"


def plan(survey: Survey) -> Iterator[Probe]:
    paths = [call.path for call in survey.calls if not call.secured][:MOST]
    if any(stored(answer) is not None for answer in (*survey.scene.roots, *survey.scene.nothing)):
        paths = [f"{survey.prefix}/", *paths]
    for path in dict.fromkeys(paths):
        yield Probe(f"poisoned caches at {path}", _poisoned(survey, path))


def _poisoned(survey: Survey, path: str) -> Steps:
    mark = _mark(path)
    clean = yield from ask(_request(survey, mark))
    if clean.status >= 400 or clean.status in _MOVED:
        return []
    again = yield from ask(_request(survey, mark))
    if not stored(again):
        return []
    other = yield from ask(_request(survey, _mark(path)))
    if stored(other):
        raise LeftAlone(_APART, _HINT)
    for headers in (FORGED, PROTO, ROUTED):
        mark = _mark(path)
        answer = yield from ask(_request(survey, mark, headers))
        by = _changed(headers, answer, clean)
        if by and (poisoned := (yield from _kept(survey, mark, headers, clean))) is not None:
            at = sight(poisoned).at(f"stored response changed by {by}")
            return [Feature(at, Switch.UNKEYED_HEADER, Setting(True, at), f"{by} at `{path}`")]
    return []


def _kept(
    survey: Survey, mark: str, headers: Headers, clean: Response
) -> Generator[Question, Answer, Response | None]:
    """What the cache gives to a client without the header, where that shows what the header did."""
    answer = yield from ask(_request(survey, mark))
    return answer if stored(answer) and _changed(headers, answer, clean) else None


def _changed(headers: Headers, answer: Response, clean: Response) -> str:
    """The header that shows in an answer, "" when the answer is as it is without."""
    if headers is FORGED:
        return canary(answer)
    moved = answer.status in _MOVED
    if headers is PROTO:
        return headers[0][0] if moved else ""
    return headers[0][0] if not moved and answer.status != 429 and not alike(answer, clean) else ""


def _mark(path: str) -> str:
    """The path with a query that nobody else has."""
    return f"{path}{'&' if '?' in path else '?'}{NOWHERE}={token_hex(8)}"


def _request(survey: Survey, path: str, headers: Headers = ()) -> Request:
    return Request("GET", survey.url(path), headers, anonymous=True)
