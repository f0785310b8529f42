"""What engines do otherwise, and why that is so. Whatever else differs is a fault."""

from __future__ import annotations

from edge_case import Excepted

# Go's HTTP server refuses what it cannot read before it asks any handler, in plain text and without headers, and closes.
SPEAKS_FIRST = ("caddy", "traefik")
# It has no documents of its own: its errors are the status alone, or its title in plain text.
WORDLESS = ("traefik",)
WAITS = "waits for more"
_CHUNKS = (
    "chunk size overflow", "chunk size 0x5", "chunk data too long", "chunk size empty", "chunk size negative",
    "chunk size after a blank", "chunk extension with a bare LF", "chunk extension with a bare CR",
)  # fmt: skip
_UNREADABLE = "not 400 or 414 or 417 or 426 or 431 or 501 or 505 or closed"
_NO_PATTERN = (
    "it removes headers by their names alone; those that products give a meaning are listed, families are not"
)
_FAMILIES = tuple(
    Excepted(why=_NO_PATTERN, what=f"the API gets b'{name.lower()}: {value}\\r\\n'", cases=(f"sender: {name}",))
    for name, value in (
        ("X-Forwarded-Anything", "evil"), ("X-Envoy-Original-Path", "/evil"), ("X-Remote-Extra-Scopes", "all"),
    )
)  # fmt: skip

NGINX = (
    Excepted(
        why="a body is read after the error pages are chosen: its own page, with all headers, and it closes",
        what="no problem document",
        cases=_CHUNKS,
    ),
    Excepted(
        why="it drops lines that it does not take for headers and trailers that are none, and has no expression for all "
        "values; it forwards them as one header each",
        what=f"200, {_UNREADABLE}; 1 reach the API",
        cases=(
            "control character in a value", "DEL in a value", "line without a colon", "name in Latin-1", "name in brackets",
            "300 headers",
        ),
    ),
    Excepted(
        why="as above", what=f"201, {_UNREADABLE}; 1 reach the API", cases=("trailer without a colon",)
    ),
    *_FAMILIES,
)  # fmt: skip

ENVOY = (
    Excepted(
        why="a CONNECT is a stream without an end, and of a body it refuses only what comes",
        what=WAITS,
        cases=("CONNECT", "HTTP/2 preface", "too large, told only"),
    ),
    Excepted(
        why="it would forward absolute targets with another host than Host; so they are paths that are not there",
        what=f"404, not 200 or 201 or 403 or {_UNREADABLE.removeprefix('not ')}",
        cases=("target 'http://api.example.com/v1/things'", "target 'https://api.example.com/v1/things'"),
    ),
    Excepted(
        why="it has one limit, for the whole head",
        what="200, not 414 or 431 or closed; 1 reach the API",
        cases=("8 KB target",),
    ),
    Excepted(
        why="it skips what follows the data of a chunk, and forwards the body in a form of its own",
        what=f"201, {_UNREADABLE}; 1 reach the API",
        cases=("chunk data too long",),
    ),
)  # fmt: skip

HAPROXY = (
    Excepted(
        why="it makes one of equal Host headers before any rule sees them, and forwards one",
        what=f"200, {_UNREADABLE}; 1 reach the API",
        cases=("two equal Hosts",),
    ),
    Excepted(
        why="3.0 cannot drop trailers; they are no headers for who keeps to RFC 9110, 6.5.1",
        what="the API gets b'x-admin'",
        cases=("trailers go no further",),
    ),
)

