"""Configuration files of other technologies that a ConfigMap holds.

The technology's own adapter reads a text in which everything but the file is blank: so every place in it
is a place in the manifest, and so is every edit. A file in quotes is read as the program gets it; each place in it is that of the
whole value, and it gets no edits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Fact
from batten.formats import Scalar, SyntaxProblem, Unreadable, Workspace
from batten.formats.workspace import problem_line
from batten.model import Edit, Fix, Location, Problem, Remedy, Span
from batten.model.record import record
from batten.technologies import Unit, named_like, recognised, technologies
from batten.technologies.orchestration.kubernetes.edge.cluster import of_controller
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject
from batten.technologies.shared.rendering.text import Piece, Rendering

# What reads many files at once, or is no configuration that a program in a container takes.
_NOT_HERE = frozenset(
    (
        "kubernetes",
        "helm",
        "kustomize",
        "compose",
        "dockerfile",
        "terraform",
        "cloudformation",
        "fastapi",
        "credential_files",  # which are told by their own names, and left out of a repository as files
    )
)
_SNIPPETS = frozenset(
    (
        "configuration-snippet", "server-snippet", "location-snippet", "http-snippet", "location-snippets", "server-snippets",
    )
)  # fmt: skip
_MOST = 64  # files of one manifest
MOST_LAID = 50_000_000  # characters of a manifest, once for each file in it
_PRINTED = re.compile(r"[^\r\n]+")


@record
class EmbeddedFile:
    technology: str
    key: str
    source: str
    span: Span  # of its lines in the manifest; in quotes, of the value
    text: str = ""  # the value, where it stands in quotes
    held: str = ""  # the name of its ConfigMap; of a snippet ""
    namespace: str = ""

    def unit(self) -> Unit:
        return Unit(self.technology, (self.source,))

    def workspace(self, workspace: Workspace) -> Workspace:
        """The workspace in which the manifest is this file."""
        text = workspace.text(self.source).text
        start, end = self.span.start, self.span.end
        blank = workspace.kept(("blank", self.source), lambda: _blank(text))
        return workspace.showing(self.source, blank[:start] + text[start:end])


def _blank(text: str) -> str:
    return _PRINTED.sub(lambda line: " " * len(line[0]), text)


def embedded(found: KubernetesObject, workspace: Workspace) -> Iterator[EmbeddedFile]:
    """The files among a ConfigMap's entries that some technology knows by name and text, and snippets of nginx."""
    yield from _snippets(found, workspace)
    count = 0
    for key, value in found.body["data"].entries() if found.kind == "ConfigMap" else ():
        span, quoted = _lines(value, workspace), ""
        if span is None and isinstance(value.node, Scalar) and value.source and "\n" in value.node.text:
            span, quoted = value.node.span, value.node.text
        if span is None or count >= _MOST:
            continue
        text = quoted or workspace.text(found.source).text[span.start : span.end]
        for technology in recognised(named_like(key), text):
            if technology.name not in _NOT_HERE:
                count += 1
                yield EmbeddedFile(
                    technology.name, key, found.source, span, quoted, found.name, found.namespace
                )


def _snippets(found: KubernetesObject, workspace: Workspace) -> Iterator[EmbeddedFile]:
    """What an Ingress, or the ConfigMap of its controller, adds to nginx's own configuration as it is written."""
    if found.kind == "Ingress":
        held = list(found.body["metadata"]["annotations"].entries())
    elif found.kind == "ConfigMap" and of_controller(found):
        held = list(found.body["data"].entries())
    else:
        return
    for key, value in held:
        name = key.rpartition("/")[2]
        span = _lines(value, workspace) if name in _SNIPPETS else None
        if span is not None:
            yield EmbeddedFile("nginx", name, found.source, span)


def within(files: list[EmbeddedFile], workspace: Workspace) -> tuple[list[EmbeddedFile], list[Problem]]:
    """Those that are read, and what is told of the others: what stands before each is read as blanks."""
    spent: dict[str, int] = {}
    kept: list[EmbeddedFile] = []
    for file in files:
        spent[file.source] = spent.get(file.source, 0) + len(workspace.text(file.source).text)
        if spent[file.source] <= MOST_LAID:
            kept.append(file)
    hint = "split its ConfigMaps into several files"
    return kept, [
        Problem(
            source,
            "parse",
            "the manifest is too large: not all configuration files in it were read",
            hint=hint,
        )
        for source, length in spent.items()
        if length > MOST_LAID
    ]


def _lines(value: Field, workspace: Workspace) -> Span | None:
    """The lines of a literal block; what is folded or quoted does not stand there as the program gets it."""
    node = value.node
    if not isinstance(node, Scalar) or node.style != "|" or value.source == "":
        return None
    text = workspace.text(value.source).text
    start = text.find("\n", node.span.start) + 1
    end = text.find("\n", node.span.end)
    return Span(start, len(text) if end < 0 else end + 1) if 0 < start < node.span.end else None


def embedded_facts(file: EmbeddedFile, workspace: Workspace) -> Iterator[Fact | Problem]:
    adapter = technologies()[file.technology].adapter()
    try:
        if file.text:
            made = Rendering(file.source, file.text, [Piece(0, len(file.text), file.source, file.span)])
            laid = workspace.showing(file.source, file.text)
            yield from made.relocated(adapter.read(file.unit(), laid))
            return
        yield from adapter.read(file.unit(), file.workspace(workspace))
    except SyntaxProblem as error:
        whole = workspace.text(file.source)
        line = whole.line_of(file.span.start) if file.text else problem_line(whole, error)
        yield Problem(file.source, "parse", f"{file.key}: {error}", hint=error.hint, line=line)
    except Unreadable as error:
        yield Problem(file.source, "parse", f"{file.key}: {error}", hint=error.hint, line=error.line)


def embedded_fix(files: list[EmbeddedFile], workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The fix of the file that holds the place, if it stays within the block's lines and indentation."""
    files = [f for f in files if not f.text]
    inside = [f for f in files if at.span and f.span.start <= at.span.start and at.span.end <= f.span.end]
    file = inside[0] if inside else files[0] if len(files) == 1 else None
    if file is None:
        return None
    laid = workspace.kept(("embedded file", file), lambda: file.workspace(workspace))
    fix = technologies()[file.technology].adapter().write(file.unit(), laid, remedy, at)
    if fix is None or all(_fits(e, file, laid) for e in fix.edits):
        return fix
    return None


def _fits(edit: Edit, file: EmbeddedFile, workspace: Workspace) -> bool:
    if edit.source != file.source or not file.span.start <= edit.span.start <= edit.span.end < file.span.end:
        return False
    text = workspace.text(file.source).text
    first = text[file.span.start : file.span.end].lstrip("\r\n")
    indent = first[: len(first) - len(first.lstrip(" "))]
    opens = text.rfind("\n", 0, edit.span.start) + 1 == edit.span.start
    lines = edit.text.split("\n")
    return all(not line.strip() or line.startswith(indent) for line in (lines if opens else lines[1:]))
