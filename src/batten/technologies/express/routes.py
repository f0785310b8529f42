"""Routes that a module registers on its application, or on a router that it mounts itself.

Source: https://expressjs.com/en/guide/routing.html, https://fastify.dev/docs/latest/Reference/Routes/. A router whose mount is in
another module has no path that is known here, so nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import AppRoute
from batten.model import Setting
from batten.technologies.express.module import Module, argument, arguments
from batten.technologies.express.paths import templated

_VERBS = {verb.lower(): verb for verb in ("GET", "POST", "PUT", "PATCH", "DELETE")}
_APPLICATIONS, _ROUTERS = ("express", "fastify", "fastify.fastify"), ("express.Router",)


def routes(module: Module) -> Iterator[AppRoute]:
    """A fact for each call that registers a literal path."""
    mounts = _mounts(module)
    for call in module.calls:
        function = call.child_by_field_name("function")
        if function is None or function.type != "member_expression":
            continue
        verb = _VERBS.get(module.text(function.child_by_field_name("property")))
        owner = function.child_by_field_name("object")
        if verb is None or owner is None or (prefix := mounts.get(module.text(owner))) is None:
            continue
        clean = templated(prefix + module.string(argument(call, 0)))
        if len(arguments(call)) > 1 and clean:
            at = module.value(call, f"route[{verb} {clean}]")
            yield AppRoute(at, clean, (verb,), Setting(False, at))


def _mounts(module: Module) -> dict[str, str]:
    """The prefix of each name that routes are registered on, where the module shows it."""
    made = {
        name: module.called(node) for name, node in module.values.items() if node.type == "call_expression"
    }
    found = {name: "" for name, what in made.items() if what in _APPLICATIONS}
    routers = {name for name, what in made.items() if what in _ROUTERS}
    for call in module.calls:
        owner, _, verb = module.called(call).rpartition(".")
        if verb == "use" and owner in found and len(arguments(call)) > 1:
            prefix = module.string(argument(call, 0)).rstrip("/")
            mounted = [module.text(a) for a in arguments(call)[1:]]
            found.update({name: prefix for name in mounted if name in routers})
    return found
