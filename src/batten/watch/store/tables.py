"""The tables. Times are milliseconds since 1970, UTC; what is JSON is text; what is an enumeration is its value, severities numbers.

A change here is a migration in `migrations/`, and a test holds the two against each other.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    TextClause,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
    true,
)

from batten.watch.store.append_only import append_only

# Names by rule, so that migrations can name what they change on both databases.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class _Plain(TypeDecorator[str]):
    """Text that both databases can hold: PostgreSQL has no NUL, and neither has half of a surrogate pair. What reports and
    people send may have both."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.encode(errors="replace").decode().replace("\0", "\ufffd")


# SQLite gives numbers by itself to INTEGER alone.
_Number = BigInteger().with_variant(Integer(), "sqlite")


def _id() -> Column[int]:
    return Column("id", _Number, primary_key=True, autoincrement=True)


def _time(name: str, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _text(name: str) -> Column[str]:
    return Column(name, _Plain, nullable=False, server_default="")


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=false())


def _whole(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def _of(table: str, name: str = "") -> Column[int]:
    return Column(name or table, _Number, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False)


def _where(name: str, condition: str, *columns: str | TextClause) -> Index:
    """An index of some rows. A statement uses it where it says the condition in the same words, not by a parameter."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


def _of_standing(name: str, *columns: str | TextClause) -> Index:
    return _where(name, "state != 'fixed'", *columns)


team = Table("team", metadata, _id(), Column("name", _Plain, nullable=False, unique=True))

environment = Table(
    "environment",
    metadata,
    _id(),
    _of("team"),
    _text("service"),
    _text("stage"),
    _whole("place"),
    _text("source"),
    _text("settings"),
    _text("schedule"),
    _whole("jitter"),
    _whole("objective"),
    _flag("paused"),
    _text("differences"),
    _text("hook"),  # which secret of its webhook is in force, a number; "": none yet; negative: none any more
    _time("created"),
    _time("due", nullable=True),
    _time("planned", nullable=True),  # when `due` was worked out; NULL: not since the last change
    _time("assessed", nullable=True),
    _flag("overdue"),
    UniqueConstraint("team", "service", "stage"),
    Index(
        "ix_environment_due",
        "due",
        sqlite_where=text("due IS NOT NULL"),
        postgresql_where=text("due IS NOT NULL"),
    ),
    Index("ix_environment_planned", "planned"),
)

run = Table(
    "run",
    metadata,
    _id(),
    _of("environment"),
    _text("why"),
    _text("by"),
    _text("state"),
    _time("queued"),
    _time("started", nullable=True),
    _time("ended", nullable=True),
    _text("worker"),
    _time("lease", nullable=True),
    _whole("attempt"),  # how often it was claimed
    _whole("losses"),  # of workers that stopped answering
    _whole("beats"),  # how often its workers have said that they have it
    _flag("delivered"),  # to the queue of a fleet
    _flag("cancel"),
    Column("rank", SmallInteger, nullable=False, server_default=text("0")),  # 1: may wait for those of 0
    _text("again"),  # what is to be queued when it ends
    _text("progress"),
    _text("commit"),
    _text("deployment"),
    _text("version"),
    _text("error"),
    _text("problems"),
    _whole("opened"),
    _whole("fixed"),
    _whole("standing"),
    Index("ix_run_environment_id", "environment", "id"),
    Index("ix_run_ended", "ended"),
    # One pending assessment an environment: the database says so.
    Index(
        "uq_run_pending",
        "environment",
        unique=True,
        sqlite_where=text("state IN ('queued', 'running')"),
        postgresql_where=text("state IN ('queued', 'running')"),
    ),
    Index(
        "ix_run_queue",
        "state",
        "rank",
        "queued",
        sqlite_where=text("state IN ('queued', 'running')"),
        postgresql_where=text("state IN ('queued', 'running')"),
    ),
)

# Evidence, advice and fix of findings, by the digest of their text: many lives share one, and a run writes what is new.
detail = Table(
    "detail",
    metadata,
    Column("digest", _Plain, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

life = Table(
    "life",
    metadata,
    _id(),
    _of("environment"),
    _text("side"),
    _text("fingerprint"),
    _text("kin"),
    _text("control"),
    _text("case"),
    Column("severity", SmallInteger, nullable=False),
    _text("message"),
    _text("place"),
    _whole("line"),
    _text("pointer"),
    _text("cause"),
    Column("public", Boolean, nullable=True),
    Column("counts", Boolean, nullable=False),
    Column("breaks", Boolean, nullable=False, server_default=true()),
    _text("value"),
    _text("detail"),
    _text("state"),
    _time("opened"),
    _whole("opened_by"),
    _time("closed", nullable=True),
    Column("closed_by", BigInteger, nullable=True),
    _time("since"),
    _whole("began"),
    _whole("regressed"),
    _whole("open_for"),
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
    _where("ix_life_fixed", "state = 'fixed'", "environment", "counts", "state", "since", "severity"),
    _where("ix_life_unknown", "state = 'unknown'", "environment", "counts", "state"),
)

# Each time that a life was open: what two runs of the past are compared by.
span = Table(
    "span",
    metadata,
    _id(),
    _of("life"),
    _of("environment"),
    _whole("opened_by"),
    _time("opened"),
    Column("closed_by", BigInteger, nullable=True),
    _time("closed", nullable=True),
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
    _where("ix_span_lasting", "closed IS NULL", "counts", "severity", "environment", "closed"),
)

interval = Table(
    "interval",
    metadata,
    _id(),
    _of("environment"),
    _text("side"),
    _text("control"),
    _text("status"),
    _time("start"),
    _time("end", nullable=True),
    _whole("run"),
    Index("ix_interval_control", "environment", "side", "control", "start"),
    Index("ix_interval_share", "control", "status", "start", "end", "environment"),
    _where("ix_interval_now", '"end" IS NULL', "environment", "control", "status", "end"),
    _where(
        "ix_interval_unknown", "status = 'unknown' AND \"end\" IS NULL", "environment", "control", "start"
    ),
    Index(
        "uq_interval_current",
        "environment",
        "side",
        "control",
        unique=True,
        sqlite_where=text('"end" IS NULL'),
        postgresql_where=text('"end" IS NULL'),
    ),
)

# Up to when an environment's side is known: one row is written for each run, not one a control.
proof = Table(
    "proof",
    metadata,
    Column("environment", _Number, ForeignKey("environment.id", ondelete="CASCADE"), primary_key=True),
    Column("side", _Plain, primary_key=True),
    _whole("run"),
    _time("at"),
    _text("version"),  # of batten
    _text("missed"),  # what the run left out
)

event = Table(
    "event",
    metadata,
    _id(),
    _time("at"),
    _text("what"),
    _whole("environment"),
    _whole("run"),
    _whole("life"),
    _text("control"),
    Column("severity", SmallInteger, nullable=True),
    _text("by"),
    _text("data"),
    Index("ix_event_environment", "environment", "id"),
    Index("ix_event_at", "at", "what", "life", "environment"),
    _where("ix_event_deployed", "what = 'deployed'", "at", "what"),
    _where("ix_event_life", "life != 0", "life", "id"),
)

# What people did: each row holds the digest of the one before, and none is ever changed.
audit = Table(
    "audit",
    metadata,
    _id(),
    _time("at"),
    _text("by"),
    _text("action"),
    _text("subject"),
    _whole("environment"),
    _text("data"),
    _text("previous"),
    _text("digest"),
)
append_only(audit)

waiver = Table(
    "waiver",
    metadata,
    _id(),
    _of("environment"),
    _text("side"),
    _text("fingerprint"),
    _text("value"),
    _text("control"),
    _text("message"),
    _text("owner"),
    _text("reason"),
    _text("ticket"),
    _time("until"),
    _text("state"),
    _time("created"),
    _text("by"),
    _whole("proposer"),
    _whole("replaces"),
    _text("approved"),
    _time("ended", nullable=True),
    _text("ended_by"),
    _flag("warned"),  # that it ends soon was told
    Index("ix_waiver_finding", "environment", "side", "fingerprint"),
    Index("ix_waiver_until", "state", "until"),
)

user = Table(
    "account",
    metadata,
    _id(),
    Column("name", _Plain, nullable=False, unique=True),
    _text("hash"),
    _text("issuer"),
    _text("subject"),
    _flag("disabled"),
    _flag("must_change"),
    _time("created"),
    _time("seen", nullable=True),
    Index("ix_account_subject", "issuer", "subject"),
)

grant = Table(
    "role_grant",
    metadata,
    _id(),
    _of("account"),
    Column("role", SmallInteger, nullable=False),
    _whole("team"),
    _whole("environment"),
    UniqueConstraint("account", "team", "environment"),
)

session = Table(
    "session",
    metadata,
    Column("digest", _Plain, primary_key=True),
    _of("account"),
    _text("csrf"),
    _time("created"),
    _time("seen"),
    _time("expires"),
    Index("ix_session_account", "account"),
    Index("ix_session_expires", "expires"),
)

token = Table(
    "token",
    metadata,
    _id(),
    Column("digest", _Plain, nullable=False, unique=True),
    _text("name"),
    _text("hint"),  # its first characters, for people
    _of("account"),
    _text("scopes"),
    _whole("team"),
    _whole("environment"),
    _time("created"),
    _time("expires", nullable=True),
    _time("used", nullable=True),
    Index("ix_token_account", "account"),
)

# Log-ins that failed, by what they were of (a name, an address), for throttling.
attempt = Table(
    "attempt",
    metadata,
    Column("subject", _Plain, primary_key=True),
    _whole("count"),
    _time("first"),
    _time("blocked", nullable=True),
    Index("ix_attempt_first", "first"),
)

channel = Table(
    "channel",
    metadata,
    _id(),
    Column("name", _Plain, nullable=False, unique=True),
    _text("kind"),
    _text("settings"),
    Column("severity", SmallInteger, nullable=False, server_default=text("0")),
    _whole("team"),
    _whole("environment"),
    _text("quiet"),
    _whole("again"),  # milliseconds after which what still stands is told again; 0: never
    _flag("disabled"),
    _time("created"),
    _whole("read"),  # the last event that was made into messages
    _text("error"),
)

# What a channel was told of a subject and still holds: told again while it stands, and told when it ends.
told = Table(
    "told",
    metadata,
    Column("channel", _Number, ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True),
    Column("subject", _Plain, primary_key=True),
    _time("at"),
    _time("first"),
    _text("body"),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _of("channel"),
    _text("key"),  # the same message has one key, so it is never put in twice
    _text("body"),
    _time("created"),
    _time("due"),
    _whole("attempts"),
    _text("error"),
    _time("sent", nullable=True),
    UniqueConstraint("channel", "key"),
    Index(
        "ix_outbox_due",
        "due",
        sqlite_where=text("sent IS NULL"),
        postgresql_where=text("sent IS NULL"),
    ),
)

setting = Table(
    "setting", metadata, Column("name", _Plain, primary_key=True), Column("value", _Plain, nullable=False)
)

# What was answered to requests that carry a key of the client's; a day old, they are removed.
repeat = Table(
    "repeat",
    metadata,
    Column("digest", _Plain, primary_key=True),
    _text("request"),
    _time("at"),
    _whole("status"),
    _text("headers"),
    Column("body", LargeBinary, nullable=False),
    Index("ix_repeat_at", "at"),
)

# When what one process alone does, once in a while, was done last.
turn = Table("turn", metadata, Column("name", _Plain, primary_key=True), _time("at"))

# Deliveries of webhooks that were taken, by the digest of what was signed: none is taken twice.
delivery = Table(
    "delivery",
    metadata,
    Column("digest", _Plain, primary_key=True),
    _of("environment"),
    _time("at"),
    Index("ix_delivery_at", "at"),
)

# A number is never given again, not even that of the last row when it was removed: grants, alerts and clients remember numbers.
for _table in metadata.tables.values():
    if "id" in _table.c:
        _table.dialect_options["sqlite"]["autoincrement"] = True
