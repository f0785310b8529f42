"""The steps of a proof that start a data store."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Generator

from batten.engine.check import assess
from batten.engine.hardening.probing import verdict_of
from batten.engine.hardening.proof import Step, Verdict
from batten.engine.hardening.stores.client import Credential, admitted, trusting
from batten.engine.hardening.stores.credentials import Callers, callers
from batten.engine.hardening.stores.protocols import PROTOCOLS
from batten.engine.hardening.subject import Said, Subject
from batten.harden import HardenProblem
from batten.harden.store_trial import StoreTrial, store_trial
from batten.harden.stores.servers import SERVERS
from batten.policy import Environment

READY = 20.0  # seconds until the client of the application is accepted
PAUSE = 0.1
# What a proof does not start, and what would have to be there for it.
APART = {
    "mongodb": "it is rendered from the vendor's documentation",
    "elasticsearch": "it is rendered from the vendor's documentation",
}
SCHEMES = {
    "valkey": "rediss",
    "redis": "rediss",
    "mosquitto": "mqtts",
    "mariadb": "mysql",
    "rabbitmq": "amqps",
}  # others: their own name


def store_alone(subject: Subject) -> Generator[tuple[Step, Said]]:
    """Its start, its clients and its probe."""
    kind = subject.target
    if kind in APART:
        yield Step.START, (Verdict.SKIPPED, (f"{kind} is not started by a proof: {APART[kind]}",))
        return
    server = SERVERS[kind].found()
    name = SERVERS[kind].program
    if server is None:
        yield Step.START, (Verdict.NOT_ASSESSED, (f"{name} is not installed here; install it",))
        return
    try:
        with store_trial(server, subject.intent, subject.rendered) as run:
            yield Step.START, (Verdict.PASSED, (f"{name} listens on loopback, with secrets of its own",))
            with callers(kind, run) as who:
                yield Step.CALLS, clients(kind, run, who)
            # A stranger's harmless questions.
            scheme = SCHEMES.get(subject.target, subject.target)
            environment = Environment(
                "trial", "", stores=(f"{scheme}://localhost:{run.port}",), ca=str(run.ca)
            )
            inputs = subject.inputs
            outcome = assess(inputs.root, inputs.policy, [environment], inputs.contract, (), subject.progress)
            verdict, lines = verdict_of(outcome)
            yield (
                Step.PROBE,
                (verdict, (f"{sum(one.exchanges for one in outcome.environments)} dialogues", *lines)),
            )
    except HardenProblem as error:
        yield Step.START, (Verdict.NOT_ASSESSED, (f"{name}: {error}",))


def clients(kind: str, run: StoreTrial, who: Callers) -> Said:
    """The application's client gets in over TLS, and no other client does."""

    def gets_in(credential: Credential, tls: ssl.SSLContext | None) -> bool:
        return admitted(PROTOCOLS[kind], run.port, credential, tls)

    if not _in_time(lambda: gets_in(who.known, trusting(run.ca, who.known))):
        return Verdict.FAILED, (
            "the application's client is not accepted over TLS",
            *run.said().splitlines()[-1:],
        )
    strangers = {
        "no TLS": (who.known, None),
        **{name: (one, trusting(run.ca, one)) for name, one in who.strangers.items()},
    }
    wrong = [
        f"a client with {name} is accepted" for name, (one, tls) in strangers.items() if gets_in(one, tls)
    ]
    lines = (
        "the application's client is accepted over TLS",
        f"refused are clients with {', '.join(strangers)}",
    )
    return (Verdict.FAILED, tuple(wrong)) if wrong else (Verdict.PASSED, lines)


def _in_time(comes: Callable[[], bool]) -> bool:
    end = time.monotonic() + READY
    while not comes():
        if time.monotonic() > end:
            return False
        time.sleep(PAUSE)
    return True
