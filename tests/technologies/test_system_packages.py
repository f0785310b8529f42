"""Packages of operating systems: layers of images, and the lists of dpkg, apk and rpm."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from batten.facts import Component, Package
from batten.formats import Workspace
from batten.model import Problem
from batten.technologies import Unit
from batten.technologies.dependencies.system_packages import adapter
from batten.technologies.dependencies.system_packages.lists import dpkg, rpm

RPM = Path(__file__).parent / "system_packages" / "rpmdb.sqlite.gz"
BOOKWORM = b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'
STATUS = (
    b"Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: 3.0.11-1~deb12u2\nDescription: a\n Version: 9\n\n"
    b"Package: gone\nStatus: deinstall ok config-files\nVersion: 1.0\n\n"
    b"Package: gcc-12-base\nStatus: install ok installed\nSource: gcc-12 (12.2.0-14)\nVersion: 12.2.0-14+b1\n"
)
DEBIAN = {"etc/os-release": BOOKWORM, "var/lib/dpkg/status": STATUS}
EXPECTED = {
    ("Debian:12", "libssl3", "3.0.11-1~deb12u2", "openssl"),
    ("Debian:12", "gcc-12-base", "12.2.0-14", "gcc-12"),
}


def tar(files: dict[str, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as archive:
        for path, data in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return made.getvalue()


def saved(*layers: bytes, tag: str = "app:1") -> bytes:
    """What `docker save` writes, without the configuration."""
    names = [f"{hashlib.sha256(layer).hexdigest()}/layer.tar" for layer in layers]
    manifest = json.dumps([{"Config": "c.json", "RepoTags": [tag], "Layers": names}]).encode()
    return tar({**dict(zip(names, layers, strict=True)), "manifest.json": manifest})


def layout(*layers: bytes) -> bytes:
    """An OCI layout whose index names an index, which names the manifest."""
    blobs = {f"blobs/sha256/{hashlib.sha256(data).hexdigest()}": data for data in layers}

    def kept(value: object) -> str:
        data = json.dumps(value).encode()
        digest = hashlib.sha256(data).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = data
        return f"sha256:{digest}"

    listed = [
        {
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
            "digest": f"sha256:{hashlib.sha256(d).hexdigest()}",
        }
        for d in layers
    ]
    manifest = kept({"schemaVersion": 2, "config": {"digest": "sha256:aa"}, "layers": listed})
    inner = kept(
        {
            "manifests": [
                {"digest": manifest},
                {"digest": manifest, "annotations": {"vnd.docker.reference.type": "attestation-manifest"}},
            ]
        }
    )
    index = {"manifests": [{"digest": inner, "annotations": {"org.opencontainers.image.ref.name": "app:2"}}]}
    return tar(
        {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": json.dumps(index).encode(), **blobs}
    )


def read(data: bytes, root: Path, name: str = "app.tar") -> list[object]:
    (root / name).write_bytes(data)
    workspace = Workspace(root)
    workspace.packages = True
    return list(adapter.read(Unit("system_packages", (name,)), workspace))


def told(outcomes: list[object]) -> set[tuple[str, str, str, str]]:
    return {(p.ecosystem, p.name, p.version.known(""), p.source) for p in outcomes if isinstance(p, Package)}


@pytest.mark.parametrize(
    "data",
    [
        saved(tar(DEBIAN)),
        saved(tar({f"./{path}": text for path, text in DEBIAN.items()}, tarfile.PAX_FORMAT)),
        saved(gzip.compress(tar(DEBIAN))),
        gzip.compress(saved(tar(DEBIAN))),
        layout(gzip.compress(tar(DEBIAN))),
        saved(tar({**DEBIAN, "var/lib/dpkg/status": b"Package: old\nVersion: 1\n"}), tar({"var/lib/dpkg/status": STATUS})),
        saved(tar({"usr/lib/os-release": BOOKWORM, "var/lib/dpkg/status.d/base": STATUS, "var/lib/dpkg/status.d/base.md5sums": b"a"})),
    ],
    ids=["saved", "pax", "packed layer", "packed archive", "layout", "later layer", "distroless"],
)  # fmt: skip
def test_packages_of_an_image(data: bytes, tmp_path: Path) -> None:
    outcomes = read(data, tmp_path)
    assert told(outcomes) == EXPECTED
    assert [(one.product, one.version.known("")) for one in outcomes if isinstance(one, Component)] == [
        ("debian", "12")
    ]
    assert not [one for one in outcomes if isinstance(one, Problem)]


@pytest.mark.parametrize(
    "removal", ["var/lib/dpkg/.wh.status", "var/lib/.wh.dpkg", "var/lib/dpkg/.wh..wh..opq", ".wh.var"]
)
def test_what_a_later_layer_removes_is_not_there(removal: str, tmp_path: Path) -> None:
    assert told(read(saved(tar(DEBIAN), tar({removal: b""})), tmp_path)) == set()
    back = {removal: b"", "var/lib/dpkg/status": STATUS}
    assert told(read(saved(tar(DEBIAN), tar(back)), tmp_path)) == EXPECTED


def test_alpine(tmp_path: Path) -> None:
    installed = b"C:Q1x=\nP:libcrypto3\nV:3.1.3-r0\nA:x86_64\no:openssl\nF:lib\n\nC:Q1y=\nP:musl\nV:1.2.4-r2\no:musl\n\n"
    image = {"etc/os-release": b"ID=alpine\nVERSION_ID=3.18.4\n", "lib/apk/db/installed": installed}
    assert told(read(saved(tar(image)), tmp_path)) == {
        ("Alpine:v3.18", "libcrypto3", "3.1.3-r0", "openssl"),
        ("Alpine:v3.18", "musl", "1.2.4-r2", "musl"),
    }


def test_rpm(tmp_path: Path) -> None:
    """The database was written by rpm 4.20 with `-i --justdb`; `rpm -qa` lists these."""
    data = gzip.decompress(RPM.read_bytes())
    found, unread = rpm(data, 10)
    assert unread == 0 and {(one.name, one.version) for one in found} == {
        ("zlib", "1.2.11-27.el9"),
        ("openssl-libs", "1:3.0.7-27.el9"),
    }
    image = {"etc/os-release": b'ID="rocky"\nVERSION_ID="9.3"\n', "var/lib/rpm/rpmdb.sqlite": data}
    assert ("Rocky Linux:9", "openssl-libs", "1:3.0.7-27.el9", "") in told(read(saved(tar(image)), tmp_path))


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="dpkg is not installed")
def test_dpkg_itself_lists_the_same() -> None:
    form = "${db:Status-Abbrev}|${Package}|${source:Package}|${source:Version}\n"
    listed = subprocess.run(
        ["dpkg-query", "-W", "-f", form], capture_output=True, text=True, check=True
    ).stdout
    expected = {tuple(line.split("|")[1:]) for line in listed.splitlines() if line[1] == "i"}
    text = Path("/var/lib/dpkg/status").read_text(encoding="utf-8")
    assert {(one.name, one.source or one.name, one.version) for one in dpkg(text)} == expected


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (saved(tar(DEBIAN))[:3000], "ends within"),
        (gzip.compress(saved(tar(DEBIAN)))[:-30], "damaged"),
        (saved(b"\x28\xb5\x2f\xfd0000"), "zstd"),
        (saved(tar({**DEBIAN, "etc/os-release": b"ID=debian\n"})), "is not known"),
        (saved(tar({**DEBIAN, "var/lib/rpm/Packages": b"\0"})), "does not read"),
        (saved(tar({"etc/os-release": b"ID=rocky\nVERSION_ID=9\n", "var/lib/rpm/rpmdb.sqlite": b"a"})), "cannot be read"),
        (tar({"manifest.json": b'[{"RepoTags": 5}]'}), "manifest cannot be read"),
        (tar({"manifest.json": b'[{"RepoTags": null, "Layers": ["a.tar"]}]'}), "is not in the archive"),
    ],
    ids=["cut", "cut gzip", "zstd", "release", "old rpm", "no database", "manifest", "no layer"],
)  # fmt: skip
def test_what_cannot_be_read_is_told(data: bytes, said: str, tmp_path: Path) -> None:
    [problem] = [one for one in read(data, tmp_path) if isinstance(one, Problem)]
    assert said in problem.message
    assert problem.hint


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 2048, b"x" * 5000, tar({"src/main.py": b"a"}), tar({})],
    ids=["empty", "zeros", "text", "sources", "end"],
)
def test_other_archives_are_left_alone(data: bytes, tmp_path: Path) -> None:
    assert read(data, tmp_path) == []


def test_an_archive_that_unpacks_without_end_is_stopped(tmp_path: Path) -> None:
    [problem] = read(saved(gzip.compress(tar({"a": b"\0" * (80 << 20)}))), tmp_path)
    assert isinstance(problem, Problem)
    assert "unpacks to more" in problem.message


def test_without_advisories_no_archive_is_opened(tmp_path: Path) -> None:
    assert list(adapter.read(Unit("system_packages", ("missing.tar",)), Workspace(tmp_path))) == []


def test_a_root_file_system(tmp_path: Path) -> None:
    files = {"rootfs/etc/os-release": BOOKWORM.decode(), "rootfs/var/lib/dpkg/status": STATUS.decode()}
    workspace = Workspace(tmp_path, files)
    workspace.packages = True
    found = list(adapter.read(Unit("system_packages", ("rootfs/var/lib/dpkg/status",)), workspace))
    assert told(list(found)) == EXPECTED
