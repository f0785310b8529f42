"""Archives of images, packed charts, exports of advisories and databases that are made to exhaust or to deceive their reader.

Each is read in a process of its own, whose memory and processor time are asserted with room; and each is told: what went over its
budget is never taken for read.
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import hostile_archives as made
import pytest
from click.testing import CliRunner
from hostile_archives import (
    END,
    LAYER,
    MIB,
    RELEASE,
    STATUS,
    debian,
    header,
    large,
    layer,
    manifest,
    member,
    packed,
    rocky,
    saved,
    zeros,
)

from batten.advisories.archive import BadArchive, Unread, records
from batten.cli import main
from batten.formats.databases import BadDatabase, Table, rows_of
from batten.formats.packed import Broken, Budget, OverBudget, Unpacked, kind_of
from osv import NEEDED, lay_out, record

SECONDS, MEGABYTES = 12, 256

# What is read of an image, by a process that says what that took. VmHWM is of this program alone; children are counted apart.
_READ = """
import json, os, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (90, 90))
from pathlib import Path
from batten.facts import Package
from batten.formats import Workspace
from batten.model import Problem
from batten.technologies import Unit, technologies
name, technology = sys.argv[1:]
workspace = Workspace(Path("."))
workspace.packages = True
unit = Unit(technology, tuple(name.split(",")))
found = list(technologies()[technology].adapter().read(unit, workspace))
own, children = (resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
status = Path("/proc/self/status")
most = int(status.read_text().split("VmHWM:")[1].split()[0]) if status.exists() else own.ru_maxrss
print(json.dumps({
    "problems": [[one.source, one.message] for one in found if isinstance(one, Problem)],
    "packages": sorted(one.name for one in found if isinstance(one, Package))[:10],
    "seconds": own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime,
    "megabytes": max(most, children.ru_maxrss) / 1024,
}))
"""


def read(folder: Path, name: str, technology: str = "system_packages") -> tuple[list[list[str]], list[str]]:
    """The problems and the packages of a file, within bounds."""
    command = [sys.executable, "-c", _READ, name, technology]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["seconds"] < SECONDS and told["megabytes"] < MEGABYTES, told
    return told["problems"], told["packages"]


def of_json(size: int, count: int) -> bytes:
    blobs = (
        made.in_pieces(header(b"blobs/sha256/%d" % n, size), b"[", zeros(size - 1 + -size % 512))
        for n in range(count)
    )
    return packed(made.in_pieces(member("oci-layout", b"{}"), *blobs, END))


def index(manifests: int) -> bytes:
    return json.dumps({"manifests": [{"digest": f"sha256:{n}"} for n in range(manifests)]}).encode()


def negative(kind: bytes) -> bytes:
    field = b"-0000000777\0"
    return packed(made.in_pieces(member("oci-layout", b"{}"), header(b"p", field, kind), zeros(128 * MIB)))


def whiteouts() -> bytes:
    """Of files that no list is, and then a list."""
    return saved(packed(made.in_pieces((member(f"d{n}{'x' * 80}/.wh.a") for n in range(200_000)), debian())))


def many(count: int) -> bytes:
    return b"".join(b"Package: p%x\nVersion: 1\n\n" % n for n in range(count))


def wide(window: int) -> bytes:
    """A layer that asks for a dictionary of so many bytes."""
    return saved(
        lzma.compress(debian(), filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": window}])
    )


IMAGES: dict[str, tuple[Callable[[], bytes], str]] = {
    "JSON in every blob": (lambda: of_json(4 * MIB, 40), "unpacks to more than"),
    "JSON that is an image's list": (lambda: member("manifest.json", b"[" + b"{}," * 400_000 + b"{}]") + END, "manifest.json has more"),
    "an index of an index without end": (lambda: member("oci-layout", b"{}") + member("index.json", index(60_000)) + END, "index.json has more"),
    "zeros in a layer": (lambda: saved(packed(made.in_pieces(large("big", 128 * MIB), END))), "unpacks to more than"),
    "gzip in gzip": (lambda: packed([saved(packed(made.in_pieces(large("big", 256 * MIB), END)))]), "unpacks to more than"),
    "xz of zeros": (lambda: saved(lzma.compress(b"".join(large("big", 128 * MIB)), preset=0)), "unpacks to more than"),
    "a dictionary of a gigabyte": (lambda: wide(1 << 30), "Memory usage limit"),
    "a window of zstd of two gigabytes": (lambda: saved(b"\x28\xb5\x2f\xfd\x00\xa8" + bytes(600)), "zstd"),
    "an extended header of 128 MiB": (lambda: saved(packed(made.in_pieces(large("p", 128 * MIB, b"x"), debian()))), "extended header has more"),
    "a long name of 128 MiB": (lambda: saved(packed(made.in_pieces(large("p", 128 * MIB, b"L"), debian()))), "extended header has more"),
    "a chain of long names": (lambda: saved(packed(member("././@LongLink", b"a", b"L") * 1000 for _ in range(200))), "unpacks to more than"),
    "members of nothing": (lambda: saved(packed(member("a") * 1000 for _ in range(300))), "unpacks to more than"),
    "a negative size": (lambda: negative(b"0"), "size of a member is invalid"),
    "a negative size of a name": (lambda: negative(b"L"), "size of a member is invalid"),
    "a negative binary size": (lambda: member("oci-layout", b"{}") + header(b"p", b"\xff" * 12) + END, "size of a member is invalid"),
    "a binary size of 2^80": (lambda: member("oci-layout", b"{}") + header(b"p", b"\x80" + b"\xff" * 11) + END, "size of a member is invalid"),
    "a binary size beyond the end": (lambda: saved(header(b"p", b"\x80" + (1 << 40).to_bytes(11)) + debian()), "ends within a file"),
    "a list of 64 MiB": (lambda: saved(layer({"etc/os-release": RELEASE}, header(b"var/lib/dpkg/status", 34 * MIB), bytes(34 * MIB))), "has more than 33,554,432 bytes"),
    "more packages than a system has": (lambda: saved(layer({"etc/os-release": RELEASE, "var/lib/dpkg/status": many(210_000)})), "more than 200,000 packages"),
    "one layer a million times": (lambda: member(LAYER, debian()) + manifest(*[LAYER] * 5_000) + END, "more than 1,000 layers"),
    "one image ten thousand times": (lambda: member(LAYER, debian()) + manifest(times=5_000) + END, "more than 1,000 images"),
    "a list that is a hard link": (lambda: saved(layer({"etc/os-release": RELEASE, "x": STATUS}, member("var/lib/dpkg/status", b"", b"1", b"x"))), "is a hard link"),
    "a list that is a symbolic link": (lambda: saved(layer({"etc/os-release": RELEASE, "x": STATUS}, member("var/lib/dpkg/status", b"", b"2", b"/x"))), "is a symbolic link"),
    "a list that is sparse": (lambda: saved(layer({"etc/os-release": RELEASE}, made.sparse("var/lib/dpkg/status", 3))), "is a sparse file"),
    "a list that is sparse in an extended header": (lambda: saved(layer({"etc/os-release": RELEASE}, made.pax(GNU_sparse_major="1"), member("var/lib/dpkg/status", STATUS))), "is a sparse file"),
    "an extended header that is none": (lambda: saved(layer({}, member("pax", b"99999999 path=a\n", b"x")) + debian()), "extended header is invalid"),
    "other data behind the last member": (lambda: saved(debian())[: -len(END)] + b"other" * 300, "a header is invalid"),
    "a stream of gzip and other data": (lambda: saved(gzip.compress(debian()[: -len(END)]) + b"other" * 300), "other data behind its end"),
    "an archive that goes on behind its end": (lambda: saved(debian())[: -len(END)] + bytes(512) + member("a") + END, "goes on behind its end"),
    "a journal beside the database": (lambda: saved(rocky(made.packages("zlib"), member("var/lib/rpm/rpmdb.sqlite-wal", bytes(5000)))), "changes that are not in the database"),
    "a database that is a link": (lambda: saved(layer({"etc/os-release": made.ROCKY}, member("var/lib/rpm/rpmdb.sqlite", b"", b"2", b"/x"))), "is a symbolic link"),
    "rpm's database of Berkeley DB": (lambda: saved(layer({"etc/os-release": made.ROCKY}, header(b"var/lib/rpm/Packages", 34 * MIB), bytes(34 * MIB))), "a form of rpm's database"),
}  # fmt: skip


@pytest.mark.parametrize("name", IMAGES)
def test_what_an_image_would_take_is_told(name: str, tmp_path: Path) -> None:
    make, said = IMAGES[name]
    (tmp_path / "app.tar").write_bytes(make())
    problems, _ = read(tmp_path, "app.tar")
    assert problems and all(source == "app.tar" for source, _ in problems)
    assert any(said in message for _, message in problems), problems


FOUND: dict[str, Callable[[], bytes]] = {
    "behind a million empty lines": lambda: saved(layer({"etc/os-release": RELEASE, "var/lib/dpkg/status": b"\n" * 25_000_000 + STATUS})),
    "behind another first member": lambda: member("README", b"a") + saved(debian()),
    "in streams behind each other": lambda: saved(gzip.compress(debian()[:512]) + gzip.compress(debian()[512:]) + bytes(100)),
    "behind ten thousand empty streams": lambda: saved(gzip.compress(b"") * 10_000 + gzip.compress(debian())),
    "under a name with detours": lambda: saved(layer({"etc/os-release": RELEASE, ".//var/./lib/x/../dpkg/status": STATUS})),
    "of the size that an extended header states": lambda: saved(layer({"etc/os-release": RELEASE}, made.pax(size=str(len(STATUS))), header(b"var/lib/dpkg/status", 0), made.padded(STATUS))),
    "behind a link that states a size": lambda: saved(layer({"etc/os-release": RELEASE}, header(b"a", 4096, b"2", b"b"), member("var/lib/dpkg/status", STATUS))),
    "behind a value with a newline": lambda: saved(layer({"etc/os-release": RELEASE}, made.pax(comment="a\n30 path=var/lib/other/status\n"), member("var/lib/dpkg/status", STATUS))),
    "behind whiteouts of nothing": whiteouts,
    "in xz": lambda: saved(lzma.compress(debian())),
    "behind a sparse file": lambda: saved(layer({"etc/os-release": RELEASE}, made.sparse("big", 4), member("var/lib/dpkg/status", STATUS))),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_what_an_image_hides_is_found(name: str, tmp_path: Path) -> None:
    (tmp_path / "app.tar").write_bytes(FOUND[name]())
    assert read(tmp_path, "app.tar") == ([], ["libssl3"])


def test_what_a_size_covers_is_no_member(tmp_path: Path) -> None:
    """Go's reader takes the size of the extended header, and what follows is the content of `note`."""
    inner = member("var/lib/dpkg/status", STATUS)
    image = saved(
        layer({"etc/os-release": RELEASE}, made.pax(size=str(len(inner))), header(b"note", 0), inner)
    )
    (tmp_path / "app.tar").write_bytes(image)
    assert read(tmp_path, "app.tar") == ([], [])


BLANK = "blob AS (zeroblob(900000000))"
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "a generated column": (lambda: made.database(f"CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, x, {BLANK})", "INSERT INTO Packages (x) VALUES (1), (2)"), "generated column"),
    "a stored column": (lambda: made.database("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob AS (zeroblob(9)) STORED)"), "generated column"),
    "a view": (lambda: made.database("CREATE VIEW Packages AS SELECT 1 AS hnum, zeroblob(900000000) AS blob"), "no table"),
    "a virtual table": (lambda: made.database("CREATE VIRTUAL TABLE Packages USING fts5(hnum, blob)"), "no table"),
    "a virtual table by another name": (lambda: made.database("CREATE VIRTUAL TABLE Packages USING fts5(hnum, blob)", "UPDATE sqlite_master SET sql = replace(sql, 'CREATE VIRTUAL', 'CREATE/**/VIRTUAL') WHERE name = 'Packages'"), "it"),
    "another column": (lambda: made.database("CREATE TABLE Packages (hnum, other)"), "no column"),
    "cells that share one value": (lambda: made.sharing(1000, 4 * MIB), "more bytes than the file has"),
    "a value that is too long": (lambda: made.database(PACKAGES, rows=[(None, bytes(17 * MIB))]), "too big"),
    "no database": (lambda: b"SQLite format 3\0" + bytes(1000), "it"),
    "a cut database": (lambda: made.packages(*map(str, range(500)))[:9000], "it"),
}  # fmt: skip
PACKAGES = made.PACKAGES


