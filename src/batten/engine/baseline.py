"""A file that notes the findings of today, so that only later ones count."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from batten.engine.identity import Identity, continued, identity_of
from batten.engine.shown import source
from batten.files import Refused
from batten.files.named import read_named
from batten.masking import masked
from batten.model import Finding
from batten.model.record import record

VERSION = 2


class BaselineProblem(Exception):
    """The baseline file cannot be used; the sentence says why."""


@record
class Entry:
    """Findings alike: of one control and case, at one named place of one file or environment."""

    control: str
    case: str
    place: str
    path: str
    environment: str
    kin: str
    count: int = 1


@record
class FormerEntry:
    """What version 1 noted. Its fingerprint was made of an English sentence, so the control and the file are all that
    can be compared."""

    control: str
    fingerprint: str
    path: str
    count: int = 1


@record
class Baseline:
    """Findings already known, as many of each as there were. `former` says that the file is of version 1."""

    known: tuple[Identity, ...]
    former: bool = False

    def holds(self, findings: Sequence[Finding], gone: Callable[[str], bool]) -> list[bool]:
        """Which of the findings were known; each known one answers for one finding only. `gone` tells whether a file is
        no longer there."""
        identities = [_former(f) if self.former else identity_of(f) for f in findings]
        held = [index is not None for index in continued(identities, self.known, gone)]
        return self._undoubted(identities, held) if self.former else held

    def _undoubted(self, identities: list[Identity], held: list[bool]) -> list[bool]:
        """Version 1 cannot tell which of a file's findings is the new one where there are more than it noted: then all of
        them count."""
        more = {identity for identity, known in zip(identities, held, strict=True) if not known}
        return [known and identity not in more for identity, known in zip(identities, held, strict=True)]


def _former(finding: Finding) -> Identity:
    return Identity(finding.control, source(finding.at.source))


def read_baseline(path: Path, root: str = "") -> Baseline:
    """`root` is the folder under review. Raises BaselineProblem."""
    try:
        file = json.loads(read_named(path, root))
        former = file.get("version") == 1
        if not former and file["version"] != VERSION:
            raise ValueError(
                f"its version is {file['version']!r}, and this version of batten supports 1 and {VERSION}"
            )
        return Baseline(tuple(_known(file["findings"], former)), former)
    except OSError as error:
        raise BaselineProblem(f"{path}: {error.strerror}; write it with --write-baseline") from error
    except Refused as error:
        raise BaselineProblem(f"{path}: {error}; {error.hint}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BaselineProblem(
            f"{path}: not a baseline file ({error}); write a new one with --write-baseline"
        ) from error


MOST = 1_000_000  # findings that a baseline may note


def _known(items: object, former: bool) -> Iterator[Identity]:
    """Raises TypeError for anything but what `baseline_text` writes, now or in version 1."""
    if not isinstance(items, list):
        raise TypeError("`findings` is not a list")
    left = MOST
    for item in items:
        entry = FormerEntry(**item) if former else Entry(**item)
        left -= _count(entry.count)
        if left < 0:
            raise ValueError(f"it notes more than {MOST:,} findings")
        yield from (_identity(entry),) * entry.count


def _count(count: object) -> int:
    if not isinstance(count, int) or count < 0:
        raise TypeError("an entry has no count")
    return count


def _identity(entry: Entry | FormerEntry) -> Identity:
    if isinstance(entry, FormerEntry):
        kin, path, environment = entry.control, entry.path, ""
    else:
        kin, path, environment = entry.kin, "" if entry.environment else entry.path, entry.environment
    if not all(isinstance(text, str) for text in (kin, path, environment)):
        raise TypeError("an entry has no control, fingerprint or path")
    return Identity(kin, path, environment)


def baseline_text(findings: Iterable[Finding]) -> tuple[str, int]:
    """The text of a baseline file that notes the findings that count, and how many there are."""
    counts = Counter(_entry(f) for f in findings if f.suppression is None and f.counts)
    noted = [
        {
            "control": entry.control,
            "case": entry.case,
            "place": entry.place,
            "path": entry.path,
            "environment": entry.environment,
            "kin": entry.kin,
            "count": count,
        }
        for entry, count in sorted(counts.items(), key=lambda item: _order(item[0]))
    ]
    return json.dumps({"version": VERSION, "findings": noted}, indent=2) + "\n", sum(counts.values())


def _entry(finding: Finding) -> Entry:
    return Entry(
        control=finding.control,
        case=finding.case,
        place=masked(finding.at.pointer),
        path=source(finding.at.source),
        environment=finding.environment,
        kin=finding.kin,
    )


def _order(entry: Entry) -> tuple[str, ...]:
    return entry.control, entry.case, entry.path, entry.environment, entry.place, entry.kin
