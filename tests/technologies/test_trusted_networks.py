"""Whose word about a client's address an edge believes, as the readers of edges see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.review import review
from batten.facts import TrustedProxies
from batten.formats import Workspace
from batten.policy import Policy

Found = list[tuple[tuple[str, ...], bool]]


def read(name: str, text: str) -> Found:
    facts = review(Workspace(Path("/nowhere"), {name: text}), Policy()).facts
    return [(fact.networks, fact.announced) for fact in facts if isinstance(fact, TrustedProxies)]


@pytest.mark.parametrize(
    ("http", "server", "expected"),
    [
        ("", "", []),
        ("set_real_ip_from 10.0.0.0/8; set_real_ip_from unix:;", "", [(("10.0.0.0/8", "unix:"), False)]),
        ("set_real_ip_from 10.0.0.0/8;", "real_ip_header X-Real-IP;", [(("10.0.0.0/8",), False)]),
        ("set_real_ip_from 10.0.0.0/8; real_ip_header proxy_protocol;", "", [(("10.0.0.0/8",), True)]),
        ("set_real_ip_from 10.0.0.0/8;", "set_real_ip_from 192.0.2.1;", [(("192.0.2.1",), False)]),
    ],
)
def test_nginx(http: str, server: str, expected: Found) -> None:
    text = f"events {{}}\nhttp {{ {http} server {{ listen 80; {server} location / {{ return 204; }} }} }}\n"
    assert read("nginx.conf", text) == expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ((), []),
        (("acl near src 10.0.0.0/8", "acl near src fd00::/8", "http-request set-src hdr(x-forwarded-for) if near"),
         [(("10.0.0.0/8", "fd00::/8"), False)]),
        (("tcp-request connection expect-proxy layer4 if { src 10.0.0.0/8 }",), [(("10.0.0.0/8",), True)]),
        (("http-request set-src hdr(x-forwarded-for)",), []),
        (("http-request set-src hdr(x-forwarded-for) unless { src 10.0.0.0/8 }",), []),
        (("http-request set-src hdr(x-forwarded-for) if !{ src 10.0.0.0/8 }",), []),
        (("http-request set-src hdr(x-forwarded-for) if { src 10.0.0.0/8 } or { path /a }",), []),
        (("http-request set-src hdr(x-forwarded-for) if { src -f /etc/proxies }",), []),
    ],
)  # fmt: skip
def test_haproxy(rules: tuple[str, ...], expected: Found) -> None:
    lines = "".join(f"    {rule}\n" for rule in rules)
    text = f"frontend a\n    mode http\n    bind :80\n{lines}    default_backend b\nbackend b\n    mode http\n    server s 127.0.0.1:1\n"
    assert read("haproxy.cfg", text) == expected


LISTENER = """\
static_resources:
  listeners:
  - name: a
    address: {{ socket_address: {{ address: 0.0.0.0, port_value: 80 }} }}
    listener_filters: [{filters}]
    filter_chains:
    - filter_chain_match: {{ {match} }}
      filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: a
          original_ip_detection_extensions: [{detection}]
          route_config: {{ virtual_hosts: [{{ name: a, domains: ["*"], routes: [{{ match: {{ prefix: / }}, direct_response: {{ status: 204 }} }}] }}] }}
          http_filters: [{{ name: envoy.filters.http.router }}]
"""
XFF = (
    '{ name: envoy.http.original_ip_detection.xff, typed_config: { "@type": type.googleapis.com/'
    "envoy.extensions.http.original_ip_detection.xff.v3.XffConfig, %s } }"
)
CIDR = "{ address_prefix: 10.0.0.0, prefix_len: 8 }"
PROXY = "{ name: envoy.filters.listener.proxy_protocol }"


@pytest.mark.parametrize(
    ("filters", "match", "detection", "expected"),
    [
        ("", "", "", []),
        ("", "", XFF % f"xff_trusted_cidrs: {{ cidrs: [{CIDR}] }}", [(("10.0.0.0/8",), False)]),
        ("", "", XFF % "xff_num_trusted_hops: 1", []),
        (PROXY, f"direct_source_prefix_ranges: [{CIDR}]", "", [(("10.0.0.0/8",), True)]),
        (PROXY, "", "", []),
        ("", f"direct_source_prefix_ranges: [{CIDR}]", "", []),
    ],
)
def test_envoy(filters: str, match: str, detection: str, expected: Found) -> None:
    assert read("envoy.yaml", LISTENER.format(filters=filters, match=match, detection=detection)) == expected


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        ("", []),
        ("trusted_proxies static 10.0.0.0/8 fd00::/8\ntrusted_proxies_strict", [(("10.0.0.0/8", "fd00::/8"), False)]),
        ("trusted_proxies static 10.0.0.0/8", []),  # the first of a list is whatever a client wrote
        ("trusted_proxies static {$PROXIES}\ntrusted_proxies_strict", []),
        ("listener_wrappers {\nproxy_protocol {\nallow 10.0.0.0/8\nallow fd00::/8\n}\ntls\n}", [(("10.0.0.0/8", "fd00::/8"), True)]),
        ("listener_wrappers {\nproxy_protocol\ntls\n}", []),
    ],
)  # fmt: skip
def test_caddy(servers: str, expected: Found) -> None:
    text = f"{{\nservers {{\n{servers}\n}}\n}}\nexample.com {{\nrespond 204\n}}\n"
    assert read("Caddyfile", text) == expected


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ("", []),
        ("forwardedHeaders: {trustedIPs: [10.0.0.0/8, 'fd00::/8']}", [(("10.0.0.0/8", "fd00::/8"), False)]),
        ("proxyProtocol: {trustedIPs: [10.0.0.0/8]}", [(("10.0.0.0/8",), True)]),
        ("proxyProtocol: {insecure: true, trustedIPs: [10.0.0.0/8]}", []),
    ],
)
def test_traefik(point: str, expected: Found) -> None:
    text = f"entryPoints:\n  web:\n    address: ':443'\n    {point}\nproviders: {{file: {{filename: dynamic.yaml}}}}\n"
    assert read("traefik.yaml", text) == expected
