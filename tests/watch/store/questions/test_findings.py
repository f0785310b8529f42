"""The list of findings: every order, every page, and cursors of strangers."""

from __future__ import annotations

import base64

import pytest

from batten.watch.model import SERVICE, LifeState
from batten.watch.store.database import Database
from batten.watch.store.questions.filters import EVERY, Filter
from batten.watch.store.questions.findings import BadCursor, FindingRow, Sort, findings
from watch_estate import NOW, estate

WHOLE = Filter(states=EVERY, waived=None, counts=None)
KEYS = {
    Sort.SEVERITY: lambda one: (-one.severity, -one.since, -one.id),
    Sort.NEWEST: lambda one: (-one.since, -one.id),
    Sort.OLDEST: lambda one: (one.since, one.id),
    Sort.CONTROL: lambda one: (one.control, one.id),
    Sort.PLACE: lambda one: (one.place, one.line, one.id),
}


def walked(store: Database, which: Filter, sort: Sort, most: int) -> list[FindingRow]:
    """All pages one after the other."""
    found: list[FindingRow] = []
    cursor = ""
    with store.read() as db:
        while True:
            page = findings(db, SERVICE, which, now=NOW, sort=sort, cursor=cursor, most=most)
            found += page.findings
            cursor = page.next
            if not cursor:
                assert page.count == len(found)
                return found


@pytest.mark.parametrize("sort", Sort)
def test_pages_hold_each_finding_once_in_order(store: Database, sort: Sort) -> None:
    estate(store, 3)
    found = walked(store, WHOLE, sort, 7)
    assert len({one.id for one in found}) == len(found) > 100
    assert found == sorted(found, key=KEYS[sort])


def test_filters_part_the_list(store: Database) -> None:
    estate(store, 4)
    every = {one.id: one for one in walked(store, WHOLE, Sort.NEWEST, 200)}
    for state in LifeState:
        some = walked(store, Filter(states=frozenset([state]), waived=None, counts=None), Sort.NEWEST, 200)
        assert [one.id for one in some] == [n for n, one in every.items() if one.state is state]
    waived, others = (
        walked(store, Filter(states=EVERY, waived=w, counts=None), Sort.NEWEST, 200) for w in (True, False)
    )
    assert {one.id for one in waived} == {n for n, one in every.items() if one.waived is not None} != set()
    assert len(waived) + len(others) == len(every)
    back = walked(store, Filter(states=EVERY, waived=None, counts=None, regressed=True), Sort.NEWEST, 200)
    assert {one.id for one in back} == {n for n, one in every.items() if one.regressed}


CURSORS = (
        "x", "é", "AAAA", "=" * 9, base64.urlsafe_b64encode(b'["severity",[1]]').decode(),
        base64.urlsafe_b64encode(b'["newest",[1,2]]').decode(), base64.urlsafe_b64encode(b'["severity",["a",1,2]]').decode(),
        base64.urlsafe_b64encode(b'["severity",[1,2,99999999999999999999]]').decode(),
        base64.urlsafe_b64encode(b"[" * 5000).decode(),
)  # fmt: skip


def test_a_cursor_of_something_else_is_refused(store: Database) -> None:
    for cursor in CURSORS:
        with store.read() as db, pytest.raises(BadCursor, match="start again without it"):
            findings(db, SERVICE, now=NOW, cursor=cursor)


def test_more_than_is_counted_is_said_so(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    estate(store, 4)
    monkeypatch.setattr("batten.watch.store.questions.findings.COUNTED", 20)
    with store.read() as db:
        page = findings(db, SERVICE, WHOLE, now=NOW, most=5)
    assert (page.count, page.more_than_counted, len(page.findings)) == (20, True, 5)
