"""`batten harden --from DIR`: the plan, and its next step."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import click

from batten.cli.diffs import diff
from batten.cli.output import columns, progress, say, stop, tell
from batten.cli.place import place
from batten.engine import fix
from batten.engine.check import Order, check
from batten.engine.journal import UndoProblem, write, writing
from batten.engine.outcome import ExitCode, Outcome
from batten.engine.plan import Plan, Step, Way, plan_of
from batten.engine.plan.taking import difference, edits_of, refusals
from batten.engine.shown import shown
from batten.engine.trust import vouched
from batten.files import Root
from batten.formats import Workspace
from batten.masking import MASK
from batten.model.record import record
from batten.policy import Policy
from batten.policy.advising import Source
from batten.policy.nearest import meant
from batten.reports import words
from batten.reports.masks import Masks
from batten.reports.plan import render, wording
from batten.reports.plan.terminal import step_lines
from batten.reports.terminal_style import Style

WAITS = 3  # the exit code of a step that was not taken: it needs a person


@record(kw_only=True)
class Brownfield:
    """What the command line says of a folder that is there already."""

    folder: Path
    form: str = "terminal"
    environments: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    allow_env: tuple[str, ...] = ()
    source: Source | None = None
    next: bool = False
    risky: bool = False


@record(kw_only=True)
class _Site:
    root: Path
    only: tuple[str, ...]
    policy: Policy
    order: Order


def planned(asked: Brownfield) -> NoReturn:
    """Print the plan, or take its first step, and exit: 0 without an open step, 1 with, 3 where something was not assessed or
    the step needs a person."""
    root, only, policy = place((asked.folder,), source=asked.source)
    known = {e.name for e in policy.environments}
    for name in asked.environments:
        if name not in known:
            hint = meant(name, known, f"it has {', '.join(sorted(known)) or 'none'}")
            stop(f"batten.yaml has no environment '{name}'; {hint}")
    policy, unallowed = vouched(Root(root), policy, asked.allow, asked.allow_env)
    probe = bool(asked.environments)
    order = Order(only, asked.environments, probe=probe, history=False, unallowed=unallowed if probe else {})
    site = _Site(root=root, only=only, policy=policy, order=order)
    outcome = _checked(site)
    plan = plan_of(shown(outcome), words.incomplete(shown(outcome)), site.policy.contract)
    if asked.next:
        _next(plan, outcome, site, risky=asked.risky)
    color = asked.form == "terminal" and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    click.echo(render(asked.form, plan, color=color, width=columns()), nl=False)
    sys.exit(plan.exit_code)


def _checked(site: _Site) -> Outcome:
    try:
        return check(site.root, site.policy, site.order, progress)
    finally:
        progress("")


def _next(plan: Plan, before: Outcome, site: _Site, *, risky: bool) -> NoReturn:
    if not plan.steps:
        say(wording.summary(plan))
        sys.exit(plan.exit_code)
    ways = (Way.SAFE, Way.RISKY) if risky else (Way.SAFE,)
    number, step = next(
        ((at, one) for at, one in enumerate(plan.steps, 1) if one.way in ways), (1, plan.steps[0])
    )
    if number > 1:
        skipped = "need a person" if risky else "need a person or --risky"
        say(
            f"before it: {words.plural(number - 1, 'step')} that {skipped}; `batten harden --from .` shows them"
        )
    for line in step_lines(number, step, plan, Style(False, columns())):
        say(line)
    if step.way not in (Way.SAFE, Way.RISKY):
        _waits("this step needs a person; do it, or waive its findings, then run the command again")
    if step.way is Way.RISKY and not risky:
        _waits(f"this step {wording.told(step, plan).breaks}; nothing was written; --next --risky takes it")
    made = _taken(step, site)
    if not made.fixed:
        _waits(f"nothing was written: {'; '.join(refusals(made, step)) or 'the files have changed'}")
    # What the step resolved and what came, by a review of what is there now.
    # The same without environments, which a change of files does not change yet.
    after = _checked(
        _Site(root=site.root, only=site.only, policy=site.policy, order=replace(site.order, probe=False))
    )
    found = difference(shown(before).active, shown(after).active)
    for finding in found.resolved:
        say(f"resolved  {wording.finding_line(finding)}")
    for finding in found.came:
        say(f"new       {wording.finding_line(finding)}")
    for reason in refusals(made, step):
        say(f"left      {reason}")
    if made.validated:
        say(f"validated by: {', '.join(sorted(set(made.validated)))}")
    for unasked in dict.fromkeys(map(str, made.unasked)):
        say(f"{unasked}; the fix was not validated by it")
    many = len([f for f in after.active if not f.environment])
    say(
        f"{len(found.resolved)} resolved, {len(found.came)} new, {words.plural(many, 'finding')} left in files"
    )
    say("`batten fix --undo` restores the files")
    sys.exit(after.exit_code)


def _waits(sentence: str) -> NoReturn:
    say(sentence)
    sys.exit(WAITS)


def _taken(step: Step, site: _Site) -> fix.Plan:
    """The step's fixes, shown and written."""
    workspace = Workspace(site.root)
    try:
        with writing(workspace.files):
            made = edits_of(step, workspace, site.policy, site.only)
            hidden = Masks(workspace=workspace)
            texts = "".join(diff(path, text, workspace, hidden) for path, text in sorted(made.texts.items()))
            click.echo(texts, nl=False)
            if MASK in texts:
                tell("batten: secrets are masked")
            write(workspace, made.texts)
            return made
    except UndoProblem as error:
        tell(f"batten: {error}")
        sys.exit(ExitCode.INCOMPLETE)
