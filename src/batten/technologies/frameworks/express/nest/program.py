"""What a program of NestJS gives all of its controllers: a prefix, versions in paths, guards.

Sources: https://docs.nestjs.com/faq/global-prefix, https://docs.nestjs.com/techniques/versioning, https://docs.nestjs.com/guards,
https://docs.nestjs.com/recipes/router-module, https://docs.nestjs.com/middleware.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import partial

from tree_sitter import Node

from batten.formats import Workspace
from batten.model.record import record
from batten.technologies.frameworks.express.files import LEVELS, is_source, loaded, saying, start
from batten.technologies.frameworks.express.module import Module, argument, arguments
from batten.technologies.frameworks.express.nest.exclusions import Exclusion, exclusions
from batten.technologies.frameworks.express.texts import Texts
from batten.technologies.shared.code import enclosing

CORE, COMMON = "@nestjs/core.", "@nestjs/common."
_CONTROLLERS = re.compile(r"\bcontrollers\s{0,9}:\s{0,9}\[([^\[\]]{0,5000})\]")
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_CHOICES = ("if_statement", "ternary_expression", "binary_expression", "switch_case", "catch_clause")
_PLACED = re.compile(r"\bRouterModule\b")
_KINDS = ("HEADER", "MEDIA_TYPE", "CUSTOM")


@record(kw_only=True)
class Program:
    """`unknown` says why the paths of its controllers are not known, "" where they are. `versions` are those of controllers
    that name none; `version` is written before each, None where versions are not in paths."""

    unknown: str = ""
    prefix: str = ""
    excluded: tuple[Exclusion, ...] = ()
    version: str | None = None
    versions: tuple[str, ...] = ()
    controllers: frozenset[str] = frozenset()
    texts: Mapping[str, str]


def program_of(path: str, workspace: Workspace) -> Program:
    """The program that a controller's file is of."""
    folder = folder_of(path, workspace)
    if folder is None:
        return Program(unknown="no application (`NestFactory.create`) in a folder above", texts={})
    return workspace.kept(("nest program", folder), lambda: _program(folder, workspace))


def _program(folder: str, workspace: Workspace) -> Program:
    found = texts(folder, workspace)
    given = partial(Program, texts=found, controllers=_listed(found))
    if any(_PLACED.search(text) for text in found.values()):
        return given(unknown="`RouterModule` decides their prefixes")
    if handed := _handed(folder, found, workspace):
        return given(unknown=f"`{handed}` is given the application and was not read")
    prefixes = list(_calls("setGlobalPrefix", found, workspace))
    versions = list(_calls("enableVersioning", found, workspace))
    if len(prefixes) > 1 or any(_chosen(call) for _, call in prefixes):
        return given(unknown="`setGlobalPrefix` depends on more than one place")
    if len(versions) > 1 or any(_chosen(call) for _, call in versions):
        return given(unknown="`enableVersioning` depends on more than one place")
    written = Texts(workspace).text(prefixes[0][0], argument(prefixes[0][1], 0)) if prefixes else ""
    if written is None:
        return given(unknown="the global prefix is computed")
    left = exclusions(*prefixes[0], workspace) if prefixes else ()
    version, default = _versioning(*versions[0], workspace) if versions else (None, ())
    if left is None or default is None:
        return given(unknown="the routes without the global prefix are computed" if left is None else "the default version is computed")  # fmt: skip
    return given(
        prefix=f"/{written.strip('/')}" if written.strip("/") else "",
        excluded=left,
        version=version,
        versions=default,
    )


def _listed(found: Mapping[str, str]) -> frozenset[str]:
    """The classes that modules list as controllers."""
    listed = (one[1] for text in found.values() for one in _CONTROLLERS.finditer(text))
    return frozenset(name for one in listed for name in _NAME.findall(one))


def _calls(name: str, found: Mapping[str, str], workspace: Workspace) -> Iterator[tuple[Module, Node]]:
    """The calls of a method of the application."""
    for path, text in found.items():
        module = loaded(path, workspace) if f".{name}" in text else None
        for call in module.calls if module is not None else ():
            function = call.child_by_field_name("function")
            if module is not None and function is not None and function.type == "member_expression" and module.text(function.child_by_field_name("property")) == name:  # fmt: skip
                yield module, call


def _chosen(call: Node) -> bool:
    return enclosing(call, _CHOICES) is not None


