"""Pulumi: names as Terraform's, references and functions, and what previews and exported stacks say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from batten.engine.review import review
from batten.facts import Bucket, DataService, Fact, Grant, Secret
from batten.formats import Workspace
from batten.model import UNKNOWN, Problem
from batten.policy import Policy
from batten.technologies import Unit, named_like, recognised
from batten.technologies.cloud.pulumi import adapter
from batten.technologies.cloud.pulumi.names import camel, property_of, single, snake, terraform_type
from batten.technologies.shared.aws.rows import ROWS
from spending import at_most


def facts_of(text: str, name: str = "Pulumi.yaml") -> list[Fact | Problem]:
    return list(adapter.read(Unit("pulumi", (name,)), Workspace(Path("/nowhere"), {name: text})))


@pytest.mark.parametrize(
    ("token", "type_"),
    [
        ("aws:s3:Bucket", "aws_s3_bucket"),
        ("aws:s3/bucketV2:BucketV2", "aws_s3_bucket"),
        ("aws:s3/bucketAclV2:BucketAclV2", "aws_s3_bucket_acl"),
        ("aws:rds/instance:Instance", "aws_db_instance"),
        ("aws:rds:Cluster", "aws_rds_cluster"),
        ("aws:rds:ParameterGroup", "aws_db_parameter_group"),
        ("aws:ec2/securityGroup:SecurityGroup", "aws_security_group"),
        ("aws:ec2:Instance", "aws_instance"),
        ("aws:ec2:LaunchTemplate", "aws_launch_template"),
        ("aws:vpc:SecurityGroupIngressRule", "aws_vpc_security_group_ingress_rule"),
        ("aws:lb/listener:Listener", "aws_lb_listener"),
        ("aws:lb:LoadBalancer", "aws_lb"),
        ("aws:alb:LoadBalancer", "aws_lb"),
        ("aws:elb:LoadBalancer", "aws_elb"),
        ("aws:apigateway:RestApi", "aws_api_gateway_rest_api"),
        ("aws:apigatewayv2:Route", "aws_apigatewayv2_route"),
        ("aws:appsync:GraphQLApi", "aws_appsync_graphql_api"),
        ("aws:cloudtrail:Trail", "aws_cloudtrail"),
        ("aws:cfg:Recorder", "aws_config_configuration_recorder"),
        ("aws:lambda:FunctionUrl", "aws_lambda_function_url"),
        ("aws:ecs/taskDefinition:TaskDefinition", "aws_ecs_task_definition"),
        ("aws:kinesis:FirehoseDeliveryStream", "aws_kinesis_firehose_delivery_stream"),
        ("aws:docdb:Cluster", "aws_docdb_cluster"),
        ("aws:ebs:Volume", "aws_ebs_volume"),
        ("gcp:storage:Bucket", ""),
        ("awsx:ec2:Vpc", ""),
        ("aws", ""),
        ("", ""),
    ],
)
def test_types(token: str, type_: str) -> None:
    assert terraform_type(token) == type_


def test_properties_go_there_and_back() -> None:
    for row in ROWS:
        for word in row.keys[0].split("/") if row.types[0] else ():
            if word.islower() and not any(character.isdigit() for character in word):
                assert snake(camel(word)) == word
    assert property_of("DB_PASSWORD") == "DB_PASSWORD" and property_of("aws:SourceIp") == "aws:SourceIp"
    assert [single(word) for word in ("origins", "policies", "access", "rule")] == [
        "origin",
        "policy",
        "access",
        "rule",
    ]


@pytest.mark.parametrize(
    ("name", "text", "is_one"),
    [
        ("Pulumi.yaml", "name: a\nruntime: yaml\nresources:\n  a: {type: 'aws:s3:Bucket'}\n", True),
        ("Pulumi.yaml", "name: a\nruntime: nodejs\n", False),
        (
            "stack.json",
            '{"version": 3, "deployment": {"resources": [{"urn": "urn:pulumi:dev::a::aws:s3:Bucket::a"}]}}',
            True,
        ),
        ("package.json", '{"resources": []}', False),
    ],
)
def test_files(name: str, text: str, is_one: bool) -> None:
    assert ("pulumi" in [technology.name for technology in recognised(named_like(name), text)]) is is_one


PROGRAM = """\
name: a
runtime: yaml
config:
  given: {type: boolean}
  public: {type: boolean, default: true}
variables:
  cipher: ${public}
resources:
  images: {type: "aws:s3:Bucket"}
  rule:
    type: aws:s3:BucketPublicAccessBlock
    properties: {bucket: "${images.id}", blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true}
  database:
    type: aws:rds:Instance
    properties:
      publiclyAccessible: VALUE
