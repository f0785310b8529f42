"""What is one key with one right value: the table, in both languages, with AWS's defaults; `row.py` says how it is read.

Services are in this table by what is asked of them; the modules of `families/` have a table for each kind of service.
"""

from __future__ import annotations

from batten.model import UNKNOWN, Unknown
from batten.technologies.shared.aws.families import (
    analysis,
    audit,
    compute,
    connections,
    recovery,
    safeguards,
    stacks,
    stores,
    updates,
)
from batten.technologies.shared.aws.key import CUSTOM, DOWNTIME, REPLACED, AwsKey, at_rest

__all__ = ["ROWS", "AwsKey"]

_SNAPSHOTS = ("snapshot_identifier", "SnapshotIdentifier", "DBSnapshotIdentifier", "restore_to_point_in_time")
_COPIES = ("replicate_source_db", "SourceDBInstanceIdentifier", "replication_source_identifier",
           "ReplicationSourceIdentifier", "SourceDBClusterIdentifier", "global_cluster_identifier",
           "GlobalClusterIdentifier", "DBClusterIdentifier", "s3_import")  # fmt: skip
_STORAGE = ("storage_encrypted", "StorageEncrypted")
_ELASTICSEARCH = ("aws_elasticsearch_domain", "AWS::Elasticsearch::Domain")
_OPENSEARCH = ("aws_opensearch_domain", "AWS::OpenSearchService::Domain")
_CACHE = ("aws_elasticache_replication_group", "AWS::ElastiCache::ReplicationGroup")
# With Valkey a group is encrypted at rest by default; in transit none is, whichever the engine (ElastiCache API reference,
# CreateReplicationGroup; the provider's "at_rest_encryption_enabled" and "transit_encryption_enabled").
# A group that is durable is always encrypted at rest (ElastiCache user guide, "At-Rest Encryption in ElastiCache").
_REDIS = ("engine", "Engine", ("redis",))
_GLOBAL = ("global_replication_group_id", "GlobalReplicationGroupId")

