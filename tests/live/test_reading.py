"""Answers in facts: what leaks is recognised, what only looks like it is not, and secrets stay away."""

from __future__ import annotations

import json

import pytest

from batten.facts import (
    Banner,
    Content,
    Cookie,
    CorsObserved,
    Endpoint,
    ErrorBody,
    ExposedFile,
    Listing,
    PlainAnswer,
    ResponseHeaders,
    VerbAnswer,
)
from batten.live.evidence import exchange_of, redact
from batten.live.exchange import Request, Response
from batten.live.reading import TranscriptError, read_transcript
from batten.masking import MASK

URL = "https://api.example.com/v1/orders"
JSON = "HTTP/1.1 {status} X\nContent-Type: application/json\n\n"


def _leaks(body: str, status: int = 500, url: str = URL, media: str = "application/json") -> tuple[str, ...]:
    facts = read_transcript(url, f"HTTP/1.1 {status} X\nContent-Type: {media}\n\n{body}\n")
    return next((f.leaks for f in facts if isinstance(f, ErrorBody)), ())


LEAKS = {
    "Python traceback": 'Traceback (most recent call last):\n  File "/srv/shop/views.py", line 12, in get\nKeyError: 1',
    "Werkzeug debugger": "<html><title>KeyError: 'x' // Werkzeug Debugger</title>",
    "Django debug page": "<p>You're seeing this error because you have <code>DEBUG = True</code> in your\n Django settings file.",
    "Starlette debug page": "<html><head><title>Starlette Debugger</title>",
    "Node.js stack trace": "TypeError: x\n    at Layer.handle [as handle_request] (/app/node_modules/a/layer.js:95:5)",
    "Java stack trace": "java.lang.IllegalStateException\n\tat com.example.Shop.find(Shop.java:41)",
    ".NET stack trace": "   at Shop.Orders.Find(Int32 id) in /src/Orders.cs:line 41",
    "PHP error": "<b>Warning</b>:  Undefined variable $x in <b>/var/www/shop.php</b> on line <b>3</b><br />",
    "Ruby backtrace": "app/models/order.rb:12:in `find'",
    "Go panic": "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n",
    "Rust panic": "thread 'main' panicked at src/main.rs:4:5:\nboom",
    "SQL error": 'sqlite3.OperationalError: near "\'": syntax error',
    "file path": "cannot open /srv/shop/settings.py",
    "internal host": "connect ECONNREFUSED orders-db:5432",
}


