"""What a place serves is known from evidence, and decides which headers are proposed, and how safe they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.review import review
from batten.facts import Content, ResponseHeaders
from batten.formats import Workspace
from batten.model import Safety, SetHeader
from batten.policy import Policy, PolicyProblem
from batten.policy.load import parse_policy
from batten.technologies import served_by

NGINX = """events {}
http {
    server {
        listen 443 ssl;
        server_name shop.example.com;
        ssl_certificate /etc/tls/a.pem;
        ssl_certificate_key /etc/tls/a.key;
        location / { proxy_pass http://app:8000; }
    }
}
"""
EDGE = """services:
  edge:
    image: nginx:1.28.0
    ports: ["443:443"]
    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]
  app:
"""
CLOSED = "from fastapi import FastAPI\n\napp = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)\n"
OPEN = "from fastapi import FastAPI\n\napp = FastAPI()\n"


def served(files: dict[str, str], root: Path, policy: Policy | None = None) -> list[Content]:
    result = review(Workspace(root, files), policy or Policy())
    assert result.problems == []
    return [f.content for f in result.facts if isinstance(f, ResponseHeaders)]


@pytest.mark.parametrize(
    ("app", "beside", "content"),
    [
        ("    image: grafana/grafana:12.0.0\n", {}, Content.BOTH),
        ("    image: registry.example.com:5000/mirror/wordpress:6\n", {}, Content.PAGE),
        ("    image: postgrest/postgrest:v13.0.0\n", {}, Content.API),
        ("    image: shop.example.com/ours:1\n", {}, Content.UNKNOWN),
        ("    build: ./app\n", {"app/main.py": CLOSED}, Content.API),
        ("    build: ./app\n", {"app/main.py": OPEN}, Content.BOTH),
        (
            "    build: ./app\n",
            {"app/main.py": CLOSED, "app/pages/home.py": "from starlette.responses import HTMLResponse\n"},
            Content.BOTH,
        ),
        ("    build: ./app\n", {"app/server.js": "listen(8000)\n"}, Content.UNKNOWN),
    ],
)
def test_what_is_behind_an_upstream(
    app: str, beside: dict[str, str], content: Content, tmp_path: Path
) -> None:
    files = {"nginx.conf": NGINX, "compose.yaml": EDGE + app, **beside}
    assert served(files, tmp_path) == [content]


CONTRACT = """openapi: 3.1.0
info: {title: Orders, version: "1"}
paths:
  /v1/orders:
    get:
      responses: {"200": {description: ok, content: {application/json: {schema: {type: array}}}}}
"""


@pytest.mark.parametrize(
    ("path", "content"), [("/v1/", Content.API), ("/", Content.UNKNOWN), ("/v2/", Content.UNKNOWN)]
)
def test_a_contract_shows_what_is_below_its_paths_only(path: str, content: Content, tmp_path: Path) -> None:
    rest = "" if path == "/" else "location / { return 404; } "
    text = NGINX.replace("location /", f"{rest}location {path}")
    files = {"nginx.conf": text, "openapi.yaml": CONTRACT}
    assert served(files, tmp_path) == [content]


@pytest.mark.parametrize(
    ("said", "content"),
    [
        ("content: api", Content.API),
        ("content: {shop.example.com: api}", Content.API),
        ("content: {other.example.com: api}", Content.UNKNOWN),
        ("content: {shop.example.com: api, shop.example.com/docs: pages}", Content.BOTH),
        ('content: {"*.example.com": pages}', Content.PAGE),
        ('content: {"*": pages, shop.example.com: api}', Content.API),
        ("environments: {live: {url: 'https://shop.example.com', content: api}}", Content.API),
    ],
)
def test_the_user_decides(said: str, content: Content, tmp_path: Path) -> None:
    assert served({"nginx.conf": NGINX}, tmp_path, parse_policy("batten.yaml", said)) == [content]


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (
            "content: json",
            "batten.yaml:1: 'json' is not a kind of content; write one of: api, pages, both, assets",
        ),
        ("content:\n  a b: api", "batten.yaml:2: 'a b' is not a host or a path"),
        ("content:\n  a.example: x", "batten.yaml:2: 'x' is not a kind of content"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_line(said: str, complaint: str) -> None:
    with pytest.raises(PolicyProblem) as raised:
        parse_policy("batten.yaml", said)
    assert str(raised.value).startswith(complaint)


@pytest.mark.parametrize(
    ("content", "policy", "safety"),
    [
        ("api", "default-src 'none'; frame-ancestors 'none'", Safety.SAFE),
        ("pages", "frame-ancestors 'self'", Safety.RISKY),
        ("both", "frame-ancestors 'self'", Safety.RISKY),
        ("", "frame-ancestors 'self'", Safety.RISKY),
    ],
)
def test_a_header_is_safe_where_it_suits(content: str, policy: str, safety: Safety, tmp_path: Path) -> None:
    said = parse_policy("batten.yaml", f"content: {content}" if content else "")
    found = review(Workspace(tmp_path, {"nginx.conf": NGINX}), said).findings
    finding = next(f for f in found if f.control == "csp-sent")
    assert isinstance(finding.remedy, SetHeader) and finding.remedy.value == policy
    assert finding.fix is not None and finding.fix.safety is safety
    assert bool(finding.fix.breaks) is (safety is Safety.RISKY)


def test_a_page_keeps_its_own_scripts(tmp_path: Path) -> None:
    """Which scripts a page may run is its author's to list, so a weak policy of pages is reported without a fix."""
    weak = NGINX.replace(
        "location", 'add_header Content-Security-Policy "script-src *" always;\n        location'
    )
    found = review(Workspace(tmp_path, {"nginx.conf": weak}), parse_policy("batten.yaml", "content: pages"))
    finding = next(f for f in found.findings if f.control == "csp-sent")
    assert finding.case == "weak" and finding.fix is None