AT_REST = (
    at_rest("RDS instance", ("aws_db_instance", "AWS::RDS::DBInstance"), _STORAGE,
             unless=(*_SNAPSHOTS, *_COPIES), apart=CUSTOM),
    # Since February 2026 every new Aurora cluster is encrypted, with AWS's key when no other is named.
    at_rest("Aurora cluster", ("aws_rds_cluster", "AWS::RDS::DBCluster"), _STORAGE, UNKNOWN),
    at_rest("DocumentDB cluster", ("aws_docdb_cluster", "AWS::DocDB::DBCluster"), _STORAGE,
             unless=(*_SNAPSHOTS, *_COPIES)),
    at_rest("Neptune cluster", ("aws_neptune_cluster", "AWS::Neptune::DBCluster"), _STORAGE,
             unless=(*_SNAPSHOTS, *_COPIES)),
    # Encrypted by default since January 2025; provider versions before 6 say false where nothing is written.
    at_rest("Redshift cluster", ("aws_redshift_cluster", "AWS::Redshift::Cluster"), ("encrypted", "Encrypted"),
             UNKNOWN),
    at_rest("ElastiCache replication group", _CACHE,
             ("at_rest_encryption_enabled", "AtRestEncryptionEnabled"), unless=(*_GLOBAL, "Durability"), given=_REDIS),
    at_rest("OpenSearch domain", _OPENSEARCH,
             ("encrypt_at_rest/enabled", "EncryptionAtRestOptions/Enabled")),
    at_rest("Elasticsearch domain", _ELASTICSEARCH,
             ("encrypt_at_rest/enabled", "EncryptionAtRestOptions/Enabled")),
    at_rest("EFS file system", ("aws_efs_file_system", "AWS::EFS::FileSystem"), ("encrypted", "Encrypted")),
    at_rest("EBS volume", ("aws_ebs_volume", "AWS::EC2::Volume"), ("encrypted", "Encrypted"),
             unless=("snapshot_id", "SnapshotId", "source_volume_id"), settled=("aws_ebs_encryption_by_default",)),
    at_rest("root disk of instance", ("aws_instance", ""), ("encrypted", ""), UNKNOWN,
             within=("root_block_device", "")),
    at_rest("disk of instance", ("aws_instance", "AWS::EC2::Instance"), ("encrypted", "Ebs/Encrypted"), UNKNOWN,
             within=("ebs_block_device", "BlockDeviceMappings")),
    at_rest("disk of launch template", ("aws_launch_template", "AWS::EC2::LaunchTemplate"),
             ("ebs/encrypted", "Ebs/Encrypted"), UNKNOWN,
             within=("block_device_mappings", "LaunchTemplateData/BlockDeviceMappings")),
    at_rest("root disk of launch configuration", ("aws_launch_configuration", ""), ("encrypted", ""), UNKNOWN,
             within=("root_block_device", "")),
    at_rest("disk of launch configuration",
             ("aws_launch_configuration", "AWS::AutoScaling::LaunchConfiguration"),
             ("encrypted", "Ebs/Encrypted"), UNKNOWN, within=("ebs_block_device", "BlockDeviceMappings")),
    at_rest("DAX cluster", ("aws_dax_cluster", "AWS::DAX::Cluster"),
             ("server_side_encryption/enabled", "SSESpecification/SSEEnabled")),
    at_rest("WorkSpace's root volume", ("aws_workspaces_workspace", "AWS::WorkSpaces::Workspace"),
             ("root_volume_encryption_enabled", "RootVolumeEncryptionEnabled")),
    AwsKey("at-rest", "default encryption of EBS volumes", ("aws_ebs_encryption_by_default", ""), ("enabled", ""),
        True),
    # Queues encrypt with SQS's own key since October 2022, unless that is switched off.
    AwsKey("at-rest", "SQS queue", ("aws_sqs_queue", "AWS::SQS::Queue"),
        ("sqs_managed_sse_enabled", "SqsManagedSseEnabled"), True,
        beside=("kms_master_key_id", "KmsMasterKeyId")),
    AwsKey("at-rest", "SNS topic", ("aws_sns_topic", "AWS::SNS::Topic"), ("kms_master_key_id", "KmsMasterKeyId"),
        False, "alias/aws/sns", (), weakly=True,
        breaks="AWS services that publish to the topic: they need a customer managed key whose policy allows them"),
    AwsKey("at-rest", "Kinesis stream", ("aws_kinesis_stream", "AWS::Kinesis::Stream"),
        ("encryption_type", "StreamEncryption/EncryptionType"), False, "KMS", ("KMS",),
        also=(("kms_key_id", "StreamEncryption/KeyId", "alias/aws/kinesis"),)),
    # A stream that something else fills has the encryption of that (Firehose API reference, CreateDeliveryStream).
    AwsKey("at-rest", "Firehose stream", ("aws_kinesis_firehose_delivery_stream", ""), ("server_side_encryption/enabled", ""), False,
        unless=("kinesis_source_configuration", "msk_source_configuration")),
    AwsKey("at-rest", "Firehose stream", ("", "AWS::KinesisFirehose::DeliveryStream"),
        ("", "DeliveryStreamEncryptionConfigurationInput/KeyType"), False, "AWS_OWNED_CMK",
        ("AWS_OWNED_CMK", "CUSTOMER_MANAGED_CMK"),
        unless=("KinesisStreamSourceConfiguration", "MSKSourceConfiguration", "DatabaseSourceConfiguration")),
    # Of a String nothing is encrypted with a key of KMS (Systems Manager user guide, "What is a parameter?"); templates make no other.
    AwsKey("at-rest", "parameter", ("aws_ssm_parameter", ""), ("type", ""), UNKNOWN, "SecureString", ("SecureString",),
        called=("name", ""), weakly=True, breaks="readers that ask for no decryption, or that may not use the key"),
    AwsKey("at-rest", "parameter", ("", "AWS::SSM::Parameter"), ("", "Type"), UNKNOWN, "", ("SecureString",), called=("", "Name"),
        weakly=True),
    at_rest("AppSync cache", ("aws_appsync_api_cache", "AWS::AppSync::ApiCache"),
             ("at_rest_encryption_enabled", "AtRestEncryptionEnabled")),
)  # fmt: skip

