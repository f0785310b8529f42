"""How severe an advisory says that a vulnerability is.

What the database of an ecosystem says in words comes first (GitHub's, Ubuntu's and Debian's own), then the vectors of CVSS 4, 3
and 2, whose scores become words by FIRST's scale (https://www.first.org/cvss/v4.0/specification-document#Qualitative-Severity-Rating-Scale,
of which version 2 has the lower three).

Sources: https://ubuntu.com/security/cves/about#priority, https://security-team.debian.org/security_tracker.html#severity-levels.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from typing import Any

from batten.advisories.records import Affected, Published, Rating, specific
from batten.model import Severity

UNRATED = -1
LONGEST = 512  # characters of a vector
_WORDS = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "important": Severity.HIGH,
    "moderate": Severity.MEDIUM,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
    "negligible": Severity.INFO,
    "unimportant": Severity.INFO,
}
_VECTORS = {"CVSS_V4": "CVSS4", "CVSS_V3": "CVSS3", "CVSS_V2": "CVSS2"}
_LEAST = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))


def rated(record: Published, affected: Affected) -> int:
    """The severity of a record for one package; UNRATED where neither a word nor a vector says it."""
    words = (
        specific(affected.ecosystem_specific).severity,
        specific(affected.database_specific).severity,
        specific(record.database_specific).severity,
        specific(affected.ecosystem_specific).urgency,
    )
    ratings = [*(affected.severity or ()), *(record.severity or ())]
    known = [*(_word(word) for word in words), *_vectors(ratings)]
    return next((severity for severity in known if severity is not None), UNRATED)


def _word(word: str | None) -> Severity | None:
    return _WORDS.get((word or "").strip().lower())


def _vectors(ratings: list[Rating]) -> Iterator[Severity | None]:
    yield from (_word(one.score) for one in ratings if one.type == "Ubuntu")
    for kind, name in _VECTORS.items():
        yield from (scored(name, one.score) for one in ratings if one.type == kind)


@lru_cache(maxsize=4096)
def scored(kind: str, vector: str) -> Severity | None:
    """The severity of a vector of CVSS2, CVSS3 or CVSS4; None for what is not one."""
    if len(vector) > LONGEST or not vector.isascii():
        return None
    library: Any = import_module("cvss")
    try:
        score = float(getattr(library, kind)(vector).scores()[0])
    except (library.CVSSError, ArithmeticError, LookupError, ValueError):
        return None
    highest = Severity.HIGH if kind == "CVSS2" else Severity.CRITICAL
    return min(highest, next((severity for least, severity in _LEAST if score >= least), Severity.INFO))
