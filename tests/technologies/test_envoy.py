"""What pages cannot show: several files, JSON and camelCase, odd input, and Envoy's own word on what is read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.cell import NotAsked
from batten.engine.fix import Wish, plan
from batten.engine.review import Review, review
from batten.facts import (
    AccessLog,
    AccessRule,
    CorsPolicy,
    Fact,
    Feature,
    Limits,
    Listener,
    OriginKind,
    PublishedPort,
    ResponseHeaders,
    Route,
    Secret,
    Upstream,
)
from batten.formats import Workspace, apply, yaml
from batten.model import ABSENT, UNKNOWN, Problem, Safety, Switch
from batten.policy import Policy
from batten.technologies import Unit, named_like, recognised
from batten.technologies.edges.envoy import validator
from batten.technologies.edges.envoy.adapter import read, units
from needs import needs

F = TypeVar("F", bound=Fact)
PAGES = Path(__file__).parent.parent / "pages"
UNIT = Unit("envoy", ("envoy.yaml",))
POLICY = Policy(origins=("https://shop.example.com",))
BLOCKS = [
    pytest.param(text, id=f"{page.parent.name}-{kind}-{number}")
    for page in sorted(PAGES.glob("*/*.md"))
    for number, (kind, text) in enumerate(
        re.findall(r"^```envoy (bad|fixed|good)[^\n]*\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    )
]
installed = needs("envoy", validator.envoy())
API = "type.googleapis.com/envoy.extensions"
ROUTES = '{name: all, virtual_hosts: [{name: a, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: api}}]}]}'
ROUTER = f'{{name: router, typed_config: {{"@type": {API}.filters.http.router.v3.Router}}}}'


def manager(options: str = "", filters: str = "", routes: str = f"route_config: {ROUTES}") -> str:
    """A connection manager's filter, in one line."""
    more = f", {options}" if options else ""
    before = f"{filters}, " if filters else ""
    message = f"{API}.filters.network.http_connection_manager.v3.HttpConnectionManager"
    return (
        f'{{name: manager, typed_config: {{"@type": {message}, stat_prefix: a{more}, '
        f"{routes}, http_filters: [{before}{ROUTER}]}}}}"
    )


def edge(filter: str, chain: str = "", listener: str = "", address: str = "0.0.0.0", port: int = 8080) -> str:
    return (
        "static_resources:\n  listeners:\n  - name: edge\n"
        f"    address: {{socket_address: {{address: {address}, port_value: {port}}}}}\n"
        + (f"    {listener}\n" if listener else "")
        + f"    filter_chains:\n    - filters: [{filter}]\n"
        + (f"      {chain}\n" if chain else "")
    )


def cluster(body: str) -> str:
    return f"static_resources:\n  clusters:\n  - name: api\n    {body}\n"


def facts(kind: type[F], text: str, **more: str) -> list[F]:
    space = Workspace("/nonexistent", {"envoy.yaml": text, **more})
    return [f for f in read(UNIT, space) if isinstance(f, kind)]


def http_filter(kind: str, message: str, body: str = "", more: str = "") -> str:
    inner = f", {body}" if body else ""
    return f'{{name: {kind}, typed_config: {{"@type": {API}.filters.http.{kind}.v3.{message}{inner}}}{more}}}'


