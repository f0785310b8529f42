"""Archives of images, as `docker save` and OCI layouts have them: what their layers leave of the files that list packages.

Sources: https://github.com/opencontainers/image-spec/blob/main/image-layout.md, .../layer.md#whiteouts,
https://github.com/moby/docker-image-spec/blob/main/v1.2.md (manifest.json).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, TypeVar

import msgspec

from batten.formats import tar
from batten.formats.packed import Ahead, Broken, Budget, OverBudget, Readable, unpacked
from batten.formats.tar import Member, members
from batten.model.record import record

_LISTS = re.compile(
    r"etc/os-release|usr/lib/os-release|var/lib/dpkg/status|var/lib/dpkg/status\.d/[^/]+|(?:usr/)?lib/apk/db/installed"
    r"|(?P<rpm>(?:var/lib/rpm|usr/lib/sysimage/rpm|usr/share/rpm)/"
    r"(?:(?P<sqlite>rpmdb\.sqlite)|(?P<journal>rpmdb\.sqlite-(?:wal|journal))|Packages(?:\.db)?))"
)
_FOLDERS = frozenset(
    above
    for folder in ("etc", "var/lib/dpkg/status.d", "usr/lib/apk/db", "lib/apk/db", "var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
    for above in ("", *(folder[: m.start()] for m in re.finditer("/", folder)), folder)
)  # fmt: skip
Form = TypeVar("Form")
_LARGEST = 32 * 1024 * 1024  # bytes of a list of packages
_LARGEST_DATABASE = 64 * 1024 * 1024
_LARGEST_JSON = 1024 * 1024
_MOST_IMAGES = _MOST_LAYERS = 1_000
_BESIDE = 256  # bytes of memory that a kept member takes beside its path and content
_WAL_HEADER = (
    32  # bytes of a journal without changes: https://sqlite.org/fileformat2.html#the_write_ahead_log
)
_SAVED, _INDEX = "manifest.json", "index.json"  # of `docker save`, and of an OCI layout
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_KINDS = {tar.HARD_LINK: "is a hard link", tar.LINK: "is a symbolic link", tar.SPARSE: "is a sparse file"}


@record
class Kept:
    """A list of packages as a layer has it, or why it is not read."""

    data: bytes
    unread: str = ""


@record
class Layer:
    """The lists of packages in a layer, by path, None where something else takes the place; and what it removes of those below: paths
    and whole folders. `broken` says why it could not be read to its end."""

    files: dict[str, Kept | None]
    removed: frozenset[str]
    broken: str = ""


@record
class Image:
    """An image by its name, with the files that its layers leave; `broken` says which layer could not be read, and why."""

    name: str
    files: dict[str, Kept]
    broken: str = ""


class _Saved(msgspec.Struct, rename="pascal"):
    repo_tags: list[str] | None = None
    layers: list[str] = []


class _Descriptor(msgspec.Struct, rename="camel"):
    digest: str = ""
    media_type: str = ""
    annotations: dict[str, str] = {}


class _Manifest(msgspec.Struct):
    layers: list[_Descriptor] = []
    manifests: list[_Descriptor] = []


@dataclass(slots=True)
class _Held:
    """What an archive holds: its layers, its JSON, the paths of JSON that is too large for what an image has, and whether it is an
    OCI layout."""

    layers: dict[str, Layer] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    large: set[str] = field(default_factory=set)
    is_layout: bool = False

    @property
    def is_image(self) -> bool:
        """Whether anything in it is an image's."""
        return self.is_layout or _SAVED in self.large or self.texts.get(_SAVED, b"").startswith(b"[")


def images(stream: BinaryIO, budget: Budget) -> list[Image]:
    """The images of an archive; none where it is another archive. Raises Broken for one that cannot be read to its end."""
    held = _Held()
    try:
        for member in members(unpacked(stream, budget), budget):
            # A member of the archive: JSON, or a layer, whose own type nothing before it says.
            path, size = member.path, member.content.size
            is_blob = path.startswith("blobs/")
            held.is_layout |= path == "oci-layout" or path.startswith("blobs/sha256/")
            if not (
                member.kind != tar.FILE
                or not size
                or not (is_blob or path in (_SAVED, _INDEX) or path.endswith(".tar"))
            ):
                head = member.content.read(4)
                if path in (_SAVED, _INDEX) or (is_blob and head[:1] in (b"{", b"[")):
                    budget.keep(len(path) + _BESIDE)
                    if size <= _LARGEST_JSON:
                        budget.keep(size)
                        held.texts[path] = head + member.content.whole()
                    else:
                        held.large.add(path)
                else:
                    budget.keep(len(path))
                    held.layers[path] = _layer(Ahead(head, member.content), budget)
    except OverBudget:
        raise
    except Broken:
        if held.is_image or held.layers:
            raise
    return list(_put_together(held, budget)) if held.is_image else []


