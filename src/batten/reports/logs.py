"""What access logs show, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator

from batten.guard.learning.digest import Entry, Sort
from batten.logs.crowds import Crowd
from batten.logs.leaks import Leak
from batten.logs.lines import Read
from batten.logs.tally import Told
from batten.reports.legible import one_line
from batten.reports.markdown import code, escaped
from batten.reports.traffic import FORMATS, MOST_SHOWN, markdown_of, plain_of, terminal_of
from batten.reports.words import plural

__all__ = ["FORMATS", "render"]


def render(form: str, told: Told, entries: list[Entry], has_contract: bool) -> str:
    """`has_contract`: there was one to hold the calls against, or every call is listed."""
    if form == "json":
        plain = {
            "version": 1,
            "calls": told.calls,
            "first": told.first,
            "last": told.last,
            "prefix": {"removed": told.prefix.removed, "added": told.prefix.added},
            "scanned": told.scanned,
            "forgotten": told.forgotten,
            "files": [
                {"path": f.path, "format": f.form, "lines": f.lines, "understood": f.understood, "cut": f.cut, "zones": list(f.zones)}
                for f in told.files
            ],
            "traffic": [plain_of(entry) for entry in entries],
            "credentials": [
                {"method": o.method, "path": o.path, "parameter": o.name, "times": o.times, "first": o.first, "last": o.last}
                for o in told.leaks
            ],
            "clients": [
                {
                    "client": c.client, "habit": c.habit.name.lower(), "calls": c.calls, "refused": c.refused, "most": c.most,
                    "first": c.first, "last": c.last, "answered": dict(c.found),
                }
                for c in told.crowds
            ],
        }  # fmt: skip
        return json.dumps(plain, indent=2) + "\n"
    return "".join(
        _markdown(told, entries, has_contract)
        if form == "markdown"
        else _terminal(told, entries, has_contract)
    )


def _terminal(told: Told, entries: list[Entry], has_contract: bool) -> Iterator[str]:
    yield from terminal_of(entries)
    for title, lines in _sections(told):
        yield f"{title}\n"
        yield from (f"  {one_line(line)}\n" for line in lines[:MOST_SHOWN])
        if len(lines) > MOST_SHOWN:
            yield f"  and {len(lines) - MOST_SHOWN:,} more\n"
        yield "\n"
    yield from (f"{line}\n" for line in _ledger(told, entries, has_contract))


def _markdown(told: Told, entries: list[Entry], has_contract: bool) -> Iterator[str]:
    yield "## Access logs\n\n"
    yield from markdown_of(entries)
    for title, lines in _sections(told):
        yield f"### {title}\n\n"
        yield from (f"- {code(one_line(line))}\n" for line in lines[:MOST_SHOWN])
        yield "\n"
    yield from (f"- {escaped(line)}\n" for line in _ledger(told, entries, has_contract))


def _sections(told: Told) -> Iterator[tuple[str, list[str]]]:
    if told.leaks:
        yield "Credentials in URLs", [_leak(leak) for leak in told.leaks]
    if told.crowds:
        yield "Clients that scan or guess", [_crowd(crowd) for crowd in told.crowds]


def _leak(leak: Leak) -> str:
    name = f"?{leak.name}=…" if leak.name else " (a token in the path)"
    return f"{leak.times:>7,}  {leak.method} {leak.path}{name}  (last {leak.last[:10]})"


def _crowd(crowd: Crowd) -> str:
    answered = ", ".join(f"{path} ({times:,})" for path, times in crowd.found)
    peak = f", up to {crowd.most:,} refused log-ins a minute" if crowd.most > 1 else ""
    found = f"; ANSWERED: {answered}" if answered else ""
    days = " to ".join(dict.fromkeys((crowd.first, crowd.last)))
    return f"{crowd.client}  {crowd.habit.value}: {crowd.refused:,} refused of {max(crowd.calls, crowd.refused):,} calls{peak}, {days}{found}"


def _ledger(told: Told, entries: list[Entry], has_contract: bool) -> Iterator[str]:
    """What was read, and what was not: an empty list is explained."""
    for file in told.files:
        yield _file(file)
    if told.prefix.removed:
        yield f"the contract's paths are served below {told.prefix.removed}"
    if told.prefix.added:
        yield f"the logs leave out {told.prefix.added}, where the contract's paths begin"
    if told.scanned:
        yield f"{plural(told.scanned, 'call')} came from scanners only and are not listed above"
    zones = sorted({zone for file in told.files for zone in file.zones})
    if len(zones) > 1:
        yield f"times are as the logs have them, in more than one zone: {', '.join(zones)}"
    if told.forgotten:
        yield f"{plural(told.forgotten, 'client')} with few refused calls are not judged: there were too many to remember"
    when = f", {told.first} to {told.last}" if told.first else ""
    if not has_contract:
        yield f"{plural(told.calls, 'call')}{when}; there is no contract, so every call is listed (--contract)"
    elif any(file.cut for file in told.files):
        yield f"{plural(told.calls, 'call')}{when}; what was not read may show more"
    elif not any(entry.sort in (Sort.ENDPOINT, Sort.VERB) for entry in entries):
        yield f"{plural(told.calls, 'call')}{when}; each that was answered is declared by the contract"
    else:
        yield f"{plural(told.calls, 'call')}{when}"


def _file(file: Read) -> str:
    if not file.lines:
        return f"{file.path}: NOT READ: {file.cut}" if file.cut else f"{file.path}: the file is empty"
    missed = file.lines - file.understood
    lines = f"{file.path}: {plural(file.lines, 'line')}, format {file.form}"
    where = "; ".join(f"line {number}: {one_line(line)[:80]}" for number, line in file.samples)
    unread = f"; NOT READ: {plural(missed, 'line')} ({where})" if missed else ""
    return lines + unread + (f"; NOT READ: the rest: {file.cut}" if file.cut else "")
