"""Controls on who gets in: firewalls of networks, and gateways."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import ApiLog, CloudApi, FirewallRule
from batten.model import Case, Per, Remedy, RequireAuth, Severity, Switch, TurnOn, Violation
from batten.model.networks import everybody
from batten.model.record import record
from batten.patterns import fits
from batten.policy import Policy

WEB = (80, 443)
# Ports of administration and of data stores, which are not meant for the public.
ADMIN = {
    22: "SSH", 23: "telnet", 135: "RPC", 139: "NetBIOS", 445: "SMB", 1433: "SQL Server", 1521: "Oracle",
    2049: "NFS", 2375: "the Docker API", 2376: "the Docker API", 2379: "etcd", 3306: "MySQL", 3389: "RDP",
    5432: "PostgreSQL", 5439: "Redshift", 5601: "Kibana", 5900: "VNC", 5984: "CouchDB", 5985: "WinRM",
    5986: "WinRM", 6379: "Redis", 6443: "the Kubernetes API", 8182: "Neptune", 9042: "Cassandra",
    9092: "Kafka", 9200: "Elasticsearch", 9300: "Elasticsearch", 10250: "the kubelet", 11211: "memcached",
    15672: "RabbitMQ", 27017: "MongoDB",
}  # fmt: skip
# Of those, numbers that are often somebody else's: the rule's group says whose, or nothing does.
_SHARED = frozenset((5601, 5984, 8182, 9092, 9300))
# Tunnels, where the protocol itself authenticates clients (IKE, OpenVPN, WireGuard), and QUIC.
_TUNNELS = (443, 500, 1194, 4500, 51820)


@record
class AllowSources(Remedy):
    """Let in traffic from these networks only. Empty: the user must say which."""

    networks: tuple[str, ...] = ()


# Whose callers are services of others, which sign what they send and have no account here.
_WEBHOOK = re.compile(r"\A(?:POST|ANY) (?:/.*)?/(?:[\w-]*-)?web-?hooks?(?:/|\Z)", re.IGNORECASE)


class CloudNetworkClosed(Case):
    RULE = "open-rule", "Restrict the rule to the networks that need the port, or remove it.", Per.THING
    ENDPOINT = (
        "open-endpoint",
        "Make the endpoint private, or restrict it to the administrators' networks.",
        Per.THING,
    )


@control(
    "Only web ports are open to the internet",
    Severity.HIGH,
    "V1 P2",
    "OWASP API8:2023, CWE-284, CWE-668",
    explained=True,
)
def cloud_network_closed(rule: FirewallRule, policy: Policy) -> Iterator[Violation]:
    """Scanners try every port of every public address within minutes. A service that answers there is one
    flaw or one weak password away from being taken over."""
    anywhere = everybody(rule.sources.known(()))
    # The ports it opens; None when it opens none, or they are not known.
    protocol = rule.protocol.known("?").lower()
    if protocol == "all":
        ports: tuple[int, int] | None = 0, 65535
    elif protocol not in ("tcp", "udp") or not rule.first.is_known or not rule.last.is_known:
        ports = None
    else:
        first, last = rule.first.known(0), rule.last.known(0)
        ports = (0, 65535) if first < 0 else (first, last)
    if not anywhere or ports is None or _meant(rule, *ports):
        return
    if rule.authenticated:
        case, message = CloudNetworkClosed.ENDPOINT, f"{rule.group} is open to the whole internet"
    else:
        case = CloudNetworkClosed.RULE
        message = f"{rule.group} opens {_shown(rule, *ports)} to the whole internet"
    severity, advice = _milder(rule, *ports), ""
    if rule.service and not rule.authenticated:
        message += f" (meant for it: its name says {rule.service})"
        severity, advice = (
            Severity.LOW,
            "Check that the service limits attempts to log in; restrict the rule if its clients have fixed addresses.",
        )
    elif rule.inside:
        message = f"{rule.group} opens {_shown(rule, *ports)} to every network with a route to it (only {rule.inside} have it, without public addresses)"
        severity, advice = Severity.LOW, "Restrict the rule to the networks of the clients."
    remedy = AllowSources(_answered(policy))
    yield Violation(case, message, rule.sources.at, remedy=remedy, severity=severity, advice=advice)


def _answered(policy: Policy) -> tuple[str, ...]:
    answer = policy.answers.get("cloud-network-closed", "")
    return tuple(answer.replace(",", " ").split())


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
    return f"port {first} ({ADMIN[first]})" if _administered(rule, first) else f"port {first}"


def _administered(rule: FirewallRule, port: int) -> bool:
    """Whether a port is one of administration or of a store, as far as its number and its group's name tell."""
    return port in ADMIN and (port not in _SHARED or ADMIN[port].lower() in rule.group.lower())


