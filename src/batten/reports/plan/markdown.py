"""The plan as Markdown: a list of contents, then a section a step with a box to tick."""

from __future__ import annotations

from collections.abc import Iterator

from batten.engine.plan import Plan, Step
from batten.reports.legible import one_line
from batten.reports.markdown import code, escaped
from batten.reports.plan import wording


def render(plan: Plan) -> str:
    return "\n".join(_lines(plan)).rstrip("\n") + "\n"


def prose(text: str) -> str:
    """A sentence with what it names between backquotes as code."""
    parts = one_line(text).split("`")
    if len(parts) % 2 == 0:
        return escaped(text)
    told = (code(part) if index % 2 else _between(part) for index, part in enumerate(parts))
    return "".join(told)


def _between(part: str) -> str:
    """Text beside code, with the blanks that part them."""
    before, after = part[:1] == " ", part[-1:] == " " and len(part) > 1
    return f"{' ' * before}{escaped(part)}{' ' * after}"


def _lines(plan: Plan) -> Iterator[str]:
    yield "# Hardening plan"
    yield ""
    yield f"{escaped(wording.summary(plan))}. Commands run in the folder that was reviewed."
    yield ""
    if plan.steps:
        yield f"The steps stand {wording.ORDER}."
        yield ""
        yield "| step | severity | what is wrong | reach | how |"
        yield "|---|---|---|---|---|"
        yield from (
            f"| {number} | {step.severity.label} | {prose(step.message)} | {step.reached.value} | {wording.NAMES[step.way]} |"
            for number, step in enumerate(plan.steps, 1)
        )
        yield ""
    for number, step in enumerate(plan.steps, 1):
        yield from _step(number, step, plan)
    if plan.problems:
        yield "## Not assessed"
        yield ""
        for problem in plan.problems:
            place = f"{problem.source}:{problem.line}" if problem.line else problem.source
            yield f"- {code(place)} {escaped(problem.message)}" + (
                f" ({escaped(problem.hint)})" if problem.hint else ""
            )


def _step(number: int, step: Step, plan: Plan) -> Iterator[str]:
    told = wording.told(step, plan)
    yield f"## {number}. {prose(step.message)}"
    yield ""
    yield f"- [ ] {escaped(f'{step.severity.label} · {wording.about(step)}')}"
    yield ""
    rows = (
        ("Why", prose(told.why)),
        ("Reach", escaped(told.reach)),
        ("Seen live", escaped(wording.live(step))),
        ("Resolves", _places(step)),
        ("Do", " ".join(map(prose, told.do))),
        ("Could break", prose(told.breaks)),
        ("Verify", f"{code(told.verify)}: {prose(told.prints)}"),
        ("Undo", prose(told.undo)),
    )
    yield from (f"- **{name}:** {text}" for name, text in rows if text)
    yield ""


def _places(step: Step) -> str:
    found = wording.places(step)
    more = len(found) - wording.PLACES
    return ", ".join(map(code, found[: wording.PLACES])) + (f" and {more:,} more" if more > 0 else "")
