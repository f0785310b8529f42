"""Permissions that are resources of their own, a principal and its conditions each, as the policies that they make.

Sources: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import DataService
from batten.model import ABSENT, UNKNOWN, Absent, Setting
from batten.model.record import record
from batten.technologies.shared.aws.resource import Resource, Resources, Value
from batten.technologies.shared.aws.settings import of, setting, text

# Which condition each argument of a permission on a function makes.
_CONDITIONS = (
    ("source_arn", "SourceArn", "ArnLike", "AWS:SourceArn"),
    ("source_account", "SourceAccount", "StringEquals", "AWS:SourceAccount"),
    ("principal_org_id", "PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("event_source_token", "EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("function_url_auth_type", "FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
)


@record
class Permission:
    policy: Setting[Value]
    kind: str
    holder: str


def permissions(resources: Resources) -> Iterator[Permission | DataService]:
    for resource in resources.of("aws_lambda_permission", "AWS::Lambda::Permission"):
        if not _written(resource, of(resource, "function_url_auth_type", "FunctionUrlAuthType")):
            # Who may call a function.
            conditions: dict[str, Value] = {}
            for terraform, cloudformation, test, name in _CONDITIONS:
                held = resource.value(of(resource, terraform, cloudformation)).value
                if not isinstance(held, Absent):
                    inner = conditions.setdefault(test, {})
                    assert isinstance(inner, dict)
                    inner[name] = held
            named = resource.refers_to(of(resource, "function_name", "FunctionName")).rpartition(".")[2]
            action = _known(resource, of(resource, "action", "Action"))
            made = _statement(_known(resource, of(resource, "principal", "Principal")), action, conditions)
            yield Permission(
                Setting(made, resource.block()), "invoke", f"function `{named or resource.name}`"
            )  # the URL's own authorisation is judged with the URL
    for resource in resources.of("aws_cloudwatch_event_permission", "AWS::Events::EventBusPolicy"):
        if _written(resource, of(resource, "principal", "Principal")):
            yield _sending(resource)
    for resource in resources.of(
        "aws_lambda_layer_version_permission", "AWS::Lambda::LayerVersionPermission"
    ):
        who = setting(resource, of(resource, "principal", "Principal"), text)
        if not _written(resource, of(resource, "organization_id", "OrganizationId")):
            state = Setting(who.value == "*" if isinstance(who.value, str) else UNKNOWN, who.at)
            yield DataService(resource.block(), service="Lambda layer", name=resource.name, public=state)


def _written(resource: Resource, key: str) -> bool:
    return resource.value(key).value is not ABSENT


def _sending(resource: Resource) -> Permission:
    """Who may put events on a bus."""
    principal = _known(resource, of(resource, "principal", "Principal"))
    condition = next(resource.each(of(resource, "condition", "Condition")), None)
    conditions: dict[str, Value] = {}
    if condition is not None:
        test, key, value = (_known(condition, of(condition, k, k.title())) for k in ("type", "key", "value"))
        conditions = {str(test): {str(key): value}}
    action = _known(resource, of(resource, "action", "Action"))
    made = _statement(principal, "events:PutEvents" if action is None else action, conditions)
    return Permission(Setting(made, resource.block()), "resource", f"event bus `{resource.name}`")


def _known(resource: Resource, key: str) -> Value:
    held = resource.value(key).value
    return None if isinstance(held, Absent) else held


def _statement(principal: Value, action: Value, conditions: dict[str, Value]) -> dict[str, Value]:
    """The document of one statement, as the service writes it."""
    who: Value = principal
    if isinstance(principal, str) and principal != "*":
        who = {"Service" if "." in principal else "AWS": principal}
    held: dict[str, Value] = {"Effect": "Allow", "Principal": who, "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [{**held, "Condition": conditions} if conditions else held]}
