"""Archives of images, as `docker save` and OCI layouts have them: what their layers leave of the files that list packages.

Sources: https://github.com/opencontainers/image-spec/blob/main/image-layout.md, .../layer.md#whiteouts,
https://github.com/moby/docker-image-spec/blob/main/v1.2.md (manifest.json).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import BinaryIO, TypeVar

import msgspec

from batten.model.record import record
from batten.technologies.system_packages.tar import (
    MOST_BYTES,
    Ahead,
    Broken,
    Member,
    Readable,
    members,
    unpacked,
)

WANTED = re.compile(
    r"etc/os-release|usr/lib/os-release|var/lib/dpkg/status|var/lib/dpkg/status\.d/[^/]+|(?:usr/)?lib/apk/db/installed"
    r"|(?:var/lib/rpm|usr/lib/sysimage/rpm|usr/share/rpm)/(?:rpmdb\.sqlite|Packages(?:\.db)?)"
)
_OF_ARCHIVE = re.compile(
    r"(?:\./)?(?:oci-layout|index\.json|manifest\.json|repositories|blobs/?(?:sha256/?.*)?|[0-9a-f]{64}(?:/.*|\.json|\.tar)?)"
)
Form = TypeVar("Form")
_LARGEST = 64 * 1024 * 1024  # bytes of a list of packages
_LARGEST_JSON = 4 * 1024 * 1024
_MOST_MEMBERS = 100_000  # of an archive; its layers have more, and are not kept
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"


@record
class Layer:
    """The lists of packages in a layer, by path, and what it removes of those below: paths and whole folders. `broken` says why
    it could not be read to its end."""

    files: dict[str, bytes]
    removed: frozenset[str]
    broken: str = ""


@record
class Image:
    """An image by its name, with the files that its layers leave; `broken` says which layer could not be read, and why."""

    name: str
    files: dict[str, bytes]
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


def images(stream: BinaryIO) -> list[Image]:
    """The images of an archive; none where it is another archive. Raises Broken for one that cannot be read to its end."""
    left = [MOST_BYTES]
    layers: dict[str, Layer] = {}
    texts: dict[str, bytes] = {}
    for number, member in enumerate(members(unpacked(stream, left))):
        if number == 0 and not _OF_ARCHIVE.fullmatch(member.path):
            return []
        if number > _MOST_MEMBERS:
            raise Broken(f"the archive has more than {_MOST_MEMBERS:,} members")
        if member.kind == "0" and member.content.size:
            _noted(member, layers, texts, left)
    return list(_put_together(layers, texts))


def _noted(member: Member, layers: dict[str, Layer], texts: dict[str, bytes], left: list[int]) -> None:
    """A member of the archive: JSON, or a layer, whose own type nothing before it says."""
    head = member.content.read(4)
    content = Ahead(head, member.content)
    if head[:1] in (b"{", b"["):
        if member.content.size <= _LARGEST_JSON:
            texts[member.path] = _all(content)
    elif member.path.endswith(".tar") or member.path.startswith("blobs/"):
        layers[member.path] = _layer(content, left)


def _layer(source: Readable, left: list[int]) -> Layer:
    files: dict[str, bytes] = {}
    removed = set[str]()
    try:
        for member in members(unpacked(source, left)):
            folder, name = posixpath.split(member.path)
            if name == _OPAQUE:
                removed.add(folder)
            elif name.startswith(_WHITEOUT):
                removed.add(posixpath.join(folder, name[len(_WHITEOUT) :]))
            elif member.kind == "0" and WANTED.fullmatch(member.path) and member.content.size <= _LARGEST:
                files[member.path] = _all(member.content)
    except Broken as error:
        return Layer(files, frozenset(removed), str(error))
    return Layer(files, frozenset(removed))


def _all(content: Readable) -> bytes:
    parts = []
    while data := content.read(1 << 20):
        parts.append(data)
    return b"".join(parts)


def _put_together(layers: dict[str, Layer], texts: dict[str, bytes]) -> Iterator[Image]:
    """Each image once: manifest.json names its layers, or the manifests of an OCI layout do."""
    if "manifest.json" in texts:
        for saved in _decoded(texts["manifest.json"], list[_Saved]):
            name = (saved.repo_tags or ["image"])[0]
            yield _image(name, [posixpath.normpath(path) for path in saved.layers], layers)
    elif "index.json" in texts:
        pending = [(one, "") for one in reversed(_decoded(texts["index.json"], _Manifest).manifests)]
        seen = set[str]()
        while pending:
            one, above = pending.pop()
            path = _blob(one.digest)
            name = one.annotations.get("org.opencontainers.image.ref.name", above or "image")
            if path in seen or path not in texts or "vnd.docker.reference.type" in one.annotations:
                continue
            seen.add(path)
            manifest = _decoded(texts[path], _Manifest)
            pending += [(below, name) for below in reversed(manifest.manifests)]
            if manifest.layers:
                yield _image(name, [_blob(layer.digest) for layer in manifest.layers], layers)


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _decoded(data: bytes, form: type[Form]) -> Form:
    try:
        return msgspec.json.decode(data, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Broken(f"its manifest cannot be read: {error}") from error


def _image(name: str, paths: list[str], layers: dict[str, Layer]) -> Image:
    """The files that remain of layers, each of which removes files of those below it before it adds its own."""
    files: dict[str, bytes] = {}
    broken = ""
    for path in paths:
        layer = layers.get(path)
        if layer is None:
            broken = broken or f"the layer {path[:80]} is not in the archive"
            continue
        broken = broken or (f"the layer {path[:80]}: {layer.broken}" if layer.broken else "")
        if layer.removed:
            files = {path: data for path, data in files.items() if not _gone(path, layer.removed)}
        files |= layer.files
    return Image(name, files, broken)


def _gone(path: str, removed: frozenset[str]) -> bool:
    while path:
        if path in removed:
            return True
        path = path.rpartition("/")[0]
    return "" in removed
