"""What an overlay is for, where another one lays production over the same base."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import islice

from batten.formats import Workspace
from batten.model import Context, Location
from batten.technologies import Use
from batten.technologies.shared.rendering.kustomizations import folders_of, kustomization_in, tree_of

_MOST = 200  # kustomizations that are compared, or that one builds on


def use(main: str, workspace: Workspace) -> Use | None:
    """What the base of an overlay for developers or tests is for as this one applies it; None where no overlay beside it
    applies the base in production: then this is all that is known of its use."""
    if _named(posixpath.dirname(main).split("/")) is None:
        return None
    bases = _bases(main, workspace)
    for other in islice(_beside(main, workspace), _MOST):
        if other in (main, *bases) or main in _bases(other, workspace):
            continue
        shared = not bases.isdisjoint(_bases(other, workspace))
        own, others = _apart(main, other)
        if shared and own is not None and others is None:
            return Use(own, (main,), Location(other, ""))
    return None


def _beside(main: str, workspace: Workspace) -> Iterator[str]:
    """Kustomizations of the folders beside it and beside its parent, and of the folders in these."""
    parent = posixpath.dirname(posixpath.dirname(main))
    for home in dict.fromkeys((parent, posixpath.dirname(parent))):
        for folder in workspace.entries(home):
            for place in (folder, *(workspace.entries(folder) if workspace.is_directory(folder) else ())):
                found = kustomization_in(place, workspace) if workspace.is_directory(place) else None
                if found is not None:
                    yield found


def _bases(main: str, workspace: Workspace) -> frozenset[str]:
    """The kustomizations that one builds on, directly or not."""
    return workspace.kept(("kustomize bases", main), lambda: frozenset(_below(main, workspace)))


def _below(main: str, workspace: Workspace) -> set[str]:
    found: set[str] = set()
    pending = [main]
    while pending and len(found) < _MOST:
        path = pending.pop()
        root = tree_of(path, workspace)
        below = set(folders_of(path, root, workspace)) - found if root is not None else set()
        found |= below
        pending += sorted(below)
    return found


def _apart(one: str, two: str) -> tuple[Context | None, Context | None]:
    """What two overlays are for by the folders in which their paths differ; None for production."""
    first, second = (posixpath.dirname(path).split("/") for path in (one, two))
    while first and second and first[0] == second[0]:
        first, second = first[1:], second[1:]
    return _named(first), _named(second)


def _named(folders: list[str]) -> Context | None:
    return next((c for folder in folders if (c := Context.named(folder)) is not None), None)
