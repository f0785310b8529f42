"""Package lists and caches kept out of a layer."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.formats import Document, SyntaxProblem, Unreadable, Workspace, dockerfile
from batten.formats.dockerfile import Instruction
from batten.formats.lines import line_break, line_start
from batten.model import Edit, Fix, Location, Safety, Span
from batten.technologies.orchestration.dockerfile.stages import Stage, stages

_CLEANERS = (
    (re.compile(r"\bapt(?:-get)?\b"), "rm -rf /var/lib/apt/lists/*"),
    (re.compile(r"\bmicrodnf\b"), "microdnf clean all"),
    (re.compile(r"\bdnf\b"), "dnf clean all"),
    (re.compile(r"\byum\b"), "yum clean all"),
)
_UPDATE = re.compile(r"\bapt(?:-get)?(?:\s+-\S+)*\s+update\b")
_INSTALL = re.compile(
    r"\b(?:apt-get|apt|aptitude)(?:\s+-\S+)*\s+(?:install|build-dep|upgrade)\b|\bgdebi\s"
)  # gdebi gets what a package depends on by the lists
_PLAIN_END = re.compile(r"(?:true|:)\s*")
_MOST = 2000  # files of the tree among which images that are built on this one are looked for


def removed(
    document: Document[list[Instruction]], instruction: Instruction, at: Location, workspace: Workspace
) -> Fix | None:
    span = at.span or Span(0, 0)
    if document.text[span.start : span.end] == "add":
        return Fix("remove the package index", (Edit(at.source, span, "add --no-cache"),))
    cleaner = next((c for pattern, c in _CLEANERS if pattern.search(instruction.value)), "")
    if instruction.exec_form or instruction.heredocs or not cleaner:
        return None
    title = "remove the package lists"
    if cleaner.startswith("rm ") and (later := _dependent(document, instruction, at.source, workspace)):
        question = (
            f"can each step that installs update the lists first? {later} installs from those of this step"
        )
        return Fix(title, (), safety=Safety.VALUE, question=question)
    breaks = "later steps that install packages without `apt-get update`"
    # The command behind the last one; before a `true` that ends the chain on a line of its own.
    text, end = document.text, instruction.span.end
    last = line_start(text, end)
    above = text[line_start(text, max(last - 1, 0)) : max(last - 1, 0)].rstrip()
    if (
        last > instruction.span.start
        and _PLAIN_END.fullmatch(text[last:end].strip())
        and above.endswith("&& \\")
    ):
        indent = text[last : len(text[:end]) - len(text[last:end].lstrip())]
        added = Edit(at.source, Span(last, last), f"{indent}{cleaner} && \\{line_break(text)}")
    else:
        added = Edit(at.source, Span(end, end), f" && {cleaner}")
    return Fix(
        title,
        (added,),
        safety=Safety.RISKY,
        breaks=breaks,
    )


def _dependent(
    document: Document[list[Instruction]], run: Instruction, path: str, workspace: Workspace
) -> str:
    """What installs from the package lists that a step leaves: a later step of the build, or a build on its image."""
    found = stages(document.tree)
    own = next((s for s in found if run in s.instructions), None)
    if own is None:
        return ""
    later = own.instructions[own.instructions.index(run) + 1 :]
    first = _first(later)
    if first is not None:
        line = document.text.count("\n", 0, first.span.start) + 1
        return "" if _refreshes(first) else f"line {line}"
    for stage in found:
        if stage is not own and own in stage.lineage():
            first = _first(stage.instructions)
            if first is not None and not _refreshes(first):
                return f"line {document.text.count(chr(10), 0, first.span.start) + 1}"
    if own is not found[-1] and found[-1].base is not own:
        return ""
    name = posixpath.basename(posixpath.dirname(path))
    # The stages of the tree's Dockerfiles, by the last part of the image's name that they are built on.
    return next(
        (
            p
            for p, stage in workspace.kept(("bases of Dockerfiles",), lambda: _listed(workspace)).get(
                name, ()
            )
            if p != path and _installs(stage)
        ),
        "",
    )


def _first(instructions: list[Instruction]) -> Instruction | None:
    """The first step that uses package lists."""
    return next((i for i in instructions if i.keyword == "RUN" and _uses(_whole(i))), None)


def _uses(text: str) -> bool:
    return _UPDATE.search(text) is not None or _INSTALL.search(text) is not None


def _refreshes(run: Instruction) -> bool:
    """Whether a step updates the lists before it installs from them."""
    text = _whole(run)
    updated, installed = _UPDATE.search(text), _INSTALL.search(text)
    return updated is not None and (installed is None or updated.start() < installed.start())


def _installs(stage: Stage) -> bool:
    first = _first(stage.instructions)
    return first is not None and not _refreshes(first)


def _whole(run: Instruction) -> str:
    return "\n".join((run.value, *(h.text for h in run.heredocs)))


def _listed(workspace: Workspace) -> dict[str, list[tuple[str, Stage]]]:
    found: dict[str, list[tuple[str, Stage]]] = {}
    for path in _dockerfiles(workspace):
        try:
            written = stages(workspace.document(path, dockerfile.parse).tree)
        except (SyntaxProblem, Unreadable):
            continue
        for stage in written:
            if stage.base is None and stage.reference and "/" in stage.reference:
                name = stage.reference.partition("@")[0].rpartition("/")[2].partition(":")[0]
                found.setdefault(name, []).append((path, stage))
    return found


def _dockerfiles(workspace: Workspace) -> Iterator[str]:
    level, seen = [""], 0
    while level and seen < _MOST:
        entries = [entry for folder in level for entry in workspace.entries(folder)]
        seen += len(entries)
        yield from (e for e in entries if posixpath.basename(e) in ("Dockerfile", "Containerfile"))
        level = [e for e in entries if "." not in posixpath.basename(e) and workspace.is_directory(e)]
