"""The settings of a server from files, its command line and variables, in the order in which it reads them: the last entry of a key
counts, and the vendor's default where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from batten.formats import Workspace
from batten.formats.paths import Path
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Problem, Setting, Unknown
from batten.model.record import record
from batten.technologies.shared.containers.versions import at_least

T = TypeVar("T")
_TEMPLATE = re.compile(r"\0|\$\{|\{\{|\$\(|%\(|%\{|<%|@@|\$__|__[A-Z]\w*__|\$[A-Z_]{2,}|%[A-Z_]+%")
_TRUE = frozenset(("true", "yes", "on", "1"))
_FALSE = frozenset(("false", "no", "off", "0"))


def templated(value: str) -> bool:
    """Whether something fills in the value before the server reads it."""
    return _TEMPLATE.search(value) is not None


@record
class Entry:
    """One setting, by the key that the vendor spells, wherever it was given; `path` leads to it where the file is a tree."""

    key: str
    value: str
    at: Location
    path: Path = ()

    @property
    def templated(self) -> bool:
        """Whether something fills in the value before the server reads it."""
        return templated(self.value)

    @property
    def setting(self) -> Setting[str]:
        return Setting(UNKNOWN if self.templated else self.value, self.at)

    @property
    def truth(self) -> bool | Unknown:
        """What it says of something that is on or off."""
        word = self.value.strip().lower()
        return True if word in _TRUE else False if word in _FALSE else UNKNOWN


@record(kw_only=True)
class Settings:
    """`found` is the last of each key. `at` is what lacks a setting. `complete`: nothing that is not here can say more."""

    at: Location
    entries: tuple[Entry, ...]
    found: Mapping[str, Entry]
    complete: bool = True
    version: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def path(self) -> str:
        return self.at.source

    @property
    def sources(self) -> tuple[str, ...]:
        """The files that say something."""
        return tuple(dict.fromkeys(entry.at.source for entry in self.entries))

    def with_entries(self, entries: Iterable[Entry], complete: bool = True) -> Settings:
        """The same server with these entries instead."""
        these = tuple(entries)
        return replace(self, entries=these, found=_found(these), complete=self.complete and complete)

    def after(self, more: Iterable[Entry]) -> Settings:
        return self.with_entries((*self.entries, *more))

    def missing(self, key: str) -> Location:
        """The place where a key would be."""
        pointer = f"{self.at.pointer}/{key}" if self.at.pointer else key
        return replace(self.at, pointer=pointer, kind=Kind.BLOCK)

    def default_or_unknown(self, default: T) -> T | Unknown:
        return default if self.complete else UNKNOWN

    def absent(self, key: str, default: T | Absent | Unknown = ABSENT) -> Setting[T]:
        return Setting(ABSENT, self.missing(key), self.default_or_unknown(default))

    def word(self, key: str, default: str | Absent | Unknown | None = ABSENT) -> Setting[str]:
        """`default` is None where the vendor's is not known."""
        given = self.found.get(key)
        if given is not None:
            return given.setting
        return self.absent(key, UNKNOWN if default is None else default)

    def known(self, key: str, default: str | Absent | Unknown | None = ABSENT) -> str | None:
        """The value that is in force; None where it is not known."""
        return self.word(key, default).known(None)

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

    def below(self, prefix: str) -> Iterator[Entry]:
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


def whole_file(path: str, workspace: Workspace) -> Location:
    """A file as what lacks a setting. Raises Unreadable."""
    return Location(path, "", workspace.text(path).whole, kind=Kind.BLOCK)


def settings_of(
    at: Location,
    entries: Iterable[Entry] = (),
    *,
    version: str = "",
    complete: bool = True,
    problems: Iterable[Problem] = (),
) -> Settings:
    these = tuple(entries)
    return Settings(
        at=at,
        entries=these,
        found=_found(these),
        complete=complete,
        version=version,
        problems=tuple(problems),
    )


def _found(entries: Iterable[Entry]) -> dict[str, Entry]:
    return {entry.key: entry for entry in entries}


def merge(read: Sequence[Settings]) -> Settings:
    """The settings of several files: a later one overrides, and is where a setting is missing."""
    return settings_of(read[-1].at, (one for each in read for one in each.entries), version=read[-1].version)


def switched(setting: Setting[str], on: Iterable[str]) -> Setting[bool]:
    """A setting of two states, by the words that mean on (in lower case)."""
    words = frozenset(on)

    def state(value: object) -> object:
        return value.lower() in words if isinstance(value, str) else value

    return Setting(state(setting.value), setting.at, state(setting.default))  # type: ignore[arg-type]
