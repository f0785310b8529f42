"""Routes that a module registers on an application, or on a router that one mounts, in whichever file it does.

Source: https://expressjs.com/en/guide/routing.html (also of `router.route('/path')`), https://fastify.dev/docs/latest/Reference/Routes/. A
router whose mount is not found has no path that is known: the ledger says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import AppRoute, Fact, UnreadRoutes
from batten.formats import Workspace
from batten.model import Setting
from batten.technologies.frameworks.express.module import Module, argument, arguments
from batten.technologies.frameworks.express.mounts import (
    Mount,
    inside,
    method,
    mounts_of,
    orphans,
    owned,
    strangers,
)
from batten.technologies.frameworks.express.paths import templated
from batten.technologies.frameworks.express.texts import Texts

_VERBS = {verb.lower(): verb for verb in ("GET", "POST", "PUT", "PATCH", "DELETE")}
_PATTERNS = ("regex", "array", "new_expression")
_DEEPEST = 20  # calls in a chain


def routes(module: Module, workspace: Workspace) -> Iterator[Fact]:
    """A fact for each call that registers paths that are known; of the others, that they were not read."""
    mounts, unmounted = mounts_of(module, workspace)
    calls = owned(module, workspace)
    yield from _registering(module, mounts, workspace)
    for other, reached in strangers(module, workspace):
        yield from _registering(other, reached, workspace)
    for one in unmounted:
        yield _unread(module, one.call, one.why)
    for node in orphans(module, mounts):
        name = next((n for n, value in module.values.items() if value.id == node.id), "")
        if any(method(module, call) in _VERBS for call in calls.get(name, ())):
            yield _unread(module, node, f"no application that was read mounts `{name}`")


def _registering(module: Module, mounts: list[Mount], workspace: Workspace) -> Iterator[Fact]:
    calls = owned(module, workspace)
    for mount in mounts:
        for call in calls.get(mount.name, ()):
            if inside(module, call, mount):
                yield from _route(module, call, mount, workspace)


def _route(module: Module, call: Node, mount: Mount, workspace: Workspace) -> Iterator[Fact]:
    verb, given = _VERBS.get(method(module, call)), _registered(module, call)
    if verb is None or given is None:
        return
    paths = Texts(workspace).listed(module, given)
    if paths is None and given.type not in _PATTERNS:
        yield _unread(module, call, "the path is computed")
    for path in paths or ():
        clean = templated(mount.prefix + path) if path else ""
        if clean:
            at = module.value(call, f"route[{verb} {clean}]")
            yield AppRoute(at, clean, (verb,), Setting(False, at))


def _registered(module: Module, call: Node) -> Node | None:
    """The path that a call registers, or the one of `route('/path')` before it in its chain."""
    inner: Node | None = call
    for _ in range(_DEEPEST):
        function = inner.child_by_field_name("function") if inner is not None else None
        inner = function.child_by_field_name("object") if function is not None else None
        if inner is None or inner.type != "call_expression":
            break
        if method(module, inner) == "route":
            return argument(inner, 0)
    return argument(call, 0) if len(arguments(call)) > 1 else None


def _unread(module: Module, node: Node, why: str) -> UnreadRoutes:
    return UnreadRoutes(module.value(node, "routes"), "Express routes", why, _shown(module, node))


def _shown(module: Module, call: Node) -> str:
    return " ".join(module.text(call).split())[:80]
