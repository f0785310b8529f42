"""Who may connect to a service, and how the connection is protected, where one key says so.

Defaults: the provider's "Argument Reference" and CloudFormation's template reference. UNKNOWN: no page says what holds.
"""

from __future__ import annotations

from batten.model import UNKNOWN, Unknown
from batten.technologies.shared.aws.key import DOWNTIME, REPLACED, AwsKey, Scalar

_OUTSIDE = "clients outside the network"
_UNSIGNED = "clients that do not sign their requests"
_DMS = ("aws_dms_endpoint", "AWS::DMS::Endpoint")
_SPOTS = "LaunchSpecifications"


def _public(service: str, type_: str, key: str = "publicly_accessible", guarded: bool = False) -> AwsKey:
    return AwsKey("public", service, (type_, ""), (key, ""), False, False, breaks=_OUTSIDE, guarded=guarded)


def _dialled(
    service: str,
    types: tuple[str, str],
    keys: tuple[str, str],
    on: tuple[Scalar, ...],
    default: bool | Unknown = UNKNOWN,
    right: Scalar = "",
    only: tuple[str, str, tuple[str, ...]] = ("", "", ()),
    given: tuple[str, str, tuple[str, ...]] = ("", "", ()),
) -> AwsKey:
    """A connection that the service itself makes, or a link between its parts."""
    return AwsKey(
        "in-transit", service, types, keys, default, right, on, breaks="a server that does not support TLS", only=only, given=given,
        dials=True,
    )  # fmt: skip


ROWS = (
    _public("InfluxDB instance", "aws_timestreaminfluxdb_db_instance"),
    _public("InfluxDB cluster", "aws_timestreaminfluxdb_db_cluster"),
    _public("Aurora shard group", "aws_rds_shard_group"),
    _public("Neptune Analytics graph", "aws_neptunegraph_graph", "public_connectivity", guarded=True),
    # A network policy with it lets requests in from everywhere, which a data access policy must still allow (OpenSearch
    # Serverless developer guide, "Network access").
    AwsKey("public", "search collection", ("aws_opensearchserverless_security_policy", ""),
        ("AllowFromPublic", ""), UNKNOWN, "", within=("policy", ""), guarded=True),
    AwsKey("authenticated", "service of VPC Lattice", ("aws_vpclattice_service", "AWS::VpcLattice::Service"),
        ("auth_type", "AuthType"), False, "AWS_IAM", ("AWS_IAM",), breaks=_UNSIGNED),
    AwsKey("authenticated", "ElastiCache user", ("aws_elasticache_user", ""), ("no_password_required", ""), UNKNOWN, "", (False,)),
    AwsKey("authenticated", "ElastiCache user", ("aws_elasticache_user", ""), ("authentication_mode/type", ""), UNKNOWN, "iam",
        ("iam", "password"), breaks="clients that log in without a password"),
    AwsKey("authenticated", "SMB file share", ("aws_storagegateway_smb_file_share", "AWS::StorageGateway::SMBFileShare"),
        ("authentication", "Authentication"), True, "ActiveDirectory", ("ActiveDirectory",), breaks="guests"),
    AwsKey("in-transit", "voice connector", ("aws_chime_voice_connector", "AWS::Chime::VoiceConnector"),
        ("require_encryption", "RequireEncryption"), UNKNOWN, breaks=DOWNTIME),
    AwsKey("in-transit", "listener of VPC Lattice", ("aws_vpclattice_listener", "AWS::VpcLattice::Listener"),
        ("protocol", "Protocol"), UNKNOWN, "HTTPS", ("HTTPS", "TLS_PASSTHROUGH"), breaks=REPLACED),
    AwsKey("in-transit", "rule for incoming mail", ("aws_ses_receipt_rule", "AWS::SES::ReceiptRule"),
        ("tls_policy", "Rule/TlsPolicy"), False, "Require", ("Require",), breaks="servers that send mail without TLS"),
    AwsKey("in-transit", "ingest of streams", ("", "AWS::IVS::IngestConfiguration"), ("", "InsecureIngest"), True, False, (False,),
        breaks="encoders without TLS"),
    AwsKey("in-transit", "entry of mail", ("", "AWS::SES::MailManagerIngressPoint"), ("", "TlsPolicy"), UNKNOWN, "REQUIRED",
        ("REQUIRED", "FIPS"), breaks="servers that send mail without TLS"),
    _dialled("location of files", ("aws_datasync_location_efs", ""), ("in_transit_encryption", ""), ("TLS1_2",), right="TLS1_2"),
    _dialled("location of objects", ("aws_datasync_location_object_storage", "AWS::DataSync::LocationObjectStorage"),
             ("server_protocol", "ServerProtocol"), ("HTTPS",), True, "HTTPS"),
    _dialled("migration endpoint", _DMS, ("kafka_settings/security_protocol", "KafkaSettings/SecurityProtocol"),
             ("ssl-encryption", "ssl-authentication", "sasl-ssl")),
    _dialled("migration endpoint", _DMS, ("redis_settings/ssl_security_protocol", "RedisSettings/SslSecurityProtocol"),
             ("ssl-encryption",), True, "ssl-encryption"),
    # https://docs.aws.amazon.com/glue/latest/dg/connection-properties.html: off unless it is asked for.
    _dialled("Glue connection", ("aws_glue_connection", ""), ("connection_properties/JDBC_ENFORCE_SSL", ""), ("true",), False, "true",
             given=("connection_type", "", ("jdbc",))),
    _dialled("Glue connection", ("", "AWS::Glue::Connection"), ("", "ConnectionInput/ConnectionProperties/JDBC_ENFORCE_SSL"),
             ("true",), False, "true", only=("", "ConnectionInput/ConnectionType", ("jdbc",))),
    _dialled("SageMaker's monitoring", ("", "AWS::SageMaker::MonitoringSchedule"),
             ("", "MonitoringScheduleConfig/MonitoringJobDefinition/NetworkConfig/EnableInterContainerTrafficEncryption"), (True,),
             False, True),
    AwsKey("at-rest", "root disk of spot instances", ("aws_spot_fleet_request", ""), ("encrypted", ""), UNKNOWN, breaks=REPLACED,
        within=("launch_specification/root_block_device", "")),
    AwsKey("at-rest", "disk of spot instances", ("aws_spot_fleet_request", "AWS::EC2::SpotFleet"), ("encrypted", "Ebs/Encrypted"),
        UNKNOWN, breaks=REPLACED,
        within=("launch_specification/ebs_block_device",
                f"SpotFleetRequestConfigData/{_SPOTS}/BlockDeviceMappings")),
)  # fmt: skip
