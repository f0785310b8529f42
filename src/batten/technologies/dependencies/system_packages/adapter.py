"""Packages of operating systems in archives of images and in root file systems, where packages are compared with advisories."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import Component, Fact
from batten.formats import Workspace
from batten.formats.databases import BadDatabase
from batten.formats.packed import Broken, Budget, OverBudget
from batten.formats.tar import NotTar
from batten.model import Location, Problem, Setting
from batten.technologies import Unit
from batten.technologies.dependencies._packages.distributions import ecosystem_of
from batten.technologies.dependencies._packages.found import Found, told
from batten.technologies.dependencies.system_packages.image import Image, Kept, images
from batten.technologies.dependencies.system_packages.lists import MOST, TooMany, apk, dpkg, rpm

_RELEASES = ("etc/os-release", "usr/lib/os-release")
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
_AGAIN = "save the image again with `docker save`, or list the file under `ignore:` in batten.yaml"
_BILL = "make a bill of materials of the image, which batten reads"


def names_packages(unit: Unit) -> bool:
    return not unit.main.endswith(_ARCHIVES)  # of an archive its name does not tell


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    path = unit.main
    if not workspace.packages:
        return
    if path.endswith(_ARCHIVES):
        # The packages of an archive's images; what of it is not read, and why.
        try:
            with workspace.stream(path) as stream:
                budget = Budget(size=os.fstat(stream.fileno()).st_size)
                found = images(stream, budget)
            if found:
                yield from _Packages(path, budget).of(found)
        except NotTar:
            pass
        except Broken as error:
            yield Problem(path, "read", str(error), hint=_AGAIN)
    else:
        yield from _installed(path, workspace)


class _Packages:
    """The packages of the images of one archive. Images have layers in common, so that a list is parsed once."""

    def __init__(self, path: str, budget: Budget) -> None:
        self._path, self._budget = path, budget
        self._parsed: dict[int, tuple[list[Found], str]] = {}
        self._left = MOST

    def of(self, found: list[Image]) -> Iterator[Fact | Problem]:
        """The facts of each image. Raises OverBudget."""
        for image in found:
            if image.broken:
                yield Problem(self._path, "read", f"`{image.name}`: {image.broken}", hint=_AGAIN)
            yield from self._image(image)

    def _image(self, image: Image) -> Iterator[Fact | Problem]:
        """The system of an image, and its packages; all have one place, the archive."""
        found = (image.files[path].data for path in _RELEASES if path in image.files)
        release = _release(next(filter(None, found), b"").decode("utf-8", "replace"))
        at = Location(self._path, f"image[{image.name}]")
        product, version = _PRODUCTS.get(release.get("ID", "")), release.get("VERSION_ID", "")
        if product is not None and version:
            yield Component(
                at, product=product, version=Setting(version, at), evidence=f"{release['ID']} {version}"
            )
        ecosystem = ecosystem_of(release.get("ID", ""), release.get("VERSION_ID", ""))
        for file, kept in sorted(image.files.items()):
            kind = _kind(file)
            if kept.unread:
                yield self._unread(image, file, kept.unread)
            elif kind and ecosystem is None:
                said = "the release of its distribution is not known, so its packages were not read"
                hint = "name the distribution in /etc/os-release"
                yield Problem(self._path, "read", f"`{image.name}`: {said}", hint=hint)
                return
            elif kind:
                yield from self._listed(image, file, kept, ecosystem or "")

    def _unread(self, image: Image, file: str, why: str) -> Problem:
        return Problem(self._path, "read", f"`{image.name}`: {file} {why}", hint=_BILL)

    def _listed(self, image: Image, file: str, kept: Kept, ecosystem: str) -> Iterator[Fact | Problem]:
        kind = _kind(file)
        self._budget.look()
        if id(kept) not in self._parsed:
            self._parsed[id(kept)] = _parsed(kind, kept.data, self._budget)
        found, unread = self._parsed[id(kept)]
        if unread:
            yield self._unread(image, file, unread)
        self._left -= len(found)
        if self._left < 0:
            raise OverBudget(f"its images list more than {MOST:,} packages")
        for one in told(found, self._path, ecosystem, _COMMANDS[kind], True):
            at = Location(self._path, f"image[{image.name}]/{one.at.pointer}")
            yield replace(one, at=at, version=replace(one.version, at=at))


def _parsed(kind: str, data: bytes, budget: Budget) -> tuple[list[Found], str]:
    """The packages of a list, and what of it was not read."""
    found: list[Found] = []
    try:
        match kind:
            case "deb":
                found.extend(dpkg(data.decode("utf-8", "replace")))
            case "apk":
                found.extend(apk(data.decode("utf-8", "replace")))
            case _:
                found, unread = rpm(data, budget.left)
                return found, f"has {unread:,} entries that cannot be read" if unread else ""
    except BadDatabase as error:
        return found, f"cannot be read: {error}"
    except TooMany as error:
        return found, f"was read in part: {error}"
    return found, ""


def _kind(file: str) -> str:
    """What manages the packages of a list; "" for another file."""
    folder, name = posixpath.split(file)
    if name == "os-release" or name.endswith(".md5sums"):
        return ""
    if "dpkg" in folder:
        return "deb"
    if folder.endswith("apk/db"):
        return "apk"
    return "rpm"


def _release(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}


def _installed(path: str, workspace: Workspace) -> Iterator[Fact | Problem]:
    """A list of packages in a root file system; the release stands beside it."""
    # The folder that stands for "/", with its slash.
    root = next(
        (
            path[: path.rindex(below)]
            for below in ("var/lib/dpkg/", "usr/lib/apk/", "lib/apk/")
            if below in path
        ),
        "",
    )
    for other in _RELEASES:
        if workspace.exists(root + other):
            release = _release(workspace.text(root + other).text)
            break
    else:
        return  # no root file system, or a part of one
    ecosystem = ecosystem_of(release.get("ID", ""), release.get("VERSION_ID", ""))
    kind = _kind(path.removeprefix(root))
    if ecosystem is not None and kind in ("deb", "apk"):
        text = workspace.text(path).text
        found: list[Found] = []
        try:
            found.extend(dpkg(text) if kind == "deb" else apk(text))
        except TooMany as error:
            yield Problem(path, "read", str(error), hint=_BILL)
        yield from told(found, path, ecosystem, _COMMANDS[kind], True)


def write(*_: object) -> None:
    """An image is built again; nothing in its archive is edited."""
    return None
