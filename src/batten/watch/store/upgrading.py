"""Steps of Alembic's on a database; apart from `schema.py`, for a database that is at the newest step needs none of them."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from batten.watch.store.migrations import HERE
from batten.watch.store.schema import encoded


def upgrade(db: Connection, step: str = "head") -> None:
    """Bring the tables to a step, in the transaction of `alone`. Raises StoreProblem."""
    encoded(db)
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.attributes["connection"] = db
    command.upgrade(config, step)
