"""What guards saw, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator

from batten.guard.learning.digest import Entry, Sort
from batten.reports.legible import one_line
from batten.reports.markdown import code, escaped
from batten.reports.words import plural

FORMATS = ("terminal", "json", "markdown")
MOST_SHOWN = 50  # of one sort; JSON has them all


def render(form: str, entries: list[Entry], source: str) -> str:
    if form == "json":
        return json.dumps({"version": 1, "traffic": [plain_of(entry) for entry in entries]}, indent=2) + "\n"
    return "".join(_markdown(entries) if form == "markdown" else _terminal(entries, source))


def _by_sort(entries: list[Entry]) -> Iterator[tuple[Sort, list[Entry]]]:
    for sort in Sort:
        found = [entry for entry in entries if entry.sort is sort]
        if found:
            yield sort, found


def _terminal(entries: list[Entry], source: str) -> Iterator[str]:
    yield from terminal_of(entries)
    yield (
        f"{plural(len(entries), 'entry')} in {source}\n"
        if entries
        else f"no undeclared traffic in {source}\n"
    )


def terminal_of(entries: list[Entry]) -> Iterator[str]:
    """The entries by sort, as lines."""
    for sort, found in _by_sort(entries):
        total = sum(entry.row.times for entry in found)
        yield f"{sort.value.capitalize()} ({plural(total, 'time')})\n"
        for entry in found[:MOST_SHOWN]:
            held = "  blocked" if entry.row.enforced else ""
            call, about = one_line(entry.call), one_line(entry.about)
            yield f"  {entry.row.times:>7,}  {call:<44}  {about}  (last {entry.row.last}){held}\n"
        yield from _left(found, "  ")
        yield "\n"


def _markdown(entries: list[Entry]) -> Iterator[str]:
    yield "## Traffic that the contract does not declare\n\n"
    if not entries:
        yield "No undeclared traffic was recorded.\n"
    yield from markdown_of(entries)


def markdown_of(entries: list[Entry]) -> Iterator[str]:
    """The entries by sort, as tables."""
    for sort, found in _by_sort(entries):
        yield f"### {sort.value.capitalize()}\n\n| times | call | seen | first | last | held |\n|--:|---|---|---|---|---|\n"
        for entry in found[:MOST_SHOWN]:
            row = entry.row
            held = "yes" if row.enforced else "no"
            yield f"| {row.times:,} | {code(entry.call)} | {escaped(entry.about)} | {row.first} | {row.last} | {held} |\n"
        yield from _left(found, "\n")
        yield "\n"


def _left(found: list[Entry], indent: str) -> Iterator[str]:
    if len(found) > MOST_SHOWN:
        yield f"{indent}and {len(found) - MOST_SHOWN:,} more\n"


def plain_of(entry: Entry) -> dict[str, str | int | bool]:
    """An entry of the JSON report."""
    row = entry.row
    return {
        "sort": entry.sort.name.lower(),
        "rule": row.rule,
        "method": row.method,
        "path": row.path,
        "status": row.status,
        "reason": row.reason,
        "enforced": row.enforced,
        "times": row.times,
        "first": row.first,
        "last": row.last,
    }
