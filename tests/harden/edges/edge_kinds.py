"""An API that answers with data, pages and files, edges in front of it, and what each kind must be sent with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from edge_servers import Answer, exchange

from batten.contract import Contract, load
from batten.formats import Workspace
from batten.harden import Options
from batten.harden.edge import Edge
from batten.harden.intent import Intent
from batten.harden.targets import launch_of, render
from batten.harden.trial import trial
from batten.policy import Policy
from batten.policy.load import parse_policy
from listening import listening

HOST, SHOP = "localhost", "https://shop.example.com"
POLICY = f"""hosts: {HOST}
origins: {SHOP}
content:
  /shop: {{serves: pages, csp: "default-src 'self'; img-src 'self' https://images.example.com"}}
  /reports/{{day}}.json: assets
  /plain: api
"""
CONTRACT = """openapi: 3.1.0
info: {title: Kinds, version: '1'}
paths:
  /things:
    get: {responses: {'200': {description: o, content: {application/json: {}}}}}
    delete: {responses: {'204': {description: o}}}
  /docs/{page}:
    parameters: [{name: page, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': {description: o, content: {text/html: {}}}, '404': {description: n, content: {text/html: {}}}}}
    put:
      requestBody: {content: {text/plain: {schema: {type: string, maxLength: 10}}}}
      responses: {'200': {description: o, content: {application/json: {}}}}
  /app.js: {get: {responses: {'200': {description: o, content: {text/javascript: {}}}}}}
  /shop/{item}: {get: {responses: {'200': {description: o, content: {text/html: {}}}}}}
  /plain: {get: {responses: {'200': {description: o, content: {text/html: {}}}}}}
  /logo.svg: {get: {responses: {'200': {description: o, content: {image/svg+xml: {}}}}}}
  /bill: {get: {responses: {'200': {description: o, headers: {Content-Disposition: {schema: {type: string}}}, content: {application/json: {}}}}}}
  /reports/{day}.json: {get: {responses: {'200': {description: o, content: {application/json: {}}}}}}
  /anything: {get: {responses: {'200': {description: o, content: {'*/*': {}}}}}}
"""


def contract_of(text: str = CONTRACT) -> Contract:
    return load(Workspace(Path("/nowhere"), {"openapi.yaml": text}), "openapi.yaml")[0]


def policy_of(text: str = POLICY) -> Policy:
    return parse_policy("batten.yaml", text)


class Api(BaseHTTPRequestHandler):
    """It answers with the status, and sends the policies, that the query names; and headers that every edge has its own of."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        asked = parse_qs(url.query)
        status = int(asked.get("status", ["200"])[0])
        body = b"" if status == 204 else self.text(url.path)
        self.send_response(status)
        for policy in asked.get("csp", ()):
            self.send_header("Content-Security-Policy", policy)
        self.send_header("Referrer-Policy", "unsafe-url")
        self.send_header("Cross-Origin-Opener-Policy", "unsafe-none")
        self.send_header("X-Frame-Options", "ALLOWALL")
        self.send_header("Content-Type", self.media(url.path))
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def text(self, path: str) -> bytes:
        return b"<h1>Hello</h1>"

    def media(self, path: str) -> str:
        return "text/html"

    do_PUT = do_DELETE = do_OPTIONS = do_GET


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Edges end connections that they need no more."""


@contextmanager
def api(answering: type[Api] = Api) -> Iterator[int]:
    with listening(Server(("127.0.0.1", 0), answering)) as port:
        yield port


@dataclass(frozen=True, kw_only=True)
class Serving:
    """An edge that runs in front of that API."""

    engine: str
    edge: Edge
    port: int
    ca: Path

    def ask(self, method: str, target: str, more: str = "") -> Answer:
        head = f"{method} {target} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n{more}\r\n"
        return exchange(self.port, self.ca, head.encode(), HOST)


@contextmanager
def serving(
    engine: str, program: Path, answering: type[Api] = Api, contract: str = CONTRACT, policy: str = POLICY
) -> Iterator[Serving]:
    with api(answering) as port:
        options = Options(upstream=f"http://127.0.0.1:{port}", body="64k", rate=10_000, connections=1_000)
        intent = Intent(contract_of(contract), policy_of(policy), options)
        with trial(launch_of(engine), program, intent, lambda placed: render(engine, placed)) as started:
            found = urlsplit(started.url).port or 0
            yield Serving(engine=engine, edge=intent.edge, port=found, ca=started.ca)
