"""Rules that restrict access, and the ways around them. Tried with Caddy 2.6.2, but for the modes `require`
and `verify_if_given`, which are as its documentation has them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from batten.facts import AccessRule
from batten.model import Switch
from batten.model.networks import everybody
from batten.technologies.edges.caddy.addresses import over_tls
from batten.technologies.edges.caddy.flow import LOGINS, directives, ends, ordered_otherwise, refuses
from batten.technologies.edges.caddy.matchers import matcher_of
from batten.technologies.edges.caddy.matchers import matches as path_matches
from batten.technologies.edges.caddy.tree import Item, Tree
from batten.technologies.shared.edges.paths import console_at

_BEFORE_RULES = ("handle", "handle_path", "route")
MOST = 500  # directives of one block that are held against each other
_SPOOFED = ("x-forwarded-for", "x-real-ip", "x-client-ip", "true-client-ip", "forwarded")


def rules(tree: Tree) -> Iterator[AccessRule]:
    default_order = not ordered_otherwise(tree)
    for site in tree.sites:
        for item in directives(site):
            restricts = item.name in LOGINS or refuses(item)
            if restricts:
                yield AccessRule(item.head(), label(item), _defeat(item, default_order))
            if item.name in LOGINS:
                yield from _exact(item)
        yield from _forged(tree, site)
        yield from _certificates(site)
    # Proxies that are trusted to say who asks.
    servers = tree.options.all("servers") if tree.options is not None else []
    named = [i for s in servers for i in s.all("trusted_proxies")]
    named += [i for s in tree.sites for d in directives(s) for i in d.all("trusted_proxies")]
    for item in named:
        if everybody(item.texts[1:]):
            yield AccessRule(
                item.place(), "trusted_proxies", "every client is trusted to set its own address"
            )


def label(item: Item) -> str:
    return " ".join([item.name, item.matched]).strip()


def _defeat(item: Item, default_order: bool) -> str:
    """Why a rule is never reached, or looks at a path that is another by then."""
    up = item.up
    if up is None or item.imported:
        return ""
    if up.name == "route":
        before = up.items[: up.items.index(item)]
        taker = next((i for i in before if ends(i) and matcher_of(i).everything), None)
        return f"`{taker.name}` before it in this route answers every request" if taker is not None else ""
    if prefix := cut_off(item):
        return f"`handle_path {up.matched}` has removed {prefix}, so the path no longer starts with it"
    if not default_order:
        return ""
    if refuses(item) and (taker := taken_by(item)) is not None:
        return f"`{taker.name}` runs before it, regardless of the order in the file, and answers"
    prefix = stripped(item)
    return (
        f"`uri strip_prefix {prefix}` runs first, so the path no longer starts with {prefix}"
        if prefix
        else ""
    )


def cut_off(rule: Item) -> str:
    """The prefix of the `handle_path` around a rule, where its path still has it; "" when not."""
    up = rule.up
    prefix = up.matched.rstrip("*").rstrip("/") if up is not None and up.name == "handle_path" else ""
    return prefix if prefix and rule.matched.startswith(f"{prefix}/") else ""


def taken_by(rule: Item) -> Item | None:
    """The block that answers what a `respond`, `error` or `abort` is for, before it is asked."""
    if rule.up is None or len(rule.up.items) > MOST:
        return None
    matcher = matcher_of(rule)
    for block in rule.up.items:
        first = block.name in _BEFORE_RULES and any(ends(i) for i in block.items)
        if first and block is not rule:
            takes_block = matcher_of(block)
            if not matcher.known or matcher.everything:
                takes = False
            elif takes_block.everything:
                takes = True
            else:
                samples = [p.replace("*", "x") for p in matcher.paths]
                simple = takes_block.only_paths and matcher.only_paths and len(takes_block.tests) == 1
                takes = (
                    simple
                    and bool(samples)
                    and all(any(path_matches(b, s) for b in takes_block.paths) for s in samples)
                )
            if takes:
                return block
    return None


def stripped(rule: Item) -> str:
    """The prefix that `uri strip_prefix` takes away before the rule's path is looked at; "" when none."""
    if rule.up is None or not rule.matched.startswith("/"):
        return ""
    for uri in rule.up.all("uri"):
        prefix = uri.args[1] if uri.args[:1] == ["strip_prefix"] and len(uri.args) > 1 else ""
        if prefix and rule.matched.startswith(prefix.rstrip("/") + "/"):
            matcher = matcher_of(uri)
            reaches = matcher.everything or (
                matcher.only_paths and any(path_matches(p, rule.matched) for p in matcher.paths)
            )
            if reaches:
                return prefix
    return ""


def _exact(item: Item) -> Iterator[AccessRule]:
    """`/admin` is that path alone: `/admin/` and all below pass."""
    path = item.matched
    known = console_at(path)
    plain = path.startswith("/") and "*" not in path and "." not in posixpath.basename(path) and len(path) > 1
    if plain and not path.endswith("/") and not (known is not None and known[0] is Switch.METRICS):
        twins = [
            i
            for i in directives(item.site)
            if i.name in LOGINS and i.matched.startswith(path) and i is not item
        ]
        if not twins:
            yield AccessRule(
                item.head(), label(item), f"it does not match {path}/ and paths below", partial=True
            )


def _forged(tree: Tree, site: Item) -> Iterator[AccessRule]:
    """`remote_ip forwarded` believes a header that every client may write, as does a list of values of that header."""
    servers = tree.option("servers")
    if not over_tls(tree, site) or (servers is not None and servers.first("trusted_proxies") is not None):
        return
    for item in site.walk():
        words = item.texts
        if "remote_ip" in words and words[words.index("remote_ip") + 1 :][:1] == ["forwarded"]:
            yield AccessRule(item.place(), "remote_ip forwarded", "clients set X-Forwarded-For freely")
    for item in directives(site):
        found = matcher_of(item).of("header") if refuses(item) else []
        named = next((t for t in found if t.negated and t.args[:1] and t.args[0].lower() in _SPOOFED), None)
        if named is not None:
            defeat = f"clients set {named.args[0]} freely"
            yield AccessRule(named.item.place(), f"{label(item)}: header {named.args[0]}", defeat)


def _certificates(site: Item) -> Iterator[AccessRule]:
    """`client_auth` whose mode lets everybody in."""
    for item in site.walk():
        mode = item.first("mode") if item.name == "client_auth" else None
        kind = mode.texts[1] if mode is not None and len(mode.texts) > 1 else ""
        defeat = ""
        if kind in ("request", "require"):
            defeat = (
                "client certificates are not verified, so any certificate is accepted"
                if kind == "require"
                else ("clients without a certificate, or with any certificate, are admitted")
            )
        elif kind == "verify_if_given" and not (
            site.hides() or any("tls.client" in t or "tls_client" in t for i in site.walk() for t in i.texts)
        ):
            defeat = "the certificate is never checked, so clients without one are admitted"
        if mode is not None and not item.hides():
            yield AccessRule(mode.place(), f"client_auth, mode {kind}", defeat)
