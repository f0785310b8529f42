from __future__ import annotations

from pathlib import Path

import click
import msgspec
from click.core import ParameterSource

from batten.cli.diffs import diff
from batten.cli.finish import finish
from batten.cli.harden_check import EVERYWHERE, check
from batten.cli.harden_from import from_options
from batten.cli.harden_inputs import inputs_from
from batten.cli.harden_options import asked_options
from batten.cli.harden_prove import Proving, proof_options, proved
from batten.cli.harden_verify import verify
from batten.cli.options import trust_option
from batten.cli.output import say, stop, tell
from batten.cli.place import tell_recovered
from batten.cli.wanted import Wanted
from batten.engine.hardening import lock
from batten.engine.hardening.asked import Asked
from batten.engine.hardening.inputs import Inputs, lock_of
from batten.engine.hardening.judging import judged, outcome_of, validated
from batten.engine.hardening.output import Change, changes, put
from batten.engine.hardening.rendering import offered, rendered
from batten.engine.journal import UndoProblem, undo
from batten.engine.outcome import ExitCode
from batten.files import Refused, Root
from batten.files.named import made_folder
from batten.formats import Workspace
from batten.harden import HardenProblem
from batten.harden.made import Made
from batten.harden.targets import WITHOUT_CONTRACT
from batten.masking import MASK
from batten.policy import Policy
from batten.reports.masks import Masks


@click.command("harden")
@click.argument("target", type=click.Choice(offered()), required=False, metavar="[TARGET]")
@click.option(
    "--contract", type=click.Path(path_type=Path, dir_okay=False), help="The API's OpenAPI document."
)
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="The folder to write into.")
@click.option("--force", is_flag=True, help="Overwrite files that were edited outside of their regions.")
@click.option("--dry-run", is_flag=True, help="Print what would change as a diff; write nothing.")
@click.option("--undo", "take_back", is_flag=True, help="Restore the files of --output as they were before.")
@click.option(
    "--check",
    "checked",
    type=click.Path(file_okay=False),
    is_flag=False,
    flag_value=EVERYWHERE,
    metavar="[DIR]",
    help="Compare a written deployment, or every one in this checkout, with lock file, contract and policy.",
)
@click.option(
    "--verify",
    "sealed",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Verify the seals of a proof's JSON report; with --output also that the folder holds the files that were proved.",
)
@asked_options
@from_options
@trust_option
@proof_options
def command(
    target: str | None,
    contract: Path | None,
    output: Path | None,
    force: bool,
    dry_run: bool,
    take_back: bool,
    checked: str | None,
    sealed: Path | None,
    proving: Proving,
    words: Asked,
) -> None:
    """Generate a hardened deployment from contract and policy: exact paths and verbs, TLS, headers, CORS,
    limits and error documents. It is reviewed before it is reported as clean.

    TARGET is one of: {targets}.
    """
    if proving.prove and (dry_run or take_back or checked is not None or sealed is not None):
        stop("--prove writes a deployment first; omit --dry-run, --undo, --check and --verify")
    try:
        if sealed is not None:
            verify(sealed, output)
        if checked is not None:
            check(checked, contract)
        if output is None:
            stop("no folder is given; pass --output DIR, or --check DIR")
        if take_back:
            _undo(output)
            return
        if target is None:
            stop(f"no target is given; choose from {', '.join(offered())}")
        asked = msgspec.structs.replace(words, target=target)
        inputs = inputs_from(contract, needed=target not in WITHOUT_CONTRACT)
        made = _written(asked, inputs, output, force=force, dry=dry_run, judge=not proving.prove)
        if proving.prove:
            source = click.get_current_context().get_parameter_source("upstream")
            named = source is not None and source is not ParameterSource.DEFAULT
            proved(asked, inputs, made, output, proving, in_front=named)
    except HardenProblem as error:
        stop(str(error))


command.help = (command.help or "").replace("{targets}", ", ".join(offered()))


def _written(asked: Asked, inputs: Inputs, folder: Path, *, force: bool, dry: bool, judge: bool) -> Made:
    """The deployment in its folder, shown first, reviewed afterwards where no proof does that."""
    made = rendered(asked, inputs)
    try:
        output = folder if dry else made_folder(folder)
    except Refused as error:
        raise HardenProblem(f"{error}; {error.hint}") from error
    except OSError as error:
        raise HardenProblem(f"{folder} cannot be written: {error.strerror}; choose another folder") from error
    tell_recovered(output, "batten harden --undo")
    workspace = Workspace(output)
    found = changes(workspace, made, lock.read(workspace))
    # The diffs of files that would change; of files that are not there yet only where `new` is wanted.
    hidden = Masks(workspace=workspace)
    shown = "".join(
        diff(change.path, change.new, workspace, hidden)
        for change in found
        if change.differs and (dry or change.old is not None)
    )
    click.echo(shown, nl=False)
    if MASK in shown:
        tell("batten: secrets are masked")
    if dry:
        say(f"would write {_named(folder, [c for c in found if c.differs]) or 'nothing'}")
        _tell_notes(made)
        return made
    edited = [change.path for change in found if change.edited]
    if edited and not force:
        stop(
            f"{', '.join(edited)} was not written by batten, or was edited since; nothing was written; move your rules"
            " between the marks of a region, or pass --force"
        )
    # Files that were written here before, and that this deployment does not have.
    kept = lock.read(workspace)
    before = kept.files if kept is not None else {}
    outdated = [path for path in sorted(before) if path not in made.files and workspace.files.exists(path)]
    for path in outdated:
        tell(f"batten: {folder / path} is not rendered any more; remove it")
    put(workspace, made, found, lock.encoded(lock_of(asked, inputs, made, output)))
    _tell_notes(made)  # before the verdict: what is left to people holds for findings, too
    if judge:
        _read_back(output, made, inputs.policy)
    named = _named(folder, [change for change in found if change.differs])
    done = f"wrote {named}" if named else "nothing changed"
    say(f"{done}: reviewed, no findings" if judge else done)
    return made


def _tell_notes(made: Made) -> None:
    for note in made.notes:
        say(f"note: {note}")


def _named(folder: Path, found: list[Change]) -> str:
    return ", ".join(str(folder / change.path) for change in found)


def _read_back(folder: Path, made: Made, policy: Policy) -> None:
    """Judge what was written; then the vendors' verdicts."""
    result = judged(folder, policy, made.files)
    verdicts = validated(result)
    outcome = outcome_of(result, folder, policy)
    outcome.problems += verdicts.refused
    for unasked in verdicts.unasked:
        tell(f"batten: {unasked}")
    if outcome.exit_code is not ExitCode.CLEAN:
        finish(outcome, Wanted())
    for technology in verdicts.missing:
        tell(f"batten: {technology} is not installed here, so its own check did not run")
    for technology in verdicts.unchecked:
        tell(f"batten: no check of the vendor of {technology} was run")


def _undo(folder: Path) -> None:
    try:
        paths = undo(Root(folder))
    except (UndoProblem, Refused) as error:
        stop(str(error))
    say(f"restored {', '.join(paths)}")
