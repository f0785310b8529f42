"""Controls on what the cloud keeps: data, keys, and the record of what happened."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.controls.cloud import LogTo, allowed
from batten.controls.stores import StoreAuthenticated, StoreEncrypted
from batten.facts import AuditLog, DataService, Grant, Machine
from batten.model import Case, Per, RequireAuth, Severity, Switch, TurnOff, TurnOn, Violation
from batten.policy import Policy


class CloudDataEncrypted(Case):
    OFF = (
        "not-encrypted",
        "Turn on encryption at rest; many services need a copy of the data or a new resource for it.",
    )
    NO_KEY = "no-kms-key", "Turn on server-side encryption with a KMS key, best one of your own."


@control("Data in the cloud is encrypted at rest", Severity.MEDIUM, "V1 P2", "CWE-311")
def cloud_data_encrypted(data: DataService) -> Iterator[Violation]:
    """Unencrypted data can be read from every snapshot, copy and disk."""
    if data.at_rest is None or data.at_rest.known(None) is not False:
        return
    named, remedy = f"{data.service} `{data.name}`", TurnOn(Switch.ENCRYPTION_AT_REST)
    if data.weakly:
        case, message = CloudDataEncrypted.NO_KEY, f"{named} is not encrypted with a KMS key"
        yield Violation(case, message, data.at_rest.at, remedy=remedy, severity=Severity.LOW)
    else:
        message = f"{named} is not encrypted at rest"
        yield Violation(CloudDataEncrypted.OFF, message, data.at_rest.at, remedy=remedy)


@control("Data stores require TLS", Severity.MEDIUM, "S2", slug="store-encrypted")
def store_encrypted_in_the_cloud(data: DataService) -> Iterator[Violation]:
    if data.in_transit is not None and data.in_transit.known(True) is False:
        wrong = "does not require TLS" if data.dials else "accepts connections without TLS"
        message = f"{data.service} `{data.name}` {wrong}"
        remedy = TurnOn(Switch.ENCRYPTION_IN_TRANSIT)
        yield Violation(StoreEncrypted.TRANSIT, message, data.in_transit.at, remedy=remedy)


@control("Data stores require authentication", Severity.CRITICAL, "S2", slug="store-authenticated")
def store_authenticated_in_the_cloud(data: DataService) -> Iterator[Violation]:
    """Only its own network reaches it, so it is milder than a store that is open to others."""
    if data.authenticated is not None and data.authenticated.known(True) is False:
        message = f"{data.service} `{data.name}` requires no authentication inside its network"
        at = data.authenticated.at
        yield Violation(StoreAuthenticated.OPEN, message, at, remedy=RequireAuth(), severity=Severity.MEDIUM)


class CloudDataPrivate(Case):
    PUBLIC = "public", "Turn off public access, and connect through a private network.", Per.THING
    POLICY = (
        "public-policy",
        "Name the principals that may use it, or add a condition that fixes the caller (aws:PrincipalOrgID, aws:SourceVpce).",
        Per.THING,
    )


@control(
    "Data in the cloud is not public", Severity.CRITICAL, "V1 P2",
    "OWASP API8:2023, CWE-284, CWE-668, CWE-732",
)  # fmt: skip
def cloud_data_private(data: DataService) -> Iterator[Violation]:
    """Attackers list public databases, snapshots and queues continuously, and copy what they find."""
    if data.public is not None and data.public.known(False):
        message = f"{data.service} `{data.name}` allows public access"
        if not data.public.written:
            message = f"{data.service} `{data.name}` is public by default: nothing turns public access off"
        milder = Severity.MEDIUM if data.guarded else None
        yield Violation(
            CloudDataPrivate.PUBLIC, message, data.public.at, remedy=TurnOff(Switch.PUBLIC), severity=milder
        )


@control("Data in the cloud is not public", Severity.CRITICAL, "V1 P2", slug="cloud-data-private")
def policies_not_public(grant: Grant) -> Iterator[Violation]:
    if grant.kind in ("resource", "invoke") and grant.admits is not None and grant.admits.public:
        milder = Severity.HIGH if grant.kind == "invoke" else None
        message = f"the policy of {grant.holder} allows {allowed(grant.admits)}"
        yield Violation(CloudDataPrivate.POLICY, message, grant.at, severity=milder)


class CloudMetadataGuarded(Case):
    OPTIONAL = "token-optional", "Require session tokens (IMDSv2) for the instance metadata service."


@control(
    "The instance metadata service requires a session token", Severity.MEDIUM, "V1 P2", "CWE-918, CWE-522"
)
def cloud_metadata_guarded(machine: Machine) -> Iterator[Violation]:
    """The metadata service hands out the credentials of the machine's role. Without a token, any URL that a
    client makes the machine fetch can read them."""
    tokens = machine.metadata_tokens
    if tokens.known(True) is False:
        message = f"the metadata service of `{machine.name}` answers without a session token (IMDSv1)"
        yield Violation(
            CloudMetadataGuarded.OPTIONAL, message, tokens.at, remedy=TurnOn(Switch.METADATA_TOKENS)
        )


class CloudLoggingOn(Case):
    OFF = (
        "audit-log-off",
        "Turn this audit log on, and store it where those it records cannot change it.",
    )
    NO_FLOW_LOG = "no-flow-log", "Create a flow log for the network."


@control("The cloud account keeps audit logs", Severity.LOW, "V1 P2 P4", "CWE-778")
def cloud_logging_on(log: AuditLog, policy: Policy) -> Iterator[Violation]:
    """After a break-in, everything that was not recorded has to be treated as lost."""
    if log.on.known(True) is not False:
        return
    message = f"no audit log records {log.what}"
    if log.switch:
        message = f"{message}: `{log.switch}` is off by default"
        advice = f"Turn `{log.switch}` on where this is deployed."
        yield Violation(CloudLoggingOn.NO_FLOW_LOG, message, log.on.at, severity=Severity.INFO, advice=advice)
    elif log.needs_place:
        place = LogTo(policy.answers.get("cloud-logging-on", ""))
        yield Violation(CloudLoggingOn.NO_FLOW_LOG, message, log.on.at, remedy=place)
    else:
        yield Violation(CloudLoggingOn.OFF, message, log.on.at, remedy=TurnOn(Switch.AUDIT_LOG))
