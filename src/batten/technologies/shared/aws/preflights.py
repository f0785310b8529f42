"""What REST APIs of API Gateway answer to pages on other origins: headers that an integration or a gateway sets.

A static value is in single quotes of its own (API Gateway developer guide, "Enable CORS on a resource").
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import CorsPolicy
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies.shared.aws.gateways import cors_origins
from batten.technologies.shared.aws.resource import Resource, Resources, Value
from batten.technologies.shared.aws.settings import of, path

# The resource, the lists of maps in it, the map of headers, and what is before a header's name there.
_PLACES = (
    ("aws_api_gateway_integration_response", "", "response_parameters", "method.response.header."),
    ("aws_api_gateway_gateway_response", "", "response_parameters", "gatewayresponse.header."),
    (
        "AWS::ApiGateway::Method",
        "Integration/IntegrationResponses",
        "ResponseParameters",
        "method.response.header.",
    ),
    ("AWS::ApiGateway::GatewayResponse", "", "ResponseParameters", "gatewayresponse.header."),
)
_ALLOW = "access-control-allow-"


def policies(resources: Resources) -> Iterator[CorsPolicy]:
    for type_, within, key, prefix in _PLACES:
        for resource in resources.of(type_):
            for holder in resource.each(*path(within)) if within else (resource,):
                # Of an operation's own answer the preflight before it decides, so that only preflights are judged.
                held = holder.value(key).value
                listed = held if isinstance(held, dict) else {}
                allowed = {
                    name.lower().removeprefix(prefix + _ALLOW): name
                    for name in listed
                    if prefix + _ALLOW in name.lower()
                }
                if ("origin" in allowed and prefix.startswith("gateway")) or "methods" in allowed:
                    origins = _listed(holder, key, allowed, listed, "origin")
                    words = _listed(holder, key, allowed, listed, "credentials")
                    if not words.written or isinstance(words.value, Unknown):
                        credentials: Setting[bool] = Setting(
                            ABSENT if not words.written else UNKNOWN, words.at, False
                        )
                    else:
                        credentials = Setting(words.known(()) == ("true",), words.at)
                    yield CorsPolicy(
                        origins.at,
                        origins=cors_origins(origins),
                        credentials=credentials,
                        methods=_listed(holder, key, allowed, listed, "methods"),
                        headers=_listed(holder, key, allowed, listed, "headers"),
                        varies=Setting(UNKNOWN, origins.at),
                    )


def _listed(
    holder: Resource, key: str, allowed: dict[str, str], listed: dict[str, Value], which: str
) -> Setting[tuple[str, ...]]:
    name = allowed.get(which)
    if name is None:
        return Setting(ABSENT, holder.block(), ())
    found = _words(listed[name])
    inner = of(holder, "", name)
    return Setting(found, holder.value(key, inner).at if inner else holder.value(key).at)


def _words(value: Value) -> tuple[str, ...] | Unknown:
    """What is not in quotes is taken from the answer of the integration."""
    if not isinstance(value, str) or not value.startswith("'"):
        return UNKNOWN
    return tuple(word for part in value.strip("'").split(",") if (word := part.strip()))
