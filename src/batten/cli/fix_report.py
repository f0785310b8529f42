"""What `batten fix` says when it is done: a line for each control and file that changed, and one for each control that stays."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import assert_never

from batten.engine.fix import Left, Plan, Why
from batten.model import Finding, Safety
from batten.reports.words import plural


def told(made: Plan, word: str, verbose: bool) -> Iterator[str]:
    """The lines about what was done and what is left. `word` is "fixed" or "would fix"."""
    if verbose:
        yield from (f"{word}  {_place(f)}  {f.control}: {_title(f)}" for f in made.fixed)
        yield from (
            f"left   {_place(left.finding)}  {left.finding.control}: {left.reason}"
            for left in made.left
            if left.finding.counts
        )
    else:
        # By file, a line for each control and what was done for it.
        files: dict[str, Counter[str]] = defaultdict(Counter)
        for finding in made.fixed:
            files[finding.at.source][f"{finding.control}: {_title(finding)}"] += 1
        for path, lines in sorted(files.items()):
            yield f"{word}  {path}  {plural(sum(lines.values()), 'finding')}"
            yield from (
                f"       {line}{f' ({many} times)' if many > 1 else ''}" for line, many in lines.items()
            )
        # A line for each control, the reasons with how many findings each keeps.
        controls: dict[str, dict[Why, list[Left]]] = defaultdict(lambda: defaultdict(list))
        for stays_one in (one for one in made.left if one.finding.counts and one.why is not Why.OTHER):
            controls[stays_one.finding.control][stays_one.why].append(stays_one)
        for control, kinds in controls.items():
            yield f"left   {control}: " + "; ".join(_why(why, same) for why, same in kinds.items())
        if others := sum(one.finding.counts and one.why is Why.OTHER for one in made.left):
            yield f"left   {plural(others, 'finding')}: not selected"
    for reason, many in Counter(left.reason for left in made.left if not left.finding.counts).items():
        yield f"left   {plural(many, 'finding')}: {reason}"


def left_hint(made: Plan) -> str:
    """How to go on with what is left; "" when nothing is."""
    left = [one for one in made.left if one.finding.counts]
    risky = "--risky applies risky fixes; " if any(one.why is Why.RISKY for one in left) else ""
    return f"{risky}--verbose lists every finding" if left else ""


def _place(finding: Finding) -> str:
    return f"{finding.at.source}:{finding.region.line}" if finding.region else finding.at.source


def _title(finding: Finding) -> str:
    assert finding.fix is not None
    risky = finding.fix.safety is Safety.RISKY
    return finding.fix.title + (f" (risky, may affect {finding.fix.breaks})" if risky else "")


def _why(why: Why, same: list[Left]) -> str:
    many = len(same)
    match why:
        case Why.RISKY:
            risks = dict.fromkeys(
                one.finding.fix.breaks or "clients" for one in same if one.finding.fix is not None
            )
            more = f" and {len(risks) - 1} more" if len(risks) > 1 else ""
            return f"{many} risky, may affect {next(iter(risks), 'clients')}{more}"
        case Why.ANSWER:
            return (
                f"{many} need an answer: {same[0].reason}"
                if many > 1
                else f"1 needs an answer: {same[0].reason}"
            )
        case Why.NO_FIX:
            return f"{many} without an automatic fix"
        case Why.REFUSED:
            return f"{many} not written: {same[0].reason}"
        case Why.OTHER:
            return f"{many} not selected"
        case _:
            assert_never(why)
