"""Each edge's configuration as its vendor's documentation writes one, for every site, over plain HTTP and over TLS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from live_servers import running

from batten.model.record import record
from batten.technologies.envoy.validator import envoy
from needs import program, without

ENGINES = ("mpm_event", "authz_core", "authz_host", "alias", "dir", "mime", "proxy", "proxy_http", "proxy_fcgi", "headers", "rewrite", "setenvif", "socache_shmcb", "ssl")  # fmt: skip


@record
class Site:
    """A virtual host with its upstream's port; `static` is a folder that edges which serve files serve as /static/."""

    host: str
    upstream: int
    static: Path | None = None

    @property
    def name(self) -> str:
        return self.host.removesuffix(".test").replace(".", "-")


@record
class Place:
    """Where an edge is: `folder` holds what batten fixes, `room` what the server keeps."""

    folder: Path
    room: Path
    cert: Path
    key: Path
    plain: int
    tls: int
    sites: tuple[Site, ...]


@record
class Edge:
    """`files` writes the configuration, `command` starts what is written."""

    files: Callable[[Place], dict[str, str]]
    command: Callable[[Place], list[str]]


# What the sites' owner knows: one is an API, some serve pages, of the rest nothing is said.
_CONTENT = "content:\n  api.shop.test: api\n  django.test: pages\n  docs.test: both\n"


def write(edge: Edge, at: Place) -> None:
    (at.folder / "batten.yaml").write_text(_CONTENT)
    for name, text in edge.files(at).items():
        (at.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (at.folder / name).write_text(text)


@contextmanager
def started(edge: Edge, at: Place) -> Iterator[None]:
    own = {"XDG_DATA_HOME": str(at.room), "XDG_CONFIG_HOME": str(at.room)}
    with running(edge.command(at), at.tls, at.room, environment=own):
        yield


def _each(at: Place, made: Callable[[Site], str]) -> str:
    return "\n".join(map(made, at.sites))


# nginx: "WebSocket proxying", "Configuring HTTPS servers", and the headers that Django's, FastAPI's and Express' pages ask for.
def _nginx(at: Place) -> dict[str, str]:
    def server(site: Site) -> str:
        static = (
            f"\n        location /static/ {{\n            alias {site.static}/;\n        }}"
            if site.static
            else ""
        )
        return f"""
    server {{
        listen 127.0.0.1:{at.plain};
        listen 127.0.0.1:{at.tls} ssl;
        server_name {site.host};
        ssl_certificate {at.cert};
        ssl_certificate_key {at.key};
        ssl_protocols TLSv1.2 TLSv1.3;
        client_max_body_size 20m;
{static}
        location / {{
            proxy_pass http://127.0.0.1:{site.upstream};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_buffering off;
        }}
    }}"""

    return {
        "nginx.conf": f"""worker_processes 1;
pid {at.room}/nginx.pid;
error_log {at.room}/error.log;

events {{
    worker_connections 512;
}}

http {{
    include mime.types;
    default_type application/octet-stream;
    access_log {at.room}/access.log;
    client_body_temp_path {at.room}/body;
    proxy_temp_path {at.room}/proxy;
    fastcgi_temp_path {at.room}/fastcgi;
    uwsgi_temp_path {at.room}/uwsgi;
    scgi_temp_path {at.room}/scgi;
    sendfile on;
    keepalive_timeout 65;

    map $http_upgrade $connection_upgrade {{
        default upgrade;
        '' close;
    }}
{_each(at, server)}
}}
""",
        "mime.types": "types {\n    text/html html;\n    text/css css;\n    application/javascript js;\n    image/svg+xml svg;\n    image/png png;\n}\n",
    }


def _nginx_command(at: Place) -> list[str]:
    return [program("nginx"), "-p", str(at.folder), "-c", str(at.folder / "nginx.conf"), "-g", "daemon off;"]


# Apache: "Reverse Proxy Guide", "SSL/TLS Strong Encryption: How-To", and `upgrade=websocket` of mod_proxy_http.
def _apache(at: Place, engines: tuple[str, ...] = ENGINES) -> dict[str, str]:
    def host(site: Site, port: int) -> str:
        static = (
            f"    ProxyPass /static/ !\n    Alias /static/ {site.static}/\n    <Directory {site.static}>\n"
            "        Require all granted\n    </Directory>\n"
            if site.static
            else ""
        )
        tls = f"    SSLEngine on\n    SSLCertificateFile {at.cert}\n    SSLCertificateKeyFile {at.key}\n"
        scheme = (
            '    RequestHeader set X-Forwarded-Proto "https"\n'
            if "headers" in engines and port == at.tls
            else ""
        )
        return f"""<VirtualHost *:{port}>
    ServerName {site.host}
{tls if port == at.tls else ""}{scheme}{static}    ProxyPreserveHost On
    ProxyPass / http://127.0.0.1:{site.upstream}/ upgrade=websocket
    ProxyPassReverse / http://127.0.0.1:{site.upstream}/
</VirtualHost>
"""

    loads = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in engines)
    return {
        "apache2.conf": f"""ServerRoot {at.room}
PidFile {at.room}/httpd.pid
DefaultRuntimeDir {at.room}
ServerName edge.test
User www-data
Group www-data
{loads}
TypesConfig /etc/mime.types
ErrorLog {at.room}/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog {at.room}/access.log common

<Directory />
    AllowOverride None
    Require all denied
</Directory>

Listen 127.0.0.1:{at.plain}
Listen 127.0.0.1:{at.tls}

{_each(at, lambda site: host(site, at.plain))}
{_each(at, lambda site: host(site, at.tls))}"""
    }


