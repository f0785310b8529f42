"""What pages cannot show: scopes of plugins, several files, forms of one configuration, odd input."""

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
    Certificate,
    CorsPolicy,
    Fact,
    Feature,
    Limits,
    Listener,
    ResponseHeaders,
    Secret,
    Upstream,
)
from batten.formats import SyntaxProblem, Workspace, yaml
from batten.formats.tree import plain
from batten.model import ABSENT, UNKNOWN, Safety
from batten.policy import Policy
from batten.technologies import Unit, named_like, recognised
from batten.technologies.edges.kong.adapter import read
from batten.technologies.edges.kong.gateway import Gateway
from batten.technologies.edges.kong.options.reading import outside, without_version
from batten.technologies.edges.kong.tree import find, load, places
from batten.technologies.shared.transport.x509 import self_signed
from spending import at_most

F = TypeVar("F", bound=Fact)
ROOT = "/nonexistent"
HEAD = '_format_version: "3.0"\n'
POLICY = Policy(origins=("https://shop.example.com",))
SERVICE = (
    HEAD + "services:\n- name: orders\n  url: http://orders:8080\n  routes:\n"
    "  - name: list\n    paths: [/orders]\n  - name: pay\n    paths: [/pay]\n"
)
PAGES = Path(__file__).parents[1] / "pages"
BLOCK = re.compile(r"^```kong (bad|good)([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = [
    ("kong.conf" if "kong.conf" in m[2] else "kong.yml", m[3])
    for page in sorted(PAGES.glob("*/*.md"))
    for m in BLOCK.finditer(page.read_text())
]


def facts(text: str, kind: type[F], path: str = "kong.yml", **others: str) -> list[F]:
    space = Workspace(ROOT, {path: text, **{k.replace("__", "."): v for k, v in others.items()}})
    return [f for f in read(Unit("kong", (path,)), space) if isinstance(f, kind)]


def gateway(text: str) -> Gateway:
    space = Workspace(ROOT, {"kong.yml": text})
    return Gateway(load("kong.yml", space), space)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("kong.yml", HEAD, True),
        ("deck/services.yaml", "_info: {}\n_format_version: '1.1'\n", True),
        ("kong.json", '{\n  "_format_version": "3.0"\n}', True),
        ("kong/services.yaml", "services:\n- name: a\n  url: https://a\n  tls_verify: false\n", True),
        ("compose/services.yaml", "services:\n  a:\n    image: b\n", False),
        ("kong.conf", "# comment\n#proxy_listen = 0.0.0.0:8000\n", True),
        ("kong.yml", "services:\n  kong:\n    image: kong\n", False),
        ("compose.yaml", "services:\n  kong:\n    image: kong\n", False),
        ("other.conf", "proxy_listen = 0.0.0.0:8000\n", False),
    ],
)
def test_files_are_told_by_their_format(path: str, text: str, expected: bool) -> None:
    assert ("kong" in {t.name for t in recognised(named_like(path), text)}) is expected


def test_the_narrowest_instance_is_in_force() -> None:
    text = SERVICE + (
        "  plugins:\n  - {name: cors, config: {origins: [https://b.example.com]}}\n"
        "plugins:\n- {name: cors, config: {origins: ['*']}}\n- {name: jwt, enabled: false}\n"
        "- {name: cors, route: pay, config: {origins: [https://c.example.com]}}\n"
        "- {name: key-auth, service: {name: orders}}\n- {name: acl, consumer: shop, config: {allow: [a]}}\n"
    )
    ways = {w.name: w for w in gateway(text).ways}
    assert set(ways["list"].plugins) == {"cors", "key-auth"}
    assert ways["list"].plugins["cors"].setting("origins").words() == ("https://b.example.com",)
    assert ways["pay"].plugins["cors"].setting("origins").words() == ("https://c.example.com",)


def test_routes_may_stand_beside_their_service() -> None:
    text = HEAD + (
        "services: [{name: orders, url: 'http://orders:8080'}]\nroutes:\n- {name: list, service: {name: orders}}\n"
        "- {name: tunnel, protocols: [tcp]}\n"
    )
    (way,) = gateway(text).ways
    assert way.service is not None and way.service["name"].text == "orders"


def test_settings_of_deck_that_plugins_share() -> None:
    text = HEAD + "_plugin_configs:\n  open: {origins: ['*']}\nplugins:\n- {name: cors, _config: open}\n"
    (policy,) = facts(text, CorsPolicy)
    (rule,) = policy.origins.known(())
    assert rule.text.at.pointer == "_plugin_configs/open/origins[0]"
    assert facts(text.replace("_config: open", "_config: elsewhere"), CorsPolicy)


def test_a_part_is_judged_but_for_what_other_parts_may_hold() -> None:
    part = SERVICE.removeprefix(HEAD)
    assert not facts(part, ResponseHeaders) and not facts(part, Limits)
    assert len(facts(part, Listener)) == len(facts(SERVICE, Listener)) > 0


