"""Endpoints that answer and should not be reachable."""

from __future__ import annotations

from batten.facts.fact import Fact
from batten.model import Setting
from batten.model.record import record


@record
class ExposedFile(Fact):
    """A file that was served and whose content proves what it is."""

    path: str
    kind: str  # "shell history", "git repository", "environment file", "private key", "backup" …
    grave: bool = True  # False: it tells how the application is made, and gives nobody a key


@record(kw_only=True)
class Endpoint(Fact):
    """A path that answers. `kind`: "console", "docs", "metrics", "api", "undocumented"."""

    method: str
    path: str
    kind: str
    what: str = ""
    documented: Setting[bool] | None = None


@record
class Listing(Fact):
    path: str
    on: Setting[bool]
