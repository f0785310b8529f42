"""What commands write: sentences, reports and files; and the code that they exit with."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import NoReturn

import click

from batten.engine.baseline import Baseline, BaselineProblem, read_baseline
from batten.engine.outcome import ExitCode
from batten.files import Refused
from batten.files.named import write_named
from batten.masking import sentence
from batten.reports.legible import legible


def stop(message: str) -> NoReturn:
    """Say what is wrong with the call or the policy, and exit with 2."""
    tell(f"batten: {message}")
    sys.exit(ExitCode.USAGE)


def say(line: str) -> None:
    """A line on stdout: without secrets, and without characters that a terminal would obey."""
    click.echo(legible(sentence(line)))


def tell(line: str) -> None:
    """The same on stderr."""
    click.echo(legible(sentence(line)), err=True)


def baseline_from(path: Path | None, root: Path, data: bytes | None = None) -> Baseline | None:
    """The baseline in a file, or in its content at another revision. Stops where it cannot be used."""
    try:
        known = read_baseline(path, str(root), data) if path else None
        if known is not None and known.former:
            tell(
                f"{path} is of version 1, whose findings are compared by control and file only; write a new baseline with --write-baseline"
            )
        return known
    except BaselineProblem as error:
        stop(str(error))


def columns() -> int:
    """The width to write at: the terminal's within reason."""
    return min(shutil.get_terminal_size((110, 40)).columns, 140)


def write_out(path: Path, text: str, root: str = "") -> None:
    """Write a file that the user named; whatever keeps it from being written ends the run with a sentence."""
    try:
        write_named(path, text.encode("utf-8", "backslashreplace"), root)
    except Refused as error:
        stop(f"{error}; {error.hint}")
    except OSError as error:
        stop(f"{path} cannot be written: {error.strerror or error}")


_BETWEEN = 0.1  # seconds: a terminal far away must not hold up what it tells of
_last = ("", 0.0)


def unsaid(line: str) -> None:
    """Progress that is not wanted."""


def progress(line: str) -> None:
    """A line on stderr that the next one replaces; only for people. What counts too fast is left out."""
    global _last
    what, now = line.partition(" ")[0], time.monotonic()
    if (what == _last[0] and now - _last[1] < _BETWEEN) or not sys.stderr.isatty():
        return
    _last = (what, now)
    click.echo(f"\r\x1b[K{legible(sentence(line))}" if line else "\r\x1b[K", err=True, nl=False)
