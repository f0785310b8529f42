"""Smuggling: heads and bodies that two readers may read as two."""

from __future__ import annotations

from cases.case import GOOD_THING, HOST, JSON, TOKEN, Case, asked, posted, refused

_POST = "POST /v1/things"
_LOGIN = (TOKEN, JSON)
_CHUNKED = (*_LOGIN, "Transfer-Encoding: chunked")
_NEXT = asked("GET /v1/things")


def _raw(text: str) -> bytes:
    return text.encode("latin-1")


def _chunked(body: bytes, *headers: str) -> bytes:
    return asked(_POST, *_CHUNKED, *headers, body=body)


HEADS = (
    refused("CL and TE", asked(_POST, *_CHUNKED, "Content-Length: 5", body=b"0\r\n\r\n")),
    refused("TE and CL 0", asked(_POST, *_CHUNKED, "Content-Length: 0", body=b"0\r\n\r\n")),
    refused("TE xchunked", asked(_POST, *_LOGIN, "Transfer-Encoding: xchunked", body=b"0\r\n\r\n"), 501),
    refused("TE chunked, identity", asked(_POST, *_LOGIN, "Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"), 501),
    refused("TE identity", asked(_POST, *_LOGIN, "Transfer-Encoding: identity", body=b"0\r\n\r\n"), 501),
    refused("TE gzip, chunked", asked(_POST, *_LOGIN, "Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"), 501),
    refused("TE twice", _chunked(b"0\r\n\r\n", "Transfer-Encoding: chunked")),
    refused("TE twice, one hidden", _chunked(b"0\r\n\r\n", "Transfer-Encoding: x")),
    refused("TE space before colon", asked(_POST, *_LOGIN, "Transfer-Encoding : chunked", body=b"0\r\n\r\n")),
    refused("TE tab before colon", asked(_POST, *_LOGIN, "Transfer-Encoding\t: chunked", body=b"0\r\n\r\n")),
    refused("TE vertical tab", asked(_POST, *_LOGIN, "Transfer-Encoding:\x0bchunked", body=b"0\r\n\r\n")),
    refused("TE quoted", asked(_POST, *_LOGIN, 'Transfer-Encoding: "chunked"', body=b"0\r\n\r\n"), 501),
    refused("CL twice, differing", asked(_POST, *_LOGIN, "Content-Length: 5", "Content-Length: 6", body=b"12345")),
    refused("CL twice, equal", asked(_POST, *_LOGIN, "Content-Length: 5", "Content-Length: 5", body=b"12345")),
    refused("CL +5", asked(_POST, *_LOGIN, "Content-Length: +5", body=b"12345")),
    refused("CL -1", asked(_POST, *_LOGIN, "Content-Length: -1")),
    refused("CL 5, 5", asked(_POST, *_LOGIN, "Content-Length: 5, 5", body=b"12345")),
    refused("CL 0x5", asked(_POST, *_LOGIN, "Content-Length: 0x5", body=b"12345")),
    refused("CL 5 5", asked(_POST, *_LOGIN, "Content-Length: 5 5", body=b"12345")),
    refused("CL empty", asked(_POST, *_LOGIN, "Content-Length:", body=b"12345")),
    refused("CL overflow", asked(_POST, *_LOGIN, "Content-Length: 18446744073709551621", body=b"12345")),
    refused("CL superscript", asked(_POST, *_LOGIN, "Content-Length: \xb2", body=b"12")),
    refused("CL 1_0", asked(_POST, *_LOGIN, "Content-Length: 1_0", body=b"1234567890")),
    refused("bare LF everywhere", _raw(f"GET /v1/things HTTP/1.1\nHost: {HOST}\n\n")),
    refused("bare LF after the request line", _raw(f"GET /v1/things HTTP/1.1\nHost: {HOST}\r\n\r\n")),
    refused("bare LF after a header", _raw(f"GET /v1/things HTTP/1.1\r\nHost: {HOST}\nX-A: b\r\n\r\n")),
    refused("bare LF as the empty line", _raw(f"GET /v1/things HTTP/1.1\r\nHost: {HOST}\r\n\n")),
    refused("bare CR in a value", asked("GET /v1/things", "X-A: b\rX-C: d")),
    refused("bare CR as the line end", _raw(f"GET /v1/things HTTP/1.1\r\nHost: {HOST}\rX-A: b\r\n\r\n")),
    refused("CR CR LF", _raw(f"GET /v1/things HTTP/1.1\r\nHost: {HOST}\r\r\n\r\n")),
    refused("obs-fold", asked("GET /v1/things", "X-A: b\r\n c")),
    refused("obs-fold with a tab", asked("GET /v1/things", "X-A: b\r\n\tc")),
    refused("fold before the first header", _raw(f"GET /v1/things HTTP/1.1\r\n X-A: b\r\nHost: {HOST}\r\n\r\n")),
    refused("NUL in a value", asked("GET /v1/things", "X-A: b\0c")),
    refused("NUL in a name", asked("GET /v1/things", "X\0A: b")),
    refused("control character in a value", asked("GET /v1/things", "X-A: b\x01c")),
    refused("DEL in a value", asked("GET /v1/things", "X-A: b\x7fc")),
    refused("space in a name", asked("GET /v1/things", "X A: b")),
    refused("line without a colon", asked("GET /v1/things", "X-A")),
    refused("empty name", asked("GET /v1/things", ": b")),
    refused("name in Latin-1", asked("GET /v1/things", "X-\xe4: b")),
    refused("name in brackets", asked("GET /v1/things", "(X): b")),
    refused("tab in the request line", _raw(f"GET\t/v1/things HTTP/1.1\r\nHost: {HOST}\r\n\r\n")),
    refused("two spaces in the request line", _raw(f"GET  /v1/things HTTP/1.1\r\nHost: {HOST}\r\n\r\n")),
    refused("space in the target", _raw(f"GET /v1/things x HTTP/1.1\r\nHost: {HOST}\r\n\r\n")),
    refused("space after the version", _raw(f"GET /v1/things HTTP/1.1 \r\nHost: {HOST}\r\n\r\n")),
    refused("space before the method", _raw(f" GET /v1/things HTTP/1.1\r\nHost: {HOST}\r\n\r\n")),
    refused("no Host", b"GET /v1/things HTTP/1.1\r\nX-A: b\r\n\r\n"),
    refused("no header at all", b"GET /v1/things HTTP/1.1\r\n\r\n"),
    refused("two Hosts", asked("GET /v1/things", "Host: evil.example")),
    refused("two equal Hosts", asked("GET /v1/things", f"Host: {HOST}")),
    refused("Host empty", b"GET /v1/things HTTP/1.1\r\nHost:\r\n\r\n"),
    refused("Host with a path", b"GET /v1/things HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    refused("Host with userinfo", b"GET /v1/things HTTP/1.1\r\nHost: a@b\r\n\r\n"),
    refused("Host with a blank", b"GET /v1/things HTTP/1.1\r\nHost: a b\r\n\r\n"),
    refused("Host with a comma", b"GET /v1/things HTTP/1.1\r\nHost: a,b\r\n\r\n"),
    refused("Host with letters as port", b"GET /v1/things HTTP/1.1\r\nHost: a:b\r\n\r\n"),
    refused("HTTP/1.0", _raw(f"GET /v1/things HTTP/1.0\r\nHost: {HOST}\r\n\r\n")),
    refused("HTTP/1.2", _raw(f"GET /v1/things HTTP/1.2\r\nHost: {HOST}\r\n\r\n")),
    refused("HTTP/2.0", _raw(f"GET /v1/things HTTP/2.0\r\nHost: {HOST}\r\n\r\n")),
    refused("HTTP/0.9", b"GET /v1/things\r\n\r\n"),
    refused("HTTP/01.1", _raw(f"GET /v1/things HTTP/01.1\r\nHost: {HOST}\r\n\r\n")),
    refused("http/1.1", _raw(f"GET /v1/things http/1.1\r\nHost: {HOST}\r\n\r\n")),
    refused("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    refused("TLS to a plain port", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n"),
    refused("two empty lines first", b"\r\n\r\n" + _NEXT),
    refused("bare LF first", b"\n" + _NEXT),
    refused("unknown expectation", asked("GET /v1/things", "Expect: 200-ok"), 417),
    refused("Connection names Authorization", asked("GET /v1/things/7", TOKEN, "Connection: close, Authorization")),
    refused("Connection names Content-Type", posted(_POST, GOOD_THING, *_LOGIN, "Connection: content-type")),
    refused("Connection names X-Forwarded-For", asked("GET /v1/things", "Connection: X-Forwarded-For")),
    refused("twice Authorization", asked("GET /v1/things/7", TOKEN, "Authorization: Bearer d")),
    refused("twice Content-Type", posted(_POST, GOOD_THING, *_LOGIN, "Content-Type: text/plain")),
    refused("64 KB header", asked("GET /v1/things", "X-A: " + "b" * 65_536), 431),
    refused("300 headers", asked("GET /v1/things", *(f"X-{n}: 1" for n in range(300))), 431, wire=False),
    refused("8 KB target", asked("GET /v1/things?a=" + "b" * 8_000), 414, wire=False),
    refused("64 KB target", asked("GET /v1/things?a=" + "b" * 65_536), 414),
)  # fmt: skip

BODIES = (
    Case("chunked body", _chunked(b"e\r\n" + GOOD_THING + b"\r\n0\r\n\r\n"), (201,), got=(GOOD_THING,)),
    Case("chunked, in pieces", _chunked(b"7\r\n" + GOOD_THING[:7] + b"\r\n07\r\n" + GOOD_THING[7:] + b"\r\n0\r\n\r\n"),
         (201,), got=(GOOD_THING,)),
    Case("Transfer-Encoding: Chunked", asked(_POST, *_LOGIN, "Transfer-Encoding: Chunked", body=b"e\r\n" + GOOD_THING + b"\r\n0\r\n\r\n"),
         (201,), got=(GOOD_THING,)),
    Case("chunk extension", _chunked(b"e;a=b\r\n" + GOOD_THING + b"\r\n0\r\n\r\n"), (201,), got_not=(b"a=b",), wire=True),
    Case("trailers go no further", _chunked(b"e\r\n" + GOOD_THING + b"\r\n0\r\nX-Admin: 1\r\n\r\n"), (201,), got_not=(b"x-admin",), wire=True),
    refused("chunk size overflow", _chunked(b"FFFFFFFFFFFFFFFFF\r\n" + GOOD_THING + b"\r\n0\r\n\r\n")),
    refused("chunk size 0x5", _chunked(b"0x5\r\n12345\r\n0\r\n\r\n")),
    refused("chunk size with LF only", _chunked(b"e\n" + GOOD_THING + b"\r\n0\r\n\r\n")),
    refused("chunk data with LF only", _chunked(b"e\r\n" + GOOD_THING + b"\n0\r\n\r\n")),
    refused("chunk data too long", _chunked(b"5\r\n" + GOOD_THING + b"\r\n0\r\n\r\n")),
    refused("chunk size empty", _chunked(b"\r\n" + GOOD_THING + b"\r\n0\r\n\r\n")),
    refused("chunk size negative", _chunked(b"-1\r\n\r\n0\r\n\r\n")),
    refused("chunk size with a blank", _chunked(b"e \r\n" + GOOD_THING + b"\r\n0\r\n\r\n")),
    refused("chunk size after a blank", _chunked(b" e\r\n" + GOOD_THING + b"\r\n0\r\n\r\n")),
    refused("chunk extension with a bare LF", _chunked(b"e;a\nb\r\n" + GOOD_THING + b"\r\n0\r\n\r\n")),
    refused("chunk extension with a bare CR", _chunked(b"e;a\rb\r\n" + GOOD_THING + b"\r\n0\r\n\r\n")),
    refused("chunk extension without end", _chunked(b"e;" + b"a" * 5_000)),
    refused("last chunk with LF only", _chunked(b"e\r\n" + GOOD_THING + b"\r\n0\n\n")),
    refused("trailer without a colon", _chunked(b"e\r\n" + GOOD_THING + b"\r\n0\r\nx\r\n\r\n")),
    refused("trailer with a fold", _chunked(b"e\r\n" + GOOD_THING + b"\r\n0\r\nx: y\r\n z\r\n\r\n")),
)  # fmt: skip

PIPELINES = (
    Case("two in one", _NEXT + _NEXT, (200, 200), 2),
    Case("second forbidden", _NEXT + asked("GET /v1/admin"), (200, 404), 1),
    Case("first forbidden", asked("DELETE /v1/things") + _NEXT, (405, 200), 1),
    Case("second malformed", _NEXT + b"GET /v1/things\r\n\r\n", (200, 400), 1, closes=True, wire=True),
    Case("a body and one more", posted(_POST, GOOD_THING, *_LOGIN) + _NEXT, (201, 200), 2),
    Case("chunks and one more", _chunked(b"e\r\n" + GOOD_THING + b"\r\n0\r\n\r\n") + _NEXT, (201, 200), 2),
    Case("a refused body and one more", posted(_POST, b"{}", *_LOGIN) + _NEXT, (422, 200), 1),
    Case("after Connection: close nothing is read", asked("GET /v1/things", "Connection: close") + _NEXT, (200,), 1, closes=True),
    Case("a request hidden in a GET's body", asked("GET /v1/things", JSON, f"Content-Length: {len(_NEXT)}", body=_NEXT), (415,), 0, closes=True),
    Case("ten in one", _NEXT * 10, (200,) * 10, 10),
    Case("one empty line first", b"\r\n" + _NEXT, (200,), 1),
    Case("an empty line between", _NEXT + b"\r\n" + _NEXT, (200, 200), 2),
)  # fmt: skip
CASES = HEADS + BODIES + PIPELINES
