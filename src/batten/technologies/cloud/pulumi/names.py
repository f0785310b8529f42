"""Names of Pulumi's AWS provider as those of Terraform's, from which it is made: types, properties, lists.

Source: https://www.pulumi.com/registry/packages/aws/api-docs/ (each page names the module and the type; the provider is bridged from
terraform-provider-aws, whose names are the same words in snake case).
"""

from __future__ import annotations

import re

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# What Terraform's types begin with, where it is not the module's name.
_PREFIXES = {
    "alb": "lb", "apigateway": "api_gateway", "cfg": "config", "ec2": "", "ec2clientvpn": "ec2_client_vpn",
    "ec2transitgateway": "ec2", "elb": "", "index": "", "macie2": "macie2", "vpc": "vpc",
}  # fmt: skip
_TYPES = {
    "alb/LoadBalancer": "aws_lb",
    "appsync/GraphQLApi": "aws_appsync_graphql_api",
    "cfg/Recorder": "aws_config_configuration_recorder",
    "cfg/RecorderStatus": "aws_config_configuration_recorder_status",
    "cloudtrail/Trail": "aws_cloudtrail",
    "elb/LoadBalancer": "aws_elb",
    "elb/Listener": "aws_lb_listener",
    "lb/LoadBalancer": "aws_lb",
    "opensearch/ServerlessSecurityPolicy": "aws_opensearchserverless_security_policy",
    "rds/ClusterParameterGroup": "aws_rds_cluster_parameter_group",
    "rds/ClusterSnapshot": "aws_db_cluster_snapshot",
    "rds/Instance": "aws_db_instance",
    "rds/ParameterGroup": "aws_db_parameter_group",
    "rds/Proxy": "aws_db_proxy",
    "rds/SecurityGroup": "aws_db_security_group",
    "rds/Snapshot": "aws_db_snapshot",
}
_PROPERTY = re.compile(r"[a-z][A-Za-z0-9]*\Z")


def terraform_type(token: str) -> str:
    """`aws:s3/bucketV2:BucketV2` and `aws:s3:BucketV2` are `aws_s3_bucket`; "" for what is not of the provider."""
    package, _, rest = token.partition(":")
    where, _, kind = rest.rpartition(":")
    module = where.partition("/")[0]
    if package != "aws" or not kind:
        return ""
    kind = kind.removesuffix("V2") if module == "s3" else kind
    known = _TYPES.get(f"{module}/{kind}")
    if known is not None:
        return known
    prefix = _PREFIXES.get(module, module)
    return "_".join(filter(None, ("aws", prefix, snake(kind))))


def snake(name: str) -> str:
    return _CAPITAL.sub("_", name).lower()


def property_of(key: str) -> str:
    """A property of Pulumi's in Terraform's spelling; a key that people chose stays."""
    return snake(key) if _PROPERTY.match(key) else key


def camel(key: str) -> str:
    first, *others = key.split("_")
    return first + "".join(word.capitalize() for word in others)


def single(name: str) -> str:
    """The block of Terraform's that a list of maps has the plural of."""
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name
