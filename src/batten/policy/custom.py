"""Controls that a user writes as a row of batten.yaml: one field of one kind of fact, and what it must be."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import field

import batten.facts
from batten.facts import Fact
from batten.model import Location, Severity
from batten.model.record import record
from batten.patterns import compiled

Plain = str | int | float | bool

# What `must:` may say with a value, and how a value of the configuration is held against it.
TESTS: dict[str, Callable[[object, object], bool]] = {
    "equal": lambda value, wanted: _same(value, wanted),
    "one-of": lambda value, wanted: isinstance(wanted, tuple) and any(_same(value, w) for w in wanted),
    "match": lambda value, wanted: compiled(str(wanted)).search(_text(value)) is not False,
    "contain": lambda value, wanted: _contains(value, wanted),
    "at-least": lambda value, wanted: _number(value) >= _number(wanted),
    "at-most": lambda value, wanted: _number(value) <= _number(wanted),
}
WORDS = ("present", "absent", "true", "false")


@record
class Custom:
    """`fact` is a fact's name, `setting` the name of one of its settings; `key` picks one value of a field
    that is a table (a header, an environment variable). `when` narrows it to facts whose fields are so."""

    slug: str
    title: str
    severity: Severity
    why: str
    fact: type[Fact]
    setting: str
    key: str
    test: str  # one of WORDS or TESTS
    wanted: Plain | tuple[Plain, ...] = ""
    when: tuple[tuple[str, Plain], ...] = ()
    value: str = ""  # what a fix writes, where batten can write it
    at: Location | None = field(default=None, compare=False)


def kinds() -> dict[str, type[Fact]]:
    """Every kind of fact by name."""
    named = {name: getattr(batten.facts, name) for name in batten.facts.__all__}
    return {n: k for n, k in named.items() if isinstance(k, type) and issubclass(k, Fact) and k is not Fact}


def settings_of(kind: type[Fact]) -> dict[str, bool]:
    """The fields of a kind of fact that a row may judge; True where the field is a table of settings."""
    fields = {name: str(f.type) for name, f in kind.__dataclass_fields__.items()}
    single = {name: False for name, written in fields.items() if written.startswith("Setting[")}
    tables = {
        n: True for n, written in fields.items() if re.match(r"Mapping\[str, (Setting|SentHeader)", written)
    }
    return single | tables


def conditions_of(kind: type[Fact]) -> tuple[str, ...]:
    """The fields that `when:` may name: plain ones, and settings."""
    fields = {name: str(f.type) for name, f in kind.__dataclass_fields__.items()}
    return tuple(
        n for n, t in fields.items() if t in ("str", "bool", "int", "Content") or t.startswith("Setting[")
    )


def _same(value: object, wanted: object) -> bool:
    return value == wanted or _text(value).lower() == _text(wanted).lower()


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _contains(value: object, wanted: object) -> bool:
    if isinstance(value, (tuple, list, set, frozenset)):
        return any(_same(v, wanted) for v in value)
    return _text(wanted).lower() in _text(value).lower()


def _number(value: object) -> float:
    """Raises ValueError for what is no number, with or without a unit of size (k, m, g)."""
    found = re.fullmatch(r"\s*([\d.]+)\s*([kmg]?)i?b?\s*", _text(value), re.IGNORECASE)
    if found is None:
        raise ValueError(f"'{_text(value)}' is not a number")
    return float(found[1]) * float(1024 ** " kmg".index(found[2].lower() or " "))
