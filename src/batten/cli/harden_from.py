"""`--from DIR` of `batten harden`: alone it is a plan; with a deployment, what the folder shows of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
import msgspec
from click.core import ParameterSource

from batten.cli.options import allow_option
from batten.cli.output import stop, tell
from batten.cli.place import place
from batten.cli.sources import source_options
from batten.engine.hardening.asked import Asked
from batten.engine.review import read
from batten.formats import Workspace
from batten.harden import targets
from batten.reports.plan import FORMATS

_PLAN = ("form", "environments", "next", "risky", "allow", "allow_env", "source")

_OPTIONS = (
    click.option(
        "--from",
        "folder",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        metavar="DIR",
        help="Without TARGET: order what is found in this folder into a plan. With a deployment: take its stack from there.",
    ),
    click.option("--next", is_flag=True, help="With --from: take the first step of the plan, and no other."),
    click.option("--risky", is_flag=True, help="With --next: also take a step that some clients may notice."),
    click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="terminal",
        show_default=True,
        help="Format of the plan.",
    ),
    click.option(
        "--environment",
        "-e",
        "environments",
        multiple=True,
        help="With --from: probe this environment of batten.yaml, too. Repeatable.",
    ),
    click.option(
        "--application",
        default="",
        metavar="SERVICE",
        help="With --from and a deployment: the service that is the API.",
    ),
    click.option(
        "--leave-out",
        multiple=True,
        metavar="SERVICE",
        help="With --from and a deployment: a store that stays where it is. Repeatable.",
    ),
)  # fmt: skip


def from_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options above. The command gets none of them: where a plan is asked for it does not run; of a deployment the folder
    completes `words` and `contract`."""

    @wraps(command)
    def made(**given: Any) -> Any:
        folder: Path | None = given.pop("folder")
        # Note whether an image's files are written into the folder that it is built from, which is this one without
        # --from.
        output: Path | None = given["output"]
        if given["target"] == targets.IMAGE and output is not None:
            apart = output.resolve() != (folder or Path()).resolve()
            words: Asked = given["words"]
            program = msgspec.structs.replace(words.program, apart=apart)
            given["words"] = msgspec.structs.replace(words, program=program)
        application, left_out = given.pop("application"), given.pop("leave_out")
        plan = {name: given.pop(name) for name in _PLAN}
        if folder is None:
            _alone(plan, application, left_out)
        elif given["target"] is None:
            _planned(folder, plan, given)
        elif given["target"] == targets.IMAGE:
            # What the folder shows of its application, where the command line says nothing else.
            from batten.engine.building import built_from

            place((folder,))
            found = built_from(Workspace(folder), given["words"], _named())
            for note in found.notes:
                tell(f"batten: {note}")
            if found.missing:
                stop("; ".join(found.missing))
            given["words"] = found.asked
        else:
            _complete(folder, application, left_out, given)
        return command(**given)

    asking: Callable[..., Any] = source_options(allow_option(made))
    for option in reversed(_OPTIONS):
        asking = option(asking)
    return asking


def _alone(plan: dict[str, Any], application: str, left_out: tuple[str, ...]) -> None:
    """Stop where an option needs a folder."""
    if plan["next"] or plan["environments"] or application or left_out:
        stop("--next, --environment, --application and --leave-out need a folder; pass --from DIR")


def _planned(folder: Path, plan: dict[str, Any], given: dict[str, Any]) -> None:
    if any(
        given.get(name) for name in ("output", "take_back", "checked", "sealed", "prove", "report", "dry_run")
    ):
        stop(
            "--from without a target makes a plan and writes no deployment; name a target, or omit the other options"
        )
    if plan["risky"] and not plan["next"]:
        stop("--risky goes with --next; the plan has all steps")
    from batten.cli.harden_plan import Brownfield, planned

    planned(Brownfield(folder=folder, **plan))


def _complete(folder: Path, application: str, left_out: tuple[str, ...], given: dict[str, Any]) -> None:
    """What the folder shows of the deployment, where the command line says nothing else."""
    if given["target"] not in targets.DEPLOYMENTS:
        stop(
            f"--from goes with {', '.join((*targets.DEPLOYMENTS, targets.IMAGE))}, or without a target; omit it"
        )
    from batten.engine.needs import Wanted, needs

    root, only, policy = place((folder,))
    words: Asked = given["words"]
    wanted = Wanted(application=application, left_out=frozenset(left_out), named=_named())
    found = needs(read(Workspace(root), policy, only), words, wanted)
    for note in found.notes:
        tell(f"batten: {note}")
    if found.missing:
        stop("; ".join(found.missing))
    given["words"] = found.asked
    if given["contract"] is None and policy.contract:
        given["contract"] = root / policy.contract


def _named() -> frozenset[str]:
    """The parameters that the user gave."""
    context = click.get_current_context()
    sources = (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP, None)
    return frozenset(n for n in context.params if context.get_parameter_source(n) not in sources)