CADDY = (
    Excepted(
        why="another host than that of the handshake is refused by the server, before any site",
        what="lacks all headers; has a banner",
        cases=("other host: *", "no host: *:80:80", "no host: ::1", "target 'http://other.example/v1/things'"),
    ),
    Excepted(
        why="as above",
        what=f"421, {_UNREADABLE}; lacks all headers; has a banner",
        cases=("Host empty", "Host with a comma", "Host with letters as port", "HTTP/2 preface"),
    ),
    Excepted(
        why="a body that cannot be read looks like an error of the API's connection",
        what=f"502, {_UNREADABLE}",
        cases=(*_CHUNKS, "trailer without a colon"),
    ),
    Excepted(
        why="as above",
        what=f"502, not 200 or 201 or 403 or {_UNREADABLE.removeprefix('not ')}",
        cases=("chunk size with LF only", "chunk data with LF only", "last chunk with LF only"),
    ),
    Excepted(
        why="it encodes what should have been encoded before rules see the target, and forwards that; it counts no headers",
        what=f"200, {_UNREADABLE}; 1 reach the API",
        cases=(
            "target /v1/things/<a>", 'target /v1/things/"', "target /v1/things/^", "target /v1/things/{id}", "target /v1/things/|",
            "target '/v1/things/\\xc3\\xb6'", "300 headers",
        ),
    ),
    Excepted(
        why="a fragment is a part of the path for it", what=f"404, {_UNREADABLE}", cases=("target '/v1/things#top'",)
    ),
    Excepted(
        why="Go's server answers this itself",
        what="200, not 400 or 404 or 405 or 421 or closed; lacks all headers",
        cases=("OPTIONS [*]",),
    ),
    Excepted(why="Go's server answers this itself", what="lacks all headers", cases=("unknown expectation",)),
    Excepted(
        why="Go's server answers this itself",
        what="lacks all headers; no problem document",
        cases=("64 KB header", "64 KB target", "second malformed"),
    ),
    Excepted(
        why="it asks again on a new connection where an idempotent request found its connection ended (RFC 9110, 9.2.2)",
        what="2 reach the API",
        cases=("no answer",),
    ),
    Excepted(
        why="Go's client reads names of headers with blanks",
        what="200, not 502 or 503 or 504; shows no b'content-type: application/problem+json\\r\\n'",
        cases=("a name with a blank in an answer",),
    ),
)  # fmt: skip

