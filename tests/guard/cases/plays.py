"""What the upstream answers, byte by byte, when a request's X-Play names it."""

from __future__ import annotations

import gzip
import zlib

from cases.answer_bodies import BODIES, ENCODED
from cases.answer_headers import PLAYS as HEADERS
from cases.case import EVIL, GOOD_LIST

CUT = b"<cut>"  # the connection ends here
RESET = b"<reset>"  # the connection is reset here
HANG = b"<hang>"  # nothing more comes
ENDLESS = b"<endless>"  # it never ends


def answer(
    body: bytes = GOOD_LIST, *headers: str, status: str = "200 OK", media: str = "application/json"
) -> bytes:
    kind = (f"Content-Type: {media}",) if media else ()
    head = "\r\n".join((f"HTTP/1.1 {status}", *kind, f"Content-Length: {len(body)}", *headers))
    return head.encode("latin-1") + b"\r\n\r\n" + body


def unframed(body: bytes, *headers: str, status: str = "200 OK", media: str = "application/json") -> bytes:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Type: {media}", *headers))
    return head.encode("latin-1") + b"\r\n\r\n" + body


def chunked(body: bytes, *headers: str, media: str = "application/json", end: bytes = b"0\r\n\r\n") -> bytes:
    return unframed(
        b"%x\r\n%b\r\n" % (len(body), body) + end, "Transfer-Encoding: chunked", *headers, media=media
    )


TRACE = b"Traceback (most recent call last):\n  File app.py\nsqlalchemy.exc.OperationalError: secret"
EVENTS = b"data: 1\n\ndata: 2\n\n"
STREAM = "text/event-stream"