"""


@pytest.mark.parametrize(
    ("value", "public"),
    [("true", True), ("false", False), ("${public}", True), ("${cipher}", True), ("${given}", UNKNOWN), ("${images.id}", UNKNOWN), ("${missing}", UNKNOWN), ("{fn::invoke: {function: x}}", UNKNOWN), ("{fn::secret: true}", True)],
)  # fmt: skip
def test_values(value: str, public: object) -> None:
    found = [
        f.public for f in facts_of(PROGRAM.replace("VALUE", value)) if isinstance(f, DataService) and f.public
    ]
    assert [one.value for one in found] == [public]


def test_a_block_belongs_to_its_bucket() -> None:
    (bucket,) = (fact for fact in facts_of(PROGRAM.replace("VALUE", "false")) if isinstance(fact, Bucket))
    assert bucket.access_block is not None and bucket.access_block.block_policy.value is True


def exported(*resources: dict[str, object]) -> str:
    return json.dumps({"version": 3, "deployment": {"resources": list(resources)}})


def test_an_exported_stack_keeps_what_belongs_together_by_ids() -> None:
    bucket = {
        "urn": "urn:pulumi:dev::a::aws:s3/bucket:Bucket::images",
        "type": "aws:s3/bucket:Bucket",
        "id": "images-1a2b",
        "inputs": {},
    }
    block = {"urn": "urn:pulumi:dev::a::aws:s3/x:BucketPublicAccessBlock::b", "type": "aws:s3/x:BucketPublicAccessBlock",
             "id": "images-1a2b", "inputs": {"bucket": "images-1a2b", "blockPublicAcls": False}}  # fmt: skip
    (found,) = (f for f in facts_of(exported(bucket, block), "stack.json") if isinstance(f, Bucket))
    assert (
        found.name == "images"
        and found.access_block is not None
        and found.access_block.block_acls.value is False
    )


def test_secrets_of_an_export_are_not_known_and_not_told() -> None:
    hidden = {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "ciphertext": "v1:abcdefgh",
    }
    database = {
        "urn": "urn:pulumi:dev::a::aws:rds/instance:Instance::db",
        "type": "aws:rds/instance:Instance",
        "inputs": {"password": hidden},
    }
    assert not [fact for fact in facts_of(exported(database), "stack.json") if isinstance(fact, Secret)]


def test_a_preview_s_deletions_are_gone() -> None:
    state = {"urn": "urn:pulumi:dev::a::aws:iam/policy:Policy::p", "type": "aws:iam/policy:Policy",
             "inputs": {"policy": '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'}}  # fmt: skip
    steps = [
        {"op": "create", "newState": state},
        {"op": "delete", "newState": {**state, "urn": state["urn"] + "2"}},
    ]
    found = facts_of(json.dumps({"steps": steps}), "preview.json")
    assert len([fact for fact in found if isinstance(fact, Grant)]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "name: a\nruntime: yaml\nresources: []\n",
        "name: a\nruntime: yaml\nresources:\n  a: 1\n  b: {type: 3}\n  c: {type: 'aws:s3:Bucket', properties: []}\n",
        "name: a\nruntime: yaml\nvariables: {x: '${y}', y: '${x}'}\nresources:\n  c: {type: 'aws:s3:Bucket', properties: {bucket: '${x}'}}\n",
        "name: a\nruntime: yaml\nresources:\n  c: {type: 'aws:sqs:Queue', properties: {name: '%{if', policy: {fn::toJSON: [1]}, tags: {fn::x: 1}}}\n",
        "name: a\nruntime: yaml\nresources:\n  c: {type: 'awsx:ec2:Vpc', properties: {name: {fn::toJSON: 1}}}\n",
    ],
)
def test_odd_shapes_are_read_without_complaint(tmp_path: Path, text: str) -> None:
    assert not review(Workspace(tmp_path, {"Pulumi.yaml": text}), Policy()).problems


def test_variables_that_name_each_other_many_times_are_bounded(tmp_path: Path) -> None:
    lines = [f"  v{n}: ['${{v{n + 1}}}', '${{v{n + 1}}}', '${{v{n + 1}}}']" for n in range(30)]
    text = (
        "name: a\nruntime: yaml\nvariables:\n"
        + "\n".join(lines)
        + "\nresources:\n  c: {type: 'aws:sqs:Queue', properties: {name: '${v0}'}}\n"
    )
    with at_most(60):
        assert not review(Workspace(tmp_path, {"Pulumi.yaml": text}), Policy()).problems
