"""What a remedy writes into an AWS resource, in no language: keys and values, who may notice, what to ask."""

from __future__ import annotations

import re
from ipaddress import ip_network

from batten.controls.cloud_access import AllowSources
from batten.model import Remedy, Safety, Switch
from batten.model import remedy as want
from batten.model.record import record
from batten.technologies.shared.aws.key import REPLACED, AwsKey, Scalar
from batten.technologies.shared.aws.rows import ROWS
from batten.technologies.shared.aws.updates import Update, updates

_ASPECTS = {
    Switch.ENCRYPTION_AT_REST: "at-rest",
    Switch.ENCRYPTION_IN_TRANSIT: "in-transit",
    Switch.PUBLIC: "public",
    Switch.METADATA_TOKENS: "tokens",
    Switch.AUDIT_LOG: "audit",
    Switch.SAFEGUARD: "safeguard",
    Switch.AUTOMATIC_UPDATES: "updates",
}
_TITLES = {
    "at-rest": "encrypt the data at rest",
    "in-transit": "require TLS for connections",
    "public": "close it to other networks",
    "authenticated": "require authentication of every client",
    "tokens": "require a session token (IMDSv2)",
    "audit": "record activity",
    "updates": "install or report patches by itself",
    "safeguard": "turn the safeguard on",
}


@record
class Change:
    """`keys`: what to write, a path ("/" between nested blocks) in the language asked for, and the value.

    `key` is the one that the finding is about. No keys and a question: a person must choose."""

    title: str
    keys: tuple[tuple[str, Scalar | tuple[str, ...]], ...] = ()
    breaks: str = ""
    question: str = ""

    @property
    def safety(self) -> Safety:
        return Safety.VALUE if self.question else Safety.RISKY if self.breaks else Safety.SAFE


def change(type_: str, pointer: str, remedy: Remedy) -> Change | None:
    """The change that makes a remedy true of a resource of this type, at the key that a pointer ends in."""
    found = row_of(type_, pointer, remedy)
    if found is not None:
        return _of_row(found, type_)
    key = pointer.rpartition("/")[2]
    match remedy:
        case want.MinimumTls():
            value = _TLS.get(key) or next(
                (v for k, v in _TLS.items() if k.replace("_", "") == key.lower()), ""
            )
            title = "accept TLS 1.2 and newer only"
            return (
                Change(title, ((key, value),), "clients that support only TLS 1.1 or older")
                if value
                else None
            )
        case want.RedirectToTls() if key in ("viewer_protocol_policy", "ViewerProtocolPolicy"):
            return Change(
                "redirect plain HTTP to TLS",
                ((key, "redirect-to-https"),),
                "clients that do not follow redirects",
            )
        case want.TurnOff(Switch.INVALID_HEADERS):
            if key == "desync_mitigation_mode":
                return Change("refuse ambiguous requests", ((key, "defensive"),))
            if key == "drop_invalid_header_fields":
                breaks = (
                    "clients that send header names with characters other than letters, digits and hyphens"
                )
                return Change("drop invalid headers", ((key, True),), breaks)
            return None
        case want.TurnOn(Switch.ENCRYPTED_UPSTREAM):
            return Change(
                "use TLS to the origin", ((key, "https-only"),), "an origin that has no certificate"
            )
        case want.TurnOn(Switch.AUDIT_LOG) if key == "enabled_cluster_log_types":
            return Change("record control plane activity", ((key, ("api", "audit", "authenticator")),))
        case want.TurnOff(Switch.HOST_PID | Switch.HOST_IPC) if key in ("pid_mode", "ipc_mode"):
            breaks = "containers that reach processes or memory of their host"
            return Change("share this namespace within the task only", ((key, "task"),), breaks)
        case AllowSources(networks):
            return _sources(key, networks)
        case want.RequireAuth(""):
            return _authorised(type_, key)
        case want.AllowOrigins(origins) if not origins:
            question = "which origins may read answers? list them under `origins:` in batten.yaml"
            return Change("allow cross-origin requests from these origins only", question=question)
        case want.AllowOrigins(listed) | want.AllowMethods(listed) | want.AllowHeaders(listed):
            return Change(
                "allow only these methods and headers across origins",
                ((key, listed),),
                "pages on other origins, or with other methods or headers",
            )
        case _:
            return _asked(remedy)


