"""No question says anything of an environment that its caller does not see: the answer is the same where such environments are
not there at all. Every public function of `store/questions` that takes a connection and a caller is a question."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select

from batten.model import Severity
from batten.watch.model import DAY, SERVICE, Caller, Grant, LifeState, Role, Side
from batten.watch.store import questions
from batten.watch.store import tables as t
from batten.watch.store.database import Database
from batten.watch.store.questions.exports import Format
from batten.watch.store.questions.filters import EVERY, STANDING, Filter, Reach
from batten.watch.store.questions.findings import Sort
from watch_estate import NOW, estate

_ENVIRONMENTS = range(1, 19)
_IDS = [n * 1000 + k for n in _ENVIRONMENTS for k in range(6)]  # of findings and of runs alike


def asked() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every question by name."""
    for module in iter_modules(questions.__path__, "batten.watch.store.questions."):
        for name, function in inspect.getmembers(import_module(module.name), inspect.isfunction):
            parameters = list(inspect.signature(function).parameters)
            if (
                function.__module__ == module.name
                and not name.startswith("_")
                and parameters[:2] == ["db", "caller"]
            ):
                yield f"{module.name.rpartition('.')[2]}.{name}", function


QUESTIONS = dict(asked())
_GRANT = st.one_of(
    st.builds(Grant, st.sampled_from(Role), team=st.integers(1, 4)),
    st.builds(Grant, st.sampled_from(Role)),
    st.builds(Grant, st.sampled_from(Role), environment=st.integers(1, 19)),
)
CALLERS = st.builds(Caller, name=st.just("a"), grants=st.lists(_GRANT, max_size=3).map(tuple))
_FILTERS = st.builds(
    Filter,
    text=st.sampled_from(["", "", "service1", "NGINX", "%_\\"]),
    severity=st.sampled_from(Severity),
    states=st.sampled_from([STANDING, EVERY, frozenset([LifeState.FIXED]), frozenset([LifeState.UNKNOWN])]),
    family=st.sampled_from(["", "", "headers", "other", "nothing"]),
    environment=st.sampled_from([0, 0, 0, *_ENVIRONMENTS]),
    team=st.sampled_from([0, 0, 0, 1, 2, 3]),
    stage=st.sampled_from(["", "", "prod"]),
    side=st.sampled_from([None, None, *Side]),
    reach=st.sampled_from([None, None, *Reach]),
    waived=st.sampled_from([None, False, True]),
    counts=st.sampled_from([None, True, False]),
    regressed=st.booleans(),
    since=st.sampled_from([None, None, NOW - 20 * DAY]),
)
_NUMBERS = st.sampled_from([*_ENVIRONMENTS, *_IDS])
_OF_ONE = st.sampled_from(_ENVIRONMENTS).flatmap(
    lambda n: st.tuples(*[st.integers(n * 1000, n * 1000 + 9)] * 2)
)
_PAIRS = st.one_of(st.tuples(st.sampled_from(_ENVIRONMENTS), st.sampled_from(_ENVIRONMENTS)), _OF_ONE)
# What each parameter of a question may be; a question with another one fails until it is written here.
ARGUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "which": st.one_of(st.just(Filter()), _FILTERS),
    "now": st.just(NOW),
    "since": st.sampled_from([NOW - DAY, NOW - 90 * DAY]),
    "days": st.sampled_from([1, 30, 400]),
    "number": _NUMBERS,
    "ids": st.just(tuple(_ENVIRONMENTS)),
    "format": st.sampled_from(Format),
    "sort": st.sampled_from(Sort),
    "cursor": st.just(""),
    "after": st.sampled_from([0, 0, 2]),
    "most": st.sampled_from([1, 5, 50]),
}


def arguments(question: Callable[..., Any], data: st.DataObject) -> dict[str, Any]:
    wanted = list(inspect.signature(question).parameters)[2:]
    drawn = {name: data.draw(ARGUMENTS[name], name) for name in wanted if name not in ("left", "right")}
    return (
        drawn | dict(zip(("left", "right"), data.draw(_PAIRS, "pair"), strict=True))
        if "left" in wanted
        else drawn
    )


def answer(db: Connection, caller: Caller, question: Callable[..., Any], given_: dict[str, Any]) -> Any:
    made = question(db, caller, **given_)
    return list(made) if isinstance(made, Iterator) else made


def visible(db: Connection, caller: Caller) -> set[int]:
    rows = db.execute(select(t.environment.c.id, t.environment.c.team)).all()
    if any(not g.team and not g.environment for g in caller.grants):
        return {row.id for row in rows}
    teams, single = {g.team for g in caller.grants}, {g.environment for g in caller.grants}
    return {row.id for row in rows if row.team in teams or row.id in single}


def hide(db: Connection, seen: set[int]) -> None:
    """Remove all of what is not seen, as if it had never been."""
    db.execute(delete(t.event).where(t.event.c.environment.not_in(seen)))
    db.execute(delete(t.environment).where(t.environment.c.id.not_in(seen)))


class _Undone(Exception):
    """Ends a transaction without its changes."""


def test_all_questions_are_found() -> None:
    assert {"today.first", "findings.findings", "compare.of_runs", "heat.heat"} <= set(QUESTIONS)


def test_answers_are_the_same_without_what_is_not_seen(store: Database) -> None:
    estate(store, 5)
    told: set[str] = set()

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(CALLERS, st.data())
    def hold(caller: Caller, data: st.DataObject) -> None:
        wanted = [(name, question, arguments(question, data)) for name, question in QUESTIONS.items()]
        try:
            with store.begin() as db:
                before = [answer(db, caller, question, given_) for _, question, given_ in wanted]
                hide(db, visible(db, caller))
                after = [answer(db, caller, question, given_) for _, question, given_ in wanted]
                everything = [answer(db, SERVICE, question, given_) for _, question, given_ in wanted]
                raise _Undone
        except _Undone:
            pass
        for (name, _, given_), one, two, three in zip(wanted, before, after, everything, strict=True):
            assert one == two, (name, given_)
            assert two == three, (name, given_)
            if one:
                told.add(name)

    hold()
    assert told >= set(QUESTIONS)
