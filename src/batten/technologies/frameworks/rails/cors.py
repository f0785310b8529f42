"""Who may read answers from other origins: rack-cors (https://github.com/cyu/rack-cors).

Its source decides what a word means (`lib/rack/cors/resources.rb`): `*` is any origin, a pattern is searched for in the origin, a name
without a scheme is that host over any scheme, and a procedure decides by itself. `credentials` are off unless a resource says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Location, Setting
from batten.technologies.frameworks.rails.application import Application
from batten.technologies.frameworks.rails.module import Module, argument, arguments, options

_ASSETS = re.compile(r"/?(?:assets|fonts|packs|images|vite)/|.*\.(?:woff2?|ttf|otf|css|js|svg|png)")


def cors(found: Application, workspace: Workspace) -> Iterator[CorsPolicy]:
    """A policy for each `allow`."""
    for module in found.modules:
        if "Rack::Cors" in module.script.text:
            for node in module.script.nodes:
                if node.type == "call" and module.text(node.child_by_field_name("method")) == "allow":
                    yield from _allowed(module, node)


def _allowed(module: Module, node: Node) -> Iterator[CorsPolicy]:
    block = node.child_by_field_name("block")
    body = block.child_by_field_name("body") if block is not None else None
    calls = [n for n in body.named_children if n.type == "call"] if body is not None else []
    named = {module.text(call.child_by_field_name("method")): call for call in calls}
    origins = named.get("origins")
    if origins is None or origins.child_by_field_name("block") is not None:
        return
    rules = tuple(
        _rule(module, given)
        for given in [
            inner for n in arguments(origins) for inner in (n.named_children if n.type == "array" else (n,))
        ]
    )
    whole = tuple(rule for rule in rules if rule is not None)
    known = Setting(
        whole if len(whole) == len(rules) and whole else UNKNOWN, module.value(origins, "cors/origins")
    )
    resources = [c for c in calls if module.text(c.child_by_field_name("method")) == "resource"]
    if resources:
        yield _policy(module, resources, known)


def _rule(module: Module, node: Node) -> OriginRule | None:
    at = module.value(node, "cors/origin")
    if node.type == "regex":
        text = module.text(node).rpartition("/")[0][1:]
        return OriginRule(OriginKind.PATTERN, Setting(_plain(text), at), text.startswith(("^", "\\A")), text.endswith(("$", "\\z", "\\Z")))  # fmt: skip
    value = module.plain(node)
    if not isinstance(value, str):
        return None
    kinds = {"*": OriginKind.ANY, "null": OriginKind.NULL}
    return OriginRule(kinds.get(value, OriginKind.EXACT), Setting(value, at))


def _plain(pattern: str) -> str:
    """A pattern of Ruby's as the controls read it: its own anchors and slashes."""
    return (
        pattern.replace("\\A", "^")
        .replace("\\z", "$")
        .replace("\\Z", "$")
        .replace("\\/", "/")
        .replace("\\h", "[0-9a-f]")
    )


def _policy(module: Module, resources: list[Node], origins: Setting[tuple[OriginRule, ...]]) -> CorsPolicy:
    """What the resources allow together: the widest word of each kind."""
    at = module.block(resources[0], "cors")
    given = [options(module, call) for call in resources]
    credentials = [_truth(module, one["credentials"]) for one in given if "credentials" in one]
    return CorsPolicy(
        at,
        origins=origins,
        credentials=next((c for c in credentials if c.known(False)), Setting(ABSENT, at, False)),
        methods=_widest([_words(module, one["methods"], "methods") for one in given if "methods" in one], at),
        headers=_widest([_words(module, one["headers"], "headers") for one in given if "headers" in one], at),
        varies=Setting(True, at),
        public=all(_ASSETS.match(module.string(argument(call, 0))) for call in resources),
    )


def _truth(module: Module, node: Node) -> Setting[bool]:
    return Setting(module.truth(node), module.value(node, "cors/credentials"))


def _widest(words: list[Setting[tuple[str, ...]]], at: Location) -> Setting[tuple[str, ...]]:
    every = next((one for one in words if "*" in one.known(())), None)
    return every or (words[0] if words else Setting(ABSENT, at))


def _words(module: Module, node: Node, key: str) -> Setting[tuple[str, ...]]:
    words = module.words(node)
    if words == ("any",):
        words = ("*",)
    elif isinstance(words, tuple) and key == "methods":
        words = tuple(word.upper() for word in words)
    return Setting(words, module.value(node, f"cors/{key}"))
