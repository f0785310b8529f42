"""Controls on who gets in: firewalls of networks, gateways, and what identities may do."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import ApiLog, CloudApi, FirewallRule, Grant
from batten.model import UNTOLD, Remedy, RequireAuth, Setting, Severity, Switch, TurnOn, Violation
from batten.model.record import record
from batten.patterns import fits
from batten.policy import Policy

WEB = (80, 443)
# Ports where administrators and stores are spoken to: nobody means to give these to strangers.
ADMIN = {
    22: "SSH", 23: "telnet", 135: "RPC", 139: "NetBIOS", 445: "SMB", 1433: "SQL Server", 1521: "Oracle",
    2049: "NFS", 2375: "the Docker API", 2376: "the Docker API", 2379: "etcd", 3306: "MySQL", 3389: "RDP",
    5432: "PostgreSQL", 5439: "Redshift", 5601: "Kibana", 5900: "VNC", 5984: "CouchDB", 5985: "WinRM",
    5986: "WinRM", 6379: "Redis", 6443: "the Kubernetes API", 8182: "Neptune", 9042: "Cassandra",
    9092: "Kafka", 9200: "Elasticsearch", 9300: "Elasticsearch", 10250: "the kubelet", 11211: "memcached",
    15672: "RabbitMQ", 27017: "MongoDB",
}  # fmt: skip
# Tunnels, where the protocol itself keeps strangers out (IKE, OpenVPN, WireGuard), and QUIC.
_TUNNELS = (443, 500, 1194, 4500, 51820)
ADMINISTRATORS = ("AdministratorAccess", "IAMFullAccess")
# Services whose every action is too much on every resource: they hold data, keys, code or identities.
_HEAVY = frozenset(
    ["dynamodb", "ec2", "iam", "kms", "lambda", "organizations", "rds", "s3", "secretsmanager", "ssm", "sts"]
)
_ESCALATING = frozenset(
    f"iam:{action}"
    for action in (
        "AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy", "CreateAccessKey", "CreateLoginProfile",
        "CreatePolicyVersion", "PassRole", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy",
        "SetDefaultPolicyVersion", "UpdateAssumeRolePolicy", "UpdateLoginProfile", "AddUserToGroup",
    )
)  # fmt: skip


@record
class AllowSources(Remedy):
    """Let in traffic from these networks only. Empty: the user must say which."""

    networks: tuple[str, ...] = ()


@control(
    "Only web ports are open to the internet", Severity.HIGH, "V1 P2", "OWASP API8:2023, CWE-284, CWE-668"
)
def cloud_network_closed(rule: FirewallRule, policy: Policy) -> Iterator[Violation]:
    """Every open port is tried within minutes, by programs that try them all; what answers there needs
    one flaw or one weak password only."""
    anywhere = [source for source in rule.sources.known(()) if _anywhere(source)]
    ports = _ports(rule)
    if not anywhere or ports is None or _meant(rule, *ports):
        return
    message = f"{rule.group} lets the whole internet in to {_shown(rule, *ports)}"
    yield Violation(UNTOLD, message, rule.sources.at, AllowSources(_answered(policy)), _milder(rule, *ports))


def _answered(policy: Policy) -> tuple[str, ...]:
    answer = policy.answers.get("cloud-network-closed", "")
    return tuple(answer.replace(",", " ").split())


def _anywhere(source: str) -> bool:
    return source.strip() in ("0.0.0.0/0", "::/0", "0::/0", "0000:0000:0000:0000:0000:0000:0000:0000/0")


def _ports(rule: FirewallRule) -> tuple[int, int] | None:
    """The ports it opens; None when it opens none, or they are not known."""
    protocol = rule.protocol.known("?").lower()
    if protocol == "all":
        return 0, 65535
    if protocol not in ("tcp", "udp") or not rule.first.is_known or not rule.last.is_known:
        return None
    first, last = rule.first.known(0), rule.last.known(0)
    return (0, 65535) if first < 0 else (first, last)


def _meant(rule: FirewallRule, first: int, last: int) -> bool:
    """Whether a rule is one that people open to everybody on purpose."""
    if rule.authenticated:
        return False
    if rule.protocol.known("").lower() == "udp" and first == last and first in _TUNNELS:
        return True
    if rule.stateless:
        return not (first == last and first in ADMIN)
    return first == last and first in WEB


def _shown(rule: FirewallRule, first: int, last: int) -> str:
    if (first, last) == (0, 65535):
        return "every port"
    if first != last:
        return f"ports {first} to {last}"
    return f"port {first} ({ADMIN[first]})" if first in ADMIN else f"port {first}"


def _milder(rule: FirewallRule, first: int, last: int) -> Severity | None:
    if rule.authenticated or rule.stateless:
        return Severity.MEDIUM
    return None if any(first <= port <= last for port in ADMIN) else Severity.MEDIUM


@control(
    "Every way into a cloud API has an authoriser", Severity.HIGH, "V1 V3 P2",
    "OWASP API2:2023, OWASP API5:2023, CWE-306",
)  # fmt: skip
def cloud_api_authorised(api: CloudApi, policy: Policy) -> Iterator[Violation]:
    """A route without an authoriser calls the code behind it for anybody, and bills its owner for it."""
    if any(fits(api.name, pattern) for pattern in policy.public):
        return
    if api.keys_only and api.authoriser.known(True) is False:
        message = (
            f"the {api.what} {api.name} asks for an API key only, which every client holds in clear text"
        )
        yield Violation(UNTOLD, message, api.authoriser.at, RequireAuth(), Severity.MEDIUM)
    elif api.authoriser.known(True) is False:
        message = f"the {api.what} {api.name} is called by anybody: it has no authoriser"
        yield Violation(UNTOLD, message, api.authoriser.at, RequireAuth())


@control(
    "Public cloud APIs log requests and filter them", Severity.LOW, "V1 P2 P4", "OWASP API8:2023, CWE-778"
)
def cloud_api_logged(log: ApiLog) -> Iterator[Violation]:
    """Without an access log nobody can say who called; without a firewall nobody can stop a caller that
    only means harm."""
    if log.access is not None and log.access.known(True) is False:
        yield Violation(
            UNTOLD, f"{log.what} '{log.name}' keeps no access log", log.access.at, TurnOn(Switch.ACCESS_LOG)
        )
    if log.firewall is not None and log.firewall.known(True) is False:
        message = f"no web application firewall stands before {log.what} '{log.name}'"
        yield Violation(UNTOLD, message, log.firewall.at, TurnOn(Switch.FIREWALL), Severity.INFO)


@control(
    "Identities may do what they need, and no more", Severity.HIGH, "V1 P2",
    "OWASP API5:2023, CWE-250, CWE-269, CWE-732",
)  # fmt: skip
def cloud_identity_narrow(grant: Grant) -> Iterator[Violation]:
    """Whoever takes over an identity, by a leaked key or a hole in what runs under it, may do all that it
    may."""
    if grant.effect.known("") != "Allow":
        return
    if grant.managed in ADMINISTRATORS:
        yield Violation(UNTOLD, f"{grant.holder} is given {grant.managed}: it may do anything", grant.at)
    elif grant.kind == "identity" and not grant.managed:
        yield from _too_much(grant)
    elif grant.kind == "trust":
        yield from _trusted(grant)


def _too_much(grant: Grant) -> Iterator[Violation]:
    conditioned = grant.conditioned.known(True)
    if "*" not in grant.resources.known(()):
        return
    if grant.excluded:
        message = f"{grant.holder} may do everything on every resource but what NotAction names"
        yield Violation(UNTOLD, message, grant.at, severity=Severity.MEDIUM)
        return
    actions = grant.actions.known(())
    if {"*", "*:*"} & set(actions):
        severity = Severity.MEDIUM if conditioned else None
        yield Violation(
            UNTOLD, f"{grant.holder} may do every action on every resource", grant.at, severity=severity
        )
    elif "iam:*" in [a.lower() for a in actions] and not conditioned:
        yield Violation(
            UNTOLD, f"{grant.holder} may give itself every right: iam:* on every resource", grant.at
        )
    elif not conditioned:
        yield from _services(grant, actions)


def _services(grant: Grant, actions: tuple[str, ...]) -> Iterator[Violation]:
    """Whole services on every resource, and the single actions that lead to more rights."""
    whole = [a for a in actions if a.endswith(":*") and a.partition(":")[0].lower() in _HEAVY]
    if whole:
        message = f"{grant.holder} may do {', '.join(whole)} on every resource"
        yield Violation(UNTOLD, message, grant.at, severity=Severity.MEDIUM)
    climbing = sorted(set(actions) & _ESCALATING)
    if climbing:
        message = f"{grant.holder} can take more rights by {', '.join(climbing)} on every resource"
        yield Violation(UNTOLD, message, grant.at, severity=Severity.MEDIUM)


def _trusted(grant: Grant) -> Iterator[Violation]:
    principals = grant.principals.known(())
    if "*" in principals and not grant.conditioned.known(True):
        yield Violation(UNTOLD, f"anybody with an AWS account may become {grant.holder}", grant.at)
    elif any(p.startswith("web:") for p in principals) and _unnarrowed(grant.narrowed):
        message = f"every subject of the identity provider may become {grant.holder}: no condition names one"
        yield Violation(UNTOLD, message, grant.at)


def _unnarrowed(narrowed: Setting[bool] | None) -> bool:
    return narrowed is not None and narrowed.known(True) is False


@control(
    "Identities may do what they need, and no more", Severity.HIGH, "V1 P2", slug="cloud-identity-narrow"
)
def deputies_named(grant: Grant) -> Iterator[Violation]:
    """A service that acts for whoever asks it, when the permission does not say for whom it may."""
    services = [p for p in grant.principals.known(()) if p.endswith(".amazonaws.com")]
    if grant.kind == "invoke" and services and grant.conditioned.known(True) is False:
        message = f"{services[0]} may call {grant.holder} on behalf of anybody: no source is named"
        yield Violation(UNTOLD, message, grant.conditioned.at, TurnOn(Switch.SOURCE_NAMED), Severity.MEDIUM)
