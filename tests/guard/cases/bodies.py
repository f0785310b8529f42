"""Bodies of requests."""

from __future__ import annotations

from cases.case import GOOD_THING, JSON, TOKEN, Case, asked, posted

_POST = "POST /v1/things"
_LOGIN = (TOKEN, JSON)


def _bad(name: str, body: bytes) -> Case:
    return Case(
        f"body: {name}", posted(_POST, body, *_LOGIN), (422,), 0, shows=(b"application/problem+json",)
    )


CASES = (
    Case("body", posted(_POST, GOOD_THING, *_LOGIN), (201,), got=(GOOD_THING, b"content-length: 14\r\n")),
    Case("body with charset", posted(_POST, GOOD_THING, TOKEN, "Content-Type: application/json; charset=utf-8"), (201,)),
    Case("writeOnly may be sent", posted(_POST, b'{"name":"mug","password":"x"}', *_LOGIN), (201,)),
    Case("blanks around JSON", posted(_POST, b" \n" + GOOD_THING + b"\n", *_LOGIN), (201,)),
    _bad("empty object", b"{}"),
    _bad("wrong type", b'{"name":7}'),
    _bad("too long", b'{"name":"01234567890"}'),
    _bad("additional", b'{"name":"mug","admin":true}'),
    _bad("array", b"[]"),
    _bad("null", b"null"),
    _bad("a key twice", b'{"name":"mug","name":"x"}'),
    _bad("a key twice, escaped", b'{"name":"mug","n\\u0061me":"x"}'),
    _bad("NaN", b'{"name":NaN}'),
    _bad("byte order mark", b"\xef\xbb\xbf" + GOOD_THING),
    _bad("not UTF-8", b'{"name":"\xff"}'),
    _bad("half a surrogate pair", b'{"name":"\\ud800"}'),
    _bad("trailing garbage", GOOD_THING + b"x"),
    _bad("two values", GOOD_THING + GOOD_THING),
    _bad("comment", b"/**/" + GOOD_THING),
    _bad("trailing comma", b'{"name":"mug",}'),
    _bad("single quotes", b"{'name':'mug'}"),
    _bad("deep nesting", b"[" * 100_000),
    _bad("half", GOOD_THING[:-1]),
    Case("no body", asked(_POST, *_LOGIN), (422,), 0),
    Case("body of length 0", asked(_POST, *_LOGIN, "Content-Length: 0"), (422,), 0),
    Case("undeclared media type", posted(_POST, b"<a/>", TOKEN, "Content-Type: text/xml"), (415,), 0, closes=True),
    Case("no media type", posted(_POST, GOOD_THING, TOKEN), (415,), 0, closes=True),
    Case("form", posted(_POST, b"name=mug", TOKEN, "Content-Type: application/x-www-form-urlencoded"), (415,), 0, closes=True),
    Case("text/plain with JSON", posted(_POST, GOOD_THING, TOKEN, "Content-Type: text/plain"), (415,), 0, closes=True),
    Case("encoded body", posted(_POST, GOOD_THING, *_LOGIN, "Content-Encoding: gzip"), (415,), 0, closes=True),
    Case("too large", asked(_POST, *_LOGIN, "Content-Length: 2000000"), (413,), 0, closes=True),
    Case("too large, with all of it", posted(_POST, b" " * 1_100_000, *_LOGIN), (413,), 0, closes=True),
    Case("too large in chunks", asked(_POST, *_LOGIN, "Transfer-Encoding: chunked", body=(b"10000\r\n" + b" " * 65_536 + b"\r\n") * 17), (413,), 0,
         closes=True),
    Case("large", posted(_POST, b" " * 1_000_000 + GOOD_THING, *_LOGIN), (201,)),
    Case("credentials before the body", posted(_POST, GOOD_THING, JSON), (401,), 0, closes=True),
    Case("body that is not judged streams", posted("PUT /v1/things/7", b"a;b\n" * 1_000, "Content-Type: text/csv"), (200,), got=(b"a;b\n" * 1_000,)),
    Case("chunks that are not judged", asked("PUT /v1/things/7", "Content-Type: text/csv", "Transfer-Encoding: chunked", body=b"4\r\na;b\n\r\n" * 10 + b"0\r\n\r\n"),
         (200,), got=(b"a;b\n",)),
    Case("optional body left out", asked("PUT /v1/things/7"), (200,), got=(b"content-length: 0\r\n",), wire=True),
    Case("too large in chunks, streamed", asked("PUT /v1/things/7", "Content-Type: text/csv", "Transfer-Encoding: chunked",
         body=(b"10000\r\n" + b" " * 65_536 + b"\r\n") * 17), (413,), -1, closes=True),
    Case("100-continue", posted(_POST, GOOD_THING, *_LOGIN, "Expect: 100-continue"), (100, 201), got_not=(b"expect",), wire=True),
    Case("100-continue, refused before the body", asked("PUT /v1/things", "Expect: 100-continue", "Content-Length: 5"), (405,), 0, closes=True),
    Case("100-continue, no credentials", asked(_POST, JSON, "Expect: 100-continue", "Content-Length: 5"), (401,), 0, closes=True),
    Case("100-continue, too large", asked(_POST, *_LOGIN, "Expect: 100-continue", "Content-Length: 2000000"), (413,), 0, closes=True),
)  # fmt: skip