@pytest.mark.parametrize("name", BAD)
def test_what_a_database_would_take_is_told(name: str, tmp_path: Path) -> None:
    make, said = BAD[name]
    data = make()
    with pytest.raises(BadDatabase, match=said if said != "it" else "."):
        rows_of(data, Table(name="Packages", columns=("blob",)))
    (tmp_path / "app.tar").write_bytes(saved(rocky(data)))
    problems, packages = read(tmp_path, "app.tar")
    assert packages == [] and "rpmdb.sqlite cannot be read" in problems[0][1]


@pytest.mark.parametrize(
    "data",
    [made.packages("zlib", page=65_536), made.looped(made.packages("zlib")), made.looped(made.packages("zlib", page=65_536))],
    ids=["pages of 64 KiB", "a loop of free pages", "both"],
)  # fmt: skip
def test_odd_databases_are_read(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "app.tar").write_bytes(saved(rocky(data, member("var/lib/rpm/rpmdb.sqlite-wal", bytes(32)))))
    assert read(tmp_path, "app.tar") == ([], ["zlib"])


def test_headers_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    data = made.database(PACKAGES, rows=[(None, made.rpm_header("zlib")), (None, b"\0\1\0\0" * 9), (None, 7)])
    (tmp_path / "app.tar").write_bytes(saved(rocky(data)))
    problems, packages = read(tmp_path, "app.tar")
    assert packages == ["zlib"] and "has 2 entries that cannot be read" in problems[0][1]


