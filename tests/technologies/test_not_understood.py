"""A part that batten does not understand makes its own settings unknown: a plain weakness beside it is still found."""

from __future__ import annotations

import pytest

from batten.engine.review import Review, review
from batten.formats import Workspace
from batten.policy import Policy

HCM = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ENVOY = """static_resources:
  listeners:
  - name: main
    address: {socket_address: {address: 0.0.0.0, port_value: 80}}
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": HCM
          route_config:
            virtual_hosts:
            - {name: api, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: api}}]}
          http_filters:
          - {name: f, typed_config: {"@type": type.googleapis.com/PART}}
""".replace("HCM", HCM)
NGINX = """events {}
http {
    HTTP
    server {
        listen 80;
        SERVER
        location /files { alias /srv/files/; }
    }
}
"""
APACHE = """Listen 80
MAIN
<VirtualHost *:80>
  ServerName api.example.com
  DocumentRoot /var/www
  <Directory /var/www>
    Options +Indexes
    Require all granted
    DIRECTORY
  </Directory>
</VirtualHost>
"""
HAPROXY = """global
  maxconn 100
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend web
  bind :80
  PART
  default_backend api
backend api
  server a 10.0.0.1:443 ssl verify none
"""
CADDY = """http://api.example.com {
    PART
    reverse_proxy https://10.0.0.1 {
        transport http {
            tls_insecure_skip_verify
        }
    }
}
"""
TRAEFIK = """http:
  routers:
    api: {rule: "Host(`api.example.com`)", service: api, middlewares: [own]}
  middlewares:
    own: PART
  services:
    api: {loadBalancer: {serversTransport: t, servers: [{url: "https://api.example.com"}]}}
  serversTransports:
    t: {insecureSkipVerify: true}
"""
KONG = """_format_version: "3.0"
services:
- name: api
  url: https://api.example.com
  tls_verify: false
  routes:
  - {name: r, paths: [/], protocols: [http], plugins: [{name: PART}]}
"""
LIGHTTPD = """server.modules = ("mod_dirlisting", "mod_own")
server.document-root = "/var/www"
server.port = 80
dir-listing.activate = "enable"
PART
"""
COMPOSE = """services:
  db:
    image: redis:8
    ports: ["6379:6379"]
    SELF
  other:
    image: busybox:1.37
    OTHER
"""
POD = """apiVersion: v1
kind: Pod
metadata: {name: %s}
spec: {containers: [{name: c, image: "n:1", securityContext: {privileged: true}}]}
"""
MANIFESTS = f"{POD % 'p'}---\nPART\n---\n{POD % 'q'}"
CHART = {"Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n", "templates/ok.yaml": POD % "p"}
TERRAFORM = """resource "aws_security_group" "s" {
  ingress {
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""
OPENAPI = """openapi: 3.0.3
info: {title: a, version: "1"}
servers: [{url: "http://api.example.com"}]
paths:
  /a: {get: {responses: {"200": {$ref: "PART"}}}}
