"""Controls on the assessment itself: what is declared is what runs, and nothing is waived for ever."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import (
    Behind,
    Listener,
    ResponseHeaders,
    Stack,
    Store,
    Unparsed,
    Waived,
)
from batten.model import ABSENT, UNTOLD, Severity, Violation
from batten.policy import Policy


@control("Every recognised file can be read", Severity.INFO, "P2 P4", "CWE-1059")
def config_parses(part: Unparsed) -> Iterator[Violation]:
    """A file that cannot be read was not reviewed, and a pass without it means nothing."""
    yield Violation(UNTOLD, f"not reviewed: {part.message}", part.at)


@control("Every waiver has an owner, a reason and a day it ends", Severity.MEDIUM, "P1 P4", "CWE-1059")
def waiver_current(waiver: Waived, policy: Policy) -> Iterator[Violation]:
    """A waiver without an end is a hole that nobody remembers."""
    missing = [
        word for word, lacks in (("owner", waiver.owner == ""), ("reason", not waiver.reason)) if lacks
    ]
    if waiver.until is None:
        missing.append("day it ends")
    if missing:
        yield Violation(
            UNTOLD, f"the waiver of '{waiver.control}' has no {' and no '.join(missing)}", waiver.at
        )
    elif waiver.until is not None and waiver.until < policy.today:
        yield Violation(
            UNTOLD, f"the waiver of '{waiver.control}' ended on {waiver.until.isoformat()}", waiver.at
        )
    elif not waiver.used:
        message = f"the waiver of '{waiver.control}' waives nothing any more"
        yield Violation(UNTOLD, message, waiver.at, severity=Severity.INFO)


@control("What is declared is what the environment does", Severity.HIGH, "P4 P2", "CWE-1188")
def declared_effective(stack: Stack) -> Iterator[Violation]:
    """A hardened file that the running system was never given protects nobody."""
    yield from _headers_not_seen(stack)
    yield from _versions_not_declared(stack)
    yield from _stores_open_all_the_same(stack)


def _headers_not_seen(stack: Stack) -> Iterator[Violation]:
    """A header that every declared TLS server sends, errors included, and an answer lacks."""
    declared = [h for h in stack.of(ResponseHeaders) if h.over_tls]
    always = {
        name: header.value.at
        for name, header in (declared[0].sent.items() if declared else ())
        if header.on_errors and all(name in h.sent for h in declared)
    }
    lost: dict[tuple[str, str], None] = {}
    for environment, answer in stack.seen(ResponseHeaders):
        for name, at in always.items():
            absent = answer[name].value is ABSENT and answer.over_tls
            if absent and (environment, name) not in lost:
                lost[environment, name] = None
                message = f"{name} is declared, but {environment} does not send it"
                yield Violation(UNTOLD, message, answer.at, related=(at,))


def _versions_not_declared(stack: Stack) -> Iterator[Violation]:
    declared = [
        li for li in stack.of(Listener) if li.tls.known(False) and li.protocols and li.protocols.is_known
    ]
    allowed = {v for listener in declared if listener.protocols for v in listener.protocols.known(())}
    for environment, seen in stack.seen(Listener):
        extra = [v for v in (seen.protocols.known(()) if seen.protocols else ()) if v not in allowed]
        if allowed and extra:
            message = f"{environment} negotiates {', '.join(extra)}, which no declared listener allows"
            yield Violation(UNTOLD, message, seen.at, related=(declared[0].at,))


def _stores_open_all_the_same(stack: Stack) -> Iterator[Violation]:
    declared = {s.product: s for s in stack.of(Store) if s.authentication.known(False)}
    undefended = {s.product for s in stack.of(Store) if s.authentication.known(True) is False}
    for environment, seen in stack.seen(Store):
        match = declared.get(seen.product)
        if match and seen.answers and seen.product not in undefended:
            message = f"{seen.product} is declared with a password, but {environment} asks for none"
            yield Violation(UNTOLD, message, seen.at, related=(match.at,))


@control("No environment falls behind the one before it", Severity.MEDIUM, "P4 P1", "CWE-1188")
def environment_consistent(gap: Behind, policy: Policy) -> Iterator[Violation]:
    """What staging proved is worth nothing when production lacks it."""
    allowed = {d for e in policy.environments if e.name == gap.environment for d in e.differences}
    if gap.control not in allowed:
        message = f"{gap.environment} breaks '{gap.control}', which {gap.before} keeps"
        yield Violation(UNTOLD, message, gap.at)
