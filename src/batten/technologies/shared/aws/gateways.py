"""API Gateway, function URLs and AppSync: who may call, from which pages, and what is written down."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import ApiLog, CloudApi, CorsPolicy, Fact, Listener, OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.technologies.shared.aws.policies import admits_outsiders
from batten.technologies.shared.aws.resource import Resource, Resources, Value
from batten.technologies.shared.aws.settings import of, present, setting, text, truth, words, written

_DEEPEST = 20  # parts of a path
_NONE: tuple[str, ...] = ()


def facts(resources: Resources) -> Iterator[Fact]:
    for method in resources.of("aws_api_gateway_method", "AWS::ApiGateway::Method"):
        verb = setting(method, of(method, "http_method", "HttpMethod"), text).known("?").upper()
        kind = setting(method, of(method, "authorization", "AuthorizationType"), text, "NONE")
        if verb == "OPTIONS" or _mocked(method, resources):
            continue  # preflights carry no credentials, and a mock has nothing behind it
        methods_api = resources.get(method.refers_to(of(method, "rest_api_id", "RestApiId")))
        keys = setting(method, of(method, "api_key_required", "ApiKeyRequired"), truth, False).known(False)
        methods_state = _authorised(kind)
        if methods_state.known(True) is False and not _decided_elsewhere(methods_api, resources):
            name = f"{verb} {_path(method, resources)}"
            yield CloudApi(
                method.block(), what="API Gateway method", name=name, authoriser=methods_state, keys_only=keys
            )
    yield from _routes(resources)
    for api, operation in operations(resources):
        if not _decided_elsewhere(api, resources):
            yield operation
    for functions_url in resources.of("aws_lambda_function_url", "AWS::Lambda::Url"):
        state = _authorised(
            setting(functions_url, of(functions_url, "authorization_type", "AuthType"), text, UNKNOWN)
        )
        yield CloudApi(
            functions_url.block(), what="Lambda function URL", name=functions_url.name, authoriser=state
        )
    for graphs_api in resources.of("aws_appsync_graphql_api", "AWS::AppSync::GraphQLApi"):
        graphs_kind = setting(graphs_api, of(graphs_api, "authentication_type", "AuthenticationType"), text)
        private = (
            setting(graphs_api, of(graphs_api, "visibility", "Visibility"), text, "GLOBAL").known("GLOBAL")
            == "PRIVATE"
        )
        if graphs_kind.known("") == "API_KEY" and not private:
            yield CloudApi(
                graphs_api.block(),
                what="AppSync API",
                name=graphs_api.name,
                authoriser=Setting(False, graphs_kind.at),
                keys_only=True,
            )
        logs = of(graphs_api, "log_config", "LogConfig")
        yield ApiLog(
            graphs_api.block(), what="AppSync API", name=graphs_api.name, access=present(graphs_api, logs)
        )
    for domain in resources.of("aws_api_gateway_domain_name", "AWS::ApiGateway::DomainName"):
        policy = setting(domain, of(domain, "security_policy", "SecurityPolicy"), text)
        if policy.known("").upper() == "TLS_1_0":
            at = domain.block()
            versions: Setting[tuple[str, ...]] = Setting(("TLSv1", "TLSv1.1", "TLSv1.2"), policy.at)
            yield tls_listener(at, versions)
    for api in resources.of("aws_apigatewayv2_api", "AWS::ApiGatewayV2::Api"):
        yield from _cors(api, of(api, "cors_configuration", "CorsConfiguration"))
    for url in resources.of("aws_lambda_function_url", "AWS::Lambda::Url"):
        yield from _cors(url, of(url, "cors", "Cors"))


def _authorised(kind: Setting[str]) -> Setting[bool]:
    if isinstance(kind.value, Unknown):
        return Setting(UNKNOWN, kind.at)
    off = kind.known("NONE").upper() == "NONE"
    return Setting(ABSENT, kind.at, False) if kind.value is ABSENT else Setting(not off, kind.at)


def _mocked(method: Resource, resources: Resources) -> bool:
    if method.language == "cloudformation":
        return setting(method, "Integration/Type", text).known("") == "MOCK"
    place = method.refers_to("resource_id")
    return any(
        setting(i, "type", text).known("") == "MOCK" and place and i.refers_to("resource_id") == place
        and i.value("http_method").value in (method.value("http_method").value, UNKNOWN)
        for i in resources.of("aws_api_gateway_integration")
    )  # fmt: skip


def _decided_elsewhere(api: Resource | None, resources: Resources) -> bool:
    """Whether the API is in a private network, has a policy that keeps outsiders out, or asks for client certificates."""
    if api is None:
        return False
    kinds = of(api, "endpoint_configuration/types", "EndpointConfiguration/Types")
    policy = of(api, "policy", "Policy")
    others = resources.of("aws_api_gateway_rest_api_policy")
    # SAM writes the one type of endpoint as it is, or as a property.
    held = api.value("EndpointConfiguration").value
    kind = held.get("Type") if isinstance(held, dict) else held
    return (
        kind == "PRIVATE"
        or isinstance(kind, Unknown)
        or "PRIVATE" in setting(api, kinds, words).known(("PRIVATE",) if written(api, kinds) else ())
        or (written(api, policy) and not admits_outsiders(api.value(policy)))
        or any(_closes(other, api) for other in others)
        or _mutual(resources, api)
    )


def _closes(policy: Resource, api: Resource) -> bool:
    """Whether a policy is, or may be, the API's, and keeps outsiders out."""
    target = policy.refers_to("rest_api_id")
    return not target or (target == api.address and not admits_outsiders(policy.value("policy")))


