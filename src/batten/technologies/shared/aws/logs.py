"""What an account and its networks record, and what is public: combined from several resources."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import AuditLog, DataService, Fact
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.shared.aws import parameters
from batten.technologies.shared.aws.resource import Resource, Resources
from batten.technologies.shared.aws.settings import of, setting, text, words

_NONE: tuple[str, ...] = ()


def facts(resources: Resources) -> Iterator[Fact]:
    yield from _networks(resources)
    for cluster in resources.of("aws_eks_cluster"):
        kinds = setting(cluster, "enabled_cluster_log_types", words, _NONE)
        state = Setting(ABSENT, kinds.at, False) if kinds.value is ABSENT else _holds(kinds, "audit")
        yield AuditLog(
            cluster.block(), what=f"requests to the API server of EKS cluster '{cluster.name}'", on=state
        )
        yield from _sealed(cluster)
    for cluster in resources.of("AWS::EKS::Cluster"):
        what = f"requests to the API server of EKS cluster '{cluster.name}'"
        yield AuditLog(cluster.block(), what=what, on=_recorded(cluster))
        yield from _sealed(cluster)
    for type_, key, shared_what in _SHARED:
        for snapshot in resources.of(type_):
            accounts = setting(snapshot, key, words, _NONE)
            if accounts.value is not ABSENT:
                shared_state = _holds(accounts, "all")
                yield DataService(
                    snapshot.block(), service=shared_what, name=snapshot.name, public=shared_state
                )
    yield from _logins(resources)
    yield from parameters.facts(resources)
    # Firewalls whose matches nothing records; said only where all that could is known.
    for types, logging, keys, what in _FIREWALLS:
        targets = {log.refers_to(of(log, *keys)) for log in resources.of(*logging)}
        if not resources.complete or "" in targets:
            continue
        for firewall in resources.of(*types):
            if firewall.address not in targets and not resources.handed_on(firewall.address):
                at = firewall.block()
                yield AuditLog(at, what=what.format(firewall.name), on=Setting(ABSENT, at, False))


def _recorded(cluster: Resource) -> Setting[bool]:
    """Whether the audit log is among the types that a template turns on."""
    way = ("Logging", "ClusterLogging", "EnabledTypes")
    held = cluster.value(*way)
    if held.value is ABSENT:
        return Setting(ABSENT, held.at, False if cluster.whole("Logging") else UNKNOWN)
    kinds = [kind.value("Type").value for kind in cluster.each(*way)]
    sure = "audit" in kinds or (cluster.whole(*way) and UNKNOWN not in kinds)
    return Setting("audit" in kinds if sure else UNKNOWN, held.at)


def _holds(listed: Setting[tuple[str, ...]], word: str) -> Setting[bool]:
    return Setting(word in listed.known(_NONE), listed.at) if listed.is_known else Setting(UNKNOWN, listed.at)


def _networks(resources: Resources) -> Iterator[AuditLog]:
    """A network whose traffic nothing records; said only where all that could is known."""
    logs = list(resources.of("aws_flow_log", "AWS::EC2::FlowLog"))
    targets = {log.refers_to(of(log, "vpc_id", "ResourceId")) for log in logs}
    if not resources.complete or "" in targets:
        return
    waiting = [*resources.dormant("aws_flow_log"), *resources.dormant("AWS::EC2::FlowLog")]
    for network in resources.of("aws_vpc", "AWS::EC2::VPC"):
        if network.address not in targets and not resources.handed_on(network.address):
            at = network.block()
            what = f"connections in network '{network.name}'"
            off = (
                name
                for log, name in waiting
                if log.refers_to(of(log, "vpc_id", "ResourceId")) == network.address
            )
            yield AuditLog(
                at, what=what, on=Setting(ABSENT, at, False), needs_place=True, switch=next(off, "")
            )


def _sealed(cluster: Resource) -> Iterator[DataService]:
    """Secrets of Kubernetes: since version 1.28 EKS encrypts them itself, with a key of AWS's."""
    version = setting(cluster, of(cluster, "version", "Version"), text).known("")
    old = version in tuple(f"1.{minor}" for minor in range(13, 28))
    if (
        old
        and not any(True for _ in cluster.each(of(cluster, "encryption_config", "EncryptionConfig")))
        and cluster.whole(of(cluster, "encryption_config", "EncryptionConfig"))
    ):
        at = cluster.block()
        yield DataService(
            at, service="secrets of EKS cluster", name=cluster.name, at_rest=Setting(ABSENT, at, False)
        )


_SHARED = (
    ("aws_db_snapshot", "shared_accounts", "database snapshot"),
    ("aws_db_snapshot_copy", "shared_accounts", "database snapshot"),
    ("aws_db_cluster_snapshot", "shared_accounts", "cluster snapshot"),
)


def _logins(resources: Resources) -> Iterator[DataService]:
    for cache in resources.of("aws_elasticache_replication_group", "AWS::ElastiCache::ReplicationGroup"):
        keys = of(cache, "auth_token user_group_ids global_replication_group_id",
                  "AuthToken UserGroupIds GlobalReplicationGroupId").split()  # fmt: skip
        if all(cache.value(key).value is ABSENT for key in keys):
            at = cache.block()
            yield DataService(
                at,
                service="ElastiCache replication group",
                name=cache.name,
                authenticated=Setting(ABSENT, at, False),
            )
    for cluster in resources.of("aws_memorydb_cluster", "AWS::MemoryDB::Cluster"):
        rules = setting(cluster, of(cluster, "acl_name", "ACLName"), text)
        if rules.known("") == "open-access":
            yield DataService(
                cluster.block(),
                service="MemoryDB cluster",
                name=cluster.name,
                authenticated=Setting(False, rules.at),
            )


# Firewalls, the resources that say where their logs go, the key by which these name them, and what the log is of.
_FIREWALLS = (
    (("aws_wafv2_web_acl", "AWS::WAFv2::WebACL"),
     ("aws_wafv2_web_acl_logging_configuration", "AWS::WAFv2::LoggingConfiguration"), ("resource_arn", "ResourceArn"),
     "requests that firewall '{0}' sees"),
    (("aws_networkfirewall_firewall", "AWS::NetworkFirewall::Firewall"),
     ("aws_networkfirewall_logging_configuration", "AWS::NetworkFirewall::LoggingConfiguration"),
     ("firewall_arn", "FirewallArn"), "what network firewall '{0}' refuses"),
)  # fmt: skip
