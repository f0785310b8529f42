"""A package as a file names it, before it is a fact."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from batten.facts import Package
from batten.model import UNKNOWN, Location, Setting, Span
from batten.model.record import record

_PYTHON = re.compile(r"[-_.]+")
_SAFE = re.compile(r"[@\w][\w@./:+~-]{0,200}")  # what a shell takes as one word that is no option


@record(kw_only=True)
class Found:
    """A package of a file: `version` is "" where the file does not say which one is installed."""

    name: str
    version: str
    span: Span
    direct: bool = False
    development: bool = False
    source: str = ""
    ecosystem: str = ""  # where one file holds several


def normalised(name: str) -> str:
    """A Python package's name as indexes compare it: https://peps.python.org/pep-0503/#normalized-names."""
    return _PYTHON.sub("-", name).lower()


def told(found: Iterable[Found], path: str, ecosystem: str, command: str, locked: bool) -> Iterator[Package]:
    """The facts of a file's packages, each name and version once: where it is direct, or deployed, in any of its places."""
    rows: dict[tuple[str, str, str], Found] = {}
    versions: dict[tuple[str, str], int] = defaultdict(int)
    for one in (one for one in found if one.name):
        key = (one.ecosystem or ecosystem, one.name, one.version)
        known = rows.get(key)
        if known is None:
            versions[key[:2]] += 1
        rows[key] = (
            one
            if known is None
            else Found(
                name=known.name,
                version=known.version,
                span=known.span,
                direct=known.direct or one.direct,
                development=known.development and one.development,
                source=known.source,
                ecosystem=known.ecosystem,
            )
        )
    for (system, name, version), one in rows.items():
        alone = versions[system, name] == 1
        at = Location(path, f"packages[{name}]" if alone else f"packages[{name}@{version}]", one.span)
        yield Package(
            at,
            ecosystem=system,
            name=name,
            version=Setting(version or UNKNOWN, at),
            direct=one.direct,
            development=one.development,
            locked=locked,
            command=command.format(name=name) if _SAFE.fullmatch(name) else "",
            source=one.source,
        )