def _milder(rule: FirewallRule, first: int, last: int) -> Severity | None:
    if rule.authenticated or rule.stateless:
        return Severity.MEDIUM
    held = any(first <= port <= last for port in ADMIN if last > first or _administered(rule, port))
    return None if held else Severity.MEDIUM


class CloudApiAuthorised(Case):
    ABSENT = (
        "no-authoriser",
        "Attach an authoriser, or list the route under `public:` if it is meant to be public.",
    )
    KEY_ONLY = "api-key-only", "Add an authoriser that identifies the caller; keep the API key for quotas."


@control(
    "Every route of a cloud API has an authoriser", Severity.HIGH, "V1 V3 P2",
    "OWASP API2:2023, OWASP API5:2023, CWE-306",
)  # fmt: skip
def cloud_api_authorised(api: CloudApi, policy: Policy) -> Iterator[Violation]:
    """A route without an authoriser runs the code behind it for anonymous clients, and its owner pays."""
    if any(fits(api.name, pattern) for pattern in policy.public) or api.authoriser.known(True):
        return
    if api.keys_only:
        message = f"the {api.what} `{api.name}` requires only an API key, which does not identify the caller"
        yield Violation(
            CloudApiAuthorised.KEY_ONLY,
            message,
            api.authoriser.at,
            remedy=RequireAuth(),
            severity=Severity.MEDIUM,
        )
    else:
        message = f"the {api.what} `{api.name}` has no authoriser"
        at, remedy, milder, advice = api.authoriser.at, RequireAuth(), None, ""
        if _WEBHOOK.search(api.name) and not api.exempt:
            message, milder = f"{message}: a webhook, by its name", Severity.MEDIUM
            advice = "Verify the signature that the sender puts on each request, and list the route under `public:`; else attach an authoriser."
        if api.exempt:
            changes = api.name.startswith(
                ("PUT ", "PATCH ", "DELETE ")
            )  # which links and webhooks do not use
            message = f"{message}: it is exempt from the API's default"
            milder = Severity.MEDIUM if changes else Severity.LOW
        yield Violation(CloudApiAuthorised.ABSENT, message, at, remedy=remedy, severity=milder, advice=advice)


class CloudApiLogged(Case):
    UNLOGGED = "no-access-log", "Send the API's access log to a log group or a bucket."
    UNFILTERED = "no-firewall", "Associate a web application firewall (web ACL) with the API."


@control(
    "Public cloud APIs keep access logs and have a web application firewall", Severity.LOW, "V1 P2 P4",
    "OWASP API8:2023, CWE-778",
)  # fmt: skip
def cloud_api_logged(log: ApiLog) -> Iterator[Violation]:
    """Without an access log, calls cannot be attributed afterwards; without a firewall, an abusive client
    cannot be blocked."""
    if log.access is not None and log.access.known(True) is False:
        message = f"{log.what} `{log.name}` keeps no access log"
        yield Violation(CloudApiLogged.UNLOGGED, message, log.access.at, remedy=TurnOn(Switch.ACCESS_LOG))
    if log.firewall is not None and log.firewall.known(True) is False:
        message = f"{log.what} `{log.name}` has no web application firewall in front of it"
        at = log.firewall.at
        yield Violation(
            CloudApiLogged.UNFILTERED, message, at, remedy=TurnOn(Switch.FIREWALL), severity=Severity.INFO
        )