def reviewed(text: str, root: Path, path: str = "envoy.yaml") -> Review:
    return review(Workspace(root, {path: text}), POLICY)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("envoy.yaml", "static_resources:\n  listeners: []\n", True),
        ("front.json", '{"static_resources": {"listeners": []}}', True),
        ("front.json", '{"admin": {},\n "staticResources": {}}', True),
        ("lds.yaml", 'resources:\n- "@type": type.googleapis.com/envoy.config.listener.v3.Listener\n', True),
        ("a.yaml", "apiVersion: v1\nkind: ConfigMap\ndata:\n  envoy.yaml: |\n    static_resources:\n", False),
        (
            "filter.yaml",
            "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nspec:\n  patch:\n"
            '    "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua\n',
            False,
        ),
        ("compose.yaml", "services:\n  envoy:\n    image: envoyproxy/envoy:v1.37\n", False),
        (
            "values.yaml",
            "envoy:\n  static_resources: {}\nx: type.googleapis.com/google.protobuf.Any\n",
            False,
        ),
        ("other.yaml", "resources:\n- name: a\n", False),
    ],
)
def test_configurations_are_told_by_their_keys_and_messages(path: str, text: str, expected: bool) -> None:
    assert ("envoy" in [t.name for t in recognised(named_like(path), text)]) is expected


def test_a_bootstrap_takes_the_files_that_it_names() -> None:
    lds = (
        'resources:\n- "@type": type.googleapis.com/envoy.config.listener.v3.Listener\n  name: edge\n'
        f"  filter_chains: [{{filters: [{manager(routes='rds: {route_config_name: all, config_source: {path_config_source: {path: /etc/envoy/rds.yaml}}}')}]}}]\n"
    )
    rds = f'resources:\n- {{"@type": type.googleapis.com/envoy.config.route.v3.RouteConfiguration, {ROUTES[1:]}\n'
    main = "dynamic_resources:\n  lds_config: {path_config_source: {path: /etc/envoy/lds.yaml}}\n"
    space = Workspace("/", {"e/envoy.yaml": main, "e/lds.yaml": lds, "e/rds.yaml": rds, "e/other.yaml": rds})
    found = [u.files for u in units(sorted(space.overlay), space)]
    assert found == [("e/envoy.yaml", "e/lds.yaml", "e/rds.yaml"), ("e/other.yaml",)]
    headers = [f for f in read(Unit("envoy", found[0]), space) if isinstance(f, ResponseHeaders)]
    assert [h["x-frame-options"].value for h in headers] == [ABSENT]


def test_a_broken_second_file_is_a_problem_with_its_line() -> None:
    space = Workspace("/", {"envoy.yaml": "static_resources: {}\n", "lds.yaml": "resources:\n- a: [\n"})
    outcomes = list(read(Unit("envoy", ("envoy.yaml", "lds.yaml")), space))
    assert [(o.source, o.line) for o in outcomes if isinstance(o, Problem)] == [("lds.yaml", 3)]


def test_routes_that_are_not_here_may_send_anything() -> None:
    text = edge(manager(routes="rds: {route_config_name: all}"))
    (headers,) = facts(ResponseHeaders, text)
    assert headers["x-frame-options"].value is UNKNOWN
    assert facts(CorsPolicy, text) == []
    (limits,) = facts(Limits, text)
    assert limits.rate is None


def test_camel_case_names_the_same_fields() -> None:
    text = edge(manager("serverName: envoy/1.2, normalizePath: true")).replace(
        "static_resources", "staticResources"
    )
    text = text.replace("filter_chains", "filterChains").replace("route_config", "routeConfig")
    text = text.replace("typed_config", "typedConfig").replace("virtual_hosts", "virtualHosts")
    assert [r.upstream for r in facts(Route, text)] == ["api"]
    found = review(Workspace("/nonexistent", {"envoy.yaml": text}), POLICY).findings
    assert "banner-hidden" in [f.control for f in found]


