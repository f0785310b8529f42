from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import click

from batten.cli.output import say, stop
from batten.cli.watch_database import the_database
from batten.cli.watch_options import place_options
from batten.engine.outcome import ExitCode
from batten.watch.model import SERVICE
from batten.watch.store import audit
from batten.watch.store.audit import Head

_ANCHOR = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


@click.command("audit")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="Number of acts to show."
)
@click.option(
    "--verify", is_flag=True, help="Verify the whole chain instead; exits with 1 where it is broken."
)
@click.option(
    "--anchor",
    metavar="NUMBER:DIGEST",
    help="With --verify: a head that was kept, which the chain must hold.",
)
@click.option("--head", is_flag=True, help="Print the chain's head instead, to be kept outside the database.")
@place_options
def command(
    limit: int, verify: bool, anchor: str | None, head: bool, data: Path | None, database: str | None
) -> None:
    """Show what users and programs did, newest first.

    Each row holds a digest of the one before, so a row that was changed or removed later is found. A user who can write
    to the database can compute a whole new chain: print its head now and then, and keep it elsewhere.
    """
    if anchor is not None:
        found = _ANCHOR.fullmatch(anchor)
        kept = (
            Head(int(found[1]), found[2])
            if found
            else stop("--anchor: write it as --head printed it, NUMBER:DIGEST")
        )
    else:
        kept = None
    with the_database(data, database) as opened, opened.read() as db:
        if verify or kept is not None:
            broken = audit.verify(db, kept)
            if broken is not None:
                click.echo(f"the audit log is broken at row {broken.id}: {broken.why}")
                raise SystemExit(ExitCode.FINDINGS)
            click.echo(f"the audit log is whole: {audit.head(db).id} rows")
        elif head:
            click.echo(str(audit.head(db)))
        else:
            for entry in audit.every(db, SERVICE, most=limit):
                at = datetime.fromtimestamp(entry.at / 1000, UTC).isoformat(timespec="seconds")
                line_data = " ".join(f"{name}={value}" for name, value in entry.data.items())
                where = f"environment={entry.environment}" if entry.environment else ""
                say(
                    "  ".join(
                        filter(
                            None,
                            (
                                str(entry.id),
                                at,
                                entry.by or "-",
                                entry.action,
                                entry.subject,
                                where,
                                line_data,
                            ),
                        )
                    )
                )