def _layer(source: Readable, budget: Budget) -> Layer:
    files: dict[str, Kept | None] = {}
    removed = set[str]()
    budget.keep(_BESIDE)
    try:
        for member in members(unpacked(source, budget), budget):
            folder, name = posixpath.split(member.path)
            if name == _OPAQUE:
                gone = folder
            elif name.startswith(_WHITEOUT):
                gone = posixpath.join(folder, name[len(_WHITEOUT) :])
            else:
                if (found := _LISTS.fullmatch(member.path)) is not None:
                    files[member.path] = _list(member, found, budget)
                continue
            if gone in _FOLDERS or _LISTS.fullmatch(gone):
                budget.keep(len(gone) + _BESIDE)
                removed.add(gone)
    except OverBudget:
        raise
    except Broken as error:
        return Layer(files, frozenset(removed), str(error))
    return Layer(files, frozenset(removed))


def _list(member: Member, found: re.Match[str], budget: Budget) -> Kept | None:
    """A list of packages; None for what is none, such as a link that names the release."""
    path, content = member.path, member.content
    budget.keep(len(path) + _BESIDE)
    if (path.endswith("os-release") and member.kind != tar.FILE) or member.kind not in (tar.FILE, *_KINDS):
        return None
    if found["journal"]:
        is_empty = member.kind == tar.FILE and content.size <= _WAL_HEADER
        return (
            None
            if is_empty
            else Kept(b"", "holds changes that are not in the database, which batten does not read")
        )
    if member.kind in _KINDS:
        return Kept(b"", f"{_KINDS[member.kind]}, which batten does not follow in an archive")
    if found["rpm"] and not found["sqlite"]:
        return Kept(b"", "is in a form of rpm's database that batten does not read")
    most = _LARGEST_DATABASE if found["sqlite"] else _LARGEST
    if content.size > most:
        return Kept(b"", f"has more than {most:,} bytes")
    budget.keep(content.size)
    return Kept(content.whole())


def _put_together(held: _Held, budget: Budget) -> Iterator[Image]:
    """Each image once: manifest.json names its layers, or the manifests of an OCI layout do."""
    for path in (_SAVED, _INDEX):
        if path in held.large:
            raise Broken(f"its {path} has more than {_LARGEST_JSON:,} bytes")
    if held.texts.get(_SAVED, b"").startswith(b"["):
        saved = _decoded(held.texts[_SAVED], list[_Saved])
        if len(saved) > _MOST_IMAGES:
            raise OverBudget(f"it holds more than {_MOST_IMAGES:,} images")
        for one in saved:
            name = (one.repo_tags or ["image"])[0]
            yield _image(
                name, [posixpath.normpath(path) for path in one.layers[: _MOST_LAYERS + 1]], held, budget
            )
    elif _INDEX in held.texts:
        yield from _of_index(held, budget)


def _of_index(held: _Held, budget: Budget) -> Iterator[Image]:
    pending = [(one, "") for one in reversed(_decoded(held.texts[_INDEX], _Manifest).manifests)]
    seen = set[str]()
    while pending:
        budget.enter()
        one, above = pending.pop()
        path = _blob(one.digest)
        name = one.annotations.get("org.opencontainers.image.ref.name", above or "image")
        if path in seen or "vnd.docker.reference.type" in one.annotations:
            continue
        if path in held.large:
            raise Broken(f"its manifest {path[:80]} has more than {_LARGEST_JSON:,} bytes")
        if path not in held.texts:
            continue
        seen.add(path)
        manifest = _decoded(held.texts[path], _Manifest)
        budget.enter(len(manifest.manifests))
        if len(seen) > _MOST_IMAGES or len(pending) + len(manifest.manifests) > _MOST_LAYERS * _MOST_IMAGES:
            raise OverBudget(f"it holds more than {_MOST_IMAGES:,} images")
        pending += [(below, name) for below in reversed(manifest.manifests)]
        if manifest.layers:
            yield _image(
                name, [_blob(layer.digest) for layer in manifest.layers[: _MOST_LAYERS + 1]], held, budget
            )


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _decoded(data: bytes, form: type[Form]) -> Form:
    try:
        return msgspec.json.decode(data, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Broken(f"its manifest cannot be read: {error}") from error


def _image(name: str, paths: list[str], held: _Held, budget: Budget) -> Image:
    """The files that remain of layers, each of which removes files of those below it before it adds its own."""
    if len(paths) > _MOST_LAYERS:
        raise OverBudget(f"`{name[:80]}` has more than {_MOST_LAYERS:,} layers")
    files: dict[str, Kept | None] = {}
    broken = ""
    for path in paths:
        layer = held.layers.get(path)
        if layer is None:
            broken = broken or f"the layer {path[:80]} is not in the archive"
            continue
        broken = broken or (f"the layer {path[:80]}: {layer.broken}" if layer.broken else "")
        budget.enter(len(files) + len(layer.files) + 1)
        if layer.removed:
            files = {path: data for path, data in files.items() if not _gone(path, layer.removed)}
        files |= layer.files
    return Image(name[:200], {path: kept for path, kept in files.items() if kept is not None}, broken)


def _gone(path: str, removed: frozenset[str]) -> bool:
    while path:
        if path in removed:
            return True
        path = path.rpartition("/")[0]
    return "" in removed
