"""What is done with requests, in the order in which Caddy really does it, not the file's.

https://caddyserver.com/docs/caddyfile/directives#directive-order
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from batten.technologies.edges.caddy.matchers import Matcher, matcher_of
from batten.technologies.edges.caddy.tree import NESTING, Item, Tree, varies

LOGINS = ("basic_auth", "basicauth", "forward_auth")
FORWARDS = ("reverse_proxy", "php_fastcgi")
_CONTENT = (*FORWARDS, "php_server", "file_server", "metrics", "acme_server", "templates", "invoke")
_ENDS = (*FORWARDS, "file_server", "respond", "redir", "abort", "error", "metrics")
_KNOWN = frozenset(
    (*_ENDS, *_CONTENT, *LOGINS, *NESTING, "tls", "log", "bind", "encode", "header", "root", "handle_errors")
)
_PLUGINS = ("authorize", "authenticate", "authorize_with", "jwtauth")
# https://caddyserver.com/docs/caddyfile/directives#directive-order
_ORDER = {
    name: place
    for place, name in enumerate(
        (
            "tracing", "map", "vars", "fs", "root", "log_append", "log_skip", "log_name", "header", "copy_response_headers",
            "request_body", "redir", "method", "rewrite", "uri", "try_files", "basic_auth", "basicauth", "forward_auth",
            "request_header", "encode", "push", "intercept", "templates", "invoke", "handle", "handle_path", "route", "abort",
            "error", "copy_response", "respond", "metrics", "reverse_proxy", "php_fastcgi", "file_server", "acme_server",
        )
    )
}  # fmt: skip
_CHALLENGES = "/.well-known/acme-challenge"
_TO_TLS = re.compile(r"^https://")


def directives(item: Item) -> Iterator[Item]:
    """Directives of a site, nested ones too; answers to errors are left out."""
    for inner in item.items:
        if inner.name.startswith("@") or inner.name == "handle_errors":
            continue
        yield inner
        if inner.name in NESTING:
            yield from directives(inner)


def status_of(item: Item) -> int:
    """The status that `respond` or `error` gives; 0 when it is not known."""
    match item.name:
        case "respond":
            found = [a for a in item.args[:2] if re.fullmatch(r"\d{3}", a)]
            return int(found[-1]) if found else 0 if any(varies(a) for a in item.args[1:]) else 200
        case "error":
            found = [a for a in item.args[:2] if re.fullmatch(r"\d{3}", a)]
            return int(found[-1]) if found else 500
        case _:
            return 0


def refuses(item: Item) -> bool:
    return item.name == "abort" or (item.name in ("respond", "error") and status_of(item) >= 400)


def serves(site: Item) -> bool:
    """Whether anything but refusals and redirects comes from it."""
    return site.hides() or any(_content(i) for i in directives(site))


def _content(item: Item) -> bool:
    if item.name == "respond":
        return status_of(item) < 300
    return item.name in _CONTENT or (
        item.name not in _KNOWN
        and bool(item.items)
        and item.name
        not in (
            "request_body",
            "map",
            "vars",
            "uri",
            "rewrite",
            "try_files",
            "method",
            "request_header",
            "push",
            "import",
        )
    )


def only_redirects(site: Item) -> bool:
    """Whether every answer is a redirect to https, or a refusal. `redir` comes before what serves."""
    if site.hides():
        return False
    for item in site.all("redir"):
        matcher = matcher_of(item)
        plain = bool(matcher.tests) and all(
            t.kind == "protocol" and t.args == ("http",) for t in matcher.tests
        )
        if (matcher.everything or (matcher.known and plain)) and item.args and (_TO_TLS.match(item.args[0])):
            return True
    found = [i for i in directives(site) if not _for_authority(i)]
    ends = [i for i in found if i.name in _ENDS]
    redirects = [i for i in ends if i.name == "redir" and i.args and _TO_TLS.match(i.args[0])]
    return (
        bool(redirects) and not any(map(_content, found)) and all(i in redirects or refuses(i) for i in ends)
    )


def _for_authority(item: Item) -> bool:
    """Whether it answers nobody but a certificate authority (RFC 8555, 8.3)."""
    block: Item | None = item
    while block is not None and block.up is not None:
        tests = matcher_of(block).of("path")
        paths = [path for test in tests if not test.negated for path in test.args]
        if paths and all(path.startswith(_CHALLENGES) for path in paths):
            return True
        block = block.up
    return False


def ends(item: Item) -> bool:
    """Whether it answers all that it is asked; what comes after it is never read."""
    if item.name in NESTING:
        return any(ends(i) for i in item.items)
    return item.name in _ENDS and matcher_of(item).everything


def ordered_otherwise(tree: Tree) -> bool:
    """Whether the options change the order of directives."""
    return tree.option("order") is not None


def guarded(item: Item, path: str = "") -> bool:
    """Whether a login or a rule about who asks stands before an item, for all that it answers."""
    if matcher_of(item).keeps_to_known:
        return True
    block, within = item.up, item
    while block is not None and block.up is not None:
        if any(_guards(i, item, path) for i in _before(within, block)):
            return True
        if block.name in NESTING and (_in_reach(matcher_of(block))):
            return True
        block, within = block.up, block
    return item.site.hides() or any(i.name == "client_auth" for i in item.site.walk())


def _before(item: Item, block: Item) -> Iterator[Item]:
    """What a request meets in the block before the item: in a `route` what is written above it, else what the order of
    directives puts there. What is not known there, such as a plugin's directive, may be."""
    if block.name == "route":
        yield from takewhile(lambda i: i is not item, block.items)
        return
    last = _ORDER.get(item.name, len(_ORDER))
    for other in block.items:
        place = _ORDER.get(other.name, 0)
        # Of several `handle` in a block one alone is entered.
        if place < last or (place == last and other is not item and item.name not in NESTING):
            yield other


def _in_reach(matcher: Matcher) -> bool:
    return not matcher.known or matcher.keeps_to_known


def _guards(rule: Item, item: Item, path: str) -> bool:
    if rule.name in LOGINS or rule.name in _PLUGINS:
        return covers(matcher_of(rule), path or _path(item))
    matcher = matcher_of(rule)
    if not refuses(rule):
        taken = rule.name == "redir" or (rule.name in NESTING and rule.name != "route" and ends(rule))
        return taken and _takes(matcher, path or _path(item))
    return not matcher.known or matcher.strangers or _takes(matcher, path or _path(item))


def _takes(matcher: Matcher, path: str) -> bool:
    """Whether every request for the path is answered there, whichever client sends it."""
    whole = matcher.everything or (matcher.only_paths and not path.endswith("*"))
    return whole and covers(matcher, path)


def _path(item: Item) -> str:
    paths = matcher_of(item).paths
    return paths[0] if paths else "/"


def covers(matcher: Matcher, path: str) -> bool:
    """Whether a matcher takes everything at a path."""
    if not matcher.known or matcher.everything:
        return True
    named = matcher.paths
    stem = path.rstrip("*").rstrip("/") or "/"
    whole = [p.rstrip("*").rstrip("/") or "/" for p in named]
    return any(stem == w or stem.startswith(w.rstrip("/") + "/") for w in whole) or not named
