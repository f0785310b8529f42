"""An ecosystem's `all.zip`: one record a file. What it holds is a stranger's, so all of it is bounded."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from batten.advisories.records import LARGEST, BadRecord, Published, published
from batten.model.record import record

MOST_RECORDS = 600_000
MOST_BYTES = 32 << 30  # of all records together, unpacked
_ANYWAY, _TIMES = 1 << 30, 100  # what they may unpack to: so many bytes, and so many times the archive's size
_LARGEST_DIRECTORY = 64 << 20
_END, _LOCATOR, _END64, _ENTRY = b"PK\5\6", b"PK\6\7", b"PK\6\6", b"PK\1\2"


class BadArchive(Exception):
    """What is not an archive of records: the sentence says why."""


@record
class Unread:
    """A record that could not be read, by its file's name, and why."""

    name: str
    why: str


def records(file: BinaryIO) -> Iterator[Published | Unread]:
    """The records of an archive, in its order. Raises BadArchive."""
    try:
        # The size of an archive whose directory is within bounds: zipfile reads all of it at once. Raises BadArchive.
        # Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.3.14 to 4.3.16).
        bounded_size = file.seek(0, 2)
        start = max(0, bounded_size - 22 - 65_535)
        file.seek(start)
        tail = file.read()
        at = len(tail) - 22 if tail[-22:-18] == _END and tail[-2:] == b"\0\0" else tail.rfind(_END)
        if at < 0 or len(tail) < at + 22:
            raise BadArchive("it is not a zip archive: it has no end")
        (length,) = struct.unpack_from("<I", tail, at + 12)
        ends = start + at
        if at >= 20 and tail[at - 20 : at - 16] == _LOCATOR and ends >= 76:
            file.seek(ends - 76)
            other = file.read(56)
            if other.startswith(_END64):
                (length,) = struct.unpack_from("<Q", other, 40)
                ends -= 76
        if length > min(_LARGEST_DIRECTORY, ends):
            raise BadArchive(f"its directory has more than {_LARGEST_DIRECTORY >> 20} MiB")
        file.seek(ends - length)
        if file.read(length).count(_ENTRY) > MOST_RECORDS:
            raise BadArchive(f"it has more than {MOST_RECORDS:,} records")
        file.seek(0)
        size = bounded_size
        with zipfile.ZipFile(file) as archive:
            yield from _each(archive, size)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
        raise BadArchive(f"it is not a zip archive: {error}") from error


def _each(archive: zipfile.ZipFile, size: int) -> Iterator[Published | Unread]:
    listed = [one for one in archive.infolist() if one.filename.endswith(".json")]
    if not listed:
        raise BadArchive("it holds no record")
    if sum(one.compress_size for one in listed) > size:
        raise BadArchive("its records overlap each other")
    left = most = min(MOST_BYTES, _ANYWAY + _TIMES * size)
    for one in listed:
        name = one.filename.rpartition("/")[2].removesuffix(".json")[:100]
        # The content of one file, unpacked no further than a record may be large; None where it is damaged, or packed
        # in a way that takes as much memory as the file says.
        if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            data: bytes | None = None
        else:
            try:
                with archive.open(one) as file:
                    data = file.read(LARGEST + 1)
            except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError):
                data = None
        left -= len(data) if data is not None else 0
        if left < 0:
            raise BadArchive(f"its records have more than {most:,} bytes")
        if data is None:
            parsed: Published | Unread = Unread(name, "it is damaged")
        else:
            try:
                parsed = published(data)
            except BadRecord as error:
                parsed = Unread(name, str(error))
        yield parsed
