"""Settings with one value that is wrong, as rows of a table: what is read, and what is written instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.facts import Fact, Feature
from batten.model import UNKNOWN, Edit, Fix, Location, Setting, Switch, Unknown
from batten.model.record import record
from batten.technologies.shared.python.assigned import Assigned, assigned_setting
from batten.technologies.shared.python.edits import risky
from batten.technologies.shared.python.module import Module
from batten.technologies.shared.python.values import Plain


@record(kw_only=True)
class PythonSetting:
    """`good` is the text of the value that is written; `breaks` names who may notice, "" for nobody."""

    name: str
    switch: Switch
    bad: Callable[[Plain], bool]
    what: str
    good: str = ""
    title: str = ""
    breaks: str = ""


def is_on(value: Plain) -> bool:
    """Whether a switch is on."""
    return value is True or value == 1


def features(found: Assigned, rows: tuple[PythonSetting, ...]) -> Iterator[Fact]:
    """A feature for each row whose name is assigned in the module."""
    for row in rows:
        setting: Setting[bool] = assigned_setting(found, row.name, False, _reader(row), bool)
        if setting.written and setting.value is not UNKNOWN:
            yield Feature(setting.at, row.switch, setting, row.what)


def _reader(row: PythonSetting) -> Callable[[Plain], bool | Unknown]:
    return lambda value: row.bad(value)


def row_fix(module: Module, rows: tuple[PythonSetting, ...], switch: Switch, at: Location) -> Fix | None:
    """The row's own value in the place of the wrong one."""
    row = next((r for r in rows if r.name == at.pointer and r.switch is switch and r.good), None)
    if row is None or at.span is None:
        return None
    edits = [Edit(module.path, at.span, row.good)]
    return risky(row.title, edits, row.breaks) if row.breaks else Fix(row.title, tuple(edits))
