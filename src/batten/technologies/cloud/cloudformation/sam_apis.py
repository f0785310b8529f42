"""APIs that SAM makes of functions' events: who may call each route, and from which origins."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import CloudApi, CorsPolicy
from batten.formats import Mapping
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.technologies.cloud.cloudformation.resources import Held, Resource, Stack
from batten.technologies.cloud.cloudformation.sam import globals_of, over
from batten.technologies.shared.aws.buckets import origins
from batten.technologies.shared.aws.resource import Value
from batten.technologies.shared.aws.settings import setting, text, truth

_KINDS = {"Api": ("RestApiId", "API Gateway method"), "HttpApi": ("ApiId", "HTTP API route")}
_NOBODY = ("NONE", "none")
_NONE: tuple[str, ...] = ()


def routes(stack: Stack) -> Iterator[CloudApi]:
    """What each event of a function opens."""
    for function in stack.of("AWS::Serverless::Function", "AWS::Serverless::StateMachine"):
        held = function.held("Events")
        events = held.node if isinstance(held, Held) else None
        for entry in events if isinstance(events, Mapping) else ():
            event = _event(function, entry.key.text)
            kind = event.value("Type").known("") if event is not None else ""
            if event is not None and isinstance(kind, str) and kind in _KINDS:
                yield from _route(stack, event, kind)


def others(stack: Stack) -> Iterator[CloudApi]:
    """WebSocket APIs, where only connecting is authorised, and GraphQL APIs."""
    for api in stack.of("AWS::Serverless::WebSocketApi"):
        kind = setting(api, "Auth/AuthType", text, "NONE")
        if not kind.written:
            of_kind: Setting[bool] = Setting(ABSENT, kind.at, False)
        else:
            of_kind = Setting(UNKNOWN if not kind.is_known else kind.known("") != "NONE", kind.at)
        yield CloudApi(api.block(), what="WebSocket API", name=api.name, authoriser=of_kind)
    for api in stack.of("AWS::Serverless::GraphQLApi"):
        kind = setting(api, "Auth/Type", text)
        if kind.known("") == "API_KEY":
            off = Setting(False, kind.at)
            yield CloudApi(api.block(), what="AppSync API", name=api.name, authoriser=off, keys_only=True)


def _event(function: Resource, name: str) -> Resource | None:
    held = function.held("Events", name)
    if not isinstance(held, Held):
        return None
    events = function.held("Events")
    holder = events.node if isinstance(events, Held) else None
    entry = holder.entry(name) if isinstance(holder, Mapping) else None
    span = entry.span if entry is not None else held.span
    return function.part_at(held, f"{function.address}/Events/{name}", span)


def _route(stack: Stack, event: Resource, kind: str) -> Iterator[CloudApi]:
    reference, what = _KINDS[kind]
    method = _word(event, "Properties", "Method", default="any" if kind == "HttpApi" else "")
    path = _word(event, "Properties", "Path", default="/{proxy+}" if kind == "HttpApi" else "")
    if method is None or path is None or method.lower() == "options":
        return
    api = _api(stack, event, kind, reference)
    own = event.value("Properties", "Auth", "Authorizer")
    if own.written:
        known = None if isinstance(own.value, Unknown) else own.value not in _NOBODY
        authoriser, keys = Setting(UNKNOWN if known is None else known, own.at), False
    else:
        inherited, authoriser_keys = _inherited(event, api, kind)
        if event.value("Properties", "Auth", "ApiKeyRequired").written:
            authoriser_keys = setting(event, "Properties/Auth/ApiKeyRequired", truth, False).known(False)
        at = Location(event.template.path, f"{event.address}/Auth", event.span, kind=event.block().kind)
        authoriser, keys = Setting(ABSENT, at, inherited), authoriser_keys
    left_out = authoriser.written and authoriser.known(True) is False
    yield CloudApi(
        event.block(),
        what=what,
        name=f"{method.upper()} {path}",
        authoriser=authoriser,
        keys_only=keys,
        exempt=left_out and _inherited(event, api, kind)[0] is True,
    )


def _word(event: Resource, *path: str, default: str) -> str | None:
    setting = event.value(*path)
    value = setting.value if setting.written else default
    return value if isinstance(value, str) and value else None


def _api(stack: Stack, event: Resource, kind: str, reference: str) -> Resource | Unknown | None:
    """The API that an event is a route of; None: the one that SAM makes where none is named."""
    if not event.value("Properties", reference).written:
        return None
    name = event.refers_to("Properties", reference)
    types = (f"AWS::Serverless::{kind}",)
    return next((api for api in stack.of(*types) if api.address == name), None) or UNKNOWN


def _inherited(event: Resource, api: Resource | Unknown | None, kind: str) -> tuple[bool | Unknown, bool]:
    """Whether the API asks everybody for a credential, and whether an API key is all it asks for."""
    if isinstance(api, Unknown):
        return UNKNOWN, False
    if api is None:
        layer = globals_of(event.template, kind)
        if layer is None:
            return False, False
        api = over(event, layer)
        api.layers = (layer,)
    configuration = api.value("EndpointConfiguration")
    value = configuration.value.get("Type") if isinstance(configuration.value, dict) else configuration.value
    if (
        value == "PRIVATE"
        or isinstance(value, Unknown)
        or api.value("DefinitionBody").written
        or api.value("DefinitionUri").written
    ):
        return UNKNOWN, False
    default = api.value("Auth", "DefaultAuthorizer")
    if default.written or isinstance(default.value, Unknown):
        return UNKNOWN if isinstance(default.value, Unknown) else default.value not in _NOBODY, False
    if api.value("Auth", "ResourcePolicy").written:
        return UNKNOWN, False
    return False, setting(api, "Auth/ApiKeyRequired", truth, False).known(False)


def cross_origin(stack: Stack) -> Iterator[CorsPolicy]:
    """`Cors` of a REST API: words in quotes of their own, as API Gateway has them in a header's mapping."""
    # `CorsConfiguration` of an HTTP API may be one origin, or true for any.
    for http_api in stack.of("AWS::Serverless::HttpApi"):
        http_whole = http_api.value("CorsConfiguration")
        if isinstance(http_whole.value, str) or http_whole.value is True:
            listed: Setting[tuple[str, ...]] = Setting(
                ("*",) if http_whole.value is True else (str(http_whole.value),), http_whole.at
            )
            none: Setting[tuple[str, ...]] = Setting(ABSENT, http_whole.at, ())
            yield CorsPolicy(
                http_whole.at, origins=origins(listed), credentials=Setting(ABSENT, http_whole.at, False), methods=none,
                headers=none, varies=Setting(UNKNOWN, http_whole.at),
            )  # fmt: skip
    for api in stack.of("AWS::Serverless::Api"):
        whole = api.value("Cors")
        if isinstance(whole.value, str):
            yield _policy(api, ("Cors",))
        elif isinstance(whole.value, dict):
            yield _policy(api, ("Cors", "AllowOrigin"))


def _policy(api: Resource, origin: tuple[str, ...]) -> CorsPolicy:
    listed = _unquoted(api, *origin)
    return CorsPolicy(
        api.place(listed.at.span or api.span, "Cors", kind=listed.at.kind),
        origins=origins(listed),
        credentials=setting(api, "Cors/AllowCredentials", truth, False),
        methods=_unquoted(api, "Cors", "AllowMethods"),
        headers=_unquoted(api, "Cors", "AllowHeaders"),
        varies=Setting(UNKNOWN, listed.at),
    )


def _unquoted(api: Resource, *path: str) -> Setting[tuple[str, ...]]:
    return setting(api, "/".join(path), _words, _NONE)


def _words(value: Value) -> tuple[str, ...] | Unknown:
    if not isinstance(value, str):
        return UNKNOWN
    words = (word.strip() for word in value.strip("'\"").split(","))
    return tuple(word for word in words if word)
