"""Edges and resolvers, by the servers that Debian and wheels ship."""

from __future__ import annotations

import json

from product_cases import PASSWORD, Answers, Case, Start, double, started

_ENVOY = {"admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 4242}}}}
_CONTROL = """
http:
  routers:
    api: {rule: PathPrefix(`/`), service: api@internal, entryPoints: [web], middlewares: [login]}
  middlewares:
    login: {basicAuth: {users: ["operator:$2y$05$rehOIYakpgK5nzN8sRKXauzP5hv7/C61eousW4fPbWeSGfvAM9xy6"]}}
"""


def _traefik(*options: str) -> Start:
    quiet = ("--global.checknewversion=false", "--global.sendanonymoususage=false")
    return started("traefik", *quiet, *options, files={"dynamic.yml": _CONTROL}, ready="/api/overview")


def _haproxy(*lines: str) -> Start:
    times = "".join(f"  timeout {name} 5s\n" for name in ("client", "server", "connect"))
    listens = "listen stats\n  bind 127.0.0.1:{port}\n  stats enable\n  stats uri /\n"
    backend = "backend shop\n  server one 127.0.0.1:{free}\n"
    config = (
        f"defaults\n  mode http\n{times}{listens}{''.join(f'  {line}{chr(10)}' for line in lines)}{backend}"
    )
    return started("haproxy", "-f", "{folder}/haproxy.cfg", files={"haproxy.cfg": config})


def _dnsdist(options: str) -> Start:
    config = f"""webserver("127.0.0.1:{{port}}")
setWebserverConfig({{acl="127.0.0.1", {options}}})
setLocal("127.0.0.1:{{free}}")
newServer("127.0.0.1:9")
"""
    return started("dnsdist", "--supervised", "-C", "{folder}/d.conf", files={"d.conf": config})


_JSON = {"Content-Type": "application/json"}
_KONG: Answers = {
    "GET /": (
        200,
        _JSON,
        '{"tagline": "Welcome to kong", "version": "3.9.0", "hostname": "one", "plugins": {}, "configuration": {}}',
    ),
    "GET /services": (200, _JSON, '{"data": [], "next": null}'),
}
_PLUS: Answers = {
    "GET /api/": (200, _JSON, "[1,2,3,4,5,6,7,8,9]"),
    "GET /api/3/nginx": (200, _JSON, '{"version": "1.27.4", "build": "nginx-plus-r34", "generation": 1}'),
}


def _apisix(status: int, body: str) -> Start:
    return lambda folder, port: double(port, {"GET /apisix/admin/routes": (status, _JSON, body)})


CASES = (
    Case(
        product="Envoy administration",
        opened=started(
            "envoy",
            "-c",
            "{folder}/envoy.json",
            "--use-dynamic-base-id",
            files={"envoy.json": json.dumps(_ENVOY).replace("4242", "{port}")},
        ),
        ci=True,
    ),
    Case(
        product="Traefik",
        opened=_traefik(
            "--api.insecure=true",
            "--entrypoints.traefik.address=127.0.0.1:{port}",
            "--entrypoints.web.address=127.0.0.1:{free}",
        ),
        locked=_traefik(
            "--api=true",
            "--entrypoints.web.address=127.0.0.1:{port}",
            "--providers.file.filename={folder}/dynamic.yml",
        ),
        ci=True,
    ),
    Case(
        product="Caddy administration",
        opened=started(
            "caddy",
            "run",
            "--config",
            "{folder}/caddy.json",
            files={"caddy.json": '{"admin":{"listen":"127.0.0.1:{port}"}}'},
        ),
        host="$proxy_host",
        ci=True,
    ),
    Case(
        product="HAProxy statistics",
        opened=_haproxy(),
        locked=_haproxy(f"stats auth operator:{PASSWORD}"),
        ci=True,
    ),
    Case(
        product="HAProxy administration",
        opened=_haproxy("stats admin if TRUE"),
        locked=_haproxy("stats admin if TRUE", f"stats auth operator:{PASSWORD}"),
        ci=True,
    ),
    Case(
        product="dnsdist",
        opened=_dnsdist(
            "apiRequiresAuthentication=false, dashboardRequiresAuthentication=false, statsRequireAuthentication=false"
        ),
        locked=_dnsdist(f'apiKey="{PASSWORD}", password="{PASSWORD}"'),
    ),
    Case(
        product="Kong administration",
        opened=lambda folder, port: double(port, _KONG),
        double=True,
        source="https://developer.konghq.com/api/gateway/admin-oss/",
    ),
    Case(
        product="APISIX administration",
        opened=_apisix(200, '{"total": 0, "list": []}'),
        locked=_apisix(401, '{"description": "missing apikey", "error_msg": "failed to check token"}'),
        double=True,
        source="https://apisix.apache.org/docs/apisix/admin-api/",
    ),
    Case(
        product="NGINX Plus API",
        opened=lambda folder, port: double(port, _PLUS),
        double=True,
        source="https://nginx.org/en/docs/http/ngx_http_api_module.html",
    ),
)
