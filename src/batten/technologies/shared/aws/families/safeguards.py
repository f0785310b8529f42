"""Safeguards that a service offers and that stand by themselves: rotation, password rules, public addresses."""

from __future__ import annotations

from batten.model import UNKNOWN, Unknown
from batten.technologies.shared.aws.key import AwsKey, Scalar

PUSHING = "pipelines that push a tag again"

_POLICY = ("aws_iam_account_password_policy", "")
_AUTHORITY = ("ca_cert_identifier", "CACertificateIdentifier")
_BY_IAM = ("iam_database_authentication_enabled", "EnableIAMDatabaseAuthentication")
# Amazon RDS user guide, "IAM database authentication": it takes 300 to 1000 MiB more.
_MEMORY = "instances without memory to spare"
_TRANSFER = ("aws_transfer_server", "AWS::Transfer::Server")
_ACCESS_POINT = ("aws_efs_access_point", "AWS::EFS::AccessPoint")
_OUTSIDE = "clients that use the public address"
_BLOCKS = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")
_PROPERTIES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def _guard(
    kind: str,
    service: str,
    types: tuple[str, str],
    keys: tuple[str, str],
    default: bool | Unknown,
    right: Scalar = True,
    on: tuple[Scalar, ...] = (True,),
    within: tuple[str, str] = ("", ""),
    given: tuple[str, str, tuple[str, ...]] = ("", "", ()),
    unless: tuple[str, ...] = (),
    breaks: str = "",
    least: int | None = None,
    off: tuple[Scalar, ...] = (),
) -> AwsKey:
    return AwsKey(
        "safeguard", service, types, keys, default, right, on, within=within, given=given, unless=unless, breaks=breaks,
        least=least, kind=kind, off=off,
    )  # fmt: skip


def _address(
    service: str,
    types: tuple[str, str],
    keys: tuple[str, str],
    default: bool | Unknown = UNKNOWN,
    within: tuple[str, str] = ("", ""),
    kind: str = "public-address",
) -> AwsKey:
    """A public address that is given without being asked for. `default`: whether none is."""
    return _guard(kind, service, types, keys, default, False, (False,), within, breaks=_OUTSIDE)


def _rule(what: str, key: str) -> AwsKey:
    return _guard(
        "password-policy", what, _POLICY, (key, ""), False, breaks="users whose passwords are weaker"
    )


def _number(what: str, key: str, least: int) -> AwsKey:
    breaks = "users whose passwords are weaker"
    return _guard("password-policy", what, _POLICY, (key, ""), False, least, (), breaks=breaks, least=least)


def _blocks(
    service: str, types: tuple[str, str], outer: tuple[str, str], default: bool
) -> tuple[AwsKey, ...]:
    """The four settings that keep buckets private, for all of an account or an access point."""
    breaks = "anonymous clients that read objects"
    return tuple(
        _guard("public-access-block", service, types, (outer[0] + key, outer[1] + property_ if types[1] else ""), default,
               breaks=breaks)
        for key, property_ in zip(_BLOCKS, _PROPERTIES, strict=True)
    )  # fmt: skip


