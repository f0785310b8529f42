"""Operations that answer with pages: an edge sends the headers of data with every answer."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract import Contract

_PAGES = ("text/html", "application/xhtml+xml")
_SHOWN = 3


def notes(contract: Contract) -> Iterator[str]:
    """What browsers do not show of them."""
    found = [
        operation.label
        for operation in contract.operations
        if any(_is_page(media) for answer in operation.responses.values() for media in answer.media)
    ]
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        yield (
            f"{', '.join(found[:_SHOWN])}{more} may answer with pages: the edge sends `Content-Security-Policy: default-src 'none'` "
            "with them, so browsers load none of their scripts, styles and images; serve pages from a host of their own"
        )


def _is_page(media: str) -> bool:
    return media.partition(";")[0].strip().lower() in _PAGES
