"""The report of a repository's files at one commit, in the data folder: where nothing changed, nothing is judged again."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256

from batten.files import Refused, Root
from batten.model.record import record
from batten.watch.assess.report import LARGEST

_MARK = 32  # bytes


@record
class KeptReport:
    commit: str
    report: bytes


def kept_report(data: Root, path: str, rests_on: Sequence[str]) -> KeptReport | None:
    """What was kept there, if it rests on the same; None for what cannot be read."""
    try:
        body = data.read(path, LARGEST)
        mark, packed = body[:_MARK], body[_MARK:]
        unpacker = zlib.decompressobj()
        commit, _, report = unpacker.decompress(packed, LARGEST).partition(b"\n")
    except (OSError, Refused, zlib.error):
        return None
    whole = unpacker.eof and mark == _mark(rests_on, packed)
    return KeptReport(commit.decode("ascii", "replace"), report) if whole and report else None


def keep_report(data: Root, path: str, rests_on: Sequence[str], kept: KeptReport) -> None:
    """Keep it for the next time. What cannot be written is made again then."""
    packed = zlib.compress(kept.commit.encode() + b"\n" + kept.report, 6)
    with suppress(OSError, Refused):
        data.replace(path, _mark(rests_on, packed) + packed, 0o600)


def _mark(rests_on: Sequence[str], packed: bytes) -> bytes:
    return sha256("\0".join(rests_on).encode() + b"\0" + packed).digest()
