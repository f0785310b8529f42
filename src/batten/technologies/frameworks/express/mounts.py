"""Which names of which modules are routers of an application, and under which paths: routers are given from file to file.

Sources: https://expressjs.com/en/guide/routing.html#express-router, https://expressjs.com/en/api.html#router.use,
https://expressjs.com/en/guide/using-middleware.html.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tree_sitter import Node

from batten.formats import Workspace
from batten.model.record import record
from batten.technologies.frameworks.express import technology
from batten.technologies.frameworks.express.exported import exported
from batten.technologies.frameworks.express.files import LEVELS, loaded, saying, start
from batten.technologies.frameworks.express.imported import imported
from batten.technologies.frameworks.express.module import Module, argument, arguments
from batten.technologies.frameworks.express.texts import Texts

_APPLICATIONS, _ROUTERS = (
    ("express", "fastify", "fastify.fastify"),
    ("express.Router", "express.default.Router"),
)
_MAKES = re.compile(r"\b(?:express|[Ff]astify)['\"]?\)?\s{0,9}\(\s{0,9}[){]")
_RECOGNISED = re.compile(technology.sniff, re.MULTILINE)  # ours: the technology's own
_HEAD = 65_536  # characters in which a file must show what it is
_MOST = 2_000  # mounts of one program
_DEEPEST = 12  # routers in each other, and paths of one
_Router = tuple[str, str, int]  # path of the module, name, function
_FUNCTIONS = ("arrow_function", "function_declaration", "function_expression")


@record
class Mount:
    """A router by its name in a module, within a function where it is that function's, and the path it is under."""

    name: str
    prefix: str
    within: int = 0  # the node of the function, 0 for the whole module


@record
class Unmounted:
    """A call that mounts what was not found, or under a path that is computed."""

    call: Node
    why: str


