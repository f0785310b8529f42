"""Packages of operating systems in archives of images and in root file systems, where packages are compared with advisories."""

from __future__ import annotations

import posixpath
import sqlite3
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import Component, Fact
from batten.formats import Workspace
from batten.model import Location, Problem, Setting
from batten.technologies import Unit
from batten.technologies._packages.distributions import ecosystem_of
from batten.technologies._packages.found import Found, told
from batten.technologies.system_packages.image import Image, images
from batten.technologies.system_packages.lists import apk, dpkg, rpm
from batten.technologies.system_packages.tar import Broken

_ARCHIVES = (".tar", ".tar.gz", ".tgz")
_COMMANDS = {
    "deb": "apt-get install --only-upgrade {name}",
    "apk": "apk add --upgrade {name}",
    "rpm": "dnf upgrade {name}",
}
_PRODUCTS = {
    "debian": "debian",
    "ubuntu": "ubuntu",
    "alpine": "alpine-linux",
    "centos": "centos",
    "rocky": "rocky-linux",
}
_RPM = ("rpmdb.sqlite",)


def names_packages(unit: Unit) -> bool:
    return not unit.main.endswith(_ARCHIVES)  # of an archive its name does not tell


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    path = unit.main
    if not workspace.packages:
        return
    if path.endswith(_ARCHIVES):
        yield from _archive(path, workspace)
    else:
        yield from _installed(path, workspace)


def _archive(path: str, workspace: Workspace) -> Iterator[Fact | Problem]:
    hint = "save the image again with `docker save`, or list the file under `ignore:` in batten.yaml"
    try:
        with workspace.stream(path) as stream:
            found = images(stream)
    except Broken as error:
        if "not a tar" not in str(error):
            yield Problem(path, "read", str(error), hint=hint)
        return
    for image in found:
        if image.broken:
            yield Problem(path, "read", f"`{image.name}`: {image.broken}", hint=hint)
        yield from _of_image(path, image)


def _of_image(path: str, image: Image) -> Iterator[Fact | Problem]:
    """The system of an image, and its packages; all have one place, the archive."""
    release = _os_release(image.files)
    yield from _system(Location(path, f"image[{image.name}]"), release)
    ecosystem = ecosystem_of(release.get("ID", ""), release.get("VERSION_ID", ""))
    for file, data in sorted(image.files.items()):
        kind = _kind(file)
        if kind == "unread":
            hint = "make a bill of materials of the image, which batten reads"
            yield Problem(
                path,
                "read",
                f"`{image.name}`: {file} is in a form of rpm's database that batten does not read",
                hint=hint,
            )
        elif kind and ecosystem is None:
            hint = "name the distribution in /etc/os-release"
            yield Problem(
                path,
                "read",
                f"`{image.name}`: the release of its distribution is not known, so its packages were not read",
                hint=hint,
            )
            return
        elif kind:
            yield from _listed(path, image.name, file, data, ecosystem or "")


def _listed(path: str, name: str, file: str, data: bytes, ecosystem: str) -> Iterator[Fact | Problem]:
    kind = _kind(file)
    try:
        found = _parsed(kind, data)
    except sqlite3.Error as error:
        hint = "make a bill of materials of the image, which batten reads"
        yield Problem(path, "read", f"`{name}`: {file} cannot be read: {error}", hint=hint)
        return
    for one in told(found, path, ecosystem, _COMMANDS[kind], True):
        at = Location(path, f"image[{name}]/{one.at.pointer}")
        yield replace(one, at=at, version=replace(one.version, at=at))


def _parsed(kind: str, data: bytes) -> list[Found]:
    match kind:
        case "deb":
            return list(dpkg(data.decode("utf-8", "replace")))
        case "apk":
            return list(apk(data.decode("utf-8", "replace")))
        case _:
            return list(rpm(data))


def _kind(file: str) -> str:
    """What manages the packages of a list; "unread" where its form is not read, "" for another file."""
    folder, name = posixpath.split(file)
    if name == "os-release" or name.endswith(".md5sums"):
        return ""
    if "dpkg" in folder:
        return "deb"
    if folder.endswith("apk/db"):
        return "apk"
    return "rpm" if name in _RPM else "unread"


def _os_release(files: dict[str, bytes]) -> dict[str, str]:
    data = files.get("etc/os-release") or files.get("usr/lib/os-release") or b""
    return _release(data.decode("utf-8", "replace"))


def _release(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}


def _system(at: Location, release: dict[str, str]) -> Iterator[Component]:
    product, version = _PRODUCTS.get(release.get("ID", "")), release.get("VERSION_ID", "")
    if product is not None and version:
        yield Component(
            at, product=product, version=Setting(version, at), evidence=f"{release['ID']} {version}"
        )


def _installed(path: str, workspace: Workspace) -> Iterator[Fact | Problem]:
    """A list of packages in a root file system; the release stands beside it."""
    root = _root(path)
    for other in ("etc/os-release", "usr/lib/os-release"):
        if workspace.exists(root + other):
            release = _release(workspace.text(root + other).text)
            break
    else:
        return  # no root file system, or a part of one
    ecosystem = ecosystem_of(release.get("ID", ""), release.get("VERSION_ID", ""))
    kind = _kind(path.removeprefix(root))
    if ecosystem is not None and kind in ("deb", "apk"):
        text = workspace.text(path).text
        found = dpkg(text) if kind == "deb" else apk(text)
        yield from told(found, path, ecosystem, _COMMANDS[kind], True)


def _root(path: str) -> str:
    """The folder that stands for "/", with its slash."""
    for below in ("var/lib/dpkg/", "usr/lib/apk/", "lib/apk/"):
        if below in path:
            return path[: path.rindex(below)]
    return ""


def write(*_: object) -> None:
    """An image is built again; nothing in its archive is edited."""
    return None
