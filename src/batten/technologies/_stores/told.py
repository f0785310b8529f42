"""What a store is told by files, words of a command and variables, in the order in which it takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from batten.model import ABSENT, UNKNOWN, Kind, Location, Problem, Setting
from batten.model.record import record

_TEMPLATE = re.compile(r"\0|\$\{|\$\(|\{\{|%\(|<%|\$[A-Z_]{2,}|@@|__[A-Z]\w*__|%[A-Z_]+%")


@record
class Given:
    """A setting, wherever it was given. `name` is the vendor's, as his server shows it."""

    name: str
    value: str
    at: Location

    @property
    def setting(self) -> Setting[str]:
        return Setting(UNKNOWN if templated(self.value) else self.value, self.at)


@record
class Told:
    """Settings in the order in which the server takes them: the last one of a name counts."""

    given: tuple[Given, ...]
    at: Location
    complete: bool = True  # False: something that is not here may say more
    problems: tuple[Problem, ...] = ()

    def last(self, name: str) -> Given | None:
        return next((one for one in reversed(self.given) if one.name == name), None)

    def setting(self, name: str, default: str | None = None) -> Setting[str]:
        """What a setting is; `default` is the vendor's, None where it is not known."""
        found = self.last(name)
        if found is not None:
            return found.setting
        return self.absent(name, default)

    def absent(self, name: str, default: str | None) -> Setting[str]:
        value = default if default is not None and self.complete else UNKNOWN
        return Setting(ABSENT, self.place(name), value)

    def place(self, name: str) -> Location:
        """Where a setting is missing."""
        pointer = f"{self.at.pointer}/{name}" if self.at.pointer else name
        return replace(self.at, pointer=pointer, kind=Kind.BLOCK)

    def known(self, name: str, default: str | None = None) -> str | None:
        """The value that is in force; None where it is not known."""
        return self.setting(name, default).known(None)

    def after(self, more: Iterable[Given]) -> Told:
        return replace(self, given=(*self.given, *more))

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.at.source for one in self.given))


def templated(value: str) -> bool:
    """Whether something fills in the value before the server reads it."""
    return _TEMPLATE.search(value) is not None


def switched(setting: Setting[str], on: Iterable[str]) -> Setting[bool]:
    """A setting of two states, by the words that mean on (in lower case)."""
    words = frozenset(on)

    def state(value: object) -> object:
        return value.lower() in words if isinstance(value, str) else value

    return Setting(state(setting.value), setting.at, state(setting.default))  # type: ignore[arg-type]
