"""An ecosystem's `all.zip`: one record a file. What it holds is a stranger's, so all of it is bounded."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from batten.advisories.records import LARGEST, BadRecord, Published, published
from batten.model.record import record

MOST_RECORDS = 2_000_000
MOST_BYTES = 32 << 30  # of all records together, unpacked


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
        with zipfile.ZipFile(file) as archive:
            yield from _each(archive)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
        raise BadArchive(f"it is not a zip archive: {error}") from error


def _each(archive: zipfile.ZipFile) -> Iterator[Published | Unread]:
    listed = [one for one in archive.infolist() if one.filename.endswith(".json")]
    if len(listed) > MOST_RECORDS:
        raise BadArchive(f"it has more than {MOST_RECORDS:,} records")
    if not listed:
        raise BadArchive("it holds no record")
    left = MOST_BYTES
    for one in listed:
        name = one.filename.rpartition("/")[2].removesuffix(".json")[:100]
        data = _bytes(archive, one)
        left -= len(data) if data is not None else LARGEST
        if left < 0:
            raise BadArchive(f"its records have more than {MOST_BYTES >> 30} GiB")
        yield _record(name, data)


def _bytes(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes | None:
    """The content of one file, unpacked no further than a record may be large; None where it is damaged."""
    try:
        with archive.open(one) as file:
            return file.read(LARGEST + 1)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError):
        return None


def _record(name: str, data: bytes | None) -> Published | Unread:
    if data is None:
        return Unread(name, "it is damaged")
    try:
        return published(data)
    except BadRecord as error:
        return Unread(name, str(error))
