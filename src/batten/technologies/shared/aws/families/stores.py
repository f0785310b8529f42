"""Stores, queues and what moves data between them: encryption, who can reach them, and who must log in."""

from __future__ import annotations

from batten.model import UNKNOWN
from batten.technologies.shared.aws.key import DOWNTIME, REPLACED, AwsKey, at_rest

_OUTSIDE = "clients outside the network"
_EMR = ("aws_emr_security_configuration", "AWS::EMR::SecurityConfiguration")
_GLUE = ("aws_glue_security_configuration", "AWS::Glue::SecurityConfiguration")
_CATALOGUE = ("aws_glue_data_catalog_encryption_settings", "AWS::Glue::DataCatalogEncryptionSettings")
_BUILD = ("aws_codebuild_project", "AWS::CodeBuild::Project")
_SPOT = ("aws_spot_instance_request", "")
_CONNECTOR = ("aws_mskconnect_connector", "AWS::KafkaConnect::Connector")
# Engines of which an endpoint of the migration service has the choice (DMS user guide, "Using SSL").
_MIGRATED = ("mysql", "mariadb", "aurora", "postgres", "aurora-postgresql", "sqlserver", "oracle", "mongodb",
             "docdb", "db2", "sybase")  # fmt: skip


def _snapshots(service: str, type_: str, key: str = "storage_encrypted") -> AwsKey:
    return at_rest(
        service, (type_, ""), (key, ""), unless=("source_db_cluster_identifier", "snapshot_identifier")
    )


