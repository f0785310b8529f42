"""Whether a program writes a document, which then is not the place of a change: the next run would lose it."""

from __future__ import annotations

import posixpath
import re

from batten.formats import Mapping, Unreadable, Workspace

_HEADER = re.compile(
    r"\b(?:auto-?)?generated (?:by|from|with|using|file|code|automatically)\b|\bcode generated\b|\b(?:do not|don'?t) edit\b",
    re.IGNORECASE,
)
_MARKS = ("x-generator", "x-generated", "x-generated-by", "x-generated-from")
_FIRST = 600  # characters of a file's beginning that are looked at
_SCRIPTS = re.compile(
    r"(?:GNU)?makefile|justfile|rakefile|taskfile\.ya?ml|package\.json|composer\.json|pom\.xml|nswag\.json|config\.nswag"
    r"|.+\.(?:sh|bash|mk|rake|nswag|gradle|gradle\.kts|csproj|bat|ps1)|\.pre-commit-config\.ya?ml|noxfile\.py|tox\.ini",
    re.IGNORECASE,
)
_WRITES = re.compile(
    r"swaggerize|spectacular|tofile|nswag|springdoc|swag init|generate|\bexport|\bdump|swagger-cli bundle|redocly bundle|tsoa|nest-?swagger"
    r"|>\s*\S|(?:^|\s)(?:-o|--output|--out(?:put)?[-_]?file|--file|--outfile)\b",
    re.IGNORECASE,
)
# Files whose presence shows a generator, and the folder, from the root on, whose documents it writes.
_BESIDE = (("spec/swagger_helper.rb", "swagger"), ("spec/swagger_helper.rb", "public"))
_ROOMS = ("", "scripts", "script", "bin", "lib/tasks", "tools", ".github/workflows", "hack", "ci")
_LONGEST = 400  # characters of a line
MOST = 80  # scripts that are looked at
LARGEST = 200_000  # characters of one


def generator_of(path: str, top: object, workspace: Workspace) -> str:
    """What shows that the document is generated, as a clause; "" where nothing does."""
    return workspace.kept(("generator", path), lambda: _generator(path, top, workspace))


def _generator(path: str, top: object, workspace: Workspace) -> str:
    info = top.mapping("info") if isinstance(top, Mapping) else None
    for holder in (top, info):
        if isinstance(holder, Mapping) and any(mark in holder for mark in _MARKS):
            return "its extensions name a generator"
    said = [info.text("description") or ""] if info is not None else []
    comments = [
        line for line in _text(path, workspace)[:_FIRST].splitlines() if line.lstrip().startswith(("#", "//"))
    ]
    if any(_HEADER.search(text) for text in (*comments, *said)):
        return "it says that it is generated"
    folder = posixpath.dirname(path)
    if workspace.exists(posixpath.join(folder, "docs.go")) and posixpath.basename(path).startswith(
        "swagger."
    ):
        return f"`{posixpath.join(folder, 'docs.go')}` beside it is written by swag"
    for mark, below in _BESIDE:
        if workspace.exists(mark) and path.startswith(f"{below}/"):
            return f"`{mark}` is the source"
    script = _script(path, workspace)
    return f"`{script}` writes it" if script else ""


def _script(path: str, workspace: Workspace) -> str:
    """The script that names the file in a command that writes it."""
    name = posixpath.basename(path)
    above = [posixpath.dirname(path)]
    while above[-1]:
        above.append(posixpath.dirname(above[-1]))
    rooms = dict.fromkeys(posixpath.join(here, room) if room else here for here in above for room in _ROOMS)
    looked = 0
    for entry in (e for room in rooms for e in workspace.entries(room)):
        workflow = ".github/workflows/" in entry and entry.endswith((".yml", ".yaml"))
        if not workflow and not _SCRIPTS.fullmatch(posixpath.basename(entry)):
            continue
        looked += 1
        if looked > MOST:
            break
        if any(
            _writes(line, name) for line in _text(entry, workspace)[:LARGEST].splitlines() if name in line
        ):
            return entry
    return ""


def _writes(line: str, name: str) -> bool:
    """Whether a line names the file as a whole word, behind what writes."""
    word = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)")  # ours: a file's name
    for found in word.finditer(line[:_LONGEST]):
        if _WRITES.search(line[: found.start() + 1]) or re.search(
            r"^\s*(?:outputFileName|\"?output\"?)\W", line[:_LONGEST]
        ):
            return True
    return False


def _text(path: str, workspace: Workspace) -> str:
    try:
        return workspace.text(path).text if workspace.exists(path) else ""
    except Unreadable:
        return ""
