"""What no control could judge because only a variable, an include or a template knows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from batten.controls import judges_about
from batten.engine.judge import region
from batten.facts import Fact
from batten.formats import Workspace
from batten.model import UNKNOWN, Problem, Setting

HINT = "set it in the file, or check it by hand; batten does not guess"


def unknowns(facts: Iterable[Fact], workspace: Workspace) -> Iterator[Problem]:
    """A Problem for each setting that cannot be known, each place once, in reading order."""
    seen: set[tuple[str, str, int]] = set()
    for fact in facts:
        slugs = sorted({control.slug for control in judges_about(fact)})
        for name, setting in _settings(fact):
            if setting.effective is not UNKNOWN or not slugs:
                continue
            place = region(setting.at, workspace)
            line = place.line if place else 0
            key = (setting.at.source, name, line)
            if key not in seen:
                seen.add(key)
                yield Problem(
                    setting.at.source, "judge", _message(fact, name, setting, slugs), hint=HINT, line=line
                )


def _message(fact: Fact, name: str, setting: Setting[object], slugs: list[str]) -> str:
    said = "it is not set in this file" if setting.written else "its default is not known"
    listed = ", ".join(slugs[:4]) + (" …" if len(slugs) > 4 else "")
    what = f"{type(fact).__name__}.{name} at {setting.at.pointer or fact.at.pointer} is unknown"
    return f"{what}: {said}; used by {listed}"


def _settings(fact: Fact) -> Iterator[tuple[str, Setting[object]]]:
    for name in fact.__dataclass_fields__:
        yield from _within(name, getattr(fact, name))


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
