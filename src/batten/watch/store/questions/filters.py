"""Which findings: one filter for pages, API and exports, and what it is in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, assert_never

from sqlalchemy import ColumnElement, Connection, Select, func, literal_column, or_, select, union_all

from batten.model import Severity
from batten.model.record import record
from batten.watch.model import Caller, LifeState, Side
from batten.watch.store.dialects import holds
from batten.watch.store.questions.families import OTHER, slugs, slugs_of
from batten.watch.store.tables import environment, life, waiver
from batten.watch.store.visible import within
from batten.watch.store.waivers import accepts, in_effect

STANDING = frozenset((LifeState.OPEN, LifeState.UNKNOWN))
EVERY = frozenset(LifeState)


class Reach(Enum):
    """Who can get at what a finding is about."""

    PUBLIC = "public"
    INSIDE = "inside"
    UNKNOWN = "unknown"


@record(kw_only=True)
class Filter:
    """Which findings; what is empty does not narrow. `waived` and `counts` None: both. `since`: in their present state since
    then or later. `text` is looked for in sentence (its first 300 characters), place (200), control and service, without regard to
    case."""

    text: str = ""
    severity: Severity = Severity.INFO  # at least
    states: frozenset[LifeState] = STANDING
    control: str = ""
    family: str = ""
    families: tuple[str, ...] = ()  # one of these
    cause: str = ""
    environment: int = 0
    team: int = 0
    service: str = ""
    stage: str = ""
    side: Side | None = None
    reach: Reach | None = None
    waived: bool | None = False
    counts: bool | None = True
    regressed: bool = False
    since: int | None = None


ALL = Filter()


def standing() -> ColumnElement[bool]:
    """Lives that are not fixed, written as the partial indexes have it: a parameter there would leave them unused."""
    return life.c.state != literal_column("'fixed'")


def lives(caller: Caller, which: Filter, now: int) -> list[ColumnElement[bool]]:
    """Conditions on `life` rows: those of the filter that the caller sees."""
    found = [*of_environments(life.c.environment, caller, which), *of_states(which.states)]
    found += of_controls(life.c.control, which)
    if which.cause:
        found.append(life.c.cause == which.cause)
    if which.severity > Severity.INFO:
        found.append(life.c.severity >= int(which.severity))
    if which.side is not None:
        found.append(life.c.side == which.side.value)
    if which.reach is not None:
        found.append(_reached(which.reach))
    if which.counts is not None:
        found.append(life.c.counts.is_(which.counts))
    if which.regressed:
        found.append(life.c.regressed > 0)
    if which.since is not None:
        found.append(life.c.since >= which.since)
    if which.waived is not None:
        there = of_environments(waiver.c.environment, caller, which)
        waived = life.c.id.in_(waived_lives(now).where(*there))
        found.append(waived if which.waived else ~waived)
    if which.text:
        text = which.text
        services = select(environment.c.id).where(holds(environment.c.service, text))
        if LifeState.FIXED in which.states:
            whole = (life.c.message, life.c.place, life.c.control)
            holding: ColumnElement[bool] = or_(
                *(holds(column, text) for column in whole), life.c.environment.in_(services)
            )
        else:
            # An index holds the beginnings of the texts of what stands, and all else that this asks for.
            one = life.alias("one")
            columns = (beginning(one.c.message, 300), beginning(one.c.place, 200), one.c.control)
            stands = one.c.state != literal_column("'fixed'")
            held = select(one.c.id).where(stands, or_(*(holds(column, text) for column in columns)))
            holding_there = select(one.c.id).where(stands, one.c.environment.in_(services))
            holding = life.c.id.in_(union_all(held, holding_there))
        found.append(holding)
    return found


def environments(caller: Caller, which: Filter) -> list[ColumnElement[bool]]:
    """Conditions on `environment` rows: those of the filter that the caller sees."""
    return [*of_environments(environment.c.id, caller, which)]


def of_environments(column: ColumnElement[int], caller: Caller, which: Filter) -> list[ColumnElement[bool]]:
    """Conditions on a table's column that names an environment: those of the filter that the caller sees."""
    found = [within(column, caller)]
    if which.environment:
        found.append(column == which.environment)
    by_name = {
        environment.c.team: which.team,
        environment.c.service: which.service,
        environment.c.stage: which.stage,
    }
    wanted = [name == value for name, value in by_name.items() if value]
    if wanted:
        found.append(column.in_(select(environment.c.id).where(*wanted)))
    return found


def waived_lives(now: int) -> Select[Any]:
    """The ids of lives that an active waiver accepts: of the same finding, with the value that was seen."""
    return select(life.c.id).join(waiver, accepts()).where(in_effect(now))


def waived_until(db: Connection, ids: Sequence[int], now: int) -> dict[int, int]:
    """Until when each of these lives is waived, for those that are."""
    until = waived_lives(now).with_only_columns(life.c.id, func.max(waiver.c.until)).where(life.c.id.in_(ids))
    return {row[0]: row[1] for row in db.execute(until.group_by(life.c.id))}


def of_states(states: frozenset[LifeState]) -> list[ColumnElement[bool]]:
    """Conditions on `life` rows: those of these states, in the words of the partial indexes."""
    if states == EVERY:
        return []
    if states == STANDING:
        return [standing()]
    if states == {LifeState.FIXED}:
        return [life.c.state == literal_column("'fixed'")]
    chosen = life.c.state.in_(sorted(s.value for s in states))
    return [chosen, standing()] if LifeState.FIXED not in states else [chosen]


def of_controls(column: ColumnElement[str], which: Filter) -> list[ColumnElement[bool]]:
    """Conditions on a table's column that names a control."""
    found: list[ColumnElement[bool]] = []
    if which.control:
        found.append(column == which.control)
    if which.family:
        found.append(_of_family(column, which.family))
    if which.families:
        found.append(or_(*(_of_family(column, name) for name in which.families)))
    return found


def _of_family(column: ColumnElement[str], family: str) -> ColumnElement[bool]:
    return column.not_in(slugs()) if family == OTHER else column.in_(slugs_of(family))


def _reached(reach: Reach) -> ColumnElement[bool]:
    match reach:
        case Reach.PUBLIC:
            return life.c.public.is_(True)
        case Reach.INSIDE:
            return life.c.public.is_(False)
        case Reach.UNKNOWN:
            return life.c.public.is_(None)
    assert_never(reach)


def beginning(column: ColumnElement[str], characters: int) -> ColumnElement[str]:
    """The first characters of a text, as indexes have them."""
    return func.substr(column, literal_column("1"), literal_column(str(characters)))
