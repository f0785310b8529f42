"""What edges do and what is said of them: cases as data (`edges/<technology>.yaml`), each asked of one running server.

A group has what its cases are `about` (controls), and `cases`: what one `does` (its name), what is written (by keys that
the functions `_haproxy`, `_apache` … explain), `ask` (requests, of which one has to show it; "@" names another host) `with`
headers, what an answer `shows` or `lacks`, and what batten `says`: cases of these controls; nothing where it is right. `tls`
is the version that a client offers, "" is any.

Placeholders: FILES is a folder, with `secret` beside its folder `img`; UPSTREAM and OTHER answer with the head of the request
that they got; NAME is the case's own name and PORT its port, CERT a file with a certificate and its key, KEYS a JSON Web Key
Set.
"""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from batten.engine.review import review
from batten.formats import Workspace
from batten.policy import Policy
from batten.technologies.edges.apache.validator import httpd, modules
from batten.technologies.edges.caddy.validator import caddy
from batten.technologies.edges.envoy.validator import envoy
from batten.technologies.edges.haproxy.validator import haproxy
from batten.technologies.shared.transport.x509 import self_signed
from needs import needs, where
from servers import free_port, listener
from waiting import BOUND, until

FOLDER = Path(__file__).parent / "edges"
Case = dict[str, Any]
VERSIONS = {
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


@dataclass(frozen=True)
class Place:
    """Where a case is: on the real server, or as batten reads it."""

    name: str
    address: str
    port: int
    files: str
    upstream: str
    other: str
    certificate: str

    def filled(self, text: str) -> str:
        for word, value in {
            "FILES": self.files, "UPSTREAM": self.upstream, "OTHER": self.other, "CERT": self.certificate,
            "PORT": str(self.port), "NAME": self.name, "ADDRESS": self.address,
        }.items():  # fmt: skip
            text = text.replace(word, value)
        return text


Written = dict[str, str]  # files by name, the main one first


def _haproxy(cases: list[tuple[Case, Place]]) -> Written:
    """`conf` is in a frontend, `behind` in its backend, `beside` elsewhere; `bind` follows the address."""
    text = "global\n expose-experimental-directives\ndefaults plain\n mode http\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n timeout http-request 5s\n"
    for case, at in cases:
        backend = (
            ""
            if case.get("alone")
            else f" default_backend NAME-b\nbackend NAME-b from plain\n{case.get('behind', '')}\n server s UPSTREAM\n"
        )
        text += at.filled(
            f"{case.get('beside', '')}\nfrontend NAME from {case.get('from', 'plain')}\n bind ADDRESS:PORT {case.get('bind', '')}\n{case.get('conf', '')}\n{backend}"
        )
    return {"haproxy.cfg": text}


MODULES = (
    "mpm_event", "authz_core", "authz_host", "authn_core", "authn_file", "authz_user", "auth_basic", "access_compat",
    "alias", "rewrite", "headers", "setenvif", "env", "proxy", "proxy_http", "dir", "autoindex", "status", "info",
    "allowmethods", "reqtimeout", "ssl", "socache_shmcb", "expires", "remoteip", "cgi", "vhost_alias",
)  # fmt: skip


def _apache(cases: list[tuple[Case, Place]]) -> Written:
    """`conf` is in a virtual host, which serves FILES."""
    real = cases[0][1].address != "*"
    loads = (
        "".join(f"LoadModule {n}_module {modules()[n]}\n" for n in MODULES if n in modules()) if real else ""
    )
    first = cases[0][1]
    text = first.filled(
        f'ServerName localhost\nServerRoot FILES\n{loads}ErrorLog FILES/error.log\nPidFile FILES/pid\n<Directory "/">\nRequire all denied\n</Directory>\n'
    )
    for case, at in cases:
        text += at.filled(
            f"Listen ADDRESS:PORT\n<VirtualHost ADDRESS:PORT>\nServerName NAME.test\nDocumentRoot FILES/img\n"
            f"<Directory FILES>\n{case.get('root', 'Require all granted')}\n</Directory>\n{case['conf']}\n</VirtualHost>\n"
        ).replace("Listen *:", "Listen ")
    return {"httpd.conf": text}


def _caddy(cases: list[tuple[Case, Place]]) -> Written:
    """`conf` is a site's; `scheme` is http unless it is written."""
    real = cases[0][1].address != "0.0.0.0"
    text = "{\n admin off\n auto_https off\n grace_period 1s\n}\n" if real else ""
    for case, at in cases:
        bind = "bind ADDRESS\n" if real else ""
        text += at.filled(
            f"{case.get('beside', '')}\n{case.get('scheme', 'http')}://{case.get('host', 'NAME.test')}:PORT {{\n{bind}{case['conf']}\n}}\n"
        )
    return {"Caddyfile": text}


API = "type.googleapis.com/envoy.extensions"
# Of RFC 7517, appendix A.1.
KEYS = {
    "kty": "EC", "crv": "P-256", "alg": "ES256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}  # fmt: skip
ROUTER = {
    "name": "envoy.filters.http.router",
    "typed_config": {"@type": f"{API}.filters.http.router.v3.Router"},
}


def _filled(value: Any, at: Place) -> Any:
    if isinstance(value, dict):
        return {at.filled(key): _filled(inner, at) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, at) for inner in value]
    if value == "KEYS":
        return json.dumps({"keys": [KEYS]})
    return at.filled(value) if isinstance(value, str) else value


def _envoy(cases: list[tuple[Case, Place]]) -> Written:
    """`manager` is laid over a connection manager, `host` over its virtual host; `filters` come before the router."""
    listeners, clusters = [], []
    for case, at in cases:
        host = {
            "name": "NAME",
            "domains": ["*"],
            "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "NAME"}}],
        }
        manager = {
            "@type": f"{API}.filters.network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": "NAME",
            "normalize_path": True, "merge_slashes": True,
            "route_config": {**case.get("routes", {}), "virtual_hosts": [{**host, **case.get("host", {})}]},
            "http_filters": [*({"name": name, "typed_config": {"@type": f"{API}.filters.http.{name}.v3.{kind}", **held}}
                               for name, kind, held in case.get("filters", ())), ROUTER],
            **case.get("manager", {}),
        }  # fmt: skip
        chain = {"filters": [{"name": "manager", "typed_config": manager}], **case.get("chain", {})}
        where_ = {"socket_address": {"address": "ADDRESS", "port_value": at.port}}
        made = {"name": "NAME", "address": where_, "filter_chains": [chain]}
        host_name, _, port = at.upstream.rpartition(":")
        end = {"endpoint": {"address": {"socket_address": {"address": host_name, "port_value": int(port)}}}}
        cluster = {
            "name": "NAME",
            "load_assignment": {"cluster_name": "NAME", "endpoints": [{"lb_endpoints": [end]}]},
        }
        listeners.append(_filled(made, at))
        clusters.append(_filled({**cluster, **case.get("cluster", {})}, at))
    return {
        "envoy.yaml": yaml.safe_dump(
            {"static_resources": {"listeners": listeners, "clusters": clusters}}, sort_keys=False
        )
    }


def _traefik(cases: list[tuple[Case, Place]]) -> Written:
    """`router` and `middlewares` are dynamic, `point` the entry point; `rule` is any path."""
    points, routers, middlewares, services, options = {}, {}, {}, {}, {}
    for case, at in cases:
        here = _filled(case, at)
        points[at.name] = {"address": f"{at.address}:{at.port}", **here.get("point", {})}
        routers[at.name] = {
            "rule": "PathPrefix(`/`)",
            "entryPoints": [at.name],
            "service": at.name,
            **here.get("router", {}),
        }
        for name, more in here.get("routers", {}).items():
            routers[name] = {"entryPoints": [at.name], "service": at.name, **more}
        middlewares |= here.get("middlewares", {})
        options |= here.get("options", {})
        services[at.name] = {
            "loadBalancer": {"servers": [{"url": f"http://{at.upstream}"}], **here.get("balancer", {})}
        }
    http = {"routers": routers, "services": services, **({"middlewares": middlewares} if middlewares else {})}
    first = cases[0][1]
    tls = {
        "tls": {
            **({"options": options} if options else {}),
            "certificates": [{"certFile": first.certificate, "keyFile": first.certificate}],
        }
    }
    static = {
        "entryPoints": points, "accessLog": {}, "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "providers": {"file": {"filename": f"{first.files}/dynamic.yml" if first.address != "" else "dynamic.yml"}},
    }  # fmt: skip
    return {
        "traefik.yml": yaml.safe_dump(static, sort_keys=False),
        "dynamic.yml": yaml.safe_dump({"http": http, **tls}, sort_keys=False),
    }


@dataclass(frozen=True)
class Edge:
    write: Callable[[list[tuple[Case, Place]]], Written]
    there: Callable[[], object]
    command: Callable[[str], list[str]]
    public: str = "0.0.0.0"


EDGES = {
    "haproxy": Edge(_haproxy, haproxy, lambda file: [haproxy(), "-db", "-f", file], ""),
    "apache": Edge(_apache, lambda: httpd() and modules(), lambda file: [httpd(), "-DFOREGROUND", "-f", file], "*"),
    "caddy": Edge(_caddy, caddy, lambda file: [caddy(), "run", "--adapter", "caddyfile", "--config", file]),
    "envoy": Edge(_envoy, envoy, lambda file: [envoy(), "--concurrency", "1", "--base-id", str(free_port()), "-l", "error", "-c", file]),
    "traefik": Edge(_traefik, lambda: where("traefik"), lambda file: [where("traefik"), f"--configFile={file}"], ""),
}  # fmt: skip


def _read(technology: str) -> Iterator[Case]:
    file = FOLDER / f"{technology}.yaml"
    groups = yaml.safe_load(file.read_text())["groups"] if file.exists() else []
    for group in groups:
        for case in group["cases"]:
            yield {**case, "about": group["about"]}


CASES = {technology: list(_read(technology)) for technology in EDGES}


def _parameters() -> Iterator[Any]:
    for technology, cases in CASES.items():
        mark = needs(technology, EDGES[technology].there())
        for number, case in enumerate(cases):
            yield pytest.param(technology, number, id=f"{technology}: {case['does']}", marks=mark)


class Echo(socketserver.StreamRequestHandler):
    """Answers with the head of the request."""

    name = "upstream"

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n") and (line := self.rfile.readline()):
            head += line
        body = f"{self.name} got ".encode() + head
        self.wfile.write(
            b"HTTP/1.1 200 OK\r\nServer: echo/1.0\r\nX-Powered-By: echo/2.0\r\nX-Own: echo\r\nConnection: close\r\n"
            b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )


class Other(Echo):
    name = "other"


@pytest.fixture(scope="module")
def upstreams() -> Iterator[tuple[str, str]]:
    with ExitStack() as opened:
        found = []
        for kind in (Echo, Other):
            server = opened.enter_context(socketserver.ThreadingTCPServer(("127.0.0.1", 0), kind))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            opened.callback(server.shutdown)
            found.append(f"127.0.0.1:{server.server_address[1]}")
        yield found[0], found[1]


@pytest.fixture(scope="module")
def started(
    upstreams: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], list[Place]]]:
    """Starts the server of a technology once, and says the place of each of its cases."""
    running: dict[str, list[Place]] = {}
    with ExitStack() as opened:

        def start(technology: str) -> list[Place]:
            if technology not in running:
                folder = tmp_path_factory.mktemp(technology)
                running[technology] = _start(technology, folder, upstreams, opened)
            return running[technology]

        yield start


