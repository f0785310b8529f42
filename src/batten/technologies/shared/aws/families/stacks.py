"""What only CloudFormation declares, or declares in another shape; what both languages declare is in the other families.

Types, properties and defaults are those of AWS's template reference
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/). UNKNOWN: no page says what holds.
"""

from __future__ import annotations

from dataclasses import replace

from batten.model import UNKNOWN, Unknown
from batten.technologies.shared.aws.key import DOWNTIME, REPLACED, AwsKey, Scalar

_OUTSIDE = "clients outside the network"
_NO_PASSWORD = "clients that log in without a password"


def _row(
    aspect: str,
    service: str,
    type_: str,
    key: str,
    default: bool | Unknown = UNKNOWN,
    right: Scalar = True,
    on: tuple[Scalar, ...] = (True,),
    within: str = "",
    breaks: str = "",
    only: tuple[str, str, tuple[str, ...]] = ("", "", ()),
    dials: bool = False,
) -> AwsKey:
    return AwsKey(
        aspect, service, ("", f"AWS::{type_}"), ("", key), default, right, on, within=("", within), breaks=breaks, only=only,
        dials=dials,
    )  # fmt: skip


def _public(
    service: str, type_: str, key: str = "PubliclyAccessible", right: Scalar = False, on: Scalar = True
) -> AwsKey:
    return _row("public", service, type_, key, False, right, (on,), breaks=_OUTSIDE)


ROWS = (
    _row("at-rest", "global DocumentDB cluster", "DocDB::GlobalCluster", "StorageEncrypted", breaks=REPLACED),
    _row("at-rest", "global Neptune cluster", "Neptune::GlobalCluster", "StorageEncrypted", breaks=REPLACED),
    _row("at-rest", "results of Glue jobs", "Glue::SecurityConfiguration", "S3EncryptionMode", right="SSE-S3",
         on=("SSE-S3", "SSE-KMS"), within="EncryptionConfiguration/S3Encryptions"),
    _row("at-rest", "user data of Glue's transform", "Glue::MLTransform",
         "TransformEncryption/MLUserDataEncryption/MLUserDataEncryptionMode", right="", on=("SSE-KMS",)),
    _row("at-rest", "volume of ECS service", "ECS::Service", "ManagedEBSVolume/Encrypted", within="VolumeConfigurations"),
    _row("at-rest", "disk of container recipe", "ImageBuilder::ContainerRecipe", "Ebs/Encrypted",
         within="InstanceConfiguration/BlockDeviceMappings"),
    _row("at-rest", "session log of ECS cluster", "ECS::Cluster",
         "Configuration/ExecuteCommandConfiguration/LogConfiguration/S3EncryptionEnabled"),
    _row("at-rest", "cache of API stage", "ApiGateway::Stage", "CacheDataEncrypted", False, within="MethodSettings",
         only=("", "CachingEnabled", ("true",))),
    _row("in-transit", "MemoryDB multi-Region cluster", "MemoryDB::MultiRegionCluster", "TLSEnabled", True,
         breaks=REPLACED),
    # "preferred" accepts clients without TLS, too (ElastiCache API reference, TransitEncryptionMode).
    _row("in-transit", "ElastiCache replication group", "ElastiCache::ReplicationGroup", "TransitEncryptionMode",
         right="required", on=("required",), breaks=DOWNTIME),
    _row("in-transit", "EFS volume of batch job", "Batch::JobDefinition", "EfsVolumeConfiguration/TransitEncryption",
         right="ENABLED", on=("ENABLED",), within="ContainerProperties/Volumes", dials=True),
    _row("in-transit", "NFS volume of DataSync location", "DataSync::LocationEFS", "InTransitEncryption", right="TLS1_2",
         on=("TLS1_2",), breaks=DOWNTIME, dials=True),
    _public("Multi-AZ cluster", "RDS::DBCluster"),
    _public("Aurora shard group", "RDS::DBShardGroup"),
    _public("Neptune instance", "Neptune::DBInstance"),
    # Requests to a graph have to be signed for IAM (Neptune Analytics user guide, "Data protection").
    replace(_public("Neptune Analytics graph", "NeptuneGraph::Graph", "PublicConnectivity"), guarded=True),
    _public("InfluxDB instance", "Timestream::InfluxDBInstance"),
    _public("InfluxDB cluster", "Timestream::InfluxDBCluster"),
    _public("DMS instance profile", "DMS::InstanceProfile"),
    _public("Lightsail bucket", "Lightsail::Bucket", "AccessRules/GetObject", "private", "public"),
    _row("authenticated", "ElastiCache user", "ElastiCache::User", "NoPasswordRequired", right="", on=(False,)),
    _row("authenticated", "ElastiCache user", "ElastiCache::User", "AuthenticationMode/Type", right="iam",
         on=("iam", "password"), breaks=_NO_PASSWORD),
    _row("authenticated", "OpenSearch domain", "OpenSearchService::Domain", "AdvancedSecurityOptions/AnonymousAuthEnabled",
         True, False, (False,), breaks=_NO_PASSWORD),
    _row("authenticated", "Elasticsearch domain", "Elasticsearch::Domain", "AdvancedSecurityOptions/AnonymousAuthEnabled",
         True, False, (False,), breaks=_NO_PASSWORD),
    _row("audit", "connections and users of the Redshift cluster: its log is off", "Redshift::Cluster",
         "LoggingProperties/BucketName", False, "", ()),
    _row("audit", "use of the Redshift namespace: it exports no logs", "RedshiftServerless::Namespace", "LogExports", False,
         "", ()),
    _row("audit", "files that are served: the container's access log is off", "MediaStore::Container",
         "AccessLoggingEnabled", False),
)  # fmt: skip
