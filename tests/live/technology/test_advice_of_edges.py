"""What batten tells to write into an edge is written there as it stands, and what it was told about is gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import live_edges as edges
import pytest
from advised import advice, findings
from live_servers import authority, nginx, running

from batten.model.record import record
from batten.policy import Environment
from needs import program

# Written each for itself; of all other directives there is one in a block.
_SEVERAL = (
    "add_header",
    "Header",
    "header",
    "http-after-response",
    "http-request",
    "setenv",
    "RewriteCond",
    "$",
)
HEADERS = {"nosniff-sent", "framing-denied", "csp-sent", "referrer-policy-sent"}


@record
class Case:
    """An edge with its configuration as text: `# here` is where directives of its site go, `# plain` those of its plain
    port, `# banner` those of the server. `wanted` are the controls whose advice is played."""

    title: str
    config: Callable[[edges.Place], str]
    serve: Callable[[edges.Place, str], AbstractContextManager[None]]
    wanted: frozenset[str]
    tls: bool = True


def written(config: str, told: dict[str, list[str]]) -> str:
    """The configuration with every directive that was told."""
    for control, directives in told.items():
        marker = {"tls-required": "# plain", "banner-hidden": "# banner"}.get(control, "# here")
        for directive in directives:
            word = directive.split()[0]
            line = re.compile(rf"^[ \t]*{re.escape(word)}\b(?!.*# kept).*$", re.MULTILINE)
            if not word.startswith(_SEVERAL) and line.search(config):
                config = line.sub(lambda _, text=directive: text, config, count=1)
            else:
                config = config.replace(marker, f"{directive}\n{marker}", 1)
    return config


def _nginx(at: edges.Place) -> str:
    return f"""# banner
    server {{
        listen 127.0.0.1:{at.tls} ssl;
        ssl_certificate {at.cert};
        ssl_certificate_key {at.key};
        ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
        ssl_ciphers {edges.OLD_SUITES};
        root {at.files};
        autoindex on;
        # here
    }}
    server {{
        listen 127.0.0.1:{at.plain};
        root {at.files};
        autoindex on;
        # plain
    }}"""


def _apache(at: edges.Place) -> str:
    modules = "mpm_event authz_core ssl headers dir autoindex mime alias rewrite"
    loaded = "\n".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so" for m in modules.split())
    return f"""{loaded}
ServerRoot {at.folder}
PidFile {at.folder}/apache.pid
ErrorLog {at.folder}/error.log
Mutex file:{at.folder}
ServerName localhost
User www-data
Group www-data
Listen 127.0.0.1:{at.tls}
Listen 127.0.0.1:{at.plain}
DocumentRoot {at.files}
TypesConfig /etc/mime.types
SSLSessionCache none
TraceEnable On
# banner
<Directory {at.files}>
 Options Indexes
 Require all granted
</Directory>
<VirtualHost 127.0.0.1:{at.tls}>
 SSLEngine on
 SSLCertificateFile {at.cert}
 SSLCertificateKeyFile {at.key}
 SSLProtocol all -SSLv3
 SSLCipherSuite {edges.OLD_SUITES}
 # here
</VirtualHost>
<VirtualHost 127.0.0.1:{at.plain}>
 # plain
</VirtualHost>
"""


def _caddy(at: edges.Place) -> str:
    return f"""{{
 admin off
 auto_https off
 default_bind 127.0.0.1
}}
https://localhost:{at.tls} {{
 tls {at.cert} {at.key}
 root * {at.files}
 file_server browse
 # here
}}
"""


def _haproxy(at: edges.Place) -> str:
    return f"""defaults
 mode http
 timeout connect 2s
 timeout client 10s
 timeout server 10s
frontend edge
 bind 127.0.0.1:{at.tls} ssl crt {at.folder}/both.pem
 bind 127.0.0.1:{at.plain}
 default_backend files
 # plain
 # here
backend files
 server one 127.0.0.1:{at.upstream}
"""


def _lighttpd(at: edges.Place) -> str:
    return f"""server.modules += ( "mod_setenv", "mod_access", "mod_dirlisting" )
server.port = {at.plain}
server.bind = "127.0.0.1"
server.document-root = "{at.files}"
# banner
dir-listing.activate = "enable"
# here
"""


def _serve_nginx(at: edges.Place, config: str) -> AbstractContextManager[None]:
    return nginx(at.folder, at.tls, config, program("nginx"))


def _file(at: edges.Place, config: str) -> str:
    path = at.folder / "edge.conf"
    path.write_text(config)
    return str(path)


def _serve_apache(at: edges.Place, config: str) -> AbstractContextManager[None]:
    return running([program("apache2"), "-DFOREGROUND", "-f", _file(at, config)], at.tls, at.folder)


def _serve_caddy(at: edges.Place, config: str) -> AbstractContextManager[None]:
    own = {"XDG_DATA_HOME": str(at.folder), "XDG_CONFIG_HOME": str(at.folder)}
    command = [program("caddy"), "run", "--config", _file(at, config), "--adapter", "caddyfile"]
    return running(command, at.tls, at.folder, environment=own)


def _serve_haproxy(at: edges.Place, config: str) -> AbstractContextManager[None]:
    return running([program("haproxy"), "-db", "-f", _file(at, config)], at.tls, at.folder)


def _serve_lighttpd(at: edges.Place, config: str) -> AbstractContextManager[None]:
    return running([program("lighttpd"), "-D", "-f", _file(at, config)], at.plain, at.folder)


_TLS = {"tls-version", "tls-ciphers", "tls-required", "hsts-sent"}
CASES = {
    "nginx": Case(
        "nginx", _nginx, _serve_nginx, frozenset({*HEADERS, *_TLS, "banner-hidden", "listing-off"})
    ),
    "apache": Case(
        "Apache",
        _apache,
        _serve_apache,
        frozenset({*HEADERS, *_TLS, "banner-hidden", "listing-off", "trace-disabled"}),
    ),
    "caddy": Case("Caddy", _caddy, _serve_caddy, frozenset({*HEADERS, "hsts-sent", "listing-off"})),
    "haproxy": Case("HAProxy", _haproxy, _serve_haproxy, frozenset({*HEADERS, "hsts-sent", "tls-required"})),
    "lighttpd": Case(
        "lighttpd",
        _lighttpd,
        _serve_lighttpd,
        frozenset({*HEADERS, "banner-hidden", "listing-off"}),
        tls=False,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_told_is_enough(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    with edges.place(tmp_path, authority()) as at, edges.upstream(at):
        config = case.config(at)
        with case.serve(at, config):
            before = findings(_environment(case, at))
        told = {c: d for c, d in advice(before, case.title).items() if c in case.wanted}
        assert set(told) == case.wanted, [(f.control, f.advice) for f in before]
        with case.serve(at, written(config, told)):
            after = findings(_environment(case, at))
    # What lighttpd cannot parse it refuses before any module adds a header.
    after = [f for f in after if not (name == "lighttpd" and "%c0%ae" in f.at.pointer)]
    assert {f.control for f in after} & case.wanted == set(), [(f.message, f.at.pointer) for f in after]


def _environment(case: Case, at: edges.Place) -> Environment:
    if not case.tls:
        return Environment("test", f"http://localhost:{at.plain}", rate=5000)
    plain = "" if "caddy" in case.title.lower() else f"http://localhost:{at.plain}"
    return Environment(
        "test", f"https://localhost:{at.tls}", plain=plain, ca=str(at.folder / "ca.pem"), rate=5000
    )