CHART = "apiVersion: v2\nname: api\nversion: 1.0.0\ndependencies:\n  - {name: cache, version: 1.x.x, repository: 'https://charts.example.com'}\n"
PART = member("cache/Chart.yaml", b"apiVersion: v2\nname: cache\nversion: 1.0.0\n")
CHARTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "an extended header": (lambda: packed(made.in_pieces(large("p", 128 * MIB, b"x"), PART)), "extended header has more"),
    "a long name": (lambda: packed(made.in_pieces(large("p", 128 * MIB, b"L"), PART)), "extended header has more"),
    "a template of 128 MiB": (lambda: packed(made.in_pieces(PART, large("cache/templates/a.yaml", 128 * MIB))), "too large"),
    "a negative size": (lambda: packed([PART, header(b"cache/templates/a.yaml", b"-7777777777\0"), PART * 10, END]), "size of a member is invalid"),
    "sparse files": (lambda: packed([PART, made.pax(GNU_sparse_major="1", GNU_sparse_realsize=str(1 << 50)), member("cache/templates/a.yaml", b"a"), END]), "is a sparse file"),
    "members of nothing": (lambda: packed([PART, member("a") * 20_000, END]), "too large"),
    "a chart in a chart in a chart": (lambda: packed([PART, member("cache/charts/a.tgz", packed(made.in_pieces(PART, large("cache/a.yaml", 128 * MIB)))), END]), "too large"),
    "a name without end in gzip's header": (lambda: b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * 20_000_000, "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHARTS)
def test_what_a_packed_chart_would_take_is_told(name: str, tmp_path: Path) -> None:
    make, said = CHARTS[name]
    (tmp_path / "charts").mkdir()
    (tmp_path / "Chart.yaml").write_text(CHART)
    (tmp_path / "charts" / "cache-1.0.0.tgz").write_bytes(make())
    problems, _ = read(tmp_path, "Chart.yaml", "helm")
    assert any(source.endswith(".tgz") and said in message for source, message in problems), problems


def zipped(entries: int, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for number in range(entries):
            archive.writestr(f"{number}.json", data)
    return held.getvalue()


def overlapping(entries: int) -> bytes:
    """Entries of which each is the same few bytes of the archive."""
    one = zipped(1, bytes(8 * MIB))
    directory, end = one.index(b"PK\1\2"), one.index(b"PK\5\6")
    entry = one[directory:end]
    tail = bytearray(one[end:])
    struct.pack_into("<HHI", tail, 8, entries, entries, len(entry) * entries)
    return one[:directory] + entry * entries + bytes(tail)


def many_entries(count: int) -> bytes:
    one = zipped(1, b"{}")
    directory, end = one.index(b"PK\1\2"), one.index(b"PK\5\6")
    entry = one[directory:end]
    tail = bytearray(one[end:])
    struct.pack_into("<HHI", tail, 8, count & 0xFFFF, count & 0xFFFF, len(entry) * count)
    return one[:directory] + entry * count + bytes(tail)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: overlapping(4_000), "overlap"),
        (lambda: many_entries(700_000), "more than 600,000 records"),
        (lambda: zipped(140, bytes(16 * MIB)), "records have more than"),
        (lambda: b"PK\5\6" + bytes(18), "no record"),
        (lambda: b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, 1 << 31, 0, 0), "directory has more"),
        (lambda: b"none", "not a zip archive"),
    ],
    ids=["overlapping", "entries", "zeros", "nothing", "directory", "no archive"],
)  # fmt: skip
def test_what_an_export_would_take_is_told(make: Callable[[], bytes], said: str) -> None:
    with pytest.raises(BadArchive, match=said):
        for _ in records(io.BytesIO(make())):
            pass


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_entries_that_ask_for_memory_are_not_read(method: int) -> None:
    [one] = records(io.BytesIO(zipped(1, b"{}", method)))
    assert isinstance(one, Unread)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, lzma.compress])
