from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Protocol, cast

from batten.cell import NotAsked
from batten.controls._plugins import plugins
from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Context, Fix, Location, Problem, Remedy
from batten.model.record import record
from batten.patterns import needles
from batten.technologies._wings import package_of, packages

_MAGIC = re.compile(r"\*+|\?")

# What a vendor's validator says of a unit: True, it agrees; False, it is not installed; or it could not be asked safely.
Verdict = Problem | bool | NotAsked


@record
class Use:
    """What files are used for together, and where something beside them shows it."""

    context: Context
    files: tuple[str, ...]
    shown: Location


@record
class Unit:
    """Files that are read together because they make one configuration: a main file and what it
    includes, a Compose file and its override, the *.tf files of a folder."""

    technology: str
    files: tuple[str, ...]
    use: Use | None = None  # where the files do not show it themselves

    @property
    def main(self) -> str:
        return self.files[0]


class Adapter(Protocol):
    """What a technology folder's `adapter` module offers. Both may also be left out where noted."""

    def read(self, unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
        """The facts of a unit. SyntaxProblem and Unreadable of its main file may pass through."""
        ...

    def write(self, unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
        """The edits that make a remedy true at the location a violation gave, or None."""
        ...

    # units(files, workspace) -> Iterable[Unit]   optional: which files belong together
    # settings(unit, workspace) -> Iterator[tuple[str, Location]]   optional, beside an inventory.txt: what the files use
    # A module `validator` beside it may offer validate(unit, workspace) -> Verdict: what the vendor's own
    # validator says, in its cell. It is only imported to prove fixes.


@record
class Technology:
    """`files` are globs on the path below the root; `sniff` is a pattern that the start of the text
    must show where the name alone does not tell (multi-line mode), `begins` one with which it may begin instead, `unless`
    one that it must not show. A `sniff` whose alternatives begin with letters, not with a boundary, is found thirty times as fast.
    `after` names technologies that win when they recognise the same file."""

    name: str
    title: str
    files: tuple[str, ...]
    sniff: str = ""
    begins: str = ""
    after: tuple[str, ...] = ()
    fence: str = ""  # the language of its blocks on control pages, when not its name
    unless: str = ""
    example: str = ""  # the file name that a page's block is read as
    includes: bool = False  # whether a unit's further files are what its main file includes
    in_place: tuple[type[Remedy], ...] = ()  # these change the place itself, and nothing beside it
    certain: bool = True  # False: a file of which its reader makes nothing is another's

    @property
    def language(self) -> str:
        return self.fence or self.name

    def module(self, name: str) -> ModuleType:
        return import_module(f"{package_of(self.name)}.{name}")

    def adapter(self) -> Adapter:
        return cast(Adapter, self.module("adapter"))

    def units(self, files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
        """How these files of this technology are grouped; each for itself unless the adapter says."""
        group = getattr(self.adapter(), "units", None)
        if group is None:
            return (Unit(self.name, (file,)) for file in files)
        return cast("Iterable[Unit]", group(files, workspace))

    def names_packages(self, unit: Unit) -> bool:
        """Whether the unit's file names packages, which are listed only where they are compared with advisories."""
        asked = getattr(self.adapter(), "names_packages", None)
        return asked is not None and bool(asked(unit))

    @property
    def has_validator(self) -> bool:
        """Whether batten runs a check of the vendor's, where that is installed."""
        return find_spec(f"{package_of(self.name)}.validator") is not None

    def validate(self, unit: Unit, workspace: Workspace) -> Verdict:
        """What the vendor's validator has against a unit; True when it agrees, False when there is none
        here to ask, NotAsked when it cannot be run safely or did not answer."""
        if not self.has_validator:
            return False
        return cast(Verdict, self.module("validator").validate(unit, workspace))

    def settings(self, unit: Unit, workspace: Workspace) -> Iterable[tuple[str, Location]]:
        """The settings that a unit's files use, as the technology's inventory spells them, with their places."""
        found = getattr(self.adapter(), "settings", None)
        return cast("Iterable[tuple[str, Location]]", found(unit, workspace)) if found is not None else ()

    def mounted(self, paths: Iterable[str], workspace: Workspace) -> frozenset[str]:
        """Files that files of the technology put into workloads, as a kustomization does."""
        found = getattr(self.adapter(), "mounted_files", None)
        return cast("frozenset[str]", found(paths, workspace)) if found is not None else frozenset()

    def named(self, path: str) -> bool:
        return globbed(self.files, path)


def globbed(patterns: tuple[str, ...], path: str) -> bool:
    """Whether one of our globs fits a path; without "/" it is matched against the last part."""
    name = path[path.rfind("/") + 1 :]
    exact, heads, tails = _apart(patterns)
    if name in exact:
        return True
    if not (path.endswith(tails) or name.startswith(heads)):  # as for nearly every pair of them
        return False
    return any(_fits(pattern, path if "/" in pattern else name) for pattern in patterns)


@cache
def _apart(patterns: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]:
    """The globs that are names; what the others begin with where anything may follow; and what they end with."""
    ends = {pattern: _ends(pattern) for pattern in patterns}
    varying = [found for found in ends.values() if found is not None]
    return (
        frozenset(pattern for pattern, found in ends.items() if found is None),
        tuple({head for head, tail, _ in varying if not tail}),
        tuple({tail for _, tail, _ in varying if tail}),
    )


def _fits(pattern: str, text: str) -> bool:
    """Most globs are a name, or begin or end with a star: no expression is made for what their ends exclude."""
    ends = _ends(pattern)
    if ends is None:
        return text == pattern
    head, tail, simple = ends
    if not text.endswith(tail) or not text.startswith(head) or len(text) < len(head) + len(tail):
        return False
    return simple or _glob(pattern).search(text) is not None


@cache
def _ends(pattern: str) -> tuple[str, str, bool] | None:
    """What a glob begins and ends with, and whether that is all of it; None where nothing varies."""
    parts = _MAGIC.split(pattern)
    if "/" in pattern:  # any folders may be above
        return "", parts[-1], False
    return (parts[0], parts[-1], len(parts) == 2 and "?" not in pattern) if len(parts) > 1 else None


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    made = "".join(
        {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
        for part in parts
    )
    return re.compile(rf"(?:^|/){made}$")  # ours: a technology's


@cache
def technologies() -> dict[str, Technology]:
    """Every technology by name: the folders here, and entry points of `batten.technologies`."""
    found: dict[str, Technology] = {}
    for package in packages().values():
        technology = import_module(package).technology
        found[technology.name] = technology
    for technology in plugins("batten.technologies"):
        if isinstance(technology, Technology):
            found[technology.name] = technology
    return found


_DIFFERENCES = (".patch", ".diff", ".rej")  # of another file, and in no syntax of its own


def named_like(path: str) -> list[Technology]:
    """The technologies whose globs a path fits: the text decides among them."""
    above, _, name = path.rpartition("/")
    if name.endswith(_DIFFERENCES):
        return []
    near = _foldered().near(path, above[above.rfind("/") + 1 :])
    found = _called(name).union(technology for glob, technology in near if _fits(glob, path))
    return [t for t in technologies().values() if t.name in found] if found else []


@lru_cache(4096)
def _called(name: str) -> frozenset[str]:
    """The technologies that know a file by its own name, wherever it is."""
    near = _own_names().near(name, name)
    return frozenset(technology for glob, technology in near if _fits(glob, name))


_Pair = tuple[str, str]  # a glob and the name of its technology


class _Globs:
    """Globs by what is certain of them, so that a path is held against those alone that it can fit: by the end of the path,
    else by the beginning of its name, or by its folder where the glob has one."""

    def __init__(self, pairs: Iterable[_Pair]) -> None:
        self._tails: dict[str, list[_Pair]] = {}
        self._heads: dict[str, list[_Pair]] = {}
        self._any: list[_Pair] = []
        for pattern, name in pairs:
            *above, last = pattern.split("/")
            first, *varying = _MAGIC.split(above[-1] if above else last)
            if tail := _MAGIC.split(pattern)[-1]:
                self._tails.setdefault(tail, []).append((pattern, name))
            elif first and not (above and (varying or "**" in last)):
                self._heads.setdefault(first, []).append((pattern, name))
            else:
                self._any.append((pattern, name))
        self._tail_sizes = sorted({len(tail) for tail in self._tails})
        self._head_sizes = sorted({len(head) for head in self._heads})

    def near(self, path: str, begun: str) -> list[_Pair]:
        """The globs that a path may fit; `begun` is its name, or its folder's."""
        found = self._any.copy()
        for size in self._tail_sizes:
            found += self._tails.get(path[-size:], ())
        for size in self._head_sizes:
            found += self._heads.get(begun[:size], ())
        return found


@cache
def _own_names() -> _Globs:
    return _Globs((glob, t.name) for t in technologies().values() for glob in t.files if "/" not in glob)


@cache
def _foldered() -> _Globs:
    """The globs by which technologies know a file by its folder."""
    return _Globs((glob, t.name) for t in technologies().values() for glob in t.files if "/" in glob)


def recognised(candidates: list[Technology], head: str) -> list[Technology]:
    """Those of the candidates that the start of a text is of."""
    deciding = {name for t in candidates for name in t.after}
    names = {t.name for t in candidates if (not t.after or t.name in deciding) and _is_of(head, t)}
    return [
        t
        for t in candidates
        if not names.intersection(t.after) and (t.name in names or (t.after and _is_of(head, t)))
    ]


def _is_of(head: str, technology: Technology) -> bool:
    shown = _shows(technology.sniff, head, True) or (
        technology.begins != "" and _sniff(technology.begins).begins(head)
    )
    return shown and not _shows(technology.unless, head, False)


def _shows(pattern: str, head: str, without: bool) -> bool:
    return _sniff(pattern).shown(head) if pattern else without


_OFTEN = 20  # texts: from there on it pays to know what an expression cannot do without


class _Sniff:
    """An expression of a technology's, and what each text holds in which it is found."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pattern = re.compile(text, re.MULTILINE)  # ours: a technology's
        self._needles: tuple[str, ...] = ()
        self._asked = 0

    def shown(self, head: str) -> bool:
        self._asked += 1
        if self._asked == _OFTEN:
            self._needles = needles(self._text, re.MULTILINE)
        if self._needles and not any(needle in head for needle in self._needles):
            return False
        return self._pattern.search(head) is not None

    def begins(self, head: str) -> bool:
        return self._pattern.match(head) is not None


@cache
def _sniff(pattern: str) -> _Sniff:
    return _Sniff(pattern)
