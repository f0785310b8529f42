"""Who may do what: accounts, roles, sessions, tokens, log-ins that failed, and the audit of what people did."""

from __future__ import annotations

from sqlalchemy import Column, Connection, Index, SmallInteger, Table, UniqueConstraint, event

from batten.watch.store.tables.columns import Plain, flag, key, metadata, moment, of, whole, words

# What makes the audit append-only, against the service itself, too: triggers that refuse changes and removals.
#
# SQLite: https://www.sqlite.org/lang_createtrigger.html (an INSERT OR REPLACE fires no DELETE trigger, so there is one for
# rows that are there already); PostgreSQL: https://www.postgresql.org/docs/current/sql-createtrigger.html.
_SAID = "the audit log is append-only"
_SQLITE = (
    *(
        f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
        f"BEGIN SELECT RAISE(ABORT, '{_SAID}'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) "
    f"BEGIN SELECT RAISE(ABORT, '{_SAID}'); END",
)
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION batten_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_SAID}'; END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit "
    "FOR EACH ROW EXECUTE FUNCTION batten_append_only()",
    "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION batten_append_only()",
)


user = Table(
    "account",
    metadata,
    key(),
    Column("name", Plain, nullable=False, unique=True),
    words("hash"),
    words("issuer"),
    words("subject"),
    flag("disabled"),
    flag("must_change"),
    moment("created"),
    moment("seen", nullable=True),
    Index("ix_account_subject", "issuer", "subject"),
)

grant = Table(
    "role_grant",
    metadata,
    key(),
    of("account"),
    Column("role", SmallInteger, nullable=False),
    whole("team"),
    whole("environment"),
    UniqueConstraint("account", "team", "environment"),
)

session = Table(
    "session",
    metadata,
    Column("digest", Plain, primary_key=True),
    of("account"),
    words("csrf"),
    moment("created"),
    moment("seen"),
    moment("expires"),
    Index("ix_session_account", "account"),
    Index("ix_session_expires", "expires"),
)

token = Table(
    "token",
    metadata,
    key(),
    Column("digest", Plain, nullable=False, unique=True),
    words("name"),
    words("hint"),  # its first characters, for people
    of("account"),
    words("scopes"),
    whole("team"),
    whole("environment"),
    moment("created"),
    moment("expires", nullable=True),
    moment("used", nullable=True),
    Index("ix_token_account", "account"),
)

# Log-ins that failed, by what they were of (a name, an address), for throttling.
attempt = Table(
    "attempt",
    metadata,
    Column("subject", Plain, primary_key=True),
    whole("count"),
    moment("first"),
    moment("blocked", nullable=True),
    Index("ix_attempt_first", "first"),
)


def statements(dialect: str) -> tuple[str, ...]:
    """What a migration runs after it made the table."""
    return _POSTGRESQL if dialect == "postgresql" else _SQLITE


def _made(_: object, db: Connection, **__: object) -> None:
    for statement in statements(db.dialect.name):
        db.exec_driver_sql(statement)


# What people did: each row holds the digest of the one before, and none is ever changed.
audit = Table(
    "audit",
    metadata,
    key(),
    moment("at"),
    words("by"),
    words("action"),
    words("subject"),
    whole("environment"),
    words("data"),
    words("previous"),
    words("digest"),
)
event.listen(audit, "after_create", _made)
