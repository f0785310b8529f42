"""Absolute URLs in a body that name static assets."""

from __future__ import annotations

import re

from batten.live.exchange import Response

_ASSET = re.compile(
    r"https?://[^\s\"'<>\\)]+?\.(?:png|jpe?g|gif|webp|avif|svg|ico|css|js|mjs|woff2?|ttf|mp4|webm|mp3|pdf)"
    r"(?=[\s\"'<>\\)?#]|$)",
    re.IGNORECASE,
)
_EMBEDDED = re.compile(
    r"<(?:img|script|link|source|iframe|video|audio)\b[^>]*?(?:src|href)=[\"'](https?://[^\"']+)",
    re.IGNORECASE,
)


def assets(response: Response) -> tuple[str, ...]:
    """The URLs in their order, each once."""
    kind = response.media_type
    if not (kind.endswith(("json", "html", "xml")) or kind.startswith("text/")):
        return ()
    text = response.text.replace("\\/", "/")
    found = [m[0] for m in _ASSET.finditer(text)] + [m[1] for m in _EMBEDDED.finditer(text)]
    return tuple(dict.fromkeys(found))[:50]
