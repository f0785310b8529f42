"""Which managed services install the vendor's minor versions by themselves, and which registries scan what is pushed."""

from __future__ import annotations

from batten.model import UNKNOWN, Unknown
from batten.technologies.shared.aws.key import CUSTOM, AwsKey

_KEYS = ("auto_minor_version_upgrade", "AutoMinorVersionUpgrade")
_RESTART = "a short restart in the maintenance window"


def _minor(
    service: str,
    types: tuple[str, str],
    default: bool | Unknown = True,
    keys: tuple[str, str] = _KEYS,
    apart: tuple[str, str, str] = ("", "", ""),
) -> AwsKey:
    return AwsKey("updates", service, types, keys, default, breaks=_RESTART, kind="minor", apart=apart)


# The provider's default is true, but for brokers and migration instances. A broker that the API makes, as CloudFormation does, has
# it on (Amazon MQ API reference, CreateBroker: "autoMinorVersionUpgrade"). DocumentDB installs no minor versions, whatever its instances
# say (DocumentDB API reference, CreateDBInstance).
ROWS = (
    _minor("RDS instance", ("aws_db_instance", "AWS::RDS::DBInstance"), apart=CUSTOM),
    _minor("Aurora instance", ("aws_rds_cluster_instance", "")),
    _minor("Multi-AZ cluster", ("aws_rds_cluster", "AWS::RDS::DBCluster"), UNKNOWN),
    _minor("Neptune instance", ("aws_neptune_cluster_instance", "AWS::Neptune::DBInstance")),
    _minor("ElastiCache cluster", ("aws_elasticache_cluster", "AWS::ElastiCache::CacheCluster")),
    _minor("ElastiCache replication group",
           ("aws_elasticache_replication_group", "AWS::ElastiCache::ReplicationGroup")),
    _minor("MemoryDB cluster", ("aws_memorydb_cluster", "AWS::MemoryDB::Cluster")),
    _minor("MQ broker", ("aws_mq_broker", ""), False),
    _minor("MQ broker", ("", "AWS::AmazonMQ::Broker")),
    _minor("DMS instance", ("aws_dms_replication_instance", ""), False),
    _minor("DMS instance", ("", "AWS::DMS::ReplicationInstance")),
    _minor("Redshift cluster", ("aws_redshift_cluster", "AWS::Redshift::Cluster"), True,
           ("allow_version_upgrade", "AllowVersionUpgrade")),
    _minor("OpenSearch domain", ("aws_opensearch_domain", "AWS::OpenSearchService::Domain"), UNKNOWN,
           ("software_update_options/auto_software_update_enabled",
            "SoftwareUpdateOptions/AutoSoftwareUpdateEnabled")),
    AwsKey("updates", "ECS service", ("aws_ecs_service", "AWS::ECS::Service"), ("platform_version", "PlatformVersion"), True,
        "LATEST", ("LATEST", "1.4.0"), breaks=_RESTART, kind="minor"),
    AwsKey("updates", "image repository", ("aws_ecr_repository", "AWS::ECR::Repository"),
        ("image_scanning_configuration/scan_on_push", "ImageScanningConfiguration/ScanOnPush"), False,
        settled=("aws_ecr_registry_scanning_configuration", "AWS::ECR::RegistryScanningConfiguration"), kind="scan"),
)  # fmt: skip
