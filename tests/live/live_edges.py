"""Real edges on loopback, each wide open and locked down, with TLS, a plain port and its own console.

Open, each is set up as carelessly as its product allows: what a product cannot do wrong is not asked of it.
"""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from live_servers import Signed, certificate, nginx, running, write_anchor, write_pem

from batten.model.record import record
from needs import program
from servers import free_port

HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Resource-Policy": "same-site",
    "Cache-Control": "no-store",
}
ITEM, AWAY, NOTHING = '{"id": 1}', '{"error": "away"}', '{"error": "not found"}'
OLD_SUITES = "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0"
SUITES = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305"


@record
class Place:
    """Where an edge is to be: its folder, a folder of files that it may read, its certificate, and its ports."""

    folder: Path
    files: Path
    cert: Path
    key: Path
    tls: int
    plain: int
    admin: int
    upstream: int
    away: int  # nobody listens there


class Edge(Protocol):
    def __call__(self, place: Place, locked: bool) -> AbstractContextManager[None]: ...


@contextmanager
def place(folder: Path, anchor: Signed) -> Iterator[Place]:
    own = Path(tempfile.mkdtemp(prefix="batten-edge-"))  # other users may read it, unlike a test's folder
    try:
        _written(own)
        own.chmod(0o755)
        write_anchor(folder, anchor)
        cert, key = write_pem(folder, certificate(anchor))
        (folder / "both.pem").write_text(cert.read_text() + key.read_text())
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))  # bound, and never listening
            ports = (free_port() for _ in range(4))
            yield Place(folder, own, cert, key, *ports, away=int(nobody.getsockname()[1]))
    finally:
        shutil.rmtree(own)


def _written(files: Path) -> None:
    """What is served: a folder with a file, an item of the API, and the words of errors."""
    for name, text in (("files/a.txt", "a"), ("v1/items/1", ITEM), ("404.json", NOTHING), ("503.json", AWAY)):
        (files / name).parent.mkdir(parents=True, exist_ok=True)
        (files / name).write_text(text)


@contextmanager
def upstream(at: Place) -> Iterator[None]:
    """What careless services have behind their edges: a server that tells its version and lists its folders."""
    (at.folder / "upstream").mkdir()
    command = [sys.executable, "-m", "http.server", str(at.upstream), "-b", "127.0.0.1", "-d", str(at.files)]
    with running(command, at.upstream, at.folder / "upstream"):
        yield


@contextmanager
def nginx_edge(at: Place, locked: bool) -> Iterator[None]:
    tls = f"listen 127.0.0.1:{at.tls} ssl; http2 on; ssl_certificate {at.cert}; ssl_certificate_key {at.key};"
    with nginx(
        at.folder, at.tls, _nginx_locked(at, tls) if locked else _nginx_open(at, tls), program("nginx")
    ):
        yield


def _nginx_open(at: Place, tls: str) -> str:
    return f"""server {{ {tls} listen 127.0.0.1:{at.plain};
        ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers {OLD_SUITES};
        location / {{ root {at.files}; autoindex on; }}
        location = /nginx_status {{ stub_status; }}
        location /v1/items/ {{ default_type application/json; return 200 '{ITEM}'; }}
        location = /v1/reports {{ proxy_pass http://127.0.0.1:{at.away}; }} }}"""


@contextmanager
def nginx_without_always(at: Place, locked: bool) -> Iterator[None]:
    """Its headers are sent with success only, which is what `add_header` does by itself."""
    tls = f"listen 127.0.0.1:{at.tls} ssl; http2 on; ssl_certificate {at.cert}; ssl_certificate_key {at.key};"
    with nginx(at.folder, at.tls, _nginx_locked(at, tls, always=""), program("nginx")):
        yield