IN_TRANSIT = (
    AwsKey("in-transit", "ElastiCache replication group", _CACHE,
        ("transit_encryption_enabled", "TransitEncryptionEnabled"), False, unless=_GLOBAL, breaks=DOWNTIME),
    AwsKey("in-transit", "MemoryDB cluster", ("aws_memorydb_cluster", "AWS::MemoryDB::Cluster"),
        ("tls_enabled", "TLSEnabled"), True, breaks=REPLACED),
    AwsKey("in-transit", "OpenSearch domain", _OPENSEARCH,
        ("domain_endpoint_options/enforce_https", "DomainEndpointOptions/EnforceHTTPS"), UNKNOWN,
        breaks=DOWNTIME),
    AwsKey("in-transit", "Elasticsearch domain", _ELASTICSEARCH,
        ("domain_endpoint_options/enforce_https", "DomainEndpointOptions/EnforceHTTPS"), UNKNOWN,
        breaks=DOWNTIME),
    AwsKey("in-transit", "network between the nodes of OpenSearch domain", _OPENSEARCH,
        ("node_to_node_encryption/enabled", "NodeToNodeEncryptionOptions/Enabled"), False, dials=True),
    AwsKey("in-transit", "network between the nodes of Elasticsearch domain", _ELASTICSEARCH,
        ("node_to_node_encryption/enabled", "NodeToNodeEncryptionOptions/Enabled"), False, breaks=REPLACED, dials=True),
    AwsKey("in-transit", "MSK cluster", ("aws_msk_cluster", "AWS::MSK::Cluster"),
        ("encryption_info/encryption_in_transit/client_broker",
         "EncryptionInfo/EncryptionInTransit/ClientBroker"), True, "TLS", ("TLS",), breaks=DOWNTIME),
    AwsKey("in-transit", "network between the brokers of MSK cluster", ("aws_msk_cluster", "AWS::MSK::Cluster"),
        ("encryption_info/encryption_in_transit/in_cluster", "EncryptionInfo/EncryptionInTransit/InCluster"),
        True, breaks=REPLACED, dials=True),
    AwsKey("in-transit", "EFS volume of task", ("aws_ecs_task_definition", "AWS::ECS::TaskDefinition"),
        ("transit_encryption", "TransitEncryption"), False, "ENABLED", ("ENABLED",),
        within=("volume/efs_volume_configuration", "Volumes/EFSVolumeConfiguration"),
        breaks="tasks on hosts without the mount helper", dials=True),
    AwsKey("in-transit", "DAX cluster", ("aws_dax_cluster", "AWS::DAX::Cluster"),
        ("cluster_endpoint_encryption_type", "ClusterEndpointEncryptionType"), False, "TLS", ("TLS",),
        breaks=REPLACED),
    AwsKey("in-transit", "AppSync cache", ("aws_appsync_api_cache", "AWS::AppSync::ApiCache"),
        ("transit_encryption_enabled", "TransitEncryptionEnabled"), False, breaks=REPLACED),
)  # fmt: skip

_PUBLIC_KEY = ("publicly_accessible", "PubliclyAccessible")
_OUTSIDE = "clients outside the network"
_OPEN_ACLS = ("public-read", "public-read-write", "authenticated-read")


def _public(
    service: str,
    types: tuple[str, str],
    keys: tuple[str, str] = _PUBLIC_KEY,
    default: bool | Unknown = False,
    unless: tuple[str, ...] = (),
    guarded: bool = False,
) -> AwsKey:
    return AwsKey(
        "public", service, types, keys, default, right=False, breaks=_OUTSIDE, unless=unless, guarded=guarded
    )


PUBLIC = (
    # CloudFormation and the API look at the subnet group where nothing is written, and without one at the default network, which has
    # a gateway to the internet (Amazon RDS API reference, CreateDBInstance, PubliclyAccessible); the provider says false.
    _public("RDS instance", ("aws_db_instance", "")),
    _public("RDS instance", ("", "AWS::RDS::DBInstance"), default=True, guarded=True,
            unless=("DBSubnetGroupName", "DBClusterIdentifier", "SourceDBInstanceIdentifier", "SourceDBClusterIdentifier")),
    _public("Aurora instance", ("aws_rds_cluster_instance", "")),
    _public("Neptune instance", ("aws_neptune_cluster_instance", "")),
    # The provider's default was true before version 6 (its "Version 6 upgrade guide", aws_redshift_cluster).
    _public("Redshift cluster", ("aws_redshift_cluster", "AWS::Redshift::Cluster"), default=UNKNOWN),
    _public("Redshift workgroup", ("aws_redshiftserverless_workgroup", "AWS::RedshiftServerless::Workgroup"),
            ("publicly_accessible", "PubliclyAccessible")),
    _public("MQ broker", ("aws_mq_broker", "AWS::AmazonMQ::Broker")),
    # The API gives a public address where nothing is written; the provider says false (DMS API reference, CreateReplicationInstance).
    _public("DMS instance", ("aws_dms_replication_instance", "")),
    _public("DMS instance", ("", "AWS::DMS::ReplicationInstance"), default=True),
    AwsKey("public", "MSK cluster", ("aws_msk_cluster", "AWS::MSK::Cluster"),
        ("broker_node_group_info/connectivity_info/public_access/type",
         "BrokerNodeGroupInfo/ConnectivityInfo/PublicAccess/Type"), False, "DISABLED",
        ("SERVICE_PROVIDED_EIPS",), breaks=_OUTSIDE),
    AwsKey("public", "machine image", ("aws_ami_launch_permission", ""), ("group", ""), False, "", ("all",)),
    *(AwsKey("public", "S3 object", (type_, ""), ("acl", ""), False, "private", _OPEN_ACLS,
          breaks="anonymous clients that read the object")
      for type_ in ("aws_s3_object", "aws_s3_bucket_object", "aws_s3_object_copy")),
    AwsKey("public", "account's EBS snapshots", ("aws_ebs_snapshot_block_public_access", ""), ("state", ""), False,
        "block-all-sharing", ("unblocked",)),
    AwsKey("public", "account's machine images", ("aws_ec2_image_block_public_access", ""), ("state", ""), False,
        "block-new-sharing", ("unblocked",)),
)  # fmt: skip

