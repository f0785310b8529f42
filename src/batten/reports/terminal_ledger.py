"""The terminal's list of what was not read."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from batten.engine.ledger import Ledger
from batten.reports.ledger import MOST_NAMED, listed, passed, read_by, title, uncompared, used
from batten.reports.legible import one_line
from batten.reports.terminal_style import Style, fit

INDENT = "  "


def unread(ledger: Ledger, style: Style, verbose: bool) -> Iterator[str]:
    """What matters and was not read, by name; with `verbose` of every context."""
    every = ledger.unread if verbose else ledger.missed
    if not every:
        return
    shown = every if verbose else every[:MOST_NAMED]
    yield style.rule(title(len(every)))
    for one in shown:
        apart = "" if one.counts else f" ({one.context.value})"
        yield INDENT + fit(f"{one_line(one.path)}  {one_line(listed(one))}{apart}", style.width - len(INDENT))
    if len(shown) < len(every):
        yield f"{INDENT}… and {len(every) - len(shown):,} more (--verbose lists them)"


def unclear(ledger: Ledger, style: Style, verbose: bool) -> Iterator[str]:
    """Settings that are set, and were not understood; with `verbose` of every context."""
    every = ledger.unclear if verbose else ledger.obscure
    if not every:
        return
    shown = every if verbose else every[:MOST_NAMED]
    yield style.rule("set here, not understood")
    for one in shown:
        yield INDENT + fit(one_line(f"{one.at}  {one.setting} ({one.technology})"), style.width - len(INDENT))
    if len(shown) < len(every):
        yield f"{INDENT}… and {len(every) - len(shown):,} more (--verbose lists them)"


def packages(ledger: Ledger, style: Style, verbose: bool) -> Iterator[str]:
    """What was not compared with advisories."""
    lines = uncompared(ledger.packages) if ledger.packages is not None else []
    if not lines:
        return
    yield style.rule("packages: what was not compared or not reported")
    shown = lines if verbose else lines[:MOST_NAMED]
    for line in shown:
        yield from textwrap.wrap(
            one_line(line), style.width, initial_indent=INDENT, subsequent_indent=f"{INDENT}  "
        )
    if len(shown) < len(lines):
        yield f"{INDENT}… and {len(lines) - len(shown):,} more (--verbose lists them)"


def details(ledger: Ledger, style: Style) -> Iterator[str]:
    """What was read by which technology, what stayed unknown, and what was left out."""
    yield style.rule("read, unknown, left out")
    for name, context, count in read_by(ledger):
        yield f"{INDENT}{count:>6,} × {name} ({context})"
    for one in ledger.together:
        yield f"{INDENT}{one_line(used(one))}"
    for reason, count in ledger.unknown.items():
        yield f"{INDENT}{count:>6,} × setting {reason.said}"
    if ledger.apart:
        yield f"{INDENT}{ledger.apart:>6,} × setting unknown in files that do not count"
    for setting in ledger.unjudged:
        yield f"{INDENT}not read: {one_line(passed(setting))}"
    for name, count in ledger.left_out.items():
        yield f"{INDENT}{count:>6,} × left out: {one_line(name)}"
