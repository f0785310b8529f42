"""Whether one client's headers decide what a shared cache gives to all others.

Only where answers speak of a cache. Each question has a query of its own, which no other client ever has, and first it is seen
that the cache keeps answers with different queries apart: what is poisoned here is given to batten alone.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from secrets import token_hex

from batten.facts import Feature
from batten.live.baseline import alike
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
from batten.live.origins import STRANGER
from batten.live.survey import NOWHERE, Survey
from batten.model import Setting, Switch

MOST = 3  # documented calls that are looked at
_MOVED = (301, 302, 303, 307, 308)
_APART = "the cache in front ignores the query, so other clients would get what is tried"
_HINT = "try it by hand on a host that no other client uses"


# Headers in which caches say what they did: of nginx and Apache as they are mostly set up, of Varnish, and of networks
# that deliver content. `Cache-Status` is RFC 9211's.
_SAYING = (
    "cf-cache-status",
    "cache-status",
    "x-cache",
    "x-cache-status",
    "x-cacheable",
    "x-fastcgi-cache",
    "x-nginx-cache",
    "x-proxy-cache",
    "x-varnish-cache",
)
_HIT = re.compile(r"(?i)\bhit\b|\bstale\b|\bupdating\b|\brevalidated\b")

# What applications build links and redirects of; each value can be told from all others.
_FORGED = ("X-Forwarded-Host", "X-Host", "X-Forwarded-Server", "X-Http-Host-Override", "X-Forwarded-Prefix")
CANARIES: Mapping[str, str] = {
    name: f"/batten-p{n}" if name == "X-Forwarded-Prefix" else f"batten-h{n}.{STRANGER}"
    for n, name in enumerate(_FORGED)
}
FORGED: Headers = tuple(CANARIES.items())
PROTO: Headers = (("X-Forwarded-Proto", "http"), ("X-Forwarded-Scheme", "http"))
ROUTED: Headers = (("X-Original-URL", f"/{NOWHERE}"), ("X-Rewrite-URL", f"/{NOWHERE}"))


def stored(response: Response) -> bool | None:
    """Whether an answer came out of a cache, None where nothing speaks of one."""
    said = [response.header(name) for name in _SAYING if response.header(name)]
    if said:
        return any(_HIT.search(value) for value in said)
    if varnish := response.header("x-varnish"):  # its own number, and on a hit that of who stored it
        return len(varnish.split()) > 1
    return True if response.header("age").isdigit() else None  # RFC 9111, 5.1: only what was stored has one


def canary(response: Response) -> str:
    """The header whose value the answer took over, "" when none: into its body, or into where it leads."""
    shown = response.text.replace("\\/", "/") + response.header("location") + response.header("link")
    return next((name for name, value in CANARIES.items() if value in shown), "")


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
