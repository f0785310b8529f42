"""Readers of bodies against others: what the guard accepts, others read as the same."""

from __future__ import annotations

import email.message
import email.parser
import email.policy
import io
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from batten.guard.content.forms import pairs_of
from batten.guard.content.multipart import Part, parts_of
from batten.guard.content.unreadable import Unreadable
from batten.guard.content.xml import Element, element_of
from batten.guard.parameters.texts import Flaw, from_query
from needs import package

NAMES = st.text("abcXYZ-_.[]", min_size=1, max_size=8)
BYTES = st.binary(max_size=40) | st.lists(
    st.sampled_from([b"\r\n", b"--", b"--x", b"x", b"\n", b"\r", b"--x--", b"--y", b" ", b"a"]), max_size=8
).map(b"".join)  # fmt: skip
PARTS = st.lists(
    st.tuples(NAMES, st.none() | NAMES.filter(lambda n: n not in (".", "..")), BYTES), max_size=4
)
PIECES = st.sampled_from(
    [b"", b"\r\n", b"\n", b"\r", b"--", b"--x", b"--x--", b"--x\r\n", b'"', b";", b"=", b" ", b":", b"\0", b"\\", b"filename*=utf-8''b", b'; name="b"',
     b"Content-Type: text/html\r\n", b"Content-Transfer-Encoding: base64\r\n", b'Content-Disposition: form-data; name="b"', b"x"]
)  # fmt: skip


def _written(parts: list[tuple[str, str | None, bytes]]) -> bytes:
    made = b""
    for name, filename, body in parts:
        file = f'; filename="{filename}"' if filename is not None else ""
        made += (
            f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + body + b"\r\n"
        )
    return made + b"--x--\r\n"


def _by_email(body: bytes) -> list[tuple[str, str | None, bytes]]:
    head = b'Content-Type: multipart/form-data; boundary="x"\r\n\r\n'
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    found = []
    for part in message.iter_parts():
        assert isinstance(part, email.message.EmailMessage)
        disposition = part["content-disposition"]
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found.append((disposition.params["name"], disposition.params.get("filename"), content))
    return found


def _by_werkzeug(body: bytes) -> list[tuple[str, bool, bytes]]:
    """Fields first, then files; of a file the name is not compared, for it is cleaned there."""
    parser = package("werkzeug.formparser").MultiPartParser(stream_factory=lambda **_: io.BytesIO())
    form, files = parser.parse(io.BytesIO(body), b"x", len(body))
    fields = [
        (name, False, value.encode("utf-8", "surrogateescape")) for name, value in form.items(multi=True)
    ]
    return fields + [(name, True, file.read()) for name, file in files.items(multi=True)]


def _plain(parts: list[Part]) -> list[tuple[str, bool, bytes]]:
    return sorted((part.name, part.filename is not None, part.body) for part in parts)


@given(PARTS)
def test_multipart_that_is_well_formed(parts: list[tuple[str, str | None, bytes]]) -> None:
    try:
        read = parts_of(_written(parts), b"x")
    except Unreadable:
        # Only what holds the boundary itself, at the beginning of a line of any kind.
        assert any(b"--x" in body for _, _, body in parts)
        return
    assert [(part.name, part.filename, part.body) for part in read] == parts


@given(PARTS, st.lists(st.tuples(st.integers(0, 400), PIECES, st.integers(0, 3)), max_size=3))
def test_multipart_that_is_not(
    parts: list[tuple[str, str | None, bytes]], edits: list[tuple[int, bytes, int]]
) -> None:
    body = _written(parts)
    for at, piece, gone in edits:
        at %= len(body) + 1
        body = body[:at] + piece + body[at + gone :]
    try:
        read = parts_of(body, b"x")
    except Unreadable:
        return
    texts = [
        part
        for part in read
        if part.media_type is None and not part.transfer_encoding and part.body.isascii()
    ]
    if len(texts) == len(read) and len(read) == len({part.name for part in read}):
        assert _plain(read) == sorted(_by_werkzeug(body))


LINES = st.lists(st.text("abc XYZ09=-", max_size=20), max_size=4).map("\n".join)


@given(st.lists(st.tuples(NAMES.filter(str.isalnum), LINES), min_size=1, max_size=4))
def test_multipart_as_the_standard_library_reads_it(parts: list[tuple[str, str]]) -> None:
    body = _written([(name, None, text.encode()) for name, text in parts])
    assert [(p.name, p.filename, p.body) for p in parts_of(body, b"x")] == _by_email(body)


@given(
    st.lists(
        st.sampled_from([*"abc&&==+%;[] ", "%41", "%2B", "%26", "%C3%A9", "%ff", "é", "\0", "%00"]),
        max_size=20,
    ).map("".join)
)
def test_forms(text: str) -> None:
    try:
        read = [(name, from_query(value)) for name, value in pairs_of(text.encode())]
    except (Unreadable, Flaw):
        return
    assert read == [
        pair
        for pair in parse_qsl(text, keep_blank_values=True, errors="strict")
        if pair != ("", "") or pair in read
    ]


TAGS = st.sampled_from(["a", "b", "name"])
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\ufffe\uffff"),
    max_size=8,
)
TREES = st.recursive(
    st.tuples(TAGS, TEXTS, st.dictionaries(TAGS, TEXTS, max_size=2), st.just([])),
    lambda below: st.tuples(TAGS, TEXTS, st.dictionaries(TAGS, TEXTS, max_size=2), st.lists(below, max_size=3)), max_leaves=12,
)  # fmt: skip


def _tree(given_: tuple[str, str, dict[str, str], list[object]]) -> ElementTree.Element:
    tag, text, attributes, below = given_
    made = ElementTree.Element(tag, attributes)
    made.text = text
    made.extend([_tree(each) for each in below])  # type: ignore[arg-type]
    return made


def _same(read: Element, tree: ElementTree.Element) -> bool:
    return (
        read.name == tree.tag
        and dict(read.attributes) == tree.attrib
        and read.text == (tree.text or "")
        and len(read.children) == len(tree)
        and all(map(_same, read.children, tree))
    )


@given(TREES)
def test_xml(given_: tuple[str, str, dict[str, str], list[object]]) -> None:
    tree = _tree(given_)
    assert _same(element_of(ElementTree.tostring(tree, encoding="utf-8")), tree)


@given(
    TREES,
    st.integers(0, 200),
    st.sampled_from(
        [
            b"<",
            b">",
            b"&",
            b'"',
            b"<!DOCTYPE a>",
            b"<?x?>",
            b"&lt;",
            b"]]>",
            b"\xff",
            b"<![CDATA[x]]>",
            b"<!--x-->",
        ]
    ),
)
def test_xml_that_is_not(
    given_: tuple[str, str, dict[str, str], list[object]], at: int, piece: bytes
) -> None:
    body = ElementTree.tostring(_tree(given_), encoding="utf-8")
    body = body[: at % len(body)] + piece + body[at % len(body) :]
    try:
        read = element_of(body)
    except Unreadable:
        return
    assert b"<!DOCTYPE" not in body.replace(b"&lt;!DOCTYPE", b"")
    tree = ElementTree.fromstring(body.decode())
    assert read.name == tree.tag and len(read.children) == len(tree)