@pytest.mark.parametrize(
    ("listener", "options", "address", "expected"),
    [
        ("", "", "0.0.0.0", False),
        ("traffic_direction: INBOUND", "", "0.0.0.0", UNKNOWN),
        ("", "use_remote_address: true, xff_num_trusted_hops: 1", "0.0.0.0", UNKNOWN),
        ("", "use_remote_address: false", "0.0.0.0", UNKNOWN),
        ("", "use_remote_address: true", "0.0.0.0", False),
        ("listener_filters: [{name: envoy.filters.listener.proxy_protocol}]", "", "0.0.0.0", UNKNOWN),
    ],
)
def test_what_is_plain(listener: str, options: str, address: str, expected: object) -> None:
    (found,) = facts(Listener, edge(manager(options), listener=listener, address=address))
    assert found.tls.value is expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [("envoyproxy/envoy:v1.21.0", "TLSv1"), ("envoyproxy/envoy:v1.37-latest", "TLSv1.2"), ("a:1", "TLSv1.2")],
)
def test_protocols_by_version(image: str, expected: str) -> None:
    socket = f'transport_socket: {{name: tls, typed_config: {{"@type": {API}.transport_sockets.tls.v3.DownstreamTlsContext}}}}'
    (found,) = facts(Listener, edge(manager(), chain=socket), Dockerfile=f"FROM {image}\n")
    assert found.protocols is not None and found.protocols.known(())[0] == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [("1", "TLSv1"), ("TLS_AUTO", "TLSv1.2"), ("TLSv1_3", "TLSv1.3"), ("$MIN", UNKNOWN)],
)
def test_protocols_as_written(number: str, expected: object) -> None:
    inner = f"common_tls_context: {{tls_params: {{tls_minimum_protocol_version: {number}}}}}"
    socket = f'transport_socket: {{name: tls, typed_config: {{"@type": {API}.transport_sockets.tls.v3.DownstreamTlsContext, {inner}}}}}'
    (found,) = facts(Listener, edge(manager(), chain=socket))
    assert found.protocols is not None
    value = found.protocols.effective
    assert value[0] == expected if isinstance(value, tuple) else value is expected


HEADER = "{header: {key: X-Frame-Options, value: DENY}}"


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("{prefix: /}", True),
        ("{prefix: ''}", True),
        ("{prefix: /v1}", False),  # another path finds no route
        ("{prefix: /, headers: [{name: x-a, present_match: true}]}", False),
    ],
)
def test_headers_of_the_route_table_and_errors(match: str, expected: bool) -> None:
    routes = ROUTES.replace("{prefix: /}", match)[:-1] + f", response_headers_to_add: [{HEADER}]}}"
    (headers,) = facts(ResponseHeaders, edge(manager(routes=f"route_config: {routes}")))
    assert headers["x-frame-options"].value == "DENY"
    assert headers.on_errors("x-frame-options") is expected


def test_a_script_may_send_anything() -> None:
    lua = http_filter(
        "lua", "Lua", "default_source_code: {inline_string: 'function envoy_on_response(h) end'}"
    )
    (headers,) = facts(ResponseHeaders, edge(manager(filters=lua)))
    assert headers["x-frame-options"].value is UNKNOWN


def test_levels_are_folded_from_the_route_up() -> None:
    host = '{name: a, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: a}, response_headers_to_add: [ONE]}]'
    one = HEADER.replace("DENY", "SAMEORIGIN")
    over = HEADER.replace("}}", "}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}")
    routes = (
        f"route_config: {{virtual_hosts: [{host.replace('ONE', one)}}}], response_headers_to_add: [{over}]}}"
    )
    (headers,) = facts(ResponseHeaders, edge(manager(routes=routes)))
    assert headers["x-frame-options"].value == "DENY"
    (headers,) = facts(
        ResponseHeaders, edge(manager(routes=routes[:-1] + ", most_specific_header_mutations_wins: true}"))
    )
    assert headers["x-frame-options"].value == "DENY, SAMEORIGIN"


def test_virtual_hosts_that_differ_are_told_apart() -> None:
    first = "{name: a, domains: [a.example], routes: [{match: {prefix: /}, route: {cluster: a}}], response_headers_to_add: [H]}"
    second = "{name: b, domains: [b.example], routes: [{match: {prefix: /}, route: {cluster: a}}]}"
    routes = f"route_config: {{virtual_hosts: [{first.replace('[H]', f'[{HEADER}]')}, {second}]}}"
    found = facts(ResponseHeaders, edge(manager(routes=routes)))
    assert [(h.at.pointer, h["x-frame-options"].value) for h in found] == [
        ("virtual_host[a]", "DENY"),
        ("virtual_host[b]", ABSENT),
    ]


