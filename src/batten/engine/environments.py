"""Environments assessed at once, and what a run keeps of each when it is done: hundreds of them fit into memory."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256

from batten.engine.advice import adviser
from batten.engine.creations import noting
from batten.engine.judge import slugs_about
from batten.engine.outcome import EnvironmentOutcome
from batten.engine.review import Judged, Review, judged_live
from batten.facts import Fact, Observed, Recognised
from batten.live.assessment import Assessment, Tally, Target, run_all
from batten.live.scope import Covers
from batten.model.record import record

Progress = Callable[[str], None]


@record
class Packed:
    """The facts of an environment, a thirtieth of the size."""

    environment: str
    facts: bytes


@record
class Kept:
    """What is left of an assessment; `judged` and `packed` are None where nothing was seen."""

    outcome: EnvironmentOutcome
    judged: Judged | None
    packed: Packed | None


@record
class Memory:
    """Targets that an interrupted run was done with, by name, and what keeps one more."""

    known: Mapping[str, Kept]
    keep: Callable[[str, Kept], None]


class Observations:
    """What environments showed, unpacked one after the other each time that it is gone through."""

    def __init__(self, packed: Iterable[Packed]) -> None:
        self._packed = tuple(packed)

    def __iter__(self) -> Iterator[Observed]:
        for one in self._packed:
            for fact in pickle.loads(zlib.decompress(one.facts)):
                yield Observed(fact.at, one.environment, fact)


def packed(environment: str, facts: Iterable[Fact]) -> Packed:
    return Packed(environment, zlib.compress(pickle.dumps(list(facts), pickle.HIGHEST_PROTOCOL), 1))


def assessed(
    targets: Iterable[Target],
    result: Review,
    progress: Progress,
    together: bool = False,
    memory: Memory | None = None,
    without: Covers | None = None,
) -> list[Kept]:
    """Each target, in their order, whichever was done first. Facts are kept where judges see them `together`. What `memory`
    knows is not assessed again, and addresses that are `without` are never connected to."""
    root, problems = result.workspace.files.path, result.problems
    with noting((_placed(target, result) for target in targets), root, problems) as placed:
        known = memory.known if memory is not None else {}
        rest = [target for target in placed if target.environment.name not in known]
        keep = memory.keep if memory is not None else None
        made = iter(_kept(rest, result, progress, together, keep, without))
        return [known.get(target.environment.name) or next(made) for target in placed]


def _kept(
    placed: list[Target],
    result: Review,
    progress: Progress,
    together: bool,
    keep: Callable[[str, Kept], None] | None,
    without: Covers | None,
) -> list[Kept]:
    def kept(index: int, assessment: Assessment) -> Kept:
        target, facts = placed[index].environment, assessment.facts
        advise = adviser(facts, result)
        judged = judged_live(target.name, facts, result, assessment.complete, advise) if facts else None
        # The probes that failed, as one digest; "" where none did, or where it is not known which would have.
        if not assessment.failed or not assessment.complete:
            missed = ""
        else:
            missed = sha256(
                "\n".join(sorted(assessment.failed)).encode("utf-8", "surrogateescape")
            ).hexdigest()[:24]
        outcome = EnvironmentOutcome(
            target.name,
            target.url,
            bool(assessment.exchanges) and bool(facts),
            assessment.exchanges,
            tuple(assessment.not_assessed),
            tuple(assessment.left_alone),
            slugs_about(facts),
            missed=missed,
            answers=tuple(f for f in facts if isinstance(f, Recognised)),
            created=tuple(assessment.created),
        )
        made = Kept(outcome, judged, packed(target.name, facts) if facts and together else None)
        if keep is not None and assessment.complete:
            keep(target.name, made)
        return made

    return run_all(placed, kept, _counted(placed, progress), without=without) if placed else []


def _placed(target: Target, result: Review) -> Target:
    """The target with its CA file below the root."""
    ca = target.environment.ca
    if not ca:
        return target
    return replace(target, environment=replace(target.environment, ca=str(result.workspace.root / ca)))


def _counted(targets: list[Target], progress: Progress) -> Callable[[Tally], None]:
    """The line of what goes on: how many requests of the budgets are done, and how many of several targets."""
    first = targets[0].environment
    several = len(targets) > 1
    what = f"probing {len(targets)} targets" if several else f"probing {first.url or first.name}"
    progress(what)

    def told(tally: Tally) -> None:
        done = f"{tally.done} done, " if several else ""
        progress(f"{what}: {done}{tally.requests} of at most {tally.budget} requests")

    return told
