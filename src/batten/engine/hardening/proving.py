"""`batten harden --prove`: a deployment rendered, read back, judged, validated, started, played and probed, in this order.

The first step that fails ends the proof. What was started ends with its block, however that ends.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from batten import __version__
from batten.contract.surface import credential_headers
from batten.engine.check import assess
from batten.engine.environments import Progress
from batten.engine.hardening import readback
from batten.engine.hardening.inputs import Inputs, contract_digests, policy_digests
from batten.engine.hardening.judging import judged, outcome_of, validated
from batten.engine.hardening.lock import digest
from batten.engine.hardening.output import existing
from batten.engine.hardening.playing import play
from batten.engine.hardening.programs import program_of
from batten.engine.hardening.proof import Proof, Step, Taken, Verdict, begun, sealed
from batten.engine.hardening.standin import StandIn, stand_in
from batten.engine.outcome import ExitCode, Outcome
from batten.engine.review import Review
from batten.facts import Fact
from batten.formats import Workspace
from batten.harden import HardenProblem, regions, targets
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.trial import Lack, Trial, trial
from batten.model.record import record
from batten.policy import Environment

OF_THE_API = "responses-match-schema"  # what the contract leaves out, the stand-in cannot know
OF_HEADERS = (
    *(
        "hsts-sent",
        "nosniff-sent",
        "csp-sent",
        "framing-denied",
        "referrer-policy-sent",
        "permissions-policy-sent",
    ),
    *("cross-origin-isolation-sent", "cache-control-sensitive"),
)
BELOW = "edge/"  # the folder of a deployment's edge
Said = tuple[Verdict, tuple[str, ...]]
Announce = Callable[[Taken], None]


@record(kw_only=True)
class Subject:
    """What is proved: the files in `folder`. `upstream` is the environment of the real API, None where none is given."""

    target: str
    intent: Intent
    made: Made
    inputs: Inputs
    folder: Path
    upstream: Environment | None
    progress: Progress = lambda line: None

    def again(self) -> Made:
        """The target rendered once more, with what people wrote into the regions of the files."""
        return self._with_regions(targets.render(self.target, self.intent), "")

    @property
    def edge(self) -> EdgePart | None:
        """The edge that it consists of, or that is in it."""
        found = targets.edge_placed(self.target, self.intent)
        return None if found is None else EdgePart(*found, "" if self.target in targets.EDGES else BELOW)

    def render(self, part: EdgePart, intent: Intent) -> Made:
        """The edge for another intent, with what people wrote into its regions."""
        return self._with_regions(targets.configuration(part.engine, intent), part.below)

    def _with_regions(self, made: Made, below: str) -> Made:
        workspace = Workspace(self.folder)
        texts = {path: _kept(workspace, f"{below}{path}", text) for path, text in made.files.items()}
        return Made(texts, made.secrets, made.notes, made.images)


@record
class EdgePart:
    """An edge, what it is rendered from, and the folder in which its files are."""

    engine: str
    intent: Intent
    below: str

    @property
    def lacks(self) -> frozenset[Lack]:
        return targets.launch_of(self.engine).lacks


def _kept(workspace: Workspace, path: str, text: str) -> str:
    old = existing(workspace, path)
    return text if old is None else regions.kept(path, text, old)


def prove(subject: Subject, announce: Announce) -> Proof:
    """Take the steps until one fails; each is announced when it was taken."""
    workspace = Workspace(subject.folder)
    files = {path: digest(workspace.data(path)) for path in sorted(subject.made.files)}
    digests = {**contract_digests(subject.inputs), **policy_digests(subject.inputs)}
    proof = begun(subject.target, __version__, digests, files)
    with closing(_steps(subject)) as steps:
        for step, (verdict, lines) in steps:
            taken = sealed(proof.seal, step, verdict, lines)
            proof = replace(proof, steps=(*proof.steps, taken))
            announce(taken)
            if verdict in (Verdict.FAILED, Verdict.NOT_ASSESSED):
                break
    return proof


def _steps(subject: Subject) -> Generator[tuple[Step, Said]]:
    """Each step's verdict. What is started runs until the caller asks for the next step, or for no more."""
    yield Step.RENDER, _rendered(subject)
    result = judged(subject.folder, subject.inputs.policy, subject.made.files)
    yield Step.READ_BACK, _read_back(subject, result)
    yield Step.JUDGE, _judged(outcome_of(result, subject.folder, subject.inputs.policy))
    yield Step.VALIDATE, _validated(result)
    part = subject.edge
    if part is None:
        yield (
            Step.START,
            (Verdict.SKIPPED, ("only edges are started; start the deployment where it is to run",)),
        )
    else:
        yield from _running(subject, part)


def _rendered(subject: Subject) -> Said:
    again = subject.again()
    workspace = Workspace(subject.folder)
    wrong = [path for path, text in again.files.items() if existing(workspace, path) != text]
    if wrong:
        return Verdict.FAILED, tuple(f"{path} is not what was rendered" for path in wrong)
    return Verdict.PASSED, (f"{len(subject.made.files)} files, the same when they are rendered again",)


def _read_back(subject: Subject, result: Review) -> Said:
    part = subject.edge
    if part is None:
        return Verdict.SKIPPED, ("only edges are compared with what was asked for",)
    mine = [fact for fact in result.facts if _is_of(fact, part, result)]
    found = readback.compared(part.intent.edge, mine, part.lacks)
    verdict = Verdict.FAILED if found.differing else Verdict.PASSED if found.equal else Verdict.NOT_ASSESSED
    return verdict, (*readback.lines(found), *_lacking(part))