def endpoint(host: str, port: int = 443) -> str:
    return f"load_assignment: {{endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address: {{address: {host}, port_value: {port}}}}}}}}}]}}]}}"


TLS = f'{{"@type": {API}.transport_sockets.tls.v3.UpstreamTlsContext'
PRIVATE = "validation_context: {trusted_ca: {filename: /etc/envoy/ca.pem}}"
PUBLIC = "trusted_ca: {filename: /etc/ssl/certs/ca-certificates.crt}"


@pytest.mark.parametrize(
    ("socket", "encrypted", "verified"),
    [
        ("", False, None),
        (f"typed_config: {TLS}}}", True, False),
        (f"typed_config: {TLS}, common_tls_context: {{{PRIVATE}}}}}", True, True),
        (f"typed_config: {TLS}, common_tls_context: {{validation_context: {{{PUBLIC}}}}}}}", True, False),
        (f"typed_config: {TLS}, auto_sni_san_validation: true, common_tls_context: {{validation_context: {{{PUBLIC}}}}}}}", True, True),
        (f"typed_config: {TLS}, common_tls_context: {{validation_context_sds_secret_config: {{name: x}}}}}}", True, UNKNOWN),
        (f"typed_config: {TLS}, common_tls_context: {{combined_validation_context: {{}}}}}}", True, UNKNOWN),
        ('typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.alts.v3.Alts}', UNKNOWN, None),
        ('typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer}', False, None),
    ],
)  # fmt: skip
def test_clusters(socket: str, encrypted: object, verified: object) -> None:
    body = endpoint("api.example.com") + (f"\n    transport_socket: {{name: x, {socket}}}" if socket else "")
    (upstream,) = facts(Upstream, cluster(body))
    assert upstream.encrypted is not None and upstream.encrypted.value is encrypted
    assert (upstream.verified.effective if upstream.verified else None) is verified


def test_protocol_options_may_verify_names() -> None:
    options = "typed_extension_protocol_options: {http: {upstream_http_protocol_options: {auto_sni: true, auto_san_validation: true}}}"
    socket = f"transport_socket: {{typed_config: {TLS}, common_tls_context: {{validation_context: {{{PUBLIC}}}}}}}}}"
    (upstream,) = facts(Upstream, cluster(f"{endpoint('api.example.com')}\n    {options}\n    {socket}"))
    assert upstream.verified is not None and upstream.verified.effective is True


@pytest.mark.parametrize(
    ("matcher", "kind", "text"),
    [
        ('{exact: "*"}', OriginKind.ANY, "*"),
        ("{exact: https://a.example}", OriginKind.EXACT, "https://a.example"),
        ("{prefix: https://a.}", OriginKind.PATTERN, r"https://a\..*"),
        ("{suffix: .a.example}", OriginKind.PATTERN, r".*\.a\.example"),
        ("{contains: a}", OriginKind.PATTERN, ".*a.*"),
        ("{safe_regex: {regex: 'https://.+'}}", OriginKind.PATTERN, "https://.+"),
    ],
)
def test_origins(matcher: str, kind: OriginKind, text: str) -> None:
    config = f'{{"@type": {API}.filters.http.cors.v3.CorsPolicy, allow_origin_string_match: [{matcher}]}}'
    routes = ROUTES.replace("routes:", f"typed_per_filter_config: {{cors: {config}}}, routes:")
    (policy,) = facts(
        CorsPolicy, edge(manager(filters=http_filter("cors", "Cors"), routes=f"route_config: {routes}"))
    )
    assert [(r.kind, r.text.value) for r in policy.origins.known(())] == [(kind, text)]


