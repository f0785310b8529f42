"""What is not known of packages, since they were not compared with advisories: the reasons, as reports say them."""

from __future__ import annotations

from enum import Enum

from batten.model.record import record


class Lack(Enum):
    """Why packages were not compared, or in what the comparison is in doubt."""

    UNASKED = "not-asked"
    NOT_INSTALLED = "not-installed"
    UNAVAILABLE = "unavailable"
    STALE = "stale"
    OLD = "old"  # they were compared all the same
    MISSING = "missing"
    UNSUPPORTED = "unsupported"
    PRIVATE = "private"
    VERSION = "version"
    NO_ORDER = "no-order"
    MINIMUM = "minimum"  # they were compared, and what was found is not reported
    ACCEPTED = "accepted"  # the same, of one vulnerability


# What the user asked for and did not get: a run with one of these is incomplete.
FAILURES = frozenset((Lack.NOT_INSTALLED, Lack.UNAVAILABLE, Lack.STALE, Lack.MISSING))


@record(kw_only=True)
class Gap:
    """Packages of which it is not known whether they have known vulnerabilities: how many there are, why, and what to do.
    `subject` is an ecosystem, a package or a vulnerability; "" where it is all of them."""

    lack: Lack
    subject: str
    packages: int
    said: str
    hint: str = ""


@record(kw_only=True)
class Packages:
    """How many packages files name, how many of them were compared with advisories and with which, and the gaps. Packages
    of files that do not count are not among them."""

    named: int
    compared: int = 0
    origin: str = ""
    gaps: tuple[Gap, ...] = ()


def unasked(count: int) -> Gap:
    """The gap of a run that names no advisories: nothing was read of so many files but what matters by itself."""
    return Gap(
        lack=Lack.UNASKED,
        subject="",
        packages=count,
        said="no advisories were named",
        hint="keep a database with `batten advisories fetch DIR` and pass --advisories DIR, or pass --online",
    )