@pytest.mark.parametrize(
    "row",
    [
        '{{"token": "{}"}}',
        "SECRET_KEY={}",
        "Authorization: Bearer {}",
        "postgres://shop:{}@db/shop",
        "<password>{}</password>",
    ],
)
@pytest.mark.parametrize("length", [40, 200, 490])
def test_a_secret_that_the_end_of_what_is_read_cuts_in_two_is_not_shown(row: str, length: int) -> None:
    rows = [row.format(f"Kx7{number:02}" * (length // 5)) for number in range(6200 // length + 1)]
    body = "\n".join(rows).encode()
    request = Request("GET", URL)
    shown = exchange_of(request, Response(200, (), body, request)).response
    assert MASK in shown and "Kx7" not in shown


@pytest.mark.parametrize(("name", "body"), LEAKS.items(), ids=LEAKS.keys())
def test_internals_are_recognised_plain_and_inside_json(name: str, body: str) -> None:
    assert name in _leaks(body, media="text/html")
    assert name in _leaks(json.dumps({"detail": body}))


@pytest.mark.parametrize(
    ("body", "status", "url"),
    [
        ('{"title": "Not Found", "status": 404}', 404, URL),
        ("Cannot GET /app/main.js", 404, "https://api.example.com/app/main.js"),
        ('{"detail": "the order at line 3 is not valid"}', 422, URL),
        ('{"detail": "Warning: the price is out of date"}', 409, URL),
        ('{"help": "look into /srv/shop/settings.py"}', 200, URL),
        ('{"message": "select a size", "errors": [{"loc": ["path", "id"]}]}', 422, URL),
    ],
)
def test_what_only_looks_like_internals_is_none(body: str, status: int, url: str) -> None:
    assert _leaks(body, status, url) == ()


def test_a_debugger_is_told_from_a_trace() -> None:
    body = "HTTP/1.1 500 X\nContent-Type: text/html\n\n<title>E // Werkzeug Debugger</title>\n"
    assert [f.debugger for f in read_transcript(URL, body) if isinstance(f, ErrorBody)] == [True]


def test_headers_by_media_type_and_credentials() -> None:
    request = "GET /v1/orders HTTP/1.1\nAuthorization: Bearer abcdef\n\n"
    facts = read_transcript(URL, request + JSON.format(status=200) + "{}\n")
    (headers,) = (f for f in facts if isinstance(f, ResponseHeaders))
    assert (headers.over_tls, headers.content, headers.status) == (True, Content.API, 200)
    assert (headers.authenticated, headers.body) == (True, True)
    assert headers.at.exchange is not None
    assert "abcdef" not in headers.at.exchange.request


def test_banners_with_and_without_a_version() -> None:
    answer = "HTTP/1.1 200 OK\nServer: nginx\nX-Powered-By: PHP/8.1.2\nVia: 1.1 edge\n\n"
    shown = {f.header: f.shows_version.value for f in read_transcript(URL, answer) if isinstance(f, Banner)}
    assert shown == {"Server": False, "X-Powered-By": True, "Via": False}


def test_cookies_are_read_and_their_values_are_not_kept() -> None:
    answer = "HTTP/1.1 200 OK\nSet-Cookie: sid=s3cr3tvalue; Secure\nSet-Cookie: gone=; Max-Age=0\n\n"
    facts = read_transcript(URL, answer)
    (cookie,) = (f for f in facts if isinstance(f, Cookie))
    assert (cookie.name, cookie.secure.value, cookie.http_only.value) == ("sid", True, False)
    assert "s3cr3tvalue" not in repr(facts)


def test_plain_http_cors_and_trace() -> None:
    moved = "HTTP/1.1 301 Moved\nLocation: https://api.example.com/v1/orders\n\n"
    (plain,) = (f for f in read_transcript(URL.replace("https", "http"), moved) if isinstance(f, PlainAnswer))
    assert (plain.redirects_to_tls, plain.content) == (True, False)
    echo = (
        "GET /v1/orders\nOrigin: null\n\nHTTP/1.1 200 OK\nAccess-Control-Allow-Origin: null\nVary: Origin\n\n"
    )
    (cors,) = (f for f in read_transcript(URL, echo) if isinstance(f, CorsObserved))
    assert (cors.trick, cors.welcomed, cors.varies) == ("null", True, True)
    trace = "TRACE / HTTP/1.1\n\nHTTP/1.1 200 OK\nContent-Type: message/http\n\nTRACE / HTTP/1.1\n"
    (verb,) = (f for f in read_transcript(URL, trace) if isinstance(f, VerbAnswer))
    assert verb.handled


def test_files_listings_and_consoles_are_proved_by_content_and_the_content_is_not_kept() -> None:
    def of(path: str, body: str, media: str = "text/plain") -> list[object]:
        text = f"GET {path}\n\nHTTP/1.1 200 OK\nContent-Type: {media}\n\n{body}\n"
        return [f for f in read_transcript(URL, text) if isinstance(f, (ExposedFile, Listing, Endpoint))]

    history = "cd /srv\nmysql -u root -pHunter2\ngit pull\n"
    (file,) = of("/.bash_history", history)
    assert isinstance(file, ExposedFile)
    assert file.kind == "shell history"
    assert "Hunter2" not in repr(read_transcript(URL, f"GET /.bash_history\n\nHTTP/1.1 200 OK\n\n{history}"))
    assert of("/.env", "DEBUG=1\nSECRET_KEY=x\n")
    assert of("/.git/HEAD", "ref: refs/heads/main")
    assert of("/actuator/env", '{"propertySources":[{}]}', "application/json")
    listing = '<title>Index of /files/</title><h1>Index of /files/</h1><a href="a.sql">a</a>'
    assert of("/files/", listing, "text/html")
    page = "<!doctype html><html><body>cd /srv ls git pull DEBUG=1</body></html>"
    for path in ("/.bash_history", "/.env", "/.git/HEAD", "/backup.zip", "/actuator/env"):
        assert of(path, page, "text/html") == []
    assert of("/.bash_history", "hello\nworld\nhow are you\n") == []


def test_text_is_redacted() -> None:
    text = '{"access_token": "abc12345"} eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc postgres://u:pw123@db ?api_key=zzz9 my-value'
    shown = redact(text, ("my-value",))
    for secret in ("abc12345", "eyJzdWIi", "pw123", "zzz9", "my-value"):
        assert secret not in shown


def test_a_transcript_without_a_status_line_is_refused() -> None:
    with pytest.raises(TranscriptError, match="status line"):
        read_transcript(URL, "Server: nginx\n")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('{"password": "correct horse; battery & staple", "id": 1}', '{"password": "•••", "id": 1}'),
        ('{"hashed_password":"$2b$12$a\\"b c","x":"y"}', '{"hashed_password":"•••","x":"y"}'),
        ("{'passphrase': 'two words'}", "{'passphrase': '•••'}"),
        ("password=abc&x=1", "password=•••&x=1"),
        ('api_key: "cut in the mid', 'api_key: "•••'),
        ('<input name="password" type="text">', '<input name="password" type="text">'),
    ],
)
def test_secrets_go_whole(said: str, told: str) -> None:
    assert redact(said) == told
