"""Where alerts go, what was reported there, and what is still to be sent."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, SmallInteger, Table, UniqueConstraint, text

from batten.watch.store.tables.columns import (
    NUMBER,
    Plain,
    flag,
    key,
    metadata,
    moment,
    of,
    where,
    whole,
    words,
)

channel = Table(
    "channel",
    metadata,
    key(),
    Column("name", Plain, nullable=False, unique=True),
    words("kind"),
    words("settings"),
    Column("severity", SmallInteger, nullable=False, server_default=text("0")),
    whole("team"),
    whole("environment"),
    words("quiet"),
    whole("again"),  # milliseconds after which what still stands is told again; 0: never
    flag("disabled"),
    moment("created"),
    whole("read"),  # the last event that was made into messages
    words("error"),
)

# What a channel was told of a subject and still holds: told again while it stands, and told when it ends.
told = Table(
    "told",
    metadata,
    Column("channel", NUMBER, ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True),
    Column("subject", Plain, primary_key=True),
    moment("at"),
    moment("first"),
    words("body"),
)

outbox = Table(
    "outbox",
    metadata,
    key(),
    of("channel"),
    words("key"),  # the same message has one key, so it is never put in twice
    words("body"),
    moment("created"),
    moment("due"),
    whole("attempts"),
    words("error"),
    moment("sent", nullable=True),
    UniqueConstraint("channel", "key"),
    where("ix_outbox_due", "sent IS NULL", "due"),
)
