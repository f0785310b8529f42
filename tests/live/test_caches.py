"""Shared caches that store what a client's header decided, and those that do not; no other client gets what was tried."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from assessed import run
from live_servers import nginx, running
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from batten.facts import Feature
from batten.live import exchange
from batten.live.origins import STRANGER
from batten.live.probes.caches import stored
from batten.live.runner import Assessment
from batten.model import Switch
from batten.policy import Environment
from needs import program
from servers import application, free_port

CACHED = {"Cache-Control": "public, max-age=300"}


def _shop(believes: str) -> Starlette:
    """A shop whose root links to itself by the header that it believes."""

    def root(request: Request) -> Response:
        said = request.headers.get(believes, "")
        if believes == "x-forwarded-proto" and said == "http":
            return RedirectResponse("https://shop.example.com/", headers=CACHED)
        if believes == "x-original-url" and said:
            return JSONResponse({"path": said, "message": "there is no such page"}, headers=CACHED)
        host = said if believes.endswith("host") and said else "shop.example.com"
        return JSONResponse({"next": f"https://{host}/v1/items?page=2"}, headers=CACHED)

    return Starlette(routes=[Route("/", root)])


def _nginx(folder: Path, port: int, back: int, more: str) -> str:
    return f"""proxy_cache_path {folder}/cache keys_zone=shop:1m;
    server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{back}; proxy_cache shop;
        add_header X-Cache-Status $upstream_cache_status; {more} }} }}"""


def _poisoned(port: int) -> tuple[list[str], Assessment]:
    assessment = run(Environment("test", f"http://127.0.0.1:{port}", rate=5000))
    assert assessment.not_assessed == []
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
        assert STRANGER not in answer.read().decode()
        assert answer.url == f"http://127.0.0.1:{port}/"
    found = [f.what for f in assessment.facts if isinstance(f, Feature) and f.name is Switch.UNKEYED_HEADER]
    return found, assessment


@pytest.mark.parametrize(
    ("believes", "found"),
    [
        ("x-forwarded-host", ["X-Forwarded-Host at `/`"]),
        ("x-host", ["X-Host at `/`"]),
        ("x-forwarded-proto", ["X-Forwarded-Proto at `/`"]),
        ("x-original-url", ["X-Original-URL at `/`"]),
        ("nothing", []),
    ],
)
def test_nginx_stores_what_the_application_believes(tmp_path: Path, believes: str, found: list[str]) -> None:
    port = free_port()
    with application(_shop(believes)) as back, nginx(tmp_path, port, _nginx(tmp_path, port, back, "")):
        assert _poisoned(port)[0] == found


@pytest.mark.parametrize(
    "more",
    [
        'proxy_set_header X-Forwarded-Host "";',
        "proxy_cache_key $uri$is_args$args$http_x_forwarded_host;",
        "proxy_cache_bypass $http_x_forwarded_host; proxy_no_cache $http_x_forwarded_host;",
    ],
)
def test_nginx_that_removes_or_keys_the_header_is_silent(tmp_path: Path, more: str) -> None:
    port = free_port()
    with (
        application(_shop("x-forwarded-host")) as back,
        nginx(tmp_path, port, _nginx(tmp_path, port, back, more)),
    ):
        assert _poisoned(port)[0] == []


def test_a_cache_that_ignores_queries_is_left_alone(tmp_path: Path) -> None:
    port = free_port()
    key = "proxy_cache_key $uri;"
    with (
        application(_shop("x-forwarded-host")) as back,
        nginx(tmp_path, port, _nginx(tmp_path, port, back, key)),
    ):
        found, assessment = _poisoned(port)
    assert found == []
    assert any("the cache in front ignores the query" in p.message for p in assessment.left_alone)


def test_apache_speaks_of_its_cache_by_age_alone(tmp_path: Path) -> None:
    port = free_port()
    modules = ["mpm_event", "authz_core", "cache", "cache_disk", "proxy", "proxy_http"]
    loaded = "\n".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so" for m in modules)
    # Apache's workers are another user, whom the folder of a test is closed to.
    with TemporaryDirectory() as cache, application(_shop("x-forwarded-host")) as back:
        Path(cache).chmod(0o777)
        (tmp_path / "httpd.conf").write_text(f"""{loaded}
            ServerName shop.example.com
            ServerRoot {tmp_path}
            PidFile {tmp_path}/pid
            ErrorLog {tmp_path}/error.log
            Mutex file:{tmp_path}
            User www-data
            Group www-data
            Listen 127.0.0.1:{port}
            CacheRoot {cache}
            CacheEnable disk /
            ProxyAddHeaders Off
            ProxyPass / http://127.0.0.1:{back}/
        """)
        command = [program("apache2"), "-DFOREGROUND", "-f", str(tmp_path / "httpd.conf")]
        with running(command, port, tmp_path):
            assert _poisoned(port)[0] == ["X-Forwarded-Host at `/`"]


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({}, None),
        ({"Via": "1.1 varnish"}, None),
        ({"X-Cache": "Hit from cloudfront"}, True),
        ({"X-Cache": "MISS"}, False),
        ({"CF-Cache-Status": "DYNAMIC"}, False),
        ({"Cache-Status": "edge; hit; ttl=30"}, True),
        ({"Cache-Status": "edge; fwd=uri-miss; stored"}, False),
        ({"X-Varnish": "32770"}, False),
        ({"X-Varnish": "32771 32769", "Age": "4"}, True),
        ({"Age": "4"}, True),
        ({"X-Cache-Status": "MISS", "Age": "0"}, False),
    ],
)
def test_what_speaks_of_a_cache(headers: dict[str, str], found: bool | None) -> None:
    request = exchange.Request("GET", "https://api.example.com/")
    assert stored(exchange.Response(200, tuple(headers.items()), b"", request)) is found