@dataclass(slots=True)
class Mounts:
    """What the applications of a program reach, by the path of the module."""

    workspace: Workspace
    reached: dict[str, dict[Mount, None]] = field(default_factory=dict)
    unmounted: dict[str, dict[int, Unmounted]] = field(default_factory=dict)
    paths: dict[_Router, int] = field(default_factory=dict)  # how many each router has
    count: int = 0

    def follow(self, module: Module) -> None:
        """From the applications that a module makes or imports, through all that they mount."""
        named = [name for name, node in module.values.items() if made(module, node) in _APPLICATIONS]
        trail: frozenset[_Router] = frozenset()
        waiting = [(module, Mount(name, ""), trail) for name in (*named, *self._imported(module))]
        while waiting:
            here, mount, trail = waiting.pop()
            router, known = (here.path, mount.name, mount.within), self.reached.setdefault(here.path, {})
            paths = self.paths[router] = self.paths.get(router, 0) + (mount not in known)
            if mount in known or router in trail or max(len(trail), paths) > _DEEPEST or self.count >= _MOST:
                continue
            known[mount] = None
            self.count += 1
            waiting += ((*one, trail | {router}) for one in self._mounted(here, mount))

    def _imported(self, module: Module) -> Iterator[str]:
        """Applications of other modules that calls are made on."""
        for name in owned(module, self.workspace):
            held = imported(module, module.packages.get(name, ""), self.workspace)
            if held is not None and made(held[0], exported(*held)) in _APPLICATIONS:
                yield name

    def _mounted(self, module: Module, mount: Mount) -> Iterator[tuple[Module, Mount]]:
        for call in owned(module, self.workspace).get(mount.name, ()):
            if not inside(module, call, mount):
                continue
            if method(module, call) == "use":
                yield from self._used(module, mount, call)
            elif method(module, call) == "register":
                # Fastify's `fastify.register(plugin, { prefix: '/path' })`.
                found, given = self._function(module, argument(call, 0)), argument(call, 1)
                before = module.option(given, "prefix")
                prefix = Texts(self.workspace).text(module, before) if before is not None else ""
                name = _parameters(*found)[:1] if found is not None else []
                if found is not None and name:
                    if prefix is None or (given is not None and module.open(given)):
                        self._lost(module, call, "the path it is mounted under may be computed")
                    else:
                        yield found[0], Mount(name[0], mount.prefix + prefix.rstrip("/"), found[1].id)
        for call in passing(module, self.workspace).get(mount.name, ()):
            if inside(module, call, mount):
                yield from self._taken(module, mount, call)

    def _used(self, module: Module, mount: Mount, call: Node) -> Iterator[tuple[Module, Mount]]:
        """`router.use('/path', other)` and `router.use(other)`; what is no router is a function that handles requests."""
        given = arguments(call)
        paths = Texts(self.workspace).listed(module, given[0]) if given else None
        for number, one in enumerate(given[1:] if paths is not None else given):
            found = self.router(module, one)
            if not isinstance(found, str) and paths is None and number:
                found = "the path it is mounted under may be computed"
            if isinstance(found, str):
                self._lost(module, call, found)
                continue
            for path in paths if paths is not None else ("",):
                yield found[0], Mount(found[1], mount.prefix + path.rstrip("/"), found[2])

    def _lost(self, module: Module, call: Node, why: str) -> None:
        if why:
            self.unmounted.setdefault(module.path, {})[call.start_byte] = Unmounted(call, why)

    def _taken(self, module: Module, mount: Mount, call: Node) -> Iterator[tuple[Module, Mount]]:
        """`routes(app)`, of a function of the program's own."""
        found = self._function(module, call.child_by_field_name("function"))
        names = _parameters(*found) if found is not None else []
        for name, given in zip(names, arguments(call), strict=False):
            if found is not None and name and module.text(given) == mount.name:
                yield found[0], Mount(name, mount.prefix, found[1].id)

    def _function(self, module: Module, given: Node | None) -> tuple[Module, Node] | None:
        """The function that an expression is, in whichever file it is."""
        if given is not None and given.type in _FUNCTIONS:
            return module, given
        named = module.qualified(given)
        held = imported(module, named, self.workspace) if named else None
        if held is not None:
            node = exported(*held)
            return (held[0], node) if node is not None and node.type in _FUNCTIONS else None
        own = module.functions.get(named) or module.values.get(named)
        return (module, own) if own is not None and own.type in _FUNCTIONS else None

    def router(self, module: Module, given: Node) -> tuple[Module, str, int] | str:
        """The router that an argument is: its module, name and function. Else why it was not found, "" if the argument is not a router."""
        if given.type == "identifier" and made(module, module.values.get(module.text(given))) in _ROUTERS:
            return module, module.text(given), 0
        if given.type == "call_expression" and not _requires(module, given):
            # `routes(store)`, of a function that makes a router and returns it.
            found = self._function(module, given.child_by_field_name("function"))
            name = _result(*found) if found is not None else ""
            return (found[0], name, found[1].id) if found is not None and name else ""
        named = module.qualified(given)
        if not named and _requires(module, given):
            return "the module it requires is computed"
        held = imported(module, named, self.workspace) if named else None
        if held is None:
            return "its module was not found" if named.startswith(("./", "../")) else ""
        other, name = held
        node = exported(other, name)
        # The name in a module of a router.
        if node is None or made(other, node) not in _ROUTERS:
            local = ""
        else:
            local = next((name for name, value in other.values.items() if value.id == node.id), "")
        return (other, local, 0) if local else ""


def made(module: Module, node: Node | None) -> str:
    """What a call makes: `express`, `express.Router`."""
    return module.called(node) if node is not None and node.type == "call_expression" else ""


def method(module: Module, call: Node) -> str:
    function = call.child_by_field_name("function")
    return module.text(function.child_by_field_name("property")) if function is not None else ""


def inside(module: Module, node: Node, mount: Mount) -> bool:
    """Whether a name means the mount where a node uses it: no function between them has a parameter that is called so."""
    above: Node | None = node
    while above is not None:
        if above.id == mount.within:
            return True
        if above.type in _FUNCTIONS and mount.name in _parameters(module, above):
            return False
        above = above.parent
    return not mount.within


def owned(module: Module, workspace: Workspace) -> dict[str, list[Node]]:
    """Calls of methods by the name that they are called on, also through `route('/path')` and other calls in a chain."""
    return workspace.kept(("express owned", module.path), lambda: _owned(module))


