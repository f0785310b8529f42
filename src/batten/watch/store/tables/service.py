"""What the service remembers of itself: settings, turns, and answers that may be asked for again."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table

from batten.watch.store.tables.columns import NUMBER, Plain, metadata, moment, whole, words

setting = Table(
    "setting", metadata, Column("name", Plain, primary_key=True), Column("value", Plain, nullable=False)
)

# What was answered to requests that carry a key of the client's; a day old, they are removed.
repeat = Table(
    "repeat",
    metadata,
    Column("digest", Plain, primary_key=True),
    words("request"),
    moment("at"),
    whole("status"),
    words("headers"),
    Column("body", LargeBinary, nullable=False),
    Index("ix_repeat_at", "at"),
)

# What of the service the settings of a team may name; team 0: those of channels that report everything.
assignment = Table(
    "assignment",
    metadata,
    Column("asset", Plain, primary_key=True),
    Column("name", Plain, primary_key=True),
    Column("team", NUMBER, primary_key=True, autoincrement=False),
)

# When what one process alone does, once in a while, was done last.
turn = Table("turn", metadata, Column("name", Plain, primary_key=True), moment("at"))
