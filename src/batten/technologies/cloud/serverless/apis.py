"""What the events of functions open: to whom, to which pages, and what is written down.

Sources: https://www.serverless.com/framework/docs/providers/aws/events/apigateway, …/http-api, …/websocket and
https://www.serverless.com/framework/docs/providers/aws/guide/functions (function URLs), …/guide/serverless.yml (logs).
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import AccessLog, ApiLog, CloudApi, CorsPolicy, DataService, Fact
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting, Unknown
from batten.model.record import record
from batten.technologies.cloud.cloudformation.resources import Resource
from batten.technologies.cloud.serverless.service import Service
from batten.technologies.shared.aws.buckets import origins
from batten.technologies.shared.aws.settings import setting, truth, words

_NONE: tuple[str, ...] = ()


@record
class Kinds:
    """How an event's API is called, where its logs are set, and what names one that stands elsewhere."""

    what: str
    api: str
    log: str
    elsewhere: str


EVENTS = {
    "http": Kinds("API Gateway method", "REST API", "restApi", "apiGateway/restApiId"),
    "httpApi": Kinds("HTTP API route", "HTTP API", "httpApi", "httpApi/id"),
    "websocket": Kinds("WebSocket API route", "WebSocket API", "websocket", "apiGateway/websocketApiId"),
}


def facts(service: Service) -> Iterator[Fact]:
    provider = service.provider
    if provider is None:
        return
    used: dict[str, None] = {}
    for function in service.functions:
        for event in function.each("events"):
            for kind in EVENTS:
                if event.value(kind).value is not ABSENT:
                    used[kind] = None
                    yield from _route(function, event, kind, provider)
        yield from _url(function)
    for kind in used:
        yield from _logs(provider, EVENTS[kind])
    if "httpApi" in used:
        yield from _cors(provider, "httpApi/cors")
    root = service.stack.template.root
    for entry in root.mapping("layers") or ():
        held = entry.value
        for number, item in enumerate(getattr(held, "sequence", lambda _: None)("allowedAccounts") or ()):
            if item.text == "*":
                at = service.stack.template.place(item, f"layers/{entry.key.text}/allowedAccounts[{number}]")
                yield DataService(at, service="Lambda layer", name=entry.key.text, public=Setting(True, at))


def _route(function: Resource, event: Resource, kind: str, provider: Resource) -> Iterator[Fact]:
    # `GET /orders`, `$connect`; None for what is not known.
    name_held = event.value(kind).value
    if isinstance(name_held, dict):
        if kind == "websocket":
            name_held = name_held.get("route")
        else:
            method, path = (
                name_held.get("method", "*" if kind == "httpApi" else None),
                name_held.get("path", ""),
            )
            name_held = f"{method} {path}" if isinstance(method, str) and isinstance(path, str) else None
    if not isinstance(name_held, str) or kind == "websocket":
        name: str | None = name_held if isinstance(name_held, str) else None
    elif name_held.strip() == "*":
        name = "$default"
    else:
        method, _, path = name_held.strip().partition(" ")
        name = f"{'ANY' if method in ('*', 'any') else method.upper()} /{path.strip().lstrip('/')}".replace(
            "/*", "/{proxy+}"
        )
    if name is None or name.startswith("OPTIONS "):
        return
    if kind != "websocket" or name == "$connect":  # of WebSocket APIs, only connecting is authorised
        held = event.value(kind, "authorizer")
        if held.written:
            known = UNKNOWN if isinstance(held.value, Unknown) else held.value not in ("", None, False)
            state = Setting(known, held.at)
        else:
            at = Location(
                event.template.path, f"{function.address}/{name}/authorizer", event.span, kind=Kind.BLOCK
            )
            state = Setting(ABSENT, at, False)
        if not state.written:
            # Whether a REST API is in a private network, or has a policy of its own.
            if kind != "http":
                decided_elsewhere = False
            else:
                place = provider.value("endpointType").value
                private = isinstance(place, Unknown) or str(place).upper() == "PRIVATE"
                policies = (provider.value("apiGateway", "resourcePolicy"), provider.value("resourcePolicy"))
                decided_elsewhere = private or any(policy.written for policy in policies)
            if decided_elsewhere:
                state = Setting(UNKNOWN, state.at)
        keys = setting(event, f"{kind}/private", truth, False).known(False)
        yield CloudApi(event.block(), what=EVENTS[kind].what, name=name, authoriser=state, keys_only=keys)
    if kind == "http":
        yield from _cors(event, "http/cors")


def _url(function: Resource) -> Iterator[Fact]:
    held = function.value("url")
    if not held.written or held.value is False or isinstance(held.value, Unknown):
        return
    own = function.value("url", "authorizer")
    state: Setting[bool] = Setting(ABSENT, held.at, False)
    if own.written:
        state = Setting(UNKNOWN if isinstance(own.value, Unknown) else own.value == "aws_iam", own.at)
    yield CloudApi(held.at, what="Lambda function URL", name=function.name, authoriser=state)
    yield from _cors(function, "url/cors")


def _cors(holder: Resource, key: str) -> Iterator[CorsPolicy]:
    """`true` stands for any origin."""
    held = holder.value(*key.split("/"))
    if isinstance(held.value, Unknown) or not held.written or held.value is False:
        return
    origins_held = holder.value(*key.split("/"))
    if origins_held.value is True:
        listed: Setting[tuple[str, ...]] = Setting(("*",), origins_held.at)
    else:
        listed = setting(holder, _key(holder, key, "origin", "origins", "allowedOrigins"), words, ("*",))
    names = (("methods", "allowedMethods"), ("headers", "allowedHeaders"), ("allowCredentials",))
    methods, headers, credentials = (_key(holder, key, *each) for each in names)
    yield CorsPolicy(
        listed.at,
        origins=origins(listed),
        credentials=setting(holder, credentials, truth, False),
        methods=setting(holder, methods, words, _NONE),
        headers=setting(holder, headers, words, _NONE),
        varies=Setting(UNKNOWN, listed.at),
    )


def _key(holder: Resource, key: str, *names: str) -> str:
    """The first of several spellings that is written."""
    return next(
        (f"{key}/{n}" for n in names if holder.value(*key.split("/"), n).written), f"{key}/{names[-1]}"
    )


def _logs(provider: Resource, kind: Kinds) -> Iterator[Fact]:
    if provider.value(*kind.elsewhere.split("/")).written:
        return  # whoever makes the API decides
    held = provider.value("logs", kind.log)
    on: Setting[bool] = Setting(ABSENT, held.at, False)
    if held.written:
        off = held.value is False
        on = Setting(UNKNOWN if isinstance(held.value, Unknown) else not off, held.at)
        if kind.log == "restApi" and not off and isinstance(held.value, dict):
            on = setting(provider, "logs/restApi/accessLogging", truth, True)
    yield ApiLog(provider.block(), what=kind.api, name=named(provider), access=on)
    if kind.log == "restApi" and on.written:
        # Whole requests are written down, unless execution logs are off or told not to.
        executed = setting(provider, "logs/restApi/executionLogging", truth, True)
        whole = setting(provider, "logs/restApi/fullExecutionData", truth, True)
        if held.value is not False and executed.known(False) and whole.known(False):
            at = whole.at if whole.written else held.at
            carried = Setting("whole requests, credentials included", at)
            yield AccessLog(at, Setting(UNKNOWN, at), Setting(UNKNOWN, at), (carried,))


def named(provider: Resource) -> str:
    """What the service is called; older versions have a map there."""
    root = provider.template.root
    held = root.mapping("service")
    return (held.text("name") if held is not None else root.text("service")) or "service"
