from __future__ import annotations

from pathlib import Path

import click
import yaml

from batten.cli.guard_report import known
from batten.cli.output import stop, tell
from batten.files import Refused
from batten.files.named import write_named
from batten.guard.learning.drafts import ENOUGH, draft, uncertain
from batten.guard.learning.traffic_file import TrafficProblem, read
from batten.guard.options import GuardProblem
from batten.masking import masked

_FILE = click.Path(path_type=Path, dir_okay=False)
_HEAD = """\
# Drafted by `batten guard learn` from recorded traffic, not reviewed yet. Read it,
# move intended operations into {contract}, and disable the others. It holds shapes; of values, only words that recur.
"""


@click.command("learn")
@click.option("--traffic", type=_FILE, required=True, help="The traffic file that guards recorded.")
@click.option(
    "--contract", type=_FILE, default="openapi.yaml", show_default=True, help="The OpenAPI document."
)
@click.option(
    "--output",
    type=_FILE,
    default="learnt.yaml",
    show_default=True,
    help="File to write; an existing file is never overwritten.",
)
def command(traffic: Path, contract: Path, output: Path) -> None:
    """Draft what the contract does not declare: operations, answers and schemas in recorded traffic.

    Guards record shapes with `traffic=Traffic(learns=True)` (middleware) or --traffic and --learn (proxy),
    best in observe mode. The draft is a separate document; the contract is not changed.
    """
    try:
        _, learnt = read(traffic)
        document = draft(learnt, known(contract))
    except (TrafficProblem, GuardProblem) as problem:
        stop(str(problem))
    if not document["paths"]:
        stop(
            f"{traffic} holds no recorded shapes; run a guard with traffic=Traffic(learns=True) in observe mode"
        )
    text = masked(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110))
    try:
        write_named(output, (_HEAD.format(contract=contract) + text).encode(), over=False)
    except FileExistsError:
        stop(f"{output} exists already; name another file with --output, or remove it")
    except Refused as error:
        stop(f"{error}; {error.hint}")
    except OSError as error:
        stop(f"{output} cannot be written: {error.strerror}")
    count = sum(len(item) for item in document["paths"].values())
    few = uncertain(document)
    doubt = f"; {few} of them partly from fewer than {ENOUGH} samples (x-batten-uncertain)" if few else ""
    tell(f"batten: drafted {count} operations in {output}{doubt}")
