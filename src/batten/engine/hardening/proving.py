"""`batten harden --prove`: a deployment rendered, read back, judged, validated, started, played and probed, in this order.

The first step that fails ends the proof. What was started ends with its block, however that ends.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace

from batten import __version__
from batten.engine.hardening import (
    image_readback,
    readback,
    readback_aws,
    readback_stores,
    rendering,
    serving,
)
from batten.engine.hardening.compose.steps import whole_project
from batten.engine.hardening.edge_alone import edge_alone, lacking
from batten.engine.hardening.inputs import contract_digests, policy_digests
from batten.engine.hardening.judging import judged, outcome_of, validated
from batten.engine.hardening.lock import digest
from batten.engine.hardening.output import existing
from batten.engine.hardening.probing import verdict_of
from batten.engine.hardening.proof import Proof, Step, Verdict, begun, sealed
from batten.engine.hardening.readback import Compared
from batten.engine.hardening.stores.steps import store_alone
from batten.engine.hardening.subject import Announce, Said, Subject
from batten.engine.review import Review
from batten.formats import Workspace
from batten.harden import targets
from batten.harden.stack import STORES
from batten.masking import sentence


def prove(subject: Subject, announce: Announce) -> Proof:
    """Take the steps until one fails; each is announced when it was taken. What was started for them ends before the last
    one, which says so."""
    workspace = Workspace(subject.folder)
    files = {path: digest(workspace.data(path)) for path in sorted(subject.made.files)}
    digests = {**contract_digests(subject.inputs), **policy_digests(subject.inputs)}
    proof = begun(subject.target, __version__, digests, files)
    ends: list[Said] = []
    try:
        with closing(_steps(subject, ends)) as steps:
            for step, said in steps:
                proof = _after(proof, step, said, announce)
                # What could not be started does not keep the rest of a deployment from being started.
                verdict = said[0]
                is_last = verdict is Verdict.FAILED or (
                    verdict is Verdict.NOT_ASSESSED and step is not Step.START
                )
                if is_last:
                    break
    finally:
        for said in ends:
            proof = _after(proof, Step.END, said, announce)
    return proof


def _after(proof: Proof, step: Step, said: Said, announce: Announce) -> Proof:
    verdict, lines = said
    taken = sealed(proof.seal, step, verdict, tuple(map(_told, lines)))
    announce(taken)
    return replace(proof, steps=(*proof.steps, taken))


def _told(line: str) -> str:
    """A line as every report can hold it: without secrets."""
    return sentence(line).encode("utf-8", "backslashreplace").decode()


def _steps(subject: Subject, ends: list[Said]) -> Generator[tuple[Step, Said]]:
    """Each step's verdict. What is started runs until the caller asks for the next step, or for no more; `ends` gets what
    became of it."""
    again = subject.again()
    workspace = Workspace(subject.folder)
    wrong = [path for path, text in again.files.items() if existing(workspace, path) != text]
    if wrong:
        rendered = Verdict.FAILED, tuple(f"{path} is not what was rendered" for path in wrong)
    else:
        rendered = (
            Verdict.PASSED,
            (f"{len(subject.made.files)} files, the same when they are rendered again",),
        )
    yield Step.RENDER, rendered
    result = judged(subject.folder, subject.inputs.policy, subject.made.files)
    found = list(_compared(subject, result))
    differing = any(one.differing for _, one in found)
    equal = all(one.equal for _, one in found)
    verdict = Verdict.FAILED if differing else Verdict.PASSED if equal else Verdict.NOT_ASSESSED
    told = (line for part, one in found for line in readback.lines(one, part))
    yield Step.READ_BACK, (verdict, (*told, *(lacking(subject.edge) if subject.edge else ())))
    yield Step.JUDGE, verdict_of(outcome_of(result, subject.folder, subject.inputs.policy))
    yield Step.VALIDATE, _validated(result)
    part = subject.edge
    if subject.target in STORES:
        yield from store_alone(subject)
        return
    if subject.target == targets.CONTRACT:
        for step in (Step.START, Step.CALLS, Step.PROBE):
            yield step, (Verdict.SKIPPED, ("a contract is not started; prove the edge that serves it",))
        return
    if part is None:
        yield (
            Step.START,
            (Verdict.SKIPPED, (f"{subject.target} is not started by a proof; start it where it is to run",)),
        )
        return
    yield from edge_alone(subject, part)
    if subject.target == "compose":
        yield from whole_project(subject, part, ends)


def _compared(subject: Subject, result: Review) -> Iterator[tuple[str, Compared]]:
    """Each part of the target by its name, "" for what it is as a whole."""
    part, intent = subject.edge, subject.intent
    if part is not None:
        mine = [
            fact
            for fact in result.facts
            if result.readers.get(id(fact)) == part.engine and fact.at.source.startswith(part.below)
        ]
        yield "", readback.compared(part.intent.edge, mine)
        if intent.options.emit_contract:
            beside = rendering.served_by(part.engine, part.intent)
            yield "contract", serving.compared(beside, Workspace(subject.folder / rendering.BESIDE))
    if subject.target in STORES:
        yield "", readback_stores.compared(readback_stores.alone(subject.target, intent), result.facts)
    elif subject.target in targets.IN_CONTAINERS:
        yield from readback_stores.within(intent, result.facts)
    elif subject.target == targets.CONTRACT:
        yield "", serving.compared(intent, Workspace(subject.folder))
    elif subject.target == targets.IMAGE:
        yield "", image_readback.compared(intent, result.facts, result.workspace)
    elif subject.target == "terraform-aws":
        yield "", readback_aws.compared(intent, result.facts)


def _validated(result: Review) -> Said:
    found = validated(result)
    lines = [f"accepted by: {', '.join(found.agreed)}"] if found.agreed else []
    lines += [f"{technology}: no check of its own is installed here" for technology in found.missing]
    lines += [f"{technology}: batten runs no check of its vendor" for technology in found.unchecked]
    lines += [f"{problem.source}: {problem.message}" for problem in found.refused]
    lines += map(str, found.unasked)
    if found.refused:
        return Verdict.FAILED, tuple(lines)
    if found.unasked:
        return Verdict.NOT_ASSESSED, tuple(lines)
    if not lines:
        return Verdict.SKIPPED, ("no vendor has a check of these files",)
    return (Verdict.PASSED if found.agreed else Verdict.SKIPPED), tuple(lines)
