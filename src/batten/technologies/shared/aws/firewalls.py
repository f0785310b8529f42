"""Security groups, network ACLs and endpoints: who may connect to which ports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.facts import FirewallRule
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies.shared.aws import endpoints
from batten.technologies.shared.aws.resource import Resource, Resources, Value
from batten.technologies.shared.aws.settings import number, of, setting, text, truth, words
from batten.technologies.shared.containers.services import service_of

_EVERYWHERE: tuple[str, ...] = ("0.0.0.0/0",)
_PROTOCOLS = {"-1": "all", "all": "all", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
# Whose network interfaces have private addresses only, whatever their subnet gives to machines. Sources: the user guides of AWS PrivateLink
# (interface endpoints), EFS (mount targets), Lambda (VPC access), Route 53 (Resolver endpoints), API Gateway (VPC links).
_INSIDE = {
    "aws_vpc_endpoint": "VPC endpoints",
    "aws_vpc_endpoint_security_group_association": "VPC endpoints",
    "AWS::EC2::VPCEndpoint": "VPC endpoints",
    "aws_efs_mount_target": "EFS mount targets",
    "AWS::EFS::MountTarget": "EFS mount targets",
    "aws_lambda_function": "Lambda functions",
    "AWS::Lambda::Function": "Lambda functions",
    "AWS::Serverless::Function": "Lambda functions",
    "aws_route53_resolver_endpoint": "Resolver endpoints",
    "AWS::Route53Resolver::ResolverEndpoint": "Resolver endpoints",
    "aws_apigatewayv2_vpc_link": "VPC links",
    "AWS::ApiGatewayV2::VpcLink": "VPC links",
}
_BALANCERS = ("aws_lb", "aws_alb", "AWS::ElasticLoadBalancingV2::LoadBalancer")
# What names a group without having it: rules, and groups that admit its members.
_NAMING = (
    "aws_security_group", "aws_security_group_rule", "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule",
    "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress",
)  # fmt: skip
_WIDE = {  # key of a list or text that holds networks: Terraform, CloudFormation
    "terraform": (
        "cidr_blocks",
        "ipv6_cidr_blocks",
        "cidr_ipv4",
        "cidr_ipv6",
        "cidr_block",
        "ipv6_cidr_block",
    ),
    "cloudformation": ("CidrIp", "CidrIpv6", "CidrBlock", "Ipv6CidrBlock"),
}
# Lists of networks that customers keep, by the type of the list and the type of an entry of its own.
_LISTS = ("aws_ec2_managed_prefix_list", "AWS::EC2::PrefixList")
_LISTED = ("prefix_list_ids", "prefix_list_id", "SourcePrefixListId")


def rules(resources: Resources) -> Iterator[FirewallRule]:
    for group in resources.of("aws_security_group", "aws_default_security_group", "AWS::EC2::SecurityGroup"):
        for rule in group.each(of(group, "ingress", "SecurityGroupIngress")):
            lists = _prefix_lists(rule, resources)
            yield from _rule(
                rule, f"security group `{group.name}`", inside=_inside(group.address, resources), lists=lists
            )
    for rule in resources.of("aws_security_group_rule", "aws_vpc_security_group_ingress_rule",
                             "AWS::EC2::SecurityGroupIngress"):  # fmt: skip
        if rule.type != "aws_security_group_rule" or rule.value("type").value == "ingress":
            holder = rule.refers_to(of(rule, "security_group_id", "GroupId"))
            lists = _prefix_lists(rule, resources)
            yield from _rule(
                rule, f"security group rule `{rule.name}`", inside=_inside(holder, resources), lists=lists
            )
    # Network ACLs: each direction has rules of its own, so that wide ranges are needed for answers.
    for lists_group in resources.of("aws_network_acl", "aws_default_network_acl"):
        for lists_rule in lists_group.each("ingress"):
            if setting(lists_rule, "action", text).known("").lower() == "allow":
                yield from _rule(lists_rule, f"network ACL `{lists_group.name}`", stateless=True)
    for lists_rule in resources.of("aws_network_acl_rule", "AWS::EC2::NetworkAclEntry"):
        allows = (
            setting(lists_rule, of(lists_rule, "rule_action", "RuleAction"), text).known("").lower()
            == "allow"
        )
        if (
            allows
            and setting(lists_rule, of(lists_rule, "egress", "Egress"), truth, False).known(True) is False
        ):
            yield from _rule(lists_rule, f"network ACL rule `{lists_rule.name}`", stateless=True)
    # The API server of EKS is on the internet for every address, unless its cluster says otherwise.
    for cluster in resources.of("aws_eks_cluster", "AWS::EKS::Cluster"):
        outer = of(cluster, "vpc_config", "ResourcesVpcConfig")
        inner = next(cluster.each(outer), None) or cluster
        prefix = "" if inner is not cluster else f"{outer}/"
        public = setting(
            inner, prefix + of(cluster, "endpoint_public_access", "EndpointPublicAccess"), truth, True
        )
        sources = setting(
            inner, prefix + of(cluster, "public_access_cidrs", "PublicAccessCidrs"), words, _EVERYWHERE
        )
        if public.known(False):
            port, at = Setting(443, inner.block()), cluster.block()
            yield FirewallRule(
                at, group=f"the API server of EKS cluster `{cluster.name}`", sources=sources, first=port, last=port, protocol=Setting("tcp", at),
                authenticated=True,
            )  # fmt: skip
    yield from endpoints.rules(resources)


def _inside(group: str, resources: Resources) -> str:
    """What has the security group, where nothing that does can have a public address; "" where that is not so, or not known."""
    kinds: list[str] = []
    for user in (resources.users(group) or ()) if group else ():
        if user.type in _BALANCERS:
            private = setting(user, "internal", truth, False).known(False)
            private = private or setting(user, "Scheme", text).known("") == "internal"
            kinds.append("internal load balancers" if private else "")
        elif user.type not in _NAMING:
            kinds.append(_INSIDE.get(user.type, ""))
    return kinds[0] if all(kinds) and kinds else ""


def _prefix_lists(rule: Resource, resources: Resources) -> Iterator[Setting[tuple[str, ...]]]:
    """The networks of the prefix lists that a rule names, each at the key that names it.

    Sources: https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html, and the provider's pages of the list and its entry.
    """
    for key in _LISTED:
        listed = resources.get(rule.refers_to(key))
        if listed is None or listed.type not in _LISTS:
            continue
        entries = [
            setting(entry, of(listed, "cidr", "Cidr"), words)
            for entry in listed.each(of(listed, "entry", "Entries"))
        ]
        for one in resources.of("aws_ec2_managed_prefix_list_entry"):
            if one.refers_to("prefix_list_id") == listed.address:
                entries.append(setting(one, "cidr", words))
        yield Setting(tuple(cidr for entry in entries for cidr in entry.known(())), rule.value(key).at)


def _rule(
    rule: Resource,
    group: str,
    stateless: bool = False,
    inside: str = "",
    lists: Iterable[Setting[tuple[str, ...]]] = (),
) -> Iterator[FirewallRule]:
    """One fact for each key that names networks, so that each finding is at its own line."""
    for sources in (*(setting(rule, key, words) for key in _WIDE[rule.language]), *lists):
        if sources.value is not ABSENT:
            first = _port(rule, of(rule, "from_port", "PortRange/From" if stateless else "FromPort"))
            last = _port(rule, of(rule, "to_port", "PortRange/To" if stateless else "ToPort"))
            protocol = _protocol(rule)
            described = setting(rule, of(rule, "description", "Description"), text).known("")
            yield FirewallRule(
                rule.block(),
                group=group,
                sources=sources,
                first=first,
                last=last,
                protocol=protocol,
                stateless=stateless,
                service=service_of((first.known(-1), last.known(-1)), protocol.known(""), group, described),
                inside=inside,
            )


def _port(rule: Resource, key: str) -> Setting[int]:
    held = setting(rule, key, number)
    return Setting(-1, held.at) if held.value is ABSENT else held


def _protocol(rule: Resource) -> Setting[str]:
    for key in ("protocol", "ip_protocol", "IpProtocol", "Protocol"):
        held = setting(rule, key, _word)
        if held.value is not ABSENT:
            return held
    return Setting(UNKNOWN, rule.block())


def _word(value: Value) -> str | Unknown:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return _PROTOCOLS.get(value.lower(), value.lower()) if isinstance(value, str) else UNKNOWN
