"""From the query of a list to the filter of a question, and what the filter offers: what cannot be read is said, not ignored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import TypeVar

from sqlalchemy import Connection
from starlette.requests import Request

from batten.model import Severity
from batten.model.record import record
from batten.watch.model import Caller, LifeState, Side
from batten.watch.pages.families import AREAS, OTHER, members, title
from batten.watch.pages.links import asked, number
from batten.watch.store import teams
from batten.watch.store.questions.choices import choices
from batten.watch.store.questions.families import families
from batten.watch.store.questions.filters import EVERY, STANDING, Filter, Reach

_T = TypeVar("_T")

STATES = MappingProxyType(
    {
        "": STANDING,
        "open": frozenset({LifeState.OPEN}),
        "unknown": frozenset({LifeState.UNKNOWN}),
        "fixed": frozenset({LifeState.FIXED}),
        "all": EVERY,
    }
)
_WAIVED: MappingProxyType[str, bool | None] = MappingProxyType({"": False, "yes": True, "all": None})
_NOT_WAIVED: bool | None = False
_STATE_NAMES = (
    ("", "standing"),
    ("open", "open"),
    ("unknown", "unknown"),
    ("fixed", "fixed"),
    ("all", "all"),
)


@record(kw_only=True)
class Asked:
    """What a list is asked for. `said` are sentences about what could not be read; `narrow` is whether it is less than everything."""

    which: Filter
    said: tuple[str, ...]
    narrow: bool
    state: str
    waived: str
    area: str


@record(kw_only=True)
class Offered:
    """What the selects of a filter have: value and name. Services and environments are none where there are too many to choose from."""

    teams: tuple[tuple[str, str], ...]
    services: tuple[tuple[str, str], ...]
    stages: tuple[tuple[str, str], ...]
    environments: tuple[tuple[str, str], ...]
    families: tuple[tuple[str, str], ...]
    areas: tuple[tuple[str, str], ...] = tuple((name, name) for name in (*AREAS, OTHER))
    reaches: tuple[tuple[str, str], ...] = (
        ("public", "public"),
        ("inside", "inside only"),
        ("unknown", "unknown"),
    )
    severities: tuple[tuple[str, str], ...] = tuple(
        (s.label, f"{s.label} and above") for s in reversed(Severity) if s is not Severity.INFO
    )
    states: tuple[tuple[str, str], ...] = _STATE_NAMES
    sides: tuple[tuple[str, str], ...] = tuple((s.value, s.value) for s in Side)
    waived: tuple[tuple[str, str], ...] = (("", "not waived"), ("yes", "waived"), ("all", "both"))


def asked_for(request: Request) -> Asked:
    """The filter that the query of a request says."""
    said: list[str] = []
    which = Filter(
        text=asked(request, "q"),
        severity=_read(request, "severity", Severity.named, Severity.INFO, said),
        states=_read(request, "state", lambda v: _listed(STATES, v), STANDING, said),
        control=asked(request, "control"),
        family=_read(request, "family", lambda v: _one_of(families(), v), "", said),
        cause=request.query_params.get("cause", "")[:2_000],
        environment=number(request, "environment"),
        team=number(request, "team"),
        service=asked(request, "service"),
        stage=asked(request, "stage"),
        side=_read(request, "side", Side, None, said),
        reach=_read(request, "reach", Reach, None, said),
        waived=_read(request, "waived", _waived, _NOT_WAIVED, said),
        regressed=bool(asked(request, "regressed")),
        families=_read(request, "area", members, (), said),
    )
    return Asked(
        which=which, said=tuple(said), narrow=which != Filter(), state=asked(request, "state"),
        waived=asked(request, "waived"), area=asked(request, "area"),
    )  # fmt: skip


def _read(request: Request, name: str, read: Callable[[str], _T], usual: _T, said: list[str]) -> _T:
    value = asked(request, name)
    if not value:
        return usual
    try:
        return read(value)
    except (ValueError, KeyError):
        said.append(f"`{name}={value}` is not a filter of this list; it was left out")
        return usual


def _listed(table: MappingProxyType[str, _T], value: str) -> _T:
    return table[value]


def _waived(value: str) -> bool | None:
    return _WAIVED[value]


def _one_of(names: Sequence[str], value: str) -> str:
    if value not in names:
        raise ValueError(value)
    return value


def offered(db: Connection, caller: Caller) -> Offered:
    """What the caller can narrow to: of teams and environments, only what they see."""
    found = choices(db, caller)
    return Offered(
        teams=tuple((str(team.id), team.name) for team in teams.every(db, caller)),
        services=tuple((name, name) for name in found.services),
        stages=tuple((name, name) for name in found.stages),
        environments=tuple((str(number), name) for number, name in found.environments),
        families=tuple((name, title(name)) for name in families()),
    )