TRAEFIK = (
    Excepted(
        why="it cleans paths before rules see them, and forwards what is clean; rules see neither what was escaped nor how often "
        "a header is there",
        what=f"200, {_UNREADABLE}; 1 reach the API",
        cases=(
            "target /v1/../v1/things", "target /v1/./things", "target /v1/%2e/things", "target /v1//things", "target //v1/things",
            "target /v1/things/%252e", "target /v1/%74hings", "target /v1/things/%37", "target /v1/things/%2d",
            "target /v1/things/<a>", 'target /v1/things/"', "target /v1/things/^", "target /v1/things/{id}",
            "target /v1/things/|", "target '/v1/things?a=b#top'", "target '/v1/things/\\xc3\\xb6'", "twice Authorization",
            "300 headers",
        ),
    ),
    Excepted(
        why="what its rules do not take for a segment of a path is a path that is not there",
        what=f"404, {_UNREADABLE}",
        cases=(
            "target /v1/%2e%2e/things", "target /v1/.%2E/things", "target /v1/%2E./things", "target /v1/things/..",
            "target /v1/things/%2e%2e", "target /v1/..;/things", "target /v1/..;a=b/things", "target /v1/..%3b/things",
            "target /v1/.;/things", "target /v1/things//", "target /v1%2Fthings", "target /v1%2fthings",
            "target /v1/things/a%2Fb", "target /v1/things/a%5cb", "target /v1/things/a%5Cb", "target /v1/things/%00",
            "target /v1/things/%0d%0aX-A:%20b", "target /v1/things/%7f", "target /v1/%252e%252e/things", "target /v1/%54hings",
            "target /v1/things/%c0%af", "target /v1/things/%c0%ae%c0%ae", "target /v1/things/%ff",
            "target '/v1/things\\\\7'", "target '/v1\\\\..\\\\things'",
        ),
    ),
    Excepted(
        why="it forwards queries as they are; the API's server refuses the byte",
        what=f"502, {_UNREADABLE}; the API cannot read it: illegal request line: bytearray(b'GET /v1/things?a=\\xe9 HTTP/1.1')",
        cases=("target '/v1/things?a=\\xe9'",),
    ),
    Excepted(
        why="Go's server answers this itself",
        what="200, not 400 or 404 or 405 or 421 or closed; lacks all headers",
        cases=("OPTIONS [*]",),
    ),
    Excepted(
        why="it refuses this before any router",
        what="501, not 400 or 404 or 405 or 421 or closed; lacks all headers",
        cases=("CONNECT", "CONNECT with a path"),
    ),
    Excepted(
        why="what it cannot read as a host is another host",
        what=f"421, {_UNREADABLE}",
        cases=("Host empty", "Host with a comma", "Host with letters as port", "HTTP/2 preface"),
    ),
    Excepted(why="Go's server answers this itself", what="lacks all headers", cases=("unknown expectation",)),
    Excepted(
        why="it counts no headers of one name",
        what=f"201, {_UNREADABLE}; 1 reach the API",
        cases=("twice Content-Type",),
    ),
    Excepted(
        why="Go's server answers this itself",
        what="lacks all headers; no problem document",
        cases=("64 KB header", "64 KB target", "second malformed"),
    ),
    Excepted(
        why="it limits heads, not targets",
        what="200, not 414 or 431 or closed; 1 reach the API",
        cases=("8 KB target",),
    ),
    Excepted(
        why="a body that cannot be read is an error of its buffer",
        what=f"500, {_UNREADABLE}",
        cases=(*_CHUNKS, "trailer without a colon"),
    ),
    Excepted(
        why="as above",
        what=f"500, not 200 or 201 or 403 or {_UNREADABLE.removeprefix('not ')}",
        cases=("chunk size with LF only", "chunk data with LF only", "last chunk with LF only"),
    ),
    Excepted(
        why="as above: of a length that is not told it sees that it is too large while it reads",
        what="500, not 413 or 411",
        cases=("too large, in chunks",),
    ),
    Excepted(
        why="it joins verbs without blanks, and answers preflights, which no cache keeps, without Vary",
        what="does not vary; shows no b'access-control-allow-methods: get, post\\r\\n'",
        cases=("preflight", "preflight for a verb that is not there"),
    ),
    Excepted(
        why="as above",
        what="does not vary; shows no b'access-control-allow-headers: authorization, content-type, x-request-id\\r\\n'",
        cases=("preflight grants the headers of the path",),
    ),
    Excepted(why="as above", what="does not vary", cases=("preflight for cookies",)),
    Excepted(
        why="what it refuses itself has no grants: they would take another router for each path",
        what="shows no b'access-control-allow-origin: https://shop.example.com\\r\\n'",
        cases=("listed origin, a path that is not there", "listed origin, a verb that is not there"),
    ),
    Excepted(
        why="a sign in front of a port is a part of the number for Go's server",
        what="200, not 421 or 400 or closed; 1 reach the API",
        cases=("no host: api.example.com:+80",),
    ),
    Excepted(
        why="of an error that the contract does not declare it leaves the status alone, for it has no documents",
        what="shows no b'content-type: application/problem+json\\r\\n'",
        cases=("a trace is replaced", "a trace of a template's path", "a debug page that is not declared"),
    ),
    Excepted(
        why="it asks again on a new connection where an idempotent request found its connection ended (RFC 9110, 9.2.2)",
        what="shows no b'content-type: application/problem+json\\r\\n'; 2 reach the API",
        cases=("no answer", "a reset"),
    ),
    Excepted(
        why="an answer that cannot be read is an error of its own",
        what="500, not 502 or 503 or 504; shows no b'content-type: application/problem+json\\r\\n'",
        cases=("two lengths of an answer",),
    ),
    Excepted(
        why="Go's client reads it, or its error has no document",
        what="200, not 502 or 503 or 504; shows no b'content-type: application/problem+json\\r\\n'",
        cases=("a name with a blank in an answer",),
    ),
    Excepted(why="it redirects GET with 301, every other verb with 308", what="301, not 308", cases=("plain GET *",)),
    Excepted(
        why="as above",
        what=f"301, not 308 or {_UNREADABLE.removeprefix('not ')}",
        cases=("plain, a split header",),
    ),
    Excepted(
        why="no answer comes while the suite waits, and nothing is forwarded",
        what="waits for more",
        cases=("plain, nonsense",),
    ),
    *_FAMILIES,
)  # fmt: skip

EXCEPTIONS: dict[str, tuple[Excepted, ...]] = {
    "nginx": NGINX, "envoy": ENVOY, "haproxy": HAPROXY, "caddy": CADDY, "traefik": TRAEFIK,
}  # fmt: skip
