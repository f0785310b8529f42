from __future__ import annotations

from pathlib import Path

import click
import yaml

from batten.cli.guard_report import known
from batten.cli.output import stop, tell
from batten.files import Refused
from batten.files.named import write_named
from batten.guard.learning.drafts import ENOUGH, draft, uncertain
from batten.guard.options import GuardProblem
from batten.guard.traffic.traffic_file import TrafficProblem, read
from batten.logs.digest import learnt_of
from batten.logs.lines import LogProblem
from batten.logs.tally import tell as told_by
from batten.masking import masked
from batten.reports.words import plural

_FILE = click.Path(path_type=Path, dir_okay=False)
_HEAD = """\
# Drafted by `batten guard learn` from traffic, not reviewed yet. Read it,
# move intended operations into {contract}, and disable the others. It holds shapes; of values, only words that recur.
"""


@click.command("learn")
@click.option("--traffic", type=_FILE, help="The traffic file that guards recorded.")
@click.option(
    "--log", "logs", type=_FILE, multiple=True, help="An access log (see `batten logs`). Repeatable."
)
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
def command(traffic: Path | None, logs: tuple[Path, ...], contract: Path, output: Path) -> None:
    """Draft what the contract does not declare: operations, answers and schemas in recorded traffic.

    Guards record shapes with `traffic=Traffic(learns=True)` (middleware) or --traffic and --learn (proxy),
    best in observe mode. Access logs show operations, statuses and queries, and no bodies. The draft is a separate document; the
    contract is not changed.
    """
    if traffic is None and not logs:
        stop("neither --traffic nor --log is given; name what to learn from")
    try:
        declared = known(contract)
        recorded = read(traffic)[1] if traffic is not None else []
        document = draft(recorded + (learnt_of(told_by(logs, declared), declared) if logs else []), declared)
    except (TrafficProblem, LogProblem, GuardProblem) as problem:
        stop(str(problem))
    if not document["paths"] and traffic is not None:
        stop(
            f"{traffic} holds no recorded shapes; run a guard with traffic=Traffic(learns=True) in observe mode"
        )
    if not document["paths"]:
        stop("every call in the logs is declared; nothing was written")
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
    tell(f"batten: drafted {plural(count, 'operation')} in {output}{doubt}")
