"""What the user decided about advisories: where they are, which packages are not named to others, and which severities count."""

from __future__ import annotations

from pathlib import Path

from batten.model import Severity
from batten.model.record import record

KEYS = ("minimum", "private")


@record
class Source:
    """Where advisories are: a folder that `batten advisories fetch` keeps, or the address of an API. The command line alone
    names it, since a file under review must not send anything anywhere."""

    folder: Path | None = None
    url: str = ""


@record
class Advising:
    """`minimum`: vulnerabilities of less are not reported. `private`: globs of packages whose names are sent nowhere."""

    minimum: Severity = Severity.INFO
    private: tuple[str, ...] = ()
