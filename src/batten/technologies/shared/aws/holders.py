"""What holds an access policy, in both languages.

Sources: the provider's documentation of each resource ("Argument Reference") and CloudFormation's template reference.
Image registries that are public by their kind (ECR Public), policies of services that only a private network reaches
(VPC endpoints, VPC Lattice) and of access points that are declared elsewhere are left out.
"""

from __future__ import annotations

from batten.model.record import record


@record
class Holder:
    """Where policies are written: what holds them, and the keys that do, in each language.

    `within` is the repeated block around the key. `refuses`: the setting by which the service rejects a policy that is
    for everyone, which without it is as `refused` says.
    """

    kind: str
    what: str
    types: tuple[str, str]
    keys: tuple[str, str] = ("policy", "PolicyDocument")
    within: tuple[str, str] = ("", "")
    refuses: tuple[str, str] = ("", "")
    refused: bool = False


_ROLE, _INLINE = ("aws_iam_role", "AWS::IAM::Role"), ("policy", "PolicyDocument")
IDENTITIES = (
    Holder("identity", "policy", ("aws_iam_policy", "AWS::IAM::ManagedPolicy")),
    Holder("identity", "policy", ("", "AWS::IAM::Policy")),
    Holder("identity", "role policy", ("aws_iam_role_policy", "AWS::IAM::RolePolicy")),
    Holder("identity", "user policy", ("aws_iam_user_policy", "AWS::IAM::UserPolicy")),
    Holder("identity", "group policy", ("aws_iam_group_policy", "AWS::IAM::GroupPolicy")),
    Holder("identity", "role", _ROLE, _INLINE, ("inline_policy", "Policies")),
    Holder("identity", "user", ("", "AWS::IAM::User"), _INLINE, ("", "Policies")),
    Holder("identity", "group", ("", "AWS::IAM::Group"), _INLINE, ("", "Policies")),
    Holder("identity", "permission set", ("aws_ssoadmin_permission_set_inline_policy", "AWS::SSO::PermissionSet"),
           ("inline_policy", "InlinePolicy")),
    Holder("identity", "IoT policy", ("aws_iot_policy", "AWS::IoT::Policy")),
    Holder("trust", "role", _ROLE, ("assume_role_policy", "AssumeRolePolicyDocument")),
)  # fmt: skip
_BLOCK = ("public_access_block_configuration/restrict_public_buckets",
          "PublicAccessBlockConfiguration/RestrictPublicBuckets")  # fmt: skip
