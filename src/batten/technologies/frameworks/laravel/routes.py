"""The routes of a file of `routes/`, as far as they are literal (https://laravel.com/docs/12.x/routing).

routes/api.php is below `api`, unless bootstrap/app.php or the provider of routes gives another prefix; a route in a file that neither
names has no path that is known here.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import AppRoute
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model import UNKNOWN, Setting
from batten.technologies.frameworks.laravel.module import DEEPEST, Module, argument, load

_VERBS = {verb.lower(): (verb,) for verb in ("GET", "POST", "PUT", "PATCH", "DELETE")}
_ACTIONS = {
    "index": (("GET",), ""),
    "create": (("GET",), "/create"),
    "store": (("POST",), ""),
    "show": (("GET",), "{one}"),
    "edit": (("GET",), "{one}/edit"),
    "update": (("PUT", "PATCH"), "{one}"),
    "destroy": (("DELETE",), "{one}"),
}
_FORMS = ("create", "edit")
_RESOURCES = ("resource", "apiResource")
_LITERAL = re.compile(r"(?:/(?:[\w.~-]|\{\w+\})+)+|/")
_OPTIONAL = re.compile(r"\{(\w+)(?::\w+)?\??\}")


def routes(module: Module, workspace: Workspace) -> Iterator[AppRoute]:
    """The routes of the file's own statements, and of the groups in it."""
    prefix = _prefix(module.path, workspace)
    root = module.script.nodes[0] if module.script.nodes else None
    if prefix is not None and root is not None:
        yield from _drawn(module, root, prefix, 0)


def _prefix(path: str, workspace: Workspace) -> str | None:
    folder, name = posixpath.split(path)
    if name == "web.php":
        return ""
    if name != "api.php":
        return None
    start = posixpath.join(posixpath.dirname(folder), "bootstrap/app.php")
    provider = posixpath.join(posixpath.dirname(folder), "app/Providers/RouteServiceProvider.php")
    for other in (start, provider):
        try:
            made = load(other, workspace) if workspace.exists(other) else None
        except (SyntaxProblem, Unreadable):
            return None
        found = {_given(made, call) for call in made.calls} - {None} if made is not None else set()
        if found:
            only = found.pop()
            return only if not found and only != "?" else None
    return "/api"


def _given(module: Module, call: Node) -> str | None:
    """The prefix that a call gives routes/api.php: "?" where it is not known, None where the call says nothing of it."""
    name = module.named(call)
    node = None
    if name == "withRouting":
        node = argument(module, call, 99, "apiPrefix")
    elif name == "group" and "api.php" in module.text(call)[-200:]:
        chain = dict(_chain(module, call))
        node = argument(module, chain["prefix"], 0) if "prefix" in chain else None
    if node is None:
        return None
    value = module.plain(node)
    return _joined("", value) if isinstance(value, str) else "?"


def _chain(module: Module, call: Node) -> Iterator[tuple[str, Node]]:
    """The calls of `Route::prefix("a")->middleware("b")->group(…)`, the last first."""
    node: Node | None = call
    for _ in range(DEEPEST):
        if node is None or node.type not in ("member_call_expression", "scoped_call_expression"):
            return
        yield module.named(node), node
        node = node.child_by_field_name("object")


def _drawn(module: Module, block: Node, prefix: str, depth: int) -> Iterator[AppRoute]:
    for statement in block.named_children:
        call = (
            statement.named_children[0]
            if statement.type == "expression_statement" and statement.named_children
            else None
        )
        if (
            call is None
            or module.owner(call) not in ("Route", "Illuminate\\Support\\Facades\\Route")
            or depth > DEEPEST
        ):
            continue
        chain = dict(_chain(module, call))
        whole: str | None = prefix
        if "prefix" in chain:
            value = module.plain(argument(module, chain["prefix"], 0))
            whole = _joined(prefix, value) if isinstance(value, str) else None
        if whole is None or "domain" in chain:
            continue
        if "group" in chain:
            yield from _grouped(module, chain["group"], whole, depth)
        for name, statement_call in chain.items():
            if name in _VERBS:
                yield from _route(
                    module, statement_call, _VERBS[name], _path(module, statement_call, 0, whole)
                )
            elif name == "match":
                words = module.words(argument(module, statement_call, 0))
                verbs = tuple(w.upper() for w in words) if isinstance(words, tuple) else ()
                yield from _route(module, statement_call, verbs, _path(module, statement_call, 1, whole))
            elif name in _RESOURCES:
                yield from _resource(module, chain, statement_call, name == "apiResource", whole)


def _grouped(module: Module, call: Node, prefix: str, depth: int) -> Iterator[AppRoute]:
    """The last argument is the function; the first may hold the attributes, as it did before."""
    first = argument(module, call, 0)
    function = argument(module, call, 1) or first
    if first is not None and first.type == "array_creation_expression":
        given = {
            module.string(i.named_children[0]): i.named_children[1]
            for i in first.named_children
            if len(i.named_children) == 2
        }
        value = module.plain(given["prefix"]) if "prefix" in given else ""
        if not isinstance(value, str) or "domain" in given:
            return
        prefix = _joined(prefix, value)
    body = function.child_by_field_name("body") if function is not None else None
    if body is not None and body.type == "compound_statement":
        yield from _drawn(module, body, prefix, depth + 1)


def _resource(
    module: Module, chain: dict[str, Node], call: Node, api: bool, prefix: str
) -> Iterator[AppRoute]:
    name = module.string(argument(module, call, 0))
    only = module.words(argument(module, chain["only"], 0)) if "only" in chain else tuple(_ACTIONS)
    without = module.words(argument(module, chain["except"], 0)) if "except" in chain else ()
    changed = {"parameters", "names", "scoped", "shallow"} & chain.keys() - {"names"}
    if not name or "." in name or changed or not isinstance(only, tuple) or not isinstance(without, tuple):
        return
    if argument(module, call, 2) is not None:
        return
    base = _joined(prefix, name)
    one = f"/{{{name.rpartition('/')[2].replace('-', '_').removesuffix('s')}}}"
    for action, (verbs, tail) in _ACTIONS.items():
        if action in only and action not in without and not (api and action in _FORMS):
            yield from _route(module, call, verbs, base + tail.format(one=one))


def _path(module: Module, call: Node, index: int, prefix: str) -> str:
    value = module.plain(argument(module, call, index))
    return _joined(prefix, value) or "/" if isinstance(value, str) else ""


def _route(module: Module, call: Node, verbs: tuple[str, ...], path: str) -> Iterator[AppRoute]:
    clean = _OPTIONAL.sub(r"{\1}", path)
    if verbs and _LITERAL.fullmatch(clean):
        at = module.value(call, f"route[{','.join(verbs)} {clean}]")
        yield AppRoute(at, clean, verbs, Setting(UNKNOWN, at))


def _joined(prefix: str, path: str) -> str:
    return f"{prefix}/{path.strip('/')}" if path.strip("/") else prefix
