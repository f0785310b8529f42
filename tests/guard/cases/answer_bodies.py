"""Bodies of answers that are not JSON."""

from __future__ import annotations

import gzip

from cases.case import Case, asked

_XML, _TEXT, _FORM = "application/xml", "text/plain", "application/x-www-form-urlencoded"
_ORDER = b'<o:order xmlns:o="urn:shop"><o:name>mug</o:name></o:order>'
_GOOD: tuple[tuple[str, bytes], ...] = (
    (_XML, _ORDER), (f"{_XML}; charset=UTF-8", _ORDER), (_TEXT, b"mug"), (f"{_TEXT}; charset=iso-8859-1", b"caf\xe9 au lait"), (_FORM, b"a=1"), (_FORM, b"a=1&b=2"),
    ("text/html", b"<h1>any</h1>"), ("application/rss+xml", b"<rss>any</rss>"),
)  # fmt: skip
_BAD: tuple[tuple[str, bytes], ...] = (
    (_XML, _ORDER.replace(b"o:name", b"o:cost")), (_XML, b"<html>Traceback</html>"), (_XML, b"<!DOCTYPE o>" + _ORDER), (_XML, _ORDER[:-1]), (_XML, b""),
    (_TEXT, b"Traceback"), (_TEXT, b"\xff"), (_FORM, b"a=x"), (_FORM, b"b=1"), (_FORM, b"a=1&a=2"), (_FORM, b"a=%"),
)  # fmt: skip
BODIES = {f"as {kind}: {body!r}": (kind, body) for kind, body in _GOOD + _BAD}
ENCODED = {
    "as text, encoded": (_TEXT, gzip.compress(b"mug")),
    "as text, encoded, too long": (_TEXT, gzip.compress(b"Traceback")),
}


def _asked(play: str) -> bytes:
    return asked("GET /v1/bodies/answers", play=play.replace("\\", ""))


CASES = (
    *(Case(f"answer {name}", _asked(name), (200,), body=body) for name, (_, body) in list(BODIES.items())[: len(_GOOD)]),
    *(Case(f"replaced: answer {name}", _asked(name), (500,), shows=(b"content-length: 512\r\n",), hides=(b"traceback",)) for name in list(BODIES)[len(_GOOD) :]),
    Case("answer as text, encoded", _asked("as text, encoded"), (200,), shows=(b"content-encoding: gzip\r\n",)),
    Case("replaced: answer as text, encoded, too long", _asked("as text, encoded, too long"), (500,), shows=(b"content-length: 512\r\n",)),
)  # fmt: skip
