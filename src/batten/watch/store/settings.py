"""What the service remembers of itself, by name."""

from __future__ import annotations

from sqlalchemy import Connection, select

from batten.watch.store.dialects import insert
from batten.watch.store.tables import setting


def read(db: Connection, name: str) -> str:
    """The value of a name; "" where there is none."""
    return db.execute(select(setting.c.value).where(setting.c.name == name)).scalar() or ""


def write(db: Connection, name: str, value: str) -> None:
    made = insert(db, setting).values(name=name, value=value)
    over = made.on_conflict_do_update(index_elements=[setting.c.name], set_={"value": made.excluded.value})
    db.execute(over)