"""
TLS, VERIFY, STORE = "tls-required", "tls-verify", "store-private"
POD_WEAK, PATH, LISTING = "container-unprivileged", "traversal-free", "listing-off"

CASES: list[tuple[str, dict[str, str], set[str]]] = [
    *(
        ("envoy", {"envoy.yaml": ENVOY.replace("PART", part)}, {TLS})
        for part in ("envoy.extensions.filters.http.lua.v3.Lua", "envoy.extensions.filters.http.wasm.v3.Wasm", "acme.Own")
    ),
    *(
        ("nginx", {"nginx.conf": NGINX.replace("HTTP", http).replace("SERVER", server)}, {TLS, PATH})
        for http, server in (
            ("perl_set $own 'sub { return 1; }';", ""),
            ("js_import own from own.js;", "location /own { js_content own.answer; }"),
            ("own_setting on;", "own_block { a b; }"),
            ("include /opt/own/*.conf;", "include /opt/own/server/*.conf;"),
            ("lua_package_path '/own';", "access_by_lua_block { if x then ngx.say('}') end }"),
        )
    ),
    *(
        ("apache", {"httpd.conf": APACHE.replace("MAIN", main).replace("DIRECTORY", inner)}, {TLS, LISTING})
        for main, inner in (
            ("OwnEngine on\n<IfModule mod_own.c>\nOwn x\n</IfModule>", "OwnRule a"),
            ("OwnEngine on", "<If \"%{HTTP_HOST} == 'x'\">\nHeader set A b\n</If>"),
            ("", "RewriteEngine on\nRewriteRule ^own/(.*) ${own:$1} [L]"),
            ("<Macro Own $a>\nHeader set A $a\n</Macro>", ""),
        )
    ),
    *(
        ("haproxy", {"haproxy.cfg": HAPROXY.replace("PART", part)}, {TLS, VERIFY})
        for part in ("own-keyword on", "http-request use-service lua.own if { path /own }", "http-request lua.own",
                     "filter spoe engine own config own.cfg")
    ),
    *(
        ("caddy", {"Caddyfile": CADDY.replace("PART", part)}, {TLS, VERIFY})
        for part in ("own_plugin /own", "rate_limit {\n zone own {\n key a\n }\n }", "import own/*", "invoke own")
    ),
    *(("traefik", {"dynamic.yml": TRAEFIK.replace("PART", part)}, {VERIFY}) for part in ("{plugin: {own: {a: b}}}", "{own: 7}")),
    *(("kong", {"kong.yml": KONG.replace("PART", part)}, {TLS, VERIFY}) for part in ("own-plugin", "pre-function")),
    *(("lighttpd", {"lighttpd.conf": LIGHTTPD.replace("PART", part)}, {TLS, LISTING})
      for part in ('own.setting = "x"', 'magnet.attract-raw-url-to = ("/own.lua")')),
    *(("compose", {"compose.yaml": COMPOSE.replace("SELF", own).replace("OTHER", other)}, {STORE}) for own, other in (
        ("own: x", "own: [a]"), ("restart: always", "extends: {file: missing.yaml, service: x}"),
        ("restart: always", "ports: {a: b}\n    volumes: 7"), ("extends: {file: missing.yaml, service: x}", "restart: always"))),
    *(("kubernetes", {"m.yaml": MANIFESTS.replace("PART", part)}, {POD_WEAK}) for part in (
        "apiVersion: own.example.com/v1\nkind: Own\nspec: {a: [1]}", "apiVersion: v1\nkind: Pod\nspec: 7",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: 'x}", "a: [\nb", "a: 1\na: 2", "a: *own")),
    *(("helm", {**CHART, "templates/own.yaml": part}, {POD_WEAK}) for part in (
        "{{ own .x }}\n", '{{ include "own" . }}\n', "{{ if }}\n", "a: [b\n", '{{ fail "no" }}\n')),
    *(("terraform", {"main.tf": f"{TERRAFORM}{part}\n"}, {"cloud-network-closed"}) for part in (
        'module "own" {\n  source = "own/own/aws"\n}', 'module "own" {\n  source = "./missing"\n}',
        'resource "own_own" "x" {\n  a = provider::own::f(1)\n}')),
    ("terraform", {"main.tf": TERRAFORM, "own.tf": 'resource "x" {\n  a =\n'}, {"cloud-network-closed"}),
    *(("openapi", {"openapi.yaml": OPENAPI.replace("PART", part)}, {TLS, "operations-authenticated"}) for part in (
        "#/components/responses/Own", "missing.yaml#/Own", "https://own.example.com/a.yaml#/Own", "#/paths/~1a/get/responses/200")),
]  # fmt: skip


def reviewed(files: dict[str, str]) -> Review:
    return review(Workspace("/nonexistent", files), Policy())


@pytest.mark.parametrize(
    ("technology", "files", "weak"), CASES, ids=[f"{c[0]}-{n}" for n, c in enumerate(CASES)]
)
def test_a_weakness_beside_what_is_not_understood_is_found(
    technology: str, files: dict[str, str], weak: set[str]
) -> None:
    result = reviewed(files)
    assert weak <= {f.control for f in result.findings}
    assert technology in {u.technology for u in result.units}


@pytest.mark.parametrize("broken", ["a: [\nb", "metadata: {name: 'x}", "a: 1\na: 2"])
def test_a_broken_document_is_a_problem_with_its_line_and_silences_no_other(broken: str) -> None:
    result = reviewed({"m.yaml": MANIFESTS.replace("PART", broken)})
    (problem,) = [p for p in result.problems if p.source == "m.yaml"]
    assert 6 <= problem.line <= 9
    assert {f.at.pointer.partition("/")[0] for f in result.findings} >= {"Pod[p]", "Pod[q]"}


def test_a_syntax_error_in_one_server_is_a_problem_with_its_line() -> None:
    result = reviewed({"nginx.conf": NGINX.replace("SERVER", "root /srv\n")})
    assert not [
        p for p in result.problems if p.source == "nginx.conf"
    ]  # `root` then takes the next line's words
    result = reviewed(
        {"nginx.conf": "events {}\nhttp {\n  server { listen 80; }\n  server { root /srv }\n}\n"}
    )
    (problem,) = [p for p in result.problems if p.source == "nginx.conf"]
    assert problem.line == 4