def _start(technology: str, folder: Path, upstreams: tuple[str, str], opened: ExitStack) -> list[Place]:
    files = folder / "files"
    (files / "img" / ".git").mkdir(parents=True)
    for name, text in {
        "secret": "root:x", "img/logo.txt": "logo", "img/.git/config": "remote", "users": "", "img/admin": "admin page",
    }.items():  # fmt: skip
        (files / name).write_text(text)
    (files / "img" / "sub").mkdir()
    (files / "img" / "sub" / "a.txt").write_text("listed")
    certificate = folder / "cert.pem"
    certificate.write_bytes(b"".join(self_signed()))
    ports = [free_port() for _ in CASES[technology]]
    cases = [
        (case, Place(f"c{number}", "127.0.0.1", port, str(files), *upstreams, str(certificate)))
        for number, (case, port) in enumerate(zip(CASES[technology], ports, strict=True))
    ]
    edge = EDGES[technology]
    for name, text in edge.write(cases).items():
        (files / name if name == "dynamic.yml" else folder / name).write_text(text)
        if name != "dynamic.yml":
            main = folder / name
    opened.enter_context(listener(edge.command(str(main)), ports[-1], folder / "server.log", cwd=folder))
    if technology == "traefik":
        _routed(cases)
    return [at for _, at in cases]


