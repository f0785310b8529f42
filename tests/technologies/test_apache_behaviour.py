"""What the controls say of Apache httpd, shown on a real one: each hole is open in the configuration that is found
fault with, and closed in the one next to it."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from batten.engine.review import review
from batten.formats import Workspace
from batten.policy import Policy
from batten.technologies.edges.apache.validator import httpd, modules
from needs import needs
from servers import free_port, listener
from waiting import BOUND

pytestmark = needs("httpd", (httpd() and modules()))
NEEDED = (
    "mpm_event", "authz_core", "authz_host", "authn_core", "authn_file", "authz_user", "auth_basic", "access_compat",
    "alias", "rewrite", "headers", "setenvif", "env", "proxy", "proxy_http", "dir", "autoindex", "remoteip", "status",
    "allowmethods", "reqtimeout",
)  # fmt: skip
SERVED = (
    'DocumentRoot "FILES"\n<Directory "/">\nRequire all denied\n</Directory>\n'
    '<Directory "FILES">\nRequire all granted\n</Directory>\n'
)
CORS = (
    'SetEnvIf Origin "{}" O=$0\nHeader always set Access-Control-Allow-Origin "%{{O}}e" env=O\n'
    "Header always merge Vary Origin\n"
)
FOREIGN = "https://wwwxexample.com"

# (request line and headers, what shows that the hole is open, the control, the bad lines, the good ones)
HOLES: list[tuple[str, dict[str, str], str, str, str, str]] = [
    ("TRACE /", {"X-Token": "t0ken"}, "t0ken", "trace-disabled",
     '<Location "/">\nAllowMethods GET\n<LimitExcept GET>\nRequire all denied\n</LimitExcept>\n</Location>', "TraceEnable Off"),
    ("GET /img../secret", {}, "root:x", "traversal-free",
     'AliasMatch "^/img(.*)$" "FILES/img/$1"', 'AliasMatch "^/img/(.*)$" "FILES/img/$1"'),
    ("GET /app/@OTHER/x", {}, "upstream two", "upstream-fixed",
     'ProxyPass "/app/" "http://UPSTREAM"', 'ProxyPass "/app/" "http://UPSTREAM/"'),
    ("GET /app@OTHER/x", {}, "upstream two", "upstream-fixed",
     'ProxyPassMatch "^/app(.*)$" "http://UPSTREAM$1"', 'ProxyPassMatch "^/app(/.*)$" "http://UPSTREAM$1"'),
    ("GET /app@OTHER/x", {}, "upstream two", "upstream-fixed",
     'RewriteEngine On\nRewriteRule "^/app(.*)$" "http://UPSTREAM$1" [P]',
     'RewriteEngine On\nRewriteRule "^/app(/.*)$" "http://UPSTREAM$1" [P]'),
    ("GET /.evil.example", {}, "shop.example.com.evil.example", "upstream-fixed",
     'Redirect permanent "/" "https://shop.example.com"', 'Redirect permanent "/" "https://shop.example.com/"'),
    ("GET /.git/config", {}, "[core]", "file-not-served",
     '<FilesMatch "^\\.">\nRequire all denied\n</FilesMatch>', 'RedirectMatch 404 "/\\.(?!well-known/)"'),
    ("GET /secret", {}, "root:x", "access-rule-effective",
     '<Location "/secret">\nRequire all granted\nRequire ip 192.0.2.1\n</Location>',
     '<Location "/secret">\nRequire ip 192.0.2.1\n</Location>'),
    ("GET /secret", {}, "root:x", "access-rule-effective",
     '<Location "/secret">\nOrder deny,allow\nAllow from 192.0.2.1\n</Location>',
     '<Location "/secret">\nOrder deny,allow\nDeny from all\nAllow from 192.0.2.1\n</Location>'),
    ("OPTIONS /secret", {}, "200", "access-rule-effective",
     '<Location "/secret">\n<Limit GET POST>\nRequire ip 192.0.2.1\n</Limit>\n</Location>',
     '<Location "/secret">\nRequire ip 192.0.2.1\n</Location>'),
    ("GET /secret", {}, "root:x", "access-rule-effective",
     '<Location "/secret">\nAuthType Basic\nAuthName x\nAuthUserFile FILES/users\n</Location>',
     '<Location "/secret">\nAuthType Basic\nAuthName x\nAuthUserFile FILES/users\nRequire valid-user\n</Location>'),
    ("GET /secret", {}, "root:x", "access-rule-effective",
     '<Files "secret">\nRequire all denied\n</Files>\n<Location "/">\nRequire all granted\n</Location>',
     '<Files "secret">\nRequire all denied\n</Files>'),
    ("GET /secret", {"X-Forwarded-For": "203.0.113.5"}, "root:x", "access-rule-effective",
     'RemoteIPHeader X-Forwarded-For\n<Location "/secret">\nRequire ip 203.0.113.5\n</Location>',
     'RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 192.0.2.1\n'
     '<Location "/secret">\nRequire ip 203.0.113.5\n</Location>'),
    ("GET /x", {}, "upstream one", "access-rule-effective",
     'Redirect permanent "/" "https://api.example.com/"\nProxyPass "/" "http://UPSTREAM/"',
     'RewriteEngine On\nRewriteRule ^/(.*)$ https://api.example.com/$1 [R=301,L]\nProxyPass "/" "http://UPSTREAM/"'),
    ("GET /x", {"Host": "evil.example"}, "host=evil.example", "host-header-checked",
     'ProxyPreserveHost On\nProxyPass "/" "http://UPSTREAM/"',
     'ProxyPreserveHost On\nRewriteEngine On\nRewriteCond %{HTTP_HOST} !^api\\.example\\.com$\nRewriteRule ^ - [F]\n'
     'ProxyPass "/" "http://UPSTREAM/"'),
    ("GET /secret", {"Origin": FOREIGN}, FOREIGN, "cors-origin-not-reflected",
     CORS.format("https://www.example.com"), CORS.format(r"^https://www\.example\.com$")),
    ("GET /server-status?auto", {}, "ServerVersion", "console-not-exposed",
     '<Location "/server-status">\nSetHandler server-status\n</Location>',
     '<Location "/server-status">\nSetHandler server-status\nRequire ip 192.0.2.1\n</Location>'),
    ("GET /img/", {}, "Index of /img", "listing-off",
     '<Directory "FILES">\nOptions +Indexes\n</Directory>', '<Directory "FILES">\nOptions -Indexes\n</Directory>'),
]  # fmt: skip


class Upstream(BaseHTTPRequestHandler):
    name = "one"

    def do_GET(self) -> None:
        body = f"upstream {self.name} {self.path} host={self.headers['Host']}".encode()
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Other(Upstream):
    name = "two"


@pytest.fixture(scope="module")
def upstreams() -> Iterator[tuple[str, str]]:
    servers = [HTTPServer(("127.0.0.1", 0), handler) for handler in (Upstream, Other)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    one, two = (f"127.0.0.1:{server.server_address[1]}" for server in servers)
    yield one, two
    for server in servers:
        server.shutdown()
        server.server_close()


def configuration(lines: str, files: Path, upstream: str, listen: str) -> str:
    filled = (SERVED + lines).replace("FILES", str(files)).replace("UPSTREAM", upstream)
    return f"Listen {listen}\nServerName api.example.com\n{filled}\n"


def asked(lines: str, request: str, headers: dict[str, str], folder: Path, upstreams: tuple[str, str]) -> str:
    """What httpd answers: status, head and body."""
    files = folder / "files"
    for inner in ("img", ".git"):
        (files / inner).mkdir(parents=True, exist_ok=True)
    (files / "secret").write_text("root:x\n")
    (files / "users").write_text("")
    (files / ".git" / "config").write_text("[core]\n")
    port = free_port()
    loads = "".join(f"LoadModule {n}_module {modules()[n]}\n" for n in NEEDED if n in modules())
    head = f"ServerRoot {folder}\nPidFile {folder}/pid\nErrorLog {folder}/error.log\n{loads}"
    file = folder / "httpd.conf"
    file.write_text(head + configuration(lines, files, upstreams[0], f"127.0.0.1:{port}"))
    with listener([httpd(), "-DFOREGROUND", "-f", str(file)], port, folder / "server.log"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
        method, path = request.replace("OTHER", upstreams[1]).split()
        connection.putrequest(method, path, skip_host=True)
        for name, value in ({"Host": "api.example.com"} | headers).items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        text = f"{answer.status}\n{answer.headers}{answer.read().decode()}"
        connection.close()
        return text


def found(lines: str, slug: str) -> bool:
    # A port of all addresses: what only loopback reaches is no bypass. Upstreams are elsewhere.
    text = configuration(lines, Path("/srv/www"), "10.0.0.7:8000", "8080")
    result = review(Workspace("/nonexistent", {"httpd.conf": text}), Policy())
    return any(f.control == slug for f in result.findings)


@pytest.mark.parametrize(
    ("request_", "headers", "shown", "slug", "bad", "good"),
    HOLES,
    ids=lambda v: re.sub(r"\W+", "-", str(v))[:30],
)
def test_a_hole_is_open_where_it_is_found(
    request_: str,
    headers: dict[str, str],
    shown: str,
    slug: str,
    bad: str,
    good: str,
    tmp_path: Path,
    upstreams: tuple[str, str],
) -> None:
    assert found(bad, slug) and shown in asked(bad, request_, headers, tmp_path, upstreams)
    assert not found(good, slug)
    assert shown not in asked(good, request_, headers, tmp_path, upstreams)


def test_headers_of_a_server_stay_in_its_sections_and_always_means_errors_too(
    tmp_path: Path, upstreams: tuple[str, str]
) -> None:
    lines = (
        "Header set X-A outer\nHeader always set X-B outer\n"
        '<Location "/img">\nHeader set X-C inner\n</Location>\nProxyPass "/up/" "http://UPSTREAM/"'
    )

    def sent(path: str) -> set[str]:
        return set(
            re.findall(r"^X-[ABC]", asked(lines, f"GET {path}", {}, tmp_path, upstreams), re.MULTILINE)
        )

    assert sent("/img/") == {"X-B"}, "a listing that is refused is an error of httpd's own"
    assert sent("/secret") == {"X-A", "X-B"} and sent("/none") == {"X-B"}
    assert sent("/up/missing") == {"X-A", "X-B"}, "an upstream's error is none of httpd's own"
    (tmp_path / "files" / "img" / "a.txt").write_text("a")
    assert sent("/img/a.txt") == {"X-A", "X-B", "X-C"}


def test_alias_ends_at_a_slash_by_itself(tmp_path: Path, upstreams: tuple[str, str]) -> None:
    lines = 'Alias "/img" "FILES/img/"'
    assert "root:x" not in asked(lines, "GET /img../secret", {}, tmp_path, upstreams)


def test_an_origin_that_is_matched_in_part_is_not_echoed_whole(
    tmp_path: Path, upstreams: tuple[str, str]
) -> None:
    answer = asked(
        CORS.format(r"https://(?:www|shop)\.example\.com"),
        "GET /secret",
        {"Origin": "https://www.example.com.evil.example"},
        tmp_path,
        upstreams,
    )
    assert "Access-Control-Allow-Origin: https://www.example.com\n" in answer
