"""Routes of controllers: the program's prefix, the version, the controller's path and the method's, in this order.

Sources: https://docs.nestjs.com/controllers, https://docs.nestjs.com/techniques/versioning, https://docs.nestjs.com/techniques/server-sent-events.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import AppRoute, Fact, UnreadRoutes
from batten.formats import Workspace
from batten.model import Setting
from batten.model.record import record
from batten.technologies.express.module import Module, argument
from batten.technologies.express.nest.bases import inherits
from batten.technologies.express.nest.decorators import Decorator, classes, decorators, methods
from batten.technologies.express.nest.exclusions import excluded
from batten.technologies.express.nest.program import COMMON, Program, program_of, versions
from batten.technologies.express.paths import templated
from batten.technologies.express.texts import Texts

_EVERY = ("GET", "POST", "PUT", "PATCH", "DELETE")
_VERBS = {
    **{f"{COMMON}{verb.capitalize()}": (verb,) for verb in (*_EVERY, "HEAD", "OPTIONS")},
    f"{COMMON}Sse": ("GET",),
    f"{COMMON}All": _EVERY,
}
_WHAT = "NestJS routes"


@record(kw_only=True)
class Action:
    """A method that answers requests, by one of its decorators. `paths` are those that are known and no patterns."""

    controller: Node
    method: Node
    decorator: Node
    verbs: tuple[str, ...]
    paths: tuple[str, ...]
    unknown: str


@record(kw_only=True)
class _Controller:
    """None: what the decorator names is not known."""

    node: Node
    paths: tuple[str, ...] | None
    versions: tuple[str, ...] | None


def routes(module: Module, workspace: Workspace) -> Iterator[Fact]:
    """The routes whose paths are known; of the others, that they were not read."""
    for one in actions(module, workspace):
        for path in one.paths:
            at = module.value(one.decorator, f"route[{' '.join(one.verbs)} {path}]")
            yield AppRoute(at, path, one.verbs, Setting(False, at))
    for node in controllers(module):
        yield from _unread(module, node, workspace)


def controllers(module: Module) -> list[Node]:
    """The classes that are controllers, by their decorator."""
    return [node for node in classes(module) if _decorated(module, node) is not None]


def _decorated(module: Module, node: Node) -> Decorator | None:
    return next((d for d in decorators(module, node) if d.name == f"{COMMON}Controller"), None)


def actions(module: Module, workspace: Workspace) -> list[Action]:
    """All of a file, made once."""
    return workspace.kept(("nest actions", module.path), lambda: list(_actions(module, workspace)))


def _actions(module: Module, workspace: Workspace) -> Iterator[Action]:
    for node in controllers(module):
        program, held = program_of(module.path, workspace), _controller(module, node, workspace)
        for method in methods(node):
            for one in decorators(module, method):
                if one.name in _VERBS and one.call is not None:
                    yield _action(module, method, one, held, program, workspace)


def _controller(module: Module, node: Node, workspace: Workspace) -> _Controller:
    decorator = _decorated(module, node)
    given = argument(decorator.call, 0) if decorator is not None and decorator.call is not None else None
    resolved = module.resolved(given)
    if resolved is None or resolved.type != "object":
        return _Controller(node=node, paths=_paths(module, given, workspace), versions=())
    if module.open(resolved):
        return _Controller(node=node, paths=None, versions=None)
    entries = module.options(resolved)
    own = versions(module, entries.get("version"), workspace)
    return _Controller(node=node, paths=_paths(module, entries.get("path"), workspace), versions=own)


def _paths(module: Module, given: Node | None, workspace: Workspace) -> tuple[str, ...] | None:
    """One path or several; None where they are computed."""
    written = Texts(workspace).listed(module, given) if given is not None else [""]
    return tuple(written) if written is not None else None


def _action(
    module: Module, method: Node, one: Decorator, held: _Controller, program: Program, workspace: Workspace
) -> Action:
    inner = _paths(module, argument(one.call, 0), workspace) if one.call is not None else None
    own = _versions(module, method, held, workspace)
    verbs, unknown = _VERBS[one.name], ""
    if held.paths is None or inner is None:
        unknown = "the path is computed"
    elif own is None and program.version is not None:
        unknown = "the version is computed"
    outer, last = held.paths or (), inner or ()
    joined = [_joined(one, other) for one in outer for other in last] if not unknown else []
    left = [
        excluded(path or "/", verbs[0] if len(verbs) == 1 else "ALL", program.excluded) for path in joined
    ]
    if None in left:
        unknown = "a pattern may leave out the global prefix"
    paths = [
        _clean(version, path, program, bare=bool(bare))
        for version in _written(own or (), program)
        for path, bare in zip(joined, left, strict=True)
        if not unknown
    ]
    return Action(
        controller=held.node,
        method=method,
        decorator=one.node,
        verbs=verbs,
        paths=()
        if program.unknown or not _listed(module, held.node, program)
        else tuple(path for path in paths if path),
        unknown=unknown,
    )


def _versions(
    module: Module, method: Node, held: _Controller, workspace: Workspace
) -> tuple[str, ...] | None:
    """Those of the method, else of its controller."""
    mine = next((d.call for d in decorators(module, method) if d.name == f"{COMMON}Version"), None)
    return held.versions if mine is None else versions(module, argument(mine, 0), workspace)


def _listed(module: Module, node: Node, program: Program) -> bool:
    return module.text(node.child_by_field_name("name")) in program.controllers


def _written(own: tuple[str, ...], program: Program) -> list[str]:
    """The segments of versions: none where the program has no versions in its paths."""
    if program.version is None:
        return [""]
    return [f"/{program.version}{one}" if one else "" for one in own or program.versions or ("",)]


def _joined(*parts: str) -> str:
    return "".join(f"/{one.strip('/')}" for one in parts if one.strip("/"))


def _clean(version: str, path: str, program: Program, *, bare: bool) -> str:
    """The path with prefix and version; "" where it is a pattern."""
    return templated((version if bare else program.prefix + version) + path or "/")


def _unread(module: Module, node: Node, workspace: Workspace) -> Iterator[UnreadRoutes]:
    program, name = program_of(module.path, workspace), module.text(node.child_by_field_name("name"))
    at = module.value(node, f"controller[{name}]")
    found = [one for one in actions(module, workspace) if one.controller == node]
    if program.unknown:
        reasons = [program.unknown] if found else []
    elif not _listed(module, node, program):
        reasons = ["no `controllers:` of a module lists the class"] if found else []
    else:
        reasons = [one.unknown for one in found if one.unknown]
    if inherits(module, node, workspace):
        reasons.append("it extends a class that may have routes")
    for why in dict.fromkeys(reasons):
        yield UnreadRoutes(at, _WHAT, why, name)