ROWS = (
    at_rest("WorkSpace's user volume", ("aws_workspaces_workspace", "AWS::WorkSpaces::Workspace"),
            ("user_volume_encryption_enabled", "UserVolumeEncryptionEnabled")),
    # A copy keeps the encryption of its source where nothing is written.
    at_rest("copy of machine image", ("aws_ami_copy", ""), ("encrypted", ""), UNKNOWN),
    at_rest("copy of EBS snapshot", ("aws_ebs_snapshot_copy", ""), ("encrypted", ""), UNKNOWN),
    at_rest("disk of machine image", ("aws_ami", ""), ("encrypted", ""), UNKNOWN, within=("ebs_block_device", "")),
    at_rest("disk of image recipe", ("aws_imagebuilder_image_recipe", "AWS::ImageBuilder::ImageRecipe"),
            ("ebs/encrypted", "Ebs/Encrypted"), UNKNOWN, within=("block_device_mapping", "BlockDeviceMappings")),
    at_rest("root disk of spot instance", _SPOT, ("encrypted", ""), UNKNOWN, within=("root_block_device", "")),
    at_rest("disk of spot instance", _SPOT, ("encrypted", ""), UNKNOWN, within=("ebs_block_device", "")),
    # Aurora encrypts every new cluster since February 2026, and a global one is what its clusters are.
    at_rest("global cluster", ("aws_rds_global_cluster", "AWS::RDS::GlobalCluster"),
            ("storage_encrypted", "StorageEncrypted"), UNKNOWN),
    _snapshots("global DocumentDB cluster", "aws_docdb_global_cluster"),
    _snapshots("global Neptune cluster", "aws_neptune_global_cluster"),
    AwsKey("at-rest", "catalogue of Glue", _CATALOGUE,
        ("data_catalog_encryption_settings/encryption_at_rest/catalog_encryption_mode",
         "DataCatalogEncryptionSettings/EncryptionAtRest/CatalogEncryptionMode"), False, "SSE-KMS",
        ("SSE-KMS", "SSE-KMS-WITH-SERVICE-ROLE"), breaks="roles that may not use the key"),
    AwsKey("at-rest", "passwords in the catalogue of Glue", _CATALOGUE,
        ("data_catalog_encryption_settings/connection_password_encryption/return_connection_password_encrypted",
         "DataCatalogEncryptionSettings/ConnectionPasswordEncryption/ReturnConnectionPasswordEncrypted"), False,
        breaks="roles that may not use the key"),
    AwsKey("at-rest", "logs of Glue jobs", _GLUE,
        ("encryption_configuration/cloudwatch_encryption/cloudwatch_encryption_mode",
         "EncryptionConfiguration/CloudWatchEncryption/CloudWatchEncryptionMode"), False, "", ("SSE-KMS",)),
    AwsKey("at-rest", "bookmarks of Glue jobs", _GLUE,
        ("encryption_configuration/job_bookmarks_encryption/job_bookmarks_encryption_mode",
         "EncryptionConfiguration/JobBookmarksEncryption/JobBookmarksEncryptionMode"), False, "", ("CSE-KMS",)),
    AwsKey("at-rest", "results of Glue jobs", (_GLUE[0], ""),
        ("encryption_configuration/s3_encryption/s3_encryption_mode", ""), False, "SSE-S3", ("SSE-KMS", "SSE-S3")),
    AwsKey("at-rest", "clusters of EMR configuration", _EMR,
        ("configuration/EncryptionConfiguration/EnableAtRestEncryption",
         "SecurityConfiguration/EncryptionConfiguration/EnableAtRestEncryption"), UNKNOWN, ""),
    AwsKey("in-transit", "clusters of EMR configuration", _EMR,
        ("configuration/EncryptionConfiguration/EnableInTransitEncryption",
         "SecurityConfiguration/EncryptionConfiguration/EnableInTransitEncryption"), UNKNOWN, "", dials=True),
    AwsKey("at-rest", "artifacts of build project", _BUILD, ("artifacts/encryption_disabled", "Artifacts/EncryptionDisabled"),
        True, False, (False,)),
    AwsKey("at-rest", "artifacts of build project", _BUILD, ("encryption_disabled", "EncryptionDisabled"), True, False, (False,),
        within=("secondary_artifacts", "SecondaryArtifacts")),
    AwsKey("at-rest", "logs of build project", _BUILD,
        ("logs_config/s3_logs/encryption_disabled", "LogsConfig/S3Logs/EncryptionDisabled"), True, False, (False,)),
    AwsKey("at-rest", "reports of builds", ("aws_codebuild_report_group", "AWS::CodeBuild::ReportGroup"),
        ("export_config/s3_destination/encryption_disabled", "ExportConfig/S3Destination/EncryptionDisabled"),
        True, False, (False,)),
    AwsKey("at-rest", "cached answers of API stage", ("aws_api_gateway_method_settings", ""),
        ("settings/cache_data_encrypted", ""), False, only=("settings/caching_enabled", "", ("true",))),
    AwsKey("at-rest", "logs of sessions", ("aws_ssm_document", "AWS::SSM::Document"),
        ("content/inputs/s3EncryptionEnabled", "Content/inputs/s3EncryptionEnabled"), UNKNOWN, "",
        only=("document_type", "DocumentType", ("session",))),
    AwsKey("at-rest", "copies of snapshots in other regions", ("aws_dlm_lifecycle_policy", ""), ("encrypted", ""), UNKNOWN,
        within=("policy_details/schedule/cross_region_copy_rule", "")),
    AwsKey("in-transit", "database proxy", ("aws_db_proxy", "AWS::RDS::DBProxy"), ("require_tls", "RequireTLS"), False,
        breaks=DOWNTIME),
    AwsKey("in-transit", "ElastiCache cluster", ("aws_elasticache_cluster", "AWS::ElastiCache::CacheCluster"),
        ("transit_encryption_enabled", "TransitEncryptionEnabled"), False, breaks=REPLACED,
        only=("engine", "Engine", ("memcached",))),
    AwsKey("in-transit", "migration endpoint", ("aws_dms_endpoint", "AWS::DMS::Endpoint"), ("ssl_mode", "SslMode"), False, "",
        ("require", "verify-ca", "verify-full"), only=("engine_name", "EngineName", _MIGRATED), dials=True),
    AwsKey("in-transit", "subscription", ("aws_sns_topic_subscription", "AWS::SNS::Subscription"), ("protocol", "Protocol"),
        UNKNOWN, "https", ("https", "application", "email", "email-json", "firehose", "lambda", "sms", "sqs"),
        breaks="an endpoint that has no certificate", dials=True),
    AwsKey("in-transit", "CloudSearch domain", ("aws_cloudsearch_domain", ""), ("endpoint_options/enforce_https", ""), False,
        breaks=DOWNTIME),
    AwsKey("in-transit", "file transfer server", ("aws_transfer_server", "AWS::Transfer::Server"), ("protocols", "Protocols"),
        True, "", ("SFTP", "FTPS", "AS2")),
    AwsKey("in-transit", "Kafka connector", _CONNECTOR,
        ("kafka_cluster_encryption_in_transit/encryption_type", "KafkaClusterEncryptionInTransit/EncryptionType"), UNKNOWN,
        "TLS", ("TLS",), breaks=REPLACED, dials=True),
    AwsKey("authenticated", "Kafka connector", _CONNECTOR,
        ("kafka_cluster_client_authentication/authentication_type",
         "KafkaClusterClientAuthentication/AuthenticationType"), UNKNOWN, "IAM", ("IAM",),
        breaks="a cluster that does not accept IAM"),
    # Neptune has no passwords: requests are signed for IAM, or anyone in the network may send them (Neptune user guide).
    AwsKey("authenticated", "Neptune cluster", ("aws_neptune_cluster", "AWS::Neptune::DBCluster"),
        ("iam_database_authentication_enabled", "IamAuthEnabled"), False, breaks="clients that do not sign their requests"),
    AwsKey("public", "Lightsail database", ("aws_lightsail_database", "AWS::Lightsail::Database"),
        ("publicly_accessible", "PubliclyAccessible"), False, False, breaks=_OUTSIDE),
    AwsKey("public", "logs and artifacts of build project", _BUILD, ("project_visibility", "Visibility"), False, "PRIVATE",
        ("PUBLIC_READ",), breaks="readers without an account"),
    AwsKey("public", "image of pipeline", ("aws_imagebuilder_distribution_configuration", ""), ("user_groups", ""), False, "",
        ("all",), within=("distribution/ami_distribution_configuration/launch_permission", "")),
    AwsKey("public", "SSM document", ("aws_ssm_document", ""), ("permissions/account_ids", ""), False, "", ("all",)),
)  # fmt: skip