def _routed(cases: list[tuple[Case, Place]]) -> None:
    """Returns when every entry point has its routes: Traefik listens before it has read them, and gives them to one
    entry point after another."""
    for case, at in cases:
        until(partial(_serves, at, case), f"{case['does']}: served")


def _serves(at: Place, case: Case) -> bool:
    answer = _answered(at, "/", case)
    return "404 page not found" not in answer and "refused" not in answer


def _answered(at: Place, request: str, case: Case) -> str:
    request, _, other = at.filled(request).partition(" @")
    method, _, path = request.rpartition(" ")
    given = [at.filled(header) for header in case.get("with", [])]
    named = {header.lower().partition(":")[0] for header in given}
    usual = {"host": f"Host: {other or at.name + '.test'}", "connection": "Connection: close"}
    lines = [line for header, line in usual.items() if header not in named]
    head = "\r\n".join([f"{method or 'GET'} {path} HTTP/1.1", *lines, *given])
    try:
        with (
            socket.create_connection((at.address, at.port), timeout=BOUND) as plain,
            _wrapped(plain, case) as there,
        ):
            there.sendall(f"{head}\r\n\r\n".encode("latin-1"))
            answer = b""
            while part := there.recv(65536):
                answer += part
    except OSError as error:
        return f"no answer: {error}"
    return answer.decode("latin-1")


