"""Machines and what they are made from: the tokens of their metadata services."""

from __future__ import annotations

from batten.model import UNKNOWN
from batten.technologies.shared.aws.key import AwsKey

_SOFTWARE = "software on it that supports only IMDSv1"

ROWS = (
    AwsKey("tokens", "spot instance", ("aws_spot_instance_request", ""), ("metadata_options/http_tokens", ""), False, "required",
        ("required",), unless=("launch_template",), given=("metadata_options/http_endpoint", "", ("enabled",)),
        settled=("aws_ec2_instance_metadata_defaults",), image=("ami", ""), breaks=_SOFTWARE),
    AwsKey("tokens", "image build", ("aws_imagebuilder_infrastructure_configuration",
                                  "AWS::ImageBuilder::InfrastructureConfiguration"),
        ("instance_metadata_options/http_tokens", "InstanceMetadataOptions/HttpTokens"), UNKNOWN, "required", ("required",),
        breaks=_SOFTWARE),
    AwsKey("tokens", "notebook", ("aws_sagemaker_notebook_instance", "AWS::SageMaker::NotebookInstance"),
        ("instance_metadata_service_configuration/minimum_instance_metadata_service_version",
         "InstanceMetadataServiceConfiguration/MinimumInstanceMetadataServiceVersion"), UNKNOWN, "2", ("2",),
        breaks=_SOFTWARE),
)  # fmt: skip
