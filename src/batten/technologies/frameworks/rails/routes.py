"""The routes of an application as far as they are literal, and what it mounts beside its own controllers.

Source: https://guides.rubyonrails.org/routing.html. A part whose path cannot be read is left out with all that is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tree_sitter import Node

from batten.facts import AppRoute, AppSettings, Fact, Feature
from batten.model import ABSENT, UNKNOWN, Setting, Switch
from batten.model.record import record
from batten.technologies.frameworks.rails.application import Application
from batten.technologies.frameworks.rails.module import DEEPEST, Module, argument, arguments, options

_VERBS = {verb.lower(): verb for verb in ("GET", "POST", "PUT", "PATCH", "DELETE")}
_ACTIONS = {  # of `resources`: the verbs, and what follows the collection's path
    "index": (("GET",), ""),
    "create": (("POST",), ""),
    "new": (("GET",), "/new"),
    "edit": (("GET",), "{member}/edit"),
    "show": (("GET",), "{member}"),
    "update": (("PATCH", "PUT"), "{member}"),
    "destroy": (("DELETE",), "{member}"),
}
_PARAMETER = re.compile(r"[:*](\w+)")
_OPTIONAL = re.compile(r"\([^()]*\)")
_LITERAL = re.compile(r"(?:/(?:[\w.~-]|\{\w+\})+)+|/")
_GUARDS = frozenset(("authenticate", "authenticated", "constraints"))
# Engines and Rack applications that require no login of their own, by their documentation:
# https://github.com/sidekiq/sidekiq/wiki/Monitoring, https://github.com/resque/resque#the-front-end, https://github.com/bensheldon/good_job#dashboard,
# https://github.com/fgrosse/letter_opener_web, https://github.com/flippercloud/flipper/blob/main/docs/ui/README.md, https://github.com/danmayer/coverband.
_OPEN = {
    "Sidekiq::Web": ("Sidekiq's dashboard", "shows and deletes jobs"),
    "Resque::Server": ("Resque's dashboard", "shows and deletes jobs"),
    "GoodJob::Engine": ("GoodJob's dashboard", "shows and deletes jobs"),
    "LetterOpenerWeb::Engine": ("Letter Opener", "shows every message that is sent"),
    "Flipper::UI": ("Flipper", "switches features"),
    "Coverband::Reporters::Web": ("Coverband", "shows source code"),
}
_CLOSING = re.compile(r"Rack::Auth|\.(?:use|middleware|register)\b")
_DOCUMENTATION = {
    "GraphiQL::Rails::Engine": "GraphiQL",
    "Rswag::Ui::Engine": "Swagger UI",
    "Rswag::Api::Engine": "OpenAPI",
}


@record(kw_only=True)
class Scope:
    """Where routes are drawn: their prefix (None where it is not known), whether a condition guards them, and the resource around them."""

    prefix: str | None = ""
    guarded: bool = False
    shallow: str = ""  # the collection's path of the resource around
    member: str = ""  # what follows it for one of its things
    depth: int = 0


def routes(module: Module, found: Application | None) -> Iterator[Fact]:
    """The routes that a file draws."""
    for node in module.script.nodes:
        if node.type == "call" and module.text(node.child_by_field_name("method")) == "draw":
            block = node.child_by_field_name("block")
            if block is not None and argument(node, 0) is None:
                yield from _Drawn(module, found).drawn(block, Scope())


class _Drawn:
    """One file's routes, and the settings that may close what it mounts."""

    def __init__(self, module: Module, found: Application | None) -> None:
        self.module, self.found = module, found

    def drawn(self, block: Node, scope: Scope) -> Iterator[Fact]:
        """The routes of a block; those that a condition draws are left out."""
        body = block.child_by_field_name("body") or block
        if scope.depth > DEEPEST:
            return
        for node in body.named_children:
            if node.type == "call":
                yield from self._statement(node, scope)

    def _statement(self, node: Node, scope: Scope) -> Iterator[Fact]:
        module = self.module
        if node.child_by_field_name("receiver") is not None:
            return
        name, block = module.text(node.child_by_field_name("method")), node.child_by_field_name("block")
        inner = replace(scope, depth=scope.depth + 1)
        if name in ("resources", "resource"):
            yield from self._resources(node, block, inner, name == "resource")
        elif name == "mount":
            yield from self._mounted(node, scope)
        elif name in _VERBS or name == "match":
            module, given = self.module, options(self.module, node)
            verbs: tuple[str, ...] = (_VERBS[name],) if name in _VERBS else ()
            if name == "match":
                words = module.words(given["via"]) if "via" in given else ()
                known = isinstance(words, tuple) and words and all(w in _VERBS for w in words)
                verbs = tuple(_VERBS[str(w)] for w in words) if known and isinstance(words, tuple) else ()
            prefix = scope.prefix
            if "on" in given:
                on = module.string(given["on"])
                prefix = (
                    scope.shallow
                    if on == "collection"
                    else _joined(scope.shallow, scope.member)
                    if on == "member"
                    else None
                )
            first = arguments(node)[0] if arguments(node) else None
            if first is not None and first.type == "pair":
                first = first.child_by_field_name("key")
            path = module.plain(first)
            whole = _joined(prefix, path if isinstance(path, str) else None)
            if verbs and whole is not None:
                yield from self._route(node, verbs, scope, whole)
        elif name == "root":
            yield from self._route(node, ("GET",), scope, "/")
        elif block is not None and (entered := self._entered(node, name, inner)) is not None:
            yield from self.drawn(block, entered)

    def _entered(self, node: Node, name: str, scope: Scope) -> Scope | None:
        """What a block adds to the routes in it."""
        given = options(self.module, node)
        match name:
            case "namespace" | "scope":
                written = given.get("path", argument(node, 0))
                path = self.module.plain(written) if written is not None else ""
                prefix = _joined(scope.prefix, path if isinstance(path, str) else None)
                return replace(scope, prefix=prefix, guarded=scope.guarded or "constraints" in given)
            case "member":
                return replace(scope, prefix=_joined(scope.shallow, scope.member))
            case "collection":
                return replace(scope, prefix=scope.shallow)
            case "controller" | "defaults" | "shallow" | "devise_scope":
                return scope
            case _ if name in _GUARDS:
                return replace(scope, guarded=True)
            case _:
                return None

    def _resources(self, node: Node, block: Node | None, scope: Scope, single: bool) -> Iterator[Fact]:
        module, given = self.module, options(self.module, node)
        names = [module.string(a) for a in arguments(node) if a.type != "pair"]
        for name in names:
            path = module.string(given["path"]) if "path" in given else name
            collection = _joined(scope.prefix, path or None)
            if collection is None:
                continue
            key = module.string(given.get("param")) or "id"
            member = "" if single else f"/{{{key}}}"
            # Those of a resource; none where a list cannot be read. An API draws no forms.
            api = self.found is not None and self.found.truth("api_only", False).known(False)
            every = [
                a for a in _ACTIONS if not (single and a == "index") and not (api and a in ("new", "edit"))
            ]
            only = self.module.words(given["only"]) if "only" in given else tuple(every)
            without = self.module.words(given["except"]) if "except" in given else ()
            if not isinstance(only, tuple) or not isinstance(without, tuple):
                actions: list[str] = []
            else:
                actions = [a for a in every if a in only and a not in without]
            for action in actions:
                verbs, tail = _ACTIONS[action]
                yield from self._route(node, verbs, scope, collection + tail.format(member=member))
            if block is not None and len(names) == 1:
                outer = "" if single else f"/{{{_singular(name)}_{key}}}"
                inside = replace(
                    scope, prefix=collection + outer, shallow=collection, member=member.lstrip("/")
                )
                yield from self.drawn(block, inside)

    def _route(self, node: Node, verbs: tuple[str, ...], scope: Scope, path: str) -> Iterator[AppRoute]:
        whole = _joined(scope.prefix, "") if path == "/" else path
        clean = _PARAMETER.sub(r"{\1}", _OPTIONAL.sub("", whole or "/")) or "/"
        if scope.prefix is None or not _LITERAL.fullmatch(clean):
            return
        at = self.module.value(node, f"route[{','.join(verbs)} {clean}]")
        yield AppRoute(at, clean, verbs, Setting(UNKNOWN, at))

    def _mounted(self, node: Node, scope: Scope) -> Iterator[Fact]:
        """What is mounted, and where: `mount A => "/a"`, or `mount A, at: "/a"`."""
        module, given = self.module, options(self.module, node)
        first = arguments(node)[0] if arguments(node) else None
        target, place = first, given.get("at")
        if first is not None and first.type == "pair":
            target, place = first.child_by_field_name("key"), first.child_by_field_name("value")
        name = module.text(target).removesuffix(".new").partition(".app")[0]
        path = _joined(scope.prefix, module.string(place)) or ""
        at = module.value(node, f"mount[{name}]")
        if scope.guarded or "constraints" in given:
            return
        if name in _OPEN and not self._closed(name, target):
            what, shows = _OPEN[name]
            yield Feature(at, Switch.CONSOLE, Setting(True, at), f"{what} at {path}, which {shows},")
        elif name in _DOCUMENTATION:
            shown = Feature(at, Switch.DOCS, Setting(True, at), f"{_DOCUMENTATION[name]} at {path}")
            yield AppSettings(at, framework="Rails", debug=Setting(ABSENT, at, False), docs=(shown,))

    def _closed(self, name: str, target: Node | None) -> bool:
        """Whether a file gives it a middleware of its own, as all of these document for a login."""
        modules = self.found.modules if self.found is not None else ()
        texts = [m.script.text for m in (*modules, self.module)]
        own = self.module.text(target)
        return "Rack::Auth" in own or any(name in t and _CLOSING.search(t) is not None for t in texts)


def _joined(prefix: str | None, path: str | None) -> str | None:
    if prefix is None or path is None:
        return None
    return f"{prefix}/{path.strip('/')}" if path.strip("/") else prefix


def _singular(name: str) -> str:
    """As Rails makes the singular of a regular plural: it names a parameter here, and no more."""
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-2] if name.endswith(("sses", "xes", "ches", "shes")) else name.removesuffix("s")
