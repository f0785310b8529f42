"""The `batten` command. Each subcommand lives in a module of its own and is imported only when called."""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click

from batten import __version__
from batten.files.streams import abandon

COMMANDS = {
    "advisories": "Keep the published vulnerabilities that packages are compared with.",
    "check": "Review files, probe every environment, compare with the last run, and gate.",
    "controls": "List every control.",
    "explain": "Explain a control: what it requires, why, and how to fix a violation.",
    "fix": "Fix configuration files; every fix is verified and can be undone.",
    "guard": "Enforce the contract of a running API.",
    "harden": "Generate a hardened deployment from contract and policy.",
    "history": "Show earlier runs, or the history of each finding.",
    "init": "Detect the stack and write batten.yaml.",
    "logs": "Compare access logs with the contract: undeclared endpoints, credentials in URLs, scanners.",
    "probe": "Assess a running API from outside.",
    "review": "Review configuration files, offline by default.",
    "triage": "Judge findings one by one, and compute how precise they are.",
    "schema": "Print the JSON Schema of a report, a plan, a proof or batten.yaml.",
    "trust": "Allow batten to connect to the environments in batten.yaml.",
    "watch": "Assess every environment continuously, and show what changed.",
}


TRACEBACK = "BATTEN_TRACEBACK"  # the environment variable that asks for tracebacks


class Commands(click.Group):
    """Subcommands by name; help texts are known without importing any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = import_module(f"batten.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. An error of batten's own is told without the values that it names."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            if isinstance(error, OSError) and _of_output(error):
                unwritten(error)
            # Say that batten failed, and where; exit with 3, for nothing was assessed.
            from batten import masking

            hint = f"please report it with the file; {TRACEBACK}=1 prints the traceback with secrets masked"
            click.echo(f"batten: internal error: {masking.failure(error)}; {hint}", err=True)
            if os.environ.get(TRACEBACK):
                import traceback

                click.echo(masking.masked("".join(traceback.format_exception(error))), err=True, nl=False)
            sys.exit(3)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)
        except OSError as error:  # of --help and --version
            if _of_output(error):
                unwritten(error)
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


CUT = 128 + signal.SIGPIPE  # what a shell says of a program that wrote to a closed pipe


def unwritten(error: OSError) -> NoReturn:
    """Say that stdout or stderr takes no more, and exit with 2; quietly where its reader has gone, as programs do."""
    abandon()
    if error.errno == errno.EPIPE:
        sys.exit(CUT)
    with suppress(OSError):
        click.echo(f"batten: the output cannot be written: {error.strerror}", err=True)
    sys.exit(2)


def _of_output(error: OSError) -> bool:
    """Whether it was raised where lines are written to stdout and stderr."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return at is not None and at.tb_frame.f_code is click.echo.__code__


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="batten")
def main() -> None:
    """Find, fix and prevent security misconfiguration of APIs, over the whole stack.

    \b
    Exit codes: 0 clean; 1 findings at or above the gate; 2 invalid usage or policy; 3 assessment incomplete.
    """
