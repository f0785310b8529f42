"""Tags that are pushed again, as the files that deploy an image show it: `latest`, `dev-latest`."""

from __future__ import annotations

import posixpath
import re

from batten.formats import Unreadable, Workspace

_MOST_FILES = 8_000
_DEEPEST = 8  # folders
_MOST_CHARACTERS = 200_000
_SKIPPED = frozenset((".git", "node_modules", "vendor", ".terraform", ".venv"))
_REGISTRY = ".dkr.ecr."
_MOVING = r"['\"]?(?:[\w.-]{0,60}-)?(?:latest|dev|develop|main|master|staging|stage|edge|nightly)['\"]?(?=[\s,}]|\Z)"
_NAMED = re.compile(rf"\.dkr\.ecr\.[\w.-]{{1,80}}/[\w./$(){{}}-]{{1,200}}:{_MOVING}")
# Of a kustomization: `newTag` beside, in either order, within the same item.
_OVERLAY = re.compile(
    rf"newName:[^\n]*\.dkr\.ecr\.[^\n]*\n(?:[ \t]+(?!- )[^\n]*\n|[ \t]*#[^\n]*\n){{0,4}}?[ \t]+newTag:[ \t]*{_MOVING}"
    rf"|newTag:[ \t]*{_MOVING}[^\n]*\n(?:[ \t]+(?!- )[^\n]*\n|[ \t]*#[^\n]*\n){{0,4}}?[ \t]+newName:[^\n]*\.dkr\.ecr\."
)


# What pushes, or takes, a tag again and again where the registry's name is a variable.
_PUSHED = re.compile(
    rf"\bdocker\s+(?:image\s+)?push\s+[\w./$(){{}}:-]{{1,200}}:{_MOVING}|\bimage_tag\w{{0,20}}\s*=\s*{_MOVING}",
    re.IGNORECASE,
)
_SCRIPTED = (".tf", ".tofu", ".hcl", ".sh", ".mk", "/Makefile", "/Justfile")


def moving(workspace: Workspace) -> str:
    """A file that deploys an image of Amazon's registries by a tag that moves; "" for none."""
    return workspace.kept(("moving tags",), lambda: _first(workspace))


def _first(workspace: Workspace) -> str:
    waiting, seen = [("", 0)], 0
    while waiting and seen < _MOST_FILES:
        folder, depth = waiting.pop()
        for path in workspace.entries(folder):
            seen += 1
            if path.endswith((".yaml", ".yml")) or f"/{path}".endswith(_SCRIPTED):
                if _deploys(path, workspace):
                    return path
            elif (
                depth < _DEEPEST and "." not in posixpath.basename(path)[1:] and workspace.is_directory(path)
            ):
                waiting += [(path, depth + 1)] if posixpath.basename(path) not in _SKIPPED else []
    return ""


def _deploys(path: str, workspace: Workspace) -> bool:
    try:
        text = workspace.text(path).text[:_MOST_CHARACTERS] if workspace.exists(path) else ""
    except Unreadable:
        return False  # its own reader says so, if it has one
    if _PUSHED.search(text) is not None:
        return True
    return _REGISTRY in text and (_NAMED.search(text) is not None or _OVERLAY.search(text) is not None)
