"""Who may do what: accounts, roles, sessions, tokens, log-ins that failed, and the audit of what people did."""

from __future__ import annotations

from sqlalchemy import Column, Index, SmallInteger, Table, UniqueConstraint

from batten.watch.store.append_only import append_only
from batten.watch.store.tables.columns import Plain, flag, key, metadata, moment, of, whole, words

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
append_only(audit)
