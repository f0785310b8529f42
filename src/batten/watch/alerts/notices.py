"""From events to what a channel is told: one notice a cause and environment, none twice, and the end of what was told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

import msgspec

from batten.model import Severity
from batten.watch.model import Happening
from batten.watch.store.channels import Held
from batten.watch.store.news import News


class Topic(Enum):
    """What a notice is about, as people read it."""

    NEW = "new finding"
    REGRESSED = "regressed"
    WORSE = "more severe than before"
    UNKNOWN = "can no longer be assessed"
    VALUE_CHANGED = "the value that was waived has changed"
    OVERDUE = "not assessed within its objective"
    FAILED = "assessment failed"
    WAIVER_ENDING = "waiver ends soon"
    WAIVER_ENDED = "waiver has ended"
    WAIVER_UNUSED = "waiver has no finding"
    STANDING = "still open"
    FIXED = "fixed"
    ON_TIME = "assessed again"
    TEST = "test message"

    @property
    def ends(self) -> bool:
        """Whether it says that something is over."""
        return self in (Topic.FIXED, Topic.ON_TIME)


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell. `subject` is the same for all that is told of one cause in one environment; times are milliseconds."""

    topic: Topic
    subject: str
    environment: str
    number: int  # of the environment
    severity: str
    sentence: str
    cause: str = ""
    control: str = ""
    place: str = ""
    places: int = 1
    life: int = 0
    since: int = 0


_FINDING = {
    Happening.FINDING_NEW: Topic.NEW,
    Happening.FINDING_REGRESSED: Topic.REGRESSED,
    Happening.FINDING_WORSE: Topic.WORSE,
    Happening.FINDING_UNKNOWN: Topic.UNKNOWN,
    Happening.FINDING_FIXED: Topic.FIXED,
    Happening.VALUE_CHANGED: Topic.VALUE_CHANGED,
}
_WAIVER = {
    Happening.WAIVER_ENDING: Topic.WAIVER_ENDING,
    Happening.WAIVER_ENDED: Topic.WAIVER_ENDED,
    Happening.WAIVER_UNUSED: Topic.WAIVER_UNUSED,
}
_AGAIN = (
    Topic.REGRESSED,
    Topic.WORSE,
    Topic.VALUE_CHANGED,
)  # told though the channel was told of the subject before


def notices(
    events: Iterable[News], held: Mapping[str, Held], standing: Mapping[tuple[str, int], int]
) -> list[Notice]:
    """What to tell, in the order of its first event. `held` is what the channel was told before, `standing` how many places of a
    cause are open in an environment now. What opened and ended within these events is not told at all."""
    made: dict[str, Notice] = {}
    opened: set[str] = set()
    for one in events:
        topic = _FINDING.get(one.what)
        if topic is not None:
            places = standing.get((one.cause, one.environment), 0)
            if topic is Topic.FIXED and places:
                notice: Notice | None = None
            else:
                finding_places = max(places, 1)
                notice_made = _made(one, topic, f"finding:{one.cause}:{one.environment}", one.message)
                notice = msgspec.structs.replace(notice_made, cause=one.cause, places=finding_places)
        elif one.what in _WAIVER:
            notice = _made(one, _WAIVER[one.what], f"waiver:{one.life}:{one.what.value}", one.message)
        else:
            match one.what:
                case Happening.OVERDUE:
                    notice = _made(one, Topic.OVERDUE, f"overdue:{one.environment}", one.detail)
                case Happening.ON_TIME:
                    notice = _made(one, Topic.ON_TIME, f"overdue:{one.environment}", "")
                case Happening.RUN_FAILED:
                    notice = _made(one, Topic.FAILED, f"failed:{one.environment}", one.detail)
                case Happening.RUN_DONE:
                    notice = _made(one, Topic.ON_TIME, f"failed:{one.environment}", "")
                case _:
                    notice = None
        if notice is None:
            continue
        known = notice.subject in held or notice.subject in opened
        if notice.topic.ends:
            if notice.subject in opened:
                opened.discard(notice.subject)
                made.pop(notice.subject, None)
            if notice.subject in held:
                made[notice.subject] = notice
        elif (
            not known
            or notice.topic in _AGAIN
            or (notice.subject in made and made[notice.subject].topic.ends)
        ):
            made[notice.subject] = notice
            opened.add(notice.subject)
    return list(made.values())


def again(known: Held, count: int) -> Notice | None:
    """What is told of something that still stands, `count` places of it."""
    before = decoded(known.body)
    if before is None or not before or not count:
        return None
    return msgspec.structs.replace(before[0], topic=Topic.STANDING, places=count, since=known.first)


def encoded(told: Iterable[Notice]) -> str:
    return msgspec.json.encode(list(told)).decode()


def decoded(body: str) -> list[Notice] | None:
    """The notices of a message; None where it cannot be read."""
    try:
        return msgspec.json.decode(body, type=list[Notice])
    except msgspec.DecodeError:
        return None


def _made(one: News, topic: Topic, subject: str, sentence: str) -> Notice:
    severity = Severity.HIGH if one.severity is None else one.severity
    return Notice(
        topic=topic, subject=subject, environment=one.name, number=one.environment, severity=severity.label,
        sentence=sentence or topic.value, control=one.control, place=one.place, life=one.life, since=one.at,
    )  # fmt: skip