def test_what_is_missing_may_be_in_a_file_beside() -> None:
    others = {"plugins__yml": HEAD + "plugins: [{name: rate-limiting}]\n"}
    assert len(facts(SERVICE, ResponseHeaders)) == 1 and len(facts(SERVICE, Limits)) == 1
    assert not facts(SERVICE, ResponseHeaders, **others)
    assert not facts(SERVICE, Limits, **others)


def test_nginx_may_be_told_to_send_headers() -> None:
    (answer,) = facts(SERVICE, ResponseHeaders, kong__conf="nginx_proxy_add_header = X-Frame-Options DENY\n")
    assert answer["x-frame-options"].value is UNKNOWN and answer["strict-transport-security"].value is UNKNOWN


@pytest.mark.parametrize("plugin", ["pre-function", "shop-gate"])
def test_code_may_send_and_limit_anything_but_encrypts_nothing(plugin: str) -> None:
    text = SERVICE + f"plugins: [{{name: {plugin}}}]\n"
    assert facts(text, ResponseHeaders) == [] and facts(text, Limits) == []
    assert {f.tls.value for f in facts(text, Listener)} == {f.tls.value for f in facts(SERVICE, Listener)}


@pytest.mark.parametrize("value", ['${{ env "DECK_P" }}', "{vault://env/p}", "${P}", "{{ p }}"])
def test_what_others_fill_in_is_not_known(value: str) -> None:
    text = HEAD + (
        "services:\n- name: a\n  host: '" + value + "'\n  protocol: https\n  tls_verify: '" + value + "'\n"
        "consumers:\n- username: a\n  keyauth_credentials: [{key: '" + value + "'}]\n"
        "plugins:\n- name: cors\n  config: {origins: ['" + value + "']}\n"
        "- name: key-auth\n  config: {key_in_query: '" + value + "'}\n"
    )
    assert facts(text, Secret) == [] and facts(text, Feature) == []
    assert facts(text, CorsPolicy)[0].origins.value is UNKNOWN
    assert facts(text, Upstream)[0].target.value is UNKNOWN


@pytest.mark.parametrize(
    ("service", "encrypted", "host"),
    [
        ("url: https://orders.example.com/v1", True, "orders.example.com"),
        ("{host: orders.example.com, protocol: grpcs, port: 443}", True, "orders.example.com"),
        ("{host: orders.example.com}", False, "orders.example.com"),
        ("{host: pool}", False, "orders.example.com"),
    ],
)
def test_hops(service: str, encrypted: bool, host: str) -> None:
    text = (
        HEAD
        + f"upstreams: [{{name: pool, targets: [{{target: 'orders.example.com:80'}}]}}]\nservices:\n- {service}\n"
    )
    (hop,) = facts(text, Upstream)
    assert hop.encrypted is not None and hop.encrypted.value is encrypted and hop.host == host


def test_nginx_may_be_told_to_verify() -> None:
    text = HEAD + "services: [{name: a, url: 'https://a.example.com'}]\n"
    (hop,) = facts(text, Upstream, kong__conf="nginx_proxy_proxy_ssl_verify = on\n")
    assert hop.verified is not None and hop.verified.known(False)


@pytest.mark.parametrize(
    ("pattern", "stranger"),
    [
        (r"https://shop\.example\.com|https://admin\.example\.com", True),  # `$` holds the last one only
        (r"https://(shop|admin)\.example\.com", False),
        (r"(shop|admin)\.example\.com", False),
        (r".*example\.com", True),
        (r"[a-z]+\.example\.com$", False),
    ],
)
def test_expressions_are_matched_as_kong_does(pattern: str, stranger: bool) -> None:
    text = HEAD + f"plugins: [{{name: cors, config: {{origins: ['{pattern}']}}}}]\n"
    found = review(Workspace(ROOT, {"kong.yml": text}), Policy()).findings
    assert ("cors-origin-not-reflected" in {f.control for f in found}) is stranger


def test_a_certificate_that_is_written_out() -> None:
    certificate, key = (pem.decode() for pem in self_signed())
    body = {"_format_version": "3.0", "certificates": [{"cert": certificate, "key": key}]}
    text = json.dumps(body, indent=2)
    assert [c.issuer for c in facts(text, Certificate, "kong.json")] == ["CN=localhost"]
    assert [s.value.known("") for s in facts(text, Secret, "kong.json")] == ["private key"]
    found = review(Workspace(ROOT, {"kong.json": text}), Policy()).findings
    fix = next(f.fix for f in found if f.control == "secret-not-inline")
    assert fix is not None and "{vault://env/certificates-key}" in fix.edits[0].text


def test_deck_reads_credentials_from_the_environment() -> None:
    text = (
        HEAD
        + 'consumers:\n- username: ${{ env "DECK_USER" }}\n  keyauth_credentials: [{key: 8fK2mQ9xLwRt}]\n'
    )
    found = review(Workspace(ROOT, {"kong.yml": text}), Policy()).findings
    fix = next(f.fix for f in found if f.control == "secret-not-inline")
    assert fix is not None and 'env "DECK_KEYAUTH_CREDENTIALS_KEY"' in fix.edits[0].text.replace("\\", "")
    assert "8fK2" not in "".join(f.message for f in found)


