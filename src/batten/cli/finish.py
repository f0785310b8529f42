"""How a run ends: its reports are written, and the process exits with the verdict's code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from batten.cli.output import columns, tell, write_out
from batten.cli.wanted import Wanted
from batten.engine.baseline import baseline_text
from batten.engine.outcome import ExitCode, Outcome
from batten.formats import Workspace
from batten.reports import render
from batten.reports.words import plural


def finish(
    outcome: Outcome,
    wanted: Wanted,
    write_to: Path | None = None,
    read: Workspace | None = None,
    push: Callable[[str], bool] | None = None,
) -> NoReturn:
    """Write the reports and exit with the verdict's code. `read` holds the files that were read already; `push` gets
    the JSON report, and where it could not send it, a clean run is incomplete."""
    workspace = read or Workspace(outcome.root)
    if write_to is not None:
        noted, count = baseline_text(outcome.findings, outcome.root)
        write_out(write_to, noted, outcome.root)
        if not wanted.quiet:
            tell(f"batten: wrote {plural(count, 'finding')} to {write_to}")
    for target in wanted.targets:
        color = target.path is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        text = render(
            target.form,
            outcome,
            workspace,
            color=color,
            width=columns(),
            verbose=wanted.verbose,
            quiet=wanted.quiet,
        )
        if target.path is not None:
            write_out(target.path, text, outcome.root)
        elif text:
            click.echo(text, nl=not text.endswith("\n"))
    pushed = push is None or push(render("json", outcome, workspace))
    gc.freeze()  # nothing is to be collected any more: the process ends here
    failed = outcome.exit_code is ExitCode.FINDINGS
    code = ExitCode.CLEAN if failed and wanted.forgiving else outcome.exit_code
    sys.exit(code if pushed or code is not ExitCode.CLEAN else ExitCode.INCOMPLETE)