def test_a_policy_without_its_filter_lets_nobody_in() -> None:
    (policy,) = facts(CorsPolicy, edge(manager()))
    assert policy.origins.value is ABSENT


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("{name: ':method', string_match: {exact: GET}}", ("GET",)),
        ("{name: ':method', exact_match: POST}", ("POST",)),
        ("{name: ':method', string_match: {safe_regex: {regex: GET|PUT}}}", ("GET", "PUT")),
        ("{name: ':method', string_match: {exact: GET}, invert_match: true}", ABSENT),
        ("{name: x-a, present_match: true}", ABSENT),
    ],
)
def test_verbs(match: str, expected: object) -> None:
    routes = ROUTES.replace("{prefix: /}", f"{{prefix: /, headers: [{match}]}}")
    (route,) = facts(Route, edge(manager(routes=f"route_config: {routes}")))
    assert route.methods.value == expected


@pytest.mark.parametrize(
    ("filter", "rules"),
    [
        (http_filter("rbac", "RBAC", "rules: {action: LOG, policies: {}}"), 1),
        (http_filter("rbac", "RBAC", "shadow_rules: {action: DENY}, rules: {action: DENY}"), 0),
        (http_filter("rbac", "RBAC", "rules: {action: ALLOW}", more=", disabled: true"), 1),
        (http_filter("jwt_authn", "JwtAuthentication", "providers: {a: {issuer: b}}"), 1),
        (http_filter("jwt_authn", "JwtAuthentication", "rules: [{match: {prefix: /}}, {match: {prefix: /}, requires: {provider_name: a}}]"), 1),
        (http_filter("jwt_authn", "JwtAuthentication", "rules: [{match: {prefix: /}, requires: {provider_name: a}}]"), 0),
        (http_filter("jwt_authn", "JwtAuthentication", "rules: [{match: {prefix: /v1}, requires: {provider_name: a}}]"), 1),
    ],
)  # fmt: skip
def test_rules_that_do_nothing(filter: str, rules: int) -> None:
    assert len(facts(AccessRule, edge(manager(filters=filter)))) == rules


def test_a_runtime_layer_may_normalise_paths() -> None:
    text = edge(
        manager(
            filters=http_filter(
                "jwt_authn",
                "JwtAuthentication",
                "rules: [{match: {prefix: /v1}, requires: {provider_name: a}}]",
            )
        )
    )
    layer = "layered_runtime: {layers: [{name: a, static_layer: {http_connection_manager.normalize_path: 100}}]}\n"
    assert facts(AccessRule, layer + text) == []


def test_an_outbound_listener_is_nobodys_edge() -> None:
    text = edge(manager(), listener="traffic_direction: OUTBOUND")
    assert facts(ResponseHeaders, text) + facts(Limits, text) + facts(AccessLog, text) == []


def test_ports_of_stores() -> None:
    proxy = f'{{name: tcp, typed_config: {{"@type": {API}.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: a, cluster: a}}}}'
    assert [p.admin for p in facts(PublishedPort, edge(proxy, port=5432))] == ["postgresql"]
    guard = f'{{name: rbac, typed_config: {{"@type": {API}.filters.network.rbac.v3.RBAC}}}}'
    assert facts(PublishedPort, edge(f"{guard}, {proxy}", port=5432)) == []
    assert facts(PublishedPort, edge(proxy, port=5432, address="127.0.0.1")) == []


@pytest.mark.parametrize("address", ["127.0.0.1", '"::1"', "$ADMIN_HOST"])
def test_an_admin_interface_at_home_is_nobodys_console(address: str) -> None:
    admin = f"admin:\n  address: {{socket_address: {{address: {address}, port_value: 9901}}}}\n"
    found = [f for f in facts(Feature, admin + edge(manager())) if f.name is Switch.CONSOLE]
    assert [f.on.value for f in found] in ([], [UNKNOWN])


