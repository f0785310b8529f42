"""What batten tells to write into an edge is written there as it stands, and what it was told about is gone."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.request import urlopen

import live_edges as edges
import pytest
from advised import advice, findings
from live_servers import authority, nginx, running

from batten.model.record import record
from batten.policy import Environment
from batten.technologies.edges.envoy.validator import envoy
from needs import program, without
from waiting import until

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


def in_yaml(config: str, directive: str) -> str:
    """A key where it is, or at the marker: what is in braces is an item of its list."""
    key = directive.partition(":")[0]
    line = re.compile(rf"^( *){re.escape(key)}:.*$", re.MULTILINE)
    if not directive.startswith("{") and line.search(config):
        return line.sub(lambda found: f"{found[1]}{directive}", config, count=1)
    item = f"- {directive}" if directive.startswith("{") else directive
    return re.sub(
        r"^( *)# here", lambda found: f"{found[1]}{item}\n{found[0]}", config, count=1, flags=re.MULTILINE
    )


def written(config: str, told: dict[str, list[str]]) -> str:
    """The configuration with every directive that was told."""
    for control, directives in told.items():
        if config.lstrip().startswith(("static_resources:", "http:")):
            for directive in directives:
                config = in_yaml(config, directive)
            continue
        marker = {
            "tls-required": "# plain",
            "banner-hidden": "# banner",
            "content-type-declared": "# banner",
        }.get(control, "# here")
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


def _envoy(at: edges.Place) -> str:
    kinds = "type.googleapis.com/envoy.extensions"
    return f"""static_resources:
  listeners:
    - address: {{socket_address: {{address: 127.0.0.1, port_value: {at.tls}}}}}
      filter_chains:
        - transport_socket:
            name: envoy.transport_sockets.tls
            typed_config:
              "@type": {kinds}.transport_sockets.tls.v3.DownstreamTlsContext
              common_tls_context:
                tls_params:
                  tls_minimum_protocol_version: TLSv1_1
                  cipher_suites: [ECDHE-ECDSA-AES128-GCM-SHA256, ECDHE-ECDSA-AES128-SHA]
                tls_certificates:
                  - certificate_chain: {{filename: {at.cert}}}
                    private_key: {{filename: {at.key}}}
          filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": {kinds}.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: edge
                route_config:
                  virtual_hosts:
                    - {{name: all, domains: ["*"], routes: [{{match: {{prefix: /}}, route: {{cluster: files}}}}]}}
                http_filters:
                  # here
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": {kinds}.filters.http.router.v3.Router
  clusters:
    - name: files
      connect_timeout: 2s
      load_assignment:
        cluster_name: files
        endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {at.upstream}}}}}}}}}]}}]
"""


def _traefik(at: edges.Place) -> str:
    """Its own certificate shows it."""
    return f"""http:
  routers:
    all:
      rule: PathPrefix(`/`)
      entryPoints: [tls]
      service: files
      middlewares: [headers]
      tls: {{}}
  middlewares:
    headers:
      headers:
        frameDeny: true
        # here
  services:
    files:
      loadBalancer:
        servers:
          - url: http://127.0.0.1:{at.upstream}
tls:
  options:
    default:
      minVersion: VersionTLS11
"""


def _serve_envoy(at: edges.Place, config: str) -> AbstractContextManager[None]:
    (at.folder / "edge.yaml").write_text(config)
    command = [envoy() or without("envoy"), "-c", str(at.folder / "edge.yaml"), "--use-dynamic-base-id"]
    return running([*command, "--concurrency", "1", "-l", "warn"], at.tls, at.folder)


@contextmanager
def _serve_traefik(at: edges.Place, config: str) -> Iterator[None]:
    """It listens before it has read its routes."""
    (at.folder / "dynamic.yml").write_text(config)
    static = f"--entryPoints.tls.address=127.0.0.1:{at.tls}"
    provider = f"--providers.file.filename={at.folder}/dynamic.yml"
    with running([program("traefik"), static, provider], at.tls, at.folder):
        until(lambda: _answers(at.tls), "Traefik has its routes")
        yield


def _answers(port: int) -> bool:
    anyone = ssl.create_default_context()
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    try:
        with urlopen(f"https://localhost:{port}/", context=anyone) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


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
        "nginx",
        _nginx,
        _serve_nginx,
        frozenset({*HEADERS, *_TLS, "banner-hidden", "content-type-declared", "listing-off"}),
    ),
    "apache": Case(
        "Apache",
        _apache,
        _serve_apache,
        frozenset({*HEADERS, *_TLS, "banner-hidden", "listing-off", "trace-disabled"}),
    ),
    "caddy": Case("Caddy", _caddy, _serve_caddy, frozenset({*HEADERS, "hsts-sent", "listing-off"})),
    "haproxy": Case("HAProxy", _haproxy, _serve_haproxy, frozenset({*HEADERS, "hsts-sent", "tls-required"})),
    "envoy": Case("Envoy", _envoy, _serve_envoy, frozenset({*HEADERS, "hsts-sent", "tls-version"})),
    # Other headers go into one mapping, of which there is one in a file: the two that are not named in it are enough.
    "traefik": Case(
        "Traefik",
        _traefik,
        _serve_traefik,
        frozenset({"nosniff-sent", "csp-sent", "referrer-policy-sent", "hsts-sent", "tls-version"}),
    ),
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
    plain = "" if case.title in ("Caddy", "Envoy", "Traefik") else f"http://localhost:{at.plain}"
    return Environment(
        "test", f"https://localhost:{at.tls}", plain=plain, ca=str(at.folder / "ca.pem"), rate=5000
    )
