"""Operations of an OpenAPI document that a gateway is made of, written in the resource itself."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import CloudApi
from batten.model import Setting
from batten.technologies.shared.aws.resource import Resource, Resources, Value
from batten.technologies.shared.aws.settings import of, written

TYPES = (
    "aws_api_gateway_rest_api",
    "aws_apigatewayv2_api",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
)
_VERBS = ("get", "put", "post", "delete", "patch", "head", "x-amazon-apigateway-any-method")


def operations(resources: Resources) -> Iterator[tuple[Resource, CloudApi]]:
    """Each operation with its API. SAM's `Auth` adds authorizers to a document, so that none is known there."""
    for api in resources.of(*TYPES):
        key = of(api, "body", "Body")
        body = api.value(key)
        if isinstance(body.value, dict) and not (api.language == "cloudformation" and written(api, "Auth")):
            for path, verb, secured in _operations(body.value):
                name = f"{'ANY' if verb.startswith('x-') else verb.upper()} {path}"
                # Terraform's document is one value, CloudFormation's has a place for each operation.
                state = Setting(
                    secured,
                    body.at if api.language == "terraform" else api.value("Body", "paths", path, verb).at,
                )
                yield api, CloudApi(api.block(), what="API Gateway operation", name=name, authoriser=state)


def _operations(body: dict[str, Value]) -> Iterator[tuple[str, str, bool]]:
    """Every operation, and whether a scheme is asked for; one that cannot be told is left out."""
    paths = body.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for verb, operation in item.items() if isinstance(item, dict) else ():
            if verb.lower() not in _VERBS or not isinstance(operation, dict):
                continue
            integration = operation.get("x-amazon-apigateway-integration", {})
            kind = integration.get("type", "") if isinstance(integration, dict) else None
            security = operation.get("security", body.get("security", []))
            auth = operation.get("x-amazon-apigateway-auth", body.get("x-amazon-apigateway-auth"))
            if isinstance(kind, str) and kind.lower() != "mock" and isinstance(security, list):
                yield path, verb, bool(security) or auth is not None
