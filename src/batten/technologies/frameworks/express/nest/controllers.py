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
from batten.technologies.frameworks.express.imported import imported
from batten.technologies.frameworks.express.module import Module, argument
from batten.technologies.frameworks.express.nest.decorators import Class, Decorator, Method, classes
from batten.technologies.frameworks.express.nest.exclusions import excluded
from batten.technologies.frameworks.express.nest.program import COMMON, Program, program_of, versions
from batten.technologies.frameworks.express.paths import templated
from batten.technologies.frameworks.express.texts import Texts

_EVERY = ("GET", "POST", "PUT", "PATCH", "DELETE")
_VERBS = {
    **{f"{COMMON}{verb.capitalize()}": (verb,) for verb in (*_EVERY, "HEAD", "OPTIONS")},
    f"{COMMON}Sse": ("GET",),
    f"{COMMON}All": _EVERY,
}
_WHAT = "NestJS routes"
_MOST = 50  # paths of a controller, or of a method


@record(kw_only=True)
class Action:
    """A method that answers requests, by one of its decorators. `paths` are those that are known and no patterns."""

    controller: Class
    method: Method
    decorator: Node
    verbs: tuple[str, ...]
    paths: tuple[str, ...]
    unknown: str


@record(kw_only=True)
class _Controller:
    """None: what the decorator names is not known."""

    held: Class
    paths: tuple[str, ...] | None
    versions: tuple[str, ...] | None


def routes(module: Module, workspace: Workspace) -> Iterator[Fact]:
    """The routes whose paths are known; of the others, that they were not read."""
    for one in (action for found in actions(module, workspace).values() for action in found):
        for path in one.paths:
            at = module.value(one.decorator, f"route[{' '.join(one.verbs)} {path}]")
            yield AppRoute(at, path, one.verbs, Setting(False, at))
    for held in _controllers(module, workspace):
        yield from _unread(module, held, workspace)


def _controllers(module: Module, workspace: Workspace) -> list[Class]:
    return [one for one in classes(module, workspace).values() if _decorated(one) is not None]


def _decorated(one: Class) -> Decorator | None:
    return next((d for d in one.decorators if d.name == f"{COMMON}Controller"), None)


def actions(module: Module, workspace: Workspace) -> dict[str, list[Action]]:
    """All of a file by the name of the controller, made once."""
    return workspace.kept(("nest actions", module.path), lambda: _actions(module, workspace))


def _actions(module: Module, workspace: Workspace) -> dict[str, list[Action]]:
    found: dict[str, list[Action]] = {}
    for one in _controllers(module, workspace):
        controller_decorator = _decorated(one)
        given = (
            argument(controller_decorator.call, 0)
            if controller_decorator is not None and controller_decorator.call is not None
            else None
        )
        resolved = module.resolved(given)
        if resolved is None or resolved.type != "object":
            controller = _Controller(held=one, paths=_paths(module, given, workspace), versions=())
        elif module.open(resolved):
            controller = _Controller(held=one, paths=None, versions=None)
        else:
            entries = module.options(resolved)
            own = versions(module, entries.get("version"), workspace)
            controller = _Controller(
                held=one, paths=_paths(module, entries.get("path"), workspace), versions=own
            )
        program, held = program_of(module.path, workspace), controller
        found[one.name] = [
            _action(module, method, decorator, held, program, workspace)
            for method in one.methods
            for decorator in method.decorators
            if decorator.name in _VERBS and decorator.call is not None
        ]
    return found


def _paths(module: Module, given: Node | None, workspace: Workspace) -> tuple[str, ...] | None:
    """One path or several; None where they are computed."""
    written = Texts(workspace).listed(module, given) if given is not None else [""]
    return tuple(written) if written is not None and len(written) <= _MOST else None


def _action(
    module: Module, method: Method, one: Decorator, held: _Controller, program: Program, workspace: Workspace
) -> Action:
    inner = _paths(module, argument(one.call, 0), workspace) if one.call is not None else None
    # Those of the method, else of its controller.
    mine = next((d.call for d in method.decorators if d.name == f"{COMMON}Version"), None)
    own = held.versions if mine is None else versions(module, argument(mine, 0), workspace)
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
    # The path with prefix and version; "" where it is a pattern.
    paths = [
        templated((version if bool(bare) else program.prefix + version) + path or "/")
        for version in _written(own or (), program)
        for path, bare in zip(joined, left, strict=True)
        if not unknown
    ]
    return Action(
        controller=held.held,
        method=method,
        decorator=one.node,
        verbs=verbs,
        paths=()
        if program.unknown or held.held.name not in program.controllers
        else tuple(path for path in paths if path),
        unknown=unknown,
    )


def _written(own: tuple[str, ...], program: Program) -> list[str]:
    """The segments of versions: none where the program has no versions in its paths."""
    if program.version is None:
        return [""]
    return [f"/{program.version}{one}" if one else "" for one in own or program.versions or ("",)]


def _joined(*parts: str) -> str:
    return "".join(f"/{one.strip('/')}" for one in parts if one.strip("/"))


def _unread(module: Module, held: Class, workspace: Workspace) -> Iterator[UnreadRoutes]:
    program, found = program_of(module.path, workspace), actions(module, workspace).get(held.name, [])
    if program.unknown:
        reasons = [program.unknown] if found else []
    elif held.name not in program.controllers:
        reasons = ["no `controllers:` of a module lists the class"] if found else []
    else:
        reasons = [one.unknown for one in found if one.unknown]
    if inherits(module, held, workspace):
        reasons.append("it extends a class that may have routes")
    for why in dict.fromkeys(reasons):
        yield UnreadRoutes(module.value(held.node, f"controller[{held.name}]"), _WHAT, why, held.name)


_DEEPEST = 4


def inherits(module: Module, one: Class, workspace: Workspace, depth: int = 0) -> bool:
    """Whether a class may have routes of one that it extends."""
    if one.base is None:
        return False
    known = one.base.type == "identifier" and depth < _DEEPEST
    found = _found(module, module.text(one.base), workspace) if known else None
    return (
        found is None
        or any(d.name.startswith(COMMON) for method in found[1].methods for d in method.decorators)
        or inherits(*found, workspace, depth + 1)
    )


def _found(module: Module, word: str, workspace: Workspace) -> tuple[Module, Class] | None:
    """The class that a name stands for, where the program's own files show it."""
    name, other = word, module
    if word in module.packages:
        held = imported(module, module.packages[word], workspace)
        if held is None:
            return None
        other, name = held[0], held[1] or word
    one = classes(other, workspace).get(name)
    return (other, one) if one is not None else None