def test_small_reads_cost_no_more_than_large_ones(pack: Callable[[bytes], bytes]) -> None:
    data = pack(bytes(2 * MIB))
    if kind := kind_of(data[:6]):
        stream, count = Unpacked(io.BytesIO(data), kind), 0
        while piece := stream.read(512):
            count += len(piece)
        assert count == 2 * MIB and stream.read(512) == b""


@pytest.mark.parametrize("cut", range(1, 60, 7))
@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_every_cut_is_seen(pack: Callable[[bytes], bytes], cut: int) -> None:
    data = pack(b"".join(b"Package: %d\n" % number for number in range(100)))
    stream = Unpacked(io.BytesIO(data[:-cut]), kind_of(data))
    with pytest.raises(Broken):
        while stream.read():
            pass


def test_a_budget_is_spent_by_all_of_its_parts() -> None:
    budget = Budget(size=0, anyway=10, entries=3, kept=10)
    budget.unpack(10)
    for spend in (lambda: budget.unpack(1), lambda: budget.enter(4), lambda: budget.keep(11)):
        with pytest.raises(OverBudget):
            spend()


@NEEDED
def test_what_went_over_its_budget_is_in_every_report(tmp_path: Path) -> None:
    lay_out(tmp_path / "export", {"Debian": [record("DEBIAN-1", "libssl3", "Debian:12")]}) if (
        tmp_path / "export"
    ).mkdir() is None else None
    database, root = tmp_path / "advisories", tmp_path / "root"
    fetch = [
        "advisories",
        "fetch",
        str(database),
        "--ecosystem",
        "Debian",
        "--from",
        str(tmp_path / "export"),
    ]
    assert CliRunner().invoke(main, fetch).exit_code == 0
    root.mkdir()
    (root / "app.tar").write_bytes(saved(packed(made.in_pieces(large("big", 128 * MIB), END))))
    for form in ("terminal", "json", "markdown", "sarif", "html"):
        done = CliRunner().invoke(
            main, ["review", "--no-cache", "--format", form, "--advisories", str(database), str(root)]
        )
        assert done.exit_code == 3, done.output
        assert "app.tar" in done.output and "unpacks to more than" in done.output.replace("\n", " "), form
