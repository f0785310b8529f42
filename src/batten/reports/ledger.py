"""What reports say of the ledger."""

from __future__ import annotations

from batten.engine.ledger import Ledger, Unread
from batten.reports import words


def summary(ledger: Ledger) -> str:
    """`34 files read · 5 that matter not read · 12 settings unknown`."""
    missed = len(ledger.missed)
    parts = [f"{words.plural(len(ledger.read), 'file')} read"]
    parts += [f"{missed:,} that {'matters' if missed == 1 else 'matter'} not read"] if missed else []
    parts += [f"{words.plural(ledger.settings, 'setting')} unknown"] if ledger.settings else []
    return " · ".join(parts)


def read_by(ledger: Ledger) -> list[tuple[str, str, int]]:
    """How many files each technology read in each context, most first."""
    tally = ((name, context.value, count) for (name, context), count in ledger.tally().items())
    return sorted(tally, key=lambda row: (-row[2], row[0], row[1]))


def said(one: Unread) -> str:
    """`Django settings: batten has no reader for it`."""
    return f"{one.kind}: {one.why.said}"
