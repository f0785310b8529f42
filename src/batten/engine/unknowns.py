"""What no control could judge because only a variable, an include or a template knows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from batten.controls import judges_about
from batten.engine.judge import region
from batten.engine.ledger import Reason
from batten.facts import Fact, Workload
from batten.formats import Unreadable, Workspace
from batten.model import UNKNOWN, Kind, Problem, Setting
from batten.model.record import record

HINT = "set it in the file, or check it by hand; batten does not guess"


@record
class Unresolved:
    """A setting that no control can judge; `slugs` are those that would."""

    fact: Fact
    name: str
    setting: Setting[object]
    line: int
    slugs: tuple[str, ...]


def unresolved(facts: Iterable[Fact], workspace: Workspace) -> Iterator[Unresolved]:
    """Each setting that cannot be known, each place once, in reading order."""
    seen: set[tuple[str, str, int]] = set()
    for fact in facts:
        for name, setting in _unknown(fact):
            slugs = tuple(sorted({control.slug for control in judges_about(fact)}))
            if not slugs:
                break
            place = region(setting.at, workspace)
            line = place.line if place else 0
            key = (setting.at.source, name, line)
            if key not in seen:
                seen.add(key)
                yield Unresolved(fact, name, setting, line, slugs)


def unknowns(facts: Iterable[Fact], workspace: Workspace) -> Iterator[Problem]:
    """A Problem for each of them."""
    for one in unresolved(facts, workspace):
        said = "it is not set in this file" if one.setting.written else "its default is not known"
        listed = ", ".join(one.slugs[:4]) + (" …" if len(one.slugs) > 4 else "")
        pointer = one.setting.at.pointer or one.fact.at.pointer
        yield Problem(
            one.setting.at.source,
            "judge",
            f"{type(one.fact).__name__}.{one.name} at {pointer} is unknown: {said}; used by {listed}",
            hint=HINT,
            line=one.line,
        )


_TEMPLATED = re.compile(r"\{\{|\{%|<%")
_VARIED = re.compile(r"\$|%[({]|!(?:Ref|Sub|GetAtt)\b|\bFn::|\bRef\b|\b(?:var|local|data|module|each|self)\.")


def reason_of(one: Unresolved, workspace: Workspace) -> Reason:
    """What keeps the setting from being known, as its own text shows it."""
    at = one.setting.at
    if not one.setting.written:
        return Reason.DEFAULT
    if at.span is None or at.kind is not Kind.VALUE:
        return Reason.OUTSIDE
    try:
        text = workspace.text(at.source).text[at.span.start : at.span.end]
    except Unreadable:
        return Reason.OUTSIDE
    if _TEMPLATED.search(text):
        return Reason.TEMPLATE
    return Reason.VARIABLE if _VARIED.search(text) else Reason.RUNTIME


def _unknown(fact: Fact) -> Iterator[tuple[str, Setting[object]]]:
    if not isinstance(fact, Workload):
        unasked: frozenset[str] = frozenset()
    else:
        unasked = _OF_RUNNING if fact.dockerfile == fact.at.source else _VARIABLES
    for name in _NAMES[type(fact)]:
        if name in unasked:
            continue
        value = getattr(fact, name)
        if _HOLDS[type(value)]:
            yield from ((n, s) for n, s in _within(name, value) if s.effective is UNKNOWN)


# No control judges a variable's value: what it decides is another fact. How an image is run, its Dockerfile cannot say.
_VARIABLES = frozenset(("environment",))
_OF_RUNNING = frozenset(("environment", "image", "privileged", "added_capabilities", "dropped_capabilities"))


class _Holding(dict[type, bool]):
    """Whether a field of a type may hold settings, found out once: most fields are words and numbers."""

    def __missing__(self, kind: type) -> bool:
        self[kind] = issubclass(kind, Setting | tuple | Mapping)
        return self[kind]


_HOLDS = _Holding()


class _Named(dict[type[Fact], tuple[str, ...]]):
    """The fields of a kind of fact that may hold settings, found out once by what they are declared to be."""

    def __missing__(self, kind: type[Fact]) -> tuple[str, ...]:
        self[kind] = tuple(f.name for f in fields(kind) if str(f.type) not in _PLAIN)
        return self[kind]


_PLAIN = frozenset(("str", "bool", "int", "float", "Location", "Location | None", "Severity"))
_NAMES = _Named()


def _within(name: str, value: object) -> Iterator[tuple[str, Setting[object]]]:
    """Settings in a field, its tuples and tables; facts within a fact are judged for themselves."""
    if isinstance(value, Setting):
        yield name, value
    elif isinstance(value, tuple):
        for item in value:
            if isinstance(item, Setting):
                yield name, item
    elif isinstance(value, Mapping):
        for key, item in value.items():
            inner = getattr(item, "value", None)
            if isinstance(item, Setting):
                yield f"{name}[{key}]", item
            elif isinstance(inner, Setting):
                yield f"{name}[{key}]", inner