@pytest.mark.parametrize(
    ("image", "content"),
    [
        ("lscr.io/linuxserver/nextcloud:latest", Content.BOTH),
        ("docker.io/library/wordpress@sha256:" + "0" * 64, Content.PAGE),
        ("registry:2", Content.API),
        ("somebody/registry", Content.UNKNOWN),  # of an API's name only the API's own image is believed
        ("nginx:1.28.0", Content.UNKNOWN),
    ],
)
def test_images_by_name(image: str, content: Content) -> None:
    assert served_by(image) is content


DJANGO = 'MIDDLEWARE = [\n    "django.middleware.security.SecurityMiddleware",\n]\n'


@pytest.mark.parametrize(
    ("app", "beside", "silent"),
    [
        ("    image: quay.io/keycloak/keycloak:26.0\n", {}, True),
        ("    image: docker.io/vaultwarden/server:1.34\n", {}, True),
        ("    image: example/server:1\n", {}, False),
        ("    image: shop.example.com/ours:1\n", {}, False),
        ("    image: shop.example.com/ours:1\n", {"shop/settings.py": DJANGO}, True),
        ("    build: ./shop\n", {"shop/settings.py": DJANGO}, True),
        (
            "    build: ./shop\n",
            {"shop/settings.py": f"{DJANGO}SECURE_CONTENT_TYPE_NOSNIFF = False\n"},
            False,
        ),
        ("    build: ./shop\n", {"shop/settings.py": DJANGO.replace('    "', '    # "')}, False),
        ("    build: ./shop\n", {"shop/package.json": '{"dependencies": {"helmet": "^8.0.0"}}\n'}, True),
        ("    build: ./shop\n", {"shop/package.json": '{"dependencies": {"express": "^5.0.0"}}\n'}, False),
        ("    image: postgrest/postgrest:v13.0.0\n", {"shop/settings.py": DJANGO}, False),
    ],
)
def test_a_header_that_an_application_sends_is_not_missing(
    app: str, beside: dict[str, str], silent: bool, tmp_path: Path
) -> None:
    files = {"nginx.conf": NGINX, "compose.yaml": EDGE + app, **beside}
    result = review(Workspace(tmp_path, files), Policy())
    assert ("nosniff-sent" not in {f.control for f in result.findings}) is silent


@pytest.mark.parametrize(
    ("app", "severity"),
    [
        ("    build: ./app\n", "INFO"),  # an API and its documentation
        ("    image: wordpress:6\n", "INFO"),  # which sends its own, or not: the edge's file does not say
        ("    image: shop.example.com/ours:1\n", "INFO"),
    ],
)
def test_framing_is_the_application_s_where_an_edge_forwards(app: str, severity: str, tmp_path: Path) -> None:
    files = {"nginx.conf": NGINX, "compose.yaml": EDGE + app, "app/main.py": OPEN}
    found = review(Workspace(tmp_path, files), Policy()).findings
    assert [f.severity.name for f in found if f.control == "framing-denied"] == [severity]


