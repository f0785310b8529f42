"""Edges and web servers, in front of a static site or a small JSON API."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import ordinary_apps as apps
from live_servers import nginx, running
from ordinary_frameworks import python, uvicorn
from product_cases import Start

from batten.controls._suites import MOZILLA_INTERMEDIATE
from batten.technologies.edges.envoy.validator import envoy as envoy_program
from needs import program, where, without
from servers import free_port


def _site(folder: Path) -> Path:
    """A static site."""
    root = folder / "site"
    root.mkdir()
    (root / "index.html").write_text(apps.PAGE)
    (root / "style.css").write_text("body { color: #222 }\n")
    (root / "app.js").write_text('document.title = "Shop";\n')
    return root


@contextmanager
def nginx_site(folder: Path, port: int) -> Iterator[None]:
    """Debian's default site, with its comment about hidden files heeded."""
    root = _site(folder)
    server = f"""server_tokens build; server {{ listen 127.0.0.1:{port} default_server; root {root}; index index.html;
        server_name _; location / {{ try_files $uri $uri/ =404; }} }}"""
    with nginx(folder, port, server, program("nginx")):
        yield


@contextmanager
def api(folder: Path) -> Iterator[int]:
    """What edges have behind them: a small JSON API."""
    port = free_port()
    place = folder / "api"
    place.mkdir()
    with python(apps.FASTAPI, uvicorn)(place, port):
        yield port


@contextmanager
def nginx_api(folder: Path, port: int) -> Iterator[None]:
    with api(folder) as upstream:
        server = f"""server_tokens off; server {{ listen 127.0.0.1:{port}; location / {{
            proxy_pass http://127.0.0.1:{upstream}; proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }} }}"""
        with nginx(folder, port, server, program("nginx")):
            yield


_APACHE = """ServerRoot {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
Mutex file:{folder}
Listen 127.0.0.1:{port}
ServerName 127.0.0.1
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule mime_module {modules}/mod_mime.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
TypesConfig /etc/mime.types
User {user}
Group {group}
ServerTokens OS
ServerSignature On
TraceEnable Off
<Directory />
    AllowOverride None
    Require all denied
</Directory>
<FilesMatch "^\\.ht">
    Require all denied
</FilesMatch>
{site}
"""


def apache(site: str) -> Start:
    """Debian's security.conf: ServerTokens OS, ServerSignature On, TraceEnable Off."""

    @contextmanager
    def start(folder: Path, port: int) -> Iterator[None]:
        binary = program("apache2")
        (folder / "apache.conf").write_text(
            _APACHE.format(
                folder=folder,
                port=port,
                modules="/usr/lib/apache2/modules",
                user="www-data",
                group="www-data",
                site=site,
            )
        )
        with running([binary, "-f", str(folder / "apache.conf"), "-DFOREGROUND"], port, folder):
            yield

    return start


@contextmanager
def apache_site(folder: Path, port: int) -> Iterator[None]:
    """In a folder that Apache's user may read, which a test's own is not."""
    with tempfile.TemporaryDirectory(prefix="batten-site-") as place:
        Path(place).chmod(0o755)
        root = _site(Path(place))
        site = f"""DocumentRoot {root}
<Directory {root}>
    Options FollowSymLinks
    AllowOverride None
    Require all granted
</Directory>"""
        with apache(site)(folder, port):
            yield


@contextmanager
def apache_api(folder: Path, port: int) -> Iterator[None]:
    with api(folder) as upstream:
        proxy = f"ProxyPass / http://127.0.0.1:{upstream}/\nProxyPreserveHost On"
        with apache(proxy)(folder, port):
            yield


def caddy(text: Callable[[Path, int, int], str]) -> Start:
    @contextmanager
    def start(folder: Path, port: int) -> Iterator[None]:
        with api(folder) as upstream:
            (folder / "Caddyfile").write_text("{\n\tadmin off\n}\n" + text(folder, port, upstream))
            command = [
                program("caddy"),
                "run",
                "--config",
                str(folder / "Caddyfile"),
                "--adapter",
                "caddyfile",
            ]
            with running(command, port, folder, environment={"XDG_DATA_HOME": str(folder)}):
                yield

    return start


