"""Charts that are packed below a chart (charts/*.tgz): their files laid into the tree, and places in them led out again.

An archive is a stranger's: nothing of it is written, links and devices in it are left out, and what it unpacks to is bounded.
Source: https://helm.sh/docs/helm/helm_package/
"""

from __future__ import annotations

import io
import posixpath
from dataclasses import dataclass, replace

from batten.formats import Unreadable, Workspace, tar
from batten.formats.packed import Broken, Budget, OverBudget
from batten.formats.packed import unpacked as stream_of
from batten.formats.tar import members
from batten.model import Problem, Span
from batten.technologies.orchestration.helm.tree import DEEPEST, below_of
from batten.technologies.shared.rendering.text import Piece, Rendering

_MOST_FILES = 10_000  # of all archives of a chart, and the records of their extended headers
_LARGEST = 16_000_000  # bytes that all of them unpack to
_SECONDS = 20.0  # of processor time
_HINT = "unpack it into a folder below charts/"
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
    budget = Budget(size=0, anyway=_LARGEST, entries=_MOST_FILES, seconds=_SECONDS)
    for path in _archives(folder, workspace):
        try:
            inner, unread = _unpack(workspace.data(path), budget)
        except (Unreadable, Broken) as error:
            refused_why = f"this packed chart is too large: {error}" if isinstance(error, OverBudget) else f"this packed chart cannot be unpacked: {error}"  # fmt: skip
            problems.append(Problem(path, "read", refused_why, hint=_HINT))
            continue
        problems += [Problem(path, "read", f"{name}: {why}", hint=_HINT) for name, why in unread]
        folders.append(f"{path}!")
        files |= {f"{path}!/{name}": text for name, text in inner.items()}
    if not folders:
        return workspace, Packed(main)
    return workspace.with_overlay(files), Packed(main, workspace.text(main).text, tuple(folders))


def _archives(folder: str, workspace: Workspace, depth: int = 0) -> list[str]:
    found = [p for p in workspace.entries(posixpath.join(folder, "charts")) if p.endswith(".tgz")]
    for below in below_of(folder, workspace) if depth < DEEPEST else ():
        found += _archives(below, workspace, depth + 1)
    return [p for p in found if workspace.exists(p)]


def _unpack(data: bytes, budget: Budget, depth: int = 0) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The texts of an archive by their paths in the chart, without the folder that holds it, and what is not read of it. Raises
    Broken."""
    found: dict[str, str] = {}
    unread: list[tuple[str, str]] = []
    for member in members(stream_of(io.BytesIO(data), budget), budget):
        if member.kind in (tar.FILE, tar.SPARSE):
            # The path below the chart's folder; "" for one that leads out of it.
            path = posixpath.normpath(member.name.replace("\\", "/"))
            if path.startswith(("/", "..")) or "\0" in path:
                name = ""
            else:
                name = path.partition("/")[2]
        else:
            name = ""
        if not name.endswith((".tgz", *_TEXTS)):
            continue
        if member.kind == tar.SPARSE:
            unread.append((name, "it is a sparse file, which batten does not read"))
        elif not name.endswith(".tgz"):
            found[name] = member.content.whole().decode("utf-8", "replace")
        elif posixpath.dirname(name).endswith("charts") and depth < DEEPEST:
            inner, more = _unpack(member.content.whole(), budget, depth + 1)
            found |= {f"{name}!/{below}": text for below, text in inner.items()}
            unread += [(f"{name}!/{below}", why) for below, why in more]
    return found, unread
