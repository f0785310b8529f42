"""What assessments found: lives of findings with their details and times, what is known of controls, events and waivers."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    TextClause,
    UniqueConstraint,
    text,
    true,
)

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


def _of_standing(name: str, *columns: str | TextClause) -> Index:
    return where(name, "state != 'fixed'", *columns)


# Evidence, advice and fix of findings, by the digest of their text: many lives share one, and a run writes what is new.
detail = Table(
    "detail",
    metadata,
    Column("digest", Plain, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

life = Table(
    "life",
    metadata,
    key(),
    of("environment"),
    words("side"),
    words("fingerprint"),
    words("kin"),
    words("control"),
    words("case"),
    Column("severity", SmallInteger, nullable=False),
    words("message"),
    words("place"),
    whole("line"),
    words("pointer"),
    words("cause"),
    Column("public", Boolean, nullable=True),
    Column("counts", Boolean, nullable=False),
    Column("breaks", Boolean, nullable=False, server_default=true()),
    words("value"),
    words("detail"),
    words("state"),
    moment("opened"),
    whole("opened_by"),
    moment("closed", nullable=True),
    Column("closed_by", BigInteger, nullable=True),
    moment("since"),
    whole("began"),
    whole("regressed"),
    whole("open_for"),
    UniqueConstraint("environment", "side", "fingerprint"),
    Index("ix_life_cause", "cause", "environment"),
    # Lists of findings, in their orders.
    Index("ix_life_severity", "severity", "since", "id", "environment", "counts", "state"),
    Index("ix_life_since", "since", "id", "environment", "counts", "state"),
    # What stands now, which every first page asks for: by environment, by cause, and in the orders of lists. A few of a hundred of
    # all lives stand, so these are small; those of whole questions hold all that the question needs.
    _of_standing("ix_life_standing", "environment", "control", "severity", "state", "counts", "since"),
    _of_standing(
        "ix_life_standing_cause",
        "cause",
        "environment",
        "severity",
        "public",
        "counts",
        "opened",
        "state",
        "regressed",
    ),
    _of_standing("ix_life_standing_severity", "severity", "since", "id"),
    _of_standing("ix_life_standing_since", "since", "id"),
    _of_standing("ix_life_standing_control", "control", "id"),
    # Texts have bounds here: PostgreSQL takes no more than 2,704 bytes a row of an index.
    _of_standing("ix_life_standing_place", text("substr(place, 1, 200)"), "line", "id", "counts", "state"),
    _of_standing(
        "ix_life_standing_text",
        text("substr(message, 1, 300)"),
        text("substr(place, 1, 200)"),
        "control",
        "state",
    ),
    where("ix_life_fixed", "state = 'fixed'", "environment", "counts", "state", "since", "severity"),
    where("ix_life_unknown", "state = 'unknown'", "environment", "counts", "state"),
)

# Each time that a life was open: what two runs of the past are compared by.
span = Table(
    "span",
    metadata,
    key(),
    of("life"),
    of("environment"),
    whole("opened_by"),
    moment("opened"),
    Column("closed_by", BigInteger, nullable=True),
    moment("closed", nullable=True),
    Index("ix_span_life", "life"),
    # Of its finding, as it was when this time began; `first`: it had not been open before.
    Column("severity", SmallInteger, nullable=False, server_default=text("0")),
    Column("counts", Boolean, nullable=False, server_default=true()),
    Column("first", Boolean, nullable=False, server_default=true()),
    Index("ix_span_environment", "environment", "closed_by", "opened_by"),
    # Trends count by day, from indexes alone.
    Index(
        "ix_span_opened", text("(opened / 86400000)"), "severity", "first", "counts", "environment", "opened"
    ),
    Index(
        "ix_span_closed", text("(closed / 86400000)"), "severity", "counts", "environment", "closed", "opened"
    ),
    where("ix_span_lasting", "closed IS NULL", "counts", "severity", "environment", "closed"),
)

interval = Table(
    "interval",
    metadata,
    key(),
    of("environment"),
    words("side"),
    words("control"),
    words("status"),
    moment("start"),
    moment("end", nullable=True),
    whole("run"),
    Index("ix_interval_control", "environment", "side", "control", "start"),
    Index("ix_interval_share", "control", "status", "start", "end", "environment"),
    where("ix_interval_now", '"end" IS NULL', "environment", "control", "status", "end"),
    where("ix_interval_unknown", "status = 'unknown' AND \"end\" IS NULL", "environment", "control", "start"),
    where("uq_interval_current", '"end" IS NULL', "environment", "side", "control", unique=True),
)

# Up to when an environment's side is known: one row is written for each run, not one a control.
proof = Table(
    "proof",
    metadata,
    Column("environment", NUMBER, ForeignKey("environment.id", ondelete="CASCADE"), primary_key=True),
    Column("side", Plain, primary_key=True),
    whole("run"),
    moment("at"),
    words("version"),  # of batten
    words("missed"),  # what the run left out
)

event = Table(
    "event",
    metadata,
    key(),
    moment("at"),
    words("what"),
    whole("environment"),
    whole("run"),
    whole("life"),
    words("control"),
    Column("severity", SmallInteger, nullable=True),
    words("by"),
    words("data"),
    Index("ix_event_environment", "environment", "id"),
    Index("ix_event_at", "at", "what", "life", "environment"),
    where("ix_event_deployed", "what = 'deployed'", "at", "what"),
    where("ix_event_life", "life != 0", "life", "id"),
)

waiver = Table(
    "waiver",
    metadata,
    key(),
    of("environment"),
    words("side"),
    words("fingerprint"),
    words("value"),
    words("control"),
    words("message"),
    words("owner"),
    words("reason"),
    words("ticket"),
    moment("until"),
    words("state"),
    moment("created"),
    words("by"),
    whole("proposer"),
    whole("replaces"),
    words("approved"),
    moment("ended", nullable=True),
    words("ended_by"),
    flag("warned"),  # that it ends soon was told
    Index("ix_waiver_finding", "environment", "side", "fingerprint"),
    Index("ix_waiver_until", "state", "until"),
)
