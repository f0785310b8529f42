"""The one door to the file system for review: reads each file once, never outside the root."""

from __future__ import annotations

import contextlib
import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar, cast

from batten import masking
from batten.formats.document import Document, SyntaxProblem, Text
from batten.model import Problem

Tree = TypeVar("Tree")
Made = TypeVar("Made")

Witness = dict[tuple[str, str], object]  # (what was asked, path) -> the answer
Digest = Callable[[bytes], bytes]

LARGEST = 32 * 1024 * 1024  # bytes; no configuration file written by people comes near
KEPT_TREES = 32


class Unreadable(Exception):
    """A file that cannot be had as text: what, and what to do about it."""

    def __init__(self, path: str, message: str, hint: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.path = path
        self.hint = hint
        self.line = line


class Workspace:
    """Files below `root`, by path relative to it ("/" between parts).

    `overlay` holds texts that stand in for files: what a fix would write, or a page's example. A path
    in the overlay need not exist on disk. `hidden` files are there for nobody.
    """

    def __init__(
        self, root: Path | str, overlay: Mapping[str, str] | None = None, hidden: Iterable[str] = ()
    ) -> None:
        self.root = Path(root).resolve()
        self.overlay = dict(overlay or {})
        self.hidden = frozenset(hidden)
        self._texts: dict[str, Text] = {}
        self._real: dict[str, Path | None] = {}
        self._files: dict[str, bool] = {}
        self._no_links: set[str] = set()
        self._trees: OrderedDict[tuple[str, object], Document[object]] = OrderedDict()
        self._kept: dict[tuple[object, ...], object] = {}
        self._witness: Witness | None = None
        self._digest: Digest = bytes

    def watch(self, digest: Digest) -> Witness:
        """From now on, note what the file system is asked and answers, contents by their digest."""
        self._digest = digest
        self._witness = {}
        return self._witness

    def still(self, witness: Witness, digest: Digest) -> bool:
        """Whether all that an earlier workspace was told holds here, too."""
        return not self.overlay and all(
            self._answer(question, path, digest) == answer for (question, path), answer in witness.items()
        )

    def _answer(self, question: str, path: str, digest: Digest) -> object:
        try:
            match question:
                case "text":
                    return digest(self._bytes(path))
                case "exists":
                    return self.exists(path)
                case "directory":
                    return self.is_directory(path)
                case _:
                    return tuple(self.entries(path))
        except Unreadable as error:
            return str(error)

    def _note(self, question: str, path: str, answer: object) -> None:
        if self._witness is not None:
            self._witness[question, path] = answer

    def with_overlay(self, overlay: Mapping[str, str]) -> Workspace:
        """The same files with `overlay` laid over what this workspace shows."""
        return Workspace(self.root, {**self.overlay, **overlay}, self.hidden)

    def text(self, path: str) -> Text:
        """The file's text. Raises Unreadable."""
        known = self._texts.get(path)
        if known is None:
            known = Text(path, self.overlay[path]) if path in self.overlay else self._load(path)
            self._texts[path] = known
            masking.noted(known.text)
        return known

    def document(self, path: str, parse: Callable[[str], Tree]) -> Document[Tree]:
        """The file parsed by `parse`. Raises Unreadable, and SyntaxProblem as `parse` does."""
        key = (path, parse)
        kept = self._trees.get(key)
        if kept is not None:
            self._trees.move_to_end(key)
            return cast("Document[Tree]", kept)
        source = self.text(path)
        document = Document(source, parse(source.text))
        self._trees[key] = cast("Document[object]", document)
        if len(self._trees) > KEPT_TREES:
            self._trees.popitem(last=False)
        return document

    def kept(self, key: tuple[object, ...], make: Callable[[], Made]) -> Made:
        """What `make` derives from several files, for the last few keys made once. Its exceptions pass."""
        if key not in self._kept:
            made = make()
            if len(self._kept) >= KEPT_TREES:
                self._kept.clear()
            self._kept[key] = made
        return cast("Made", self._kept[key])

    def forget(self, path: str) -> None:
        """Drop what is kept of a file; it is read again when asked for."""
        self._kept.clear()
        self._texts.pop(path, None)
        self._files.pop(path, None)
        for key in [k for k in self._trees if k[0] == path]:
            del self._trees[key]

    def exists(self, path: str) -> bool:
        if path in self.overlay:
            return True
        known = self._files.get(path)
        if known is None:
            place = None if path in self.hidden else self._inside(path)
            known = self._files[path] = place is not None and place.is_file()
            self._note("exists", path, known)
        return known

    def is_directory(self, path: str) -> bool:
        inside = self._inside(path)
        prefix = path.rstrip("/") + "/"
        there = (inside is not None and inside.is_dir()) or any(p.startswith(prefix) for p in self.overlay)
        self._note("directory", path, there)
        return there

    def entries(self, directory: str) -> list[str]:
        """Paths directly below a directory, sorted; empty when there is no such directory."""
        here = self._inside(directory)
        prefix = f"{directory.rstrip('/')}/" if directory not in ("", ".") else ""
        found = {prefix + p[len(prefix) :].split("/")[0] for p in self.overlay if p.startswith(prefix)}
        if here is not None and here.is_dir():
            with contextlib.suppress(OSError):
                found |= {prefix + e.name for e in os.scandir(here)}
        listed = sorted(found - self.hidden)
        self._note("entries", directory, tuple(listed))
        return listed

    def resolve(self, beside: str, relative: str) -> str | None:
        """The path that `relative` names when it is written in the file `beside`; None when it
        leaves the root."""
        joined = os.path.normpath(os.path.join(os.path.dirname(beside), relative)).replace(os.sep, "/")
        if joined.startswith(("../", "/")) or joined == "..":
            return None
        return joined

    def _inside(self, path: str) -> Path | None:
        """The real place of a path, or None when a symbolic link leads out of the root."""
        known = self._real.get(path, self.root)
        if known is not self.root:
            return known
        real = self._resolved(path)
        self._real[path] = real
        return real

    def _resolved(self, path: str) -> Path | None:
        if self._plain(path):
            return self.root / path
        try:
            real = os.path.realpath(os.path.join(self.root, path), strict=False)
        except (OSError, ValueError):  # ValueError: a NUL in the path
            return None
        root = str(self.root)
        return Path(real) if real == root or real.startswith(root.rstrip("/") + "/") else None

    def _plain(self, path: str) -> bool:
        """Whether no part of the path below the root is a symbolic link: then it is real as it stands."""
        parts = path.split("/")
        if path.startswith("/") or ".." in parts or "\0" in path:
            return False
        prefix = str(self.root)
        for part in parts:
            prefix = f"{prefix}/{part}"
            if prefix not in self._no_links:
                if os.path.islink(prefix):
                    return False
                self._no_links.add(prefix)
        return True

    def _load(self, path: str) -> Text:
        try:
            data = self._bytes(path)
        except Unreadable as error:
            self._note("text", path, str(error))
            raise
        if self._witness is not None:
            self._witness["text", path] = self._digest(data)
        return decode(path, data)

    def _bytes(self, path: str) -> bytes:
        real = self._inside(path)
        if path in self.hidden:
            raise Unreadable(path, "the file is not there", "check its name")
        if real is None:
            raise Unreadable(path, "the path leaves the reviewed folder", "review the folder that holds both")
        try:
            size = real.stat().st_size
            if size > LARGEST:
                raise Unreadable(
                    path,
                    f"the file has {size:,} bytes, more than batten reads ({LARGEST:,})",
                    "list it under `ignore:` in batten.yaml if it is no configuration",
                )
            return real.read_bytes()
        except OSError as error:
            raise Unreadable(
                path,
                f"the file cannot be read: {error.strerror or error}",
                "check that it exists and that its permissions let you read it",
            ) from error


def decode(path: str, data: bytes) -> Text:
    """UTF-8 text of a file's bytes. Raises Unreadable for anything else, with the line."""
    bom = data.startswith(b"\xef\xbb\xbf")
    body = data[3:] if bom else data
    if b"\0" in body[:65536]:
        raise Unreadable(path, "this is a binary file, or UTF-16 text", "save it as UTF-8")
    try:
        return Text(path, body.decode("utf-8"), bom)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            path, f"byte 0x{body[error.start]:02x} is not UTF-8", "save it as UTF-8", line
        ) from error


def problem_line(source: Text, error: SyntaxProblem) -> int:
    return source.line_of(min(error.offset, len(source.text)))


def parse_problem(path: str, error: SyntaxProblem | Unreadable, workspace: Workspace) -> Problem:
    """What is wrong with a file that cannot be read or parsed, as people are told of it."""
    if isinstance(error, Unreadable):
        return Problem(error.path, "parse", str(error), error.hint, error.line)
    line = problem_line(workspace.text(path), error)
    return Problem(path, "parse", str(error), error.hint, line)
