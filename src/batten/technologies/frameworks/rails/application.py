"""The settings of an application in one environment: config/application.rb, then the environment's own file, then the initializers.

Source: https://guides.rubyonrails.org/configuring.html#locations-for-initialization-code.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from tree_sitter import Node

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model import ABSENT, UNKNOWN, Absent, Context, Location, Setting, Unknown
from batten.model.record import record
from batten.technologies.frameworks.rails.module import Given, Module, load

T = TypeVar("T")
_ROOT = re.compile(r"^(?:(.*)/)?(?:config|app/controllers)/")
_DEVELOPERS = (Context.DEVELOPMENT, Context.TEST)


@record(kw_only=True)
class Application:
    """`modules` are in the order in which Rails reads them; `complete`: each of them could be read."""

    root: str
    environment: Module | None  # of production, or of an environment that is not for developers
    modules: tuple[Module, ...]
    complete: bool

    @property
    def at(self) -> Location | None:
        """What lacks a setting that no file gives."""
        return self.environment.whole if self.environment is not None else None

    def given(self, *keys: str) -> Iterator[Given]:
        """The statements about these settings, in their order."""
        return (one for module in self.modules for one in module.given if one.key in keys)

    def last(self, key: str) -> Given | None:
        """The assignment that counts; one that a condition decides comes after all others."""
        found = [one for one in self.given(key) if one.how == "="]
        return found[-1] if found else None

    def setting(
        self, key: str, read: Callable[[Module, Node], T | Unknown], default: T | Absent | Unknown
    ) -> Setting[T]:
        """A setting with the framework's default; UNKNOWN where a condition decides."""
        found = self.last(key)
        if found is not None:
            sure = found.certain and (self.complete or found.module is self.modules[-1])
            return Setting(read(found.module, found.value) if sure else UNKNOWN, found.at)
        at = self.at or self.modules[0].whole
        sure = self.complete and self.environment is not None
        return Setting(ABSENT, Location(at.source, key, at.span, kind=at.kind), default if sure else UNKNOWN)

    def truth(self, key: str, default: bool) -> Setting[bool]:
        return self.setting(key, Module.truth, default)

    @property
    def defaults(self) -> tuple[int, int] | None:
        """The version of `load_defaults`; None where none is known."""
        for one in self.given("load_defaults"):
            found = (
                re.fullmatch(r"(\d{1,2})\.(\d{1,2})", one.module.string(one.value)) if one.values else None
            )
            return (int(found[1]), int(found[2])) if found is not None and one.certain else None
        return None


def root_of(path: str) -> str:
    """The folder of the application that a file belongs to."""
    found = _ROOT.match(path)
    return (found[1] or "") if found is not None else ""


def for_developers(path: str) -> bool:
    """Whether it is the file of an environment that only developers and tests have."""
    folder, name = posixpath.split(path)
    stem = name.removesuffix(".rb")
    return posixpath.basename(folder) == "environments" and Context.named(stem) in _DEVELOPERS


def application(path: str, workspace: Workspace) -> Application | None:
    """The application as an environment's file, or any other of its files, belongs to it; None for developers' own."""
    if for_developers(path):
        return None
    root = root_of(path)
    folder = posixpath.join(root, "config/environments")
    named = [p for p in workspace.entries(folder) if p.endswith(".rb") and not for_developers(p)]
    own = path if path in named else posixpath.join(folder, "production.rb")
    environment = own if own in named else next(iter(named), "")
    return workspace.kept(
        ("rails application", root, environment), lambda: _read(root, environment, workspace)
    )


def _read(root: str, environment: str, workspace: Workspace) -> Application | None:
    first = posixpath.join(root, "config/application.rb")
    initializers = posixpath.join(root, "config/initializers")
    paths = [first] if workspace.exists(first) else []
    paths += [environment] if environment else []
    paths += list(_below(initializers, workspace, 0))
    modules = [(path, _loaded(path, workspace)) for path in paths]
    found = tuple(module for _, module in modules if module is not None)
    if not found:
        return None
    return Application(
        root=root,
        environment=next((module for path, module in modules if path == environment), None),
        modules=found,
        complete=len(found) == len(modules) and paths[0] == first,
    )


def _below(folder: str, workspace: Workspace, depth: int) -> Iterator[str]:
    for path in workspace.entries(folder):
        if path.endswith(".rb"):
            yield path
        elif depth < 2 and "." not in posixpath.basename(path):
            yield from _below(path, workspace, depth + 1)


def _loaded(path: str, workspace: Workspace) -> Module | None:
    try:
        return load(path, workspace)
    except (SyntaxProblem, Unreadable):
        return None
