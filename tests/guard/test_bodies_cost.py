"""2 MB of the worst that is known for each reader of bodies (`make proof`; a quarter of it in every run): in processor time,
with room for a slow machine."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from guard_contracts import compiled

from batten.guard.content.intake import body_objection
from proofs import PROOF

SIZE = 2_000_000 if PROOF else 500_000
MOST = 1.0  # seconds; the dearest take 0.3 for 2 MB on a machine of 2024
COMPILED = compiled()
FORM, MULTIPART, XML = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
)


def _full(piece: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    return before + piece * (SIZE // len(piece)) + after


def _part(name: bytes, more: bytes, body: bytes) -> bytes:
    return (
        b'--x\r\nContent-Disposition: form-data; name="' + name + b'"' + more + b"\r\n\r\n" + body + b"\r\n"
    )


def _order(inner: bytes) -> bytes:
    return b'<o:order xmlns:o="urn:shop"><o:name>a</o:name>' + inner + b"</o:order>"


def _counted(piece: bytes, number: int, between: bytes = b" ") -> bytes:
    return between.join(piece % n for n in range(number))


HOSTILE: dict[str, tuple[str, str, Callable[[], bytes]]] = {
    "fields": ("form", FORM, lambda: _full(b"a&")),
    "escapes": ("form", FORM, lambda: _full(b"%41", b"name=")),
    "long fields": ("form", FORM, lambda: _counted(b"a%d=" + b"%%41" * 600, SIZE // 2_010, b"&")),
    "items behind commas": ("form", FORM, lambda: _full(b"1,", b"name=a&sizes=")),
    "items behind bars": ("form", FORM, lambda: _full(b"%7C", b"name=a&bars=")),
    "brackets": ("form", FORM, lambda: _full(b"[a]", b"name=a&where", b"=1")),
    "JSON in a field": ("form", FORM, lambda: _full(b'"x":1,', b"name=a&place={", b'"y":1}')),
    "digits": ("form", FORM, lambda: _full(b"9", b"name=a&size=")),
    "parts": ("upload", MULTIPART, lambda: _full(_part(b"tags", b"", b""), after=b"--x--")),
    "blanks in a header": ("upload", MULTIPART, lambda: _full(_part(b"tags", b" " * 3_900, b""), after=b"--x--")),
    "parameters in a header": ("upload", MULTIPART, lambda: _full(_part(b"tags", b'; a="b"' * 500, b""), after=b"--x--")),
    "semicolons in a Content-Type": ("upload", MULTIPART, lambda: _full(_part(b"tags", b'"\r\nContent-Type: text/plain' + b";" * 3_800, b""), after=b"--x--")),
    "almost a boundary": ("upload", MULTIPART, lambda: _full(b"\r\n--", _part(b"name", b"", b"")[:-2], b"\r\n--x--")),
    "line ends": ("upload", MULTIPART, lambda: _full(b"\r\n", b"--x\r\n")),
    "a large file": ("upload", MULTIPART, lambda: _full(b"\xff", _part(b"name", b"", b"a") + _part(b"notes", b'; filename="a"', b"")[:-2], b"\r\n--x--")),
    "base64": ("upload", MULTIPART, lambda: _full(b"A", _part(b"name", b"", b"a") + _part(b"coded", b"", b"")[:-2], b"\r\n--x--")),
    "elements": ("xml", XML, lambda: _order(_full(b"<b/>"))),
    "items": ("xml", XML, lambda: _order(b"<tags/>" * (SIZE // 41))),
    "wrapped items": ("xml", XML, lambda: _order(b"<lines>" + b"<line><price>1</price></line>" * (SIZE // 84) + b"</lines>")),
    "attributes": ("xml", XML, lambda: _order(b"<a " + _counted(b'a%d="1"', SIZE // 11) + b"/>")),
    "attributes with a prefix": ("xml", XML, lambda: b'<o:order xmlns:o="urn:shop" ' + _counted(b'o:a%d="1"', SIZE // 45) + b"/>"),
    "namespaces": ("xml", XML, lambda: b"<a " + _counted(b'xmlns:b%d="u"', SIZE // 18) + b"/>"),
    "names": ("xml", XML, lambda: _order(_counted(b"<b%d/>", SIZE // 45))),
    "references": ("xml", XML, lambda: _order(_full(b"&#65;", b"<tags>", b"</tags>"))),
    "CDATA": ("xml", XML, lambda: _order(_full(b"<![CDATA[a]]>", b"<tags>", b"</tags>"))),
    "comments": ("xml", XML, lambda: _order(_full(b"<!---->"))),
    "depth": ("xml", XML, lambda: _full(b"<a>")),
    "empty lines": ("lines", "application/jsonl", lambda: _full(b"\n")),
    "lines": ("lines", "application/jsonl", lambda: b'{"name":"abcdefgh","size":1234567}\n' * (SIZE // 41)),
    "events": ("lines", "text/event-stream", lambda: b"data: a\n\n" * (SIZE // 41)),
    "lines of events": ("lines", "text/event-stream", lambda: _full(b"data\n")),
    "text": ("text", "text/plain", lambda: _full(b"a")),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_cost(name: str) -> None:
    target, content_type, made = HOSTILE[name]
    body = made()
    path = COMPILED.path(f"/v1/bodies/{target}".encode())
    assert path is not None
    intake = path.served["POST"].intake(content_type)
    before = time.process_time()
    assert intake.reader is not None
    body_objection(intake, body)
    assert time.process_time() - before < MOST
