"""The edge of a deployment, started alone on loopback, in front of a stand-in of the API or of the API itself."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import cast

from batten.cell.programs import installed
from batten.contract.surface import credential_headers
from batten.engine.hardening.playing import play
from batten.engine.hardening.probing import OF_THE_API, probed
from batten.engine.hardening.proof import Step, Verdict
from batten.engine.hardening.standin import StandIn, stand_in
from batten.engine.hardening.subject import EdgePart, Said, Subject, direct
from batten.harden import HardenProblem, targets
from batten.harden.trial import Trial, trial
from batten.model.record import record
from batten.policy import Environment
from batten.technologies._wings import package_of


def lacking(part: EdgePart) -> Iterator[str]:
    """What an engine cannot do, and a proof therefore does not show."""
    if part.lacks:
        yield f"{part.engine} cannot: {', '.join(sorted(lack.value for lack in part.lacks))}"


def edge_alone(subject: Subject, part: EdgePart) -> Generator[tuple[Step, Said]]:
    """Its start, its calls and its probe."""
    program = program_of(part.engine)
    if program is None:
        yield Step.START, (Verdict.NOT_ASSESSED, (f"{part.engine} is not installed here; install it",))
        return
    edge = part.intent.edge
    leaked = tuple(dict.fromkeys((*edge.hidden, *edge.own_headers)))
    with stand_in(subject.inputs.contract, secrets.token_urlsafe(24), leaked) as api:
        start = Start(subject=subject, part=part, program=program, upstream=f"http://127.0.0.1:{api.port}")
        started = yield from _in_front(start, "the stand-in", lambda run: _played(subject, part, run, api))
    real = subject.upstream
    if real is not None and started:
        start = Start(subject=subject, part=part, program=program, upstream=subject.intent.options.upstream)
        yield from _in_front(start, real.name, lambda run: probed(subject, run, real))


@record(kw_only=True)
class Start:
    """An edge that is to be started in front of the upstream at a URL."""

    subject: Subject
    part: EdgePart
    program: Path
    upstream: str


def _in_front(
    start: Start, upstream: str, then: Callable[[Trial], Iterator[tuple[Step, Said]]]
) -> Generator[tuple[Step, Said], None, bool]:
    """The edge, started, and what is done with it; whether it was."""
    part = start.part
    intent = replace(part.intent, options=direct(replace(part.intent.options, upstream=start.upstream)))
    alone: tuple[str, ...] = ("alone, without its deployment",) if part.below else ()
    if part.intent.options.proxy_protocol:
        alone += ("without the PROXY protocol, which calls and probe do not use",)
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
            return True
    except HardenProblem as error:
        yield Step.START, (Verdict.NOT_ASSESSED, (str(error),))
        return False


def _played(subject: Subject, part: EdgePart, run: Trial, api: StandIn) -> Iterator[tuple[Step, Said]]:
    found = play(part.intent.edge, run, api, part.lacks)
    line = f"{found.documented} documented calls, {found.refused} requests that the edge refuses itself"
    lines = (line, *found.wrong, *lacking(part))
    yield Step.CALLS, (Verdict.FAILED if found.wrong else Verdict.PASSED, lines)
    if subject.upstream is None:
        headers = dict.fromkeys(credential_headers(api.contract).values(), f"Bearer {api.token}")
        fast = float(subject.intent.options.rate)
        stand_in = Environment("the stand-in", "", headers=headers, rate=fast)
        yield from probed(subject, run, stand_in, (OF_THE_API,))


def program_of(edge: str) -> Path | None:
    """None where it is not installed. Each validator offers a function of its engine's name."""
    try:
        module = import_module(f"{package_of(edge)}.validator")
    except ModuleNotFoundError:
        return installed(edge, beside=("/usr/local/bin", "/usr/bin", "/usr/sbin"))
    found = cast(Callable[[], str | list[str]], getattr(module, edge))()
    path = found[0] if isinstance(found, list) and found else found
    return Path(path) if path and isinstance(path, str) else None