RESOURCES = (
    Holder("resource", "queue", ("aws_sqs_queue_policy", "AWS::SQS::QueuePolicy")),
    Holder("resource", "queue", ("aws_sqs_queue", "AWS::SQS::QueueInlinePolicy")),
    Holder("resource", "topic", ("aws_sns_topic_policy", "AWS::SNS::TopicPolicy")),
    Holder("resource", "topic", ("aws_sns_topic", "AWS::SNS::TopicInlinePolicy")),
    Holder("resource", "image repository", ("aws_ecr_repository_policy", "AWS::ECR::Repository"),
           ("policy", "RepositoryPolicyText")),
    Holder("resource", "image registry", ("aws_ecr_registry_policy", "AWS::ECR::RegistryPolicy"),
           ("policy", "PolicyText")),
    Holder("resource", "secret", ("aws_secretsmanager_secret_policy", "AWS::SecretsManager::ResourcePolicy"),
           ("policy", "ResourcePolicy"), refuses=("block_public_policy", "BlockPublicPolicy")),
    Holder("resource", "secret", ("aws_secretsmanager_secret", ""), ("policy", "")),
    Holder("resource", "key", ("aws_kms_key", "AWS::KMS::Key"), ("policy", "KeyPolicy")),
    Holder("resource", "key", ("aws_kms_key_policy", "AWS::KMS::ReplicaKey"), ("policy", "KeyPolicy")),
    Holder("resource", "key", ("aws_kms_replica_key", ""), ("policy", "")),
    Holder("resource", "key", ("aws_kms_external_key", ""), ("policy", "")),
    Holder("resource", "file system", ("aws_efs_file_system_policy", "AWS::EFS::FileSystem"),
           ("policy", "FileSystemPolicy")),
    Holder("resource", "backup vault", ("aws_backup_vault_policy", "AWS::Backup::BackupVault"),
           ("policy", "AccessPolicy")),
    Holder("resource", "archive", ("aws_glacier_vault", ""), ("access_policy", "")),
    Holder("resource", "stream", ("aws_kinesis_resource_policy", "AWS::Kinesis::ResourcePolicy"),
           ("policy", "ResourcePolicy")),
    Holder("resource", "table", ("aws_dynamodb_resource_policy", "AWS::DynamoDB::Table"),
           ("policy", "ResourcePolicy/PolicyDocument")),
    Holder("resource", "event bus", ("aws_cloudwatch_event_bus_policy", "AWS::Events::EventBusPolicy"),
           ("policy", "Statement")),
    Holder("resource", "event bus", ("", "AWS::Events::EventBus"), ("", "Policy")),
    Holder("resource", "schema registry", ("aws_schemas_registry_policy", "AWS::EventSchemas::RegistryPolicy"),
           ("policy", "Policy")),
    Holder("resource", "package domain", ("aws_codeartifact_domain_permissions_policy", "AWS::CodeArtifact::Domain"),
           ("policy_document", "PermissionsPolicyDocument")),
    Holder("resource", "package repository",
           ("aws_codeartifact_repository_permissions_policy", "AWS::CodeArtifact::Repository"),
           ("policy_document", "PermissionsPolicyDocument")),
    Holder("resource", "build project", ("aws_codebuild_resource_policy", ""), ("policy", "")),
    Holder("resource", "log group", ("aws_cloudwatch_log_resource_policy", "AWS::Logs::ResourcePolicy"),
           ("policy_document", "PolicyDocument")),
    Holder("resource", "log destination", ("aws_cloudwatch_log_destination_policy", "AWS::Logs::Destination"),
           ("access_policy", "DestinationPolicy")),
    Holder("resource", "access point", ("aws_s3_access_point", "AWS::S3::AccessPoint"), ("policy", "Policy"),
           refuses=_BLOCK, refused=True),
    Holder("resource", "table bucket", ("aws_s3tables_table_bucket_policy", "AWS::S3Tables::TableBucketPolicy"),
           ("resource_policy", "ResourcePolicy")),
    Holder("resource", "table", ("aws_s3tables_table_policy", "AWS::S3Tables::TablePolicy"),
           ("resource_policy", "ResourcePolicy")),
    Holder("resource", "object lambda", ("aws_s3control_object_lambda_access_point_policy", "AWS::S3ObjectLambda::AccessPointPolicy")),
    Holder("resource", "bucket on Outposts", ("aws_s3control_bucket_policy", "AWS::S3Outposts::BucketPolicy")),
    Holder("resource", "directory bucket", ("", "AWS::S3Express::BucketPolicy"), ("", "PolicyDocument")),
    Holder("resource", "media container", ("aws_media_store_container_policy", "AWS::MediaStore::Container"),
           ("policy", "Policy")),
    Holder("resource", "data catalogue", ("aws_glue_resource_policy", ""), ("policy", "")),
    Holder("resource", "Kafka cluster", ("aws_msk_cluster_policy", "AWS::MSK::ClusterPolicy"), ("policy", "Policy")),
    Holder("resource", "certificate authority", ("aws_acmpca_policy", ""), ("policy", "")),
    Holder("resource", "email identity", ("aws_ses_identity_policy", ""), ("policy", "")),
    Holder("resource", "email identity", ("aws_sesv2_email_identity_policy", ""), ("policy", "")),
    Holder("resource", "warehouse", ("aws_redshift_resource_policy", "AWS::Redshift::Cluster"),
           ("policy", "NamespaceResourcePolicy")),
    Holder("resource", "warehouse", ("aws_redshiftserverless_resource_policy", "")),
    Holder("resource", "model group", ("aws_sagemaker_model_package_group_policy", ""), ("resource_policy", "")),
    Holder("resource", "tracing", ("aws_xray_resource_policy", "AWS::XRay::ResourcePolicy"),
           ("policy_document", "PolicyDocument")),
    Holder("resource", "organisation", ("aws_organizations_resource_policy", "AWS::Organizations::ResourcePolicy"),
           ("content", "Content")),
    Holder("resource", "trail", ("aws_cloudtrail_event_data_store_policy", "AWS::CloudTrail::ResourcePolicy"),
           ("policy", "ResourcePolicy")),
)  # fmt: skip
HOLDERS = (*IDENTITIES, *RESOURCES)