def _apache_command(at: Place) -> list[str]:
    return [program("apache2", "httpd"), "-D", "FOREGROUND", "-f", str(at.folder / "apache2.conf")]


# Caddy: "reverse_proxy", "file_server", "tls".
def _caddy(at: Place) -> dict[str, str]:
    def site(one: Site) -> str:
        static = (
            f"    handle_path /static/* {{\n        root * {one.static}\n        file_server\n    }}\n"
            if one.static
            else ""
        )
        return f"""({one.name}) {{
    bind 127.0.0.1
    log
{static}    handle {{
        reverse_proxy 127.0.0.1:{one.upstream}
    }}
}}

http://{one.host}:{at.plain} {{
    import {one.name}
}}

https://{one.host}:{at.tls} {{
    tls {at.cert} {at.key}
    import {one.name}
}}
"""

    return {"Caddyfile": f"{{\n    admin off\n    auto_https off\n}}\n\n{_each(at, site)}"}


def _caddy_command(at: Place) -> list[str]:
    return [program("caddy"), "run", "--config", str(at.folder / "Caddyfile"), "--adapter", "caddyfile"]


# HAProxy: "Starter Guide" and the configuration manual's examples for virtual hosts and TLS.
def _haproxy(at: Place) -> dict[str, str]:
    use = _each(at, lambda s: f"    use_backend {s.name} if {{ hdr(host),field(1,:) -i {s.host} }}")
    backs = _each(at, lambda s: f"backend {s.name}\n    server one 127.0.0.1:{s.upstream}\n")
    return {
        "haproxy.cfg": f"""global
    log stdout format raw local0
    maxconn 2000

defaults
    mode http
    log global
    option httplog
    option forwardfor
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout tunnel 1h

frontend web
    bind 127.0.0.1:{at.plain}
    bind 127.0.0.1:{at.tls} ssl crt {at.room}/both.pem alpn h2,http/1.1
    http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
    http-request set-header X-Forwarded-Proto http if !{{ ssl_fc }}
{use}

{backs}"""
    }


def _haproxy_command(at: Place) -> list[str]:
    (at.room / "both.pem").write_text(at.cert.read_text() + at.key.read_text())
    return [program("haproxy"), "-db", "-f", str(at.folder / "haproxy.cfg")]


# Envoy: "Front proxy" and "HTTP upgrades" of its documentation.
_TYPE = "type.googleapis.com/envoy.extensions"


def _envoy(at: Place) -> dict[str, str]:
    def address(port: int) -> str:
        return f"socket_address: {{address: 127.0.0.1, port_value: {port}}}"

    def host(site: Site) -> str:
        return f"""              - name: {site.name}
                domains: ["{site.host}", "{site.host}:{at.plain}", "{site.host}:{at.tls}"]
                routes:
                - match: {{prefix: "/"}}
                  route: {{cluster: {site.name}, timeout: 0s}}"""

    def listener(name: str, port: int, tls: str) -> str:
        return f"""  - name: {name}
    address:
      {address(port)}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": {_TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: {name}
          use_remote_address: true
          upgrade_configs:
          - upgrade_type: websocket
          access_log:
          - name: envoy.access_loggers.stdout
            typed_config:
              "@type": {_TYPE}.access_loggers.stream.v3.StdoutAccessLog
          http_filters:
          - name: envoy.filters.http.router
            typed_config:
              "@type": {_TYPE}.filters.http.router.v3.Router
          route_config:
              name: {name}
              virtual_hosts:
{_each(at, host)}
{tls}"""

    tls = f"""      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": {_TYPE}.transport_sockets.tls.v3.DownstreamTlsContext
          common_tls_context:
            tls_certificates:
            - certificate_chain: {{filename: {at.cert}}}
              private_key: {{filename: {at.key}}}
"""

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
              {address(site.upstream)}"""

    return {
        "envoy.yaml": f"""static_resources:
  listeners:
{listener("web", at.plain, "")}{listener("websecure", at.tls, tls)}  clusters:
{_each(at, cluster)}
"""
    }


def _envoy_command(at: Place) -> list[str]:
    return [
        envoy() or without("envoy"),
        "-c",
        str(at.folder / "envoy.yaml"),
        "--use-dynamic-base-id",
        "--concurrency",
        "1",
        "-l",
        "warn",
    ]


# Traefik: "File provider", "Routers", "TLS".
def _traefik(at: Place) -> dict[str, str]:
    def routers(site: Site) -> str:
        return f"""    {site.name}:
      rule: "Host(`{site.host}`)"
      entryPoints: [web]
      service: {site.name}
    {site.name}-secure:
      rule: "Host(`{site.host}`)"
      entryPoints: [websecure]
      service: {site.name}
      tls: {{}}"""

    def service(site: Site) -> str:
        return f"""    {site.name}:
      loadBalancer:
        servers:
          - url: "http://127.0.0.1:{site.upstream}\""""

    return {
        "traefik.yml": f"""entryPoints:
  web:
    address: "127.0.0.1:{at.plain}"
  websecure:
    address: "127.0.0.1:{at.tls}"

providers:
  file:
    filename: {at.folder}/dynamic.yml

accessLog: {{}}
""",
        "dynamic.yml": f"""http:
  routers:
{_each(at, routers)}

  services:
{_each(at, service)}

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


def _traefik_command(at: Place) -> list[str]:
    return [program("traefik"), f"--configFile={at.folder}/traefik.yml"]


EDGES = {
    "nginx": Edge(_nginx, _nginx_command),
    "apache": Edge(_apache, _apache_command),
    "caddy": Edge(_caddy, _caddy_command),
    "haproxy": Edge(_haproxy, _haproxy_command),
    "envoy": Edge(_envoy, _envoy_command),
    "traefik": Edge(_traefik, _traefik_command),
}
