"""Users of a provider: who they are here, and what their groups let them do."""

from __future__ import annotations

import logging
import re

from sqlalchemy import Connection

from batten.watch.access import accounts
from batten.watch.access.ids import digest
from batten.watch.access.login import begin_session
from batten.watch.access.oidc.claims import Claims
from batten.watch.model import SERVICE, Grant, User
from batten.watch.settings import GroupRole, Provider
from batten.watch.store import audit, environments, sessions, teams, users

logger = logging.getLogger("batten.watch.access")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._@+-]+")


def enter(
    db: Connection, provider: Provider, claims: Claims, address: str, now: int, before: str = ""
) -> str | None:
    """The id of a new session, instead of the one that the browser had before; None where the user is disabled, or in no group that has a role. What the user could do by
    groups before is taken back then."""
    user = users.of_subject(db, provider.issuer, claims.subject)
    given = roles(db, provider, claims.groups)
    admitted = bool(given) or not provider.roles
    acts = []  # told at the end: the chain is locked from the first to the end of the transaction
    if user is None and admitted:
        # A new user, under a name that no other has: the provider's name for it is no proof of who it is.
        wanted = _NOT_IN_NAMES.sub("-", claims.name).strip("._@+-")[:50] or "user"
        name = next(
            name
            for name in (wanted, *(f"{wanted}-{n}" for n in range(2, 100_000)))
            if users.named(db, name) is None
        )
        number = users.add(db, User(name=name, issuer=provider.issuer, subject=claims.subject, created=now))
        found = users.find(db, number)
        assert found is not None
        user = found
        acts.append(("user-added", user.name, {"with": provider.issuer}))
    if user is not None and provider.roles and _settled(db, user, given):
        acts.append(("roles-of-groups", user.name, {"roles": accounts.told(given)}))
    sent = _session(db, user, before, now) if user is not None and admitted else None
    done = "log-in" if sent is not None else "log-in-failed"
    acts.append((done, user.name if user is not None else "", {"with": provider.issuer, "address": address}))
    for action, subject, data in acts:
        by = subject if action == "log-in" else ""
        audit.append(db, now, by, action, "" if by else subject, data=data)
    return sent


def _session(db: Connection, user: User, before: str, now: int) -> str | None:
    """The id of a new session; None where the user is disabled."""
    if user.disabled:
        return None
    if before:
        sessions.end(db, digest(before))
    return begin_session(db, user, now)


def roles(db: Connection, provider: Provider, groups: frozenset[str]) -> tuple[Grant, ...]:
    """What members of these groups may do, each over what is there."""
    given: dict[tuple[int, int], Grant] = {}
    for one in provider.roles:
        if one.group in groups and (grant := _grant(db, one)) is not None:
            over = grant.team, grant.environment
            if over not in given or given[over].role < grant.role:
                given[over] = grant
    return tuple(given[over] for over in sorted(given))


def _grant(db: Connection, one: GroupRole) -> Grant | None:
    """None where the team or the environment is not there, or the environment's name is not one's alone."""
    if one.team and teams.exists(db, one.team):
        return Grant(one.role, team=teams.named(db, one.team))
    found = (
        [e.id for e in environments.every(db, SERVICE) if e.name == one.environment]
        if one.environment
        else []
    )
    if len(found) == 1:
        return Grant(one.role, environment=found[0])
    if one.team or one.environment:
        logger.warning(
            "the role of the group %s names %s, which is not exactly one team or environment",
            one.group,
            one.team or one.environment,
        )
        return None
    return Grant(one.role)


def _settled(db: Connection, user: User, given: tuple[Grant, ...]) -> bool:
    """Whether the user's roles changed; who has none left is out at once."""
    if not given:
        sessions.end_all(db, user.id)
    if set(users.grants(db, user.id)) == set(given):
        return False
    users.allow_only(db, user.id, given)
    return True
