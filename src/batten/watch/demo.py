"""An estate to look at: the example in three stages, and the service itself."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Connection

from batten.cell.child import Task, run
from batten.watch.model import MINUTE, Environment, Source
from batten.watch.store import environments, teams

STAGES = ("dev", "staging", "production")  # in the order in which a change travels
_FILES = "batten.watch.demo_files"


class DemoProblem(Exception):
    """The demo cannot be laid out; the sentence says why."""


def lay_out(folder: Path) -> dict[str, Path]:
    """Write the example once for each stage; returns their folders. Raises DemoProblem."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder),
    }
    task = Task(module=_FILES, given=str(folder).encode(), folder=folder, environment=environment)
    try:
        ended = run(task, lambda line: None, lambda: False)
    except OSError as error:
        raise DemoProblem(f"the demo cannot be laid out: {error.strerror or error}") from error
    if ended.code:
        raise DemoProblem(f"the demo cannot be laid out: {ended.last or ended.stopped}")
    return {stage: folder / stage for stage in STAGES}


def settle_in(db: Connection, folders: dict[str, Path], url: str, now: int) -> None:
    """Write the demo's environments; `url` is where the service itself is assessed. All are due at once."""
    team = teams.named(db, "demo")
    for place, (stage, folder) in enumerate(folders.items()):
        settings = {"url": str(folder)}
        environments.add(
            db,
            Environment(
                team=team, service="orders", stage=stage, place=place, source=Source.REPOSITORY, settings=settings,
                schedule="15m", created=now, due=now,
            ),
        )  # fmt: skip
    itself = Environment(
        team=team, service="batten-watch", stage="production", place=2, source=Source.LIVE, settings={"url": url},
        schedule="15m", objective=60 * MINUTE, created=now, due=now + MINUTE // 6,
    )  # fmt: skip
    environments.add(db, itself)
