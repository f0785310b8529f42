"""Stages of API Gateway: their access logs, what else they write down, caches and rates."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import AccessLog, ApiLog, Fact, Limits
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies.shared.aws.gateways import firewall_before
from batten.technologies.shared.aws.resource import Resource, Resources, Value
from batten.technologies.shared.aws.settings import of, present, setting, truth

_STAGES = ("aws_api_gateway_stage", "AWS::ApiGateway::Stage", "aws_apigatewayv2_stage",
           "AWS::ApiGatewayV2::Stage")  # fmt: skip
# Where the settings of methods and routes are.
_METHODS = (
    ("aws_api_gateway_method_settings", "settings"),
    ("AWS::ApiGateway::Stage", "MethodSettings"),
    ("AWS::ApiGateway::Deployment", "StageDescription/MethodSettings"),
    ("AWS::ApiGatewayV2::Stage", "DefaultRouteSettings"),
    ("aws_apigatewayv2_stage", "default_route_settings"),
)


def facts(resources: Resources) -> Iterator[Fact]:
    for stage in resources.of(*_STAGES):
        newer = "v2" in stage.type.lower()
        key = of(stage, "access_log_settings", "AccessLogSettings" if newer else "AccessLogSetting")
        firewall = None if newer else firewall_before(stage, resources, "web_acl_id")
        yield _log(stage, key, firewall)
    for deployment in resources.of("AWS::ApiGateway::Deployment"):
        if deployment.value("StageName").value is not ABSENT:  # it makes a stage of that name
            yield _log(deployment, "StageDescription/AccessLogSetting", None)
    for type_, key in _METHODS:
        for stage in resources.of(type_):
            for settings in stage.each(*key.split("/")):
                yield from _settings(stage, settings)


def _log(stage: Resource, key: str, firewall: Setting[bool] | None) -> ApiLog:
    access = present(stage, key)
    return ApiLog(stage.block(), what="API Gateway stage", name=stage.name, access=access, firewall=firewall)


def _settings(stage: Resource, settings: Resource) -> Iterator[Fact]:
    at = stage.block() if stage.language == "terraform" else settings.block()
    traced = setting(settings, of(settings, "data_trace_enabled", "DataTraceEnabled"), truth, False)
    if traced.known(False):
        carried = Setting("whole requests, credentials included", traced.at)
        yield AccessLog(at, Setting(UNKNOWN, at), Setting(UNKNOWN, at), (carried,))
    rate = setting(settings, of(settings, "throttling_rate_limit", "ThrottlingRateLimit"), _rate)
    if rate.value == "":
        yield Limits(at, rate=Setting(ABSENT, rate.at))


def _rate(value: Value) -> str | Unknown:
    """-1 takes the bound away; nothing leaves the account's."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "" if value < 0 else f"{value}r/s"
    return UNKNOWN
