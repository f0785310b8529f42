"""Which life a finding of now continues: the one of its fingerprint, or of the file that was renamed into its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from batten.engine.identity import Identity, continued
from batten.watch.model import Assessed, Life, LifeState, Seen, Side

Key = tuple[Side, str]  # a side and a fingerprint: one life of an environment


def distinct(found: Iterable[Seen]) -> dict[Key, Seen]:
    """The findings by their keys. Of several with one identity the one that counts stays, then the worst, then the first in
    the order of places, so that the order of a report changes nothing."""
    kept: dict[Key, Seen] = {}
    for seen in found:
        key = seen.side, seen.fingerprint
        if key not in kept or _rank(seen) < _rank(kept[key]):
            kept[key] = seen
    return kept


def _rank(seen: Seen) -> tuple[object, ...]:
    last = str(seen.public), seen.value, seen.cause, seen.pointer, seen.kin, seen.case, digest_of(seen.detail)
    return not seen.counts, not seen.breaks, -seen.severity, seen.place, seen.line, seen.message, *last


def digest_of(detail: bytes) -> str:
    """The name under which a detail is kept; "" for none."""
    return sha256(detail).hexdigest()[:32] if detail else ""


def renamed(found: Mapping[Key, Seen], lives: Sequence[Life], assessed: Assessed) -> dict[Key, Life]:
    """The standing lives that findings without a life of their own continue, because their file was renamed beyond doubt
    (`engine/identity.py`). Only where nothing was left out is a file known to be gone."""
    if Side.DECLARED not in assessed.complete:
        return {}
    known = {(life.side, life.fingerprint) for life in lives}
    fresh = [key for key in found if key[0] is Side.DECLARED and key not in known and found[key].kin]
    before = [life for life in lives if life.side is Side.DECLARED and life.state is not LifeState.FIXED]
    now = [Identity(found[key].kin, found[key].place) for key in fresh]
    present = (
        assessed.places
        | assessed.unread
        | {seen.place for seen in assessed.found if seen.side is Side.DECLARED}
    )
    matches = continued(
        now, [Identity(life.kin, life.place) for life in before], lambda path: path not in present
    )
    return {
        key: before[index]
        for key, index in zip(fresh, matches, strict=True)
        if index is not None and (Side.DECLARED, before[index].fingerprint) not in found
    }