RAILS = {
    "config/environments/production.rb": "Rails.application.configure do\n  config.force_ssl = true\nend\n",
}


@pytest.mark.parametrize(
    ("inside", "beside", "missing"),
    [
        (
            "root /srv/public; try_files $uri @app; location @app { proxy_pass http://app:8000; }",
            RAILS,
            False,
        ),
        (
            "root /srv/public; location / { try_files $uri @app; } location @app { proxy_pass http://app:8000; }",
            RAILS,
            False,
        ),
        ("root /srv/public; try_files $uri @app; location @app { proxy_pass http://app:8000; }", {}, True),
        ("root /srv/public; location /api/ { proxy_pass http://app:8000; }", RAILS, True),
        (
            "root /srv/public; try_files $uri @app; location @app { proxy_pass http://app:8000; }"
            "location /assets/ { add_header Cache-Control public; }",
            RAILS,
            False,
        ),
    ],
)
def test_files_before_an_application_are_beside_it(
    inside: str, beside: dict[str, str], missing: bool, tmp_path: Path
) -> None:
    text = NGINX.replace("location / { proxy_pass http://app:8000; }", inside)
    result = review(Workspace(tmp_path, {"nginx.conf": text, **beside}), Policy())
    assert ("hsts-sent" in {f.control for f in result.findings}) is missing


def test_php_behind_a_front_controller_is_the_application(tmp_path: Path) -> None:
    inside = (
        "root /srv; index index.php index.html; location / { try_files $uri /index.php$request_uri; }"
        "location = /robots.txt { allow all; } location ~ \\.php { fastcgi_pass app:9000; }"
    )
    text = NGINX.replace("location / { proxy_pass http://app:8000; }", inside)
    files = {"nginx.conf": text, "compose.yaml": EDGE + "    image: nextcloud:30-fpm\n"}
    assert "csp-sent" not in {f.control for f in review(Workspace(tmp_path, files), Policy()).findings}


API = EDGE + "    image: postgrest/postgrest:v13.0.0\n"


@pytest.mark.parametrize(
    ("inside", "content"),
    [
        ("location / { proxy_pass http://app:8000; }", Content.API),
        ("location /api/ { proxy_pass http://app:8000; }", Content.UNKNOWN),
        ("root /srv/www; location /api/ { proxy_pass http://app:8000; }", Content.BOTH),
        ("location / { proxy_pass http://app:8000; } location /site/ { alias /srv/site/; }", Content.BOTH),
        ("location / { proxy_pass http://app:8000; } location /static/ { alias /srv/static/; }", Content.API),
        ("location / { proxy_pass http://app:8000; } location = /status { stub_status; }", Content.API),
        (
            "location / { proxy_pass http://app:8000; } location ~ \\.php$ { fastcgi_pass php:9000; }",
            Content.BOTH,
        ),
        (
            "location / { proxy_pass http://app:8000; } location /x/ { proxy_pass http://other:80; }",
            Content.UNKNOWN,
        ),
    ],
)
def test_a_site_is_all_that_it_serves(inside: str, content: Content, tmp_path: Path) -> None:
    text = NGINX.replace("location / { proxy_pass http://app:8000; }", inside)
    assert served({"nginx.conf": text, "compose.yaml": API}, tmp_path) == [content]


APACHE = "Listen 443\n<VirtualHost *:443>\nServerName shop.example.com\nSSLEngine on\n%s\n</VirtualHost>\n"
HAPROXY = """frontend www
    mode http
    bind :443 ssl crt /etc/a.pem
    %s
    default_backend api
backend api
    mode http
    server one app:8000
backend other
    mode http
    server one elsewhere.example:8000
"""
TRAEFIK = """    labels:
      - traefik.http.routers.app.rule=Host(`shop.example.com`)
      - traefik.http.routers.app.entrypoints=websecure
      - traefik.http.routers.app.tls=true
"""


@pytest.mark.parametrize(
    ("path", "text", "content"),
    [
        ("Caddyfile", "shop.example.com {\n\treverse_proxy app:8000\n}\n", Content.API),
        (
            "Caddyfile",
            "shop.example.com {\n\treverse_proxy /api/* app:8000\n\tfile_server\n}\n",
            Content.BOTH,
        ),
        ("httpd.conf", APACHE % "ProxyPass / http://app:8000/", Content.API),
        ("httpd.conf", APACHE % "DocumentRoot /srv\nProxyPass /api http://app:8000/", Content.PAGE),
        (
            "httpd.conf",
            APACHE % "Alias /site /srv\nProxyPass /site !\nProxyPass / http://app:8000/",
            Content.BOTH,
        ),
        ("haproxy.cfg", HAPROXY.partition("backend other")[0].replace("    %s\n", ""), Content.API),
        ("haproxy.cfg", HAPROXY % "use_backend other if { hdr(host) -i b.example }", Content.UNKNOWN),
    ],
)
def test_every_edge_is_joined(path: str, text: str, content: Content, tmp_path: Path) -> None:
    assert served({path: text, "compose.yaml": API.replace("nginx.conf", path)}, tmp_path) == [content]


