"""What pages cannot show: several files, odd input, how the forms of one configuration are read and written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.engine.fix import Wish, plan
from batten.engine.review import review
from batten.facts import (
    AccessLog,
    Fact,
    Feature,
    Limits,
    Listener,
    ResponseHeaders,
    Route,
    Secret,
    Upstream,
)
from batten.formats import SyntaxProblem, Workspace, apply
from batten.model import ABSENT, UNKNOWN, Context, Problem, RedirectToTls, Safety, Span
from batten.policy import Policy
from batten.technologies import Unit, named_like, recognised, technologies
from batten.technologies.edges.traefik.adapter import read, units
from batten.technologies.edges.traefik.configuration import address_of
from batten.technologies.edges.traefik.statics import seconds_of
from batten.technologies.edges.traefik.values import Value, dotted, keys_of
from batten.technologies.orchestration.compose import adapter as compose
from spending import at_most

F = TypeVar("F", bound=Fact)
ROOT = "/nonexistent"
STATIC = 'entryPoints:\n  web: {address: ":80"}\n  websecure:\n    address: ":443"\n    http: {tls: {}}\n'
EDGE = (
    "services:\n  edge:\n    image: traefik:v3.6\n    command:\n      - --providers.docker=true\n"
    "      - --entrypoints.web.address=:80\n      - --entrypoints.websecure.address=:443\n"
)
OURS = frozenset(
    [
        "tls-required",
        "hsts-sent",
        "nosniff-sent",
        "framing-denied",
        "csp-sent",
        "referrer-policy-sent",
        "access-logged",
        "cross-origin-isolation-sent",
        "http-limits-set",
        "endpoints-documented",
        "cors-origin-listed",
    ]
)
POLICY = Policy(origins=("https://shop.example.com",))


def facts(kind: type[F], dynamic: str, static: str = STATIC, path: str = "dynamic.yml") -> list[F]:
    files = {"traefik.yml": static, path: dynamic} if static else {path: dynamic}
    space = Workspace(ROOT, files)
    return [f for f in read(Unit("traefik", tuple(files)), space) if isinstance(f, kind)]


def composed(kind: type[F], text: str, **files: str) -> list[F]:
    space = Workspace(ROOT, {"compose.yaml": text, **files})
    return [f for f in compose.read(Unit("compose", ("compose.yaml",)), space) if isinstance(f, kind)]


def labelled(*labels: str) -> str:
    return EDGE + "  api:\n    image: a/b:1\n    labels:\n" + "".join(f"      - {x}\n" for x in labels)


def router(*lines: str) -> str:
    body = "".join(f"      {line}\n" for line in lines)
    return f"http:\n  routers:\n    api:\n      rule: Host(`a.example`)\n      service: api\n{body}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("traefik.yml", STATIC),
        ("config/edge.yaml", "providers:\n  docker: {}\napi:\n  dashboard: true\n"),
        ("traefik.toml", '[entryPoints.web]\naddress = ":80"\n'),
        ("rules.toml", '[http.routers.api]\nrule = "Host(`a`)"\n'),
        ("middlewares.yml", "http:\n  # ours\n  middlewares:\n    a: {}\n"),
        ("tls.yml", "tls:\n  options:\n    default: {}\n"),
        ("tls.toml", '[[tls.certificates]]\ncertFile = "a"\n'),
    ],
)
def test_its_files_are_recognised(name: str, text: str) -> None:
    assert [t.name for t in recognised(named_like(name), text)] == ["traefik"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("values.yaml", "providers:\n  kubernetesCRD: true\nports:\n  web: {port: 80}\n"),
        ("config.yml", "http:\n  port: 80\n  timeout: 5\n"),
        ("app.yml", "tls:\n  enabled: true\n"),
        ("pyproject.toml", "[tool.http]\na = 1\n"),
        ("ir.yaml", "apiVersion: traefik.io/v1alpha1\nkind: Middleware\nspec:\n  headers: {}\n"),
        ("wrangler.toml", '[http]\nrouters = "a"\n'),
    ],
)
def test_others_files_are_not(name: str, text: str) -> None:
    assert "traefik" not in [t.name for t in recognised(named_like(name), text)]


def test_recognising_takes_no_time() -> None:
    text = "http:\n" + "  # a comment\n\n" * 4000 + "a: [\n" * 1000
    with at_most(3):
        for head in (text[:65536], " " * 65536, "providers:\n" * 6000, ("http:\n" + "\n" * 30) * 1500):
            assert recognised([technologies()["traefik"]], head) == []


def test_dynamic_files_belong_to_the_static_one_above_them() -> None:
    space = Workspace(
        ROOT,
        {
            "edge/traefik.yml": STATIC,
            "edge/dynamic/a.yml": router(),
            "other/b.yml": router(),
            "other/c.yml": router(),
        },
    )
    made = list(units(sorted(space.overlay), space))
    assert [u.files for u in made] == [
        ("edge/traefik.yml", "edge/dynamic/a.yml"),
        ("other/b.yml", "other/c.yml"),
    ]


def test_a_broken_dynamic_file_is_a_problem_of_its_own() -> None:
    space = Workspace(ROOT, {"traefik.yml": STATIC, "a.yml": "http:\n  routers: [\n"})
    found = list(read(Unit("traefik", ("traefik.yml", "a.yml")), space))
    (problem,) = [f for f in found if isinstance(f, Problem)]
    assert problem.source == "a.yml" and problem.line and problem.hint
    assert any(isinstance(f, Listener) for f in found)


def test_a_template_is_named_in_the_hint() -> None:
    space = Workspace(ROOT, {"a.yml": "http:\n  routers:\n{{ range $i := 3 }}\n    a: {}\n{{ end }}\n"})
    with pytest.raises(SyntaxProblem) as caught:
        list(read(Unit("traefik", ("a.yml",)), space))
    assert "rendered file" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":80", ("0.0.0.0", 80, False)),
        ("127.0.0.1:8080/tcp", ("127.0.0.1", 8080, False)),
        ("[::1]:53/udp", ("::1", 53, True)),
        ("nonsense", (UNKNOWN, UNKNOWN, False)),
    ],
)
def test_addresses(text: str, expected: object) -> None:
    written = Value("a", "yaml", "", (), (), Span(0, 0), Span(0, 0), text=text)
    assert address_of(written) == expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("0s", 0.0),
        ("60s", 60.0),
        ("1m30s", 90.0),
        ("2h", 7200.0),
        ("5", 5.0),
        ("500ms", 0.001),
        ("x", None),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


def test_names_are_taken_apart_and_put_together() -> None:
    keys = keys_of("http.services.api.loadbalancer.servers[0].url")
    assert keys == ("http", "services", "api", "loadbalancer", "servers", 0, "url")
    assert dotted(keys) == "http.services.api.loadbalancer.servers[0].url"
    assert keys_of("a..b") == () and keys_of(".".join("a" * 100)) == ()


def test_the_case_of_keys_does_not_matter() -> None:
    (listener,) = [
        x
        for x in facts(Listener, "http: {}\n", 'entrypoints:\n  Web:\n    Address: ":8443"\n')
        if x.port.known(0)
    ]
    assert listener.port.value == 8443


def test_variables_and_templates_are_not_known() -> None:
    headers = "      middlewares: ['${ONE}']\n"
    assert facts(ResponseHeaders, router() + headers) == []
    (upstream,) = facts(
        Upstream,
        "http:\n  services:\n    a:\n      loadBalancer:\n        servers:\n          - url: '{{ env \"A\" }}:80'\n",
    )
    assert upstream.target.value is UNKNOWN


def test_a_middleware_of_another_provider_is_not_known() -> None:
    assert facts(ResponseHeaders, router("middlewares: [secure@kubernetescrd]")) == []
    assert (
        facts(Feature, router("middlewares: [login@docker]").replace("service: api", "service: api@internal"))
        == []
    )


def test_chains_are_followed_and_circles_end() -> None:
    text = router("middlewares: [all]") + (
        "  middlewares:\n    all: {chain: {middlewares: [one, all]}}\n    one: {headers: {frameDeny: true}}\n"
    )
    found = facts(ResponseHeaders, text)
    assert [f["x-frame-options"].known("") for f in found] == ["DENY"]


def test_the_outermost_middleware_has_the_last_word() -> None:
    text = router("middlewares: [outer, inner]") + (
        "  middlewares:\n    outer: {headers: {customResponseHeaders: {X-A: outer, X-B: ''}}}\n"
        "    inner: {headers: {customResponseHeaders: {X-A: inner, X-B: inner}}}\n"
    )
    (answer,) = facts(ResponseHeaders, text)
    assert answer["x-a"].value == "outer" and answer["x-b"].value is ABSENT


def test_headers_behind_a_login_are_not_sent_when_it_refuses() -> None:
    text = router("middlewares: [login, secure]") + (
        "  middlewares:\n    login: {basicAuth: {usersFile: a}}\n    secure: {headers: {frameDeny: true}}\n"
    )
    (answer,) = facts(ResponseHeaders, text)
    assert not answer.on_errors("x-frame-options") and answer.authenticated


def test_a_router_that_names_none_is_on_all_entry_points() -> None:
    plain, secure = [f for f in facts(Listener, router()) if f.port.known(0)]
    assert (plain.tls.value, plain.redirects_to_tls and plain.redirects_to_tls.value) == (False, False)
    assert secure.tls.value is True


def test_default_entry_points_are_those_that_say_so() -> None:
    static = STATIC.replace('    address: ":443"', '    asDefault: true\n    address: ":443"')
    plain, _ = [f for f in facts(Listener, router(), static) if f.port.known(0)]
    assert plain.tls.value is UNKNOWN


def test_without_routers_a_plain_entry_point_beside_tls_is_not_known() -> None:
    plain, _ = facts(Listener, "http: {}\n")
    assert plain.tls.value is UNKNOWN


def test_the_bound_on_reading_depends_on_the_version() -> None:
    for version, bound in (("v2.10", ABSENT), ("v3.1", 60.0), ("v2.11", 60.0)):
        space = Workspace(
            ROOT, {"traefik.yml": STATIC, "compose.yaml": f"services:\n  a:\n    image: traefik:{version}\n"}
        )
        (first, *_) = [f for f in read(Unit("traefik", ("traefik.yml",)), space) if isinstance(f, Limits)]
        assert first.body_timeout is not None and first.body_timeout.effective == bound


def test_verbs_of_both_versions() -> None:
    for rule in ("Method(`GET`, `POST`)", "(Method(`GET`) || Method(`POST`))"):
        (route,) = facts(Route, router().replace("Host(`a.example`)", f"Host(`a`) && {rule}"))
        assert route.methods.value == ("GET", "POST")


def test_a_certificate_that_is_here_is_judged() -> None:
    page = (Path(__file__).parent.parent / "pages/tls-certificate/wire.md").read_text()
    expired = re.findall(r"-----BEGIN.*?END CERTIFICATE-----\n", page, re.DOTALL)[0]
    files = {"dynamic.yml": "tls:\n  certificates:\n    - certFile: api.pem\n      keyFile: api.key\n"}
    found = review(Workspace(ROOT, {**files, "api.pem": expired}), POLICY).findings
    assert [f.at.source for f in found if f.control == "tls-certificate" and "expired" in f.message]


def test_a_redirect_to_https_lets_https_pass() -> None:
    text = (
        router("tls: {}", "middlewares: [to-tls]")
        + "  middlewares:\n    to-tls: {redirectScheme: {scheme: https}}\n"
    )
    (answer,) = facts(ResponseHeaders, text)
    assert answer.over_tls and answer["x-frame-options"].value is ABSENT
    assert facts(ResponseHeaders, text.replace("      tls: {}\n", "      entryPoints: [web]\n")) == []


def test_null_sections_are_not_known() -> None:
    (log,) = facts(AccessLog, "http: {}\n", STATIC + "accessLog:\n")
    assert log.access.value is UNKNOWN


def test_labels_as_a_list_and_as_a_mapping_say_the_same() -> None:
    listed = labelled("traefik.http.routers.a.rule=Host(`a`)", "traefik.http.routers.a.tls=true")
    mapped = EDGE + (
        "  api:\n    image: a/b:1\n    labels:\n      traefik.http.routers.a.rule: Host(`a`)\n"
        "      traefik.http.routers.a.tls: true\n"
    )
    for text in (listed, mapped):
        assert [r.path for r in composed(Route, text)] == ["/"]
        (answer,) = composed(ResponseHeaders, text)
        assert answer.over_tls


def test_labels_of_a_swarm_service_and_of_one_that_keeps_out() -> None:
    swarm = (
        EDGE
        + "  a:\n    image: a/b:1\n    deploy:\n      labels:\n        - traefik.http.routers.a.rule=Host(`a`)\n"
    )
    assert len(composed(Route, swarm)) == 1
    out = labelled("traefik.enable=false", "traefik.http.routers.a.rule=Host(`a`)")
    assert composed(Route, out) == []


def test_doubled_dollars_are_one_and_variables_are_unknown() -> None:
    text = labelled(
        "traefik.http.middlewares.a.basicauth.users=operator:$$apr1$$abc$$def",
        "traefik.http.middlewares.b.basicauth.users=${USERS}",
    )
    assert composed(Secret, text) == []


def test_a_mounted_static_file_is_read_with_the_labels_and_judged_by_its_own_unit() -> None:
    text = (
        "services:\n  edge:\n    image: traefik:v3.6\n    volumes:\n      - ./traefik.yml:/etc/traefik/traefik.yml:ro\n"
        "  api:\n    image: a/b:1\n    labels: [traefik.http.routers.a.rule=Host(`a`)]\n"
    )
    plain, _ = composed(Listener, text, **{"traefik.yml": STATIC})
    assert plain.at.source == "traefik.yml" and plain.tls.value is False
    assert composed(AccessLog, text, **{"traefik.yml": STATIC}) == []
    space = Workspace(ROOT, {"compose.yaml": text, "traefik.yml": STATIC})
    found = compose.write(Unit("compose", ("compose.yaml",)), space, RedirectToTls(), plain.at)
    assert found is not None and {e.source for e in found.edits} == {"traefik.yml"}


def test_what_is_mounted_and_not_here_leaves_the_entry_points_unknown() -> None:
    text = (
        "services:\n  edge:\n    image: traefik:v3.6\n    volumes: [/srv/traefik:/etc/traefik]\n"
        "    command: --entrypoints.web.address=:80\n"
    )
    assert composed(Listener, text) == []


def test_a_middleware_of_a_mounted_file_is_known_to_labels() -> None:
    text = labelled("traefik.http.routers.a.rule=Host(`a`)", "traefik.http.routers.a.middlewares=secure@file")
    text = text.replace("    command:\n", "    volumes: [./dynamic:/dynamic]\n    command:\n")
    dynamic = "http:\n  middlewares:\n    secure: {headers: {frameDeny: true}}\n"
    (answer,) = composed(ResponseHeaders, text, **{"dynamic/a.yml": dynamic})
    assert answer["x-frame-options"].value == "DENY" and answer.at.source == "dynamic/a.yml"


def test_variables_of_the_environment() -> None:
    text = (
        "services:\n  edge:\n    image: traefik:v3.6\n    environment:\n"
        "      - TRAEFIK_ENTRYPOINTS_WEB_ADDRESS=:80\n      - TRAEFIK_ACCESSLOG=true\n"
    )
    (listener,) = composed(Listener, text)
    assert listener.port.value == 80
    (log,) = composed(AccessLog, text)
    assert log.access.value is True


def test_services_with_labels_are_reached_through_the_edge() -> None:
    text = labelled("traefik.http.routers.a.rule=Host(`a`)").replace(
        "    command:", '    ports: ["80:80"]\n    command:'
    )
    assert "api" in [u.host for u in composed(Upstream, text)]


def test_routers_are_for_what_their_edge_is_for() -> None:
    text = labelled("traefik.http.routers.a.rule=Host(`a`)").replace(
        "    command:", "    profiles: [dev]\n    command:"
    )
    assert {listener.at.context for listener in composed(Listener, text)} == {Context.DEVELOPMENT}


@pytest.mark.parametrize(
    "files",
    [
        {"traefik.yml": STATIC, "dynamic.yml": router()},
        {"traefik.yml": STATIC + "accessLog: {}\n", "dynamic.yml": router("tls: {}", "middlewares:", "  - a")
         + "  middlewares:\n    a:\n      headers:\n        accessControlAllowOriginList: ['*']\n"},
        {"compose.yaml": labelled("traefik.http.routers.a.rule=Host(`a`)")},
        {"compose.yaml": labelled("'traefik.http.routers.a.rule=Host(`a`)'", "'traefik.http.routers.a.tls=true'")},
        {"traefik.toml": '[entryPoints.web]\naddress = ":80"\n[entryPoints.s]\naddress = ":443"\n[entryPoints.s.http.tls]\n'
         '[providers.docker]\n', "dynamic.toml": '[http.routers.a]\nrule = "Host(`a`)"\nservice = "a"\n'},
    ],
)  # fmt: skip
def test_what_is_fixed_stays_fixed(files: dict[str, str]) -> None:
    wish = Wish(frozenset((Safety.SAFE, Safety.RISKY)), OURS, validate=False)
    first = plan(Workspace(ROOT, files), POLICY, wish)
    assert first.texts
    again = plan(Workspace(ROOT, {**files, **first.texts}), POLICY, wish)
    assert again.texts == {}
    found = review(Workspace(ROOT, {**files, **first.texts}), POLICY).findings
    assert [f.message for f in found if f.control in OURS and f.fix and f.fix.edits] == []


@given(st.text(max_size=300), st.sampled_from(("a.yml", "a.toml")))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_facts_or_a_syntax_problem(text: str, name: str) -> None:
    space = Workspace(ROOT, {name: text})
    try:
        list(read(Unit("traefik", (name,)), space))
    except SyntaxProblem as error:
        assert str(error)


SHAPES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(("*", "http://a:1", "a@file", "api@internal"))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ("http", "routers", "middlewares", "services", "headers", "tls", "options", "entryPoints", "address",
                 "rule", "service", "chain", "stsSeconds", "sourceRange", "ipAllowList", "loadBalancer", "servers",
                 "url", "a", "customResponseHeaders", "accessLog", "fields", "sticky", "cookie", "users", "basicAuth")
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=20,
)  # fmt: skip


@given(SHAPES)
@settings(max_examples=200, deadline=None)
def test_any_shape_is_read(shape: object) -> None:
    text = json.dumps({"http": shape, "entryPoints": shape, "tls": shape})
    space = Workspace(ROOT, {"traefik.yml": text})
    result = review(space, POLICY)
    assert not [p for p in result.problems if "internal error" in p.hint], result.problems
    for finding in result.findings:
        if finding.fix is not None and finding.fix.edits:
            apply(text, [e for e in finding.fix.edits if e.source == "traefik.yml"])
