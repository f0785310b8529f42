"""Configurations of proxies that serve no files, as their vendors' documentation writes them."""

from __future__ import annotations

from places import DIGEST, USER, Place, Site, each, users

from batten.technologies.edges.envoy.validator import envoy
from needs import program, without

# The password `pen` as crypt(3) keeps one.
_CRYPT = "$5$abcd$YqHqdgfXgMFC5aePguAagO4Vfb.FhV33ZmMo2Xz0u52"


# HAProxy: "Starter Guide" and the configuration manual's examples for virtual hosts and TLS.
def haproxy(at: Place) -> dict[str, str]:
    used = [*at.web, *at.apis]
    return {
        "haproxy.cfg": f"""global
    log stdout format raw local0
    maxconn 2000

userlist staff
    user {USER} password '{_CRYPT}'

defaults
    mode http
    log global
    option httplog
    option forwardfor
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout tunnel 1h

listen stats
    bind unix@{at.room}/stats.sock
    stats enable
    stats uri /

{_frontend(at, "web", at.ports[""], at.web)}
{each(at.apis, lambda site: _frontend(at, f"front-{site.name}", at.of(site.host), [site]))}
{each(used, lambda s: f"backend {s.name}{chr(10)}    server one 127.0.0.1:{s.upstream}{chr(10)}")}"""
    }


def _frontend(at: Place, name: str, ports: tuple[int, int], sites: list[Site]) -> str:
    own = {
        "front-api-shop": """    http-response set-header Strict-Transport-Security max-age=31536000 if { ssl_fc }
    http-after-response set-header X-XSS-Protection "1; mode=block"
    http-response set-header X-Powered-By "Express 4.21"
""",
        "front-open-shop": f"""    http-request set-var(txn.origin) req.hdr(origin)
    http-after-response set-header Access-Control-Allow-Origin %[var(txn.origin)] if {{ var(txn.origin) -m str {" ".join(at.origins)} }}
""",
        "front-staff-shop": "    http-request auth unless { http_auth(staff) }\n",
    }
    use = each(sites, lambda s: f"    use_backend {s.name} if {{ hdr(host),field(1,:) -i {s.host} }}")
    return f"""frontend {name}
    bind 127.0.0.1:{ports[0]}
    bind 127.0.0.1:{ports[1]} ssl crt {at.room}/both.pem alpn h2,http/1.1
    http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
    http-request set-header X-Forwarded-Proto http if !{{ ssl_fc }}
{own.get(name, "")}{use}
"""


def haproxy_command(at: Place) -> list[str]:
    (at.room / "both.pem").write_text(at.cert.read_text() + at.key.read_text())
    return [program("haproxy"), "-db", "-f", str(at.folder / "haproxy.cfg")]


# Envoy: "Front proxy", "HTTP upgrades", "CORS" and "Basic Auth" of its documentation.
_TYPE = "type.googleapis.com/envoy.extensions"
_CORS = f"""          - name: envoy.filters.http.cors
            typed_config:
              "@type": {_TYPE}.filters.http.cors.v3.Cors
"""


def envoy_files(at: Place) -> dict[str, str]:
    def both(name: str, ports: tuple[int, int], sites: list[Site]) -> str:
        return _listener(at, name, ports[0], sites) + _listener(
            at, f"{name}-secure", ports[1], sites, tls=True
        )

    def cluster(site: Site) -> str:
        return f"""  - name: {site.name}
    connect_timeout: 5s
    type: STATIC
    load_assignment:
      cluster_name: {site.name}
      endpoints:
      - lb_endpoints:
        - endpoint:
            address:
              {_address(site.upstream)}"""

    return {
        "envoy.yaml": f"""static_resources:
  listeners:
{both("web", at.ports[""], at.web)}{"".join(both(s.name, at.of(s.host), [s]) for s in at.apis)}  clusters:
{each([*at.web, *at.apis], cluster)}
"""
    }


def _address(port: int) -> str:
    return f"socket_address: {{address: 127.0.0.1, port_value: {port}}}"