ROWS = (
    # Only symmetric keys for encryption rotate by themselves, and only where AWS made their material (AWS KMS developer guide,
    # "Rotate AWS KMS keys").
    AwsKey("safeguard", "key", ("aws_kms_key", "AWS::KMS::Key"), ("enable_key_rotation", "EnableKeyRotation"), False,
        among=("customer_master_key_spec", "KeySpec", ("symmetric_default",)),
        given=("key_usage", "KeyUsage", ("encrypt_decrypt",)), beside=("custom_key_store_id", "xks_key_id", "Origin"),
        kind="key-rotation", breaks="the bill for older versions of the key"),
    _guard("tags", "image repository", ("aws_ecr_repository", "AWS::ECR::Repository"),
           ("image_tag_mutability", "ImageTagMutability"), False, "IMMUTABLE", ("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"),
           breaks=PUSHING),
    # The least that the CIS Amazon Web Services Foundations Benchmark requires (1.8 and 1.9); AWS's own least is 6.
    _number("14 characters", "minimum_password_length", 14),
    _number("passwords other than the last 24", "password_reuse_prevention", 24),
    _rule("lowercase letters", "require_lowercase_characters"),
    _rule("uppercase letters", "require_uppercase_characters"),
    _rule("digits", "require_numbers"),
    _rule("symbols", "require_symbols"),
    _guard("password-policy", "8 characters", ("aws_cognito_user_pool", "AWS::Cognito::UserPool"),
           ("password_policy/minimum_length", "Policies/PasswordPolicy/MinimumLength"), True, 8, (), least=8,
           breaks="users whose passwords are weaker"),
    _guard("second-factor", "user pool", ("aws_cognito_user_pool", "AWS::Cognito::UserPool"),
           ("mfa_configuration", "MfaConfiguration"), False, "", ("ON", "OPTIONAL")),
    _guard("guests", "identity pool", ("aws_cognito_identity_pool", "AWS::Cognito::IdentityPool"),
           ("allow_unauthenticated_identities", "AllowUnauthenticatedIdentities"), True, False, (False,),
           breaks="visitors that have not logged in"),
    _guard("user-names", "user pool's client", ("aws_cognito_user_pool_client", "AWS::Cognito::UserPoolClient"),
           ("prevent_user_existence_errors", "PreventUserExistenceErrors"), UNKNOWN, "ENABLED", ("ENABLED",),
           breaks="clients that distinguish unknown users"),
    _address("subnet", ("aws_subnet", "AWS::EC2::Subnet"), ("map_public_ip_on_launch", "MapPublicIpOnLaunch"), True,
             kind="public-addresses"),
    _address("instance", ("aws_instance", ""), ("associate_public_ip_address", "")),
    _address("spot instance", ("aws_spot_instance_request", ""), ("associate_public_ip_address", "")),
    _address("launch configuration", ("aws_launch_configuration", "AWS::AutoScaling::LaunchConfiguration"),
             ("associate_public_ip_address", "AssociatePublicIpAddress"), kind="public-addresses"),
    _address("launch template", ("aws_launch_template", "AWS::EC2::LaunchTemplate"),
             ("associate_public_ip_address", "AssociatePublicIpAddress"),
             within=("network_interfaces", "LaunchTemplateData/NetworkInterfaces"), kind="public-addresses"),
    _address("instance", ("", "AWS::EC2::Instance"), ("", "AssociatePublicIpAddress"), within=("", "NetworkInterfaces")),
    _address("ECS service", ("aws_ecs_service", ""), ("network_configuration/assign_public_ip", ""), True),
    _guard("public-address", "ECS service", ("", "AWS::ECS::Service"),
           ("", "NetworkConfiguration/AwsvpcConfiguration/AssignPublicIp"), True, "DISABLED", ("DISABLED",), breaks=_OUTSIDE),
    _address("scheduled task", ("aws_cloudwatch_event_target", ""),
             ("ecs_target/network_configuration/assign_public_ip", ""), True),
    _guard("direct-internet", "notebook", ("aws_sagemaker_notebook_instance", "AWS::SageMaker::NotebookInstance"),
           ("direct_internet_access", "DirectInternetAccess"), False, "Disabled", ("Disabled",),
           breaks="notebooks without a subnet and security groups, which this requires, and those without a NAT gateway"),
    _guard("root-access", "notebook", ("aws_sagemaker_notebook_instance", "AWS::SageMaker::NotebookInstance"),
           ("root_access", "RootAccess"), False, "Disabled", ("Disabled",), breaks="users that install system packages"),
    _guard("privileged-build", "build project", ("aws_codebuild_project", "AWS::CodeBuild::Project"),
           ("environment/privileged_mode", "Environment/PrivilegedMode"), True, False, (False,),
           breaks="builds of container images"),
    _guard("unverified-source", "build project", ("aws_codebuild_project", "AWS::CodeBuild::Project"),
           ("source/insecure_ssl", "Source/InsecureSsl"), True, False, (False,),
           breaks="builds from a host with a certificate of its own"),
    _guard("acceptance", "endpoint service", ("aws_vpc_endpoint_service", "AWS::EC2::VPCEndpointService"),
           ("acceptance_required", "AcceptanceRequired"), UNKNOWN, breaks="consumers that connect without approval"),
    _guard("acceptance", "transit gateway", ("aws_ec2_transit_gateway", "AWS::EC2::TransitGateway"),
           ("auto_accept_shared_attachments", "AutoAcceptSharedAttachments"), True, "disable", ("disable",),
           breaks="networks that attach themselves"),
    # Certificates of the authorities of 2015 and 2019 have expired (Amazon RDS user guide, "Using SSL/TLS"); others are not known to.
    AwsKey("safeguard", "RDS instance", ("aws_db_instance", "AWS::RDS::DBInstance"), _AUTHORITY, UNKNOWN, "rds-ca-rsa2048-g1",
        ("rds-ca-rsa2048-g1",), among=(*_AUTHORITY, ("rds-ca-2015", "rds-ca-2019")), kind="old-authority",
        breaks="clients that trust only the older authority"),
    _guard("direct-internet", "SageMaker domain", ("aws_sagemaker_domain", "AWS::SageMaker::Domain"),
           ("app_network_access_type", "AppNetworkAccessType"), False, "VpcOnly", ("VpcOnly",),
           breaks="applications that reach the internet without a NAT gateway"),
    _guard("permissive", "ledger", ("aws_qldb_ledger", "AWS::QLDB::Ledger"), ("permissions_mode", "PermissionsMode"), UNKNOWN,
           "STANDARD", ("STANDARD",), breaks="identities without a permission for tables"),
    _guard("overridden", "Athena workgroup", ("aws_athena_workgroup", "AWS::Athena::WorkGroup"),
           ("configuration/enforce_workgroup_configuration",
            "WorkGroupConfiguration/EnforceWorkGroupConfiguration"), True, breaks="clients with settings of their own"),
    _guard("transparency", "certificate", ("aws_acm_certificate", "AWS::CertificateManager::Certificate"),
           ("options/certificate_transparency_logging_preference", "CertificateTransparencyLoggingPreference"), True,
           "ENABLED", ("ENABLED",), breaks="names that must stay out of the public log"),
    _guard("public-clusters", "account's EMR clusters", ("aws_emr_block_public_access_configuration", ""),
           ("block_public_security_group_rules", ""), UNKNOWN, breaks="clusters that are open to the internet"),
    # Engines whose users can log in with IAM (Amazon RDS user guide, "IAM database authentication").
    AwsKey("safeguard", "RDS instance", ("aws_db_instance", "AWS::RDS::DBInstance"), _BY_IAM, False, kind="passwords-only", breaks=_MEMORY,
        only=("engine", "Engine", ("mysql", "mariadb", "postgres")), unless=("replicate_source_db", "SourceDBInstanceIdentifier")),
    AwsKey("safeguard", "Aurora cluster", ("aws_rds_cluster", "AWS::RDS::DBCluster"), _BY_IAM, False, kind="passwords-only", breaks=_MEMORY,
        only=("engine", "Engine", ("aurora-mysql", "aurora-postgresql"))),
    # https://docs.aws.amazon.com/transfer/latest/userguide/security-policies: templates and the provider get the policy of 2018, which
    # has algorithms that rest on SHA-1.
    _guard("old-algorithms", "file transfer server", _TRANSFER, ("security_policy_name", "SecurityPolicyName"), False,
           "TransferSecurityPolicy-2024-01", (), off=("TransferSecurityPolicy-2018-11",), breaks="clients with old SSH or TLS libraries"),
    _guard("outside-network", "Redshift cluster", ("aws_redshift_cluster", "AWS::Redshift::Cluster"),
           ("enhanced_vpc_routing", "EnhancedVpcRouting"), False, breaks="copies from sources that the network does not reach"),
    _guard("outside-network", "Redshift workgroup", ("aws_redshiftserverless_workgroup", "AWS::RedshiftServerless::Workgroup"),
           ("enhanced_vpc_routing", "EnhancedVpcRouting"), False, breaks="copies from sources that the network does not reach"),
    _guard("connecting-model", "model", ("aws_sagemaker_model", "AWS::SageMaker::Model"),
           ("enable_network_isolation", "EnableNetworkIsolation"), False, breaks="models that fetch something when they run"),
    _guard("introspection", "GraphQL API", ("aws_appsync_graphql_api", "AWS::AppSync::GraphQLApi"),
           ("introspection_config", "IntrospectionConfig"), False, "DISABLED", ("DISABLED",), breaks="clients that read the schema"),
    _guard("password-flow", "user pool's client", ("aws_cognito_user_pool_client", "AWS::Cognito::UserPoolClient"),
           ("explicit_auth_flows", "ExplicitAuthFlows"), True, "", (), off=("USER_PASSWORD_AUTH", "ALLOW_USER_PASSWORD_AUTH")),
    _guard("unscanned-mail", "rule for incoming mail", ("aws_ses_receipt_rule", "AWS::SES::ReceiptRule"),
           ("scan_enabled", "Rule/ScanEnabled"), False),
    _guard("statements-logged", "database proxy", ("aws_db_proxy", "AWS::RDS::DBProxy"), ("debug_logging", "DebugLogging"), True, False,
           (False,)),
    _guard("unlocked-domain", "domain", ("aws_route53domains_registered_domain", ""), ("transfer_lock", ""), True),
    *(_guard("let-on", what, types, (f"{block}/on_unauthenticated_request", f"{property_}/OnUnauthenticatedRequest"), True,
             "authenticate", ("authenticate", "deny"), within=within, breaks="visitors without a login")
      for what, types, within in (
          ("listener", ("aws_lb_listener", "AWS::ElasticLoadBalancingV2::Listener"), ("default_action", "DefaultActions")),
          ("listener's rule", ("aws_lb_listener_rule", "AWS::ElasticLoadBalancingV2::ListenerRule"), ("action", "Actions")))
      for block, property_ in (("authenticate_oidc", "AuthenticateOidcConfig"), ("authenticate_cognito", "AuthenticateCognitoConfig"))),
    _address("ECS task set", ("aws_ecs_task_set", ""), ("network_configuration/assign_public_ip", ""), True),
    _guard("public-address", "ECS task set", ("", "AWS::ECS::TaskSet"),
           ("", "NetworkConfiguration/AwsVpcConfiguration/AssignPublicIp"), UNKNOWN, "DISABLED", ("DISABLED",), breaks=_OUTSIDE),
    _address("scheduled task", ("aws_scheduler_schedule", ""),
             ("target/ecs_parameters/network_configuration/assign_public_ip", ""), True),
    _guard("public-address", "scheduled task", ("", "AWS::Scheduler::Schedule"),
           ("", "Target/EcsParameters/NetworkConfiguration/AwsvpcConfiguration/AssignPublicIp"), UNKNOWN, "DISABLED", ("DISABLED",),
           breaks=_OUTSIDE),
    *_blocks("access point of several regions", ("", "AWS::S3::MultiRegionAccessPoint"),
             ("", "PublicAccessBlockConfiguration/"), True),
    # Security Hub's controls EFS.3 and EFS.4; the root of the file system is the default (EFS user guide, "Creating access points").
    _guard("whole-file-system", "EFS access point", _ACCESS_POINT, ("root_directory/path", "RootDirectory/Path"), False, "", (),
           off=("/",)),
    _guard("user-of-clients", "EFS access point", _ACCESS_POINT, ("posix_user/uid", "PosixUser/Uid"), False, "", (), off=(0,)),
    *_blocks("account's buckets", ("aws_s3_account_public_access_block", ""), ("", ""), False),
    *_blocks("access point", ("aws_s3_access_point", "AWS::S3::AccessPoint"),
             ("public_access_block_configuration/", "PublicAccessBlockConfiguration/"), True),
)  # fmt: skip
