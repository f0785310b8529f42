"""What a running service knows of itself: made once at its start, the same for every room."""

from __future__ import annotations

from dataclasses import field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from threading import Event

from batten.model.record import record
from batten.watch.model import Role
from batten.watch.store.database import Database


@record(kw_only=True)
class GroupRole:
    """The role that members of a provider's group have: over everything, over a team, or over an environment ("service/stage")."""

    group: str
    role: Role
    team: str = ""
    environment: str = ""


@record(kw_only=True)
class Provider:
    """An OpenID provider that users log in with. `secret` is the name of the client's secret (`secrets.py`), "" for a public
    client. Where there are `roles`, they are all that its users may do, and who is in no group of them is not admitted."""

    issuer: str
    client: str
    secret: str = ""
    label: str = "single sign-on"
    scopes: tuple[str, ...] = ("openid", "profile")
    groups_claim: str = "groups"
    name_claim: str = "preferred_username"
    roles: tuple[GroupRole, ...] = ()


@record(kw_only=True)
class Settings:
    """`folder` holds the service's files (the database of one process, mirrors of repositories, its key). `url` is how people
    reach it, "" where that is the address it listens at. With `four_eyes`, a waiver needs a second person's word."""

    folder: Path
    url: str = ""
    workers: int = 2  # assessments at a time in this process
    most_seconds: float = 900.0  # of one assessment
    four_eyes: bool = False
    keep_days: int = 400  # runs and events that are older are removed
    repositories: tuple[Path, ...] = ()  # folders of this machine below which repositories may be read
    alert_networks: tuple[IPv4Network | IPv6Network, ...] = ()  # not public, and may be alerted
    target_networks: tuple[
        IPv4Network | IPv6Network, ...
    ] = ()  # what alone may be assessed; (): see live/addresses.py
    demo: bool = False
    provider: Provider | None = None


@record
class Watch:
    """The service as its pages, its API and its workers know it: `request.app.state.watch`."""

    database: Database
    settings: Settings
    stopping: Event = field(default_factory=Event)  # set when the service stops: streams end
