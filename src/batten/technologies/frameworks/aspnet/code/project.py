"""The source files that set an application up, and which of them call a method: set-up is often written as extensions.

A project is what is below the folder of a `*.csproj` file: https://learn.microsoft.com/dotnet/core/project-sdk/overview.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from tree_sitter import Node

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model.record import record
from batten.technologies.frameworks.aspnet.code.module import (
    METHODS,
    Module,
    argument,
    load,
    owner_of,
)
from batten.technologies.shared.code import enclosing

MOST_FILES = 2_000  # looked at for one project
_LEVELS = 12
_LEFT = frozenset(("bin", "obj", "node_modules", ".git", "wwwroot", "Migrations"))
_SETUP = re.compile(
    r"\bI?(?:WebApplication(?:Builder)?|ApplicationBuilder|ServiceCollection|EndpointRouteBuilder|WebHostBuilder|HostApplicationBuilder)\b"
    r"|\bRouteGroupBuilder\b|\b(?:Controller|ControllerBase)\b|\[ApiController\b"
)
_CALLED = re.compile(r"\b([A-Z]\w*)[ \t\r\n]*(?:<[\w., ]*>)?[ \t\r\n]*\(")
_COMMENT = re.compile(r"(?m)^[ \t]*//[^\n]*$")


@record(kw_only=True)
class Project:
    """`texts` are the files that set the application up, without lines of comments; `calls` are those by the names that
    are called in them."""

    folder: str
    texts: Mapping[str, str]
    calls: Mapping[str, tuple[str, ...]]
    said: dict[re.Pattern[str], bool]  # every file of a project asks the same

    def says(self, pattern: re.Pattern[str]) -> bool:
        """Whether any of the files has a text."""
        if pattern not in self.said:
            self.said[pattern] = any(pattern.search(text) for text in self.texts.values())
        return self.said[pattern]


@record
class Site:
    """Where a method is called."""

    module: Module
    call: Node


def folder_of(path: str, workspace: Workspace) -> str:
    """The folder of the project that a file is in."""
    return workspace.kept(("csharp folder", posixpath.dirname(path)), lambda: _folder(path, workspace))


def sources(folder: str, workspace: Workspace) -> list[str]:
    """The source files of a project."""
    return workspace.kept(("csharp sources", folder), lambda: _sources(folder, workspace))


def project_of(path: str, workspace: Workspace) -> Project:
    folder = folder_of(path, workspace)
    return workspace.kept(("csharp project", folder), lambda: _project(folder, workspace))


def _folder(path: str, workspace: Workspace) -> str:
    here = posixpath.dirname(path)
    for _ in range(_LEVELS):
        if any(name.endswith(".csproj") for name in workspace.entries(here)):
            return here
        if not here:
            break
        here = posixpath.dirname(here)
    return posixpath.dirname(path)


def _project(folder: str, workspace: Workspace) -> Project:
    texts: dict[str, str] = {}
    calls: dict[str, list[str]] = {}
    for path in sources(folder, workspace):
        try:
            text = workspace.text(path).text
        except Unreadable:
            continue
        if _SETUP.search(text):
            texts[path] = _COMMENT.sub("", text)
            for name in {found[1] for found in _CALLED.finditer(texts[path])}:
                calls.setdefault(name, []).append(path)
    found = {name: tuple(paths) for name, paths in calls.items()}
    return Project(folder=folder, texts=texts, calls=found, said={})


def _sources(folder: str, workspace: Workspace) -> list[str]:
    waiting, count = [folder], 0
    found: list[str] = []
    while waiting:
        here = waiting.pop()
        for path in workspace.entries(here):
            count += 1
            if count > MOST_FILES:
                return found
            name = posixpath.basename(path)
            if name.endswith(".cs"):
                found.append(path)
            elif "." not in name and name not in _LEFT and workspace.is_directory(path):
                waiting.append(path)
    return found


_MOST_CALLERS = 4


def site_of(module: Module, method: Node, workspace: Workspace) -> Site | None:
    """Where the project calls a method, if it does so once."""
    name = module.text(method.child_by_field_name("name"))
    listed = project_of(module.path, workspace).calls.get(name, ())
    if not 0 < len(listed) <= _MOST_CALLERS:
        return None
    found: list[Site] = []
    for path in listed:
        try:
            other = load(path, workspace)
        except (SyntaxProblem, Unreadable):
            return None
        found += [Site(other, call) for call in other.by_method.get(name, ())]
    return found[0] if len(found) == 1 else None


def method_around(node: Node) -> Node | None:
    return enclosing(node, METHODS)


def given_for(site: Site, module: Module, method: Node, name: str) -> Node | None:
    """What a call gives for a parameter: of an extension's first, what it is called on."""
    listed = method.child_by_field_name("parameters")
    taken = [p for p in listed.named_children if p.type == "parameter"] if listed is not None else []
    extends = bool(taken) and any(module.text(c) == "this" for c in taken[0].named_children)
    owner = owner_of(site.call)
    for number, one in enumerate(taken):
        if module.text(one.child_by_field_name("name")) == name:
            on_it = extends and owner is not None and not _static(site, owner, method, module)
            return owner if on_it and number == 0 else argument(site.call, number - on_it, name)
    return None


def _static(site: Site, owner: Node, method: Node, module: Module) -> bool:
    """Whether an extension is called by its class: `OrderRoutes.Map(app)`."""
    above = enclosing(method, ("class_declaration",))
    held = module.text(above.child_by_field_name("name")) if above is not None else ""
    return bool(held) and site.module.text(owner).rpartition(".")[2] == held
