"""Controls on the assessment itself: files are read, environments match, and waivers end."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import (
    Behind,
    Lessened,
    Listener,
    ResponseHeaders,
    Stack,
    Store,
    Unparsed,
    Waived,
)
from batten.model import ABSENT, Case, Per, Severity, Violation
from batten.policy import Policy


class ConfigParses(Case):
    UNREAD = (
        "not-reviewed",
        "Correct the syntax, or exclude the file with `ignore:` in batten.yaml.",
        Per.THING,
    )


@control("Every recognised file can be parsed", Severity.INFO, "P2 P4", "CWE-1059")
def config_parses(part: Unparsed) -> Iterator[Violation]:
    """A file that cannot be parsed was not reviewed, so a run without findings says nothing about it."""
    yield Violation(ConfigParses.UNREAD, f"not reviewed: {part.message}", part.at)


class WaiverCurrent(Case):
    INCOMPLETE = "incomplete", "Add what the waiver lacks: an owner, a reason, an end date.", Per.THING
    EXPIRED = "expired", "Fix the finding, or renew the decision with a new end date.", Per.THING
    UNUSED = "unused", "Delete the waiver.", Per.THING
    UNKNOWN = (
        "unknown-control",
        "Name the control as reports name it, or delete the waiver.",
        Per.THING,
    )


@control("Every waiver has an owner, a reason and an end date", Severity.MEDIUM, "P1 P4", "CWE-1059")
def waiver_current(waiver: Waived, policy: Policy) -> Iterator[Violation]:
    """A waiver without an end date hides its finding long after the reason for it is gone."""
    for unknown_slug, near in waiver.unknown:
        like = f" (similar: {', '.join(f'`{name}`' for name in near)})" if near else ""
        unknown_message = f"the waiver names `{unknown_slug}`, which is not a control{like}"
        yield Violation(WaiverCurrent.UNKNOWN, unknown_message, waiver.at)
    if waiver.control == ", ".join(slug for slug, _ in waiver.unknown):
        return
    missing = [
        word for word, lacks in (("owner", waiver.owner == ""), ("reason", not waiver.reason)) if lacks
    ]
    if waiver.until is None:
        missing.append("end date")
    if missing:
        message = f"the waiver of `{waiver.control}` has no {' and no '.join(missing)}"
        yield Violation(WaiverCurrent.INCOMPLETE, message, waiver.at)
    elif waiver.until is not None and waiver.until < policy.today:
        message = f"the waiver of `{waiver.control}` ended on {waiver.until.isoformat()}"
        yield Violation(WaiverCurrent.EXPIRED, message, waiver.at)
    elif not waiver.used:
        message = f"the waiver of `{waiver.control}` matches no finding"
        yield Violation(WaiverCurrent.UNUSED, message, waiver.at, severity=Severity.INFO)


class PolicyNotLowered(Case):
    CONTROL = "control-lowered", "Remove the row, or have it approved in a change of its own.", Per.THING
    GATE = "gate-raised", "Restore the gate, or have it approved in a change of its own.", Per.THING
    IGNORED = "files-ignored", "Remove the glob, or have it approved in a change of its own.", Per.THING
    CONTEXT = (
        "context-changed",
        "Keep the file and its context, or have the change approved on its own.",
        Per.THING,
    )
    WAIVED = (
        "finding-waived",
        "Fix the finding, or have the waiver approved in a change of its own.",
        Per.THING,
    )
    DECLARED = (
        "declaration-changed",
        "Check that the API is meant to be so, and have the row approved in a change of its own.",
        Per.THING,
    )
    ENVIRONMENT = (
        "environment-reduced",
        "Restore the row, or have it approved in a change of its own.",
        Per.THING,
    )
    UNREAD = "file-unread", "Keep the file where batten reads it, or delete it.", Per.THING
    REPLACED = (
        "policy-replaced",
        "Keep one batten.yaml, or have the new one approved in a change of its own.",
        Per.THING,
    )
    MILDER = (
        "finding-milder",
        "Look at what the change says of the file's use: it may be so, or only look so.",
        Per.THING,
    )


_LOWERED = (
    PolicyNotLowered.CONTROL,
    PolicyNotLowered.GATE,
    PolicyNotLowered.IGNORED,
    PolicyNotLowered.CONTEXT,
    PolicyNotLowered.WAIVED,
    PolicyNotLowered.DECLARED,
    PolicyNotLowered.ENVIRONMENT,
    PolicyNotLowered.UNREAD,
    PolicyNotLowered.REPLACED,
    PolicyNotLowered.MILDER,
)


@control("A change does not lower the policy that judges it", Severity.CRITICAL, "P1 P2 P4", "CWE-693")
def policy_not_lowered(change: Lessened) -> Iterator[Violation]:
    """The author of a change could otherwise keep its own findings out of the verdict."""
    hidden = ""
    if change.findings:
        many = "1 finding" if change.findings == 1 else f"{change.findings:,} findings"
        hidden = f", which hides or lowers {many}"
    message = f"this change lowers `{change.subject}` from '{change.before}' to '{change.after}'{hidden}"
    case = next(case for case in _LOWERED if case.value == change.kind)
    if case is PolicyNotLowered.MILDER:
        message = (
            f"this change makes `{change.subject}` milder, from {change.before} to {change.after}, without a "
            "change of the file"
        )
    yield Violation(case, message, change.at, severity=change.severity, everywhere=True)


class DeclaredEffective(Case):
    HEADER = "header-not-sent", "Find what removes the header, or deploy the declared configuration."
    VERSION = "tls-version-not-declared", "Set the TLS versions where TLS really ends."
    STORE = "store-unauthenticated", "Restart the store with its declared configuration.", Per.THING


@control("Running environments match what is declared", Severity.HIGH, "P4 P2", "CWE-1188")
def declared_effective(stack: Stack) -> Iterator[Violation]:
    """A hardened file protects nothing until it is deployed, and every review of it passes all the same."""
    yield from _headers_not_seen(stack)
    yield from _versions_not_declared(stack)
    declared = {s.product: s for s in stack.of(Store) if s.authentication.known(False)}
    undefended = {s.product for s in stack.of(Store) if s.authentication.known(True) is False}
    for environment, seen in stack.seen(Store):
        match = declared.get(seen.product)
        if match and seen.answers and seen.product not in undefended:
            message = f"{seen.product} is declared with a password, and requires none in `{environment}`"
            yield Violation(DeclaredEffective.STORE, message, seen.at, related=(match.at,))


def _headers_not_seen(stack: Stack) -> Iterator[Violation]:
    """A header that every declared TLS server sends, errors included, and an answer lacks."""
    declared = [h for h in stack.of(ResponseHeaders) if h.over_tls]
    always = {
        name: header.value.at
        for name, header in (declared[0].sent.items() if declared else ())
        if header.on_errors and header.value.is_known and all(name in h.sent for h in declared)
    }
    lost: dict[tuple[str, str], None] = {}
    for environment, answer in stack.seen(ResponseHeaders):
        for name, at in always.items():
            absent = answer[name].value is ABSENT and answer.over_tls
            if absent and (environment, name) not in lost:
                lost[environment, name] = None
                message = f"`{name}` is declared, and `{environment}` does not send it"
                yield Violation(DeclaredEffective.HEADER, message, answer.at, related=(at,))


def _versions_not_declared(stack: Stack) -> Iterator[Violation]:
    declared = [
        li for li in stack.of(Listener) if li.tls.known(False) and li.protocols and li.protocols.is_known
    ]
    allowed = {v for listener in declared if listener.protocols for v in listener.protocols.known(())}
    for environment, seen in stack.seen(Listener):
        extra = [v for v in (seen.protocols.known(()) if seen.protocols else ()) if v not in allowed]
        if allowed and extra:
            message = f"`{environment}` negotiates {', '.join(extra)}, which no declared listener allows"
            yield Violation(DeclaredEffective.VERSION, message, seen.at, related=(declared[0].at,))


class EnvironmentConsistent(Case):
    BEHIND = (
        "behind",
        "Bring the environment to the state of the one before it, or list it under `differences:`.",
    )


@control("Later environments are as hardened as earlier ones", Severity.MEDIUM, "P4 P1", "CWE-1188")
def environment_consistent(gap: Behind, policy: Policy) -> Iterator[Violation]:
    """Tests in staging prove nothing about a production environment with weaker settings."""
    allowed = {d for e in policy.environments if e.name == gap.environment for d in e.differences}
    if gap.control not in allowed:
        message = f"`{gap.environment}` violates `{gap.control}`, which `{gap.before}` meets"
        yield Violation(EnvironmentConsistent.BEHIND, message, gap.at)
