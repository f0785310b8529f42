"""Services that process data: training, jobs, clusters, and the mail that they send."""

from __future__ import annotations

from batten.technologies.shared.aws.key import AwsKey

_ANY: tuple[str, ...] = ()
_JOBS = (
    ("data quality", "aws_sagemaker_data_quality_job_definition", "AWS::SageMaker::DataQualityJobDefinition"),
    ("model bias", "", "AWS::SageMaker::ModelBiasJobDefinition"),
    ("model explainability", "", "AWS::SageMaker::ModelExplainabilityJobDefinition"),
    ("model quality", "", "AWS::SageMaker::ModelQualityJobDefinition"),
)


def _glue(what: str, types: tuple[str, str], property_: str = "SecurityConfiguration") -> AwsKey:
    """A component without a security configuration encrypts with the keys of the services that it writes to, if these do."""
    return AwsKey("at-rest", what, types, ("security_configuration", property_), False, "", _ANY, weakly=True)


ROWS = (
    # https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-data-encryption-options.html: only a security configuration
    # encrypts what nodes send each other.
    AwsKey("in-transit", "EMR cluster", ("aws_emr_cluster", "AWS::EMR::Cluster"),
        ("security_configuration", "SecurityConfiguration"), False, "", _ANY,
        unless=("AdditionalInfo", "additional_info"), dials=True),
    _glue("Glue job", ("aws_glue_job", "AWS::Glue::Job")),
    _glue("Glue crawler", ("aws_glue_crawler", "AWS::Glue::Crawler"), "CrawlerSecurityConfiguration"),
    _glue("Glue development endpoint", ("aws_glue_dev_endpoint", "AWS::Glue::DevEndpoint")),
    # https://docs.aws.amazon.com/sagemaker/latest/dg/train-encrypt.html: off unless it is asked for.
    *(AwsKey("in-transit", f"SageMaker's {what} job", (terraform, cloudformation),
          ("network_config/enable_inter_container_traffic_encryption" if terraform else "",
           "NetworkConfig/EnableInterContainerTrafficEncryption"), False, breaks="jobs, which take longer", dials=True)
      for what, terraform, cloudformation in _JOBS),
    # https://docs.aws.amazon.com/ses/latest/dg/security-protocols.html: with "Optional" a server without TLS gets it in the clear.
    AwsKey("in-transit", "delivery through the SES configuration set",
        ("aws_ses_configuration_set", "AWS::SES::ConfigurationSet"),
        ("delivery_options/tls_policy", "DeliveryOptions/TlsPolicy"), False, "REQUIRE", ("REQUIRE",),
        breaks="mail to servers that do not support TLS", dials=True),
    AwsKey("in-transit", "delivery through the SES configuration set", ("aws_sesv2_configuration_set", ""),
        ("delivery_options/tls_policy", ""), False, "REQUIRE", ("REQUIRE",),
        breaks="mail to servers that do not support TLS", dials=True),
)  # fmt: skip
