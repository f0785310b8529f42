"""Charts that are packed below a chart (charts/*.tgz): their files laid into the tree, and places in them led out again.

An archive is a stranger's: nothing of it is written, links and devices in it are left out, and what it unpacks to is bounded.
Source: https://helm.sh/docs/helm/helm_package/
"""

from __future__ import annotations

import io
import posixpath
import tarfile
import zlib
from dataclasses import dataclass, replace

from batten.formats import Unreadable, Workspace
from batten.model import Problem, Span
from batten.technologies._rendering.text import Piece, Rendering
from batten.technologies.helm.tree import DEEPEST, below_of

_MOST_FILES = 2000  # of all archives of a chart
_LARGEST = 16_000_000  # bytes that all of them unpack to
_TEXTS = (
    ".yaml",
    ".yml",
    ".tpl",
    ".json",
    ".txt",
    ".conf",
    ".properties",
    ".sh",
    ".toml",
    ".ini",
    ".xml",
    ".sql",
)


class TooLarge(Exception):
    """An archive that unpacks to more than any chart is."""


@dataclass(slots=True)
class Packed:
    """The archives' own paths, by the folders that stand for them."""

    main: str
    text: str = ""
    folders: tuple[str, ...] = ()

    def home(self, made: Rendering) -> Rendering:
        """The rendering with places in archives led to the dependency's line in Chart.yaml."""
        if self.folders:
            made.pieces[:] = [self._piece(p) for p in made.pieces]
        return made

    def _piece(self, piece: Piece) -> Piece:
        origin = piece.origin if piece.origin is None or not self._of(piece.origin[0]) else None
        folder = self._of(piece.source)
        if not folder:
            return piece if origin is piece.origin else replace(piece, origin=origin)
        return replace(piece, source=self.main, span=self._line(folder), exact=False, origin=origin)

    def _of(self, path: str) -> str:
        return next((f for f in self.folders if path.startswith(f + "/")), "")

    def _line(self, folder: str) -> Span:
        """The name of the dependency in Chart.yaml; the first line where nothing names it."""
        name = posixpath.basename(folder).rpartition("-")[0]
        at = self.text.find(f"name: {name}")
        start = at + len("name: ") if at >= 0 and name else 0
        return Span(start, start + len(name) if at >= 0 else max(self.text.find("\n"), 0))

    def told(self, problem: Problem) -> Problem:
        folder = self._of(problem.source)
        if not folder:
            return problem
        inside = problem.source[len(folder) + 1 :]
        archive = folder.removesuffix("!")
        return replace(problem, source=archive, message=f"{inside}: {problem.message}", line=0)


def unpacked(folder: str, workspace: Workspace, problems: list[Problem]) -> tuple[Workspace, Packed]:
    """The workspace with the files of packed charts laid over it."""
    main = posixpath.join(folder, "Chart.yaml")
    files: dict[str, str] = {}
    folders: list[str] = []
    left = [_LARGEST, _MOST_FILES]
    for path in _archives(folder, workspace):
        try:
            inner = _unpack(workspace.data(path), left)
        except (Unreadable, TooLarge, tarfile.TarError, EOFError, OSError, zlib.error, ValueError) as error:
            problems.append(_refused(path, error))
            continue
        folders.append(f"{path}!")
        files |= {f"{path}!/{name}": text for name, text in inner.items()}
    if not folders:
        return workspace, Packed(main)
    return workspace.with_overlay(files), Packed(main, workspace.text(main).text, tuple(folders))


def _refused(path: str, error: Exception) -> Problem:
    message = "this packed chart is too large to be unpacked" if isinstance(error, TooLarge) else f"this packed chart cannot be unpacked: {error}"  # fmt: skip
    return Problem(path, "read", message, hint="unpack it into a folder below charts/")


def _archives(folder: str, workspace: Workspace, depth: int = 0) -> list[str]:
    found = [p for p in workspace.entries(posixpath.join(folder, "charts")) if p.endswith(".tgz")]
    for below in below_of(folder, workspace) if depth < DEEPEST else ():
        found += _archives(below, workspace, depth + 1)
    return [p for p in found if workspace.exists(p)]


def _unpack(data: bytes, left: list[int], depth: int = 0) -> dict[str, str]:
    """The texts of an archive by their paths in the chart, without the folder that holds it."""
    found: dict[str, str] = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r|gz") as archive:
        for member in archive:
            left[0] -= 512 + member.size
            left[1] -= 1
            if min(left) < 0:
                raise TooLarge
            name = _safe(member.name) if member.isreg() else ""
            held = archive.extractfile(member) if name else None
            if held is None:
                continue
            if name.endswith(".tgz") and posixpath.dirname(name).endswith("charts") and depth < DEEPEST:
                inner = _unpack(held.read(), left, depth + 1)
                found |= {f"{name}!/{below}": text for below, text in inner.items()}
            elif name.endswith(_TEXTS):
                found[name] = held.read().decode("utf-8", "replace")
    return found


def _safe(name: str) -> str:
    """The path below the chart's folder; "" for one that leads out of it."""
    path = posixpath.normpath(name.replace("\\", "/"))
    if path.startswith(("/", "..")) or "\0" in path:
        return ""
    return path.partition("/")[2]
