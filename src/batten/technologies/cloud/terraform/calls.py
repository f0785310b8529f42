"""Modules that call modules: roots, and what they call from disk with the arguments they give."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from weakref import WeakKeyDictionary

from batten.formats import Workspace
from batten.formats.expressions import Literal
from batten.model import Context, Problem
from batten.technologies import Unit
from batten.technologies.cloud.terraform import plan
from batten.technologies.cloud.terraform.evaluate import NOTHING, Evaluator
from batten.technologies.cloud.terraform.instances import Scope, mentions, scopes
from batten.technologies.cloud.terraform.module import (
    CODE,
    Caller,
    Declared,
    Module,
    Tree,
    folder_of,
)
from batten.technologies.cloud.terraform.reading import declared_in
from batten.technologies.cloud.terraform.registry import described

DEEPEST = 8  # calls within calls
MOST = 300  # modules of one root

_KEPT: WeakKeyDictionary[Workspace, dict[Unit, list[Module]]] = WeakKeyDictionary()


def roots(unit: Unit, workspace: Workspace) -> list[Module]:
    """The modules that no other of the unit calls, each with those that it calls as its tree."""
    kept = _KEPT.setdefault(workspace, {})
    if unit not in kept:
        kept.clear()
        kept[unit] = list(_roots(unit, workspace))
    return kept[unit]


def modules(unit: Unit, workspace: Workspace) -> Iterator[Module]:
    """Every module of the unit, those that are called once for each call."""
    for root in roots(unit, workspace):
        yield from root.tree.modules if root.tree else ()


def problems(unit: Unit, workspace: Workspace) -> Iterator[Problem]:
    seen: set[tuple[str, str, int]] = set()
    for module in modules(unit, workspace):
        for problem in module.problems:
            key = (problem.source, problem.message, problem.line)
            if key not in seen:
                seen.add(key)
                yield problem


def _roots(unit: Unit, workspace: Workspace) -> Iterator[Module]:
    if plan.is_name(unit.main):
        yield _planned(unit.main, workspace)
        return
    folders: dict[str, list[str]] = {}
    for file in unit.files:
        folders.setdefault(folder_of(file), []).append(file)
    declared = {f: declared_in(f, held, workspace) for f, held in folders.items()}
    for folder, module in declared.items():
        for called in _called_folders(module) if purpose(folder) is Context.EXAMPLE else ():
            if called in declared and purpose(called) is None:
                declared[called].exemplified = bool(declared[called].variables)
    growing = _Growing(workspace, declared)
    made: dict[bool, set[str]] = {True: set(), False: set()}  # what roots call: production's, and all
    # Those that only a ring of calls reaches come last. A module that only examples and tests call is there for
    # others, who give it other arguments: it is a root of its own, too.
    calls = [
        (purpose(f) is None, called)
        for f, module in growing.folders.items()
        for called in _called_folders(module)
    ]
    anywhere, by_production = {f for _, f in calls}, {f for real, f in calls if real}
    callers_first = sorted(folders, key=lambda f: f in (by_production if purpose(f) is None else anywhere))
    for folder in callers_first:
        if folder not in made[purpose(folder) is None]:
            growing.reached = set()
            yield growing.tree(folder).modules[0]
            made[False] |= growing.reached
            made[True] |= growing.reached if purpose(folder) is None else set()


def purpose(folder: str) -> Context | None:
    """What a folder is for where its name, or that of one above it, tells: `examples/complete`."""
    return next((found for part in folder.split("/") if (found := Context.named(part))), None)


def called_from(module: Module, folder: str) -> Context | None:
    """What the root of a module is for, of something in a folder that does not say so itself."""
    root = module.tree.modules[0] if module.tree else module
    return purpose(root.folder) if purpose(folder) is None else None


def _planned(path: str, workspace: Workspace) -> Module:
    module = plan.load(path, workspace)
    module.tree = Tree(workspace, [module])
    return module


def source_of(call: Declared) -> str:
    written = call.body.attributes.get("source")
    held = written.expression if written else None
    return held.value if isinstance(held, Literal) and isinstance(held.value, str) else ""


def _called_folder(module: Module, call: Declared) -> str | None:
    """The folder below the root that a call names; None for a registry's, a repository's or one outside."""
    source = source_of(call)
    if not source.startswith(("./", "../")):
        return None
    joined = posixpath.normpath(posixpath.join(module.folder, source))
    return None if joined.startswith("..") else "" if joined == "." else joined


def _called_folders(module: Module) -> set[str]:
    found = (_called_folder(module, call) for call in module.calls.values())
    return {folder for folder in found if folder is not None and folder != module.folder}


class _Growing:
    """Folders are parsed once, however often they are called."""

    def __init__(self, workspace: Workspace, folders: dict[str, Module]) -> None:
        self.workspace = workspace
        self.folders = folders
        self.reached: set[str] = set()  # also by calls that make nothing

    def tree(self, folder: str) -> Tree:
        tree = Tree(self.workspace)
        self.reached.add(folder)
        root = self._made(self.folders[folder], tree, "", None)
        self._calls(root, tree, (folder,))
        for module in _below(root):
            self._repeat(module, tree)
        tree.modules = list(_below(root))
        there = set(map(id, tree.modules))
        tree.unread = [(m, call) for m, call in tree.unread if id(m) in there]
        return tree

    def _made(self, declared: Module, tree: Tree, address: str, caller: Caller | None) -> Module:
        made = replace(
            declared, address=address, caller=caller, tree=tree, children={}, by_kind={}, memo={}, parts={}
        )
        tree.modules.append(made)
        return made

    def _folder(self, folder: str) -> Module | None:
        """What is declared in a folder, also in one that is not reviewed itself."""
        if folder not in self.folders:
            files = [f for f in self.workspace.entries(folder) if f.endswith(CODE)]
            if not files:
                return None
            self.folders[folder] = declared_in(folder, files, self.workspace)
        return self.folders[folder]

    def _calls(self, module: Module, tree: Tree, above: tuple[str, ...]) -> None:
        for name, call in module.calls.items():
            folder = _called_folder(module, call)
            if folder in above or len(above) > DEEPEST or len(tree.modules) >= MOST:
                tree.unread.append((module, call))
                continue
            declared = described(call, module.folder) if folder is None else self._folder(folder)
            if declared is None:
                tree.unread.append((module, call))
                continue
            module.children[name] = [self._grown(module, call, declared, tree, above, NOTHING)]

    def _grown(
        self,
        module: Module,
        call: Declared,
        declared: Module,
        tree: Tree,
        above: tuple[str, ...],
        scope: Scope,
    ) -> Module:
        address = f"{module.address}.module.{call.name}".lstrip(".")
        child = self._made(declared, tree, address, Caller(module, call, scope))
        if not declared.library:
            self.reached.add(declared.folder)
            self._calls(child, tree, (*above, declared.folder))
        return child

    def _repeat(self, module: Module, tree: Tree) -> None:
        """Calls with `count` or `for_each`: once for each instance, or not at all."""
        for name, (child,) in list(module.children.items()):
            call = module.calls[name]
            if not {"count", "for_each"} & set(call.body.attributes):
                continue
            found = scopes(call, Evaluator(module))
            if not found:
                del module.children[name]
            elif found[0] and mentions(call.body, "each" if "each" in found[0] else "count"):
                folders_above: list[str] = []
                caller = child.caller
                while caller is not None:
                    folders_above.append(caller.module.folder)
                    caller = caller.module.caller
                above = tuple(folders_above)
                room = max(MOST - len(tree.modules), 1)
                module.children[name] = [
                    self._grown(module, call, child, tree, above, scope) for scope in found[:room]
                ]


def _below(root: Module) -> Iterator[Module]:
    waiting = [root]
    while waiting:
        module = waiting.pop()
        yield module
        waiting += [child for held in module.children.values() for child in held][::-1]
