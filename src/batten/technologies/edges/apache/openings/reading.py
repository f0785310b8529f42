"""Redirects whose target a client's request decides."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Feature
from batten.model import Setting, Switch
from batten.technologies.edges.apache.rewrites import Redirect, redirects, rules
from batten.technologies.edges.apache.tree import Item, Tree, varies
from batten.technologies.edges.apache.upstreams import Hop, captured_host
from batten.technologies.shared.transport.upstreams import target_of

_ARGUMENT = re.compile(r"%\{QUERY_STRING\}|%\d")


def redirects_elsewhere(tree: Tree) -> Iterator[Feature]:
    for block in (tree.root, *(i for i in tree.root.walk() if i.section)):
        for redirect in redirects(block):
            if slash_missing(redirect):
                name = redirect.path.rstrip("/")
                yield _feature(redirect.item, f"the path after {name}/ is appended directly to the host")
            elif redirect.expression and captured_host(Hop(redirect.item, redirect.target, redirect.path)):
                yield _feature(redirect.item, "the captured text is appended directly to the host")
        for rule in rules(block):
            hop = Hop(rule.item, rule.target, rule.pattern, rule)
            query = any("QUERY_STRING" in c.test for c in rule.conditions)
            host = target_of(rule.target).host
            if not 300 <= rule.status < 400 or rule.proxies or host in ("", "%{HTTP_HOST}"):
                continue
            if captured_host(hop) or (query and _ARGUMENT.search(host)):
                yield _feature(
                    rule.item, "the captured text becomes part of the host, or is appended directly to it"
                )


def slash_missing(redirect: Redirect) -> bool:
    """`Redirect / https://host`: the rest of the path is appended directly to the host, /.stranger.invalid too."""
    if redirect.expression or not redirect.path.endswith("/") or varies(redirect.target):
        return False
    target = target_of(redirect.target)
    return target.scheme in ("http", "https") and bool(target.host) and not target.path


def _feature(item: Item, what: str) -> Feature:
    return Feature(item.place(), Switch.OPEN_REDIRECT, Setting(True, item.place()), what)
