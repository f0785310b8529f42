"""Where an engine's own parser or filter decides otherwise than the guard, by the names of cases."""

from __future__ import annotations

# Of the cases of parameters.
PARAMETERS: dict[str, dict[str, str]] = {"nginx": {}, "envoy": {}, "haproxy": {}}

DIFFERENCES: dict[str, dict[str, str]] = {
    "nginx": {
        "HEAD documented, an answer that is not": "lets it pass",
        "replaced: unknown status": "answers 500",
        **dict.fromkeys(("TE vertical tab",), "answers 501"),
        **dict.fromkeys(
            (
                "bare LF everywhere",
                "bare LF after the request line",
                "bare LF after a header",
                "bare LF as the empty line",
                "CR CR LF",
                "control character in a value",
                "DEL in a value",
                "line without a colon",
                "name in Latin-1",
                "name in brackets",
                "two empty lines first",
                "bare LF first",
                "300 headers",
                "chunk size with LF only",
                "chunk data with LF only",
                "chunk size with a blank",
                "last chunk with LF only",
                "trailer without a colon",
                "trailer with a fold",
                "replaced: bare lf",
                "replaced: lf chunk",
                "replaced: two media types",
            ),
            "lets it pass",
        ),
        **dict.fromkeys(("HTTP/2.0",), "answers 505"),
        **dict.fromkeys(
            (
                "HTTP/0.9",
                "second malformed",
                "100-continue, refused before the body",
                "100-continue, no credentials",
                "replaced: large",
                "broken stream: bad stream chunk",
                "endless answer",
            ),
            "ends or begins otherwise",
        ),
        **dict.fromkeys(
            (
                "chunk extension without end",
                "too large",
                "100-continue, too large",
            ),
            "waits for more",
        ),
        **dict.fromkeys(
            (
                "TRACE undocumented",
                "CONNECT with a path",
                "preflight of ''",
            ),
            "answers 405",
        ),
        **dict.fromkeys(
            ("codings that nobody can read are not asked for",), "passes no accept-encoding: gzip"
        ),
        **dict.fromkeys(("blanks around a value",), "passes no x-a: b c"),
        **dict.fromkeys(("preflight",), "shows access-control-allow-headers"),
        **dict.fromkeys(
            ("preflight grants declared headers",),
            "shows no access-control-allow-headers: authorization, x-request-id, content-type",
        ),
        **dict.fromkeys(("credentials before the body",), "goes on with the connection, in step"),
        **dict.fromkeys(("optional body left out",), "passes no content-length: 0"),
        **dict.fromkeys(
            (
                "answer: 100 first",
                "answer: 103 first",
                "replaced: half body",
            ),
            "answers 502",
        ),
        **dict.fromkeys(
            ("answer: better headers",),
            "shows no referrer-policy: same-origin; shows no cache-control: max-age=5",
        ),
        **dict.fromkeys(("answer: hop headers",), "shows x-hop; shows keep-alive"),
        **dict.fromkeys(
            (
                "answer: gzip",
                "answer: deflate",
                "replaced: http/0.9",
            ),
            "answers 500",
        ),
    },
    "envoy": {
        "HEAD documented, an answer that is not": "lets it pass",
        "replaced: unknown status": "answers 500",
        **dict.fromkeys(
            (
                "TE twice",
                "TE twice, one hidden",
            ),
            "answers 501",
        ),
        **dict.fromkeys(
            (
                "bare LF everywhere",
                "bare LF after the request line",
                "bare LF after a header",
                "bare LF as the empty line",
                "bare CR in a value",
                "CR CR LF",
                "obs-fold",
                "obs-fold with a tab",
                "tab in the request line",
                "two spaces in the request line",
                "space after the version",
                "two empty lines first",
                "bare LF first",
                "8 KB target",
                "chunk data with LF only",
                "chunk size with a blank",
                "trailer with a fold",
                "replaced: bare lf",
                "replaced: obs-fold",
                "replaced: bare cr",
            ),
            "lets it pass",
        ),
        **dict.fromkeys(
            (
                "HTTP/1.0",
                "HTTP/1.2",
                "HTTP/2.0",
                "HTTP/0.9",
            ),
            "answers 426",
        ),
        **dict.fromkeys(("unknown expectation",), "goes on with the connection, in step"),
        **dict.fromkeys(("Connection names Authorization",), "answers 401"),
        **dict.fromkeys(
            ("Connection names Content-Type",),
            "answers 415",
        ),
        **dict.fromkeys(("64 KB target",), "answers 431"),
        **dict.fromkeys(("chunk data too long",), "answers 422"),
        **dict.fromkeys(
            (
                "chunk extension without end",
                "too large in chunks, streamed",
            ),
            "answers 408",
        ),
        **dict.fromkeys(("second malformed",), "answers 200, 426"),
        **dict.fromkeys(
            (
                "target '*'",
                "target 'http://other.example/v1/things'",
                "target 'http://api.example.com/v1/things'",
                "target 'https://api.example.com/v1/things'",
                "CONNECT",
                "OPTIONS *",
            ),
            "answers 404",
        ),
        **dict.fromkeys(("WebSocket is not granted",), "answers 403"),
        **dict.fromkeys(
            ("codings that nobody can read are not asked for",), "passes no accept-encoding: gzip"
        ),
        **dict.fromkeys(
            (
                "preflight",
                "preflight for a verb that is not there",
                "preflight grants declared headers",
                "preflight for cookies",
            ),
            "answers 200",
        ),
        **dict.fromkeys(
            (
                "100-continue, refused before the body",
                "100-continue, too large",
            ),
            "ends or begins otherwise",
        ),
        **dict.fromkeys(("100-continue, no credentials",), "answers 100"),
        **dict.fromkeys(
            (
                "answer: chunked",
                "answer: until close",
            ),
            "shows no content-length: 16",
        ),
        **dict.fromkeys(
            ("answer: better headers",),
            "shows no referrer-policy: same-origin; shows no cache-control: max-age=5",
        ),
        **dict.fromkeys(("answer: hop headers",), "shows x-hop"),
        **dict.fromkeys(
            (
                "answer: gzip",
                "answer: deflate",
                "replaced: chunk too long",
                "replaced: 101",
            ),
            "answers 500",
        ),
        **dict.fromkeys(
            (
                "answer: 204 with a body",
                "answer: 204 in chunks",
            ),
            "answers 502",
        ),
        **dict.fromkeys(("replaced: 100 for ever",), "answers 504"),
        **dict.fromkeys(
            (
                "replaced: nothing",
                "replaced: reset",
            ),
            "answers 503",
        ),
    },
    "haproxy": {
        "HEAD documented, an answer that is not": "lets it pass",
        "replaced: unknown status": "answers 500",
        **dict.fromkeys(
            (
                "CL and TE",
                "TE and CL 0",
                "TE gzip, chunked",
                "CL twice, equal",
                "CL 5, 5",
            ),
            "answers 422",
        ),
        **dict.fromkeys(
            (
                "TE xchunked",
                "TE chunked, identity",
                "TE identity",
                "TE quoted",
                "300 headers",
                "WebSocket is not granted",
            ),
            "answers 400",
        ),
        **dict.fromkeys(
            (
                "bare LF everywhere",
                "bare LF after the request line",
                "bare LF after a header",
                "bare LF as the empty line",
                "obs-fold",
                "obs-fold with a tab",
                "tab in the request line",
                "two spaces in the request line",
                "two equal Hosts",
                "two empty lines first",
                "bare LF first",
                "chunk size with a blank",
                "trailer with a fold",
                "replaced: cut chunks",
                "replaced: bare lf",
                "replaced: obs-fold",
            ),
            "lets it pass",
        ),
        **dict.fromkeys(("trailers go no further",), "passes x-admin"),
        **dict.fromkeys(("chunk extension without end",), "answers 408"),
        **dict.fromkeys(
            ("codings that nobody can read are not asked for",), "passes no accept-encoding: gzip"
        ),
        **dict.fromkeys(("preflight",), "shows access-control-allow-headers"),
        **dict.fromkeys(
            ("preflight grants declared headers",),
            "shows no access-control-allow-headers: authorization, x-request-id, content-type",
        ),
        **dict.fromkeys(
            (
                "too large",
                "100-continue, refused before the body",
                "100-continue, no credentials",
                "100-continue, too large",
            ),
            "answers, and keeps the connection until the body has come",
        ),
        **dict.fromkeys(("credentials before the body",), "goes on with the connection, in step"),
        **dict.fromkeys(("optional body left out",), "passes no content-length: 0"),
        **dict.fromkeys(("too large in chunks, streamed",), "answers 504"),
        **dict.fromkeys(("answer: chunked",), "shows no content-length: 16"),
        **dict.fromkeys(
            (
                "answer: until close",
                "answer: http/1.0",
                "answer: 100 first",
                "answer: 103 first",
                "answer: events",
                "replaced: 100 for ever",
            ),
            "ends or begins otherwise",
        ),
        **dict.fromkeys(
            ("answer: better headers",),
            "shows no referrer-policy: same-origin; shows no cache-control: max-age=5",
        ),
        **dict.fromkeys(("answer: hop headers",), "shows x-hop"),
        **dict.fromkeys(
            (
                "answer: gzip",
                "answer: deflate",
                "replaced: status of two digits",
            ),
            "answers 500",
        ),
        **dict.fromkeys(("padded",), "shows no content-length: 1024"),
        **dict.fromkeys(("broken stream: bad stream chunk",), "answers 502"),
    },
    "kong": {  # as far as its Lua is run: see guard_kong.py
        **dict.fromkeys(
            (
                "undeclared media type",
                "no media type",
                "form",
                "text/plain with JSON",
                "encoded body",
                "credentials before the body",
            ),
            "goes on with the connection, in step",
        ),
        **dict.fromkeys(
            (
                "too large",
                "too large, with all of it",
                "too large in chunks",
                "too large in chunks, streamed",
                "100-continue, refused before the body",
                "100-continue, no credentials",
                "100-continue, too large",
            ),
            "leaves the size to its request-size-limiting, and interim answers to nginx",
        ),
        **dict.fromkeys(
            (
                "answer: good",
                "answer: banners",
                "answer: better headers",
                "no store where credentials are asked for",
            ),
            "leaves that to its response-transformer",
        ),
        **dict.fromkeys(("answer: chunked",), "shows no content-length: 16"),
        **dict.fromkeys(("answer: gzip", "answer: deflate"), "answers 500"),
        **dict.fromkeys(("padded",), "shows no content-length: 1024"),
    },
}
