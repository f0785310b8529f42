"""API Gateway (HTTP API): the routes of the contract and no others, over TLS 1.2 and newer, limited and logged.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

from batten.harden.edge import Edge
from batten.harden.intent import Intent
from batten.harden.terraform_aws.hcl import Block, Raw, Value, block, resource
from batten.harden.terraform_aws.logs import group
from batten.harden.terraform_aws.network import SUBNETS
from batten.harden.terraform_aws.network import group as security_group

# No queries and no headers: they carry credentials.
_TOKENS = ("oauth2", "openIdConnect")
_LOG = ("requestId", "ip", "requestTime", "httpMethod", "routeKey", "status", "protocol", "responseLength")


def blocks(intent: Intent, edge: Edge) -> Iterator[Block]:
    yield resource("aws_apigatewayv2_api", "api", {
        "name": Raw("var.name"),
        "protocol_type": "HTTP",
        "disable_execute_api_endpoint": True,
    }, *_cors(edge))  # fmt: skip
    yield resource("aws_apigatewayv2_vpc_link", "api", {
        "name": Raw("var.name"),
        "subnet_ids": SUBNETS,
        "security_group_ids": [security_group("edge")],
    })  # fmt: skip
    yield resource("aws_apigatewayv2_integration", "api", {
        "api_id": Raw("aws_apigatewayv2_api.api.id"),
        "integration_type": "HTTP_PROXY",
        "integration_method": "ANY",
        "integration_uri": Raw("aws_service_discovery_service.api.arn"),
        "connection_type": "VPC_LINK",
        "connection_id": Raw("aws_apigatewayv2_vpc_link.api.id"),
        "payload_format_version": "1.0",
        "timeout_milliseconds": 15_000,
    })  # fmt: skip
    asked = asks_tokens(intent)
    if asked:
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
        authorizer_body: dict[str, Value] = {
            "api_id": Raw("aws_apigatewayv2_api.api.id"),
            "name": "tokens",
            "authorizer_type": "JWT",
            "identity_sources": ["$request.header.Authorization"],
        }
        tokens = block("jwt_configuration", {"issuer": Raw("var.issuer"), "audience": [Raw("var.audience")]})
        yield resource("aws_apigatewayv2_authorizer", "tokens", authorizer_body, tokens)
    body: dict[str, Value] = {
        "for_each": Raw(_routes(intent, edge)),
        "api_id": Raw("aws_apigatewayv2_api.api.id"),
        "route_key": Raw("each.key"),
        "authorization_type": Raw("each.value"),
        "target": Raw('"integrations/${aws_apigatewayv2_integration.api.id}"'),
    }
    if asked:
        body["authorizer_id"] = Raw('each.value == "JWT" ? aws_apigatewayv2_authorizer.tokens.id : null')
    yield resource("aws_apigatewayv2_route", "api", body)
    limits = {
        "throttling_rate_limit": edge.rate,
        "throttling_burst_limit": 2 * edge.rate,
        "detailed_metrics_enabled": True,
    }
    told = ", ".join(f'{name} = "$context.{"identity.sourceIp" if name == "ip" else name}"' for name in _LOG)
    log = {"destination_arn": group("gateway"), "format": Raw(f"jsonencode({{ {told} }})")}
    yield resource("aws_apigatewayv2_stage", "api", {
        "api_id": Raw("aws_apigatewayv2_api.api.id"),
        "name": "$default",
        "auto_deploy": True,
    }, block("default_route_settings", limits), block("access_log_settings", log))  # fmt: skip
    domain: dict[str, Value] = {
        "certificate_arn": Raw("var.certificate_arn"),
        "endpoint_type": "REGIONAL",
        "security_policy": "TLS_1_2",
    }
    yield resource(
        "aws_apigatewayv2_domain_name",
        "api",
        {"domain_name": Raw("var.domain")},
        block("domain_name_configuration", domain),
    )
    yield resource("aws_apigatewayv2_api_mapping", "api", {
        "api_id": Raw("aws_apigatewayv2_api.api.id"),
        "domain_name": Raw("aws_apigatewayv2_domain_name.api.id"),
        "stage": Raw("aws_apigatewayv2_stage.api.id"),
    })  # fmt: skip


def _routes(intent: Intent, edge: Edge) -> str:
    """Keys as API Gateway has them, with what each asks for; expressions are names of a segment there."""
    rows = {}
    wanted = demands(intent)
    for route in edge.routes:
        path = quote(route.path.template, safe="/{}!$&'()*+,;=:@%~")
        for method in route.path.methods:
            key = json.dumps(f"{method} {path}").replace("${", "$${")
            rows[key] = "JWT" if wanted.get((method, route.path.template)) else "NONE"
    width = max(map(len, rows))
    lines = "\n".join(f'    {key:<{width}} = "{kind}"' for key, kind in sorted(rows.items()))
    return f"{{\n{lines}\n  }}"


def demands(intent: Intent) -> dict[tuple[str, str], bool]:
    """Operations that ask for credentials: True where every way in is a token that API Gateway can verify."""
    schemes = intent.contract.schemes
    tokens = {
        s.name for s in schemes if s.kind in _TOKENS or (s.kind == "http" and s.scheme.lower() == "bearer")
    }
    return {
        (operation.method, path): all(set(way) & tokens for way in operation.security)
        for operation in intent.contract.operations
        if operation.security and all(operation.security)
        for path in (operation.path, *operation.others)
    }


def asks_tokens(intent: Intent) -> bool:
    """Whether the gateway verifies tokens of any operation."""
    return any(demands(intent).values())


def unasked(intent: Intent) -> list[str]:
    """Operations whose credentials API Gateway cannot ask for."""
    return sorted(f"{method} {path}" for (method, path), token in demands(intent).items() if not token)


def _cors(edge: Edge) -> Iterator[Block]:
    if edge.cors is None:
        return
    methods = sorted({method for route in edge.routes for method in route.path.methods})
    body: dict[str, Value] = {
        "allow_origins": list(edge.cors.origins),
        "allow_methods": list(methods),
        "allow_headers": sorted(
            {name.lower() for route in edge.routes for name in route.path.request_headers}
        ),
        "expose_headers": sorted(
            {name.lower() for route in edge.routes for name in route.path.response_headers}
        ),
        "max_age": edge.cors.age,
        "allow_credentials": edge.cors.credentials,
    }
    yield block("cors_configuration", {name: value for name, value in body.items() if value != []})