def _mutual(resources: Resources, api: Resource) -> bool:
    """Client certificates are asked for under a name of one's own, when the API's first name is off."""
    off = setting(api, of(api, "disable_execute_api_endpoint", "DisableExecuteApiEndpoint"), truth, False)
    names = resources.of("aws_api_gateway_domain_name", "aws_apigatewayv2_domain_name",
                         "AWS::ApiGateway::DomainName", "AWS::ApiGatewayV2::DomainName")  # fmt: skip
    return off.known(False) and any(
        any(True for _ in n.each(of(n, "mutual_tls_authentication", "MutualTlsAuthentication")))
        or written(n, of(n, "mutual_tls_authentication", "MutualTlsAuthentication"))
        for n in names
    )


def _path(method: Resource, resources: Resources) -> str:
    """The path of a method: the parts of the resources above it."""
    parts: list[str] = []
    place = resources.get(method.refers_to(of(method, "resource_id", "ResourceId")))
    part, parent = of(method, "path_part", "PathPart"), of(method, "parent_id", "ParentId")
    while place is not None and written(place, part) and len(parts) < _DEEPEST:
        parts.append(setting(place, part, text).known("?"))
        place = resources.get(place.refers_to(parent))
    return "/" + "/".join(reversed(parts))


def _routes(resources: Resources) -> Iterator[CloudApi]:
    """Routes of HTTP and WebSocket APIs; of the latter, only connecting is authorised."""
    for route in resources.of("aws_apigatewayv2_route", "AWS::ApiGatewayV2::Route"):
        key = setting(route, of(route, "route_key", "RouteKey"), text).known("?")
        api = resources.get(route.refers_to(of(route, "api_id", "ApiId")))
        if key.startswith("OPTIONS ") or (key.startswith("$") and key not in ("$connect", "$default")):
            continue
        if api is not None and ((_talks(api) and key != "$connect") or _mutual(resources, api)):
            continue
        if key == "$default" and api is None:
            continue  # of which kind of API it is cannot be told
        kind = of(route, "authorization_type", "AuthorizationType")
        state = _authorised(setting(route, kind, text, "NONE"))
        if state.value is ABSENT and route.unmanaged(kind):
            state = Setting(UNKNOWN, state.at)  # something else attaches the authoriser
        yield CloudApi(route.block(), what="API Gateway route", name=key, authoriser=state)
    for api in resources.of("aws_apigatewayv2_api", "AWS::ApiGatewayV2::Api"):
        target = api.value(of(api, "target", "Target"))
        if target.value is not ABSENT and not _talks(api) and not _mutual(resources, api):
            yield CloudApi(
                api.block(),
                what="API Gateway's quick route",
                name=api.name,
                authoriser=Setting(False, target.at),
            )


def _talks(api: Resource) -> bool:
    return setting(api, of(api, "protocol_type", "ProtocolType"), text).known("?") != "HTTP"


def firewall_before(resource: Resource, resources: Resources, key: str = "") -> Setting[bool] | None:
    """Whether a firewall is associated. None where other files, or what is not known, may do it."""
    at = resource.block()
    if key and written(resource, key):
        return Setting(True, resource.value(key).at)
    types = ("aws_wafv2_web_acl_association", "aws_wafregional_web_acl_association",
             "AWS::WAFv2::WebACLAssociation")  # fmt: skip
    for association in resources.of(*types):
        target = association.refers_to(of(association, "resource_arn", "ResourceArn"))
        if target in (resource.address, ""):
            return Setting(True if target else UNKNOWN, association.block())
    if not resources.complete or resources.handed_on(resource.address):
        return None
    return Setting(ABSENT, at, False)


def tls_listener(at: Location, versions: Setting[tuple[str, ...]]) -> Listener:
    return Listener(
        at, address=Setting(UNKNOWN, at), port=Setting(443, at), tls=Setting(True, at), protocols=versions
    )


def _cors(owner: Resource, key: str) -> Iterator[CorsPolicy]:
    holder = next(owner.each(key), None)
    prefix = "" if holder is not None else f"{key}/"
    if holder is None and owner.value(key).value is ABSENT:
        return
    held = holder or owner
    names = ("allow_origins allow_credentials allow_methods allow_headers" if owner.language == "terraform"
             else "AllowOrigins AllowCredentials AllowMethods AllowHeaders").split()  # fmt: skip
    origins, credentials, methods, headers = (prefix + name for name in names)
    at = held.block()
    yield CorsPolicy(
        at,
        origins=cors_origins(setting(held, origins, words)),
        credentials=setting(held, credentials, truth, False),
        methods=setting(held, methods, words, _NONE),
        headers=setting(held, headers, words, _NONE),
        varies=Setting(True, at),
    )


def cors_origins(listed: Setting[tuple[str, ...]]) -> Setting[tuple[OriginRule, ...]]:
    """Origins as they are listed, of which `*` is any."""
    if isinstance(listed.value, Unknown):
        return Setting(UNKNOWN, listed.at)
    rules = tuple(
        OriginRule(OriginKind.ANY if origin in ("*", "https://*", "http://*") else OriginKind.EXACT,
                   Setting(origin, listed.at))
        for origin in listed.known(_NONE)
    )  # fmt: skip
    return Setting(rules or ABSENT, listed.at)


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
