"""What a target names of itself is followed on its own origin, within bounds, and what answers there is judged."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from assessed import run
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse
from test_stores import findings

from batten.facts import Endpoint, ErrorBody, ExposedFile, Listing, ObservedAnswer
from batten.live.exchange import Request as Asked
from batten.live.exchange import Response
from batten.live.leads import leads, mapped, sitemaps, viewed
from batten.live.runner import Assessment
from batten.policy import Environment
from servers import application

TRACE = 'Traceback (most recent call last):\n  File "/srv/app/views.py", line 7, in get\nValueError: x\n'
HTML, JSON, TEXT = "text/html", "application/json", "text/plain"
CONTRACT = json.dumps(
    {
        "openapi": "3.1.0",
        "info": {"title": "x", "version": "1"},
        "paths": {"/v1/things": {"get": {"responses": {"200": {"description": "all"}}}}},
    }
)


class Site:
    """Documents by path; everything else is not found. What was asked for is noted, with its verb."""

    def __init__(
        self, pages: dict[str, tuple[str, str | bytes]], headers: dict[str, str] | None = None
    ) -> None:
        self.pages, self.headers = pages, headers or {}
        self.asked: list[str] = []

    @contextmanager
    def served(self) -> Iterator[str]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                site.asked.append(f"{self.command} {self.path}")
                media, body = site.pages.get(self.path, (TEXT, ""))
                content = body if isinstance(body, bytes) else body.replace("HERE", here).encode()
                self.send_response_only(200 if content else 404)
                self.send_header("Content-Type", media)
                for name, value in site.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_POST = do_HEAD = do_OPTIONS = answer

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        here = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield here
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def assessed(self) -> Assessment:
        with self.served() as url:
            return run(Environment("t", url, rate=5000))


def _packed(text: str, here: str) -> bytes:
    return gzip.compress(text.replace("HERE", here).encode())


ROOT = "<!doctype html><html><head>{}</head><body>{}</body></html>"
WAYS: dict[str, tuple[dict[str, tuple[str, str | bytes]], dict[str, str]]] = {
    "robots.txt": ({"/robots.txt": (TEXT, "User-agent: *\nDisallow: /internal/report\n")}, {}),
    "a site map that robots.txt names": (
        {
            "/robots.txt": (TEXT, "Sitemap: HERE/maps/index.xml\n"),
            "/maps/index.xml": (
                "text/xml",
                "<sitemapindex><sitemap><loc>HERE/maps/a.xml</loc></sitemap></sitemapindex>",
            ),
            "/maps/a.xml": ("text/xml", "<urlset><url><loc>HERE/internal/report</loc></url></urlset>"),
        },
        {},
    ),
    "a Link header": (
        {"/": (TEXT, "hello")},
        {"Link": '</internal/report>; rel="related", <https://other.invalid/x>'},
    ),
    "a link of the page": (
        {"/": (HTML, ROOT.format("", "<a class=x href='/internal/report'>report</a>"))},
        {},
    ),
    "a manifest of the page": (
        {
            "/": (HTML, ROOT.format("<link rel=manifest href=/app.webmanifest>", "")),
            "/app.webmanifest": (JSON, '{"start_url": "/internal/report"}'),
        },
        {},
    ),
    "a root document of URLs": ({"/": (JSON, '{"reports": "HERE/internal/report"}')}, {}),
    "HAL": ({"/": (JSON, '{"_links": {"self": {"href": "/"}, "report": {"href": "/internal/report"}}}')}, {}),
    "JSON Home": (
        {"/": ("application/json-home", '{"resources": {"urn:r": {"href": "/internal/report"}}}')},
        {},
    ),
    "an API catalog": (
        {
            "/.well-known/api-catalog": (
                "application/linkset+json",
                '{"linkset": [{"anchor": "HERE/internal/report"}]}',
            )
        },
        {},
    ),
    "OpenID Connect's configuration": (
        {
            "/.well-known/openid-configuration": (
                JSON,
                '{"issuer": "HERE", "jwks_uri": "HERE/internal/report"}',
            )
        },
        {},
    ),
    "a script of the page": (
        {
            "/": (HTML, ROOT.format("<script src=/app.js></script>", "")),
            "/app.js": ("text/javascript", 'fetch("/internal/report")'),
        },
        {},
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_named_is_asked_for_and_judged(way: str) -> None:
    pages, headers = WAYS[way]
    site = Site(pages | {"/internal/report": (TEXT, TRACE)}, headers)
    assessment = site.assessed()
    assert "GET /internal/report" in site.asked
    assert any(isinstance(f, ErrorBody) and f.leaks for f in assessment.facts)
    assert "error-free-of-traces" in {f.control for f in findings(assessment.facts)}
    assert len(site.asked) <= 500
    assert {line.partition(" ")[0] for line in site.asked} <= {"GET", "HEAD", "OPTIONS", "TRACE"}


def test_what_sounds_like_a_deed_is_left_alone_and_said() -> None:
    links = "<a href='/jobs?action=go'>go</a> <a href='/jobs/start'>start</a> <a href='/jobs/list'>all</a>"
    site = Site(
        {
            "/": (HTML, ROOT.format("", links)),
            "/robots.txt": (TEXT, "Disallow: /cart/delete\nDisallow: /logout\n"),
        }
    )
    assessment = site.assessed()
    assert not [line for line in site.asked if re.search("delete|logout|action=|start", line)]
    assert "GET /jobs/list" in site.asked
    assert any("were not requested" in p.message for p in assessment.left_alone)
    assert assessment.not_assessed == []


VIEWERS = {
    "Swagger UI": 'SwaggerUIBundle({ url: "/spec/v9.json", dom_id: "#ui" })',
    "ReDoc": '</script><redoc spec-url="/spec/v9.json"></redoc><script>',
    "RapiDoc": '</script><rapi-doc spec-url="/spec/v9.json"></rapi-doc><script>',
    "Scalar": '</script><script id="api-reference" data-url="/spec/v9.json">',
}


@pytest.mark.parametrize("viewer", VIEWERS)
def test_the_document_of_a_viewer_is_read_and_its_calls_are_made(viewer: str) -> None:
    pages: dict[str, tuple[str, str | bytes]] = {
        "/": (HTML, ROOT.format("", "<a href=/help/swagger>API</a>")),
        "/help/swagger": (HTML, ROOT.format(f"<script>{VIEWERS[viewer]}</script>", "")),
        "/spec/v9.json": (JSON, CONTRACT),
        "/v1/things": (JSON, "[]"),
    }
    assessment = Site(pages).assessed()
    seen = {f.operation for f in assessment.facts if isinstance(f, ObservedAnswer)}
    assert "GET /v1/things" in seen


def test_a_description_that_a_header_names_is_read() -> None:
    pages: dict[str, tuple[str, str | bytes]] = {
        "/": (TEXT, "x"),
        "/desc": (JSON, CONTRACT),
        "/v1/things": (JSON, "[]"),
    }
    assessment = Site(pages, {"Link": '</desc>; rel="service-desc"'}).assessed()
    assert "GET /v1/things" in {f.operation for f in assessment.facts if isinstance(f, ObservedAnswer)}


def test_a_dangerous_file_that_a_listing_names_is_read_and_no_other() -> None:
    listing = (
        "<html><head><title>Index of /files/</title></head><body><h1>Index of /files/</h1>"
        "<a href='../'>up</a> <a href='2024/'>2024/</a> <a href='holiday.jpg'>holiday.jpg</a>"
        "<a href='backup.sql'>backup.sql</a> <a href='invoice-77.pdf'>x</a></body></html>"
    )
    site = Site(
        {
            "/files/": (HTML, listing),
            "/files/backup.sql": (TEXT, "-- MySQL dump 10.13\nCREATE TABLE `users` (id int);\n"),
            "/files/holiday.jpg": ("image/jpeg", "x"),
        }
    )
    assessment = site.assessed()
    assert [(f.path, f.names) for f in assessment.facts if isinstance(f, Listing)] == [
        ("/files/", ("/files/backup.sql",))
    ]
    assert any("and names `/files/backup.sql`" in f.message for f in findings(assessment.facts))
    assert [f.path for f in assessment.facts if isinstance(f, ExposedFile)] == ["/files/backup.sql"]
    assert not [line for line in site.asked if "holiday" in line or "invoice" in line]


def test_a_file_that_was_served_has_its_neighbours_asked_for() -> None:
    """One find says that a working folder is served: what else is in such a folder is worth the questions."""
    site = Site({"/.env": (TEXT, "DB_PASSWORD=x\n"), "/customers.csv": (TEXT, "id,email\n1,a@example.com\n")})
    assert {f.path for f in site.assessed().facts if isinstance(f, ExposedFile)} == {
        "/.env",
        "/customers.csv",
    }


def _graphql(request: Request, document: object) -> JSONResponse:
    return JSONResponse({"data": {"__typename": "Query"}} if isinstance(document, dict) else {"errors": []})


def test_a_graphql_endpoint_that_takes_post_only_is_found() -> None:
    app = FastAPI(openapi_url=None)
    schema = {"data": {"__schema": {"queryType": {"name": "Query"}, "types": [{"name": "Query"}]}}}

    @app.api_route("/api/graphql", methods=["GET", "OPTIONS", "POST"], include_in_schema=False)
    async def graphql(request: Request) -> JSONResponse:
        if request.method == "GET":
            return JSONResponse({"message": "not found"}, 404)
        if request.method == "OPTIONS":
            return JSONResponse({}, headers={"Allow": "POST"})
        document = await request.json()
        asked = document.get("query", "") if isinstance(document, dict) else ""
        return JSONResponse(schema) if "__schema" in asked else _graphql(request, document)

    with application(app) as port:
        assessment = run(Environment("t", f"http://127.0.0.1:{port}", rate=5000))
    found = {f.what for f in assessment.facts if isinstance(f, Endpoint)}
    assert "GraphQL introspection" in found


def test_a_console_that_only_browsers_get_is_found() -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/graphql", include_in_schema=False)
    async def graphql(request: Request) -> JSONResponse:
        if "text/html" in request.headers.get("accept", ""):
            page = "<!doctype html><html><title>GraphiQL</title></html>"
            return JSONResponse(None, headers={"x": "y"}) if not page else _html(page)
        return JSONResponse({"errors": [{"message": "no query"}]}, 400)

    with application(app) as port:
        assessment = run(Environment("t", f"http://127.0.0.1:{port}", rate=5000))
    assert {"GraphQL console"} <= {f.what for f in assessment.facts if isinstance(f, Endpoint)}


def _html(page: str) -> JSONResponse:
    answer = JSONResponse(None)
    answer.body = page.encode()
    answer.headers["content-type"] = HTML
    answer.headers["content-length"] = str(len(answer.body))
    return answer


def _answer(body: str | bytes, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    content = body.encode() if isinstance(body, str) else body
    return Response(200, headers, content, Asked("GET", "http://api.example.com/a/b"))


def test_leads_stay_on_the_origin_and_within_bounds() -> None:
    many = "".join(f"<a href='/p{n}'>x</a>" for n in range(500))
    assert len(leads(_answer(f"<!doctype html><html>{many}</html>"))) <= 60
    elsewhere = '<!doctype html><html><a href="//other.example/x"></a><a href="http://api.example.com:81/y"></a></html>'
    assert leads(_answer(elsewhere)) == []
    assert [link.path for link in leads(_answer('{"a": {"href": "c?x=1"}, "b": "/d/{id}", "e": "/ok"}'))] == [
        "/ok"
    ]
    assert leads(_answer("[" * 5000)) == []
    assert viewed(_answer('url: "javascript:alert(1)", url: "/spec.json"')) == ["/spec.json"]
    assert sitemaps(_answer("Sitemap: /m.xml\nsitemap: https://other.example/m.xml")) == ["/m.xml"]


def test_a_packed_site_map_is_read_and_a_bomb_is_cut() -> None:
    text = "<urlset><url><loc>http://api.example.com/x</loc></url></urlset>"
    assert mapped(_answer(gzip.compress(text.encode()))) == (["/x"], [])
    assert mapped(_answer(gzip.compress(b" " * (64 << 20)))) == ([], [])
    assert mapped(_answer(b"\x1f\x8bnot really")) == ([], [])
