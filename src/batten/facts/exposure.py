"""Endpoints that answer and should not be reachable."""

from __future__ import annotations

from enum import Enum

from batten.facts.fact import Fact
from batten.model import Setting
from batten.model.record import record


class Holds(Enum):
    """What is lost with a product that is open to anyone."""

    CONTROL = "control"  # it acts: runs code, jobs, containers, requests
    DATA = "data"  # it keeps data, as a database does
    INSIGHT = "insight"  # it shows how the system is made and used


@record
class ExposedFile(Fact):
    """A file that was served and whose content proves what it is."""

    path: str
    kind: str  # "shell history", "git repository", "environment file", "private key", "backup" …
    grave: bool = True  # False: it shows how the application is made, and no credential


@record(kw_only=True)
class Endpoint(Fact):
    """A path that answers. `kind`: "console", "login" (the page that a console shows to clients without a login), "docs",
    "metrics", "api", "undocumented"."""

    method: str
    path: str
    kind: str
    what: str = ""
    documented: Setting[bool] | None = None
    gains: str = ""  # completes "anyone can …", of a product that is known; "" of any other
    close: str = ""  # the sentence that says what to set
    source: str = ""  # the page of the vendor's documentation that says so
    holds: Holds = Holds.INSIGHT


@record(kw_only=True)
class Listing(Fact):
    """A folder whose files are listed."""

    path: str
    on: Setting[bool]
    names: tuple[str, ...] = ()  # paths of sensitive files in it
    clients: str = ""  # who gets it, where that is not everybody over HTTP


@record(kw_only=True)
class Opening(Fact):
    """A product that served data or control without a credential."""

    product: str
    path: str  # that proved it
    version: str = ""
    gains: str  # completes "anyone can …"
    close: str  # the sentence that says what to set
    source: str  # the page of the vendor's documentation that says so
    holds: Holds = Holds.CONTROL