@contextmanager
def lighttpd(folder: Path, port: int) -> Iterator[None]:
    """Debian's lighttpd.conf, whose url.access-deny keeps backups and includes from being served."""
    root = _site(folder)
    (
        folder / "lighttpd.conf"
    ).write_text(f"""server.modules = ("mod_indexfile", "mod_access", "mod_staticfile")
server.document-root = "{root}"
server.errorlog = "{folder}/error.log"
server.bind = "127.0.0.1"
server.port = {port}
index-file.names = ("index.html")
url.access-deny = ("~", ".inc")
mimetype.assign = (".html" => "text/html", ".css" => "text/css", ".js" => "text/javascript", "" => "application/octet-stream")
""")
    with running([program("lighttpd"), "-D", "-f", str(folder / "lighttpd.conf")], port, folder):
        yield


@contextmanager
def haproxy(folder: Path, port: int) -> Iterator[None]:
    with api(folder) as upstream:
        (folder / "haproxy.cfg").write_text(f"""defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    option forwardfor
frontend www
    bind 127.0.0.1:{port}
    default_backend api
backend api
    server one 127.0.0.1:{upstream} check
""")
        with running([program("haproxy"), "-db", "-f", str(folder / "haproxy.cfg")], port, folder):
            yield


@contextmanager
def traefik(folder: Path, port: int) -> Iterator[None]:
    binary = where("traefik") or without("traefik")
    with api(folder) as upstream:
        dynamic = {
            "http": {
                "routers": {"api": {"rule": "PathPrefix(`/`)", "service": "api", "entryPoints": ["web"]}},
                "services": {"api": {"loadBalancer": {"servers": [{"url": f"http://127.0.0.1:{upstream}"}]}}},
            }
        }
        (folder / "dynamic.json").write_text(json.dumps(dynamic))
        options = (
            f"--entryPoints.web.address=127.0.0.1:{port}",
            f"--providers.file.filename={folder}/dynamic.json",
            "--global.checkNewVersion=false",
            "--global.sendAnonymousUsage=false",
        )
        with running([binary, *options], port, folder):
            yield


@contextmanager
def envoy(folder: Path, port: int) -> Iterator[None]:
    binary = envoy_program() or without("envoy")
    with api(folder) as upstream:
        (folder / "envoy.json").write_text(json.dumps(_envoy_config(port, upstream)))
        options = ["--use-dynamic-base-id", "--concurrency", "1", "-l", "warn"]
        with running([binary, "-c", str(folder / "envoy.json"), *options], port, folder):
            yield


def _envoy_config(port: int, upstream: int) -> dict[str, object]:
    types = "type.googleapis.com/envoy.extensions.filters"

    def address(port: int) -> dict[str, object]:
        return {"socket_address": {"address": "127.0.0.1", "port_value": port}}

    manager = {
        "@type": f"{types}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "www",
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "api"}}],
                }
            ]
        },
        "http_filters": [
            {"name": "router", "typed_config": {"@type": f"{types}.http.router.v3.Router"}},
        ],
    }
    endpoint = {"endpoint": {"address": address(upstream)}}
    return {
        "static_resources": {
            "listeners": [
                {
                    "address": address(port),
                    "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
                }
            ],
            "clusters": [
                {
                    "name": "api",
                    "connect_timeout": "5s",
                    "load_assignment": {"cluster_name": "api", "endpoints": [{"lb_endpoints": [endpoint]}]},
                }
            ],
        }
    }


@contextmanager
def nginx_tls(folder: Path, port: int) -> Iterator[None]:
    """Mozilla's intermediate configuration, HSTS included."""
    with api(folder) as upstream:
        server = f"""server_tokens off; ssl_protocols TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers off;
        ssl_ecdh_curve X25519:prime256v1:secp384r1; ssl_session_tickets off;
        ssl_ciphers {":".join(MOZILLA_INTERMEDIATE)};
        server {{ listen 127.0.0.1:{port} ssl; http2 on; ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.key; add_header Strict-Transport-Security "max-age=63072000" always;
        location / {{ proxy_pass http://127.0.0.1:{upstream}; proxy_set_header Host $host; }} }}"""
        with nginx(folder, port, server, program("nginx")):
            yield


def caddy_tls(folder: Path, port: int, upstream: int) -> str:
    """Caddy's own choice of versions and suites."""
    site = f"\tbind 127.0.0.1\n\ttls {folder}/server.pem {folder}/server.key\n\treverse_proxy 127.0.0.1:{upstream}\n"
    return f"https://localhost:{port} {{\n{site}}}\n"


def caddy_api(folder: Path, port: int, upstream: int) -> str:
    return f"http://:{port} {{\n\tbind 127.0.0.1\n\treverse_proxy 127.0.0.1:{upstream}\n}}\n"


def caddy_site(folder: Path, port: int, upstream: int) -> str:
    return f"http://:{port} {{\n\tbind 127.0.0.1\n\troot * {_site(folder)}\n\tfile_server\n}}\n"
