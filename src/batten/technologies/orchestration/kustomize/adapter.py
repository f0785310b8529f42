"""Kustomizations: facts of what they apply, and remedies into the files that decide it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import replace

from batten.facts import Fact, in_context
from batten.formats import Workspace, yaml
from batten.model import Fix, Location, Problem, Remedy, RequireAuth
from batten.technologies import Unit
from batten.technologies.orchestration.kubernetes import adapter as kubernetes
from batten.technologies.orchestration.kubernetes.chart_values import values
from batten.technologies.orchestration.kubernetes.embedded import EmbeddedFile, embedded
from batten.technologies.orchestration.kubernetes.objects import (
    KubernetesObject,
    field_of,
    objects,
    objects_in,
)
from batten.technologies.orchestration.kustomize import overlays
from batten.technologies.orchestration.kustomize.build import Build
from batten.technologies.orchestration.kustomize.emission import emitted
from batten.technologies.shared.rendering.kustomizations import (
    NAMES,
    files_of,
    folders_of,
    mounted_files,
    tree_of,
)
from batten.technologies.shared.rendering.text import Rendering
from batten.technologies.shared.text.places import Places

_MOST = 2000  # files that one kustomization is built of

__all__ = ["mounted_files", "read", "write"]


def units(files: Sequence[str], workspace: Workspace) -> Iterator[Unit]:
    """One for each kustomization that no other builds on: bases are judged as they are deployed."""
    used = {below for file in files for below in _below(file, workspace) if below != file}
    for file in [f for f in files if f not in used] or files:
        closure = tuple(_closure(file, workspace))
        yield Unit("kustomize", closure, overlays.use(file, workspace))


def _below(file: str, workspace: Workspace) -> Iterator[str]:
    root = tree_of(file, workspace)
    if root is not None:
        yield from folders_of(file, root, workspace)


def _closure(file: str, workspace: Workspace) -> list[str]:
    """The kustomization, and all files that it is built of."""
    found, pending = [file], [file]
    while pending and len(found) < _MOST:
        path = pending.pop()
        root = tree_of(path, workspace)
        own = files_of(path, root, workspace) if root is not None else ()
        below = [b for b in _below(path, workspace) if b not in found]
        pending += below
        found += dict.fromkeys(f for f in (*own, *below) if f not in found)
    return found


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of what is applied. Raises SyntaxProblem and Unreadable of the kustomization itself."""
    build = Build(workspace)
    made = rendered(unit, workspace, build)
    yield from build.problems
    laid = workspace.with_overlay({made.path: made.text})
    found = [o for root in yaml.parse_all(made.text) for o in objects_in(root, made.path)]
    # Credentials among the values that kustomizations write for charts.
    for path in unit.files:
        charts_root = tree_of(path, workspace) if posixpath.basename(path) in NAMES else None
        if charts_root is not None:
            for chart in field_of(charts_root, path)["helmCharts"].items():
                yield from values(chart["valuesInline"])
    own = posixpath.dirname(unit.main)
    aside = unit.use.context if unit.use is not None else None
    for fact in made.relocated(kubernetes.facts(found, laid, unit.main)):
        of_base = isinstance(fact, Fact) and not fact.at.source.startswith(f"{own}/")
        yield in_context(fact, aside) if isinstance(fact, Fact) and of_base else fact


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The fields of its kustomizations, and what manifests set, by the names of the inventories."""
    for path in unit.files:
        root = tree_of(path, workspace) if posixpath.basename(path) in NAMES else None
        if root is not None:
            yield from ((key, value.here) for key, value in field_of(root, path).entries())


def rendered(unit: Unit, workspace: Workspace, build: Build) -> Rendering:
    parts = build.objects(unit.main)
    texts = {file: workspace.text(file).text for file in set(build.files) if workspace.exists(file)}
    return emitted(parts, f"{unit.main}#built.yaml", texts)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """What decides a value is a manifest or a patch: it is fixed like any manifest. A patch may name another
    object than the one that it is laid over."""
    whole = Unit("kubernetes", (at.source,))
    if at.span is None:
        return None
    if isinstance(remedy, RequireAuth):  # the Secret of a credential may be in another file
        manifests = (
            f
            for f in unit.files
            if f.endswith((".yaml", ".yml", ".json")) and posixpath.basename(f) not in NAMES
        )
        whole = Unit("kubernetes", tuple(dict.fromkeys((at.source, *manifests))))
    head, sign, rest = at.pointer.partition("/")
    written = workspace.kept(("kustomize objects", whole), lambda: _placed(whole, workspace))
    for found in written.innermost(at.source, at.span)[:1]:
        if any(_inside(at, file) for file in embedded(found, workspace)):
            return kubernetes.write(whole, workspace, remedy, at)
        own = at.pointer if found.pointer == head else found.pointer + sign + rest
        return kubernetes.write(whole, workspace, remedy, replace(at, pointer=own))
    return None


def _inside(at: Location, file: EmbeddedFile) -> bool:
    """Whether a place is in a file that a ConfigMap holds: its pointer is then of that file."""
    span = at.span
    return span is not None and file.span.start <= span.start and span.end <= file.span.end


def _placed(unit: Unit, workspace: Workspace) -> Places[KubernetesObject]:
    found = (o for o in objects(unit.files, workspace) if isinstance(o, KubernetesObject))
    return Places((o.source, o.body.span, o) for o in found)
