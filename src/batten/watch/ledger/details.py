"""What a finding's page shows beside its row: evidence, advice and fix, as JSON that many lives share by its digest."""

from __future__ import annotations

import msgspec


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was sent and what came back, secrets masked."""

    request: str
    response: str


class Fix(msgspec.Struct, frozen=True, omit_defaults=True):
    """What would repair it. `safety` is safe, risky or value; `breaks` says what may notice, `question` what is to be answered."""

    title: str
    safety: str
    breaks: str = ""
    question: str = ""
    diff: str = ""
    withheld: bool = False


class Spot(msgspec.Struct, frozen=True, omit_defaults=True):
    """Another place: a file with its line, or an address, and what it is there by name."""

    place: str
    line: int = 0
    pointer: str = ""


class Accepted(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why it does not count: a waiver in the file (inline), in batten.yaml (policy), or the baseline."""

    kind: str
    reason: str
    owner: str = ""
    until: str = ""


class Detail(msgspec.Struct, frozen=True, omit_defaults=True):
    """`reach` is who gets at it, the outermost first; `excerpt` the line of the file; `cut`: texts were shortened."""

    title: str = ""
    why: str = ""
    advice: str = ""
    excerpt: str = ""
    context: str = "production"
    reach: tuple[str, ...] = ()
    also: tuple[Spot, ...] = ()
    related: tuple[Spot, ...] = ()
    evidence: Evidence | None = None
    fix: Fix | None = None
    accepted: Accepted | None = None
    cut: bool = False


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Detail)


def encoded(detail: Detail) -> bytes:
    """The same bytes for the same detail."""
    return _ENCODER.encode(detail)


def decoded(body: bytes) -> Detail:
    """The detail in a body of ours; nothing where there is none."""
    return _DECODER.decode(body) if body else Detail()
