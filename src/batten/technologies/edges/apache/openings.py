"""Hosts that a client's request decides: redirects, and the slash that keeps what a client sent out of the host."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Feature
from batten.model import Fix, Safety, Setting, Switch
from batten.technologies.edges.apache.placement import word
from batten.technologies.edges.apache.rewrites import Redirect, redirects, rules
from batten.technologies.edges.apache.tree import Item, Tree, varies
from batten.technologies.edges.apache.upstreams import Hop, captured_host
from batten.technologies.shared.transport.upstreams import target_of

_ARGUMENT = re.compile(r"%\{QUERY_STRING\}|%\d")
_BEHIND_HOST = re.compile(r"^([a-z][\w+.-]*://[^/$%]+)\$1", re.IGNORECASE)
_TITLE = "add a slash after the host"


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


def close_host(item: Item) -> Fix | None:
    """`http://host/` for `http://host`; for `http://host$1` the slash goes before, or into, the group."""
    if item.name in ("proxypass", "redirect", "redirectpermanent", "redirecttemp"):
        index = next((n for n, v in enumerate(item.values) if "://" in v), -1)
        if index < 0 or target_of(item.values[index]).path:
            return None
        written = _source(item, index)
        quote = written[-1] if item.directive.args[index].quoted and written[-1] in "\"'" else ""
        return Fix(
            _TITLE, (word(item, index, f"{written.removesuffix(quote)}/{quote}" if quote else f"{written}/"),)
        )
    if item.name not in ("proxypassmatch", "rewriterule", "redirectmatch"):
        return None
    index = next((n for n, v in enumerate(item.values) if _BEHIND_HOST.match(v)), -1)
    if index > 0:
        pattern = item.values[index - 1]
        before = pattern.partition("(")[0]
        if before.endswith("/"):
            made = re.sub(r"\$1", "/$1", _source(item, index), count=1)
            return Fix(_TITLE, (word(item, index, made),))
        edit = word(item, index - 1, _source(item, index - 1).replace("(", "(/", 1))
        breaks = f"requests for {before.lstrip('^')} without the trailing slash"
        return Fix("match only paths that start with a slash", (edit,), safety=Safety.RISKY, breaks=breaks)
    return None


def _source(item: Item, index: int) -> str:
    """An argument as it is written."""
    arg = item.directive.args[index]
    return item.source.text[arg.start : arg.end]
