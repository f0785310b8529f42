"""Targets that two readers may read as two, and verbs."""

from __future__ import annotations

from cases.case import HOST, JSON, TOKEN, Case, asked, posted, refused

_PLAIN_REFUSALS = (
    "/v1/../v1/things", "/v1/%2e%2e/things", "/v1/.%2E/things", "/v1/%2E./things", "/v1/./things", "/v1/%2e/things",
    "/v1/things/..", "/v1/things/%2e%2e", "/v1/..;/things", "/v1/..;a=b/things", "/v1/..%3b/things", "/v1/.;/things",
    "/v1//things", "//v1/things", "/v1/things//", "/v1%2Fthings", "/v1%2fthings", "/v1/things/a%2Fb", "/v1/things/a%5cb",
    "/v1/things/a%5Cb", "/v1/things/%00", "/v1/things/%0d%0aX-A:%20b", "/v1/things/%7f", "/v1/things/%252e",
    "/v1/%252e%252e/things", "/v1/%74hings", "/v1/%54hings", "/v1/things/%37", "/v1/things/%2d", "/v1/things/%", "/v1/things/%4",
    "/v1/things/%zz", "/v1/things/%u002e", "/v1/things/%c0%af", "/v1/things/%c0%ae%c0%ae", "/v1/things/%ff",
    "/v1/things/<a>", '/v1/things/"', "/v1/things/^", "/v1/things/{id}", "/v1/things/|",
)  # fmt: skip
_WIRE_REFUSALS = (
    "/v1/things?a=b#top", "/v1/things#top", "/v1/things\\7", "\\v1\\things", "/v1\\..\\things",
    "/v1/things/\xc3\xb6", "/v1/things?a=\xe9", "*", "v1/things", "http://other.example/v1/things",
    f"http://{HOST}/v1/things", f"https://{HOST}/v1/things", f"//{HOST}/v1/things", "?a=b", "/v1/things\x0b",
)  # fmt: skip
TARGETS = (
    *(refused(f"target {t}", asked(f"GET {t}", TOKEN), wire=False) for t in _PLAIN_REFUSALS),
    *(refused(f"target {t!a}", asked(f"GET {t}", TOKEN)) for t in _WIRE_REFUSALS),
    Case("other case", asked("GET /v1/Things"), (404,), 0),
    Case("trailing slash", asked("GET /v1/things/"), (404,), 0),
    Case("no prefix", asked("GET /things"), (404,), 0),
    Case("root", asked("GET /"), (404,), 0),
    Case("one segment too many", asked("GET /v1/things/7/8", TOKEN), (404,), 0),
    Case("overlapping, fixed first", asked("GET /v1/things/mine?api_key=1"), (204,), got=(b"GET /v1/things/mine?api_key=1 ",)),
    Case("overlapping, template", asked("GET /v1/things/mine2", TOKEN), (200,)),
    Case("query passes as it is", asked("GET /v1/things?limit=3&q=a%20b%2Fc&q=..%2f"), (200,), got=(b"?limit=3&q=a%20b%2Fc&q=..%2f ",)),
    Case("empty query", asked("GET /v1/things?"), (200,)),
    Case("escaped blank", asked("GET /v1/things/a%20b", TOKEN), (200,), got=(b"/v1/things/a%20b ",)),
    Case("escaped percent", asked("GET /v1/things/100%25", TOKEN), (200,), got=(b"/v1/things/100%25 ",)),
    Case("escaped UTF-8", asked("GET /v1/things/gr%C3%B6%C3%9Fe", TOKEN), (200,), got=(b"gr%C3%B6%C3%9Fe ",)),
    Case("path that is not ASCII", asked("GET /v1/gr%C3%B6%C3%9Fe"), (204,)),
    Case("parameter of a segment", asked("GET /v1/things/a;v=1", TOKEN), (200,), got=(b"/v1/things/a;v=1 ",)),
    Case("dots within a name", asked("GET /v1/things/..a", TOKEN), (200,)),
)  # fmt: skip

_VERBS = (
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "PROPFIND",
    "LOCK",
    "SEARCH",
    "PURGE",
    "MKCOL",
)
_DOCUMENTED = {
    "/v1/things": ("GET", "POST"), "/v1/things/mine": ("GET",), "/v1/things/7": ("GET", "PUT"), "/v1/events": ("GET",),
    "/v1/choice": ("GET",), "/v1/report": ("GET", "HEAD"),
}  # fmt: skip


def _verbs() -> tuple[Case, ...]:
    made = []
    for path, documented in _DOCUMENTED.items():
        allow = b"allow: " + ", ".join(sorted(documented)).lower().encode() + b"\r\n"
        for verb in _VERBS:
            if verb not in documented:
                made.append(Case(f"{verb} {path}", asked(f"{verb} {path}", TOKEN), (405,), 0, shows=(allow,)))
    return tuple(made)


