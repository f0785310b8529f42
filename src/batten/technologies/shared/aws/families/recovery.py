"""Copies of data, and locks against deletion: what is left after someone who got in deletes what they find.

Defaults: the provider's "Argument Reference" and CloudFormation's template reference. The API makes a copy of a database each day
where nothing is written (Amazon RDS API reference, CreateDBInstance, BackupRetentionPeriod); the provider writes 0 for an instance.
"""

from __future__ import annotations

from batten.model import Unknown
from batten.technologies.shared.aws.key import CUSTOM, AwsKey, Scalar

_BILL = "the bill for the copies"
_COPY = (
    "replicate_source_db",
    "SourceDBInstanceIdentifier",
    "SourceDBClusterIdentifier",
    "DBClusterIdentifier",
)
DELETING = "`terraform destroy` and deletions of the stack, which are refused"
_LOCK = ("deletion_protection", "DeletionProtection")
_BACKUPS = ("backup_retention_period", "BackupRetentionPeriod")
_DATABASE = ("aws_db_instance", "AWS::RDS::DBInstance")
_AURORA = ("aws_rds_cluster", "AWS::RDS::DBCluster")
_DOCUMENTS = ("aws_docdb_cluster", "AWS::DocDB::DBCluster")
_GRAPHS = ("aws_neptune_cluster", "AWS::Neptune::DBCluster")
_REPLICA = ("", "AWS::DynamoDB::GlobalTable")
_TABLE = ("aws_dynamodb_table", "AWS::DynamoDB::Table")
# The table in which Terraform's S3 backend locks a state: a row lives as long as a run.
# https://developer.hashicorp.com/terraform/language/backend/s3#dynamodb-state-locking
_STATE_LOCKS = ("hash_key", "", "lockid")


def _kept(service: str, types: tuple[str, str], default: bool = True) -> AwsKey:
    """Daily copies, kept for so many days. Those of 1 and more are enough; 7 is what is written."""
    return AwsKey(
        "safeguard", service, types, _BACKUPS, default, 7, (), least=1, kind="no-copies", unless=_COPY, apart=CUSTOM,
        breaks="clients, during the short outage that the first copy takes",
    )  # fmt: skip


def _locked(
    service: str,
    types: tuple[str, str],
    keys: tuple[str, str] = _LOCK,
    default: bool | Unknown = False,
    right: Scalar = True,
    on: tuple[Scalar, ...] = (True,),
    unless: tuple[str, ...] = (),
    apart: tuple[str, str, str] = ("", "", ""),
) -> AwsKey:
    return AwsKey(
        "safeguard", service, types, keys, default, right, on, kind="deletable", breaks=DELETING, unless=unless,
        apart=apart,
    )  # fmt: skip


ROWS = (
    _kept("RDS instance", ("aws_db_instance", ""), False),
    _kept("RDS instance", ("", "AWS::RDS::DBInstance")),
    _kept("DocumentDB cluster", _DOCUMENTS),
    AwsKey("safeguard", "DynamoDB table", _TABLE,
        ("point_in_time_recovery/enabled", "PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled"), False, kind="no-copies",
        breaks=_BILL, apart=_STATE_LOCKS),
    AwsKey("safeguard", "Keyspaces table", ("aws_keyspaces_table", ""), ("point_in_time_recovery/status", ""), False, "ENABLED",
        ("ENABLED",), kind="no-copies", breaks=_BILL),
    AwsKey("safeguard", "Keyspaces table", ("", "AWS::Cassandra::Table"), ("", "PointInTimeRecoveryEnabled"), False,
        kind="no-copies", breaks=_BILL),
    AwsKey("safeguard", "replica of DynamoDB table", _REPLICA,
        ("", "PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled"), False, within=("", "Replicas"), kind="no-copies",
        breaks=_BILL),
    AwsKey("safeguard", "replica of DynamoDB table", _REPLICA, ("", "DeletionProtectionEnabled"), False, within=("", "Replicas"),
        breaks=DELETING, kind="deletable"),
    _locked("RDS instance", _DATABASE, unless=("replicate_source_db", "DBClusterIdentifier")),
    _locked("Aurora cluster", _AURORA),
    _locked("global cluster", ("aws_rds_global_cluster", "AWS::RDS::GlobalCluster")),
    _locked("DocumentDB cluster", _DOCUMENTS),
    _locked("Neptune cluster", _GRAPHS),
    _locked("DynamoDB table", _TABLE, ("deletion_protection_enabled", "DeletionProtectionEnabled"),
            apart=_STATE_LOCKS),
    _locked("DSQL cluster", ("aws_dsql_cluster", "AWS::DSQL::Cluster"),
            ("deletion_protection_enabled", "DeletionProtectionEnabled")),
    _locked("ledger", ("aws_qldb_ledger", "AWS::QLDB::Ledger"), default=True),
    _locked("load balancer", ("aws_lb", ""), ("enable_deletion_protection", "")),
    _locked("load balancer", ("aws_alb", ""), ("enable_deletion_protection", "")),
    _locked("user pool", ("aws_cognito_user_pool", "AWS::Cognito::UserPool"), right="ACTIVE", on=("ACTIVE",)),
    _locked("network firewall", ("aws_networkfirewall_firewall", "AWS::NetworkFirewall::Firewall"),
            ("delete_protection", "DeleteProtection")),
    _locked("event data store", ("aws_cloudtrail_event_data_store", "AWS::CloudTrail::EventDataStore"),
            ("termination_protection_enabled", "TerminationProtectionEnabled"), True),
)  # fmt: skip
