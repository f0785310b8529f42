"""What COPY takes into an image, against what `.dockerignore` keeps out."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from batten.facts import BuildContext
from batten.formats import SyntaxProblem, Unreadable, Workspace, ignorefile
from batten.formats.dockerfile import Instruction
from batten.model import ABSENT, Location, Setting
from batten.technologies.orchestration.dockerfile.carried import leaves
from batten.technologies.orchestration.dockerfile.given import given
from batten.technologies.orchestration.dockerfile.stages import Stage, pointer
from batten.technologies.shared.secrets import files

_SKIPPED = frozenset(["node_modules", ".venv", "venv", "__pycache__", ".tox", "site-packages"])
_FOR_FILES = frozenset(("docker", ".docker", "dockerfiles", "containers", ".devcontainer", "ci", ".ci"))
_MOST_ENTRIES = 3000
_DEEPEST = 4


def context(
    path: str, stage: Stage, folder: str, workspace: Workspace, stages: list[Stage]
) -> Iterator[BuildContext]:
    """A fact for each COPY or ADD of folders from the context; of a stage that is not shipped, only where another of
    `stages` takes what was copied."""
    name = ignore_file(path, folder, workspace)
    if not name:
        ignored, place = [], ""
    else:
        try:
            ignored, place = workspace.document(name, ignorefile.parse).tree, name
        except (Unreadable, SyntaxProblem):
            ignored, place = ignorefile.parse("**"), name
    for instruction in stage.instructions:
        if instruction.keyword not in ("COPY", "ADD") or instruction.flag("from") or instruction.heredocs:
            continue
        sources = [w.text for w in instruction.words[:-1] if "://" not in w.text and "$" not in w.text]
        folders = [s for s in sources if workspace.is_directory(_under(folder, s)) or _is_all(s)]
        if not folders or (stages and not leaves(stage, instruction, stages)):
            continue
        at = Location(path, f"{pointer(stage)}/{instruction.keyword}[{folders[0]}]", instruction.span)
        found = tuple(dict.fromkeys(s for f in folders for s in sensitive(f, folder, ignored, workspace)))
        setting: Setting[str] = Setting(place or ABSENT, at)
        yield BuildContext(
            at, path=folder, copies_all=any(_is_all(f) for f in folders), ignore_file=setting, sensitive=found
        )


def context_folder(path: str, instructions: list[Instruction], workspace: Workspace) -> str:
    """The folder that is given to the build, as a Compose file says, or most likely: the nearest to the Dockerfile that holds
    most of what it copies. Dockerfiles that lie below a folder for such files are built from above it."""
    told = given(path, workspace)
    if told is not None:
        return told
    copies = [
        i for i in instructions if i.keyword in ("COPY", "ADD") and not i.flag("from") and not i.heredocs
    ]
    sources = [
        w.text for i in copies for w in i.words[:-1] if "://" not in w.text and not set("$*?[") & set(w.text)
    ]
    named = [s for s in sources if not _is_all(s)]
    own = posixpath.dirname(path)
    # The folder that holds the outermost one for such files (`docker/php`), or the folder itself.
    parts = own.split("/")
    first = next((n for n, part in enumerate(parts) if part.lower() in _FOR_FILES), len(parts))
    candidates = ["/".join(parts[:first])]
    while candidates[-1] and len(candidates) < _DEEPEST:
        candidates.append(posixpath.dirname(candidates[-1]))
    return max((own, *candidates) if named else candidates, key=lambda c: _held(c, named, workspace))


def _held(folder: str, named: list[str], workspace: Workspace) -> int:
    """How many of these are in a folder."""
    places = (_under(folder, s) for s in named)
    return sum(workspace.exists(p) or workspace.is_directory(p) for p in places)


def _is_all(source: str) -> bool:
    return posixpath.normpath(source.lstrip("/") or ".") in (".", "*")


def _under(folder: str, source: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, source.lstrip("/").rstrip("*") or "."))
    return "" if joined == "." else joined


def ignore_file(path: str, folder: str, workspace: Workspace) -> str:
    """The ignore file that counts, or "" when there is none."""
    for name in (f"{path}.dockerignore", posixpath.join(folder, ".dockerignore")):
        if workspace.exists(name):
            return name
    return ""


def sensitive(
    source: str, folder: str, ignored: list[ignorefile.Pattern], workspace: Workspace
) -> Iterator[str]:
    """Files and folders below a copied folder that must not be in the image, relative to the context."""
    pending = [(_under(folder, source), 0)]
    seen = 0
    while pending:
        here, depth = pending.pop()
        for entry in workspace.entries(here):
            seen += 1
            name = posixpath.basename(entry)
            relative = posixpath.relpath(entry, folder or ".")
            if seen > _MOST_ENTRIES:
                return
            if name in _SKIPPED:
                continue
            if files.sensitive(entry, workspace):
                if not ignorefile.excluded(ignored, relative):
                    yield relative
            elif depth < _DEEPEST and workspace.is_directory(entry):
                pending.append((entry, depth + 1))
