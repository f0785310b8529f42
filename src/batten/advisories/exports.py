"""Where OSV's export is: at an address, in a folder of the same layout, or one archive.

The layout: `ecosystems.txt`, and for each ecosystem `all.zip`, `modified_id.csv` (newest first) and `<id>.json`.

Source: https://google.github.io/osv.dev/data/#data-dumps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import quote

from batten.advisories.records import LARGEST as LARGEST_RECORD
from batten.advisories.web import Unavailable, Web
from batten.files import Refused
from batten.files.private import growing_file, read_private_file, remove_private_file
from batten.model.record import record

USUAL = "https://storage.googleapis.com/osv-vulnerabilities"
LARGEST = 4 << 30  # bytes of an archive
_WHOLE = 416  # a part is wanted that begins at the end
LIST = 256 << 20  # bytes of a list of changes
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 .+-]{0,63}")
_LINE = re.compile(r"(\d{4}-\d\d-\d\dT[0-9:.]{8,18}(?:Z|\+00:00)),([A-Za-z0-9][A-Za-z0-9._:-]{0,99})")


@record
class Change:
    """A record that changed, and when."""

    when: datetime
    name: str


class Export(Protocol):
    """One of the places. Every method raises Unavailable, and OSError where this machine fails."""

    live: bool  # others keep it up to date, so what it says is of now; else it is as old as its newest record

    def ecosystems(self) -> list[str]: ...

    def archive(self, ecosystem: str) -> AbstractContextManager[BinaryIO]: ...

    def changes(self, ecosystem: str, since: datetime, most: int) -> list[Change] | None: ...

    def record(self, ecosystem: str, name: str) -> bytes: ...


class Online:
    """An export at an address. Archives are kept in a folder while they come, so that what was cut off is continued."""

    live = True

    def __init__(self, web: Web, folder: Path) -> None:
        self._web, self._folder = web, folder

    def ecosystems(self) -> list[str]:
        """The ecosystems that it has."""
        return _names(self._web.get("/ecosystems.txt", LIST))

    @contextmanager
    def archive(self, ecosystem: str) -> Iterator[BinaryIO]:
        """The archive of an ecosystem, whole. It is kept where the program is ended before the block is."""
        part = self._folder / f"{ecosystem}.zip.part"
        tag = self._folder / f"{ecosystem}.zip.tag"
        with growing_file(part) as file:
            # Bring a file to its end: from where it is, or anew where the archive is another one by now.
            with growing_file(tag) as noted:
                noted.seek(0)
                known = noted.read(256).decode("ascii", "ignore")
                try:
                    self._continue(file, noted, ecosystem, known)
                except Unavailable as error:
                    if error.status != _WHOLE:
                        raise
                    self._continue(file, noted, ecosystem, "")
            file.seek(0)
            try:
                yield file
            except Exception:
                remove_private_file(tag)
                raise
        remove_private_file(part)
        remove_private_file(tag)

    def _continue(self, file: BinaryIO, noted: BinaryIO, ecosystem: str, known: str) -> None:
        have = file.tell() if known else 0
        with self._web.pieces(f"/{quote(ecosystem)}/all.zip", have, known) as (said, pieces):
            if said.status != 206:
                _emptied(file)
                _emptied(noted)
                noted.write(said.tag.encode("ascii", "ignore"))
                noted.flush()
            for piece in pieces:
                if file.tell() + len(piece) > LARGEST:
                    raise Unavailable(f"the archive has more than {LARGEST >> 30} GiB")
                file.write(piece)
            file.flush()

    def changes(self, ecosystem: str, since: datetime, most: int) -> list[Change] | None:
        """What changed after a time, newest first; None where that is more than `most`."""
        with self._web.pieces(f"/{quote(ecosystem)}/modified_id.csv") as (_, pieces):
            return _changed(_lines(pieces), since, most)

    def record(self, ecosystem: str, name: str) -> bytes:
        """One record."""
        return self._web.get(f"/{quote(ecosystem)}/{quote(name)}.json", LARGEST_RECORD)


class Local:
    """An export in a folder of this machine, or one archive of it."""

    live = False

    def __init__(self, place: Path, single: bool) -> None:
        self._place, self.single = place, single

    def ecosystems(self) -> list[str]:
        """The ecosystems that it names; an archive names none."""
        return [] if self.single else _names(self._read("ecosystems.txt", LIST))

    @contextmanager
    def archive(self, ecosystem: str) -> Iterator[BinaryIO]:
        """The archive of an ecosystem."""
        path = self._place if self.single else self._place / ecosystem / "all.zip"
        with _found(path) as (file, size):
            if size > LARGEST:
                raise Unavailable(f"{path} has more than {LARGEST >> 30} GiB")
            yield file

    def changes(self, ecosystem: str, since: datetime, most: int) -> list[Change] | None:
        """Nothing is told of changes: what is on this machine is read whole."""
        return None

    def record(self, ecosystem: str, name: str) -> bytes:
        """One record."""
        return self._read(f"{ecosystem}/{name}.json", LARGEST_RECORD)

    def _read(self, path: str, most: int) -> bytes:
        with _found(self._place / path) as (file, size):
            if size > most:
                raise Unavailable(f"{self._place / path} has more than {most >> 20} MiB")
            return file.read(most)


@contextmanager
def _found(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    try:
        with read_private_file(path) as found:
            yield found
    except FileNotFoundError:
        raise Unavailable(f"there is no {path}") from None
    except (Refused, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        raise Unavailable(f"{path} cannot be read: {error}") from error


def _emptied(file: BinaryIO) -> None:
    file.truncate(0)
    file.seek(0)


def _names(data: bytes) -> list[str]:
    """The families of ecosystems that a list names: `Debian` of `Debian:12`, each once."""
    lines = data.decode("utf-8", "replace").splitlines()
    found = (line.strip().partition(":")[0] for line in lines)
    return list(dict.fromkeys(name for name in found if _NAME.fullmatch(name)))


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    rest, size = b"", 0
    for piece in pieces:
        size += len(piece)
        *lines, rest = (rest + piece).split(b"\n")
        if size > LIST or len(rest) > LIST >> 8:
            raise Unavailable(f"the list of changes has more than {LIST >> 20} MiB")
        yield from (line.decode("utf-8", "replace").strip() for line in lines)
    yield rest.decode("utf-8", "replace").strip()


def _changed(lines: Iterable[str], since: datetime, most: int) -> list[Change] | None:
    found: list[Change] = []
    for line in filter(None, lines):
        matched = _LINE.fullmatch(line)
        when = moment(matched[1]) if matched is not None else None
        if matched is None or when is None:
            raise Unavailable(f"the list of changes has a line that is not a time and an id: {line[:60]!r}")
        if when <= since:
            return found
        if len(found) == most:
            return None
        found.append(Change(when, matched[2]))
    return found


def moment(text: str) -> datetime | None:
    """A time of RFC 3339 in UTC; None for what is not one."""
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        return None
    return made if made.tzinfo is not None else made.replace(tzinfo=UTC)