def row_of(type_: str, pointer: str, remedy: Remedy) -> AwsKey | None:
    """The row that a remedy is about, by the key that the pointer ends in."""
    match remedy:
        case want.TurnOn(feature) | want.TurnOff(feature) if feature in _ASPECTS:
            aspect = _ASPECTS[feature]
        case want.RequireAuth():
            aspect = "authenticated"
        case _:
            return None
    plain = re.sub(r"\[[^\]]*\]", "", pointer)  # which of several blocks does not matter
    for row in ROWS:
        if row.aspect == aspect and type_ in row.types:
            number = row.types.index(type_)
            key, within = row.keys[number], row.within[number]
            if f"/{plain}".endswith("/" + "/".join(filter(None, (within, key)))):
                return row
    return None


_REPLACES = (
    "when should the resource be replaced? changing `{}` destroys the one that exists with what it holds and creates another: "
    "copy the data first, then change it by hand"
)
# Keys that give machines or tasks a public address, by which they also reach what is outside.
_ADDRESSES = frozenset(("mappubliciponlaunch", "associatepublicipaddress", "assignpublicip"))
_OUTWARD = (
    "how does it reach the internet then? without a public address it needs a NAT gateway, or endpoints of the services that it "
    "uses: add them first, then change it by hand"
)
_ANEW = "what uses the resource, which is created again"


def _of_row(row: AwsKey, type_: str) -> Change | None:
    if row.right == "":
        return None
    number = row.types.index(type_)
    written, title = "/".join(filter(None, (row.within[number], row.keys[number]))), _TITLES[row.aspect]
    update = updates()[type_, written]
    if update is Update.REPLACES:
        return Change(title, question=_REPLACES.format(row.keys[number].rpartition("/")[2]))
    last = row.keys[number].rpartition("/")[2]
    if last.replace("_", "").lower() in _ADDRESSES:
        return Change(title, question=_OUTWARD)
    also = tuple((keys[number], value) for *keys, value in row.also)
    breaks = row.breaks if update is Update.IN_PLACE or row.breaks != REPLACED else _ANEW
    return Change(title, ((row.keys[number], row.right), *also), breaks)


_TLS = {
    "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "minimum_protocol_version": "TLSv1.2_2021",
    "security_policy": "TLS_1_2",
    "tls_security_policy": "Policy-Min-TLS-1-2-2019-07",
}


def _sources(key: str, networks: tuple[str, ...]) -> Change:
    title = "allow traffic from these networks only"
    if "prefixlist" in key.lower().replace("_", ""):
        return Change(
            title, question="which networks may connect? list them in the prefix list that the rule names"
        )
    if not networks:
        question = (
            "which networks may connect? list them under `answers: {cloud-network-closed: …}` in batten.yaml"
        )
        return Change(title, question=question)
    version = 6 if "v6" in key.lower() else 4
    wanted = tuple(n for n in networks if _version(n) == version)
    single = key in (
        "cidr_ipv4",
        "cidr_ipv6",
        "CidrIp",
        "CidrIpv6",
        "cidr_block",
        "ipv6_cidr_block",
        "CidrBlock",
    )
    if single and len(wanted) != 1:
        return Change(title, question="which network may connect? this rule accepts only one")
    value = wanted[0] if single else wanted
    return Change(title, ((key, value),), "clients on other networks")


def _version(network: str) -> int:
    try:
        return ip_network(network, strict=False).version
    except ValueError:
        return 0


def _authorised(type_: str, key: str) -> Change:
    if key in ("authorization_type", "AuthType") and type_ in ("aws_lambda_function_url", "AWS::Lambda::Url"):
        return Change(
            "require signed requests (AWS_IAM)",
            ((key, "AWS_IAM"),),
            "callers that do not sign their requests",
        )
    question = "which callers are allowed, and how do they authenticate? name an authorizer, a user pool or AWS_IAM here"
    if "elasticache" in type_.lower() or "memorydb" in type_.lower():
        question = (
            "which password or user group do clients log in with? reference it here, from a secret store"
        )
    return Change("require authentication of callers", question=question)


def _asked(remedy: Remedy) -> Change | None:
    match remedy:
        case want.TurnOn(Switch.SOURCE_NAMED):
            return Change(
                "restrict the source",
                question="which resource may the service act for? write its ARN as source_arn",
            )
        case want.TurnOn(Switch.ACCESS_LOG):
            return Change(
                "log requests", question="which bucket or log group receives the access log? name it here"
            )
        case want.Pin(""):
            return Change(
                "move to a supported version", question="which version should the data be migrated to?"
            )
        case _:
            return None
