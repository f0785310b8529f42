"""The plan for a terminal: a step is a heading and a few labelled lines."""

from __future__ import annotations

from collections.abc import Iterator

from batten.engine.plan import Plan, Step
from batten.reports import words
from batten.reports.legible import one_line
from batten.reports.plan import wording
from batten.reports.terminal_style import Style, fit, wrap

_INDENT = "    "
_LABEL = 8  # columns of "verify" and its like, blanks included


def render(plan: Plan, *, color: bool, width: int) -> str:
    style = Style(color, width)
    lines = [
        line
        for number, step in enumerate(plan.steps, 1)
        for line in (*step_lines(number, step, plan, style), "")
    ]
    return "\n".join((*lines, *_end(plan, style))) + "\n"


def step_lines(number: int, step: Step, plan: Plan, style: Style) -> Iterator[str]:
    """One step in full."""
    told = wording.told(step, plan)
    name = style.severity(step.severity)
    lead = f"{number:>2}  "
    start = len(lead) + len(step.severity.label) + 2 + 2 * style.color
    first, *more = wrap(one_line(step.message), style.width - start)
    yield f"{lead}{name}  {style.paint(first, 'bold')}"
    yield from (" " * start + style.paint(line, "bold") for line in more)
    yield _INDENT + style.paint(fit(one_line(wording.about(step)), style.width - len(_INDENT)), "dim")
    yield from _labelled("why", told.why, style)
    yield from _labelled("at", _places(step), style)
    yield from _labelled("reach", told.reach, style)
    yield from _labelled("seen", wording.live(step), style)
    for index, line in enumerate(told.do):
        yield from _labelled("" if index else "do", line, style)
    yield from _labelled("breaks", told.breaks, style)
    yield from _labelled("verify", f"{told.verify}: {told.prints}", style)
    yield from _labelled("undo", told.undo, style)


def _places(step: Step) -> str:
    found = wording.places(step)
    more = len(found) - wording.PLACES
    return ", ".join(found[: wording.PLACES]) + (f" and {more:,} more" if more > 0 else "")


def _labelled(label: str, text: str, style: Style) -> Iterator[str]:
    if not text:
        return
    first, *more = wrap(one_line(text), style.width - len(_INDENT) - _LABEL)
    yield _INDENT + style.paint(f"{label:<{_LABEL}}", "cyan") + first
    yield from (" " * (len(_INDENT) + _LABEL) + line for line in more)


def _end(plan: Plan, style: Style) -> Iterator[str]:
    for problem in plan.problems:
        place = f"{problem.source}:{problem.line}" if problem.line else problem.source
        yield from wrap(
            one_line(
                f"not assessed: {'; '.join(filter(None, (f'{place}: {problem.message}', problem.hint)))}"
            ),
            style.width,
        )
    yield one_line(wording.summary(plan))
    if plan.steps:
        yield "commands run in the folder that was reviewed; `batten harden --from . --next` takes the first step"
    if plan.problems:
        yield f"{words.plural(len(plan.problems), 'problem')}: the plan may lack steps"
