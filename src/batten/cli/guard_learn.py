from __future__ import annotations

from pathlib import Path

import click
import yaml

from batten.cli.guard_report import known
from batten.cli.output import stop, tell
from batten.files import Refused
from batten.files.named import write_named
from batten.guard.drafts import draft
from batten.guard.options import GuardProblem
from batten.guard.traffic_file import TrafficProblem, read
from batten.masking import masked

_FILE = click.Path(path_type=Path, dir_okay=False)
_HEAD = """\
# Drafted by `batten guard learn` from what guards saw. Nobody has said yet that any of it is meant to be: read it,
# move what is into {contract}, and shut off what is not. It holds shapes; no value but words that recur.
"""


@click.command("learn")
@click.option("--traffic", type=_FILE, required=True, help="The file that guards wrote.")
@click.option(
    "--contract", type=_FILE, default="openapi.yaml", show_default=True, help="The OpenAPI document."
)
@click.option(
    "--output", type=_FILE, default="learnt.yaml", show_default=True, help="Write there; never over a file."
)
def command(traffic: Path, contract: Path, output: Path) -> None:
    """Draft what the contract lacks: operations, answers and schemas that guards saw.

    Guards learn where they are told to (`traffic=Traffic(learns=True)` of a middleware, best in observe mode). What
    is written is a document of its own; the contract is not touched.
    """
    try:
        _, learnt = read(traffic)
        document = draft(learnt, known(contract))
    except (TrafficProblem, GuardProblem) as problem:
        stop(str(problem))
    if not document["paths"]:
        stop(
            f"{traffic} holds nothing to learn from; run a guard with traffic=Traffic(learns=True), in observe mode"
        )
    text = masked(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110))
    try:
        write_named(output, (_HEAD.format(contract=contract) + text).encode(), over=False)
    except FileExistsError:
        stop(f"{output} is there already; name another with --output, or move it away")
    except Refused as error:
        stop(f"{error}; {error.hint}")
    except OSError as error:
        stop(f"{output} cannot be written: {error.strerror}")
    count = sum(len(item) for item in document["paths"].values())
    tell(f"batten: drafted {count} operations in {output}")