def test_a_secret_is_told_and_never_shown() -> None:
    text = 'name: a\ntls_certificate:\n  private_key: {inline_string: "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\\n"}\n"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret\n'
    found = facts(Secret, text)
    assert {(s.name, s.value.value) for s in found} == {("private_key", "private key")}
    result = reviewed(text, Path("/nonexistent"))
    shown = [f for f in result.findings if f.control == "secret-not-inline"]
    assert len(shown) == 1 and "MIIEvQ" not in str(shown) + str(shown[0].fix and shown[0].fix.title)


MESSY = (
    "admin:\n  address: {socket_address: {address: 0.0.0.0, port_value: 9901}}\n"
    + edge(
        manager(
            "server_name: envoy/1.30.1, stream_idle_timeout: 0s, http_protocol_options: {allow_chunked_length: true}",
            http_filter("rbac", "RBAC", "shadow_rules: {action: DENY, policies: {}}")
            + ", "
            + http_filter(
                "ext_authz",
                "ExtAuthz",
                "failure_mode_allow: true, grpc_service: {envoy_grpc: {cluster_name: api}}",
            ),
        )
    )
    + "  clusters:\n  - name: api\n    type: STRICT_DNS\n    "
    + endpoint("api.example.com")[:-1].replace("{endpoints", "{cluster_name: api, endpoints")
    + "}\n"
    + f"    transport_socket: {{name: tls, typed_config: {TLS}}}}}\n"
)


@pytest.mark.parametrize("path", ["envoy.yaml", "envoy.json"])
def test_every_fix_is_made_once_and_leaves_nothing_to_do(path: str, tmp_path: Path) -> None:
    text = MESSY
    if path.endswith(".json"):
        text = json.dumps(yaml.parse(MESSY).plain(), indent=2) + "\n"
    (tmp_path / path).write_text(text)
    made = plan(Workspace(tmp_path), POLICY, Wish(accept=frozenset({Safety.SAFE, Safety.RISKY})))
    after = reviewed(made.texts[path], tmp_path, path)
    assert after.problems == []
    assert [f.control for f in after.findings if f.fix is not None and f.fix.edits] == []
    assert len(made.fixed) > 10
    assert made.texts[path].count("header_mutation.v3") == 1


@installed
@pytest.mark.parametrize("text", BLOCKS)
def test_envoy_accepts_every_block_of_the_pages(text: str, tmp_path: Path) -> None:
    verdict = validator.validate(UNIT, Workspace(tmp_path, {"envoy.yaml": text}))
    unwatched = isinstance(verdict, NotAsked) and "authority.yaml' does not exist" in verdict.reason
    assert verdict is True or unwatched


@installed
def test_envoy_accepts_every_kind_of_fix(tmp_path: Path) -> None:
    seen: set[tuple[str, str]] = set()
    for text in (str(block.values[0]) for block in BLOCKS):
        for finding in reviewed(text, tmp_path).findings:
            fix = finding.fix
            if fix is None or not fix.edits or (finding.control, fix.title) in seen:
                continue
            seen.add((finding.control, fix.title))
            space = Workspace(tmp_path, {"envoy.yaml": apply(text, fix.edits)})
            assert validator.validate(UNIT, space) is True, (finding.control, space.overlay)
    assert len(seen) > 30


@installed
def test_envoy_says_what_it_refuses() -> None:
    problem = validator.validate(UNIT, Workspace("/", {"envoy.yaml": "static_resources:\n  nonsense: 1\n"}))
    assert isinstance(problem, Problem) and "nonsense" in problem.message


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_configurations_are_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([str(p.values[0]) for p in BLOCKS]))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    broken = text[:start] + data.draw(st.text(" \n\"'\\{}[]:-*&!|", max_size=4)) + text[end:]
    result = review(Workspace("/nonexistent", {"envoy.yaml": broken}), POLICY)
    assert [p for p in result.problems if "internal error" in p.hint] == []
    for finding in result.findings:
        assert finding.fix is None or finding.fix.title
