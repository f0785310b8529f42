"""Entries of advisories to the flaws of a version: what several databases say of one vulnerability is said once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from batten.advisories.affecting import affects, repair
from batten.advisories.records import Entry
from batten.advisories.versions import Incomparable
from batten.facts import Flaw
from batten.model import Severity
from batten.model.record import record

_MALICIOUS = re.compile(r"MAL-")  # https://github.com/ossf/malicious-packages
_PREFERRED = ("MAL-", "CVE-", "GHSA-")


@record
class Judged:
    """What advisories say of one version; `fixed` as `KnownFlaws` has it. `open` are those of which it is not known whether they affect it."""

    flaws: tuple[Flaw, ...]
    fixed: str
    open: tuple[str, ...]


def judged(entries: Iterable[Entry], ecosystem: str, version: str) -> Judged:
    """The flaws of a version among what advisories say of its package."""
    found: list[Entry] = []
    unknown: list[str] = []
    for entry in entries:
        answer = affects(entry, ecosystem, version)
        if answer:
            found.append(entry)
        elif answer is None:
            unknown.append(entry.id)
    return Judged(*flawed(found, ecosystem, version), tuple(sorted(set(unknown))))


def flawed(entries: Sequence[Entry], ecosystem: str, version: str) -> tuple[tuple[Flaw, ...], str]:
    """The flaws that these entries describe, all of which affect the version, worst first; and the version that has none of
    those that any version fixes."""
    # The entries without bulletins of which every vulnerability has an entry of its own.
    own = {name for entry in entries if not entry.sums for name in (entry.id, *entry.aliases)}
    groups = _joined([entry for entry in entries if not entry.sums or not own.issuperset(entry.sums)])
    flaws = [_flaw(group, ecosystem, version) for group in groups]
    mended = [group for group, flaw in zip(groups, flaws, strict=True) if flaw.fixed]
    if len(mended) == 1:
        fixed = next(flaw.fixed for flaw in flaws if flaw.fixed)
    else:
        fixed = _repair([entry for group in mended for entry in group], ecosystem, version)
    return tuple(sorted(flaws, key=_worst_first)), fixed


def _worst_first(flaw: Flaw) -> tuple[object, ...]:
    severity = Severity.MEDIUM if flaw.severity is None else flaw.severity
    return not flaw.malicious, flaw.notice, -severity, flaw.name


def _flaw(group: list[Entry], ecosystem: str, version: str) -> Flaw:
    ids = sorted({name for entry in group for name in (entry.id, *entry.aliases)})
    rated = [entry.severity for entry in group if entry.severity >= 0]
    # The id that people know best.
    return Flaw(
        name=next((name for start in _PREFERRED for name in ids if name.startswith(start)), ids[0]),
        ids=tuple(ids),
        severity=Severity(min(max(rated), Severity.CRITICAL)) if rated else None,
        fixed=_repair(group, ecosystem, version),
        malicious=any(_MALICIOUS.match(entry.id) for entry in group),
        notice=all(entry.notice for entry in group),
    )


def _repair(entries: Iterable[Entry], ecosystem: str, version: str) -> str:
    try:
        return repair(entries, ecosystem, version)
    except Incomparable:
        return ""


def _joined(entries: Sequence[Entry]) -> list[list[Entry]]:
    """The entries, those together that share an id: aliases are symmetric and transitive."""
    above: dict[str, str] = {}

    def root(name: str) -> str:
        above.setdefault(name, name)
        while above[name] != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    for entry in entries:
        for alias in entry.aliases:
            above[root(alias)] = root(entry.id)
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(root(entry.id), []).append(entry)
    return list(groups.values())
