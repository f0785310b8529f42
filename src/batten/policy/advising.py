"""What the user decided about advisories: where they are, which packages are not named to others, and which of them count."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from batten.model import Severity
from batten.model.record import record

KEYS = ("minimum", "private", "accepted")
ACCEPTED = ("id", "reason", "owner", "until")


@record
class Source:
    """Where advisories are: a folder that `batten advisories fetch` keeps, or the address of an API. The command line alone
    names it, since a file under review must not send anything anywhere."""

    folder: Path | None = None
    url: str = ""


@record(kw_only=True)
class Accepted:
    """A vulnerability, by any of its ids, that is not reported up to a day, for whatever package has it."""

    id: str
    reason: str
    owner: str
    until: date


@record
class Advising:
    """`minimum`: vulnerabilities of less are not reported. `private`: globs of packages whose names are sent nowhere."""

    minimum: Severity = Severity.INFO
    private: tuple[str, ...] = ()
    accepted: tuple[Accepted, ...] = ()

    def accepts(self, ids: Iterable[str], today: date) -> Accepted | None:
        """The row that accepts a vulnerability of these ids."""
        known = frozenset(ids)
        return next((one for one in self.accepted if one.id in known and today <= one.until), None)
