"""What answers: each row by an answer as its vendor documents it, and real servers by what they answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from batten.engine.answering import described
from batten.facts import Recognised, Stage
from batten.live.exchange import Response
from batten.live.reading import parse_transcript
from batten.live.technology import ROWS, Recognition

URL = "https://api.example.com"
PAGE = "Content-Type: text/html; charset=utf-8\n\n"
JSON = "Content-Type: application/json\n\n"
PLAIN = "Content-Type: text/plain; charset=utf-8\n\n"
NOT_FOUND = "HTTP/1.1 404 Not Found\n"

ANSWERS = {
    "cloudflare": "HTTP/1.1 200 OK\nServer: cloudflare\nCF-RAY: 8c0ffee012345678-FRA\n",
    "cloudfront": "HTTP/1.1 200 OK\nVia: 1.1 0123456789abcdef.cloudfront.net (CloudFront)\n",
    "aws-alb": "HTTP/1.1 502 Bad Gateway\nServer: awselb/2.0\n",
    "aws-api-gateway": "HTTP/1.1 403 Forbidden\nx-amz-apigw-id: AbCdEfGhIjKlMnO=\n",
    "aws-s3": "HTTP/1.1 403 Forbidden\nServer: AmazonS3\n",
    "kong": "HTTP/1.1 404 Not Found\nServer: kong/3.9.0\n",
    "envoy": "HTTP/1.1 404 Not Found\nserver: envoy\n",
    "haproxy": "HTTP/1.0 503 Service Unavailable\nContent-Type: text/html\n\n"
    "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n",
    "caddy": "HTTP/1.1 200 OK\nServer: Caddy\n",
    "nginx": "HTTP/1.1 200 OK\nServer: nginx/1.26.3\n",
    "apache": "HTTP/1.1 200 OK\nServer: Apache/2.4.62 (Debian)\n",
    "lighttpd": "HTTP/1.1 200 OK\nServer: lighttpd/1.4.79\n",
    "iis": "HTTP/1.1 200 OK\nServer: Microsoft-IIS/10.0\n",
    "uvicorn": "HTTP/1.1 200 OK\nserver: uvicorn\n",
    "hypercorn": "HTTP/1.1 200 OK\nserver: hypercorn-h11\n",
    "gunicorn": "HTTP/1.1 200 OK\nServer: gunicorn\n",
    "granian": "HTTP/1.1 200 OK\nserver: granian\n",
    "tornado": "HTTP/1.1 200 OK\nServer: TornadoServer/6.5.1\n",
    "werkzeug": "HTTP/1.1 200 OK\nServer: Werkzeug/3.1.3 Python/3.13.5\n",
    "wsgiref": "HTTP/1.1 200 OK\nServer: WSGIServer/0.2 CPython/3.13.5\n",
    "python-http": "HTTP/1.0 200 OK\nServer: SimpleHTTP/0.6 Python/3.13.5\n",
    "tomcat": NOT_FOUND + PAGE + "<h1>HTTP Status 404 – Not Found</h1><hr /><h3>Apache Tomcat/10.1.30</h3>",
    "jetty": "HTTP/1.1 200 OK\nServer: Jetty(12.0.14)\n",
    "kestrel": "HTTP/1.1 200 OK\nServer: Kestrel\n",
    "puma": "HTTP/1.1 500 Internal Server Error\n\nPuma caught this error: undefined method (NoMethodError)",
    "php": "HTTP/1.1 200 OK\nX-Powered-By: PHP/8.4.11\n",
    "fastapi": "HTTP/1.1 422 Unprocessable Content\n"
    + JSON
    + '{"detail":[{"type":"int_parsing","loc":["path","id"],"msg":"Input should be a valid integer","input":"x"}]}',
    "starlette": "HTTP/1.1 500 Internal Server Error\n" + PAGE + "<title>Starlette Debugger</title>",
    "litestar": NOT_FOUND + JSON + '{"status_code":404,"detail":"Not Found"}',
    "flask": NOT_FOUND
    + PAGE
    + "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested",
    "django": "HTTP/1.1 200 OK\nSet-Cookie: csrftoken=abc; Path=/\n",
    "nestjs": NOT_FOUND + JSON + '{"message":"Cannot GET /x","error":"Not Found","statusCode":404}',
    "express": "HTTP/1.1 200 OK\nX-Powered-By: Express\n",
    "fastify": NOT_FOUND + JSON + '{"message":"Route GET:/x not found","error":"Not Found","statusCode":404}',
    "nextjs": "HTTP/1.1 200 OK\nX-Powered-By: Next.js\n",
    "spring-boot": NOT_FOUND
    + JSON
    + '{"timestamp":"2026-11-27T12:00:00.000+00:00","status":404,"error":"Not Found","path":"/x"}',
    "aspnet": "HTTP/1.1 200 OK\nSet-Cookie: .AspNetCore.Antiforgery.abc=x; path=/\n",
    "rails": "HTTP/1.1 200 OK\nX-Runtime: 0.004321\n",
    "laravel": "HTTP/1.1 200 OK\nSet-Cookie: laravel_session=x; path=/\n",
}
TRACES = {
    "fastapi": 'File "/app/.venv/lib/python3.13/site-packages/fastapi/routing.py", line 300',
    "starlette": 'File "/app/.venv/lib/python3.13/site-packages/starlette/middleware/errors.py", line 164',
    "litestar": 'File "/app/.venv/lib/python3.13/site-packages/litestar/routes/http.py", line 80',
    "flask": 'File "/app/.venv/lib/python3.13/site-packages/flask/app.py", line 917',
    "django": 'File "/app/.venv/lib/python3.13/site-packages/django/core/handlers/exception.py", line 55',
    "express": "at Layer.handle [as handle_request] (/app/node_modules/express/lib/router/layer.js:95:5)",
    "nestjs": "at RouterExplorer (/app/node_modules/@nestjs/core/router/router-explorer.js:40:2)",
    "fastify": "at preHandler (/app/node_modules/fastify/lib/handleRequest.js:130:5)",
    "spring-boot": "at org.springframework.web.servlet.DispatcherServlet.doDispatch(DispatcherServlet.java:1089)",
    "rails": "actionpack (8.0.2) lib/action_controller/metal.rb:252:in `dispatch'",
    "laravel": "#12 /var/www/vendor/laravel/framework/src/Illuminate/Pipeline/Pipeline.php(183)",
}
UNCERTAIN = {
    "go": NOT_FOUND + PLAIN + "404 page not found\n\n",
    "fastapi": NOT_FOUND + JSON + '{"detail":"Not Found"}',
    "starlette": NOT_FOUND + PLAIN + "Not Found",
    "django": "HTTP/1.1 200 OK\nSet-Cookie: sessionid=abc; Path=/\n",
}


def answer(text: str, url: str = URL) -> Response:
    return parse_transcript(url, text if "\n\n" in text else text + "\n")


def recognised(*texts: str) -> list[Recognised]:
    recognition = Recognition()
    for text in texts:
        recognition.notice(answer(text))
    return list(recognition.facts(()))


@pytest.mark.parametrize("name", ANSWERS)
def test_a_technology_is_recognised_by_its_own_mark(name: str) -> None:
    found = recognised(ANSWERS[name])
    assert [(one.name, one.certain) for one in found] == [(name, True)]
    assert found[0].evidence and found[0].at.source == URL


@pytest.mark.parametrize("name", TRACES)
def test_a_stack_trace_shows_the_framework(name: str) -> None:
    found = recognised(f"HTTP/1.1 500 Internal Server Error\n{PLAIN}{TRACES[name]}")
    assert [(one.name, one.certain) for one in found] == [(name, True)]


@pytest.mark.parametrize("name", UNCERTAIN)
def test_what_others_may_answer_is_uncertain(name: str) -> None:
    (found,) = recognised(UNCERTAIN[name])
    assert (found.name, found.certain) == (name, False)
    assert described([found]).startswith("probably ")


def test_every_row_has_a_case() -> None:
    by_certificate = {"traefik"}
    assert {row.name for row in ROWS} == {*ANSWERS, *UNCERTAIN, *by_certificate}
    assert all(row.source.startswith("https://") for row in ROWS)


@pytest.mark.parametrize(
    "text",
    [
        "HTTP/1.1 200 OK\nServer: Apache-Coyote-like\n",
        "HTTP/1.1 200 OK\nServer: my-nginx\n",
        NOT_FOUND + JSON + '{"detail":"no such order"}',
        NOT_FOUND + PAGE + "<h1>Not found</h1>",
        "HTTP/1.1 200 OK\n" + PAGE + "<p>we use Apache Server at home</p>",
    ],
)
def test_what_shows_nothing_is_not_recognised(text: str) -> None:
    assert recognised(text) == []


def test_an_edge_and_what_is_behind_it_are_both_named() -> None:
    found = recognised(ANSWERS["nginx"], ANSWERS["fastapi"], ANSWERS["cloudflare"], ANSWERS["uvicorn"])
    assert described(found) == "Cloudflare in front of nginx 1.26.3 in front of FastAPI (uvicorn)"
    assert [one.stage for one in found].count(Stage.EDGE) == 1


def test_of_two_edges_the_one_that_answers_what_is_malformed_is_the_first() -> None:
    recognition = Recognition()
    recognition.notice(answer(ANSWERS["nginx"]))
    response = answer("GET /% HTTP/1.1\n\n" + ANSWERS["haproxy"])
    recognition.notice(replace(response, request=replace(response.request, target="/%")))
    assert described(recognition.facts(())) == "HAProxy in front of nginx 1.26.3"


def test_what_a_technology_is_made_with_is_not_named_beside_it() -> None:
    assert described(recognised(ANSWERS["nestjs"], ANSWERS["kong"])) == "Kong 3.9.0 in front of NestJS"


def test_versions_and_secrets_of_evidence_are_bounded() -> None:
    (found,) = recognised(f"HTTP/1.1 200 OK\nServer: nginx/1.26.3{' x' * 400}\n")
    assert found.version == "1.26.3"
    assert all(len(text) < 120 for text in found.evidence)


def test_versions_that_contradict_each_other_are_both_told() -> None:
    page = "HTTP/1.1 404 Not Found\nServer: nginx/1.26.3\n" + PAGE + "<hr><center>nginx/1.18.0</center>"
    assert described(recognised(ANSWERS["nginx"], page)) == "nginx 1.26.3 or 1.18.0"


def test_a_flood_of_origins_is_bounded() -> None:
    recognition = Recognition()
    for number in range(100):
        recognition.notice(answer(ANSWERS["nginx"], f"http://host{number}.invalid"))
    assert len(recognition.seen) == 32
