"""Whether an answer gives what was asked for, or refuses it in the words of a success."""

from __future__ import annotations

import re

from batten.facts import Content
from batten.live.exchange import Response
from batten.live.reading import content_of

SHORT = 600  # characters that a refusal has at most
_REFUSAL = re.compile(
    r"(?i)unauthori[sz]ed|authenticat|not (?:logged|signed) in|(?:log|sign)[ _-]?in\b|forbidden|denied|not allowed"
    r"|permission|\"(?:error|errors|fault)\"\s*:"
    r"|(?:no|invalid|missing|expired|required|bad|wrong|provide)\b.{0,30}(?:token|credential|api[ _-]?key)"
    r"|(?:token|credential|api[ _-]?key).{0,30}\b(?:invalid|missing|expired|required|wrong|needed)\b"
)


def granted(response: Response, mismatch: str = "") -> bool:
    """A success with content that is neither a page where the contract has none, nor a short refusal."""
    if not 200 <= response.status < 300 or (response.status != 204 and not response.body):
        return False
    if content_of(response) is Content.PAGE and mismatch and response.body.lstrip()[:1] not in (b"{", b"["):
        return False
    return len(response.text) > SHORT or not _REFUSAL.search(response.text)
