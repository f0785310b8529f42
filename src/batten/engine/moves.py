"""Which files of a change are others renamed: as git sees it, by what their texts share."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from batten.formats import Unreadable, Workspace

ALIKE = 0.5  # the share of lines that makes a rename, git's own default
MOST = 10_000  # pairs of files that are compared line by line; beyond, only equal texts are renames


def moved(gone: Mapping[str, str], added: Iterable[str], workspace: Workspace) -> dict[str, str]:
    """New path -> former path. `gone` are the texts of files that are no longer there. Where two files could be meant
    alike, neither is."""
    now = dict(_read(added, workspace)) if gone else {}
    few = len(gone) * len(now) <= MOST
    scores = {
        (new, old): score
        for new, text in now.items()
        for old, former in gone.items()
        if (score := likeness(text, former, few)) >= ALIKE
    }
    # The pairs whose two sides have no partner that is as good.
    paired: list[tuple[str, str]] = []
    ranks = {
        pair: (score, posixpath.basename(pair[0]) == posixpath.basename(pair[1]))
        for pair, score in scores.items()
    }
    for pair, rank in ranks.items():
        rivals = (
            r for other, r in ranks.items() if other != pair and (other[0] == pair[0] or other[1] == pair[1])
        )
        if all(rank > rival for rival in rivals):
            paired.append(pair)
    return dict(paired)


def _read(paths: Iterable[str], workspace: Workspace) -> Iterator[tuple[str, str]]:
    for path in sorted(paths):
        try:
            text = workspace.text(path).text
        except Unreadable:
            continue
        if text.strip():
            yield path, text


def likeness(text: str, former: str, closely: bool = True) -> float:
    """The share of lines that two texts have in common, 1 for equal ones; with `closely` false 0 for all others."""
    if text == former:
        return 1.0
    if not closely:
        return 0.0
    here, there = (Counter(filter(str.strip, one.splitlines())) for one in (text, former))
    return (here & there).total() / max(here.total(), there.total(), 1)
