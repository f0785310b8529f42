"""What the controls say of nginx, shown on a real one: each hole is open in the file that is found fault with, and
closed in the one next to it."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from batten.engine.review import review
from batten.formats import Workspace
from batten.policy import Policy
from batten.technologies.edges.nginx.validator import nginx
from needs import needs
from servers import free_port, listener
from waiting import BOUND

pytestmark = needs("nginx", nginx())
FORGED = "Evil: 1"

# (path asked for, what shows that the hole is open, the control, the bad location, the good one)
HOLES = [
    ("/img../secret", "root:x", "traversal-free", "location /img { alias FILES/img/; }", "location /img/ { alias FILES/img/; }"),
    (
        "/img../secret",
        "root:x",
        "traversal-free",
        "location ~ ^/img(.*)$ { alias FILES/img/$1; }",
        "location ~ ^/img(/.*)$ { alias FILES/img$1; }",
    ),
    (
        "/a/x%0d%0aEvil:%201",
        FORGED,
        "upstream-fixed",
        "location ~ ^/a/([^/]*)$ { return 302 https://docs.example.com/$1; }",
        "location ~ ^/a/([^/\\s]*)$ { return 302 https://docs.example.com/$1; }",
    ),
    (
        "/a/x%0d%0aEvil:%201",
        FORGED,
        "upstream-fixed",
        "location /a/ { return 302 https://docs.example.com$uri; }",
        "location /a/ { return 302 https://docs.example.com$request_uri; }",
    ),
    (
        "/a/x%20HTTP/1.0%0d%0aEvil:%201%0d%0aX:",
        FORGED,
        "upstream-fixed",
        "location /a/ { proxy_pass http://UPSTREAM$uri; }",
        "location /a/ { proxy_pass http://UPSTREAM$request_uri; }",
    ),
    (
        "/admin/",
        "upstream",
        "access-rule-effective",
        "location /admin/ { deny all; error_page 403 = @app; } location @app { proxy_pass http://UPSTREAM; }"
        " location / { proxy_pass http://UPSTREAM; }",
        "location /admin/ { deny all; } location / { proxy_pass http://UPSTREAM; }",
    ),
    (
        "/ops/x",
        "upstream",
        "access-rule-effective",
        "location /ops/ { deny all; rewrite ^/ops/(.*)$ /app/$1 last; } location /app/ { proxy_pass http://UPSTREAM; }",
        "location /ops/ { deny all; rewrite ^/ops/(.*)$ /app/$1 break; } location /app/ { proxy_pass http://UPSTREAM; }",
    ),
    (
        "/ops/x",
        "upstream",
        "access-rule-effective",
        "location ~ ^/ops/ { deny all; rewrite ^/ops/(.*)$ /app/$1 last; } location /app/ { proxy_pass http://UPSTREAM; }",
        "location ~ ^/ops/ { deny all; rewrite ^/ops/(.*)$ /app/$1 last; } location /app/ { internal; proxy_pass http://UPSTREAM; }"
        " location ~ ^/app/ { deny all; }",
    ),
    (
        "/admin/x.json",
        "upstream",
        "access-rule-effective",
        "location /admin/ { deny all; proxy_pass http://UPSTREAM; } location ~ \\.json$ { proxy_pass http://UPSTREAM; }",
        "location ^~ /admin/ { deny all; proxy_pass http://UPSTREAM; } location ~ \\.json$ { proxy_pass http://UPSTREAM; }",
    ),
    (
        "/admin/x.json",
        "upstream",
        "access-rule-effective",
        "location /admin/ { deny all; proxy_pass http://UPSTREAM; location ~ \\.css$ { proxy_pass http://UPSTREAM; } }"
        " location ~ \\.json$ { proxy_pass http://UPSTREAM; }",
        "location /admin/ { deny all; proxy_pass http://UPSTREAM; location ~ \\.json$ { proxy_pass http://UPSTREAM; } }"
        " location ~ \\.json$ { proxy_pass http://UPSTREAM; }",
    ),
    *(
        (
            "/login/",
            "upstream",
            "access-rule-effective",
            f"location /login/ {{ {rules} deny all; {login} proxy_pass http://UPSTREAM; }}",
            f"location /login/ {{ allow 10.0.0.0/8; deny all; {login if 'basic' in login else ''}"
            " proxy_pass http://UPSTREAM; }",
        )
        for rules, login in (
            ("allow 127.0.0.1/0;", "satisfy any; auth_basic x; auth_basic_user_file FILES/secret;"),
            ("allow 0.0.0.0/1; allow 128.0.0.0/1;", ""),
        )
    ),
    (
        "/who",
        "upstream",
        "access-rule-effective",
        "location /who { auth_basic x; proxy_pass http://UPSTREAM; }",
        "location /who { auth_basic x; auth_basic_user_file FILES/secret; proxy_pass http://UPSTREAM; }",
    ),
    (
        "/live/",
        "user=root",
        "headers-inherited",
        "proxy_set_header X-User ''; location /live/ { proxy_set_header Upgrade $http_upgrade; proxy_pass http://UPSTREAM; }",
        "proxy_set_header X-User ''; location /live/ { proxy_pass http://UPSTREAM; }",
    ),
    (
        "/v1/",
        "user=root",
        "access-rule-effective",
        "location /admin/ { auth_basic x; auth_basic_user_file FILES/secret; proxy_set_header X-User $remote_user;"
        " proxy_pass http://UPSTREAM; } location /v1/ { proxy_pass http://UPSTREAM; }",
        "location /admin/ { auth_basic x; auth_basic_user_file FILES/secret; proxy_set_header X-User $remote_user;"
        " proxy_pass http://UPSTREAM; } location /v1/ { proxy_pass http://UPSTREAM; proxy_set_header X-User ''; }",
    ),
    (
        "http://api.example.com/host",
        "host=evil.example.org",
        "host-header-checked",
        "location /host { proxy_set_header Host $http_host; proxy_pass http://UPSTREAM; }",
        "location /host { proxy_set_header Host $host; proxy_pass http://UPSTREAM; }",
    ),
]  # fmt: skip


class Upstream(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"upstream {self.path} host={self.headers['Host']} user={self.headers['X-User']} {FORGED if self.headers['Evil'] else ''}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def configuration(location: str, port: int, folder: Path, upstream: str) -> str:
    filled = location.replace("FILES", str(folder / "files")).replace("UPSTREAM", upstream)
    temp = "".join(
        f"{n}_temp_path {folder}/{n}; " for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {temp}\n"
        f"server {{ listen 127.0.0.1:{port} default_server; return 444; }}\n"
        f"server {{ listen 127.0.0.1:{port}; server_name api.example.com;\n"
        f"{filled}\n}} }}\n"
    )


def asked(location: str, path: str, folder: Path, upstream: str) -> str:
    """What nginx answers, head and body."""
    port = free_port()
    (folder / "files" / "img").mkdir(parents=True, exist_ok=True)
    (folder / "files" / "secret").write_text("root:x\n")
    file = folder / "nginx.conf"
    file.write_text(configuration(location, port, folder, upstream))
    with listener([*nginx(), "-p", str(folder), "-c", str(file)], port, folder / "server.log"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
        connection.putrequest("GET", path, skip_host=True)
        connection.putheader("Host", "evil.example.org" if "://" in path else "api.example.com")
        connection.putheader("X-User", "root")
        connection.endheaders()
        answer = connection.getresponse()
        text = f"{answer.headers}{answer.read().decode()}"
        connection.close()
        return text


def found(location: str, slug: str, folder: Path, upstream: str) -> bool:
    # A port of all addresses: what only loopback reaches is no bypass.
    text = configuration(location, 8080, folder, upstream).replace("listen 127.0.0.1:", "listen ")
    result = review(Workspace("/nonexistent", {"nginx.conf": text}), Policy())
    return any(f.control == slug for f in result.findings)


@pytest.mark.parametrize(("path", "shown", "slug", "bad", "good"), HOLES, ids=lambda v: str(v)[:40])
def test_a_hole_is_open_where_it_is_found(
    path: str, shown: str, slug: str, bad: str, good: str, tmp_path: Path, upstream: str
) -> None:
    assert found(bad, slug, tmp_path, upstream) and shown in asked(bad, path, tmp_path, upstream)
    assert not found(good, slug, tmp_path, upstream)
    assert shown not in asked(good, path, tmp_path, upstream)
