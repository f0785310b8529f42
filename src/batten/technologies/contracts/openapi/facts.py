"""A contract in facts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from batten import contract as openapi
from batten.contract import Contract, Place
from batten.contract.names import is_credential, names_a_session
from batten.contract.security import read_security
from batten.facts import Api, Fact, Operation, Parameter, ResponseBody, SecurityScheme
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting
from batten.technologies.contracts.openapi.gateways import cors_of
from batten.technologies.contracts.openapi.literals import asset_links, secrets_of
from batten.technologies.contracts.openapi.outgoing import sent
from batten.technologies.contracts.openapi.requirements import demands_of
from batten.technologies.contracts.openapi.schemas import Survey

_ASSET = re.compile(r"(?i)(?:image|font|audio|video)/|text/(?:css|javascript)|application/javascript")


def facts_of(contract: Contract) -> Iterator[Fact]:
    root = contract.block(Place(contract.path))
    top = Location(root.source, "", root.span, kind=Kind.BLOCK)
    assets = _asset_paths(contract)
    of_assets = [s.place.tokens[:1] == ("paths",) and s.place.tokens[1] in assets for s in contract.servers]
    servers = [_server(contract, s) for s in contract.servers]
    linked = tuple(asset_links(contract))
    # What the further values of a variable that is a server's scheme make of its URL; that of the default is told as
    # the server's own.
    alternatives: list[Setting[str]] = []
    for server in contract.servers:
        rest = (server.url or "").partition("://")[2]
        for value, place in server.schemes if rest else ():
            alternatives.append(Setting(f"{value}://{rest}", contract.value(place)))
    yield Api(
        top,
        title=contract.title,
        version=contract.version,
        servers=tuple(s for s, asset in zip(servers, of_assets, strict=True) if not asset),
        about=tuple(s.description for s, asset in zip(contract.servers, of_assets, strict=True) if not asset),
        alternatives=tuple(alternatives),
        asset_servers=(*(s for s, asset in zip(servers, of_assets, strict=True) if asset), *linked),
    )
    yield from (_scheme(contract, scheme) for scheme in contract.schemes)
    yield from demands_of(contract)
    yield from secrets_of(contract)
    yield from cors_of(contract)
    silent = all(o.security is None for o in contract.operations)
    survey = Survey(contract)
    for operation in contract.operations:
        yield _operation(contract, operation, top if silent else operation.at)
        survey.add(operation)
    for operation in contract.operations:
        survey.add_request(operation)
    for found, request in sent(contract, _security, _parameter):
        survey.add_request(found.operation, request.name)
        yield request
    yield from survey.facts()


def _asset_paths(contract: Contract) -> set[str]:
    """Templates whose answers of success are all images, fonts, styles, scripts or films."""
    found: dict[str, bool] = {}
    for operation in (o for o in contract.operations if o.method != "HEAD"):
        media = [m for status, r in operation.responses.items() if status[:1] == "2" for m in r.media]
        static = bool(media) and all(_ASSET.match(m) for m in media)
        found[operation.template] = found.get(operation.template, True) and static
    return {template for template, static in found.items() if static}


def _server(contract: Contract, server: openapi.Server) -> Setting[str]:
    """A scheme or a whole host that is a variable is the deployment's to say."""
    at = contract.value(server.place)
    try:
        authority = urlsplit(server.written).netloc
    except ValueError:
        authority = ""
    host = re.sub(r":[^:\]]*$", "", authority)
    open_scheme = server.written.startswith("{") and not server.settled
    if server.url is None or open_scheme or re.fullmatch(r"\{[^{}]*\}", host):
        return Setting(UNKNOWN, at)
    return Setting(server.url, at)


def _scheme(contract: Contract, scheme: openapi.SecurityScheme) -> SecurityScheme:
    def setting(key: str, value: str) -> Setting[str]:
        if value:
            return Setting(value, contract.value(scheme.place / key))
        return Setting(ABSENT, contract.block(scheme.place))

    return SecurityScheme(
        contract.block(scheme.place),
        name=scheme.name,
        kind=setting("type", scheme.kind),
        scheme=setting("scheme", scheme.scheme),
        place=setting("in", scheme.location),
        flows=tuple(Setting(name, contract.block(place)) for name, place in scheme.flows.items()),
        urls=tuple(Setting(url, contract.value(place)) for place, url in scheme.urls.items()),
        deprecated=scheme.deprecated,
    )


