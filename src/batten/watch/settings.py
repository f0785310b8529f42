"""What a running service knows of itself: made once at its start, the same for every room."""

from __future__ import annotations

from dataclasses import field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from threading import Event

from batten.model.record import record
from batten.watch.store.database import Database


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
    demo: bool = False


@record
class Watch:
    """The service as its pages, its API and its workers know it: `request.app.state.watch`."""

    database: Database
    settings: Settings
    stopping: Event = field(default_factory=Event)  # set when the service stops: streams end