def _handed(folder: str, found: Mapping[str, str], workspace: Workspace) -> str:
    """A function outside the program's folder, and of no package that is known, that an application is given to."""
    for path, text in found.items():
        module = loaded(path, workspace) if "NestFactory" in text else None
        if module is None:
            continue
        made = {name for name, node in module.values.items() if _makes(module, node)}
        for call in module.calls:
            if any(a.type == "identifier" and module.text(a) in made for a in arguments(call)):
                name = module.called(call)
                # Whether a function is the program's own, or of a package of npm that its manifest names.
                if name.startswith("."):
                    other = workspace.resolve(path, name.rpartition("/")[0] + "/x")
                    within = other is not None and (not folder or other.startswith(f"{folder}/"))
                elif "/" not in name and not name.startswith("@"):
                    first = name.partition(".")[0]
                    within = (
                        name == first
                        or _named(first, path, workspace)
                        or first in ("this", "console", "process")
                    )
                else:
                    parts = name.split("/")
                    package = "/".join(parts[:2]).partition(".")[0] if name.startswith("@") else parts[0]
                    within = package.startswith("@nestjs/") or _named(package, path, workspace)
                if not within:
                    return module.text(call.child_by_field_name("function"))[:60]
    return ""


def _makes(module: Module, node: Node) -> bool:
    inner = node.named_children[0] if node.type == "await_expression" and node.named_children else node
    return inner.type == "call_expression" and module.called(inner) == f"{CORE}NestFactory.create"


def _named(package: str, path: str, workspace: Workspace) -> bool:
    here = posixpath.dirname(path)
    while True:
        manifest = posixpath.join(here, "package.json")
        if workspace.exists(manifest):
            return f'"{package}"' in workspace.start(manifest, 200_000)
        if not here:
            return False
        here = posixpath.dirname(here)


def _versioning(
    module: Module, call: Node, workspace: Workspace
) -> tuple[str | None, tuple[str, ...] | None]:
    """What is written before a version in a path, and the versions of what names none; None for the latter where they are not known."""
    given = argument(call, 0)
    if given is None:
        return "v", ()
    kind = module.text(module.option(given, "type")).rpartition(".")[2]
    if module.open(given) or kind not in ("URI", *_KINDS):
        return None, None
    if kind != "URI":
        return None, ()
    before = module.option(given, "prefix")
    written = "v" if before is None else module.plain(before)
    shown = "" if written is False else written
    default = module.option(given, "defaultVersion")
    return (shown, versions(module, default, workspace)) if isinstance(shown, str) else (None, None)


def versions(module: Module, node: Node | None, workspace: Workspace) -> tuple[str, ...] | None:
    """The versions that a decorator or an option names, "" for a path without any; none where there is no node."""
    if node is None:
        return ()
    if node.type == "array":
        found = [versions(module, one, workspace) for one in node.named_children if one.type != "comment"]
        known = [one for one in found if one is not None]
        return tuple(v for one in known for v in one) if len(known) == len(found) else None
    if module.qualified(node) == f"{COMMON}VERSION_NEUTRAL":
        return ("",)
    written = Texts(workspace).text(module, node)
    return (written,) if written else None


_MAKES = re.compile(r"\bNestFactory\s{0,9}\.\s{0,9}create\s{0,9}[<(]")
_SETS_UP = re.compile(
    r"\bNestFactory\b|\.setGlobalPrefix\b|\.enableVersioning\b|\.useGlobalGuards\b|\bAPP_GUARD\b|\.forRoutes\b"
    r"|\bRouterModule\b|\bcontrollers\s{0,9}:"
)


def folder_of(path: str, workspace: Workspace) -> str | None:
    """The nearest folder above a file with one that makes an application; None if no folder has one."""
    here = posixpath.dirname(path)
    return workspace.once(("nest folder", here), lambda: _folder(here, workspace))


def _folder(here: str, workspace: Workspace) -> str | None:
    for _ in range(LEVELS):
        if any(_MAKES.search(start(path, workspace)) for path in workspace.entries(here) if is_source(path)):
            return here
        if not here:
            break
        here = posixpath.dirname(here)
    return None


def texts(folder: str, workspace: Workspace) -> Mapping[str, str]:
    """The files that set a program up, by their path."""
    return workspace.kept(("nest texts", folder), lambda: saying(_SETS_UP, folder, workspace))
