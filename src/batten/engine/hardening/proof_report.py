"""The JSON report of a proof, as it is written and read again, and whether its chain of seals is whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import msgspec

from batten.engine.hardening.proof import Proof, Step, Taken, Verdict, begun, sealed
from batten.harden import HardenProblem
from batten.model.record import record

VERSION = 1
LARGEST = 16 * 1024 * 1024  # bytes


class JsonProofStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step that was taken. `seal` is the SHA-256, in hexadecimal digits, of the seal before it and of the step's other
    fields as JSON with sorted keys, no blanks and ASCII alone."""

    step: Step
    verdict: Verdict
    lines: list[str]
    seal: str


class JsonProof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The proof of a deployment. `inputs` and `files` are SHA-256 digests by path; `beginning` is the seal of target,
    batten, inputs and files; `seal` is that of the last step."""

    version: int
    target: str
    batten: str
    inputs: dict[str, str]
    files: dict[str, str]
    beginning: str
    steps: list[JsonProofStep]
    seal: str


@record(kw_only=True)
class Verified:
    """A report and its first break: the sentence says where the chain is broken, "" where it is whole."""

    proof: Proof
    broken: str


def encoded(proof: Proof) -> str:
    """The report of a proof."""
    document = JsonProof(
        version=VERSION,
        target=proof.target,
        batten=proof.batten,
        inputs=dict(proof.inputs),
        files=dict(proof.files),
        beginning=proof.beginning,
        steps=[
            JsonProofStep(step=one.step, verdict=one.verdict, lines=list(one.lines), seal=one.seal)
            for one in proof.steps
        ],
        seal=proof.seal,
    )
    return json.dumps(msgspec.to_builtins(document), indent=2, sort_keys=True) + "\n"


def verified(data: bytes) -> Verified:
    """What a report of others says, and whether its seals follow from it. Raises HardenProblem for what is no report."""
    try:
        read_report = msgspec.convert(json.loads(data, object_pairs_hook=_once), JsonProof)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise HardenProblem(
            f"it is not the JSON report of a proof: {error}; pass the file that --report wrote as .json"
        ) from error
    if read_report.version != VERSION:
        raise HardenProblem(
            f"it has version {read_report.version}, and this batten reads {VERSION}; use the batten that wrote it"
        )
    report = read_report
    proof = begun(report.target, report.batten, report.inputs, report.files)
    steps = tuple(
        Taken(step=one.step, verdict=one.verdict, lines=tuple(one.lines), seal=one.seal)
        for one in report.steps
    )
    proof = replace(proof, beginning=report.beginning, steps=steps)
    return Verified(proof=proof, broken=next(_breaks(report), ""))


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A name that stands twice says one thing to this reader and another to the next."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is defined twice in one object")
    return found


def _breaks(report: JsonProof) -> Iterator[str]:
    """Each place at which a seal does not follow from the one before it."""
    if begun(report.target, report.batten, report.inputs, report.files).beginning != report.beginning:
        yield "at the beginning: target, version, inputs or files are not what was sealed"
    before = report.beginning
    for number, one in enumerate(report.steps, 1):
        if sealed(before, one.step, one.verdict, tuple(one.lines)).seal != one.seal:
            yield f"at step {number} ({one.step.value}): it, or what stood before it, is not what was sealed"
        before = one.seal
    if report.seal != before:
        yield "at the end: the last seal is not the report's; a step was left out or added"