def _nginx_locked(at: Place, tls: str, always: str = "always") -> str:
    headers = "\n".join(f'add_header {name} "{value}" {always};' for name, value in HEADERS.items())
    words = {404: NOTHING, 405: '{"error": "method"}', 400: '{"error": "bad"}', 502: AWAY}
    pages = "\n".join(f"error_page {s} @{s}; location @{s} {{ return {s} '{words[s]}'; }}" for s in words)
    return f"""
        server {{ listen 127.0.0.1:{at.plain}; server_tokens off; return 301 https://$host:{at.tls}$request_uri; }}
        server {{ {tls} server_tokens off; default_type application/json; charset utf-8;
        ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {SUITES}; {headers} {pages}
        location = /v1/items/1 {{ if ($request_method !~ ^(GET|HEAD)$) {{ return 405; }} return 200 '{ITEM}'; }}
        location = /v1/reports {{ if ($request_method !~ ^(GET|HEAD)$) {{ return 405; }}
            proxy_pass http://127.0.0.1:{at.away}; }}
        location / {{ return 404; }} }}"""


@contextmanager
def haproxy_edge(at: Place, locked: bool) -> Iterator[None]:
    config = at.folder / "haproxy.cfg"
    config.write_text(_haproxy_locked(at) if locked else _haproxy_open(at))
    with upstream(at), running([program("haproxy"), "-db", "-f", str(config)], at.tls, at.folder):
        yield


_HAPROXY = "defaults\n mode http\n timeout connect 2s\n timeout client 10s\n timeout server 10s\n"


def _haproxy_open(at: Place) -> str:
    return f"""{_HAPROXY}
frontend statistics
 bind 127.0.0.1:{at.admin}
 stats enable
 stats uri /
frontend edge
 bind 127.0.0.1:{at.tls} ssl crt {at.folder}/both.pem ssl-min-ver TLSv1.0 ciphers {OLD_SUITES}
 bind 127.0.0.1:{at.plain}
 stats enable
 stats uri /haproxy?stats
 http-request return status 200 content-type application/json string '{ITEM}' if {{ path_beg /v1/items/ }}
 use_backend away if {{ path /v1/reports }}
 default_backend files
backend files
 server one 127.0.0.1:{at.upstream}
backend away
 retries 0
 server two 127.0.0.1:{at.away}
"""


def _haproxy_locked(at: Place) -> str:
    headers = "\n".join(
        f' http-after-response set-header {name} "{value}"' for name, value in HEADERS.items()
    )
    pages = "".join(
        f' http-error status {s} content-type application/json string \'{{"error": "{s}"}}\'\n'
        for s in (400, 503)
    )
    answer = "content-type application/json string"
    return f"""{_HAPROXY}{pages}
frontend plain
 bind 127.0.0.1:{at.plain}
 http-request redirect scheme https code 301
frontend statistics
 bind 127.0.0.1:{at.admin}
 stats enable
 stats uri /
 stats auth operator:long-Enough-7
frontend edge
 bind 127.0.0.1:{at.tls} ssl crt {at.folder}/both.pem ssl-min-ver TLSv1.2 ciphers {SUITES}
{headers}
 http-request return status 404 {answer} '{NOTHING}' unless {{ path /v1/items/1 /v1/reports }}
 http-request return status 405 {answer} '{{"error": "method"}}' unless METH_GET
 http-request return status 200 {answer} '{ITEM}' if {{ path /v1/items/1 }}
 default_backend away
backend away
 retries 0
{headers}
 server two 127.0.0.1:{at.away}
"""


@contextmanager
def apache_edge(at: Place, locked: bool) -> Iterator[None]:
    config = at.folder / "apache.conf"
    modules = "mpm_event authz_core ssl headers dir autoindex mime proxy proxy_http alias rewrite status"
    where = Path("/usr/lib/apache2/modules")
    lines = [f"LoadModule {m}_module {where}/mod_{m}.so" for m in modules.split()]
    lines += [f"ServerRoot {at.folder}", f"PidFile {at.folder}/apache.pid", f"ErrorLog {at.folder}/error.log"]
    lines += [f"Mutex file:{at.folder}", "ServerName localhost", "User www-data", "Group www-data"]
    lines += [f"Listen 127.0.0.1:{at.tls}", f"Listen 127.0.0.1:{at.plain}", f"DocumentRoot {at.files}"]
    lines += ["TypesConfig /etc/mime.types", "SSLSessionCache none", "ProxyTimeout 2"]
    lines.append(_apache_locked(at) if locked else _apache_open(at))
    config.write_text("\n".join(lines))
    command = [program("apache2"), "-DFOREGROUND", "-f", str(config)]
    with running(command, at.tls, at.folder):
        yield


