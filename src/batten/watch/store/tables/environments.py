"""What is assessed: teams, environments, their runs, and the deliveries of their webhooks."""

from __future__ import annotations

from sqlalchemy import Column, Index, SmallInteger, Table, UniqueConstraint, text

from batten.watch.store.tables.columns import Plain, flag, key, metadata, moment, of, where, whole, words

_PENDING = "state IN ('queued', 'running')"

team = Table("team", metadata, key(), Column("name", Plain, nullable=False, unique=True))

environment = Table(
    "environment",
    metadata,
    key(),
    of("team"),
    words("service"),
    words("stage"),
    whole("place"),
    words("source"),
    words("settings"),
    words("schedule"),
    whole("jitter"),
    whole("objective"),
    flag("paused"),
    words("differences"),
    words("hook"),  # which secret of its webhook is in force, a number; "": none yet; negative: none any more
    moment("created"),
    moment("due", nullable=True),
    moment("planned", nullable=True),  # when `due` was worked out; NULL: not since the last change
    moment("assessed", nullable=True),
    flag("overdue"),
    UniqueConstraint("team", "service", "stage"),
    where("ix_environment_due", "due IS NOT NULL", "due"),
    Index("ix_environment_planned", "planned"),
)

run = Table(
    "run",
    metadata,
    key(),
    of("environment"),
    words("why"),
    words("by"),
    words("state"),
    moment("queued"),
    moment("started", nullable=True),
    moment("ended", nullable=True),
    words("worker"),
    moment("lease", nullable=True),
    whole("attempt"),  # how often it was claimed
    whole("losses"),  # of workers that stopped answering
    whole("beats"),  # how often its workers have said that they have it
    flag("delivered"),  # to the queue of a fleet
    flag("cancel"),
    Column("rank", SmallInteger, nullable=False, server_default=text("0")),  # 1: may wait for those of 0
    words("again"),  # what is to be queued when it ends
    words("progress"),
    words("commit"),
    words("deployment"),
    words("version"),
    words("error"),
    words("problems"),
    whole("opened"),
    whole("fixed"),
    whole("standing"),
    Index("ix_run_environment_id", "environment", "id"),
    Index("ix_run_ended", "ended"),
    # One pending assessment an environment: the database says so.
    where("uq_run_pending", _PENDING, "environment", unique=True),
    where("ix_run_queue", _PENDING, "state", "rank", "queued"),
)

# Deliveries of webhooks that were taken, by the digest of what was signed: none is taken twice.
delivery = Table(
    "delivery",
    metadata,
    Column("digest", Plain, primary_key=True),
    of("environment"),
    moment("at"),
    Index("ix_delivery_at", "at"),
)
