"""What a channel is told of what happened: one notice a cause and environment, none twice, and ends only of what it was told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.model import Severity
from batten.watch.alerts.notices import Topic, decoded, encoded, notices
from batten.watch.model import Happening
from batten.watch.store.channels import Held
from batten.watch.store.news import News

OPEN = News(
    id=1, at=10, what=Happening.FINDING_NEW, environment=1, name="orders/prod", life=5, cause="c", control="hsts-sent",
    severity=Severity.HIGH, message="no HSTS", place="nginx.conf", detail="",
)  # fmt: skip
FIXED = replace(OPEN, id=2, what=Happening.FINDING_FIXED)
HELD = {"finding:c:1": Held("finding:c:1", 1, 1, "[]")}


def topics(*events: News, held: dict[str, Held] | None = None, standing: int = 0) -> list[Topic]:
    return [n.topic for n in notices(events, held or {}, {("c", 1): standing} if standing else {})]


def test_places_of_one_cause_are_one_notice() -> None:
    made = notices([OPEN, replace(OPEN, id=2, life=6, place="b.conf")], {}, {("c", 1): 2})
    assert [(n.topic, n.places, n.place) for n in made] == [(Topic.NEW, 2, "nginx.conf")]
    both = notices([OPEN, replace(OPEN, id=2, environment=2, name="orders/dev")], {}, {})
    assert [n.environment for n in both] == ["orders/prod", "orders/dev"]


def test_what_is_held_is_not_told_again() -> None:
    assert topics(OPEN, held=HELD) == []
    assert topics(replace(OPEN, what=Happening.FINDING_REGRESSED), held=HELD) == [Topic.REGRESSED]


def test_ends_are_told_of_what_was_told() -> None:
    assert topics(FIXED) == []
    assert topics(FIXED, held=HELD) == [Topic.FIXED]
    assert topics(FIXED, held=HELD, standing=1) == []  # another place stands


def test_what_opened_and_ended_in_between_is_not_told() -> None:
    assert topics(OPEN, FIXED) == []
    assert topics(FIXED, replace(OPEN, id=3), held=HELD) == [Topic.NEW]


@pytest.mark.parametrize(
    ("begins", "ends"),
    [(Happening.OVERDUE, Happening.ON_TIME), (Happening.RUN_FAILED, Happening.RUN_DONE)],
)
def test_an_environment_that_stays_so_is_told_once(begins: Happening, ends: Happening) -> None:
    first = replace(OPEN, what=begins, life=0, cause="", severity=None, detail="no answer")
    made = notices([first, replace(first, id=2)], {}, {})
    assert (
        len(made) == 1
        and made[0].severity == "high"
        and made[0].sentence == (made[0].sentence or "no answer")
    )
    held = {made[0].subject: Held(made[0].subject, 1, 1, "[]")}
    assert [n.topic for n in notices([replace(first, what=ends)], held, {})] == [Topic.ON_TIME]
    assert notices([replace(first, what=ends)], {}, {}) == []


def test_a_message_is_read_as_it_was_written() -> None:
    made = notices([OPEN], {}, {})
    assert decoded(encoded(made)) == made and decoded("{") is None


WHAT = st.sampled_from(
    [Happening.FINDING_NEW, Happening.FINDING_FIXED, Happening.FINDING_REGRESSED, Happening.FINDING_UNKNOWN, Happening.OVERDUE, Happening.ON_TIME]
)  # fmt: skip
EVENTS = st.lists(
    st.builds(
        lambda what, cause, where: (what, cause, where), WHAT, st.sampled_from("ab"), st.integers(1, 2)
    ),
    max_size=12,
)


@given(EVENTS, st.integers(1, 5))
def test_batches_tell_no_end_before_its_beginning(told: list[tuple[Happening, str, int]], size: int) -> None:
    events = [replace(OPEN, id=i, what=w, cause=c, environment=e) for i, (w, c, e) in enumerate(told, 1)]
    held: dict[str, Held] = {}
    for start in range(0, len(events), size):
        made = notices(events[start : start + size], held, {})
        assert len({n.subject for n in made}) == len(made)
        for notice in made:
            if notice.topic.ends:
                assert held.pop(notice.subject)
            else:
                held[notice.subject] = Held(notice.subject, 1, 1, encoded([notice]))
