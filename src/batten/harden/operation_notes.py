"""Operations of which an edge gives less than the contract says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.contract import Contract
from batten.contract.surface import is_offered, streams
from batten.facts import Content
from batten.harden.edge import ANSWER, Edge

# What engines do that limit a whole answer, for all paths alike. Traefik's middleware for sizes of bodies keeps answers, too.
_ENDS = {
    "caddy": f"Caddy ends it after {2 * ANSWER} seconds, so clients must reconnect",
    "traefik": f"Traefik sends answers when they are complete, and none that takes {2 * ANSWER} seconds; choose another edge",
}
# FastAPI and Starlette leave `:path` out of what they write into OpenAPI, so only the name shows it: https://fastapi.tiangolo.com/tutorial/path-params/#path-convertor
_DEEP = re.compile(r"/\{[a-z_]{0,30}path(?::path)?\}$", re.IGNORECASE)
_SHOWN = 3


def notes(contract: Contract, edge: Edge, engine: str) -> Iterator[str]:
    """Which are not served at all, whose streams end early, and where browsers do not show pages as they are."""
    unserved = [one.label for one in contract.operations if not is_offered(one)]
    if unserved:
        yield f"{_shortened(unserved)}: no edge forwards this method or path; it is left out"
    endless = [one.label for one in contract.operations if streams(one)]
    if endless and engine in _ENDS:
        yield f"{_shortened(endless)} may answer with a stream of events: {_ENDS[engine]}"
    opened = [path.template for path in edge.sockets]
    if opened and engine == "traefik":
        yield f"{_shortened(opened)}: Traefik ends no WebSocket that is silent, so the application has to"
    deep = [path for path in dict.fromkeys(one.path for one in contract.operations) if _DEEP.search(path)]
    if deep:
        yield (
            f"{_shortened(deep)}: the last parameter matches one segment, since OpenAPI has no parameter for several; if the application takes "
            "all that follows there (`{name:path}` in FastAPI), add a path to the contract for each depth that clients use"
        )
    kept = [template for template, kind in edge.kinds.items() if kind.keeps]
    if kept:
        yield (
            f"{_shortened(kept)}: browsers run the scripts of these pages that come from their own host, and none within them, unless the "
            "page's own Content-Security-Policy allows these by nonces or hashes; another policy is written in `content:` of batten.yaml"
        )
    data = [
        r.path.template
        for r in edge.routes
        if r.path.content is Content.PAGE and r.path.template not in edge.kinds
    ]
    if data:
        yield (
            f"{_shortened(data)}: the contract declares pages, and batten.yaml says that these are data, so browsers load none of their "
            "scripts, styles and images; write `pages` in `content:` for them"
        )


def _shortened(labels: list[str]) -> str:
    more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
    return f"{', '.join(labels[:_SHOWN])}{more}"