def _wrapped(plain: socket.socket, case: Case) -> socket.socket:
    if "tls" not in case:
        return plain
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(case.get("offers", "ALL:@SECLEVEL=0"))
    if case["tls"]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = VERSIONS[case["tls"]]
    return context.wrap_socket(plain, server_hostname="localhost")


def _said(technology: str, case: Case) -> list[str]:
    """A port of all addresses: what only loopback reaches is no hole."""
    edge = EDGES[technology]
    at = Place("c0", edge.public, 8080, "/srv/files", "127.0.0.1:8000", "127.0.0.1:8001", "/srv/cert.pem")
    result = review(Workspace("/nonexistent", edge.write([(case, at)])), Policy())
    assert not [p for p in result.problems if p.stage != "discover"], result.problems
    return sorted({f.case for f in result.findings if f.control in case["about"]})


@pytest.mark.parametrize(("technology", "number"), list(_parameters()))
def test_an_edge_does_what_is_said_of_it(
    technology: str, number: int, started: Callable[[str], list[Place]]
) -> None:
    case = CASES[technology][number]
    at, asked = started(technology)[number], case.get("ask", [])
    answers = [_answered(at, request, case) for request in ([asked] if isinstance(asked, str) else asked)]
    if "shows" in case:
        assert any(at.filled(case["shows"]) in answer for answer in answers), answers
    if "lacks" in case:
        assert answers and not any(case["lacks"] in answer for answer in answers), answers
    assert _said(technology, case) == sorted((case.get("says") or "").split())


def test_there_are_many() -> None:
    assert all(len(cases) >= 40 for cases in CASES.values()), {t: len(c) for t, c in CASES.items()}
