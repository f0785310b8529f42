"""Managed stores: RDS for PostgreSQL and MariaDB, ElastiCache for Valkey; private, encrypted, backed up.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_BestPractices.Security.html and
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden.stack import APPLICATION, Stack, Store
from batten.harden.terraform_aws.hcl import Block, Raw, Value, block, data, resource
from batten.harden.terraform_aws.keys import KEY
from batten.harden.terraform_aws.network import SUBNETS, group

_ENGINES = {"postgresql": ("postgres", "17", "postgres17"), "mariadb": ("mariadb", "11.8", "mariadb11.8")}
_PARAMETERS = {
    "postgresql": {"rds.force_ssl": "1", "log_connections": "1", "log_disconnections": "1", "log_statement": "ddl",
                   "ssl_min_protocol_version": "TLSv1.2", "password_encryption": "scram-sha-256",
                   "log_min_duration_statement": "-1"},
    "mariadb": {"require_secure_transport": "1", "local_infile": "0", "tls_version": "TLSv1.2,TLSv1.3"},
}  # fmt: skip
_LOGS: dict[str, list[Value]] = {"postgresql": ["postgresql", "upgrade"], "mariadb": ["audit", "error"]}
_CACHES = {"valkey": ("valkey", "8.0", "default.valkey8")}


def blocks(stack: Stack) -> Iterator[Block]:
    if any(store.kind in _ENGINES for store in stack.stores):
        yield resource("aws_db_subnet_group", "main", {"name": Raw("var.name"), "subnet_ids": SUBNETS})
        principals = block("principals", {"type": "Service", "identifiers": ["monitoring.rds.amazonaws.com"]})
        account = block(
            "condition",
            {
                "test": "StringEquals",
                "variable": "aws:SourceAccount",
                "values": [Raw("data.aws_caller_identity.current.account_id")],
            },
        )
        trusted = block("statement", {"actions": ["sts:AssumeRole"]}, principals, account)
        yield data("aws_iam_policy_document", "monitoring_trust", {}, trusted)
        yield resource("aws_iam_role", "monitoring", {
            "name": Raw('"${var.name}-monitoring"'),
            "assume_role_policy": Raw("data.aws_iam_policy_document.monitoring_trust.json"),
        })  # fmt: skip
        yield resource("aws_iam_role_policy_attachment", "monitoring", {
            "role": Raw("aws_iam_role.monitoring.name"),
            "policy_arn": Raw('"arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"'),
        })  # fmt: skip
    if any(store.kind in _CACHES for store in stack.stores):
        yield resource(
            "aws_elasticache_subnet_group", "main", {"name": Raw("var.name"), "subnet_ids": SUBNETS}
        )
    for store in stack.stores:
        yield from _database(store) if store.kind in _ENGINES else _cache(store)


def _database(store: Store) -> Iterator[Block]:
    family = _ENGINES[store.kind][2]
    name = store.name.replace("-", "_")
    parameters = (
        block("parameter", {"name": key, "value": value, "apply_method": "pending-reboot"})
        for key, value in _PARAMETERS[store.kind].items()
    )
    yield resource(
        "aws_db_parameter_group",
        name,
        {"name": Raw(f'"${{var.name}}-{store.name}"'), "family": family},
        *parameters,
    )
    yield resource("aws_db_instance", name, {**_engine(store), **_kept(store)})


def _engine(store: Store) -> dict[str, Value]:
    engine, version, _ = _ENGINES[store.kind]
    return {
        "identifier": Raw(f'"${{var.name}}-{store.name}"'),
        "engine": engine,
        "engine_version": version,
        "instance_class": "db.t4g.small",
        "allocated_storage": 20,
        "max_allocated_storage": 100,
        "storage_type": "gp3",
        "storage_encrypted": True,
        "kms_key_id": KEY,
        "db_name": APPLICATION,
        "username": "owner",
        "manage_master_user_password": True,
        "master_user_secret_kms_key_id": Raw("aws_kms_key.main.key_id"),
    }


def _kept(store: Store) -> dict[str, Value]:
    """Who reaches it, and what is left of it when it is gone."""
    name = store.name.replace("-", "_")
    return {
        "iam_database_authentication_enabled": True,
        "parameter_group_name": Raw(f"aws_db_parameter_group.{name}.name"),
        "db_subnet_group_name": Raw("aws_db_subnet_group.main.name"),
        "vpc_security_group_ids": [group(store.name)],
        "publicly_accessible": False,
        "multi_az": True,
        "backup_retention_period": 30,
        "copy_tags_to_snapshot": True,
        "deletion_protection": True,
        "skip_final_snapshot": False,
        "final_snapshot_identifier": Raw(f'"${{var.name}}-{store.name}-final"'),
        "auto_minor_version_upgrade": True,
        "apply_immediately": False,
        "ca_cert_identifier": "rds-ca-rsa2048-g1",
        "enabled_cloudwatch_logs_exports": _LOGS[store.kind],
        "performance_insights_enabled": True,
        "performance_insights_kms_key_id": KEY,
        "monitoring_interval": 60,
        "monitoring_role_arn": Raw("aws_iam_role.monitoring.arn"),
    }


def _cache(store: Store) -> Iterator[Block]:
    engine, version, family = _CACHES[store.kind]
    name = store.name.replace("-", "_")
    user = block("authentication_mode", {"type": "iam"})
    own: dict[str, Value] = {
        "user_id": Raw(f'"${{var.name}}-{store.name}-{APPLICATION}"'),
        "user_name": Raw(f'"${{var.name}}-{store.name}-{APPLICATION}"'),
        "engine": engine,
        "access_string": "on ~* &* +@all -@admin -@dangerous -@scripting +info +ping",
    }
    yield resource(
        "aws_elasticache_user", name, own, user, remark="Tasks log in with their role: there is no password."
    )
    users: dict[str, Value] = {
        "user_group_id": Raw(f'"${{var.name}}-{store.name}"'),
        "engine": engine,
        "user_ids": [Raw(f"aws_elasticache_user.{name}.user_id")],
    }
    yield resource("aws_elasticache_user_group", name, users)
    yield resource("aws_elasticache_replication_group", name, {
        "replication_group_id": Raw(f'"${{var.name}}-{store.name}"'),
        "description": f"{store.kind} of the API",
        "engine": engine,
        "engine_version": version,
        "node_type": "cache.t4g.small",
        "num_cache_clusters": 2,
        "automatic_failover_enabled": True,
        "multi_az_enabled": True,
        "port": store.port,
        "parameter_group_name": family,
        "subnet_group_name": Raw("aws_elasticache_subnet_group.main.name"),
        "security_group_ids": [group(store.name)],
        "at_rest_encryption_enabled": True,
        "kms_key_id": KEY,
        "transit_encryption_enabled": True,
        "transit_encryption_mode": "required",
        "user_group_ids": [Raw(f"aws_elasticache_user_group.{name}.id")],
        "snapshot_retention_limit": 7,
        "auto_minor_version_upgrade": True,
        "apply_immediately": False,
    })  # fmt: skip
