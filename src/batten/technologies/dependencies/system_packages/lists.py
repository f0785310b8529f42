"""The packages that dpkg, apk and rpm have installed.

Sources: deb822(5) and dpkg(1), https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2,
https://rpm-software-management.github.io/rpm/manual/format_header.html and tags.html.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from batten.formats.databases import Table, rows_of
from batten.model import Span
from batten.technologies.dependencies._packages.found import Found

MOST = 200_000  # packages of a list; a system has a few thousand
_FIELD = re.compile(r"^(?P<key>Package|Version|Source|Status):[ \t]*(?P<value>[^\r\n]*)", re.MULTILINE)
_SOURCE = re.compile(r"(?P<name>[^\s(]+)(?:[ \t]*\((?P<version>[^)\s]+)\))?")
_APK = re.compile(r"^(?P<key>[PVo]):(?P<value>[^\r\n]*)", re.MULTILINE)
_NAME, _VERSION, _RELEASE, _EPOCH = 1000, 1001, 1002, 1003
_STRING, _INTEGER = 6, 4
_MOST_ENTRIES = 65536  # of a header
_LONGEST = 32_768  # bytes of a header that are read: what is read of it stands at its beginning
_LONGEST_WORD = 1_024  # bytes of a name or version
_PACKAGES = Table(name="Packages", columns=("blob",), most=MOST, longest=_LONGEST)
_DPKG, _APK_NAME = re.compile(r"^Package:", re.MULTILINE), re.compile(r"^P:", re.MULTILINE)


class TooMany(Exception):
    """A list with more packages than any system has."""

    def __init__(self) -> None:
        super().__init__(f"it lists more than {MOST:,} packages, and the others were not read")


def dpkg(text: str) -> Iterator[Found]:
    """The installed packages, with the version of the source package: advisories are about that. Raises TooMany."""
    for stanza, start in _stanzas(text, _DPKG):
        fields = {m["key"]: (m["value"].strip(), m.start("value") + start) for m in _FIELD.finditer(stanza)}
        status = fields.get("Status", ("install ok installed", 0))[0]
        if "Package" not in fields or "Version" not in fields or not status.endswith(" installed"):
            continue
        version, at = fields["Version"]
        source = _SOURCE.match(fields["Source"][0]) if "Source" in fields else None
        yield Found(
            name=fields["Package"][0],
            version=(source["version"] or version) if source else version,
            span=Span(at, at + len(version)),
            source=source["name"] if source else "",
        )


def apk(text: str) -> Iterator[Found]:
    """The installed packages. Raises TooMany."""
    for stanza, start in _stanzas(text, _APK_NAME):
        fields = {m["key"]: (m["value"], m.start("value") + start) for m in _APK.finditer(stanza)}
        if "P" in fields and "V" in fields:
            version, at = fields["V"]
            origin = fields.get("o", ("", 0))[0]
            yield Found(name=fields["P"][0], version=version, span=Span(at, at + len(version)), source=origin)


def _stanzas(text: str, first: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    """The paragraphs that have such a line, with their offsets; what is between them is passed over at once."""
    end = number = 0
    while (found := first.search(text, end)) is not None:
        number += 1
        if number > MOST:
            raise TooMany
        start = text.rfind("\n\n", end, found.start())
        start = end if start < 0 else start + 2
        end = text.find("\n\n", found.start())
        end = len(text) if end < 0 else end
        yield text[start:end], start


def rpm(data: bytes, seconds: float) -> tuple[list[Found], int]:
    """The packages of rpm's database in SQLite's form, without the keys that it keeps as packages, and how many of its entries cannot
    be read. `seconds` of processor time are there for it. Raises BadDatabase."""
    [rows] = rows_of(data, _PACKAGES, seconds=seconds)
    found = [_header(blob) if isinstance(blob, bytes) else None for (blob,) in rows]
    read = [one for one in found if one is not None]
    return [one for one in read if one.name != "gpg-pubkey"], len(found) - len(read)


def _header(blob: bytes) -> Found | None:
    """A package by its header: a list of (tag, type, offset, count), and the data behind it."""
    if len(blob) < 8:
        return None
    entries, _ = struct.unpack(">II", blob[:8])
    start = 8 + 16 * entries
    if entries > _MOST_ENTRIES or start > len(blob):
        return None
    told: dict[int, str] = {}
    for number in range(entries):
        tag, kind, offset, _ = struct.unpack_from(">IIII", blob, 8 + 16 * number)
        if tag in told or tag not in (_NAME, _VERSION, _RELEASE, _EPOCH):
            continue
        if tag != _EPOCH and kind == _STRING:
            end = blob.find(b"\0", start + offset, start + offset + _LONGEST_WORD)
            told[tag] = blob[start + offset : end].decode("utf-8", "replace") if end >= 0 else ""
        elif tag == _EPOCH and kind == _INTEGER and start + offset + 4 <= len(blob):
            told[tag] = str(struct.unpack_from(">I", blob, start + offset)[0])
    if not told.get(_NAME) or not told.get(_VERSION):
        return None
    epoch = told.get(_EPOCH, "0")
    version = f"{epoch}:" * (epoch != "0") + f"{told[_VERSION]}-{told.get(_RELEASE, '')}"
    return Found(name=told[_NAME], version=version, span=Span(0, 0))
