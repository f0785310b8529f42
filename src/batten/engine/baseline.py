"""A file that notes the findings of today, so that only later ones count."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from batten.engine.shown import source
from batten.files import Refused
from batten.files.named import read_named
from batten.model import Finding
from batten.model.record import record


class BaselineProblem(Exception):
    """The baseline file cannot be used; the sentence says why."""


@record
class Entry:
    control: str
    fingerprint: str
    path: str
    count: int = 1


class Baseline:
    """Findings already known, by fingerprint; as many of each as there were. A renamed file keeps its
    findings because the fingerprint holds no path."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._left: Counter[str] = Counter()
        for entry in entries:
            self._left[entry.fingerprint] += entry.count

    def known(self) -> tuple[tuple[str, int], ...]:
        """What is left of it, in a fixed order."""
        return tuple(sorted(self._left.items()))

    def holds(self, finding: Finding) -> bool:
        """Whether the finding was known; each known one answers for one finding only."""
        if self._left[finding.fingerprint] <= 0:
            return False
        self._left[finding.fingerprint] -= 1
        return True


def read_baseline(path: Path, root: str = "") -> Baseline:
    """`root` is the folder under review. Raises BaselineProblem."""
    try:
        file = json.loads(read_named(path, root))
        return Baseline(_entries(file["findings"]))
    except OSError as error:
        raise BaselineProblem(f"{path}: {error.strerror}; write it with --write-baseline") from error
    except Refused as error:
        raise BaselineProblem(f"{path}: {error}; {error.hint}") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BaselineProblem(
            f"{path}: not a baseline file ({error}); write a new one with --write-baseline"
        ) from error


def _entries(items: object) -> Iterator[Entry]:
    """Raises TypeError for anything but what `write_baseline` writes."""
    if not isinstance(items, list):
        raise TypeError("`findings` is not a list")
    for item in items:
        entry = Entry(**item)
        if not isinstance(entry.fingerprint, str) or not isinstance(entry.count, int):
            raise TypeError("an entry has no fingerprint or count")
        yield entry


def baseline_text(findings: Iterable[Finding]) -> tuple[str, int]:
    """The text of a baseline file that notes the unsuppressed findings, and how many there are."""
    counts: Counter[tuple[str, str, str]] = Counter(
        (f.control, f.fingerprint, source(f.at.source)) for f in findings if f.suppression is None
    )
    noted = [
        {"control": control, "fingerprint": fingerprint, "path": place, "count": count}
        for (control, fingerprint, place), count in sorted(counts.items())
    ]
    return json.dumps({"version": 1, "findings": noted}, indent=2) + "\n", sum(counts.values())
