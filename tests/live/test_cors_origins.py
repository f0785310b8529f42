"""CORS, asked as origins that look like those which answers name: a server that compares carelessly, and one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from assessed import run
from live_servers import nginx

from batten.facts import CorsObserved
from batten.live.exchange import Request, Response
from batten.live.origins import named_origins, variants
from batten.policy import Environment
from servers import free_port

TRUSTS = "https://www.shop.example.com"
SERVER = """
map $http_origin $allowed {{ default ""; "~{pattern}" $http_origin; }}
server {{ listen 127.0.0.1:{port}; default_type application/json;
    add_header Access-Control-Allow-Origin $allowed always; add_header Vary Origin always;
    add_header Content-Security-Policy "default-src 'none'; connect-src {trusts}" always;
    location / {{ return 200 '[]'; }} }}
"""


def _welcomed(folder: Path, pattern: str) -> set[tuple[str, str]]:
    port = free_port()
    with nginx(folder, port, SERVER.format(port=port, pattern=pattern, trusts=TRUSTS)):
        assessment = run(Environment("test", f"http://127.0.0.1:{port}", rate=5000))
    assert assessment.not_assessed == []
    return {(f.trick, f.origin) for f in assessment.facts if isinstance(f, CorsObserved) and f.welcomed}


def test_what_looks_like_an_origin_that_the_policy_names_is_tried(tmp_path: Path) -> None:
    found = _welcomed(tmp_path, r"^https://www.shop.example.com")
    assert ("suffix", "https://www.shop.example.com.stranger.invalid") in found
    assert ("unescaped-dot", "https://wwwxshop.example.com") in found


def test_an_exact_comparison_lets_none_of_them_read(tmp_path: Path) -> None:
    assert _welcomed(tmp_path, r"^https://www\.shop\.example\.com$") == set()


PAGE = '<html><head><script src="https://cdn.example.net/app.js"></script></head><body><a href="/x">x</a></body></html>'


@pytest.mark.parametrize(
    ("headers", "body", "named"),
    [
        ((("Access-Control-Allow-Origin", "https://app.example.com"),), "", ["https://app.example.com"]),
        ((("Access-Control-Allow-Origin", "*"),), "", []),
        (
            (
                (
                    "Content-Security-Policy",
                    "default-src 'self'; connect-src https://a.example *.b.example c.example:8443",
                ),
            ),
            "",
            ["https://a.example", "https://c.example:8443"],
        ),
        ((("Content-Type", "text/html"),), PAGE, ["https://cdn.example.net"]),
        ((("Content-Type", "text/html"),), '<a href="https://api.example.com/docs">', []),
    ],
)
def test_origins_that_an_answer_names(
    headers: tuple[tuple[str, str], ...], body: str, named: list[str]
) -> None:
    response = Response(200, headers, body.encode(), Request("GET", "https://api.example.com/"))
    assert named_origins(response) == named


@pytest.mark.parametrize(
    ("origin", "first"),
    [("http://10.0.0.7:8080", ("http://10.0.0.7:8081", "port")), ("http://127.0.0.1:8080", None)],
)
def test_the_port_beside_an_address(origin: str, first: tuple[str, str] | None) -> None:
    assert next(variants(origin), None) == first
