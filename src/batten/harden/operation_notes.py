"""Operations of which an edge gives less than the contract says."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract import Contract
from batten.contract.surface import is_offered

_PAGES = ("text/html", "application/xhtml+xml")
_SHOWN = 3


def notes(contract: Contract) -> Iterator[str]:
    """Which are not served at all, and which answer with pages that browsers do not show as they are."""
    unserved = [one.label for one in contract.operations if not is_offered(one)]
    if unserved:
        yield f"{_shortened(unserved)}: no edge forwards this method or path; it is left out"
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
