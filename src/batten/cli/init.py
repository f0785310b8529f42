from __future__ import annotations

from pathlib import Path

import click

from batten.cli.output import say, stop
from batten.engine.review import Review, read
from batten.facts import CorsPolicy, OriginKind
from batten.files import Refused, Root
from batten.formats import Workspace
from batten.masking import masked
from batten.policy import NAME, Policy


@click.command("init")
@click.argument("path", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option("--force", is_flag=True, help="Replace an existing batten.yaml.")
def command(path: Path, force: bool) -> None:
    """Detect the stack below PATH and write a batten.yaml for it."""
    place = path / NAME
    if not path.is_dir():
        stop(f"there is no folder {path}; name one that exists")
    files = Root(path)
    try:
        there = files.writable(NAME)
        if there is not None and not force:
            stop(f"{place} exists; edit it, or replace it with --force")
        found = read(Workspace(files), Policy())
        files.replace(NAME, drafted(found).encode())
    except Refused as error:
        stop(f"{error}; {error.hint}")
    except OSError as error:
        stop(f"{place} cannot be written: {error.strerror}")
    names = ", ".join(sorted({u.technology for u in found.units})) or "no known technology"
    say(f"found {names}; wrote {place}")


def drafted(found: Review) -> str:
    """The text of a batten.yaml for what was read."""
    contracts = [u.main for u in found.units if u.technology == "openapi"]
    origins = sorted(set(_origins(found)))
    lines = ["version: 1", "gate: low"]
    lines += [f"contract: {contracts[0]}"] if len(contracts) == 1 else []
    lines += ["", "# Origins whose pages may read the API's answers (CORS)."]
    lines += ["origins:", *(f"  - {masked(o)}" for o in origins)] if origins else ["origins: []"]
    lines += ["", "# Operations that require no credential, such as GET /health.", "public: []"]
    lines += [
        "",
        "# Running systems that `batten check` probes, once you have approved them with `batten trust`.",
        "environments: {}",
    ]
    lines += ["#  production:", "#    url: https://api.example.com", "#    plain: http://api.example.com"]
    return "\n".join(lines) + "\n"


def _origins(found: Review) -> list[str]:
    rules = [rule for fact in found.facts if isinstance(fact, CorsPolicy) for rule in fact.origins.known(())]
    return [r.text.value for r in rules if r.kind is OriginKind.EXACT and isinstance(r.text.value, str)]
