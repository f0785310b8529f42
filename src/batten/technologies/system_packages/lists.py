"""The packages that dpkg, apk and rpm have installed.

Sources: deb822(5) and dpkg(1), https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2,
https://rpm-software-management.github.io/rpm/manual/format_header.html and tags.html.
"""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Iterator

from batten.files.database import foreign_database
from batten.model import Span
from batten.technologies._packages.found import Found

_FIELD = re.compile(r"^(?P<key>Package|Version|Source|Status):[ \t]*(?P<value>[^\r\n]*)", re.MULTILINE)
_SOURCE = re.compile(r"(?P<name>[^\s(]+)(?:[ \t]*\((?P<version>[^)\s]+)\))?")
_APK = re.compile(r"^(?P<key>[PVo]):(?P<value>[^\r\n]*)", re.MULTILINE)
_NAME, _VERSION, _RELEASE, _EPOCH = 1000, 1001, 1002, 1003
_STRING, _INTEGER = 6, 4
_MOST_ENTRIES = 65536  # of a header


def dpkg(text: str) -> Iterator[Found]:
    """The installed packages, with the version of the source package: advisories are about that."""
    for stanza, start in _stanzas(text):
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
    for stanza, start in _stanzas(text):
        fields = {m["key"]: (m["value"], m.start("value") + start) for m in _APK.finditer(stanza)}
        if "P" in fields and "V" in fields:
            version, at = fields["V"]
            origin = fields.get("o", ("", 0))[0]
            yield Found(name=fields["P"][0], version=version, span=Span(at, at + len(version)), source=origin)


def _stanzas(text: str) -> Iterator[tuple[str, int]]:
    start = 0
    while start < len(text):
        end = text.find("\n\n", start)
        end = len(text) if end < 0 else end
        yield text[start:end], start
        start = end + 2


def rpm(data: bytes) -> Iterator[Found]:
    """The packages of rpm's database in SQLite's form, without the keys that it keeps as packages. Raises sqlite3.Error."""
    try:
        with foreign_database(data, ("Packages",)) as db:
            for (blob,) in db.execute("SELECT blob FROM Packages"):
                found = _header(blob) if isinstance(blob, bytes) else None
                if found is not None and found.name != "gpg-pubkey":
                    yield found
    except UnicodeDecodeError as error:  # of a name in the schema
        raise sqlite3.DatabaseError("it is damaged") from error


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
        tag, kind, offset, _ = struct.unpack(">IIII", blob[8 + 16 * number : 24 + 16 * number])
        if tag in (_NAME, _VERSION, _RELEASE) and kind == _STRING:
            end = blob.find(b"\0", start + offset)
            told[tag] = blob[start + offset : end].decode("utf-8", "replace") if end >= 0 else ""
        elif tag == _EPOCH and kind == _INTEGER and start + offset + 4 <= len(blob):
            told[tag] = str(struct.unpack(">I", blob[start + offset : start + offset + 4])[0])
    if not told.get(_NAME) or not told.get(_VERSION):
        return None
    epoch = told.get(_EPOCH, "0")
    version = f"{epoch}:" * (epoch != "0") + f"{told[_VERSION]}-{told.get(_RELEASE, '')}"
    return Found(name=told[_NAME], version=version, span=Span(0, 0))
