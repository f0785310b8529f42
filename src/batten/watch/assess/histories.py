"""A history that `batten check` kept, as the lives of an environment: findings keep the day on which they were first seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from batten.engine.history.former import FormerHistory, FormerLife
from batten.masking import filtered
from batten.model.record import record
from batten.reports.legible import legible
from batten.watch.model import Life, LifeState, Run, RunState, Side, Span, Why

BY = "batten watch import"


@record
class Imported:
    """Runs by the numbers that they have in the file, and each life with its times open. Numbers of runs are the file's."""

    runs: tuple[Run, ...]
    lives: tuple[tuple[Life, tuple[Span, ...]], ...]


def imported(history: FormerHistory, environment: int, observed: str) -> Imported:
    """What a history says of files, and of the environment that is called `observed` there ("": of none)."""
    times = {run.id: run.at for run in history.runs}
    wanted = sorted(
        (one for one in history.lives if one.environment in ("", observed)),
        key=lambda one: (one.environment, one.fingerprint),
    )
    groups = (list(group) for _, group in groupby(wanted, key=lambda one: (one.environment, one.fingerprint)))
    lives = tuple(_life(group, environment, times) for group in groups)
    return Imported(tuple(_runs(history, environment, lives)), lives)


def _runs(
    history: FormerHistory, environment: int, lives: Iterable[tuple[Life, tuple[Span, ...]]]
) -> Iterator[Run]:
    spans = [span for _, times in lives for span in times]
    opened = Counter(span.opened_by for span in spans)
    fixed = Counter(span.closed_by for span in spans)
    stand = 0
    for one in history.runs:
        stand += opened[one.id] - fixed[one.id]
        yield Run(
            id=one.id, environment=environment, why=Why.PUSH, by=BY, state=RunState.DONE, queued=one.at, started=one.at,
            ended=one.at, version=one.version, opened=opened[one.id], fixed=fixed[one.id], standing=stand,
        )  # fmt: skip


def _life(group: list[FormerLife], environment: int, times: dict[int, int]) -> tuple[Life, tuple[Span, ...]]:
    """The times open of one finding, in their order, as one life."""
    first, last = group[0], group[-1]
    spans = tuple(
        Span(
            life=0, first=number == 0, opened=times[one.opened], opened_by=one.opened,
            closed=None if one.closed is None else times[one.closed], closed_by=one.closed,
        )
        for number, one in enumerate(group)
    )  # fmt: skip
    ended = spans[-1].closed
    earlier = sum(span.closed - span.opened for span in spans if span.closed is not None)
    life = Life(
        environment=environment,
        side=Side.OBSERVED if last.environment else Side.DECLARED,
        fingerprint=last.fingerprint,
        kin=last.kin,
        control=last.control,
        case=last.case,
        severity=last.severity,
        message=_text(last.message, 1000),
        place=_text(last.source, 4096),
        line=last.line,
        pointer=_text(last.pointer, 1000),
        cause=f"{last.control}:{last.case}",
        opened=times[first.opened],
        opened_by=first.opened,
        since=spans[-1].opened,
        began=spans[-1].opened,
        regressed=len(group) - 1,
        open_for=max(earlier, 0),
    )
    if ended is None:
        return life, spans
    return replace(life, state=LifeState.FIXED, since=ended, closed=ended, closed_by=last.closed), spans


def _text(text: str, most: int) -> str:
    return legible(filtered(text))[:most]
