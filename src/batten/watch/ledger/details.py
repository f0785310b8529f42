"""What is kept of a finding beside its sentence: evidence, advice, the way to it, and its fix. Many lives share one text."""

from __future__ import annotations

import msgspec

from batten.model import Exchange
from batten.model.record import record


@record(kw_only=True)
class Mending:
    """A fix as it was worked out. `safety` is a value of `batten.model.Safety`; `diff` is "" where it is too long, or `withheld`
    because it would repeat a secret."""

    title: str
    safety: str = "safe"
    breaks: str = ""
    question: str = ""
    diff: str = ""
    withheld: bool = False


@record(kw_only=True)
class Accepted:
    """Why it does not count: a waiver in the file (inline), in batten.yaml (policy), or the baseline."""

    kind: str
    reason: str = ""
    owner: str = ""
    until: str = ""


@record(kw_only=True)
class Detail:
    """Texts are masked by what made the report, and bounded; `cut` says that some were shortened. `reach` is who can get at it,
    outermost first; `related` and `also` are places, as `nginx.conf:12` or a URL; `technology` is whose reader declared it."""

    title: str = ""
    why: str = ""
    advice: str = ""
    excerpt: str = ""
    exchange: Exchange | None = None
    reach: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    also_breaks: tuple[str, ...] = ()
    context: str = "production"
    technology: str = ""
    fix: Mending | None = None
    accepted: Accepted | None = None
    cut: bool = False


_ENCODER = msgspec.json.Encoder(order="deterministic")


def packed(detail: Detail) -> bytes:
    """As `Seen.detail` has it: JSON, the same bytes for the same detail."""
    return _ENCODER.encode(detail)


def unpacked(body: bytes) -> Detail:
    """What `packed` wrote; raises msgspec.DecodeError where it is something else."""
    return msgspec.json.decode(body, type=Detail)