def _apache_tls(at: Place) -> str:
    return f"SSLEngine on\nSSLCertificateFile {at.cert}\nSSLCertificateKeyFile {at.key}"


def _apache_open(at: Place) -> str:
    return f"""
TraceEnable On
ServerTokens Full
ServerSignature On
ProxyPass /v1/reports http://127.0.0.1:{at.away}/
<Directory {at.files}>
 Options Indexes
 Require all granted
</Directory>
<Location /v1>
 ForceType application/json
</Location>
<Location /server-status>
 SetHandler server-status
</Location>
<VirtualHost 127.0.0.1:{at.tls}>
 {_apache_tls(at)}
 SSLProtocol all -SSLv3
 SSLCipherSuite {OLD_SUITES}
</VirtualHost>"""


def _apache_locked(at: Place) -> str:
    headers = "\n".join(f'Header always set {name} "{value}"' for name, value in HEADERS.items())
    return f"""
TraceEnable Off
ServerTokens Prod
ServerSignature Off
<Directory {at.files}>
 Options None
 AllowOverride None
 Require all granted
</Directory>
<VirtualHost 127.0.0.1:{at.plain}>
 Redirect permanent / https://localhost:{at.tls}/
</VirtualHost>
<VirtualHost 127.0.0.1:{at.tls}>
 {_apache_tls(at)}
 SSLProtocol -all +TLSv1.2 +TLSv1.3
 SSLCipherSuite {SUITES}
 {headers}
 ErrorDocument 404 /404.json
 ErrorDocument 405 /404.json
 ErrorDocument 403 /404.json
 ErrorDocument 400 /404.json
 ErrorDocument 503 /503.json
 ProxyPass /v1/reports http://127.0.0.1:{at.away}/
 <Location />
  ForceType application/json
  <LimitExcept GET>
   Require all denied
  </LimitExcept>
 </Location>
</VirtualHost>"""


@contextmanager
def caddy_edge(at: Place, locked: bool) -> Iterator[None]:
    config = at.folder / "Caddyfile"
    config.write_text(_caddy_locked(at) if locked else _caddy_open(at))
    own = {"XDG_DATA_HOME": str(at.folder), "XDG_CONFIG_HOME": str(at.folder)}
    command = [program("caddy"), "run", "--config", str(config), "--adapter", "caddyfile"]
    with running(command, at.tls, at.folder, environment=own):
        yield


def _caddy_open(at: Place) -> str:
    return f"""{{
 admin 127.0.0.1:{at.admin}
 auto_https off
 default_bind 127.0.0.1
}}
(shop) {{
 handle /v1/items/* {{
  header Content-Type application/json
  respond `{ITEM}`
 }}
 handle /v1/reports {{
  reverse_proxy 127.0.0.1:{at.away}
 }}
 handle {{
  root * {at.files}
  file_server browse
 }}
}}
http://localhost:{at.plain} {{
 import shop
}}
https://localhost:{at.tls} {{
 tls {at.cert} {at.key}
 import shop
}}
"""


def _caddy_locked(at: Place) -> str:
    headers = "\n".join(f'  {name} "{value}"' for name, value in HEADERS.items())
    return f"""{{
 admin 127.0.0.1:{at.admin} {{
  origins admin.internal
  enforce_origin
 }}
 auto_https off
 default_bind 127.0.0.1
}}
http://localhost:{at.plain} {{
 redir https://localhost:{at.tls}{{uri}} 301
}}
https://localhost:{at.tls} {{
 tls {at.cert} {at.key}
 header {{
{headers}
  Content-Type application/json
  -Server
  defer
 }}
 @other not method GET HEAD
 handle @other {{
  respond `{{"error": "method"}}` 405
 }}
 handle /v1/items/1 {{
  respond `{ITEM}`
 }}
 handle /v1/reports {{
  reverse_proxy 127.0.0.1:{at.away}
 }}
 handle {{
  respond `{NOTHING}` 404
 }}
 handle_errors {{
  header {{
{headers}
   Content-Type application/json
   -Server
  }}
  respond `{AWAY}` {{err.status_code}}
 }}
}}
"""
