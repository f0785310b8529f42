"""What the controls say of Envoy, shown on a real one."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from batten.engine.review import review
from batten.formats import Workspace, apply
from batten.policy import Policy
from batten.technologies.edges.envoy.validator import envoy
from batten.technologies.shared.transport.x509 import self_signed
from needs import needs
from servers import free_port, listener
from waiting import BOUND

pytestmark = needs("envoy", envoy())
API = "type.googleapis.com/envoy.extensions.filters"
TEXT = f"""static_resources:
  listeners:
  - name: edge
    address: {{ socket_address: {{ address: HOST, port_value: PORT }} }}
    filter_chains:
    - filters:
      - name: manager
        typed_config:
          "@type": {API}.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: edge
          normalize_path: true
          route_config:
            response_headers_to_add:
            - header: {{ key: x-content-type-options, value: nosniff }}
            virtual_hosts:
            - name: all
              domains: ["*"]
              typed_per_filter_config:
                cors:
                  "@type": {API}.http.cors.v3.CorsPolicy
                  allow_origin_string_match: [{{ exact: "*" }}]
                  allow_credentials: true
              routes:
              - match: {{ prefix: /v1 }}
                route: {{ cluster: api, prefix_rewrite: /api/v1/ }}
              - match: {{ prefix: /staff }}
                route: {{ cluster: api }}
          http_filters:
          - name: cors
            typed_config: {{ "@type": {API}.http.cors.v3.Cors }}
          - name: rbac
            typed_config:
              "@type": {API}.http.rbac.v3.RBAC
              rules:
                action: DENY
                policies:
                  strangers:
                    permissions: [{{ url_path: {{ path: {{ prefix: /staff }} }} }}]
                    principals: [{{ not_id: {{ remote_ip: {{ address_prefix: 10.0.0.0, prefix_len: 8 }} }} }}]
          - name: router
            typed_config: {{ "@type": {API}.http.router.v3.Router }}
  clusters:
  - name: api
    load_assignment:
      cluster_name: api
      endpoints: [{{ lb_endpoints: [{{ endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: BACK }} }} }} }}] }}]
"""
PUBLIC = TEXT.replace("HOST", "0.0.0.0").replace("PORT", "8080").replace("BACK", "8000")


class Echo(BaseHTTPRequestHandler):
    """Answers with the path that arrived."""

    def do_GET(self) -> None:
        body = self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def running(text: str, folder: Path) -> Iterator[int]:
    """Envoy on loopback, with something behind it; its port."""
    port = free_port()
    behind = HTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    file = folder / "envoy.yaml"
    ports = {"address: 0.0.0.0, port_value: 8080": f"address: 127.0.0.1, port_value: {port}"}
    ports["port_value: 8000"] = f"port_value: {behind.server_port}"
    for old, new in ports.items():
        text = text.replace(old, new)
    file.write_text(text)
    command = [envoy(), "-c", str(file), "--concurrency", "1", "--use-dynamic-base-id", "-l", "critical"]
    try:
        with listener(command, port, folder / "server.log"):
            yield port
    finally:
        behind.shutdown()
        behind.server_close()


def test_no_certificate_is_asked_for_without_an_authority(tmp_path: Path) -> None:
    chain, key = self_signed()
    (tmp_path / "chain.pem").write_bytes(chain)
    (tmp_path / "key.pem").write_bytes(key)
    authority = f"\n            validation_context: {{ trusted_ca: {{ filename: {tmp_path}/chain.pem }} }}"
    assert secured("", tmp_path) == 200
    with pytest.raises(OSError):
        secured(authority, tmp_path)


def secured(validation: str, folder: Path) -> int:
    """The status for a client without a certificate, where one is required."""
    socket_ = f"""    - transport_socket:
        name: tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          require_client_certificate: true
          common_tls_context:{validation}
            tls_certificates:
            - certificate_chain: {{ filename: {folder}/chain.pem }}
              private_key: {{ filename: {folder}/key.pem }}
      filters:
"""
    text = PUBLIC.replace("    - filters:\n", socket_)
    context = ssl.create_default_context(cafile=str(folder / "chain.pem"))
    context.check_hostname = False
    with running(text, folder) as port:
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=BOUND)
        try:
            connection.request("GET", "/v1/a")
            return connection.getresponse().status
        finally:
            connection.close()


def ask(port: int, path: str, **headers: str) -> tuple[int, str, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
    connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    got = connection.getresponse()
    body = got.read().decode()
    connection.close()
    return got.status, body, got.headers


def fixed(slug: str) -> str:
    """The configuration with what batten does about one control."""
    found = review(
        Workspace("/nonexistent", {"envoy.yaml": PUBLIC}), Policy(origins=("https://a.example",))
    ).findings
    fixes = [f.fix for f in found if f.control == slug]
    assert fixes and all(fixes)
    return apply(PUBLIC, [e for f in fixes if f is not None for e in f.edits])


def test_before_and_after(tmp_path: Path) -> None:
    with running(PUBLIC, tmp_path) as port:
        status, body, headers = ask(port, "/v1../secret")
        assert (status, body) == (200, "/api/v1/../secret")
        assert headers["x-content-type-options"] == "nosniff"
        status, _, headers = ask(port, "/staff")
        assert (status, headers["x-content-type-options"]) == (403, "nosniff")
        assert ask(port, "/nowhere")[2]["x-content-type-options"] is None
        assert ask(port, "/staff", X_Forwarded_For="10.1.1.1")[0] == 200
        headers = ask(port, "/v1/a", Origin="https://stranger.invalid")[2]
        assert headers["access-control-allow-origin"] == "https://stranger.invalid"
        assert headers["access-control-allow-credentials"] == "true" and headers["vary"] is None


def test_headers_go_with_refusals_once_mended(tmp_path: Path) -> None:
    with running(fixed("nosniff-sent"), tmp_path) as port:
        answers = [ask(port, path) for path in ("/v1/a", "/staff", "/nowhere")]
    assert [s for s, _, _ in answers] == [200, 403, 404]
    assert [h["x-content-type-options"] for _, _, h in answers] == ["nosniff"] * 3


def test_prefixes_end_at_a_slash_once_mended(tmp_path: Path) -> None:
    with running(fixed("traversal-free"), tmp_path) as port:
        assert ask(port, "/v1../secret")[0] == 404
        assert ask(port, "/v1/orders")[:2] == (200, "/api/v1/orders")


def test_addresses_are_the_connections_once_mended(tmp_path: Path) -> None:
    with running(fixed("access-rule-effective"), tmp_path) as port:
        assert ask(port, "/staff", X_Forwarded_For="10.1.1.1")[0] == 403


def test_origins_are_the_listed_once_mended(tmp_path: Path) -> None:
    with running(fixed("cors-credentials-narrow"), tmp_path) as port:
        assert ask(port, "/v1/a", Origin="https://stranger.invalid")[2]["access-control-allow-origin"] is None
        assert (
            ask(port, "/v1/a", Origin="https://a.example")[2]["access-control-allow-origin"]
            == "https://a.example"
        )
