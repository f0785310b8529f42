"""A unit file: what it starts, as whom, and with which variables."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.facts.fact import Fact
from batten.formats import Workspace
from batten.formats.document import Text
from batten.formats.pairs import Pair
from batten.formats.systemd import Section, Word, parse_unit, words
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting
from batten.model.record import record

_SPECIFIER = re.compile(r"%(?!%)[A-Za-z]|\$\{\w+\}|\$\w+|\{\{.*?\}\}|@\w+@")
_STARTS = ("ExecStart", "ExecStartPre", "ExecStartPost", "ExecReload")
_PREFIX = re.compile(r"\A[-@:+!|]+")
# Programs that serve requests of others.
_SERVERS = frozenset(
    (
        "bun",
        "daphne",
        "deno",
        "dotnet",
        "flask",
        "granian",
        "gunicorn",
        "hypercorn",
        "java",
        "node",
        "nodejs",
        "puma",
        "rails",
        "thin",
        "unicorn",
        "uvicorn",
        "waitress-serve",
    )
)
_RUNNERS = frozenset(("python", "python3", "env", "bundle", "poetry", "uv", "pipenv", "npx"))


@record(kw_only=True)
class ServiceUnit(Fact):
    """A service of a machine that answers requests."""

    name: str
    user: Setting[str]  # ABSENT default: root, which is who services run as
    no_new_privileges: Setting[bool]
    capabilities: Setting[tuple[str, ...]]  # given to it as any user; without CAP_


@record
class Command:
    key: str
    words: list[Word]
    pair: Pair

    @property
    def program(self) -> str:
        """The server's name: behind what runs it, where that is an interpreter or a tool."""
        names = [posixpath.basename(_PREFIX.sub("", w.text, count=1)) for w in self.words[:5]]
        first = re.sub(r"^(python3?)[\d.]*$", r"\1", names[0]) if names else ""
        if first in _RUNNERS:
            return next((n for n in names[1:] if n in _SERVERS), first)
        return first


class UnitFile:
    """Raises SyntaxProblem and Unreadable."""

    def __init__(self, path: str, workspace: Workspace) -> None:
        self.path = path
        self.workspace = workspace
        document = workspace.document(path, parse_unit)
        self.source: Text = document.source
        self.sections: list[Section] = document.tree

    def of(self, name: str) -> list[Section]:
        return [s for s in self.sections if s.name == name]

    def pairs(self, section: str, key: str) -> list[Pair]:
        return [p for s in self.of(section) for p in s.all(key)]

    def last(self, section: str, key: str) -> Pair | None:
        found = self.pairs(section, key)
        return found[-1] if found else None

    def words(self, pair: Pair) -> list[Word]:
        return list(words(self.source.text, pair))

    def at(self, pair: Pair) -> Location:
        return Location(self.path, f"Service/{pair.key}", pair.value_span)

    def commands(self) -> Iterator[Command]:
        for key in _STARTS:
            for pair in self.pairs("Service", key):
                yield Command(key, self.words(pair), pair)

    def variables(self) -> Iterator[tuple[str, str, Word, Pair]]:
        """Name, value with what systemd fills in as a NUL, and where."""
        for pair in self.pairs("Service", "Environment"):
            for word in self.words(pair):
                name, sign, value = word.text.partition("=")
                if sign:
                    yield name, _SPECIFIER.sub("\0", value), word, pair

    @property
    def name(self) -> str:
        return posixpath.basename(self.path)

    @property
    def main(self) -> bool:
        """Whether it is a unit itself, not a part that is laid over one."""
        return self.path.endswith(".service")


def known(text: str) -> bool:
    return not _SPECIFIER.search(text)


def service_unit(unit: UnitFile) -> ServiceUnit | None:
    """None for what serves nobody, is a user's own, or runs once."""
    starts = [c for c in unit.commands() if c.key == "ExecStart"]
    if not unit.main or not starts or starts[0].program not in _SERVERS or _elsewhere(unit):
        return None
    overlaid = unit.workspace.is_directory(f"{unit.path}.d")
    block = Location(unit.path, "Service", unit.of("Service")[0].header, kind=Kind.BLOCK)
    found = unit.pairs("Service", "AmbientCapabilities")
    if not found:
        capabilities: Setting[tuple[str, ...]] = Setting(ABSENT, block, ())
    else:
        names = [w.text for p in found for w in unit.words(p)]
        inverted = any(n.startswith("~") for n in names)
        value = tuple(n.upper().removeprefix("CAP_") for n in names)
        capabilities = Setting(
            UNKNOWN if inverted or not all(map(known, names)) else value, unit.at(found[-1])
        )
    key = "NoNewPrivileges"
    pair = unit.last("Service", key)
    if pair is not None:
        word = (pair.value or "").lower()
        flag: Setting[bool] = Setting(
            True if word in ("yes", "true", "1", "on") else False if known(word) else UNKNOWN, unit.at(pair)
        )
    else:
        missing = Location(block.source, f"Service/{key}", block.span, kind=Kind.BLOCK)
        implied = unit.last("Service", "DynamicUser") is not None  # which turns it on
        flag = Setting(ABSENT, missing, UNKNOWN if overlaid or implied else False)
    return ServiceUnit(
        block,
        name=unit.name,
        user=_user(unit, starts[0], block, overlaid),
        no_new_privileges=flag,
        capabilities=capabilities,
    )


def _elsewhere(unit: UnitFile) -> bool:
    once = unit.last("Service", "Type")
    wanted = unit.last("Install", "WantedBy")
    own = wanted is not None and wanted.value == "default.target"
    return own or "/user/" in f"/{unit.path}" or (once is not None and once.value == "oneshot")


def _user(unit: UnitFile, start: Command, block: Location, overlaid: bool) -> Setting[str]:
    user, dynamic = unit.last("Service", "User"), unit.last("Service", "DynamicUser")
    if user is not None:
        return Setting((user.value or "") if known(user.value or "") else UNKNOWN, unit.at(user))
    drops = any(w.text.partition("=")[0] in ("-u", "--user", "--uid") for w in start.words)
    missing = Location(block.source, "Service/User", block.span, kind=Kind.BLOCK)
    if overlaid or drops or dynamic is not None:
        return Setting(UNKNOWN, missing)
    return Setting(ABSENT, missing, "root")
