"""Directives by their names, whether php.ini or a pool's `php_admin_value[…]` gives them."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

from batten.formats import Workspace
from batten.formats.document import Text
from batten.formats.ini import Section, parse_ini
from batten.formats.pairs import Pair
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting, Span, Unknown
from batten.model.record import record

_OF_POOL = re.compile(r"php_(?:admin_)?(?:value|flag)\[([\w.]+)\]")
# Where Debian and Alpine keep the files of a version: etc/php/8.4/fpm/php.ini, etc/php84/php.ini.
_VERSION = re.compile(r"(?:^|/)php/?(\d)\.?(\d{1,2})/")
_ON = frozenset(("1", "on", "yes", "true", "stdout"))
_OFF = frozenset(("0", "off", "no", "false", "none", "", "stderr"))


@record
class Directive:
    """A directive as it is written last, and where."""

    value: str
    at: Location
    pair: Pair


@dataclass(slots=True, eq=False)
class Told:
    """A section of a file. `whole` is True where what it lacks has PHP's default: the one php.ini, with nothing beside it."""

    source: Text
    section: Section
    whole: bool
    directives: dict[str, Directive] = field(default_factory=dict)

    @property
    def pool(self) -> bool:
        return "listen" in self.directives or "pm" in self.directives

    @property
    def version(self) -> tuple[int, int] | None:
        """The version of PHP, where the file's path names it."""
        found = _VERSION.search(self.source.path)
        return (int(found[1]), int(found[2])) if found is not None else None

    def missing(self, name: str) -> Location:
        """The place that lacks a directive."""
        pairs = self.section.pairs
        span = pairs[0].span if pairs else Span(0, 0)
        return Location(self.source.path, name, span, kind=Kind.BLOCK)

    def text(self, name: str, default: str) -> Setting[str]:
        """A directive's value, or PHP's default for it."""
        found = self.directives.get(name)
        if found is None:
            at = self.missing(name)
            return Setting(ABSENT, at, default) if self.whole else Setting(UNKNOWN, at)
        return Setting(UNKNOWN if "${" in found.value else found.value, found.at)

    def switch(self, name: str, default: bool) -> Setting[bool]:
        """A directive that is on or off."""
        given = self.text(name, "1" if default else "0")
        if isinstance(given.value, str):
            return Setting(truth(given.value), given.at)
        return Setting(UNKNOWN, given.at) if given.value is UNKNOWN else Setting(ABSENT, given.at, default)


def truth(value: str) -> bool | Unknown:
    """A value as PHP takes it for a boolean."""
    word = value.lower()
    return True if word in _ON else False if word in _OFF else UNKNOWN


def told(path: str, workspace: Workspace) -> list[Told]:
    """The sections of a file that hold directives; php.ini's own names of sections mean nothing, so it is one.

    Raises SyntaxProblem and Unreadable.
    """
    document = workspace.document(path, parse_ini)
    sections = [_told(document.source, section, False) for section in document.tree if section.pairs]
    if any(one.pool for one in sections) or not sections:
        return sections
    plain = [s for s in document.tree if not s.name.upper().startswith(("HOST=", "PATH="))]
    pairs = [pair for section in plain for pair in section.pairs]
    joined = Section("", Span(0, len(document.source.text)), Span(0, 0), pairs)
    return [_told(document.source, joined, _alone(path, workspace))]


def _alone(path: str, workspace: Workspace) -> bool:
    folder, name = posixpath.split(path)
    beside = [one for one in workspace.entries(folder) if one.endswith((".ini", "conf.d"))]
    return name == "php.ini" and beside in ([path], [])


def _told(source: Text, section: Section, whole: bool) -> Told:
    found = Told(source, section, whole)
    for pair in section.pairs:
        own = _OF_POOL.fullmatch(pair.key)
        name = own[1] if own else pair.key
        at = Location(source.path, pair.key, pair.value_span, kind=Kind.VALUE)
        found.directives[name] = Directive(pair.value or "", at, pair)
    return found