def _listener(at: Place, name: str, port: int, sites: list[Site], tls: bool = False) -> str:
    asks = f"""          - name: envoy.filters.http.basic_auth
            typed_config:
              "@type": {_TYPE}.filters.http.basic_auth.v3.BasicAuth
              users: {{filename: {users(at)}}}
"""
    before = {"open-shop": _CORS, "staff-shop": asks}.get(sites[0].name, "")
    said = "          server_name: envoy/1.37.1\n" if sites[0].name == "api-shop" else ""
    socket = f"""      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": {_TYPE}.transport_sockets.tls.v3.DownstreamTlsContext
          common_tls_context:
            tls_certificates:
            - certificate_chain: {{filename: {at.cert}}}
              private_key: {{filename: {at.key}}}
"""
    return f"""  - name: {name}
    address:
      {_address(port)}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": {_TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: {name}
          use_remote_address: true
{said}          upgrade_configs:
          - upgrade_type: websocket
          access_log:
          - name: envoy.access_loggers.stdout
            typed_config:
              "@type": {_TYPE}.access_loggers.stream.v3.StdoutAccessLog
          http_filters:
{before}          - name: envoy.filters.http.router
            typed_config:
              "@type": {_TYPE}.filters.http.router.v3.Router
          route_config:
              name: {name}
              virtual_hosts:
{each(sites, lambda site: _virtual_host(at, site, port, tls))}
{socket if tls else ""}"""


def _virtual_host(at: Place, site: Site, port: int, tls: bool) -> str:
    paths = ("/orders/", "/login") if site.name == "api-shop" else ("/",)
    routes = "\n".join(f'                - match: {{prefix: "{p}"}}\n                  route: {{cluster: {site.name}, timeout: 0s}}' for p in paths)  # fmt: skip
    sent = {"x-xss-protection": "1; mode=block"} | (
        {"strict-transport-security": "max-age=31536000"} if tls else {}
    )
    headers = "".join(f'                - header: {{key: {k}, value: "{v}"}}\n' for k, v in sent.items())
    origins = "".join(f"                    - exact: {origin}\n" for origin in at.origins)
    own = {
        "api-shop": f"                response_headers_to_add:\n{headers}",
        "open-shop": f"""                typed_per_filter_config:
                  envoy.filters.http.cors:
                    "@type": {_TYPE}.filters.http.cors.v3.CorsPolicy
                    allow_origin_string_match:
{origins}""",
    }
    return f"""              - name: {site.name}
                domains: ["{site.host}", "{site.host}:{port}"]
{own.get(site.name, "")}                routes:
{routes}"""


def envoy_command(at: Place) -> list[str]:
    options = ["--use-dynamic-base-id", "--concurrency", "1", "-l", "warn"]
    return [envoy() or without("envoy"), "-c", str(at.folder / "envoy.yaml"), *options]


# Traefik: "File provider", "Routers", "TLS", and its middlewares.
def traefik(at: Place) -> dict[str, str]:
    def points(site: Site) -> str:
        plain, tls = at.of(site.host)
        return f'  {site.name}:\n    address: "127.0.0.1:{plain}"\n  {site.name}-tls:\n    address: "127.0.0.1:{tls}"\n'

    return {
        "traefik.yml": f"""entryPoints:
  web:
    address: "127.0.0.1:{at.plain}"
  websecure:
    address: "127.0.0.1:{at.tls}"
{"".join(map(points, at.apis))}
providers:
  file:
    filename: {at.folder}/dynamic.yml

accessLog: {{}}
""",
        "dynamic.yml": f"""http:
  routers:
{each([*at.web, *at.apis], _routers)}

  middlewares:
    limit:
      rateLimit:
        average: 1000
        burst: 1000
    shop:
      headers:
        stsSeconds: 31536000
        browserXssFilter: true
        customResponseHeaders:
          Server: example/2.4.1
    pages:
      headers:
        accessControlAllowOriginList: [{", ".join(f'"{origin}"' for origin in at.origins)}]
    login:
      basicAuth:
        users: ["{USER}:{DIGEST}"]

  services:
{each([*at.web, *at.apis], _service)}

tls:
  certificates:
    - certFile: {at.cert}
      keyFile: {at.key}
  stores:
    default:
      defaultCertificate:
        certFile: {at.cert}
        keyFile: {at.key}
""",
    }


def _routers(site: Site) -> str:
    plain, tls = (site.name, f"{site.name}-tls") if site.api else ("web", "websecure")
    used = {"api-shop": "limit, shop", "open-shop": "pages", "staff-shop": "login"}.get(site.name, "")
    around = f"      middlewares: [{used}]\n" if used else ""
    return f"""    {site.name}:
      rule: "Host(`{site.host}`)"
      entryPoints: [{plain}]
      service: {site.name}
{around if site.name == "staff-shop" else ""}    {site.name}-secure:
      rule: "Host(`{site.host}`)"
      entryPoints: [{tls}]
      service: {site.name}
{around}      tls: {{}}"""


def _service(site: Site) -> str:
    return f"""    {site.name}:
      loadBalancer:
        servers:
          - url: "http://127.0.0.1:{site.upstream}\""""


def traefik_command(at: Place) -> list[str]:
    return [program("traefik"), f"--configFile={at.folder}/traefik.yml"]
