"""What reports say of the ledger."""

from __future__ import annotations

from collections.abc import Iterator

from batten.advisories.gaps import FAILURES, Gap, Lack, Packages
from batten.engine.ledger import Ledger, Together, Unclear, Unjudged, Unread, Why
from batten.model import Context
from batten.reports import words

MOST_NAMED = 8  # unread files; of more only the number is told


def summary(ledger: Ledger) -> str:
    """`34 files read · 2 gitignored · 5 that matter not read · 12 settings unknown`."""
    missed = len(ledger.missed)
    partly = f" ({ledger.in_part:,} in part)" if ledger.in_part else ""
    parts = [f"{words.plural(len(ledger.read), 'file')} read{partly}"]
    for context in (Context.GITIGNORED, Context.ARCHIVED):
        count = sum(one.context is context for one in ledger.read)
        parts += [f"{count:,} {context.value}"] if count else []
    parts += [f"{missed:,} that {'matters' if missed == 1 else 'matter'} not read"] if missed else []
    parts += [f"{words.plural(ledger.settings, 'setting')} unknown"] if ledger.settings else []
    parts += [f"{words.plural(len(ledger.passed), 'setting')} not read"] if ledger.passed else []
    parts += [f"{words.plural(len(ledger.obscure), 'setting')} not understood"] if ledger.obscure else []
    parts += _packages(ledger.packages) if ledger.packages is not None else []
    return " · ".join(parts)


def _packages(packages: Packages) -> list[str]:
    """`412 packages compared with advisories · 3 not`."""
    left = packages.named - packages.compared
    if any(gap.lack is Lack.UNASKED for gap in packages.gaps):
        return ["packages not compared with advisories: pass --online, or --advisories DIR"]
    if not packages.compared:
        return [f"{words.plural(left, 'package')} not compared with advisories"] if left else []
    rest = [f"{left:,} not"] if left else []
    return [f"{words.plural(packages.compared, 'package')} compared with advisories", *rest]


def uncompared(packages: Packages, all_of_them: bool = False) -> list[str]:
    """What was not compared with advisories, each reason once; without what problems and the summary say already, unless
    `all_of_them`."""
    gaps = [gap for gap in packages.gaps if all_of_them or gap.lack not in {*FAILURES, Lack.UNASKED}]
    unversioned = [gap.subject for gap in gaps if gap.lack is Lack.VERSION]
    lines = [_gap(gap) for gap in gaps if gap.lack is not Lack.VERSION]
    return [*lines, *([_unversioned(unversioned)] if unversioned else [])]


def _unversioned(names: list[str]) -> str:
    """`3 packages without an exact version were not compared with advisories: a, b, c`."""
    every = list(dict.fromkeys(names))
    more = f" and {len(every) - MOST_NAMED:,} more" if len(every) > MOST_NAMED else ""
    were = "was" if len(every) == 1 else "were"
    shown = ", ".join(f"`{name}`" for name in every[:MOST_NAMED])
    return f"{words.plural(len(every), 'package')} without an exact version {were} not compared with advisories: {shown}{more}"


def _gap(gap: Gap) -> str:
    """`412 packages were not compared with advisories: no source was named; pass --online`."""
    hint = f"; {gap.hint}" if gap.hint else ""
    match gap.lack:
        case Lack.UNASKED:
            files = words.plural(gap.packages, "file")
            return f"the packages of {files} were not compared with advisories: {gap.said}{hint}"
        case Lack.OLD:
            return f"{gap.said}{hint}"
        case Lack.MINIMUM:
            return f"{words.plural(gap.packages, 'package')} not reported: {gap.said}"
        case Lack.ACCEPTED:
            return f"`{gap.subject}` not reported of {words.plural(gap.packages, 'package')}: {gap.said}"
        case Lack.NO_ORDER:
            return f"`{gap.subject}` was not compared with all advisories: {gap.said}{hint}"
        case _:
            were = "was" if gap.packages == 1 else "were"
            return f"{words.plural(gap.packages, 'package')} {were} not compared with advisories: {gap.said}{hint}"


def told(ledger: Ledger) -> Iterator[str]:
    """Lines for a log: what matters and was not read, by name, and the sum."""
    for one in ledger.missed[:MOST_NAMED]:
        yield f"not read: {one.path}: {listed(one)}"
    if len(ledger.missed) > MOST_NAMED:
        yield f"not read: {len(ledger.missed) - MOST_NAMED:,} more"
    yield from (obscure(one) for one in ledger.obscure[:MOST_NAMED])
    if ledger.packages is not None:
        yield from uncompared(ledger.packages)[:MOST_NAMED]
    yield summary(ledger)


def read_by(ledger: Ledger) -> list[tuple[str, str, int]]:
    """How many files each technology read in each context, most first."""
    tally = ((name, context.value, count) for (name, context), count in ledger.tally().items())
    return sorted(tally, key=lambda row: (-row[2], row[0], row[1]))


def used(one: Together) -> str:
    """`compose.yaml with compose.prod.yaml: production, as deploy.sh:3 shows`."""
    return f"{' with '.join(one.files)}: {one.context.value}, as {one.shown} shows"


def passed(one: Unjudged) -> str:
    """``nginx: `ssl_ech_file` at nginx.conf:12: keys of encrypted client hellos``."""
    times = f" and {words.plural(one.times - 1, 'other place')}" if one.times > 1 else ""
    return f"{one.technology}: `{one.setting}` at {one.at}{times}: {one.touches}"


def obscure(one: Unclear) -> str:
    """``settings.py:12: `DEBUG` of Django is set here, not understood``."""
    return f"{one.at}: `{one.setting}` of {one.technology} is set here, not understood"


def said(one: Unread) -> str:
    """`Django settings: batten has no reader for it`."""
    return f"{named(one)}: {one.why.said}"


def named(one: Unread) -> str:
    """`Django settings`, or ``Terraform module `a/b/aws` ``."""
    return f"{one.kind} `{one.part}`" if one.part else one.kind


def listed(one: Unread) -> str:
    """The kind, and where that would not explain it, why it was not read."""
    return f"{named(one)}, not understood" if one.why is Why.NOT_UNDERSTOOD else named(one)


def title(count: int) -> str:
    """The heading of a list of what was not read."""
    if count == 1:
        return "1 file or part that matters was not read"
    return f"{count:,} files or parts that matter were not read"
