"""Trends: sums over times, never counts of runs."""

from __future__ import annotations

from batten.model import Severity
from batten.watch.model import DAY, HOUR, SERVICE
from batten.watch.store.database import Database
from batten.watch.store.questions.filters import ALL, Filter
from batten.watch.store.questions.trends import LONGEST, Trends, trends
from watch_assessments import seen, settled, whole
from watch_stores import environment

NOW = 100 * DAY + 12 * HOUR


def asked(store: Database, days: int, which: Filter = ALL) -> Trends:
    with store.read() as db:
        return trends(db, SERVICE, which, now=NOW, days=days)


def test_open_findings_by_day(store: Database) -> None:
    prod = environment(store)
    one, two = seen(severity=Severity.HIGH), seen(pointer="b", severity=Severity.LOW)
    other = seen("cors-closed")
    for day, found in ((90, [one, other]), (95, [one, two, other]), (97, [two]), (98, []), (99, [one])):
        settled(store, prod, whole(*found), day * DAY + HOUR)
    made = asked(store, 8)
    assert [day.start // DAY for day in made.days] == list(range(93, 101))
    assert [day.open[Severity.HIGH] for day in made.days] == [1, 1, 1, 1, 0, 0, 1, 1]
    assert [day.open[Severity.LOW] for day in made.days] == [0, 0, 1, 1, 1, 0, 0, 0]
    assert [day.open[Severity.MEDIUM] for day in made.days] == [1, 1, 1, 1, 0, 0, 0, 0]
    assert [day.new for day in made.days] == [0, 0, 1, 0, 0, 0, 0, 0]
    assert [day.fixed for day in made.days] == [0, 0, 0, 0, 2, 1, 0, 0]
    assert [day.regressed for day in made.days] == [0, 0, 0, 0, 0, 0, 1, 0]
    mended = {one.severity: (one.findings, one.mean) for one in made.mended}
    assert mended == {Severity.HIGH: (1, 7 * DAY), Severity.MEDIUM: (1, 7 * DAY), Severity.LOW: (1, 3 * DAY)}


def test_filters_narrow_what_is_counted(store: Database) -> None:
    for stage in ("staging", "prod"):
        number = environment(store, stage=stage)
        settled(store, number, whole(seen(), seen("cors-closed"), seen("a", counts=False)), 99 * DAY)
    which = {
        Filter(): 4, Filter(stage="prod"): 2, Filter(control="hsts-sent"): 2, Filter(family="transport", stage="prod"): 1,
        Filter(counts=None): 6, Filter(severity=Severity.HIGH): 0,
    }  # fmt: skip
    for one, expected in which.items():
        made = asked(store, 3, one)
        assert [day.open[Severity.MEDIUM] for day in made.days] == [0, expected, expected]
        assert [day.new for day in made.days] == [0, expected, 0]


def test_the_median_is_of_all_fixes(store: Database) -> None:
    prod = environment(store)
    many = [seen(pointer=str(n)) for n in range(5)]
    settled(store, prod, whole(*many), 90 * DAY)
    for day in range(5):
        settled(store, prod, whole(*many[day + 1 :]), (91 + day) * DAY)
    (one,) = asked(store, 30).mended
    assert (one.findings, one.mean, one.median) == (5, 3 * DAY, 3 * DAY)


def test_share_of_time_by_family(store: Database) -> None:
    prod = environment(store)
    for hours in range(0, 96, 12):
        found = [seen()] if hours >= 72 else []
        settled(store, prod, whole(*found, judged=("hsts-sent",)), NOW - 96 * HOUR + hours * HOUR)
    (one,) = asked(store, 3).shares
    # Of the sixty hours since three days began, what files declare was broken for a day; what runs held.
    assert one.family == "transport" and one.share.unknown == 0
    assert (one.share.broken, one.share.holds) == (24 * HOUR, (36 + 60) * HOUR)


def test_a_year_is_the_most(store: Database) -> None:
    assert len(asked(store, 100_000).days) == LONGEST
    assert len(asked(store, 0).days) == 1
