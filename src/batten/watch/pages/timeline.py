"""A life as a line of time: where it was open, unknown, fixed and waived, in the units of a drawing."""

from __future__ import annotations

from collections.abc import Sequence

from batten.model.record import record
from batten.watch.model import DAY, LifeState, Waiver
from batten.watch.pages.words import day, lasting
from batten.watch.store.questions.one_finding import Time

WIDTH = 1000
_NARROWEST = 4  # so that a short time is seen, too


@record(kw_only=True)
class Bar:
    """A time on the line; `kind` is a class of the style sheet, `said` what it means."""

    kind: str
    x: int
    width: int
    said: str


@record(kw_only=True)
class Timeline:
    """From `start` to `end`; the waivers are drawn under the times."""

    start: int
    end: int
    bars: tuple[Bar, ...]
    waived: tuple[Bar, ...]


def timeline(
    times: Sequence[Time], waivers: Sequence[Waiver], state: LifeState, since: int, now: int
) -> Timeline:
    """The line from a little before the first time that it was open until now."""
    opened = times[0].opened if times else now
    start = opened - max((now - opened) // 12, DAY)
    scale = _Scale(start, max(now, start + 1))
    waived: list[Bar] = []
    for one in waivers:
        if one.approved or one.ended is None:
            end = one.ended if one.ended is not None else one.until
            waived.append(
                scale.bar("waived", one.created, end, f"waived from {day(one.created)} until {day(end)}")
            )
    bars: list[Bar] = []
    at = scale.start
    for time in times:
        bars.append(scale.bar("clear", at, time.opened, f"not open until {day(time.opened)}"))
        bars_end = time.closed if time.closed is not None else scale.end
        said = f"open from {day(time.opened)} for {lasting(bars_end - time.opened)}"
        bars.append(scale.bar("open", time.opened, bars_end, said))
        at = bars_end
    if state is LifeState.UNKNOWN:
        bars.append(scale.bar("unknown", since, scale.end, f"not looked at since {day(since)}"))
    elif at < scale.end:
        bars.append(scale.bar("clear", at, scale.end, f"fixed since {day(at)}"))
    return Timeline(
        start=start,
        end=now,
        bars=tuple(bars),
        waived=tuple(waived),
    )


@record
class _Scale:
    start: int
    end: int

    def bar(self, kind: str, begin: int, end: int, said: str) -> Bar:
        whole = self.end - self.start
        x = max(0, min(begin, self.end) - self.start) * WIDTH // whole
        until = max(0, min(end, self.end) - self.start) * WIDTH // whole
        return Bar(kind=kind, x=min(x, WIDTH - _NARROWEST), width=max(until - x, _NARROWEST), said=said)
