from __future__ import annotations

import sys
from pathlib import Path

import click

from batten.cli.diffs import diff as file_diff
from batten.cli.fix_report import left_hint, told
from batten.cli.options import context_option, control_options, trust_option
from batten.cli.output import say, stop, tell
from batten.cli.place import named, place
from batten.cli.sources import source_options
from batten.engine.causes import causes
from batten.engine.fix import Plan, Wish, plan
from batten.engine.journal import UndoProblem, undo, write, writing
from batten.files import Root
from batten.formats import Workspace
from batten.masking import MASK
from batten.model import Safety
from batten.policy import Policy
from batten.policy.advising import Source
from batten.reports.ledger import summary
from batten.reports.masks import Masks
from batten.reports.words import findings, plural


@click.command("fix")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@control_options
@click.option(
    "--risky", is_flag=True, help="Also apply risky fixes; each names the clients that it may affect."
)
@click.option("--control", "slugs", multiple=True, help="Fix only findings of this control. Repeatable.")
@click.option("--diff", is_flag=True, help="Print the changes as a diff; write nothing.")
@click.option("--show-secrets", is_flag=True, help="With --diff, on a terminal only: do not mask secrets.")
@click.option("--verbose", is_flag=True, help="List every finding with its place, fixed and left.")
@click.option("--undo", "take_back", is_flag=True, help="Undo the last fix and restore every byte.")
@source_options
@context_option
@trust_option
@click.option("--no-validate", is_flag=True, help="Do not run the vendors' validators.")
def command(
    paths: tuple[Path, ...],
    contexts: tuple[str, ...],
    source: Source | None,
    risky: bool,
    slugs: tuple[str, ...],
    diff: bool,
    verbose: bool,
    show_secrets: bool,
    take_back: bool,
    no_validate: bool,
) -> None:
    """Fix findings below PATHS (default: this folder).

    Safe fixes are applied; risky fixes are listed, and applied with --risky. Each fix is verified before it
    is written: the file parses, the finding is gone, there is no new finding, and the vendor's validator
    accepts the file where it is installed and can run safely.
    """
    if show_secrets and not sys.stdout.isatty():
        stop("--show-secrets works on a terminal only; omit it where output is stored or piped")
    root, only, policy = place(paths, contexts, source)
    if take_back:
        try:
            undo_paths = undo(Root(root))
        except UndoProblem as error:
            stop(str(error))
        say(f"restored {', '.join(undo_paths)}")
        return
    named(slugs, policy)
    accept = {Safety.SAFE, Safety.RISKY} if risky else {Safety.SAFE}
    wish = Wish(frozenset(accept), frozenset(slugs), not no_validate)
    workspace = Workspace(root)
    if not diff:
        made = _written(workspace, policy, wish, only)
    else:
        made = plan(workspace, policy, wish, only)
        # The diffs of all files, secrets masked; `bare` shows them.
        if show_secrets:
            tell("batten: warning: the output below contains secrets")
        # Not those of the findings: some are about texts that other fixes had changed, so their lines are others.
        hidden = None if show_secrets else Masks(workspace=workspace)
        shown = "".join(file_diff(path, text, workspace, hidden) for path, text in sorted(made.texts.items()))
        click.echo(shown, nl=False)
        if not show_secrets and MASK in shown:
            tell("batten: secrets are masked; --show-secrets prints them on a terminal")
    _say(made, diff, verbose)
    for problem in made.lacking:
        tell(f"batten: {problem.message}; {problem.hint}")
    if made.lacking:
        sys.exit(3)
    sys.exit(1 if any(left.finding.counts for left in made.left) else 0)


def _written(workspace: Workspace, policy: Policy, wish: Wish, only: tuple[str, ...]) -> Plan:
    """The fixes, made. Another command that writes here waits until they are, and then sees them."""
    try:
        with writing(workspace.files):
            made = plan(workspace, policy, wish, only)
            write(workspace, made.texts)
            return made
    except UndoProblem as error:
        tell(f"batten: {error}")
        sys.exit(3)


def _say(made: Plan, diff: bool, verbose: bool) -> None:
    word = "would fix" if diff else "fixed"
    for line in told(made, word, verbose):
        say(line)
    asked = f"; validated by: {', '.join(sorted(set(made.validated)))}" if made.validated else ""
    found = findings(causes(made.fixed)) + (" would be fixed" if diff else " fixed")
    left = causes(one.finding for one in made.left if one.finding.counts)
    say(f"{found} in {plural(len(made.texts), 'file')}, {findings(left) if left else '0'} left{asked}")
    hint = left_hint(made)
    if hint and not verbose:
        say(hint)
    if made.ledger is not None:
        say(summary(made.ledger))
    for unasked in dict.fromkeys(map(str, made.unasked)):
        say(f"{unasked}; the fix was not validated by it")
    if made.texts and not diff:
        click.echo("`batten fix --undo` restores the files")
