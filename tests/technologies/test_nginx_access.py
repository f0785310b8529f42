"""Who gets an answer of nginx: what is read of each configuration is what a real nginx does with an anonymous client.

Sources: ngx_http_access_module, ngx_http_auth_basic_module, ngx_http_auth_request_module; ngx_http_core_module: satisfy,
internal, limit_except.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator
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
LOGIN = "auth_basic x; auth_basic_user_file FOLDER/users;"
NET = "allow 10.0.0.0/8;"

# What is written in the server, and in the location of the status page.
RULES = [
    ("", ""),
    ("", f"{NET} deny all;"),
    ("", "deny all; allow 127.0.0.0/8;"),
    ("", "allow all; deny all;"),
    ("", "deny 10.0.0.5; allow all;"),
    ("", "deny 10.0.0.5;"),
    ("", NET),
    ("", LOGIN),
    ("", f"{NET} {LOGIN}"),
    ("", f"satisfy any; {NET} deny all; {LOGIN}"),
    ("", f"satisfy any; {NET} {LOGIN}"),
    ("", f"satisfy any; allow all; {LOGIN}"),
    ("", f"satisfy any; deny all; {LOGIN}"),
    ("", f"satisfy any; {NET} deny all;"),
    ("", f"satisfy all; allow all; {LOGIN}"),
    ("satisfy any; allow all;", LOGIN),
    ("satisfy any;", f"allow all; {LOGIN}"),
    ("satisfy any; allow all;", f"satisfy all; {LOGIN}"),
    ("deny all;", ""),
    ("deny all;", "allow all;"),
    ("deny all;", LOGIN),
    (f"{NET} deny all;", f"satisfy any; {LOGIN}"),
    (f"{NET} deny all;", "allow all;"),
    (LOGIN, ""),
    (LOGIN, "auth_basic off;"),
    (LOGIN, "satisfy any; allow all;"),
    ("", "internal;"),
    ("", "return 403;"),
    ("return 403;", ""),
    ("", "if ($request_method = POST) { return 403; }"),
    ("", "limit_except GET { deny all; }"),
    ("", "limit_except POST { deny all; }"),
    ("location = /refuse { internal; return 401; }", "auth_request /refuse;"),
    ("location = /refuse { internal; return 401; }", "auth_request /refuse; satisfy any; allow all;"),
    ("auth_request /refuse; location = /refuse { internal; return 401; }", ""),
    ("auth_request /refuse; location = /refuse { internal; return 401; }", "auth_request off;"),
]
# The status page in a location of a location, whose own directives are these.
NESTED = ["", "deny all;", f"{NET} deny all;", "internal;", LOGIN, f"satisfy any; allow all; {LOGIN}"]
SERVERS = [
    *(f"{server} location /status {{ {rules} stub_status; }}" for server, rules in RULES),
    *(f"location /s {{ {outer} location /status {{ stub_status; }} }}" for outer in NESTED),
    "location /status { deny all; error_page 403 = @open; } location @open { stub_status; }",
    f"location /status {{ {NET} deny all; error_page 403 /refused; stub_status; }} location /refused {{ internal; return 403; }}",
]


def configuration(servers: dict[str, str], listen: str, folder: Path) -> str:
    temp = "".join(
        f"{n}_temp_path {folder}/{n}; " for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    blocks = "\n".join(
        f"server {{ listen {listen}; server_name {name}; {text} }}" for name, text in servers.items()
    )
    return (
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {temp}\n{blocks}\n}}\n"
    ).replace("FOLDER", str(folder))


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """The status that a client without credentials gets from each server."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    (folder / "users").write_text("ann:{PLAIN}secret\n")
    servers = {f"s{number}.example.com": text for number, text in enumerate(SERVERS)}
    file = folder / "nginx.conf"
    file.write_text(configuration(servers, f"127.0.0.1:{port}", folder))
    with listener([*nginx(), "-p", str(folder), "-c", str(file)], port, folder / "server.log"):
        got = {}
        for name, text in servers.items():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
            connection.request("GET", "/status", headers={"Host": name})
            got[text] = connection.getresponse().status
            connection.close()
        yield got


def flagged(server: str, folder: Path) -> bool:
    text = configuration({"api.example.com": server}, "80", folder)
    result = review(Workspace("/nonexistent", {"nginx.conf": text}), Policy())
    return any(f.control == "console-not-exposed" for f in result.findings)


@pytest.mark.parametrize("server", SERVERS)
def test_a_status_page_is_open_where_nginx_answers_with_it(
    server: str, answers: dict[str, int], tmp_path: Path
) -> None:
    assert answers[server] in (200, 401, 403, 404)
    assert flagged(server, tmp_path) is (answers[server] == 200)