def test_labels_lead_to_their_own_service(tmp_path: Path) -> None:
    edge = """services:
  edge:
    image: traefik:v3.3
    command: [--providers.docker=true, "--entrypoints.websecure.address=:443"]
    ports: ["443:443"]
  app:
"""
    for image, content in (
        ("postgrest/postgrest:v13.0.0", Content.API),
        ("grafana/grafana:12.0.0", Content.BOTH),
    ):
        assert served({"compose.yaml": f"{edge}    image: {image}\n{TRAEFIK}"}, tmp_path) == [content]


CADDY_HOSTS = """http://api.shop.example {
    reverse_proxy 127.0.0.1:8000
}

https://www.shop.example {
    reverse_proxy 127.0.0.1:8001
}
"""
HAPROXY_HOSTS = """defaults
    mode http

frontend api
    bind :8080
    acl v1 path_beg /v1
    use_backend api if { hdr(host),field(1,:) -i api.shop.example } v1

frontend web
    bind :8081
    use_backend api if { hdr(host) -i api.shop.example } || { path_beg /v1 }

backend api
    server one 127.0.0.1:8000
"""
ENVOY_HOSTS = """static_resources:
  listeners:
  - name: api
    address: {socket_address: {address: 0.0.0.0, port_value: 8080}}
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: api
          http_filters:
          - name: router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
          route_config:
            virtual_hosts:
            - name: api
              domains: ["api.shop.example", "api.shop.example:8080"]
              response_headers_to_add:
              - {header: {key: x-api, value: "1"}}
              routes: [{match: {prefix: /}, route: {cluster: api}}]
            - name: rest
              domains: ["*"]
              routes: [{match: {prefix: /}, route: {cluster: web}}]
"""
TRAEFIK_POINTS = 'entryPoints: {web: {address: ":443"}}\nproviders: {file: {filename: dynamic.yml}}\n'
TRAEFIK_HOSTS = """http:
  routers:
    api:
      rule: "(Host(`api.shop.example`) || Host(`v2.api.shop.example`)) && PathPrefix(`/v1`)"
      service: api
      tls: {}
    web:
      rule: "Host(`api.shop.example`) || Path(`/health`)"
      service: api
      tls: {}
    shared:
      rule: "Host(`www.shop.example`)"
      service: api
      tls: {}
  services:
    api: {loadBalancer: {servers: [{url: "http://127.0.0.1:8000"}]}}
"""


@pytest.mark.parametrize(
    ("file", "text", "contents"),
    [
        ("Caddyfile", CADDY_HOSTS, [Content.API, Content.UNKNOWN]),
        ("haproxy.cfg", HAPROXY_HOSTS, [Content.API, Content.UNKNOWN]),
        ("envoy.yaml", ENVOY_HOSTS, [Content.API, Content.UNKNOWN]),
        ("dynamic.yml", TRAEFIK_HOSTS, [Content.API, Content.UNKNOWN, Content.UNKNOWN]),
    ],
)
def test_a_place_is_known_by_the_only_hosts_that_reach_it(
    file: str, text: str, contents: list[Content], tmp_path: Path
) -> None:
    said = parse_policy("batten.yaml", 'content: {api.shop.example: api, "*.api.shop.example": api}')
    assert served({file: text, "traefik.yml": TRAEFIK_POINTS}, tmp_path, said) == contents


def test_what_one_virtual_host_lacks_is_risky_where_others_share_the_filters(tmp_path: Path) -> None:
    said = parse_policy("batten.yaml", "content: {api.shop.example: api}")
    found = review(Workspace(tmp_path, {"envoy.yaml": ENVOY_HOSTS}), said).findings
    fixes = [f.fix for f in found if f.control == "nosniff-sent" and f.fix is not None]
    assert fixes and {fix.safety for fix in fixes} == {Safety.RISKY}
    assert "the other sites and paths that share these headers" in {fix.breaks for fix in fixes}
