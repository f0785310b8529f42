"""Multipart forms (RFC 7578, RFC 2046) that every reader splits alike, or that are refused.

No library is used, though several are well kept: python-multipart, multipart, Werkzeug's and Django's readers and the
standard library's `email` are made to read as much as they can, each in its own way. They skip text before the first
boundary and after the last, take bare line feeds for line ends, fold headers, undo backslashes and percent signs in names,
prefer `filename*` or ignore it, decode transfer encodings or leave them. Where two of them differ, the guard judges one
file, and the application stores another. What is left when all of that is refused is small: the lines below.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from batten.guard.content.media_types import MediaType, media_type_of
from batten.guard.content.unreadable import Unreadable
from batten.model.record import record

MOST_PARTS = 1_000
MOST_HEADER_BYTES = 4_096  # of one part
MOST_HEADERS = 16  # of one part
LONGEST_FILENAME = 255  # bytes
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=?]{1,70}")  # RFC 2046, 5.1.1, without blanks
_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\x00-\x08\x0a-\x1f\x7f]*)")
_PARAMETER = re.compile(
    r';[\t ]*([a-z]+\*?)=(?:"([^"\\]*)"|([!#$&+\-.^_`|~0-9A-Za-z]+))[\t ]*', re.IGNORECASE
)
_PATHS = re.compile(r"[/\\\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]|%(?:00|2[fF]|5[cC])")
_ONCE = ("content-disposition", "content-type", "content-transfer-encoding")


@record
class Part:
    """`filename` is None for what is not a file; `media_type` is None where the part names none."""

    name: str
    filename: str | None
    media_type: MediaType | None
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def transfer_encoding(self) -> str:
        return self.headers.get("content-transfer-encoding", "").lower()


def boundary_of(media_type: MediaType) -> bytes | None:
    """None where it is absent, or where readers take it in different ways."""
    text = media_type.parameters.get("boundary", "")
    return text.encode("ascii") if _BOUNDARY.fullmatch(text) else None


def parts_of(body: bytes, boundary: bytes) -> list[Part]:
    """Raises Unreadable."""
    delimiter = b"--" + boundary
    if not body.startswith(delimiter):
        raise Unreadable("it does not start with its boundary")
    made: list[Part] = []
    at = len(delimiter)
    while body[at : at + 2] == b"\r\n":
        if len(made) >= MOST_PARTS:
            raise Unreadable(f"it has more than {MOST_PARTS} parts")
        at += 2
        end = body.find(b"\r\n" + delimiter, at)
        if end < 0:
            raise Unreadable("its last boundary is missing")
        raw = body[at:end]
        part_end = raw.find(b"\r\n\r\n", 0, MOST_HEADER_BYTES)
        if part_end < 0:
            raise Unreadable("the headers of a part are missing, too long, or not ended")
        part_body = raw[part_end + 4 :]
        # Readers that take a bare CR or LF for the end of a line find a boundary there.
        if (
            part_body.startswith(delimiter)
            or b"\n" + delimiter in part_body
            or b"\r" + delimiter in part_body
        ):
            raise Unreadable("a part contains its boundary")
        headers_made: dict[str, str] = {}
        lines = raw[:part_end].split(b"\r\n")
        if len(lines) > MOST_HEADERS:
            raise Unreadable("a part has too many headers")
        for line in lines:
            found = _LINE.fullmatch(line)
            if found is None:
                raise Unreadable("a header of a part is malformed")
            headers_name = found[1].decode("ascii").lower()
            if headers_name in headers_made and headers_name in _ONCE:
                raise Unreadable("a header of a part is repeated")
            try:
                headers_made[headers_name] = (
                    found[2].strip(b"\t ").decode("utf-8")
                )  # RFC 7578, 5.1: names and file names are UTF-8
            except UnicodeDecodeError:
                raise Unreadable("a header of a part is not UTF-8") from None
        headers = headers_made
        name, filename = _disposition(headers.get("content-disposition", ""))
        written = headers.get("content-type")
        media_type = None if written is None else media_type_of(written)
        if written is not None and media_type is None:
            raise Unreadable("the Content-Type of a part is malformed")
        if media_type is not None and media_type.name.startswith(("multipart/", "message/")):
            raise Unreadable("a part is a message with parts of its own")
        made.append(Part(name, filename, media_type, headers, part_body))
        at = end + 2 + len(delimiter)
    if body[at:] not in (b"--", b"--\r\n"):
        raise Unreadable("a boundary is followed by something else")
    return made


def _disposition(text: str) -> tuple[str, str | None]:
    """Name and file name. A backslash is a quote to some readers and a character to others."""
    kind, _, rest = text.partition(";")
    if kind.strip(" \t").lower() != "form-data":
        raise Unreadable("a part is not form-data")
    given: dict[str, str] = {}
    at, rest = 0, ";" + rest
    while at < len(rest):
        found = _PARAMETER.match(rest, at)
        if found is None or found[1].lower() in given:
            raise Unreadable("the Content-Disposition of a part is ambiguous")
        given[found[1].lower()] = found[2] if found[2] is not None else found[3]
        at = found.end()
    if "name" not in given or not given.keys() <= {"name", "filename"}:  # `filename*`: RFC 7578, 4.2
        raise Unreadable("the Content-Disposition of a part needs `name`, and may have `filename` beside it")
    filename = given.get("filename")
    if filename is not None and not (
        filename not in (".", "..")
        and len(filename.encode()) <= LONGEST_FILENAME
        and not _PATHS.search(filename)
    ):
        raise Unreadable("the file name of a part is a path, or cannot be shown")
    return given["name"], filename
