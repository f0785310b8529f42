"""What is on the internet by a service's own setting, and older firewalls that are parts of a service.

Sources: the user guides of Lightsail (firewalls), EKS (launching nodes: a key without source groups opens port 22, or 3389 of
Windows), Transfer Family (endpoint types), MWAA (web server access), OpenSearch (domains without a VPC have a public endpoint;
network policies of OpenSearch Serverless).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from batten.facts import FirewallRule
from batten.model import ABSENT, Location, Setting
from batten.technologies.shared.aws.resource import Resource, Resources
from batten.technologies.shared.aws.settings import number, of, path, setting, text, words, written

_EVERYWHERE: tuple[str, ...] = ("0.0.0.0/0",)
# Types, the key of the endpoint's kind, the kinds that are on the internet, its default, and what to call it. "PUBLIC_AND_PRIVATE" is of
# Airflow 3.2 and newer (MWAA API reference, CreateEnvironment).
_KINDS = (
    (("aws_transfer_server", "AWS::Transfer::Server"), ("endpoint_type", "EndpointType"), ("PUBLIC",), "PUBLIC", 22,
     "file transfer server"),
    (("aws_mwaa_environment", "AWS::MWAA::Environment"), ("webserver_access_mode", "WebserverAccessMode"),
     ("PUBLIC_ONLY", "PUBLIC_AND_PRIVATE"), "PRIVATE_ONLY", 443, "the web server of Airflow environment"),
)  # fmt: skip
_SEARCH = (
    "aws_opensearch_domain",
    "aws_elasticsearch_domain",
    "AWS::OpenSearchService::Domain",
    "AWS::Elasticsearch::Domain",
)


def rules(resources: Resources) -> Iterator[FirewallRule]:
    # Lightsail opens a port to every address, unless its rule names some.
    for ports_resource in resources.of("aws_lightsail_instance_public_ports"):
        for info in ports_resource.each("port_info"):
            sources = setting(info, "cidrs", words, _EVERYWHERE)
            if written(info, "cidr_list_aliases") and sources.value is ABSENT:
                continue
            protocol = setting(info, "protocol", text).known("?")
            ends = setting(info, "from_port", number), setting(info, "to_port", number)
            yield _rule(info.block(), f"Lightsail instance `{ports_resource.name}`", sources, *ends, protocol)
    yield from _groups(resources)
    yield from _nodes(resources)
    for types, keys, public, default, port, what in _KINDS:
        for resource in resources.of(*types):
            kind = setting(resource, of(resource, *keys), text, default)
            if kind.known("").upper() in public:
                yield _open(
                    resource,
                    what,
                    port,
                    Setting(ABSENT, kind.at, _EVERYWHERE)
                    if kind.value is ABSENT
                    else Setting(_EVERYWHERE, kind.at),
                )
    for domain in resources.of(*_SEARCH):
        key = of(domain, "vpc_options", "VPCOptions")
        within = next(domain.each(*path(key)), None) is not None or written(domain, key)
        if not within and domain.whole(*path(key)):
            at = domain.block()
            yield _open(domain, "search domain", 443, Setting(ABSENT, at, _EVERYWHERE))
    for policy in resources.of(
        "aws_opensearchserverless_security_policy", "AWS::OpenSearchServerless::SecurityPolicy"
    ):
        held = policy.value(of(policy, "policy", "Policy"))
        if isinstance(held.value, str):
            # A policy of a template is JSON in a text.
            try:
                document = json.loads(held.value)
            except (ValueError, RecursionError):
                document = None
        else:
            document = held.value
        listed = document if isinstance(document, list) else [document]
        if any(isinstance(item, dict) and item.get("AllowFromPublic") is True for item in listed):
            yield _open(policy, "network policy of search collections", 443, Setting(_EVERYWHERE, held.at))


def _open(resource: Resource, what: str, port: int, sources: Setting[tuple[str, ...]]) -> FirewallRule:
    """An endpoint that requires a credential, and that every address reaches."""
    group = f"{what} `{resource.name}`"
    return _rule(
        resource.block(), group, sources, Setting(port, sources.at), Setting(port, sources.at), "tcp", True
    )


def _rule(
    at: Location,
    group: str,
    sources: Setting[tuple[str, ...]],
    first: Setting[int],
    last: Setting[int],
    protocol: str,
    authenticated: bool = False,
) -> FirewallRule:
    return FirewallRule(
        at,
        group=group,
        sources=sources,
        first=first,
        last=last,
        protocol=Setting(protocol, at),
        authenticated=authenticated,
    )


def _groups(resources: Resources) -> Iterator[FirewallRule]:
    """Groups of databases that are outside of any VPC."""
    yield from _old_rules(resources)
    for type_, port in (("aws_db_security_group", 3306), ("aws_redshift_security_group", 5439)):
        for group in resources.of(type_):
            for rule in group.each("ingress"):
                sources = setting(rule, "cidr", words)
                if sources.value is not ABSENT:
                    at = rule.block()
                    yield _rule(
                        at,
                        f"database group `{group.name}`",
                        sources,
                        Setting(port, at),
                        Setting(port, at),
                        "tcp",
                    )


# Rules of those groups that are resources of their own, or in a list, and the property of the network.
_OLD = (
    ("AWS::RDS::DBSecurityGroup", "DBSecurityGroupIngress", "CIDRIP", 3306),
    ("AWS::RDS::DBSecurityGroupIngress", "", "CIDRIP", 3306),
    ("AWS::Redshift::ClusterSecurityGroupIngress", "", "CIDRIP", 5439),
)


def _old_rules(resources: Resources) -> Iterator[FirewallRule]:
    for type_, within, key, number_ in _OLD:
        for group in resources.of(type_):
            for rule in group.each(within) if within else (group,):
                sources = setting(rule, key, words)
                if sources.value is not ABSENT:
                    at = rule.block()
                    port = Setting(number_, at)
                    yield _rule(at, f"database group `{group.name}`", sources, port, port, "tcp")
    for instance in resources.of("AWS::Lightsail::Instance"):
        for info in instance.each("Networking", "Ports"):
            sources = setting(info, "Cidrs", words, _EVERYWHERE)
            if not (written(info, "CidrListAliases") and sources.value is ABSENT):
                ends = setting(info, "FromPort", number), setting(info, "ToPort", number)
                protocol = setting(info, "Protocol", text).known("?")
                yield _rule(info.block(), f"Lightsail instance `{instance.name}`", sources, *ends, protocol)
    for fleet in resources.of("AWS::GameLift::Fleet"):
        for info in fleet.each("EC2InboundPermissions"):
            ends = setting(info, "FromPort", number), setting(info, "ToPort", number)
            sources = setting(info, "IpRange", words)
            protocol = setting(info, "Protocol", text).known("?").lower()
            yield _rule(info.block(), f"GameLift fleet `{fleet.name}`", sources, *ends, protocol)


def _nodes(resources: Resources) -> Iterator[FirewallRule]:
    for group in resources.of("aws_eks_node_group", "AWS::EKS::Nodegroup"):
        outer = of(group, "remote_access", "RemoteAccess")
        key, sources = (
            of(group, "ec2_ssh_key", "Ec2SshKey"),
            of(group, "source_security_group_ids", "SourceSecurityGroups"),
        )
        if written(group, f"{outer}/{key}") and not written(group, f"{outer}/{sources}"):
            named = group.value(*path(f"{outer}/{key}")).at
            image = setting(group, of(group, "ami_type", "AmiType"), text).known("")
            port = Setting(3389 if image.upper().startswith("WINDOWS") else 22, named)
            yield _rule(
                group.block(),
                f"EKS node group `{group.name}`",
                Setting(_EVERYWHERE, named),
                port,
                port,
                "tcp",
            )