def _operation(contract: Contract, operation: openapi.Operation, silent: Location) -> Operation:
    bodies = tuple(b for r in operation.told.values() for b in _bodies(contract, operation, r))
    if operation.choice_place is None:
        padded: Setting[bool] | None = None
    else:
        padded = Setting(operation.padding > 0, contract.block(operation.choice_place))
    at = contract.block(operation.place / "responses") if operation.told else operation.at
    # Whether a `$ref` takes the operation out of a contract whose own `security` demands credentials: that of the
    # contract which refers to it is what applies by the specification, and readers of the other one expect theirs.
    if operation.security is not None or operation.place.source == contract.path:
        guarded_apart = False
    else:
        home = contract.references.sources.files[operation.place.source].data
        demanded = read_security(home) if isinstance(home, dict) and openapi.is_contract(home) else None
        guarded_apart = bool(demanded) and all(demanded or ())
    return Operation(
        operation.at,
        method=operation.method,
        path=operation.path,
        statuses=tuple(operation.told),
        security=_security(contract, operation, silent),
        operation_id=operation.operation_id,
        responses=bodies,
        parameters=tuple(
            _parameter(contract, operation, p) for p in operation.parameters if p.location != "header"
        ),
        deprecated=operation.deprecated,
        error_bodies=Setting(
            any(
                (b.status == "default" or b.status[:1] in ("4", "5")) and b.schema.value is not ABSENT
                for b in bodies
            ),
            at,
        ),
        choice=operation.choice,
        padded=padded,
        origin=contract.path,
        guarded_apart=guarded_apart,
    )


def _security(contract: Contract, operation: openapi.Operation, silent: Location) -> Setting[tuple[str, ...]]:
    """`security: []` and an alternative `{}` demand nothing."""
    if operation.security is None or operation.security_place is None:
        return Setting(ABSENT, silent)
    place = operation.security_place
    if () in operation.security:
        written = contract.references.sources.files[place.source].value(place.tokens)
        index = written.index({}) if isinstance(written, list) else 0
        return Setting((), contract.value(place / str(index)))
    names = tuple(dict.fromkeys(name for alternative in operation.security for name in alternative))
    return Setting(names, contract.block(place))


def _parameter(contract: Contract, operation: openapi.Operation, parameter: openapi.Parameter) -> Parameter:
    schema = parameter.schema.value if parameter.schema is not None else None
    secret = isinstance(schema, dict) and schema.get("format") == "password"
    sensitive = secret or (is_credential(parameter.name) and not _filters(operation, parameter, schema))
    # Where one stands matters only to who flags it, and to ask for each would cost more than all the rest.
    at = contract.block(parameter.place) if sensitive else operation.at
    return Parameter(at, parameter.name, parameter.location, sensitive)


def _filters(operation: openapi.Operation, parameter: openapi.Parameter, schema: object) -> bool:
    """Whether the identifier of a session chooses one of the API's objects: it is a number, the path names it, or callers prove
    who they are by other means."""
    if not names_a_session(parameter.name):
        return False
    number = isinstance(schema, dict) and schema.get("type") in ("integer", "number")
    return number or parameter.location == "path" or bool(operation.security and all(operation.security))


def _bodies(
    contract: Contract, operation: openapi.Operation, response: openapi.Response
) -> Iterator[ResponseBody]:
    label = operation.label
    if not response.known or not response.media:
        at = contract.block(response.place)
        schema: Setting[bool] = Setting(ABSENT if response.known else UNKNOWN, at)
        yield ResponseBody(at, operation=label, status=response.status, media_type="", schema=schema)
        return
    for media in response.media.values():
        at = contract.block(media.place)
        declared = media.schema is not None and media.schema.value != {}
        yield ResponseBody(
            at,
            operation=label,
            status=response.status,
            media_type=media.media_type,
            schema=Setting(True if declared else ABSENT, at),
        )
