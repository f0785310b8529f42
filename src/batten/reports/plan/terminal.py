"""The plan for a terminal: a step is a heading and a few labelled lines."""

from __future__ import annotations

from collections.abc import Iterator

from batten.engine.plan import Plan, Step
from batten.reports import words
from batten.reports.legible import one_line
from batten.reports.plan import wording
from batten.reports.terminal_style import Style, fit, wrap

_INDENT = "    "
_LABEL = 8  # columns of labels such as "verify", blanks included


_WHOLE = 44  # lines that steps in full may fill; the steps after them have a line each
_MOST = 76  # lines in all: two screens


def render(plan: Plan, *, color: bool, width: int) -> str:
    style = Style(color, width)
    lines: list[str] = [style.paint(wording.ORDER, "dim"), ""] if plan.steps else []
    shown = 0
    for number, step in enumerate(plan.steps, 1):
        block = [*step_lines(number, step, plan, style), ""]
        if shown and len(lines) + len(block) > _WHOLE:
            break
        lines += block
        shown = number
    end = list(_end(plan, style))
    rest = list(enumerate(plan.steps, 1))[shown:]
    room = max(_MOST - len(lines) - len(end) - 2, 3)
    listed = rest if len(rest) <= room else rest[: room - 1]
    lines += [_folded(number, step, style) for number, step in listed]
    if len(rest) > len(listed):
        lines.append(f"    and {words.plural(len(rest) - len(listed), 'more step')}")
    if rest:
        lines += ["the steps in full: `batten harden --from . --format markdown`", ""]
    return "\n".join((*lines, *end)) + "\n"


def _folded(number: int, step: Step, style: Style) -> str:
    """A step in one line: its severity, what is wrong, how it is resolved, and where first."""
    found = wording.places(step)
    more = f" and {len(found) - 1:,} more" if len(found) > 1 else ""
    tail = f"  {wording.NAMES[step.way]} · {found[0]}{more}"
    lead = f"{number:>2}  "
    start = len(lead) + len(step.severity.label) + 2 + 2 * style.color
    room = style.width - start - len(tail)
    message = fit(one_line(step.message), max(room, 30))
    return (
        lead
        + style.severity(step.severity)
        + "  "
        + message
        + style.paint(fit(tail, max(style.width - start - len(message), 20)), "dim")
    )


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
    yield from _labelled("rank", wording.rank(step), style)
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
