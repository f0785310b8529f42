"""What was seen at a finding's place, as a digest: a waiver or a service sees by it that the value changed."""

from __future__ import annotations

import re
from hashlib import sha256

from batten.masking import sentence
from batten.model import Finding, Kind
from batten.reports.masks import SECRET_CONTROLS, Masks

_NAMED = re.compile(r"`[^`]*`")
# What differs from answer to answer where the same is wrong: what is quoted of them, counts, times, and nonces.
_PASSING = re.compile(r"'[^']*'|\"[^\"]*\"|\([^()]*\)|(?<![\w.])\d[\d.,%]*")
_NONCE = re.compile(r"'nonce-[^']*'")


def value_of(finding: Finding, masks: Masks) -> str:
    """The digest, the same in every run that sees the same. "" where the place holds nothing (what should be there is
    missing), and where a secret is there: a short secret could be guessed from its digest."""
    if finding.credential or finding.control in SECRET_CONTROLS:
        return ""
    match finding.at.kind:
        case Kind.BLOCK:
            return ""
        case Kind.WIRE:
            return _digest(_shown(finding.message))
        case Kind.VALUE:
            return _digest(_written(finding, masks))


def _shown(message: str) -> str:
    """What a sentence about an answer names, and what it lists after its colon: the rest are batten's words, which change."""
    said = _NONCE.sub("'nonce'", sentence(message))
    listed = _NAMED.sub("", said).partition(": ")[2]
    return "\n".join((*_NAMED.findall(said), _PASSING.sub("", listed)))


def _written(finding: Finding, masks: Masks) -> str:
    """The text of the place; "" where it cannot be read, or shows a secret."""
    source, span = finding.at.source, finding.at.span
    if span is None or masks.touches(source, span.start, span.end):
        return ""
    text = masks.text(source, span.start, span.end)
    return "" if masks.bares(source, text) else " ".join(text.split())


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16] if text else ""
