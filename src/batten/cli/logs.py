from __future__ import annotations

import sys
from pathlib import Path

import click

from batten.cli.guard_report import known
from batten.cli.output import stop, write_out
from batten.engine.outcome import ExitCode
from batten.files import Refused
from batten.files.named import read_named
from batten.formats import Unreadable
from batten.formats.workspace import decode
from batten.guard.options import GuardProblem
from batten.logs.digest import entries_of
from batten.logs.formats import BUILT_IN, LogFormat
from batten.logs.lines import LogProblem
from batten.logs.tally import tell
from batten.logs.written import of_configuration, of_string
from batten.reports.logs import FORMATS, render

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("logs")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option(
    "--contract", type=_FILE, default="openapi.yaml", show_default=True, help="The OpenAPI document."
)
@click.option(
    "--config",
    "configurations",
    type=_FILE,
    multiple=True,
    help="A configuration of nginx or Apache that defines the format. Repeatable.",
)
@click.option(
    "--log-format",
    metavar="FORMAT",
    help="The format: the string that the server is configured with, or a name that is listed where none fits.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="terminal",
    show_default=True,
    help="Output format.",
)
@click.option("--output", type=_FILE, help="Write to this file.")
def command(
    files: tuple[Path, ...],
    contract: Path,
    configurations: tuple[Path, ...],
    log_format: str | None,
    form: str,
    output: Path | None,
) -> None:
    """List what access logs show: endpoints and verbs that the contract does not declare, credentials in URLs,
    and clients that scan or guess.

    FILES are logs of nginx, Apache, Caddy, Traefik, Envoy, HAProxy, AWS load balancers, CloudFront, IIS, or with a JSON object
    per line; plain, gzip, bzip2 or xz. Nothing is stored, and queries are never shown. A file that cannot be read to its
    end is named, and the command exits with 3.
    """
    defined = [one for path in configurations for one in of_configuration(_text(path))]
    if configurations and not defined:
        stop(f"{configurations[0]} defines no log format; name the file with `log_format` or `LogFormat`")
    try:
        document = known(contract)
        told = tell(files, document, defined, _given(log_format, defined) if log_format else None)
    except (LogProblem, GuardProblem) as problem:
        stop(str(problem))
    text = render(form, told, entries_of(told, document), document is not None)
    if output is not None:
        write_out(output, text)
    else:
        click.echo(text, nl=False)
    if any(file.cut for file in told.files):
        sys.exit(ExitCode.INCOMPLETE)


def _given(text: str, defined: list[LogFormat]) -> LogFormat:
    for one in (*defined, *BUILT_IN):
        if one.name == text:
            return one
    made = of_string(text)
    if made is None:
        names = ", ".join(f"'{one.name}'" for one in (*defined, *BUILT_IN))
        stop(
            f"--log-format: '{text}' names no method, path and status; write the server's format, or one of {names}"
        )
    return made


def _text(path: Path) -> str:
    try:
        return decode(str(path), read_named(path)).text
    except (Refused, Unreadable) as error:
        stop(f"{path}: {error}; {error.hint}")
    except OSError as error:
        stop(f"{path} cannot be read: {error.strerror}; name a file that you can read")
