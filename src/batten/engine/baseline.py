"""A file that notes the findings of today, so that only later ones count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from batten.model import Finding


class BaselineProblem(Exception):
    """The baseline file cannot be used; the sentence says why."""


class Entry(msgspec.Struct, frozen=True):
    control: str
    fingerprint: str
    path: str
    count: int = 1


class File(msgspec.Struct, frozen=True):
    version: int
    findings: list[Entry]


class Baseline:
    """Findings already known, by fingerprint; as many of each as there were. A renamed file keeps its
    findings because the fingerprint holds no path."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._left: Counter[str] = Counter()
        for entry in entries:
            self._left[entry.fingerprint] += entry.count

    def holds(self, finding: Finding) -> bool:
        """Whether the finding was known; each known one answers for one finding only."""
        if self._left[finding.fingerprint] <= 0:
            return False
        self._left[finding.fingerprint] -= 1
        return True


def read_baseline(path: Path) -> Baseline:
    """Raises BaselineProblem."""
    try:
        file = msgspec.json.decode(path.read_bytes(), type=File)
    except OSError as error:
        raise BaselineProblem(f"{path}: {error.strerror}; write it with --write-baseline") from error
    except msgspec.MsgspecError as error:
        raise BaselineProblem(f"{path}: not a baseline file ({error}); write it anew") from error
    return Baseline(file.findings)


def write_baseline(path: Path, findings: Iterable[Finding]) -> int:
    """Write the unsuppressed findings; returns how many."""
    counts: Counter[tuple[str, str, str]] = Counter(
        (f.control, f.fingerprint, f.at.source) for f in findings if f.suppression is None
    )
    entries = [Entry(*key, count) for key, count in sorted(counts.items())]
    path.write_bytes(msgspec.json.format(msgspec.json.encode(File(1, entries)), indent=2) + b"\n")
    return sum(e.count for e in entries)
