"""A file that notes the findings of today, so that only later ones count."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from batten.engine.identity import Identity, continued, identity_of, kin_of
from batten.engine.shown import source
from batten.files import Refused
from batten.files.named import checkout_of, read_named
from batten.masking import masked
from batten.model import Finding, Severity
from batten.model.record import record

VERSION = 2


class BaselineProblem(Exception):
    """The baseline file cannot be used; the sentence says why."""


@record
class Entry:
    """Findings alike: of one control, case and severity, at one named place of one file or environment."""

    control: str
    case: str
    place: str
    path: str
    environment: str
    kin: str
    severity: str = Severity.CRITICAL.label  # absent in the first files of version 2
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
class Known:
    """One finding that was noted. The control is held against the finding's, too, for people read it and not `kin`."""

    identity: Identity
    control: str
    case: str
    severity: Severity

    def is_(self, finding: Finding) -> bool:
        return (finding.control, finding.case) == (
            self.control,
            self.case,
        ) and finding.gravity <= self.severity


@record
class Baseline:
    """Findings already known, as many of each as there were, worst first. `former` says that the file is of version 1."""

    known: tuple[Known, ...]
    former: bool = False

    def holds(self, findings: Sequence[Finding], gone: Callable[[str], bool]) -> list[bool]:
        """Which of the findings were known; each known one answers for one finding only, and for none that is worse than
        it was. `gone` tells whether a file is no longer there."""
        if self.former:
            return self._undoubted([_former(f) for f in findings])
        now = [identity_of(finding) for finding in findings]
        asked = sorted(range(len(findings)), key=lambda index: -findings[index].gravity)
        while True:
            matches = continued([now[i] for i in asked], [known.identity for known in self.known], gone)
            matched = {i: m for i, m in zip(asked, matches, strict=True) if m is not None}
            refused = [i for i, m in matched.items() if not self.known[m].is_(findings[i])]
            if not refused:
                return [index in matched for index in range(len(findings))]
            # What is worse than its match leaves it to the next one alike, which may be as it was.
            least = {now[i]: findings[i].gravity for i in refused}  # the last is the mildest
            kept = matched.keys() - refused
            asked = [
                i for i in asked if i in kept or now[i] not in least or findings[i].gravity < least[now[i]]
            ]

    def _undoubted(self, identities: list[Identity]) -> list[bool]:
        """Version 1 cannot tell which of a file's findings is the new one where there are more than it noted: then all of
        them count. Nor can it tell what was in a file that moved."""
        matches = continued(identities, [known.identity for known in self.known], lambda path: False)
        more = {identity for identity, match in zip(identities, matches, strict=True) if match is None}
        return [identity not in more for identity in identities]


def _former(finding: Finding) -> Identity:
    return Identity(finding.control, source(finding.at.source))


def read_baseline(path: Path, root: str = "", data: bytes | None = None) -> Baseline:
    """`root` is the folder under review; `data` is the content, where it is not that of the file. Raises BaselineProblem."""
    try:
        file = json.loads(read_named(path, root) if data is None else data)
        former = file.get("version") == 1
        if not former and file["version"] != VERSION:
            raise ValueError(
                f"its version is {file['version']!r}, and this version of batten supports 1 and {VERSION}"
            )
        # Raises BaselineProblem for a baseline of another folder: its paths are below that folder, and could be
        # alike.
        written = file.get("folder")
        here = _folder(root)
        if written is not None and here is not None and written != here:
            raise BaselineProblem(
                f"{path}: it was written for the folder {written}, and this run reviews {here}; "
                "write a baseline for each folder with --write-baseline"
            )
        # Raises TypeError for anything but what `baseline_text` writes, now or in version 1.
        items = file["findings"]
        known_entries: list[Known] = []
        if not isinstance(items, list):
            raise TypeError("`findings` is not a list")
        left = MOST
        for item in items:
            entry = FormerEntry(**item) if former else Entry(**item)
            left -= _count(entry.count)
            if left < 0:
                raise ValueError(f"it notes more than {MOST:,} findings")
            known_entries.extend((_one(entry),) * entry.count)
        known = sorted(known_entries, key=lambda one: -one.severity)
        return Baseline(tuple(known), former)
    except OSError as error:
        raise BaselineProblem(f"{path}: {error.strerror}; write it with --write-baseline") from error
    except Refused as error:
        raise BaselineProblem(f"{path}: {error}; {error.hint}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BaselineProblem(
            f"{path}: not a baseline file ({error}); write a new one with --write-baseline"
        ) from error


def _folder(root: str) -> str | None:
    """The root below its repository; None outside of one, where folders have no name that lasts."""
    checkout = checkout_of(Path(root))
    if not root or not os.path.lexists(checkout / ".git"):
        return None
    return Path(os.path.abspath(root)).relative_to(checkout).as_posix()


MOST = 1_000_000  # findings that a baseline may note


def _count(count: object) -> int:
    if not isinstance(count, int) or count < 0:
        raise TypeError("an entry has no count")
    return count


def _one(entry: Entry | FormerEntry) -> Known:
    if isinstance(entry, FormerEntry):
        return Known(_identity(entry), entry.control, "", Severity.CRITICAL)
    return Known(_identity(entry), entry.control, entry.case, Severity.named(entry.severity))


def _identity(entry: Entry | FormerEntry) -> Identity:
    if isinstance(entry, FormerEntry):
        kin, path, environment = entry.control, entry.path, ""
    else:
        kin, path, environment = entry.kin, "" if entry.environment else entry.path, entry.environment
    if not all(isinstance(text, str) for text in (kin, path, environment)):
        raise TypeError("an entry has no control, fingerprint or path")
    return Identity(kin, path, environment)


def baseline_text(findings: Iterable[Finding], root: str = "") -> tuple[str, int]:
    """The text of a baseline file that notes the findings that count, and how many there are. Places that reports join
    into one finding are noted each, for the findings are held against it before they are joined."""
    counting = [f for f in findings if f.suppression is None and f.counts]
    counts = Counter(
        Entry(
            control=f.control,
            case=f.case,
            place=masked(at.pointer),
            path=source(at.source),
            environment=f.environment,
            kin=f.kin if at is f.at else kin_of(f.control, f.case, at.pointer),
            severity=f.gravity.label,
        )
        for f in counting
        for at in (f.at, *f.also)
    )
    noted = [
        {
            "control": entry.control,
            "case": entry.case,
            "place": entry.place,
            "path": entry.path,
            "environment": entry.environment,
            "kin": entry.kin,
            "severity": entry.severity,
            "count": count,
        }
        for entry, count in sorted(counts.items(), key=lambda item: _order(item[0]))
    ]
    file = {"version": VERSION, "folder": _folder(root), "findings": noted}
    return json.dumps(file, indent=2) + "\n", len(counting)


def _order(entry: Entry) -> tuple[str, ...]:
    return entry.control, entry.case, entry.path, entry.environment, entry.place, entry.kin, entry.severity
