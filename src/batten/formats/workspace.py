"""The one door to the file system for review: reads each file once, never outside the root."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from batten import masking
from batten.files import Kind, Refused, Root
from batten.formats.document import DERIVED, Document, SyntaxProblem, Text
from batten.model import Problem

Tree = TypeVar("Tree")
Made = TypeVar("Made")

Witness = dict[tuple[str, str], object]  # (what was asked, path) -> the answer
Digest = Callable[[bytes], bytes]

KEPT_TREES = 256
KEPT_WEIGHT = 600_000  # nodes of kept trees, each of some two hundred bytes
KEPT_MADE = 32  # what was derived of several files


def _weight(text: str) -> int:
    """About how many nodes the tree of a text has, in whatever format, and however long its lines are."""
    return max(sum(map(text.count, "\n,;:{[(")), len(text) // 12) + 1


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
    in the overlay need not exist on disk. `hidden` files are there for nobody. `packages`: readers are to list
    the packages of lock files, bills of materials and images, which costs much more than their few components.
    """

    def __init__(
        self, root: Root | Path | str, overlay: Mapping[str, str] | None = None, hidden: Iterable[str] = ()
    ) -> None:
        self.files = root if isinstance(root, Root) else Root(root)
        self.root = Path(self.files.path)
        self.overlay = dict(overlay or {})
        self.hidden = frozenset(hidden)
        self.packages = False
        self._texts: dict[str, Text] = {}
        self._files: dict[str, bool] = {}
        self._folders: dict[str, set[str]] | None = None  # of the overlay: the names directly below
        self._trees: OrderedDict[tuple[str, object], Document[object]] = OrderedDict()
        self._weight = 0
        self._kept: OrderedDict[tuple[object, ...], object] = OrderedDict()
        self._once: dict[tuple[object, ...], object] = {}
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
                case "tracked":
                    return self.tracked(path)
                case "below":
                    return self.tracked_below(tuple(path.split("\n")))
                case "status":
                    return self._status(path)
                case _:
                    return tuple(self.entries(path))
        except Unreadable as error:
            return str(error)

    def _note(self, question: str, path: str, answer: object) -> None:
        if self._witness is not None:
            self._witness[question, path] = answer

    def with_overlay(self, overlay: Mapping[str, str]) -> Workspace:
        """The same files with `overlay` laid over what this workspace shows."""
        made = Workspace(self.files, {**self.overlay, **overlay}, self.hidden)
        made.packages = self.packages
        return made

    def showing(self, path: str, text: str) -> Workspace:
        """The same files with a part of a file's text in its place: no secret is in it that the whole did not tell."""
        made = self.with_overlay({path: text})
        made._texts[path] = Text(path, text)
        made._once = self._once  # no file comes or goes
        return made

    def text(self, path: str) -> Text:
        """The file's text. Raises Unreadable."""
        known = self._texts.get(path)
        if known is None:
            known = self._read(path)
            self._texts[path] = known
            masking.noted(known.text, path)
        return known

    def start(self, path: str, most: int) -> str:
        """The first characters of a text, by which it is recognised: it is not kept, and secrets in it are not noted, since
        no adapter reads most files. Raises Unreadable."""
        return (self._texts.get(path) or self._read(path)).text[:most]

    def _read(self, path: str) -> Text:
        return Text(path, self.overlay[path]) if path in self.overlay else self._load(path)

    def data(self, path: str) -> bytes:
        """The bytes of a file that is no text, such as an archive. Raises Unreadable."""
        data = self._bytes(path)
        if self._witness is not None:
            self._witness["text", path] = self._digest(data)
        return data

    def stream(self, path: str) -> BinaryIO:
        """A file that may be larger than any text, such as an image's archive; its reader closes it. That it is the same later
        is seen by its size and date. Raises Unreadable."""
        self._note("status", path, self._status(path))
        with _told(path):
            if path in self.hidden:
                raise Unreadable(path, "the file does not exist", "check the path")
            return self.files.stream(path)

    def head(self, path: str, most: int) -> bytes:
        """The first bytes of a file of any size and kind. Raises Unreadable."""
        if path in self.overlay:
            return self.overlay[path].encode("utf-8", "surrogatepass")[:most]
        with self.stream(path) as stream, _told(path):
            return stream.read(most)

    def _status(self, path: str) -> object:
        try:
            status = self.files.status(path)
        except (OSError, Refused):
            return None
        return (status.st_size, status.st_mtime_ns)

    def document(self, path: str, parse: Callable[[str], Tree]) -> Document[Tree]:
        """The file parsed by `parse`. Raises Unreadable, and SyntaxProblem as `parse` does."""
        key = (path, parse)
        kept = self._trees.get(key)
        if kept is not None:
            self._trees.move_to_end(key)
            return cast("Document[Tree]", kept)
        source = self.text(path)
        derived = DERIVED.get(parse)
        if derived is not None:
            try:
                base = self.document(path, derived.base)
                return Document(source, cast("Tree", derived.tree(base.tree, len(source.text))))
            except SyntaxProblem:
                if not derived.lenient:
                    raise
        self._make_room(weight := _weight(source.text))
        document = Document(source, parse(source.text))
        self._trees[key] = cast("Document[object]", document)
        self._weight += weight
        return document

    def _make_room(self, weight: int) -> None:
        """Drop the trees that were not asked for longest, before another of such a weight is made."""
        while self._trees and (len(self._trees) >= KEPT_TREES or self._weight + weight > KEPT_WEIGHT):
            _, dropped = self._trees.popitem(last=False)
            self._weight -= _weight(dropped.source.text)

    def kept(self, key: tuple[object, ...], make: Callable[[], Made]) -> Made:
        """What `make` derives from several files, for the last few keys made once. Its exceptions pass."""
        if key in self._kept:
            self._kept.move_to_end(key)
        else:
            made = make()
            if len(self._kept) >= KEPT_MADE:
                self._kept.popitem(last=False)
            self._kept[key] = made
        return cast("Made", self._kept[key])

    def once(self, key: tuple[object, ...], make: Callable[[], Made]) -> Made:
        """What `make` derives of a folder's list of files, made once for each key: for what takes little memory."""
        if key not in self._once:
            self._once[key] = make()
        return cast("Made", self._once[key])

    def forget(self, path: str) -> None:
        """Drop what is kept of a file; it is read again when asked for."""
        self._kept.clear()
        self._once.clear()
        self._texts.pop(path, None)
        self._files.pop(path, None)
        for key in [k for k in self._trees if k[0] == path]:
            self._weight -= _weight(self._trees.pop(key).source.text)

    def exists(self, path: str) -> bool:
        if path in self.overlay:
            return True
        known = self._files.get(path)
        if known is None:
            known = self._files[path] = path not in self.hidden and self.files.kind(path) is Kind.FILE
            self._note("exists", path, known)
        return known

    def is_directory(self, path: str) -> bool:
        laid = path.rstrip("/")
        there = self.files.kind(path) is Kind.FOLDER or (laid != "" and laid in self._laid_folders())
        self._note("directory", path, there)
        return there

    def tracked(self, path: str) -> bool:
        """Whether the git repository that the file is in has it in its index. Of a repository that git cannot read here
        every file is taken to be; of what is in none, no file."""
        # Most reviews have no such question, and then need no cell.
        there = import_module("batten.formats.tracked").tracked(self.root, path)
        self._note("tracked", path, there)
        return bool(there)

    def tracked_below(self, folders: tuple[str, ...]) -> dict[str, tuple[str, ...]] | None:
        """The files below each folder that git has in its index; None where no repository is around, or git cannot read it."""
        there = import_module("batten.formats.tracked").tracked_below(self.root, folders)
        self._note("below", "\n".join(folders), there)
        return cast("dict[str, tuple[str, ...]] | None", there)

    def is_link(self, path: str) -> bool:
        """Whether the path's last part is a symbolic link."""
        return path not in self.overlay and self.files.is_link(path)

    def entries(self, directory: str) -> list[str]:
        """Paths directly below a directory, sorted; empty when there is no such directory."""
        folder = directory.rstrip("/") if directory not in ("", ".") else ""
        prefix = f"{folder}/" if directory not in ("", ".") else ""
        found = {prefix + name for name in self._laid_folders().get(folder, ())}
        with suppress(OSError, Refused, ValueError):
            found |= {prefix + name for name, _ in self.files.entries(directory)}
        listed = sorted(found - self.hidden)
        self._note("entries", directory, tuple(listed))
        return listed

    def _laid_folders(self) -> dict[str, set[str]]:
        """The overlay's folders, made once: who lays many files over them asks for many folders."""
        if self._folders is None:
            self._folders = {}
            for path in self.overlay:
                while path:
                    folder, _, name = path.rpartition("/")
                    names = self._folders.setdefault(folder, set())
                    if name in names:
                        break
                    names.add(name)
                    path = folder
        return self._folders

    def real(self, path: str) -> str:
        """The path with the links in it replaced by what they name; "" when one leads out of the root."""
        if path in self.overlay:
            return path
        try:
            return self.files.real(path) or ""
        except (OSError, Refused):
            return ""

    def resolve(self, beside: str, relative: str) -> str | None:
        """The path that `relative` names when it is written in the file `beside`; None when it
        leaves the root."""
        joined = os.path.normpath(os.path.join(os.path.dirname(beside), relative)).replace(os.sep, "/")
        if joined.startswith(("../", "/")) or joined == "..":
            return None
        return joined

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
        if path in self.hidden:
            raise Unreadable(path, "the file does not exist", "check the path")
        with _told(path):
            return self.files.read(path)


@contextmanager
def _told(path: str) -> Iterator[None]:
    """What the file system refuses, as people read it."""
    try:
        yield
    except Refused as error:
        raise Unreadable(path, str(error), error.hint) from error
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
        return Problem(error.path, "parse", str(error), hint=error.hint, line=error.line)
    line = problem_line(workspace.text(path), error)
    return Problem(path, "parse", str(error), hint=error.hint, line=line)
