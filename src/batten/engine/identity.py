"""What makes a finding the same finding in the next run.

A finding is a control's case at a named place of one file, or of one environment. Its sentence is no part of it, so
sentences may be bettered; the file is, so a weakness that is repaired in `dev/` and put into `prod/` is a new one.
The baseline, the history, waivers, `--changed-since` and the reports all ask here.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from batten.engine.shown import source
from batten.model import Finding
from batten.model.record import record

TRAFFIC = "traffic"  # what guards saw, among environments


@record
class Identity:
    """`kin` is the control, the case and the place by name, as a digest: what a renamed file's findings still share. `path`
    is "" for what was seen live."""

    kin: str
    path: str
    environment: str = ""

    @property
    def fingerprint(self) -> str:
        return _digest(self.kin, "environment" if self.environment else "file", self.environment or self.path)


def kin_of(control: str, case: str, pointer: str) -> str:
    return _digest(control, case, pointer)


def identity_of(finding: Finding) -> Identity:
    if finding.environment:
        return Identity(finding.kin, "", finding.environment)
    return Identity(finding.kin, source(finding.at.source))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:24]


def continued(
    now: Sequence[Identity], before: Sequence[Identity], gone: Callable[[str], bool]
) -> list[int | None]:
    """For each finding of now, which one of before it is; None for a new one.

    Each of before is continued once. One whose file is gone is continued in another file only where nothing else can be
    meant: the file had no findings of its own before, and no other file could be either side of the move.
    """
    left: dict[Identity, list[int]] = defaultdict(list)
    for index, known in enumerate(before):
        left[known].append(index)
    found: list[int | None] = [left[one].pop(0) if left.get(one) else None for one in now]
    fresh = [index for index, known in enumerate(found) if known is None]
    moves = _moves([now[i] for i in fresh], [k for k, held in left.items() if held], before, gone)
    for index in fresh:
        one = now[index]
        former = moves.get(one.path) if not one.environment else None
        held = left.get(Identity(one.kin, former)) if former is not None else None
        if held:
            found[index] = held.pop(0)
    return found


def _moves(
    fresh: Iterable[Identity],
    left: Iterable[Identity],
    before: Iterable[Identity],
    gone: Callable[[str], bool],
) -> dict[str, str]:
    """New path -> the path that it had, for files that moved beyond doubt."""
    held = {known.path for known in before if not known.environment}
    lost: dict[str, set[str]] = defaultdict(set)  # kin -> the files that are gone with it
    for known in left:
        if not known.environment and gone(known.path):
            lost[known.kin].add(known.path)
    found: dict[str, set[str]] = defaultdict(set)  # kin -> the new files that have it
    for one in fresh:
        if not one.environment and one.path not in held and one.kin in lost:
            found[one.kin].add(one.path)
    to: dict[str, set[str]] = defaultdict(set)
    came_from: dict[str, set[str]] = defaultdict(set)
    doubtful: set[str] = set()
    for kin, paths in found.items():
        former = lost[kin]
        if len(paths) > 1 and len(former) > 1:  # each could be any: their product would be paths by paths
            doubtful |= paths | former
            continue
        for path in paths:
            came_from[path] |= former
        for path in former:
            to[path] |= paths
    return {
        path: before_it
        for path, (before_it, *others) in came_from.items()
        if not others and len(to[before_it]) == 1 and doubtful.isdisjoint((path, before_it))
    }
