"""Who may do what: roles, users, their sessions and tokens."""

from __future__ import annotations

from dataclasses import field
from enum import IntEnum

from batten.model.record import record


class Role(IntEnum):
    """What a user may do in what they see; each may do all that the ones before may."""

    VIEWER = 1  # read
    OPERATOR = 2  # run, cancel, pause; write waivers
    ADMIN = 3  # environments, users, tokens, channels

    @property
    def label(self) -> str:
        return self.name.lower()


@record
class Grant:
    """A role over everything (`team` and `environment` 0), over a team's environments, or over one environment."""

    role: Role
    team: int = 0
    environment: int = 0


@record(kw_only=True)
class Caller:
    """Who asks: a user in a browser, a token, or the service itself. `grants` bound what is seen and done; a token's `scopes`
    bound it further (`access/scopes.py`), and None is no further bound."""

    name: str
    user: int = 0  # 0: the service itself
    token: int = 0  # 0: not by a token
    grants: tuple[Grant, ...] = ()
    scopes: frozenset[str] | None = None


SERVICE = Caller(name="batten watch", grants=(Grant(Role.ADMIN),))


@record(kw_only=True)
class User:
    id: int = 0
    name: str
    hash: str = field(default="", repr=False)  # argon2; "": no password, OIDC alone
    issuer: str = ""  # of OIDC
    subject: str = ""
    disabled: bool = False
    must_change: bool = False
    created: int = 0
    seen: int | None = None


@record(kw_only=True)
class Session:
    """A browser that is logged in. Its id is known to the browser alone; `csrf` goes into its forms."""

    user: int
    csrf: str = field(repr=False)
    created: int
    seen: int
    expires: int


@record(kw_only=True)
class Token:
    """What a program presents instead of a password: its owner's grants within a team or an environment (0: all of them), and
    within its scopes. `hint` is its beginning, for people; the rest is not kept."""

    id: int = 0
    name: str
    hint: str = ""
    user: int
    scopes: tuple[str, ...] = ()
    team: int = 0
    environment: int = 0
    created: int = 0
    expires: int | None = None
    used: int | None = None