VERBS = (
    *_verbs(),
    *(Case(f"{verb} undocumented", asked(f"{verb} /v1/nothing"), (404,), 0) for verb in _VERBS),
    Case("HEAD documented", asked("HEAD /v1/report"), (200,), shows=(b"content-length: 4\r\n", b"content-type: text/csv\r\n"), body=b"", got=(b"HEAD /v1/report ",)),
    Case("HEAD documented, an answer that is not", asked("HEAD /v1/report", play="HEAD of a page"), (500,), shows=(b"application/problem+json",), body=b"",
         hides=(b"x-debug",)),
    refused("CONNECT", f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()),
    refused("CONNECT with a path", asked("CONNECT /v1/things")),
    refused("OPTIONS *", asked("OPTIONS *")),
    refused("lower case", asked("get /v1/things")),
    refused("mixed case", asked("Get /v1/things")),
    refused("invented", asked("FOO /v1/things")),
    refused("brackets in the verb", asked("G(T /v1/things")),
    refused("empty verb", asked(" /v1/things")),
    Case("X-HTTP-Method-Override", asked("GET /v1/things", "X-HTTP-Method-Override: DELETE"), (200,), got=(b"GET /v1/things ",),
         got_not=(b"override",)),
    Case("X-Method-Override", asked("GET /v1/things", "X-Method-Override: DELETE"), (200,), got_not=(b"override",)),
    Case("X-HTTP-Method", asked("GET /v1/things", "x-http-method: DELETE"), (200,), got_not=(b"x-http-method",)),
    Case("override by underscores", asked("GET /v1/things", "X_HTTP_Method_Override: DELETE"), (200,), got_not=(b"override",)),
    Case("underscore twin", asked("GET /v1/things", "X_Forwarded_For: 1.2.3.4"), (200,), got_not=(b"1.2.3.4",)),
    Case("override in the query passes", asked("GET /v1/things?_method=DELETE"), (200,), got=(b"GET /v1/things?_method=DELETE ",)),
    Case("credentials demanded", asked("GET /v1/things/7"), (401,), 0, shows=(b"www-authenticate: bearer",)),
    Case("wrong scheme", asked("GET /v1/things/7", "Authorization: Basic YTpi"), (401,), 0),
    Case("empty bearer", asked("GET /v1/things/7", "Authorization: Bearer "), (401,), 0),
    Case("key in the query", asked("GET /v1/things/mine?api_key="), (401,), 0),
    Case("one of two credentials", asked("GET /v1/things/mine", "Authorization: Basic YTpi"), (401,), 0),
    Case("both credentials", asked("GET /v1/things/mine", "Authorization: Basic YTpi", "Cookie: sid=1"), (204,)),
    Case("Upgrade: h2c is not granted", asked("GET /v1/things", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
         (200,), got_not=(b"h2c", b"http2-settings", b"upgrade"), wire=True),
    Case("WebSocket is not granted", asked("GET /v1/things", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: a"), (200,),
         got_not=(b"upgrade",), wire=True),
    Case("hop-by-hop headers end here", asked("GET /v1/things", "Connection: keep-alive, te", "TE: trailers", "Keep-Alive: 5", "Proxy-Authorization: Basic x",
         "Proxy-Connection: keep-alive"), (200,), got_not=(b"keep-alive", b"proxy-", b"te:"), wire=True),
    Case("callers cannot tell where they come from", asked("GET /v1/things", "X-Forwarded-For: 9.9.9.9", "X-Real-IP: 9.9.9.9", "Forwarded: for=9.9.9.9"),
         (200,), got=(b"x-forwarded-for: 127.0.0.1\r\n",), got_not=(b"9.9.9.9",), wire=True),
    Case("Range where no 206 is declared", asked("GET /v1/things", "Range: bytes=0-1", "If-Range: x"), (200,), got_not=(b"range",)),
    Case("Range where it is declared", asked("GET /v1/events", "Range: bytes=0-1"), (200,), got=(b"range: bytes=0-1",)),
    Case("codings that nobody can read are not asked for", asked("GET /v1/things", "Accept-Encoding: br, gzip"), (200,), got=(b"accept-encoding: gzip\r\n",)),
    Case("no coding where the size tells", asked("GET /v1/choice", "Accept-Encoding: br, gzip"), (200,), got=(b"accept-encoding: identity\r\n",)),
    Case("blanks around a value", asked("GET /v1/things", "X-A: \t b c \t "), (200,), got=(b"x-a: b c\r\n",), wire=True),
    Case("Latin-1 in a value", asked("GET /v1/things", "X-A: \xe4"), (200,), got=(b"x-a: \xe4\r\n",)),
    Case("empty value", asked("GET /v1/things", "X-A:"), (200,)),
    Case("Host with a port", b"GET /v1/things HTTP/1.1\r\nHost: localhost:8080\r\n\r\n", (200,)),
    Case("Host is an IPv6 address", b"GET /v1/things HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", (200,)),
    Case("GET with a body", posted("GET /v1/things", b"{}", JSON), (415,), 0, closes=True),
)  # fmt: skip
CASES = TARGETS + VERBS
