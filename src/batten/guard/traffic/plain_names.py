"""Names that people give to paths and parameters, told from identifiers, secrets and chance."""

from __future__ import annotations

import re

_WORD = re.compile(
    r"\.?[A-Za-z~_-]{1,32}(?:\.(?:json|xml|ya?ml|txt|html?|php|m?js|css|svg|png|ico|map|aspx?|jsp|cgi|csv|pdf))?"
)
_NUMBERED = re.compile(r"v\d{1,3}(?:\.\d{1,3})?|oauth[12]|2fa")
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_CHANCE = re.compile(
    r"[^aeiouyAEIOUY._-]{9,}|(?<![A-Za-z])[A-Fa-f]{8,}(?![A-Za-z])"
)  # no word, but hexadecimal


def is_plain(part: str) -> bool:
    """A word, as in the paths that people write. What is encoded, has digits or reads like chance is not."""
    if part == "" or _NUMBERED.fullmatch(part):
        return True
    if _WORD.fullmatch(part) is None or _CHANCE.search(part):
        return False
    pieces = _PIECE.findall(part)
    return len(pieces) < 3 or len(part) >= 3 * len(pieces)  # chance changes case at every other letter
