"""Writers for what is served, logged and let in."""

from __future__ import annotations

import posixpath
import re

from batten.model import Edit, Fix, Quantity, Safety
from batten.technologies.edges.lighttpd.placement import at_end, into, module, quoted, step, taken
from batten.technologies.edges.lighttpd.roots import listing_item
from batten.technologies.edges.lighttpd.tree import Item, Pair, Scope, Tree
from batten.technologies.shared.edges.served import missed_by

_NEARBY = '$HTTP["remoteip"] =~ "^(?:127\\.0\\.0\\.1|::1)$"'
_MODULES = {"url.access-deny": "mod_access", "url.access-allow": "mod_access", "auth.require": "mod_auth"}
_TIMES = {
    Quantity.HEADER_TIMEOUT: ("server.max-read-idle", "clients that pause longer while they send"),
    Quantity.SEND_TIMEOUT: ("server.max-write-idle", "clients that pause longer while they receive"),
}
_UNITS = {"k": 1, "m": 1024, "g": 1024 * 1024}


def limit(scope: Scope, item: Item | None, resource: Quantity, amount: str) -> Fix | None:
    """server.max-request-size is in kilobytes, the times are in seconds."""
    if resource is Quantity.BODY and (size := re.fullmatch(r"(\d+)([kmg])", amount)):
        name, breaks = "server.max-request-size", "clients that send larger bodies"
        value = int(size[1]) * _UNITS[size[2]]
    elif resource in _TIMES and (time := re.fullmatch(r"(\d+)s", amount)):
        name, breaks = _TIMES[resource]
        value = int(time[1])
    else:
        return None
    edit = _replaced(item, str(value)) if item is not None else into(scope, f"{name} = {value}")
    return Fix(
        f"bound the {resource.value.replace('-', ' ')} to {amount}",
        (edit,),
        safety=Safety.RISKY,
        breaks=breaks,
    )


def _replaced(item: Item, value: str) -> Edit:
    return Edit(item.source.path, item.assignment.value.span, value)


def listing(scope: Scope, item: Item | None) -> Fix | None:
    found = item or listing_item(scope)
    if found is None:
        return None
    edit = _replaced(found, '"disable"')
    return Fix(
        "turn directory listing off", (edit,), safety=Safety.RISKY, breaks="people who browse the listing"
    )


def access_log(tree: Tree, scope: Scope, item: Item | None) -> Fix | None:
    path = quoted("/var/log/lighttpd/access.log")
    written = tree.root.held.get("accesslog.filename")
    if item is not None:
        edits = [_replaced(item, path)]
    elif written is not None:
        edits = []
    else:
        edits = [into(scope, f"accesslog.filename = {path}")]
    edits += module(tree, "mod_accesslog")
    return Fix("write an access log", tuple(edits)) if edits else None


def private(item: Item) -> Fix | None:
    """Answer only the machine itself."""
    source, span = item.source, item.assignment.span
    indent = step(source.text)
    written = source.text[span.start : span.end]
    edit = Edit(source.path, span, f"{_NEARBY} {{\n{indent}{written}\n}}")
    return Fix(
        "answer this host only", (edit,), safety=Safety.RISKY, breaks="people and monitors on other hosts"
    )


def strict(item: Item, pair: Pair | None) -> Fix | None:
    span = pair.entry.value.span if pair is not None else item.assignment.value.span
    edit = Edit(item.source.path, span, '"enable"')
    return Fix(
        "reject what HTTP forbids", (edit,), safety=Safety.RISKY, breaks="clients that send such requests"
    )


def access_rule(tree: Tree, item: Item) -> Fix | None:
    """Load the module; or move the block below those that would replace its list."""
    name = _MODULES.get(item.name, "")
    edits = module(tree, name) if name else []
    breaks = "clients that the rule turns away from now on"
    if edits:
        return Fix(f"load {name}", tuple(edits), safety=Safety.RISKY, breaks=breaks)
    block, up = item.scope.block, item.scope.up
    if block is None or up is None or up.source is not item.source:
        return None
    text = item.source.text[block.span.start : block.span.end]
    moved = (taken(item.source, block.span), at_end(up, text))
    return Fix("move the rule below the other blocks", moved, safety=Safety.RISKY, breaks=breaks)


def not_root(item: Item) -> Fix | None:
    if item.name != "server.username":
        return None
    edit = _replaced(item, '"www-data"')
    return Fix(
        "run as www-data", (edit,), safety=Safety.RISKY, breaks="files that only root may read or write"
    )


_ANSWERING = re.compile(
    r"(?:proxy|fastcgi|scgi|cgi|uwsgi|url\.rewrite|webdav)"
)  # what may answer a path that is no file


def deny_paths(tree: Tree, scope: Scope, patterns: tuple[str, ...]) -> Fix | None:
    """403 for dot files, or for files by their ending; below all else, so that no other block replaces it."""
    indent = step(scope.source.text)
    names = [posixpath.basename(p) for p in patterns]
    made = [r"/\.(?!well-known/)"] if any(n.startswith(".") for n in names) else []
    plain = [n for n in names if not n.startswith(".")]
    endings = sorted({n.rpartition(".")[2] for n in plain if "." in n})
    whole = sorted({n for n in plain if "." not in n})
    if endings:
        made.append(rf"\.(?:{'|'.join(map(re.escape, endings))})$")
    if whole:
        made.append(rf"/(?:{'|'.join(map(re.escape, whole))})$")
    blocks = [f'$HTTP["url"] =~ {quoted(e)} {{\n{indent}url.access-deny = ( "" )\n}}' for e in made]
    edits = [at_end(scope, "\n".join(blocks)), *module(tree, "mod_access")]
    breaks = missed_by(patterns, any(_ANSWERING.match(name) for s in tree.root.walk() for name in s.held))
    title = "refuse files that must not be served"
    return Fix(title, tuple(edits), safety=Safety.RISKY if breaks else Safety.SAFE, breaks=breaks)


def from_environment(pair: Pair, name: str) -> Fix | None:
    """lighttpd reads `env.NAME` when it starts, and does not start without it."""
    if not isinstance(pair.value, str):
        return None
    scheme = re.match(r"(?:Basic|Bearer|Token|ApiKey) +", pair.value, re.IGNORECASE)
    variable = re.sub(r"\W+", "_", name or pair.key).upper()
    text = f"{quoted(scheme[0])} + env.{variable}" if scheme else f"env.{variable}"
    edit = Edit(pair.item.source.path, pair.entry.value.span, text)
    breaks = f"a server without {variable} in its environment; rotate the credential, because it is exposed"
    return Fix(
        f"read it from the environment variable {variable}", (edit,), safety=Safety.RISKY, breaks=breaks
    )
