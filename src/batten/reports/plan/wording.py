"""What a plan says of a step, in every format: sentences of one line, with code between backquotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from shlex import quote
from typing import assert_never

from batten.engine.outcome import ExitCode
from batten.engine.plan import Plan, Step, Way
from batten.harden.stack import STORES
from batten.harden.targets import DEPLOYMENTS
from batten.model import Finding
from batten.model.record import record
from batten.reports import words

_COUNTED = {
    Way.SAFE: "safe fix/es",
    Way.RISKY: "risky fix/es",
    Way.ANSWER: "question/s",
    Way.TARGET: "rendered by batten harden",
    Way.HAND: "by hand",
}
NAMES = {
    Way.SAFE: "safe fix",
    Way.RISKY: "risky fix",
    Way.ANSWER: "needs an answer",
    Way.TARGET: "rendered by batten harden",
    Way.HAND: "by hand",
}
_FEW = 3  # titles and risks of a step
PLACES = 5  # of a step, in formats for people


@record(kw_only=True)
class Told:
    """A step in words. `do` are instructions in their order; `prints` is what `verify` shows when it is done."""

    why: str
    reach: str
    do: tuple[str, ...]
    breaks: str
    verify: str
    prints: str
    undo: str


def told(step: Step, plan: Plan) -> Told:
    deployed = f"; once it is deployed, `{_check(step)}` shows none of it" if step.seen else ""
    if step.lead.environment:
        reviewed = f"no finding of {words.joined(list(step.controls))} at {places(step)[0]}"
    elif step.others:
        reviewed = f"{words.plural(step.others, 'place')} of these controls, those of other steps, and none of this one"
    else:
        lacking = ", but the assessment is incomplete" if plan.problems else ""
        reviewed = f"no finding at or above the gate ({plan.gate.label}){lacking}"
    match step.way:
        case Way.SAFE | Way.RISKY:
            undo = "`batten fix --undo` restores the files of the last fix"
        case Way.ANSWER if _answered_by_policy(step):
            undo = "`batten fix --undo`, and remove the answer from batten.yaml"
        case Way.ANSWER | Way.TARGET | Way.HAND:
            undo = "restore the former version of the files, or settings, that were changed"
        case _:
            assert_never(step.way)
    match step.way:
        case Way.SAFE:
            breaks = "nothing that clients or the start of a service notice"
        case Way.RISKY:
            breaks = f"may affect {_few(risks(step))}"
        case Way.ANSWER:
            breaks = "depends on the answer"
        case Way.TARGET:
            breaks = "settings that neither contract nor policy names are not in the rendered files"
        case Way.HAND:
            breaks = "not known: try it outside of production first"
        case _:
            assert_never(step.way)
    return Told(
        why=step.lead.why,
        reach=" → ".join(step.lead.reach),
        do=tuple(_do(step, plan)),
        breaks=breaks,
        verify=_check(step) if step.lead.environment else f"batten review {_controls(step)}",
        prints=reviewed + deployed,
        undo=undo,
    )


def summary(plan: Plan) -> str:
    """`5 steps resolve 7 findings: 1 safe fix, 4 by hand`, and what the plan is not about."""
    more = (
        f"; {words.plural(plan.apart, 'finding')} outside of production files left out" if plan.apart else ""
    )
    if not plan.steps:
        lacking = ", but the assessment is incomplete" if plan.exit_code is ExitCode.INCOMPLETE else ""
        open_steps = f"no step is open{lacking}"
    else:
        ways = [(_COUNTED[way], sum(step.way is way for step in plan.steps)) for way in Way]
        found = sum(len(step.findings) for step in plan.steps)
        verb = "resolves" if len(plan.steps) == 1 else "resolve"
        each = ", ".join(f"{many:,} {_counted(name, many)}" for name, many in ways if many)
        open_steps = (
            f"{words.plural(len(plan.steps), 'step')} {verb} {words.plural(found, 'finding')}: {each}"
        )
    return open_steps + more


def _counted(name: str, many: int) -> str:
    noun, _, ending = name.partition("/")
    return noun + (ending if many > 1 else "")


ORDER = "in this order: severity, then who can reach it, then the effort"


def rank(step: Step) -> str:
    """Why the step stands where it does: `critical; the internet reaches it; safe fix`."""
    return f"{step.severity.label}; {step.reached.value}; {NAMES[step.way]}"


def places(step: Step) -> list[str]:
    """`nginx.conf:12`, each once, in their order."""
    return list(dict.fromkeys(words.spot(finding) for finding in step.findings))


def live(step: Step) -> str:
    """Where it was seen running; "" where it was not."""
    found = list(dict.fromkeys(f"{words.spot(f)} in {f.environment}" for f in step.seen))
    more = f" and {len(found) - 1:,} more" if len(found) > 1 else ""
    return f"{found[0]}{more}" if found else ""


def _controls(step: Step) -> str:
    return " ".join(f"--control {slug}" for slug in step.controls)


def _do(step: Step, plan: Plan) -> Iterator[str]:
    match step.way:
        case Way.SAFE | Way.RISKY:
            risky = " --risky" if step.way is Way.RISKY else ""
            wider = ", which also fixes what other steps name" if step.others else ""
            titles = _few(f.fix.title for f in step.findings if f.fix is not None)
            yield f"Run `batten fix{risky} {_controls(step)}`{wider}: {titles}."
        case Way.ANSWER:
            yield from map(_sentence, _questions(step))
            if _answered_by_policy(step):
                yield f"Then run `batten fix --risky {_controls(step)}`."
            else:
                yield from _by_hand(step)
            yield from _rendered(step, plan)
        case Way.TARGET:
            yield from _by_hand(step)
            yield from _rendered(step, plan)
        case Way.HAND:
            yield from _by_hand(step)
        case _:
            assert_never(step.way)


def risks(step: Step) -> list[str]:
    """Who may notice, of a risky fix."""
    if step.way is not Way.RISKY:
        return []
    return list(dict.fromkeys(f.fix.breaks or "clients" for f in step.findings if f.fix is not None))


def _few(texts: Iterable[str]) -> str:
    """Some of them, and how many more there are."""
    found = list(dict.fromkeys(texts))
    more = len(found) - _FEW
    return f"{'; '.join(found[:_FEW])}; and {more:,} more" if more > 0 else "; ".join(found)


def _questions(step: Step) -> list[str]:
    found = (f.fix.question for f in step.findings if f.fix is not None)
    return list(dict.fromkeys(filter(None, found)))


def _answered_by_policy(step: Step) -> bool:
    """Whether batten.yaml has a key for the answers, which a fix reads."""
    return all("batten.yaml" in question for question in _questions(step))


def _sentence(text: str) -> str:
    whole = text if text.endswith((".", "?", "!")) else f"{text}."
    return whole[:1].upper() + whole[1:]


def _by_hand(step: Step) -> Iterator[str]:
    yield from dict.fromkeys(_sentence(f.advice) for f in step.findings if f.advice)
    found = dict.fromkeys(changed for f in step.findings if (changed := words.changed_by_fix(f)))
    yield from (f"A fix of a file may end it: {line}." for line in found)
    yield f"Examples: `batten explain {step.controls[0]}`."


def _rendered(step: Step, plan: Plan) -> Iterator[str]:
    """The target that renders what the file could be replaced by."""
    if not step.target:
        return
    files = words.joined([f"`{path}`" for path in step.files])
    given = "" if step.target in STORES else f" --contract {quote(plan.contract or 'openapi.yaml')}"
    given += " --from ." if step.target in DEPLOYMENTS else ""
    harden = f"batten harden {step.target}{given} --output hardened"
    yield (
        f"Or run `{harden} --dry-run`, then without `--dry-run`, and deploy what it writes in the place of {files}"
        f"{' (one application with its stores)' if step.target in DEPLOYMENTS else ''}."
    )


def _check(step: Step) -> str:
    return f"batten check {' '.join(f'-e {quote(name)}' for name in step.environments)}"


def about(step: Step) -> str:
    """`hsts-sent · safe fix`."""
    return " · ".join((", ".join(step.controls), NAMES[step.way]))


def finding_line(finding: Finding) -> str:
    """A finding as one line of a step's result."""
    return f"{words.spot(finding)}  {finding.control}: {finding.message}"
