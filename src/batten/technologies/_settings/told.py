"""What a file tells a server: keys with values, the last of a key counts, and the vendor's default where none is given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from batten.formats.paths import Path
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Setting, Span, Unknown
from batten.model.record import record
from batten.technologies._containers.versions import at_least

T = TypeVar("T")
_TEMPLATE = re.compile(r"\0|\$\{|\{\{|\$\(|%\(|%\{|<%|@@|\$__|__[A-Z]\w*__|\$[A-Z_]{2,}")
_TRUE = frozenset(("true", "yes", "on", "1"))
_FALSE = frozenset(("false", "no", "off", "0"))


@record
class Given:
    """One setting, by the key that the vendor spells; `path` leads to it where the file is a tree."""

    key: str
    value: str
    at: Location
    path: Path = ()

    @property
    def templated(self) -> bool:
        """Whether something fills in the value before the server reads it."""
        return _TEMPLATE.search(self.value) is not None

    @property
    def truth(self) -> bool | Unknown:
        """What it says of something that is on or off."""
        word = self.value.strip().lower()
        return True if word in _TRUE else False if word in _FALSE else UNKNOWN


@record(kw_only=True)
class Told:
    """`found` is the last of each key. `complete`: nothing that is not here can say more."""

    path: str
    span: Span
    given: tuple[Given, ...]
    found: Mapping[str, Given]
    complete: bool = True
    version: str = ""

    @property
    def at(self) -> Location:
        """The file, as what lacks a setting."""
        return Location(self.path, "", self.span, kind=Kind.BLOCK)

    def missing(self, key: str) -> Location:
        """The place where a key would be."""
        return Location(self.path, key, self.span, kind=Kind.BLOCK)

    def otherwise(self, default: T) -> T | Unknown:
        return default if self.complete else UNKNOWN

    def absent(self, key: str, default: T | Absent | Unknown = ABSENT) -> Setting[T]:
        return Setting(ABSENT, self.missing(key), self.otherwise(default))

    def word(self, key: str, default: str | Absent | Unknown = ABSENT) -> Setting[str]:
        given = self.found.get(key)
        if given is None:
            return self.absent(key, default)
        return Setting(UNKNOWN if given.templated else given.value, given.at)

    def truth(self, key: str, default: bool | Absent | Unknown = ABSENT) -> Setting[bool]:
        given = self.found.get(key)
        if given is None:
            return self.absent(key, default)
        return Setting(given.truth, given.at)

    def number(self, key: str, default: int | Absent | Unknown = ABSENT) -> Setting[int]:
        given = self.found.get(key)
        if given is None:
            return self.absent(key, default)
        digits = given.value.strip()
        return Setting(int(digits) if digits.isdecimal() and len(digits) < 19 else UNKNOWN, given.at)

    def words(
        self, key: str, default: tuple[str, ...] | Absent | Unknown = ABSENT
    ) -> Setting[tuple[str, ...]]:
        """A list, of which a file holds the items with commas between."""
        given = self.found.get(key)
        if given is None:
            return self.absent(key, default)
        return Setting(UNKNOWN if given.templated else listed(given.value), given.at)

    def below(self, prefix: str) -> Iterator[Given]:
        """The settings whose keys begin so, the last of each."""
        return (one for key, one in self.found.items() if key.startswith(prefix))

    def since(self, *version: int) -> bool | None:
        """Whether the server is of this version or newer; None where the version is not known."""
        return at_least(self.version, version)

    def by_version(self, version: tuple[int, ...], newer: T, older: T) -> T | Unknown:
        """A default that changed with a version; UNKNOWN where the version is."""
        match self.since(*version):
            case True:
                return newer
            case False:
                return older
            case None:
                return UNKNOWN


def listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def told(
    path: str, span: Span, given: tuple[Given, ...], *, version: str = "", complete: bool = True
) -> Told:
    return Told(
        path=path,
        span=span,
        given=given,
        found={one.key: one for one in given},
        complete=complete,
        version=version,
    )


def laid(read: Sequence[Told]) -> Told:
    """What several files tell together: a later one counts more, and is where a setting is missing."""
    given = tuple(one for each in read for one in each.given)
    return told(read[-1].path, read[-1].span, given, version=read[-1].version)