PLAYS: dict[str, bytes] = {
    "good": answer(),
    "charset": answer(media="application/json; charset=utf-8"),
    "upper": answer(media="APPLICATION/JSON"),
    "chunked": chunked(GOOD_LIST),
    "chunked upper": answer().replace(b"Content-Length: 16", b"Transfer-Encoding: CHUNKED").replace(GOOD_LIST, b"10\r\n" + GOOD_LIST + b"\r\n0\r\n\r\n"),
    "chunk extension": chunked(GOOD_LIST).replace(b"10\r\n", b"10;a=b\r\n"),
    "trailers": chunked(GOOD_LIST, end=b"0\r\nX-Secret: 1\r\n\r\n"),
    "until close": unframed(GOOD_LIST) + CUT,
    "http/1.0": unframed(GOOD_LIST).replace(b"HTTP/1.1", b"HTTP/1.0") + CUT,
    "no reason": answer().replace(b"200 OK", b"200"),
    "empty reason": answer().replace(b"200 OK", b"200 "),
    "100 first": b"HTTP/1.1 100 Continue\r\n\r\n" + answer(),
    "103 first": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + answer(),
    "cookies": answer(GOOD_LIST, "Set-Cookie: sid=1", "X-A: b", "Set-Cookie: theme=dark; Path=/", "Set-Cookie: csrftoken=2; SameSite=Strict"),
    "banners": answer(GOOD_LIST, "Server: Werkzeug/3", "X-Powered-By: Flask", "X-Runtime: 0.1", "X-AspNet-Version: 4"),
    "grants": answer(GOOD_LIST, f"Access-Control-Allow-Origin: {EVIL}", "Access-Control-Allow-Credentials: true"),
    "better headers": answer(GOOD_LIST, "Referrer-Policy: same-origin", "X-Frame-Options: ALLOWALL", "Cache-Control: max-age=5"),
    "hop headers": answer(GOOD_LIST, "Connection: keep-alive, X-Hop", "Keep-Alive: timeout=5", "X-Hop: 1", "Proxy-Authenticate: Basic"),
    "gzip": answer(gzip.compress(GOOD_LIST), "Content-Encoding: gzip"),
    "deflate": answer(zlib.compress(GOOD_LIST), "Content-Encoding: deflate"),
    "304": b"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n",
    "304 with a length": b"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 16\r\n\r\n",
    "problem": answer(b'{"title":"Not here"}', status="404 Not Found", media="application/problem+json"),
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "204 with a body": answer(GOOD_LIST, status="204 No Content"),
    "204 in chunks": b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "304 with a body": answer(GOOD_LIST, status="304 Not Modified"),
    "events": unframed(EVENTS, media=STREAM) + CUT,
    "events in chunks": chunked(EVENTS, media=STREAM),
    "events, counted": answer(EVENTS, media=STREAM),
    "206": answer(b"da", "Content-Range: bytes 0-1/18", status="206 Partial Content", media=STREAM),
    # What must not get out
    "wrong type": answer(b'[{"name":7}]'),
    "writeOnly": answer(b'[{"name":"mug","password":"x"}]'),
    "additional": answer(b'[{"name":"mug","cost":1}]'),
    "twice": answer(b'[{"name":"mug","name":"x"}]'),
    "nan": answer(b"[NaN]"),
    "bom": answer(b"\xef\xbb\xbf[]"),
    "not utf-8": answer(b'[{"name":"\xff"}]'),
    "surrogate": answer(b'[{"name":"\\ud800"}]'),
    "deep": answer(b"[" * 500 + b"]" * 500),
    "empty": answer(b""),
    "garbage after": answer(GOOD_LIST + b"<script>"),
    "page": answer(b"<h1>Debugger</h1>", media="text/html"),
    "no media type": answer(media=""),
    "HEAD of a page": answer(b"", "X-Debug: 1", media="text/html"),
    "two media types": answer(GOOD_LIST, "Content-Type: text/html"),
    "undeclared status": answer(status="201 Created"),
    "redirect": answer(b"", "Location: http://169.254.169.254/", status="302 Found", media=""),
    "trace": answer(TRACE, status="500 Internal Server Error", media="text/plain"),
    "debug page": answer(b"<html>DEBUG = True</html>", "X-Debug-Token: a", status="404 Not Found", media="text/html"),
    "unknown status": answer(status="799 What"),
    "large": answer(b"[" + b'{"name":"mug"},' * 100_000 + b'{"name":"mug"}]'),
    "gzip that is none": answer(GOOD_LIST, "Content-Encoding: gzip"),
    "gzip cut": answer(gzip.compress(GOOD_LIST)[:-4], "Content-Encoding: gzip"),
    "gzip bomb": answer(gzip.compress(b" " * 50_000_000 + GOOD_LIST), "Content-Encoding: gzip"),
    "gzip of wrong": answer(gzip.compress(b'[{"name":7}]'), "Content-Encoding: gzip"),
    "br": answer(GOOD_LIST, "Content-Encoding: br"),
    "gzip thrice": answer(gzip.compress(gzip.compress(gzip.compress(GOOD_LIST))), "Content-Encoding: gzip, gzip, gzip"),
    # Answers that are none
    "cut": answer().replace(b"16", b"99") + CUT,
    "cut head": b"HTTP/1.1 200 OK\r\nContent-" + CUT,
    "cut chunks": chunked(GOOD_LIST, end=b"") + CUT,
    "nothing": CUT,
    "reset": RESET,
    "reset in the body": answer().replace(b"16", b"99") + RESET,
    "cut stream": unframed(b"5\r\ndata:\r\n", "Transfer-Encoding: chunked", media=STREAM) + CUT,
    "cut counted stream": answer(EVENTS, media=STREAM).replace(b"18", b"99") + CUT,
    "not http": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "http/0.9": b"<html>hello</html>\r\n\r\n" + CUT,
    "http/2": b"HTTP/2 200\r\n\r\n",
    "status of two digits": answer(status="20 OK"),
    "bare lf": answer().replace(b"\r\n", b"\n"),
    "obs-fold": answer(GOOD_LIST, "X-A: b\r\n c"),
    "nul": answer(GOOD_LIST, "X-A: b\0c"),
    "bare cr": answer(GOOD_LIST, "X-A: b\rX-C: d"),
    "space before colon": answer(GOOD_LIST, "X-A : b"),
    "cl and te": answer(GOOD_LIST, "Transfer-Encoding: chunked"),
    "two lengths": answer(GOOD_LIST, "Content-Length: 15"),
    "length +16": answer().replace(b": 16", b": +16"),
    "length too short": answer().replace(b": 16", b": 15"),
    "te gzip": unframed(GOOD_LIST, "Transfer-Encoding: gzip") + CUT,
    "bad chunk": chunked(GOOD_LIST).replace(b"10\r\n", b"zz\r\n"),
    "chunk overflow": chunked(GOOD_LIST).replace(b"10\r\n", b"fffffffffffffffff\r\n"),
    "lf chunk": chunked(GOOD_LIST).replace(b"10\r\n", b"10\n"),
    "chunk too long": chunked(GOOD_LIST).replace(b"10\r\n", b"0f\r\n"),
    "bad stream chunk": unframed(b"5\r\ndata:\r\nzz\r\n", "Transfer-Encoding: chunked", media=STREAM),
    "large head": answer(GOOD_LIST, "X-A: " + "b" * 100_000),
    "101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    "100 for ever": b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
    "two answers": answer() + answer(),
    "hang": HANG,
    "half head": b"HTTP/1.1 200 OK\r\n" + HANG,
    "half body": answer().replace(b"16", b"99") + HANG,
    "half stream": unframed(b"5\r\ndata:\r\n", "Transfer-Encoding: chunked", media=STREAM) + HANG,
    "endless": unframed(b"", media="application/json") + ENDLESS,
}  # fmt: skip
PLAYS |= {name: answer(GOOD_LIST, *headers) for name, headers in HEADERS.items()}
PLAYS |= {name.replace("\\", ""): answer(body, media=media) for name, (media, body) in BODIES.items()}
PLAYS |= {
    name: answer(body, "Content-Encoding: gzip", media=media) for name, (media, body) in ENCODED.items()
}
