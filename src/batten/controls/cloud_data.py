"""Controls on what the cloud keeps: data, keys, and the record of what happened."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.controls.cloud import LogTo
from batten.facts import AuditLog, DataService, Grant, Machine
from batten.model import UNTOLD, RequireAuth, Severity, Switch, TurnOff, TurnOn, Violation
from batten.policy import Policy


@control("Data in the cloud is encrypted at rest", Severity.MEDIUM, "V1 P2", "CWE-311")
def cloud_data_encrypted(data: DataService) -> Iterator[Violation]:
    """What is not encrypted leaks with every snapshot, copy and disk of it."""
    if data.at_rest is None or data.at_rest.known(True):
        return
    if data.at_rest.known(None) is False:
        what = "is not encrypted with a key of yours" if data.weakly else "is not encrypted at rest"
        severity = Severity.LOW if data.weakly else None
        message = f"{data.service} '{data.name}' {what}"
        yield Violation(UNTOLD, message, data.at_rest.at, TurnOn(Switch.ENCRYPTION_AT_REST), severity)


@control("Data stores speak TLS and encrypt what they hold", Severity.MEDIUM, "S2", slug="store-encrypted")
def store_encrypted_in_the_cloud(data: DataService) -> Iterator[Violation]:
    if data.in_transit is not None and data.in_transit.known(True) is False:
        message = f"{data.service} '{data.name}' takes connections without TLS"
        yield Violation(UNTOLD, message, data.in_transit.at, TurnOn(Switch.ENCRYPTION_IN_TRANSIT))


@control("Data stores ask who is there", Severity.CRITICAL, "S2", slug="store-authenticated")
def store_authenticated_in_the_cloud(data: DataService) -> Iterator[Violation]:
    """Its network keeps strangers out, so it is milder than a store that anybody reaches."""
    if data.authenticated is not None and data.authenticated.known(True) is False:
        message = f"{data.service} '{data.name}' asks nobody in its network for a password"
        yield Violation(UNTOLD, message, data.authenticated.at, RequireAuth(), Severity.MEDIUM)


@control(
    "Data in the cloud is not public", Severity.CRITICAL, "V1 P2",
    "OWASP API8:2023, CWE-284, CWE-668, CWE-732",
)  # fmt: skip
def cloud_data_private(data: DataService) -> Iterator[Violation]:
    """A database with a public address, or a snapshot that everybody may copy, is found by those who list
    what is public all day."""
    if data.public is not None and data.public.known(False):
        message = f"{data.service} '{data.name}' is public"
        yield Violation(UNTOLD, message, data.public.at, TurnOff(Switch.PUBLIC))


@control("Data in the cloud is not public", Severity.CRITICAL, "V1 P2", slug="cloud-data-private")
def policies_not_public(grant: Grant) -> Iterator[Violation]:
    if grant.kind not in ("resource", "invoke") or grant.effect.known("") != "Allow":
        return
    if "*" in grant.principals.known(()) and not grant.conditioned.known(True):
        what = ", ".join(grant.actions.known(())) or "some actions"
        milder = Severity.HIGH if grant.kind == "invoke" else None
        yield Violation(
            UNTOLD, f"the policy of {grant.holder} allows everybody {what}", grant.at, severity=milder
        )


@control("The metadata service of machines asks for a token", Severity.MEDIUM, "V1 P2", "CWE-918, CWE-522")
def cloud_metadata_guarded(machine: Machine) -> Iterator[Violation]:
    """A machine's metadata service hands out its credentials. Without a token, any request that a client
    can make the machine send reads them."""
    tokens = machine.metadata_tokens
    if tokens.known(True) is False:
        message = f"the metadata service of '{machine.name}' answers requests without a session token"
        yield Violation(UNTOLD, message, tokens.at, TurnOn(Switch.METADATA_TOKENS))


@control("The account records what happens in it", Severity.LOW, "V1 P2 P4", "CWE-778")
def cloud_logging_on(log: AuditLog, policy: Policy) -> Iterator[Violation]:
    """After a break-in, what was not recorded is taken to be lost."""
    if log.on.known(True) is False:
        place = LogTo(policy.answers.get("cloud-logging-on", ""))
        remedy = place if log.needs_place else TurnOn(Switch.AUDIT_LOG)
        yield Violation(UNTOLD, f"nothing records {log.what}", log.on.at, remedy)
