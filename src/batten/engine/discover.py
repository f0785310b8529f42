"""Which files below a root are configuration, and of what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from batten import masking
from batten.engine.recognition import technologies_of
from batten.files import Kind, Refused
from batten.files.folders import LONGEST
from batten.formats import Unreadable, Workspace
from batten.model import Problem
from batten.model.record import record
from batten.patterns import Glob
from batten.technologies import Unit, named_like, recognised, technologies
from batten.technologies.shared.deployment.named import NamedFile

SKIPPED = frozenset(
    [
        ".git",
        ".hg",
        ".svn",
        "node_modules",
        "__pycache__",
        ".venv",
        "venv",
        ".tox",
        ".nox",
        ".batten",
        ".terraform",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        "site-packages",
        ".idea",
        ".vscode",
        ".run",
    ]
)
MARK = "pyvenv.cfg"  # of a virtual environment: its folder is not read
VIRTUAL = "virtual environments of Python"
_MAGIC = frozenset("*?[")
MOST_TEXT = 32 * 1024 * 1024  # characters: of every file that is read at all


@record
class Discovery:
    units: tuple[Unit, ...]
    problems: tuple[Problem, ...]
    files: int


@record
class Listing:
    """Files below a root, the folders that cannot be listed, how many files the policy leaves out, and by name how
    many folders (`node_modules/`) or files (a glob of `ignore:`) were not looked at; `folders` are those, each by its path."""

    paths: list[str]
    problems: list[Problem]
    ignored: int
    left_out: dict[str, int]
    folders: tuple[str, ...] = ()


def paths(workspace: Workspace, only: Iterable[str] = (), ignore: Iterable[str] = ()) -> Listing:
    """Every file below the root, or only below these paths of it."""
    globs = tuple(ignore)
    ignored = Covered(globs)
    problems: list[Problem] = []
    folders: dict[str, list[str]] = {}
    found = _files(workspace, tuple(only) or ("",), problems, folders)
    hidden = workspace.hidden
    there = [p for p in found if p not in hidden]
    kept = [p for p in there if not ignored.holds(p)]
    left = len(there) - len(kept)
    skipped = Counter({name: len(paths) for name, paths in folders.items()})
    skipped += _by_glob(set(there).difference(kept), globs) if left else Counter()
    away = sorted(p for found in folders.values() for p in found if not ignored.holds(p))
    return Listing(kept, problems, left, dict(sorted(skipped.items())), tuple(away))


def _by_glob(left: set[str], globs: tuple[str, ...]) -> Counter[str]:
    """How many of the files that are left out each glob is the first to name."""
    covered = [(glob, Covered((glob,))) for glob in globs]
    return Counter(next(glob for glob, one in covered if one.holds(path)) for path in left)


def discover(
    workspace: Workspace, found: Iterable[str], problems: list[Problem], named: Iterable[NamedFile] = ()
) -> Discovery:
    """Group what is recognised of these paths into units, and what commands name as what they say that it is."""
    by_name: dict[str, list[str]] = {}
    seen = 0
    for path in found:
        seen += 1
        for name in _names(workspace, path, problems):
            by_name.setdefault(name, []).append(path)
    for one in named:
        if one.read and one.path not in by_name.get(one.technology, ()):
            by_name.setdefault(one.technology, []).append(one.path)
    units: list[Unit] = []
    for name in sorted(by_name):
        files = sorted(by_name[name])
        try:
            units += technologies()[name].units(files, workspace)
        except Exception as error:
            hint = "internal error in batten or a plug-in: please report it with the file; other technologies were read"
            problems += [
                Problem(f, "read", f"the {name} reader failed: {masking.failure(error)}", hint=hint)
                for f in files
            ]
    return Discovery(tuple(units), tuple(problems), seen)


class Covered:
    """Globs of batten.yaml, each for files and for all below folders of that name. A star crosses slashes."""

    def __init__(self, patterns: Iterable[str]) -> None:
        bare = [p.rstrip("/") for p in patterns]
        self._names = frozenset(p for p in bare if _MAGIC.isdisjoint(p))
        varying = [p for p in bare if p not in self._names]
        self._globs = [Glob(shape) for p in varying for shape in (p, f"{p}/*")]

    def holds(self, path: str) -> bool:
        return self._named(path) or any(glob.match(path) for glob in self._globs)

    def _named(self, path: str) -> bool:
        if not self._names:
            return False
        while path not in self._names:
            path, slash, _ = path.rpartition("/")
            if not slash:
                return False
        return True


def _names(workspace: Workspace, path: str, problems: list[Problem]) -> list[str]:
    candidates = named_like(path)
    if not any(
        t.sniff or t.unless for t in candidates
    ):  # their names alone tell: no text is read before its reader
        return [t.name for t in recognised(candidates, "")]
    try:
        text = workspace.start(path, MOST_TEXT)
    except Unreadable as error:
        problems.append(Problem(path, "parse", str(error), hint=error.hint, line=error.line))
        return []
    return [t.name for t in technologies_of(path, text, candidates)]


def _files(
    workspace: Workspace, wanted: tuple[str, ...], problems: list[Problem], skipped: dict[str, list[str]]
) -> Iterator[str]:
    """Paths below the root, sorted, each once; symbolic links to folders are not followed."""
    seen: set[str] = set()
    for start in wanted:
        is_file = bool(start) and workspace.files.kind(start) is Kind.FILE
        found = [start] if is_file else sorted(_walk(workspace, start, problems, skipped))
        yield from (p for p in found if p not in seen)
        seen.update(found)
    yield from sorted(
        p
        for p in workspace.overlay
        if p not in seen and any(not w or p == w or p.startswith(w.rstrip("/") + "/") for w in wanted)
    )


def _walk(
    workspace: Workspace, start: str, problems: list[Problem], skipped: dict[str, list[str]]
) -> Iterator[str]:
    """Files, and what could be taken for one and cannot be read: pipes, devices, links that name no file in the root."""
    files, hidden = workspace.files, workspace.hidden
    pending = [start]
    while pending:
        folder = pending.pop()
        try:
            entries = files.entries(folder)
        except (OSError, Refused) as error:
            if isinstance(error, Refused):
                unlisted = Problem(
                    folder[:LONGEST] or ".", "discover", f"cannot be listed: {error}", hint=error.hint
                )
            else:
                hint = "check its permissions, or name another path"
                unlisted = Problem(
                    folder or ".", "discover", f"cannot be listed: {error.strerror}", hint=hint
                )
            problems.append(unlisted)
            continue
        if folder != start and f"{folder}/{MARK}" not in hidden and any(name == MARK for name, _ in entries):
            skipped.setdefault(VIRTUAL, []).append(folder)
            continue
        for name, kind in entries:
            path = f"{folder}/{name}" if folder else name
            if kind is Kind.FOLDER:
                if name in SKIPPED:
                    skipped.setdefault(f"{name}/", []).append(path)
                else:
                    pending.append(path)
            elif kind is not Kind.LINK or files.kind(path) in (Kind.NONE, Kind.OTHER):
                yield path
