from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

from batten.cli.output import stop
from batten.cli.subcommands import group_of
from batten.cli.watch_options import log_option, networks_option, place_options, repositories_option

# Each subcommand is a module `watch_<name>` of its own, imported when it is called.
SUBCOMMANDS = {
    "cancel": "Cancel a run.",
    "compare": "Compare two environments, or two runs.",
    "environments": "List environments.",
    "events": "Show what changed, and follow it.",
    "findings": "List findings, or export them as CSV, JSON or SARIF.",
    "run": "Assess an environment now.",
    "status": "Show what to do first, what is overdue, and what runs.",
    "waive": "Accept a finding until a day.",
    "assignment": "Say which secrets, paths and networks the settings of which team may name.",
    "audit": "Show or verify the log of what users and programs did.",
    "backup": "Write a backup of the database to a file.",
    "import": "Import the history that `batten check` kept into a new environment.",
    "migrate": "Copy everything to another database: SQLite to PostgreSQL, or back.",
    "restore": "Restore a backup into an empty database.",
    "secret": "Set a secret that settings name as ${NAME}.",
    "user": "Add, disable and list users, and grant roles.",
    "worker": "Assess environments for a service on PostgreSQL.",
}
_PATH = click.Path(path_type=Path)


@click.group("watch", cls=group_of(SUBCOMMANDS), invoke_without_command=True)
@click.option(
    "--listen",
    default="127.0.0.1:8470",
    show_default=True,
    metavar="HOST:PORT",
    help="Address of the dashboard and the API. Beyond loopback it requires TLS: --certificate, or --url of a proxy.",
)
@place_options
@click.option(
    "--url", metavar="URL", help="URL by which people reach the service, where it is behind a proxy."
)
@click.option("--certificate", type=_PATH, help="PEM certificate chain to listen with TLS.")
@click.option("--key", type=_PATH, help="Its private key [default: in --certificate].")
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    metavar="ADDRESS",
    help="Address of a proxy whose X-Forwarded-For and X-Forwarded-Proto are trusted. Repeatable.",
)
@click.option(
    "--workers",
    type=click.IntRange(0, 64),
    default=2,
    show_default=True,
    help="Assessments at a time in this process; 0 leaves them to `batten watch worker`.",
)
@click.option(
    "--oidc",
    type=_PATH,
    metavar="FILE",
    help="TOML file that describes the OpenID provider that users log in with.",
)
@click.option("--four-eyes", is_flag=True, help="A waiver needs the approval of a second person.")
@click.option(
    "--keep-days",
    type=click.IntRange(30, 3_650),
    default=400,
    show_default=True,
    help="Runs and events that are older are removed; findings, waivers and the audit log stay.",
)
@repositories_option
@networks_option
@click.option(
    "--alert-network",
    "alert_networks",
    multiple=True,
    metavar="CIDR",
    help="Network that is not public, and that alerts may be sent to, such as 10.0.0.0/8. Repeatable.",
)
@log_option
@click.option("--demo", is_flag=True, help="Start with an example, in a folder that is removed at the end.")
@click.pass_context
def command(context: click.Context, /, **given: object) -> None:
    """Assess every environment continuously, and show what changed.

    Without a subcommand it starts the service: dashboard, API and scheduler in one process.
    """  # fmt: skip
    if context.invoked_subcommand is not None:
        return
    try:
        run = import_module("batten.watch.serving").run
    except ModuleNotFoundError as error:
        stop(f"{error.name} is not installed; pip install 'batten[watch]'")
    raise SystemExit(run(given))