AUTHENTICATED = (
    AwsKey("authenticated", "MSK cluster", ("aws_msk_cluster", "AWS::MSK::Cluster"),
        ("client_authentication/unauthenticated", "ClientAuthentication/Unauthenticated/Enabled"), UNKNOWN,
        right=False, on=(False,), breaks="clients without a certificate or password"),
)  # fmt: skip

_ENDPOINT = ("metadata_options/http_endpoint", "MetadataOptions/HttpEndpoint", ("enabled",))
_ACCOUNT = ("aws_ec2_instance_metadata_defaults",)
# "optional" is the default unless the image (ImdsSupport v2.0, as Amazon Linux 2023 has it) or the account requires tokens
# (CloudFormation reference, MetadataOptions, HttpTokens); which image an id names is not known here.
TOKENS = (
    AwsKey("tokens", "instance", ("aws_instance", "AWS::EC2::Instance"),
        ("metadata_options/http_tokens", "MetadataOptions/HttpTokens"), False, "required", ("required",),
        unless=("launch_template", "LaunchTemplate"), given=_ENDPOINT, settled=_ACCOUNT, image=("ami", "ImageId"),
        breaks="software on it that supports only IMDSv1"),
    AwsKey("tokens", "launch template", ("aws_launch_template", "AWS::EC2::LaunchTemplate"),
        ("metadata_options/http_tokens", "LaunchTemplateData/MetadataOptions/HttpTokens"), False, "required",
        ("required",), given=("metadata_options/http_endpoint", "LaunchTemplateData/MetadataOptions/HttpEndpoint",
                              ("enabled",)),
        settled=_ACCOUNT, image=("image_id", "LaunchTemplateData/ImageId"), breaks="software on it that supports only IMDSv1"),
    AwsKey("tokens", "launch configuration",
        ("aws_launch_configuration", "AWS::AutoScaling::LaunchConfiguration"),
        ("metadata_options/http_tokens", "MetadataOptions/HttpTokens"), False, "required", ("required",),
        image=("image_id", "ImageId"), breaks="software on it that supports only IMDSv1"),
    AwsKey("tokens", "account", ("aws_ec2_instance_metadata_defaults", ""), ("http_tokens", ""), UNKNOWN, "required",
        ("required", "no-preference"), breaks="software that supports only IMDSv1"),
)  # fmt: skip

_TRAIL = ("aws_cloudtrail", "AWS::CloudTrail::Trail")
AUDIT = (
    AwsKey("audit", "activity in other regions: the trail covers one region", _TRAIL,
        ("is_multi_region_trail", "IsMultiRegionTrail"), False),
    AwsKey("audit", "changes of the trail's log files: file validation is off", _TRAIL,
        ("enable_log_file_validation", "EnableLogFileValidation"), False),
    AwsKey("audit", "activity in the account: the trail is off", _TRAIL, ("enable_logging", "IsLogging"), True),
    AwsKey("audit", "activity in IAM and STS: the trail excludes global services", _TRAIL,
        ("include_global_service_events", "IncludeGlobalServiceEvents"), True),
    AwsKey("audit", "threats: GuardDuty is off", ("aws_guardduty_detector", "AWS::GuardDuty::Detector"),
        ("enable", "Enable"), True),
    AwsKey("audit", "changes of resources: the AWS Config recorder is off",
        ("aws_config_configuration_recorder_status", ""), ("is_enabled", ""), UNKNOWN),
    AwsKey("audit", "use of the broker: its general log is off", ("aws_mq_broker", "AWS::AmazonMQ::Broker"),
        ("logs/general", "Logs/General"), False),
)  # fmt: skip

ROWS: tuple[AwsKey, ...] = (
    *AT_REST, *IN_TRANSIT, *PUBLIC, *AUTHENTICATED, *TOKENS, *AUDIT, *stores.ROWS, *compute.ROWS, *analysis.ROWS, *audit.ROWS, *updates.ROWS,
    *safeguards.ROWS, *stacks.ROWS, *recovery.ROWS, *connections.ROWS,
)  # fmt: skip
