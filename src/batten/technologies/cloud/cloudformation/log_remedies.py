"""Logs that need a resource of their own: of API stages, and of networks."""

from __future__ import annotations

from batten.formats.tree import Plain
from batten.model import Fix, Safety
from batten.technologies.cloud.cloudformation.edits import add_item, add_resource, put
from batten.technologies.cloud.cloudformation.resources import Resource

_KEYS = {"AWS::ApiGateway::Stage": "AccessLogSetting", "AWS::ApiGatewayV2::Stage": "AccessLogSettings"}
_FORMAT = (
    "$context.requestId $context.identity.sourceIp $context.requestTime $context.httpMethod $context.path "
    "$context.status"
)


def stage_logged(stage: Resource) -> Fix | None:
    """A log group beside the stage. Of REST APIs, the account needs a role that writes to it."""
    key = _KEYS.get(stage.type)
    path = stage.written(key) if key is not None else None
    if path is None or stage.declared.loop:
        return None
    group = f"{stage.name}AccessLog"
    settings: dict[str, Plain] = {"DestinationArn": {"Fn::GetAtt": f"{group}.Arn"}, "Format": _FORMAT}
    body: dict[str, Plain] = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 90}}
    edits = [*put(stage.template, path, settings), *add_resource(stage.template, group, _under(stage, body))]
    breaks = "the stage, until the account has a role that may write logs (AWS::ApiGateway::Account)"
    first = stage.type == "AWS::ApiGateway::Stage"
    return Fix(
        "log requests",
        tuple(edits),
        safety=Safety.RISKY if first else Safety.SAFE,
        breaks=breaks if first else "",
    )


def cluster_logged(cluster: Resource) -> Fix | None:
    """The audit log of Kubernetes among the types that EKS writes."""
    path = cluster.written("Logging", "ClusterLogging", "EnabledTypes")
    if path is None:
        return None
    template = cluster.template
    if isinstance(template.plain_at(path), list):
        edits = add_item(template, path, {"Type": "audit"})
    else:
        edits = put(template, path, [{"Type": kind} for kind in ("api", "audit", "authenticator")])
    return Fix("record control plane activity", tuple(edits))


def network_logged(network: Resource, bucket: str) -> Fix | None:
    title = "record connections"
    if not bucket:
        question = (
            "which bucket receives flow logs? name it under `answers: {cloud-logging-on: …}` in batten.yaml"
        )
        return Fix(title, (), safety=Safety.VALUE, question=question)
    if network.declared.loop:
        return None
    properties: dict[str, Plain] = {
        "ResourceId": {"Ref": network.name},
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": f"arn:aws:s3:::{bucket}",
    }
    body = _under(network, {"Type": "AWS::EC2::FlowLog", "Properties": properties})
    return Fix(title, tuple(add_resource(network.template, f"{network.name}FlowLog", body)))


def _under(resource: Resource, body: dict[str, Plain]) -> dict[str, Plain]:
    """It is made under the condition that the resource is made under."""
    condition = resource.declared.body.text("Condition")
    return body if condition is None else {"Type": body["Type"], "Condition": condition, **body}