def test_places_are_found_again() -> None:
    root = load("kong.yml", Workspace(ROOT, {"kong.yml": SERVICE}))
    known = places(root)
    for item in root.walk():
        assert find(known, item.pointer) == item
    missing = find(known, "services[orders]/routes[list]/strip_path")
    assert missing is not None and missing.path == ("services", 0, "routes", 0, "strip_path") and not missing


def test_all_headers_come_from_one_plugin() -> None:
    wish = Wish(frozenset((Safety.SAFE, Safety.RISKY)), frozenset(), validate=False)
    fixed = plan(Workspace(ROOT, {"kong.yml": SERVICE}), POLICY, wish).texts["kong.yml"]
    assert fixed.count("response-transformer") == 1 and fixed.count("\n      - ") >= 5
    assert {w.taken for w in gateway(fixed).ways} == {("https",)}


def test_json_is_changed_as_yaml_is() -> None:
    body = plain(yaml.parse(SERVICE))
    files = {"kong.json": json.dumps(body, indent=2)}
    wish = Wish(frozenset((Safety.SAFE, Safety.RISKY)), frozenset(), validate=False)
    fixed = json.loads(plan(Workspace(ROOT, files), POLICY, wish).texts["kong.json"])
    assert fixed["plugins"][0]["name"] == "response-transformer"
    assert {r["https_redirect_status_code"] for r in fixed["services"][0]["routes"]} == {308}


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_fix_is_made_once_and_leaves_nothing_to_do(number: int) -> None:
    path, text = BLOCKS[number]
    wish = Wish(frozenset((Safety.SAFE, Safety.RISKY)), frozenset(), validate=False)
    first = plan(Workspace(ROOT, {path: text}), POLICY, wish)
    files = {path: first.texts.get(path, text)}
    assert plan(Workspace(ROOT, files), POLICY, wish).texts == {}
    assert [p for p in review(Workspace(ROOT, files), POLICY).problems if p.stage != "discover"] == []


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("0.0.0.0:8001", True),
        ("127.0.0.1:8001, [::]:8444 ssl", True),
        ("off", False),
        ("[::1]:8001 reuseport", False),
        ("10.0.0.4:8001", False),
        ("unix:/tmp/admin.sock", False),
        ("kong:8001", False),
        ("203.0.113.9:8001", False),  # a documentation network is no public one
        ("8.8.8.8:8001", True),
    ],
)
def test_addresses_of_strangers(listen: str, expected: bool) -> None:
    assert outside(listen) is expected


def test_headers_without_a_version() -> None:
    assert without_version("server_tokens, latency_tokens") == "latency_tokens"
    assert without_version("Server, Via") == "off"


def test_a_control_plane_serves_nobody() -> None:
    assert facts("role = control_plane\nproxy_listen = 0.0.0.0:8000\n", Listener, "kong.conf") == []


def test_a_templated_option_is_not_known() -> None:
    text = "proxy_listen = ${LISTEN}\nheaders = ${HEADERS}\ntrusted_ips = ${IPS}\nadmin_listen = ${ADMIN}\n"
    found = review(Workspace(ROOT, {"kong.conf": text}), Policy()).findings
    assert [f.control for f in found] == []


def test_defaults_stay_where_nothing_is_written() -> None:
    (listener,) = facts("proxy_listen = 0.0.0.0:8443 ssl\n", Listener, "kong.conf")
    assert listener.protocols is not None and listener.protocols.value is ABSENT
    assert listener.protocols.known(()) == ("TLSv1.2", "TLSv1.3")


@given(st.text(max_size=300), st.sampled_from(("a.yml", "a.json", "kong.conf")))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_facts_or_a_syntax_problem(text: str, name: str) -> None:
    try:
        list(read(Unit("kong", (name,)), Workspace(ROOT, {name: text})))
    except SyntaxProblem as error:
        assert str(error)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_damaged_configurations_are_read_or_refused(data: st.DataObject) -> None:
    path, text = data.draw(st.sampled_from(BLOCKS))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    broken = text[:start] + data.draw(st.text(" \n\"'\\{}[]:-*&!|=,", max_size=4)) + text[end:]
    result = review(Workspace(ROOT, {path: broken}), POLICY)
    assert [p for p in result.problems if "internal error" in p.hint] == []
    for finding in result.findings:
        assert finding.fix is None or finding.fix.title


def test_many_services_take_little_time() -> None:
    one = (
        "- name: s{0}\n  url: http://s{0}\n  routes: [{{name: r{0}}}]\n  plugins:\n"
        "  - {{name: key-auth, config: {{anonymous: c{0}}}}}\n"
    )
    text = HEAD + "services:\n" + "".join(map(one.format, range(1000)))
    text += "plugins:\n" + "".join(f"- {{name: cors, route: r{n}}}\n" for n in range(1000))
    text += "consumers:\n" + "".join(f"- username: c{n}\n" for n in range(1000))
    with at_most(20):
        review(Workspace(ROOT, {"kong.yml": text}), Policy(), fixes=False)
