"""Random histories of one environment for the ledger of `batten watch`, the tables in memory that its changes make, and the same
tables made again from nothing but events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from hypothesis import settings
from hypothesis import strategies as st

from batten.model import Severity
from batten.watch.ledger.changing import changes, lapse
from batten.watch.ledger.knowledge import Changes, Kind, Known, Proof
from batten.watch.model import Assessed, Event, Happening, Interval, Life, LifeState, Seen, Side, Status
from proofs import PROOF
from watch_assessments import CONTROLS, seen

ENVIRONMENT = 7
PLACES = ("a.conf", "b.conf", "c.conf")
HOUR = 3_600_000
FEW = settings(
    max_examples=5000 if PROOF else 40
)  # of what asks for several histories, or for whole databases


@dataclass
class Span:
    life: int
    opened: int
    closed: int | None = None


@dataclass
class World:
    """The tables of one environment."""

    lives: dict[int, Life] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    intervals: list[Interval] = field(default_factory=list)
    proofs: dict[Side, Proof] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def known(self) -> Known:
        return Known(
            environment=ENVIRONMENT,
            lives=tuple(self.lives.values()),
            intervals=tuple(one for one in self.intervals if one.end is None),
            proofs=dict(self.proofs),
        )

    def assess(self, assessed: Assessed, run: int, now: int) -> Changes:
        made = changes(self.known(), assessed, run, now)
        self.take(made)
        return made

    def lapse(self, objective: int, now: int) -> Changes:
        made = lapse(self.known(), objective, now)
        self.take(made)
        return made

    def take(self, made: Changes) -> None:
        ids = {}
        for turn in made.turns:
            number = turn.after.id or len(self.lives) + 1
            self.lives[number] = replace(turn.after, id=number)
            ids[turn.after.side.value, turn.after.fingerprint] = number
            if turn.kind in (Kind.BORN, Kind.REOPENED):
                self.spans.append(Span(number, turn.after.began))
            if turn.kind is Kind.CLOSED:
                (span,) = [s for s in self.spans if s.life == number and s.closed is None]
                span.closed = turn.after.closed
        for ended in made.ended:
            self.intervals = [ended if one.id == ended.id else one for one in self.intervals]
        for begun in made.begun:
            self.intervals.append(replace(begun, id=len(self.intervals) + 1))
        self.proofs |= made.proofs
        for event in made.events:
            key = event.data.get("side", ""), event.data.get("fingerprint", "")
            self.events.append(replace(event, life=event.life or ids.get(key, 0)))


def replayed(events: Iterable[Event]) -> World:
    """The tables as events say that they are; of lives only what events are about (`essence`)."""
    world = World()
    for event in events:
        if event.what.value.startswith("finding-"):
            _life(world, event)
        elif event.what.value.startswith("control-"):
            _interval(world, event)
    return world


def essence(life: Life) -> tuple[object, ...]:
    """What events tell of a life; its sentence, place and evidence are updated without one."""
    times = life.opened, life.opened_by, life.closed, life.closed_by, life.since, life.began
    named = life.side, life.fingerprint, life.control
    return named, life.state, life.severity, life.value, times, life.regressed, life.open_for


def _life(world: World, event: Event) -> None:
    assert event.severity is not None
    side, value = Side(event.data["side"]), event.data.get("value", "")
    told = {"severity": event.severity, "value": value, "fingerprint": event.data["fingerprint"]}
    one = world.lives.get(event.life)
    if event.what is Happening.FINDING_NEW:
        assert one is None
        one = Life(
            id=event.life, environment=event.environment, side=side, control=event.control, case="", message="", place="",
            cause="", opened=event.at, opened_by=event.run, since=event.at, began=event.at, **told,
        )  # fmt: skip
        world.spans.append(Span(one.id, event.at))
    assert one is not None
    world.lives[event.life] = replace(_stated(world, one, event), **told)


def _stated(world: World, one: Life, event: Event) -> Life:
    match event.what:
        case Happening.FINDING_REGRESSED:
            world.spans.append(Span(one.id, event.at))
            one = replace(one, closed=None, closed_by=None, regressed=one.regressed + 1, began=event.at)
            return replace(one, state=LifeState.OPEN, since=event.at)
        case Happening.FINDING_FIXED:
            next(s for s in world.spans if s.life == one.id and s.closed is None).closed = event.at
            one = replace(
                one, closed=event.at, closed_by=event.run, open_for=one.open_for + event.at - one.began
            )
            return replace(one, state=LifeState.FIXED, since=event.at)
        case Happening.FINDING_UNKNOWN:
            return replace(one, state=LifeState.UNKNOWN, since=event.at)
        case Happening.FINDING_SEEN:
            return replace(one, state=LifeState.OPEN, since=event.at)
        case _:
            return one


def _interval(world: World, event: Event) -> None:
    side, start = Side(event.data["side"]), int(event.data.get("since", event.at))
    for index, one in enumerate(world.intervals):
        if (one.side, one.control, one.end) == (side, event.control, None):
            assert one.status.value == event.data["was"]
            world.intervals[index] = replace(one, end=start)
    status = Status(event.what.value.removeprefix("control-"))
    begun = Interval(
        id=len(world.intervals) + 1, environment=event.environment, side=side, control=event.control, status=status,
        start=start, run=event.run,
    )  # fmt: skip
    world.intervals.append(begun)


@dataclass(frozen=True)
class Step:
    """An assessment, or the moment at which somebody notices that there was none; `ahead` may be negative."""

    ahead: int
    assessed: Assessed | None


def _finding(
    side: Side, control: str, place: str, pointer: str, how: tuple[Severity, str, tuple[bool, bool]]
) -> Seen:
    severity, value, (counts, breaks) = how
    where = f"https://api.example/{place}" if side is Side.OBSERVED else place
    return seen(control, where, side, severity, value, pointer=f"{pointer} {place}" if side is Side.OBSERVED else pointer, counts=counts, breaks=breaks)  # fmt: skip


# What counts; what is accepted where it was found; what is of no verdict.
WEIGHTS = [(True, True), (True, True), (False, True), (False, False)]
HOW = st.tuples(st.sampled_from([Severity.LOW, Severity.HIGH]), st.sampled_from(["", "v1", "v2"]), st.sampled_from(WEIGHTS))  # fmt: skip
# Few, so that the same findings come, go and come back.
FOUND = st.builds(
    _finding, st.sampled_from(Side), st.sampled_from(CONTROLS[:2]), st.sampled_from(PLACES), st.just("x"), HOW
)


@st.composite
def assessments(draw: st.DrawFn) -> Assessed:
    found = draw(st.lists(FOUND, max_size=6))
    sides = draw(st.sampled_from([frozenset(Side), frozenset(Side), *(frozenset([side]) for side in Side)]))
    found = [one for one in found if one.side in sides]
    complete = frozenset(side for side in sides if draw(st.sampled_from([True, True, False])))
    judged = {
        side: draw(st.frozensets(st.sampled_from(CONTROLS)))
        | {one.control for one in found if one.side is side}
        for side in sides
    }
    places = {one.place for one in found if one.side is Side.DECLARED} | draw(
        st.frozensets(st.sampled_from(PLACES))
    )
    unread = draw(st.frozensets(st.sampled_from(PLACES), max_size=1)) - places
    off = draw(st.sampled_from([frozenset[str]()] * 4 + [frozenset(CONTROLS[:1])]))
    found = [one for one in found if one.control not in off]
    return Assessed(
        found=tuple(found), judged=judged, places=frozenset(places), unread=unread, complete=complete, sides=sides, off=off,
        version=draw(st.sampled_from(["1", "2"])),
    )  # fmt: skip


STEPS = st.lists(
    st.builds(Step, st.integers(-5 * HOUR, 20 * HOUR), st.one_of(assessments(), assessments(), st.none())),
    min_size=1,
    max_size=10,
)
OBJECTIVE = 10 * HOUR


def lived(steps: Iterable[Step]) -> World:
    """The world after a history."""
    world, now = World(), 1_000 * HOUR
    for run, step in enumerate(steps, 1):
        now += step.ahead
        world.lapse(OBJECTIVE, now)
        if step.assessed is not None:
            world.assess(step.assessed, run, now)
    return world


def by_control(world: World) -> Mapping[tuple[Side, str], list[Interval]]:
    """The intervals of each control, the first first."""
    made: dict[tuple[Side, str], list[Interval]] = {}
    for one in sorted(world.intervals, key=lambda i: (i.start, i.id)):
        made.setdefault((one.side, one.control), []).append(one)
    return made