def passing(module: Module, workspace: Workspace) -> dict[str, list[Node]]:
    """Calls of functions by the names that they are given."""
    return workspace.kept(("express passing", module.path), lambda: _passing(module))


def _passing(module: Module) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for call in module.calls:
        function = call.child_by_field_name("function")
        direct = function is not None and function.type in ("identifier", "call_expression")
        for one in arguments(call) if direct else ():
            if one.type == "identifier":
                found.setdefault(module.text(one), []).append(call)
    return found


def _owned(module: Module) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    roots: dict[int, str] = {}
    for call in reversed(module.calls):  # inner calls of a chain come after outer ones
        function = call.child_by_field_name("function")
        inner = function.child_by_field_name("object") if function is not None and function.type == "member_expression" else None  # fmt: skip
        if inner is None:
            continue
        name = roots.get(inner.id, "") if inner.type == "call_expression" else module.text(inner) if inner.type == "identifier" else ""  # fmt: skip
        if name:
            roots[call.id] = name
            found.setdefault(name, []).append(call)
    return {name: calls[::-1] for name, calls in found.items()}


def _requires(module: Module, node: Node) -> bool:
    return node.type == "call_expression" and module.text(node.child_by_field_name("function")) == "require"


def _parameters(module: Module, function: Node) -> list[str]:
    """The names of parameters, "" for what is no name."""
    one, given = function.child_by_field_name("parameter"), function.child_by_field_name("parameters")
    listed = [one] if one is not None else given.named_children if given is not None else []
    named = [c.child_by_field_name("pattern") or c for c in listed if c.type != "comment"]
    return [module.text(c) if c.type == "identifier" else "" for c in named]


def _result(module: Module, function: Node) -> str:
    """The router that a function returns at its end."""
    body = function.child_by_field_name("body")
    last = body.named_children[-1] if body is not None and body.named_children else None
    given = last.named_children[0] if last is not None and last.type == "return_statement" and last.named_children else None  # fmt: skip
    name = module.text(given) if given is not None and given.type == "identifier" else ""
    return name if made(module, module.values.get(name)) in _ROUTERS else ""


def mounts_of(module: Module, workspace: Workspace) -> tuple[list[Mount], list[Unmounted]]:
    """The routers of a module with their paths, and what it mounts that was not found."""
    folder = workspace.once(("express folder", posixpath.dirname(module.path)), lambda: _folder(module.path, workspace))  # fmt: skip
    whole = workspace.kept(("express mounts", folder), lambda: _program(folder, workspace))
    own = Mounts(workspace)
    own.follow(module)
    found = {**own.reached.get(module.path, {}), **whole.reached.get(module.path, {})}
    lost = {**own.unmounted.get(module.path, {}), **whole.unmounted.get(module.path, {})}
    return list(found), list(lost.values())


def strangers(module: Module, workspace: Workspace) -> Iterator[tuple[Module, list[Mount]]]:
    """The modules that the applications of one reach, and that name no framework themselves: they are read with it."""
    own = Mounts(workspace)
    own.follow(module)
    for path, mounts in own.reached.items():
        if path != module.path and not _RECOGNISED.search(start(path, workspace)[:_HEAD]):
            other = loaded(path, workspace)
            if other is not None:
                yield other, list(mounts)


def orphans(module: Module, mounts: list[Mount]) -> list[Node]:
    """The routers that a module makes and no application that was read mounts."""
    known = {mount.name for mount in mounts}
    return [node for name, node in module.values.items() if made(module, node) in _ROUTERS and name not in known]  # fmt: skip


def _program(folder: str, workspace: Workspace) -> Mounts:
    found = Mounts(workspace)
    for path in saying(_MAKES, folder, workspace):
        module = loaded(path, workspace)
        if module is not None:
            found.follow(module)
    return found


def _folder(path: str, workspace: Workspace) -> str:
    """The folder of the package that a file is in."""
    here = posixpath.dirname(path)
    for _ in range(LEVELS):
        if not here or workspace.exists(f"{here}/package.json"):
            return here
        here = posixpath.dirname(here)
    return posixpath.dirname(path)