def _lacking(part: EdgePart) -> Iterator[str]:
    """What an engine cannot do, and a proof therefore does not show."""
    if part.lacks:
        yield f"{part.engine} cannot: {', '.join(sorted(lack.value for lack in part.lacks))}"


def _is_of(fact: Fact, part: EdgePart, result: Review) -> bool:
    return result.readers.get(id(fact)) == part.engine and fact.at.source.startswith(part.below)


def _judged(outcome: Outcome) -> Said:
    lines = [
        f"{finding.severity.name.lower()} {finding.control}: {finding.message}" for finding in outcome.active
    ]
    lines += [f"{problem.source}: {problem.message}" for problem in outcome.problems if problem.counts]
    for environment in outcome.environments:
        lines += [
            f"not assessed: {problem.source}: {problem.message}" for problem in environment.not_assessed
        ]
    match outcome.exit_code:
        case ExitCode.CLEAN:
            return Verdict.PASSED, (*lines, "nothing at or above the gate" if lines else "no findings")
        case ExitCode.FINDINGS:
            return Verdict.FAILED, tuple(lines)
        case _:
            return Verdict.NOT_ASSESSED, tuple(lines)


def _validated(result: Review) -> Said:
    found = validated(result)
    lines = [f"accepted by: {', '.join(found.agreed)}"] if found.agreed else []
    lines += [f"{technology}: no check of its own is installed here" for technology in found.missing]
    lines += [f"{problem.source}: {problem.message}" for problem in found.refused]
    lines += map(str, found.unasked)
    if found.refused:
        return Verdict.FAILED, tuple(lines)
    if found.unasked:
        return Verdict.NOT_ASSESSED, tuple(lines)
    return (Verdict.PASSED if found.agreed else Verdict.SKIPPED), tuple(lines)


def _running(subject: Subject, part: EdgePart) -> Generator[tuple[Step, Said]]:
    program = program_of(part.engine)
    if program is None:
        yield Step.START, (Verdict.NOT_ASSESSED, (f"{part.engine} is not installed here; install it",))
        return
    edge = part.intent.edge
    leaked = tuple(dict.fromkeys((*edge.hidden, *edge.sent)))
    with stand_in(subject.inputs.contract, secrets.token_urlsafe(24), leaked) as api:
        start = Start(subject=subject, part=part, program=program, upstream=f"http://127.0.0.1:{api.port}")
        yield from _in_front(start, "the stand-in", lambda run: _played(subject, part, run, api))
    real = subject.upstream
    if real is not None:
        start = Start(subject=subject, part=part, program=program, upstream=subject.intent.options.upstream)
        yield from _in_front(start, real.name, lambda run: _probed(subject, run, real, _apart(part)))


@record(kw_only=True)
class Start:
    """An edge that is to be started in front of the upstream at a URL."""

    subject: Subject
    part: EdgePart
    program: Path
    upstream: str


def _in_front(
    start: Start, upstream: str, then: Callable[[Trial], Iterator[tuple[Step, Said]]]
) -> Generator[tuple[Step, Said]]:
    """The edge, started, and what is done with it."""
    part = start.part
    intent = replace(part.intent, options=replace(part.intent.options, upstream=start.upstream))
    alone = ("its deployment was not started",) if part.below else ()
    try:
        with trial(
            targets.launch_of(part.engine),
            start.program,
            intent,
            lambda placed: start.subject.render(part, placed),
        ) as run:
            line = f"{start.program.name} answers on loopback in front of {upstream}"
            yield Step.START, (Verdict.PASSED, (line, *alone))
            yield from then(run)
    except HardenProblem as error:
        yield Step.START, (Verdict.NOT_ASSESSED, (str(error),))


def _played(subject: Subject, part: EdgePart, run: Trial, api: StandIn) -> Iterator[tuple[Step, Said]]:
    found = play(part.intent.edge, run, api, part.lacks)
    line = f"{found.documented} documented calls, {found.refused} requests that the edge refuses itself"
    lines = (line, *found.wrong, *_lacking(part))
    yield Step.CALLS, (Verdict.FAILED if found.wrong else Verdict.PASSED, lines)
    if subject.upstream is None:
        headers = dict.fromkeys(credential_headers(api.contract).values(), f"Bearer {api.token}")
        fast = float(subject.intent.options.rate)
        stand_in = Environment("the stand-in", "", headers=headers, rate=fast)
        yield from _probed(subject, run, stand_in, (*_apart(part), OF_THE_API))


def _apart(part: EdgePart) -> tuple[str, ...]:
    """Controls that would find, in a probe, what the engine cannot do; the calls have shown the headers of all other answers."""
    return OF_HEADERS if Lack.HEADERS in part.lacks else ()


def _probed(
    subject: Subject, run: Trial, real: Environment, apart: tuple[str, ...]
) -> Iterator[tuple[Step, Said]]:
    """Harmless requests only; the upstream gets what the edge forwards. The controls `apart` are not judged."""
    policy, inputs = subject.inputs.policy, subject.inputs
    policy = replace(policy, off={**policy.off, **dict.fromkeys(apart, "not the edge's to decide")})
    rate = min(real.rate, 0.9 * subject.intent.options.rate)  # the edge's own limit is in force
    environment = replace(real, name="trial", url=run.url, plain=run.plain, ca=str(run.ca), rate=rate)
    outcome = assess(inputs.root, policy, [environment], inputs.contract, policy.origins, subject.progress)
    verdict, lines = _judged(outcome)
    made = sum(one.exchanges for one in outcome.environments)
    without = [f"not judged: {', '.join(apart)}"] if apart else []
    yield Step.PROBE, (verdict, (f"{made} requests in front of {real.name}", *lines, *without))
