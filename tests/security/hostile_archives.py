"""Archives and databases that are made to exhaust, or to deceive, whoever reads them: each is built here, byte by byte."""

from __future__ import annotations

import json
import sqlite3
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

MIB = 1 << 20
LAYER = "a" * 64 + "/layer.tar"
RELEASE = b'ID=debian\nVERSION_ID="12"\n'
ROCKY = b'ID="rocky"\nVERSION_ID="9.3"\n'
STATUS = b"Package: libssl3\nStatus: install ok installed\nSource: openssl\nVersion: 3.0.11-1\n\n"
END = bytes(1024)


def header(name: bytes, size: int | bytes, kind: bytes = b"0", link: bytes = b"") -> bytes:
    """A header of a member, whose size may be the field itself."""
    field = size if isinstance(size, bytes) else b"%011o\0" % size
    made = bytearray(512)
    made[0 : len(name)] = name
    made[100:124] = b"0000644\0" + b"0000000\0" * 2
    made[124:136] = field.ljust(12, b"\0")
    made[136:148] = b"00000000000\0"
    made[156:157] = kind
    made[157 : 157 + len(link)] = link
    made[257:265] = b"ustar\x0000"
    made[148:156] = b" " * 8
    made[148:156] = b"%06o\0 " % sum(made)
    return bytes(made)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def member(name: str, data: bytes = b"", kind: bytes = b"0", link: bytes = b"") -> bytes:
    return header(name.encode(), len(data), kind, link) + padded(data)


def pax(**said: str) -> bytes:
    """An extended header for the next member."""
    lines = b""
    for key, value in said.items():
        rest = f" {key.replace('_', '.')}={value}\n".encode()
        length = len(rest) + 1
        while len(str(length)) + len(rest) != length:
            length += 1
        lines += str(length).encode() + rest
    return member("pax", lines, b"x")


def layer(files: dict[str, bytes], *more: bytes) -> bytes:
    return b"".join(member(name, data) for name, data in files.items()) + b"".join(more) + END


def debian(*more: bytes) -> bytes:
    """A layer with one package, and more."""
    return layer({"etc/os-release": RELEASE, "var/lib/dpkg/status": STATUS}, *more)


def rocky(database: bytes, *more: bytes) -> bytes:
    return layer({"etc/os-release": ROCKY, "var/lib/rpm/rpmdb.sqlite": database}, *more)


def manifest(*layers: str, times: int = 1) -> bytes:
    image = {"RepoTags": ["app:1"], "Layers": list(layers) or [LAYER]}
    return member("manifest.json", json.dumps([image] * times).encode())


def saved(data: bytes) -> bytes:
    """An image of one layer, as `docker save` writes it."""
    return member(LAYER, data) + manifest() + END


def packed(pieces: Iterable[bytes], wbits: int = 31) -> bytes:
    """The pieces in gzip."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return b"".join(packer.compress(piece) for piece in pieces) + packer.flush()


def zeros(size: int) -> Iterator[bytes]:
    for _ in range(size // MIB):
        yield bytes(MIB)
    yield bytes(size % MIB)


def large(name: str, size: int, kind: bytes = b"0") -> Iterator[bytes]:
    """A member of zeros."""
    yield header(name.encode(), size, kind)
    yield from zeros(size + -size % 512)


def in_pieces(*parts: bytes | Iterable[bytes]) -> Iterator[bytes]:
    for part in parts:
        if isinstance(part, bytes):
            yield part
        else:
            yield from part


def database(*statements: str, rows: Iterable[tuple[object, ...]] = (), page: int = 4096) -> bytes:
    """A SQLite file."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "made")
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute(f"PRAGMA page_size={page}")
            db.execute("PRAGMA writable_schema=ON")
            for statement in statements:
                db.execute(statement)
            for row in rows:
                db.execute("INSERT INTO Packages VALUES (?, ?)", row)
        return path.read_bytes()


def rpm_header(name: str, version: str = "1", release: str = "1") -> bytes:
    """A header of rpm with what is read of it: https://rpm-software-management.github.io/rpm/manual/format_header.html."""
    store, index = b"", b""
    for tag, value in ((1000, name), (1001, version), (1002, release)):
        index += struct.pack(">IIII", tag, 6, len(store), 1)
        store += value.encode() + b"\0"
    return struct.pack(">II", 3, len(store)) + index + store


PACKAGES = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)"


def packages(*names: str, page: int = 4096) -> bytes:
    return database(PACKAGES, rows=[(None, rpm_header(name)) for name in names], page=page)


def sparse(name: str, blocks: int = 0) -> bytes:
    """GNU's old form of a sparse file, whose map goes on in further blocks."""
    made = bytearray(header(name.encode(), 0, b"S"))
    made[482] = blocks > 0
    made[148:156] = b" " * 8
    made[148:156] = b"%06o\0 " % sum(made)
    more = b"".join(bytes(504) + bytes([number + 1 < blocks]) + bytes(7) for number in range(blocks))
    return bytes(made) + more


def sharing(rows: int, size: int) -> bytes:
    """A table of which every cell names one and the same chain of pages, of `size` bytes: what is read is `rows` times that."""
    made = bytearray(
        database("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob)", rows=[(None, bytes(size))])
    )
    leaf, page = 4096, 4096  # the table's only page
    start = int.from_bytes(made[leaf + 8 : leaf + 10])
    count = min(rows, (start - 8) // 2, (page - 8) // 6)
    made[leaf + 3 : leaf + 5] = count.to_bytes(2)
    for number in range(count):
        made[leaf + 8 + 2 * number : leaf + 10 + 2 * number] = start.to_bytes(2)
    assert made[leaf] == 13 and len(made) > 2 * page
    return bytes(made)


def looped(data: bytes) -> bytes:
    """A database whose list of free pages is a loop: its first page is the next one of itself."""
    made = bytearray(data)
    page = int.from_bytes(made[16:18])
    page = 65_536 if page == 1 else page
    made += (len(made) // page + 1).to_bytes(4) + (1).to_bytes(4) + bytes(page - 8)
    count = len(made) // page
    made[28:32] = count.to_bytes(4)
    made[32:40] = count.to_bytes(4) + (1 << 30).to_bytes(4)
    return bytes(made)
