"""Who asks: from the cookie of a session or a token to a caller with grants."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy.exc import DBAPIError

from batten.model.record import record
from batten.watch.access.ids import digest, is_token
from batten.watch.access.scopes import capped
from batten.watch.model import HOUR, MINUTE, Caller
from batten.watch.store import sessions, tokens, users
from batten.watch.store.database import Database
from batten.watch.store.granted import within_environment, within_team

# NIST SP 800-63B-4, 2.2.3: a session ends after 24 hours at the latest. Its hour without use is not kept: a dashboard on a
# second screen is read, not used.
IDLE = 8 * HOUR
LASTS = 24 * HOUR
_NOTED = 5 * MINUTE  # how often it is written that a session or a token is used: a write waits for others
_LONGEST = 200  # characters of a cookie or token that can be ours


@record(kw_only=True)
class Known:
    """A caller, and how it is known: `session` is the digest of a session's id, `csrf` what its forms have to bring back."""

    caller: Caller
    session: str = ""
    csrf: str = ""
    must_change: bool = False  # the password, before anything else
    has_password: bool = False  # false for users of a provider
    stale: bool = False  # whether it is due to be written that it is used


def by_session(database: Database, sent: str, now: int) -> Known | None:
    """Who has the session of this id; None where it ended, or its user is disabled."""
    if not 0 < len(sent) <= _LONGEST:
        return None
    key = digest(sent)
    with database.read() as db:
        session = sessions.find(db, key, now, IDLE)
        owner = users.find(db, session.user) if session is not None else None
        if session is None or owner is None or owner.disabled:
            known: Known | None = None
        else:
            caller = Caller(name=owner.name, user=owner.id, grants=users.grants(db, owner.id))
            known = Known(
                caller=caller,
                session=key,
                csrf=session.csrf,
                must_change=owner.must_change,
                has_password=bool(owner.hash),
                stale=session.seen <= now - _NOTED,
            )
    if known is not None and known.stale:
        with suppress(DBAPIError), database.begin() as db:  # a full disk keeps no user from reading
            sessions.saw(db, key, now)
    return known


def by_token(database: Database, sent: str, now: int) -> Known | None:
    """Whose token it is; None where it was revoked or expired, or its owner is disabled."""
    if len(sent) > _LONGEST or not is_token(sent):
        return None
    with database.read() as db:
        token = tokens.find(db, digest(sent), now)
        owner = users.find(db, token.user) if token is not None else None
        if token is None or owner is None or owner.disabled:
            known: Known | None = None
        else:
            grants = users.grants(db, owner.id)
            if token.environment:
                grants = within_environment(db, grants, token.environment)
            elif token.team:
                grants = within_team(db, grants, token.team)
            caller = Caller(
                name=f"{owner.name}/{token.name}", user=owner.id, token=token.id, scopes=frozenset(token.scopes),
                grants=capped(grants, token.scopes),
            )  # fmt: skip
            known = Known(caller=caller, stale=(token.used or 0) <= now - _NOTED)
    if known is not None and known.stale:
        with suppress(DBAPIError), database.begin() as db:
            tokens.used(db, known.caller.token, now)
    return known
