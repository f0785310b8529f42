"""Operations of which an edge gives less than the contract says."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract import Contract
from batten.contract.surface import is_offered, streams
from batten.harden.edge import ANSWER

# What engines do that limit a whole answer, for all paths alike. Traefik's middleware for sizes of bodies keeps answers, too.
_ENDS = {
    "caddy": f"Caddy ends it after {2 * ANSWER} seconds, so clients must reconnect",
    "traefik": f"Traefik sends answers when they are complete, and none that takes {2 * ANSWER} seconds; choose another edge",
}
_PAGES = ("text/html", "application/xhtml+xml")
_SHOWN = 3


def notes(contract: Contract, engine: str) -> Iterator[str]:
    """Which are not served at all, whose streams end early, and which answer with pages that browsers do not show as they
    are."""
    unserved = [one.label for one in contract.operations if not is_offered(one)]
    if unserved:
        yield f"{_shortened(unserved)}: no edge forwards this method or path; it is left out"
    endless = [one.label for one in contract.operations if streams(one)]
    if endless and engine in _ENDS:
        yield f"{_shortened(endless)} may answer with a stream of events: {_ENDS[engine]}"
    found = [
        operation.label
        for operation in contract.operations
        if any(_is_page(media) for answer in operation.responses.values() for media in answer.media)
    ]
    if found:
        yield (
            f"{_shortened(found)} may answer with pages: the edge sends `Content-Security-Policy: default-src 'none'` with them, so "
            "browsers load none of their scripts, styles and images; serve pages from a host of their own"
        )


def _shortened(labels: list[str]) -> str:
    more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
    return f"{', '.join(labels[:_SHOWN])}{more}"


def _is_page(media: str) -> bool:
    return media.partition(";")[0].strip().lower() in _PAGES
