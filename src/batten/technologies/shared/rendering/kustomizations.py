"""Which files a kustomization takes: they are read as it deploys them, not by themselves.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from batten.formats import Mapping, Node, Scalar, Sequence, SyntaxProblem, Unreadable, Workspace, yaml

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_FILES = ("resources", "patchesStrategicMerge", "crds")
_PATCHES = ("patches", "patchesJson6902", "replacements")
_FOLDERS = ("resources", "bases", "components")
# In a volume of a ConfigMap: the files of the checkout that it is generated of, by key.
HELD = "batten.files"


def kustomization_in(folder: str, workspace: Workspace) -> str | None:
    """The kustomization of a folder, when it has one."""
    paths = (posixpath.join(folder, name) for name in NAMES)
    return next((p for p in paths if workspace.exists(p)), None)


def tree_of(path: str, workspace: Workspace) -> Mapping | None:
    """Its mapping; None where it cannot be read, which its own reader reports."""
    try:
        root = workspace.document(path, yaml.parse).tree
    except (SyntaxProblem, Unreadable):
        return None
    return root if isinstance(root, Mapping) else None


def words(root: Mapping, key: str) -> Iterator[Scalar]:
    """The words of a list."""
    listed: Sequence | list[Node] = root.sequence(key) or []
    yield from (item for item in listed if isinstance(item, Scalar) and isinstance(item.value, str))


def files_of(path: str, root: Mapping, workspace: Workspace) -> Iterator[str]:
    """The files that a kustomization names itself: manifests and patches."""
    named = [w.text for key in _FILES for w in words(root, key)]
    for key in _PATCHES:
        for item in root.sequence(key) or ():
            text = item.text("path") if isinstance(item, Mapping) else None
            named += [text] if text else []
    for text in named:
        target = workspace.resolve(path, text) if "\n" not in text else None
        if target is not None and workspace.exists(target):
            yield target


def mounted_files(paths: Iterable[str], workspace: Workspace) -> frozenset[str]:
    """Files that kustomizations put into ConfigMaps, and pods mount from there."""
    found = ((path, tree_of(path, workspace)) for path in paths if posixpath.basename(path) in NAMES)
    return frozenset(
        target for path, root in found if root is not None for target in _generated(path, root, workspace)
    )


def _generated(path: str, root: Mapping, workspace: Workspace) -> Iterator[str]:
    for item in root.sequence("configMapGenerator") or ():
        for word in words(item, "files") if isinstance(item, Mapping) else ():
            target = workspace.resolve(path, word.text.rpartition("=")[2])
            if target is not None:
                yield target


def folders_of(path: str, root: Mapping, workspace: Workspace) -> Iterator[str]:
    """The kustomizations that it builds on."""
    for key in _FOLDERS:
        for word in words(root, key):
            target = None if remote(word.text) else workspace.resolve(path, word.text)
            found = (
                kustomization_in("" if target == "." else target, workspace) if target is not None else None
            )
            if found is not None:
                yield found


def remote(text: str) -> bool:
    """Whether a resource is fetched from elsewhere."""
    return "://" in text or text.startswith(("git@", "github.com/")) or "?ref=" in text


def claimed(files: Iterable[str], workspace: Workspace) -> set[str]:
    """Files that a kustomization in their folder, or above it, takes."""
    found: set[str] = set()
    seen: set[str] = set()
    for file in files:
        folder = posixpath.dirname(file)
        while folder not in seen:
            seen.add(folder)
            path = kustomization_in(folder, workspace)
            root = tree_of(path, workspace) if path is not None else None
            if path is not None and root is not None:
                found |= {path, *files_of(path, root, workspace)}
            folder = posixpath.dirname(folder)
    return found
