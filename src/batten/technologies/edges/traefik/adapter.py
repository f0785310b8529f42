"""Traefik's own files: facts out, remedies in. Labels and flags of Compose files are read beside them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from batten.facts import Fact
from batten.formats import SyntaxProblem, Unreadable, Workspace, toml, yaml
from batten.formats.tree import Mapping
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.edges.traefik import controls as controls
from batten.technologies.edges.traefik.configuration import Configuration
from batten.technologies.edges.traefik.reading import facts
from batten.technologies.edges.traefik.remedies import fix_of
from batten.technologies.edges.traefik.values import Value, from_tree
from batten.technologies.shared.containers.versions import image_version
from batten.technologies.shared.inventory import unread

_STATIC = ("entrypoints", "providers", "certificatesresolvers", "api", "accesslog", "global", "ping")
_DYNAMIC = ("http", "tcp", "udp", "tls")


def units(files: Sequence[str], workspace: Workspace) -> Iterator[Unit]:
    """A static file with the dynamic ones beside and below it; without one, those of a folder."""
    static = [f for f in files if _is_static(f, workspace)]
    homes: dict[str, list[str]] = {f: [f] for f in static}
    loose: dict[str, list[str]] = {}
    for file in files:
        if file in homes:
            continue
        above = [s for s in static if _below(file, posixpath.dirname(s))]
        if above:
            homes[max(above, key=lambda s: len(posixpath.dirname(s)))].append(file)
        else:
            loose.setdefault(posixpath.dirname(file), []).append(file)
    for found in (*homes.values(), *loose.values()):
        yield Unit("traefik", tuple(found))


def _below(file: str, folder: str) -> bool:
    return not folder or file.startswith(folder + "/")


def _is_static(file: str, workspace: Workspace) -> bool:
    try:
        root = load(file, workspace)
    except (SyntaxProblem, Unreadable):
        return False
    return static(root)


def static(root: Value) -> bool:
    return any(k in root.table for k in _STATIC)


def load(file: str, workspace: Workspace) -> Value:
    """The values of a file. Raises SyntaxProblem and Unreadable."""
    if file.endswith(".toml"):
        return from_tree(workspace.document(file, toml.parse).tree, file, "toml")
    tree = workspace.document(file, yaml.parse).tree
    if not isinstance(tree, Mapping):
        raise SyntaxProblem(
            "Traefik's configuration must be a mapping", tree.span.start, "start it with `entryPoints:`"
        )
    return from_tree(tree, file, "yaml")


def configuration(unit: Unit, workspace: Workspace) -> tuple[Configuration, list[Problem]]:
    """Raises SyntaxProblem and Unreadable of the main file."""
    whole = Configuration(workspace, version=image_version(unit.main, workspace, "traefik"))
    problems: list[Problem] = []
    for file in unit.files:
        try:
            root = load(file, workspace)
        except SyntaxProblem as error:
            if file == unit.main:
                raise SyntaxProblem(str(error), error.offset, _hint(error, file, workspace)) from error
            text = workspace.text(file)
            line = text.line_of(min(error.offset, len(text.text)))
            problems.append(Problem(file, "parse", str(error), hint=_hint(error, file, workspace), line=line))
            continue
        except Unreadable as error:
            if file == unit.main:
                raise
            problems.append(Problem(file, "parse", str(error), hint=error.hint, line=error.line))
            continue
        if static(root):
            whole.static = root
            problems += _misplaced(root, workspace)
        else:
            whole.dynamics.append(("file", root))
    return whole, problems


def _hint(error: SyntaxProblem, file: str, workspace: Workspace) -> str:
    templated = "{{" in workspace.text(file).text
    return "review the rendered file" if templated else error.hint


def _misplaced(root: Value, workspace: Workspace) -> Iterator[Problem]:
    """Traefik refuses to start when its static file has a key that it does not know."""
    for key in _DYNAMIC:
        found = root[key]
        if found.exists and found.table and "entrypoints" in root.table:
            message = f"`{found.name}` is dynamic configuration, which Traefik does not accept in this file"
            hint = "move it into a file of `providers.file`"
            yield Problem(
                root.source,
                "parse",
                message,
                hint=hint,
                line=workspace.text(root.source).line_of(found.whole.start),
            )


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    whole, problems = configuration(unit, workspace)
    yield from problems
    yield from facts(whole)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    whole = workspace.kept(("traefik", unit), lambda: configuration(unit, workspace)[0])
    return fix_of(whole, remedy, at)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The options that are not read, by their last word, which may be written in any case."""
    words = {one.last.lower(): one.name for one in unread("traefik").values()}
    for file in unit.files:
        try:
            values = load(file, workspace).walk()
        except (SyntaxProblem, Unreadable):
            continue
        yield from ((words[v.name.lower()], v.here) for v in values if v.name.lower() in words)
