"""Writers of what is sent, in every scope that would lose it."""

from __future__ import annotations

from batten.model import Edit, Fix, Safety
from batten.technologies.edges.lighttpd.headers.reading import ADD, LISTS, ORIGIN, SET, dropped, held_pairs
from batten.technologies.edges.lighttpd.placement import (
    after,
    at_end,
    into,
    member,
    module,
    quoted,
    step,
    without,
)
from batten.technologies.edges.lighttpd.tree import Item, Pair, Scope, Tree
from batten.technologies.shared.edges.headers import SHARED, flagged
from batten.technologies.shared.transport.questions import ask_origins

_COOKIES = "scripts that read the cookie, cross-site requests with it, and plain HTTP clients"


def set_header(tree: Tree, scope: Scope, pair: Pair | None, name: str, value: str) -> Fix | None:
    """Send the header: in the place of a weak one, or in the scope whose list is in force."""
    if value.endswith("\\"):
        return None
    edits = [_value(pair, value)] if pair is not None else _added(scope, name, value)
    if edits is None:
        return None
    edits += module(tree, "mod_setenv")
    breaks = "" if pair is not None or _own(scope) else SHARED
    return Fix(f"send {name}", tuple(edits), safety=Safety.RISKY if breaks else Safety.SAFE, breaks=breaks)


def _own(scope: Scope) -> bool:
    """Whether the list in force is the scope's own, or a new one."""
    holder = next((s for s in scope.around() if any(n in s.held for n in LISTS)), None)
    return holder is scope or (holder is None and _top(scope) is scope)


def _value(pair: Pair, value: str) -> Edit:
    return Edit(pair.item.source.path, pair.entry.value.span, quoted(value))


def _added(scope: Scope, name: str, value: str) -> list[Edit] | None:
    """One member more in the list in force, and in every list below that replaces it."""
    holder = next((s for s in scope.around() if any(n in s.held for n in LISTS)), None)
    text = f"{quoted(name)} => {quoted(value)}"
    if holder is None:
        return [into(_top(scope), f"{SET} += ( {text} )")]
    listed = SET if SET in holder.held else ADD
    edits = []
    for inner in holder.walk():
        if listed not in inner.held:
            continue
        last = inner.held[listed].last
        has = any(p.key.lower() == name.lower() for i in inner.held[listed].items for p in i.pairs)
        copies = inner is not holder and inner.held[listed].items[0].assignment.operator == "+="
        if has and copies:
            return None  # lighttpd refuses an array that has a key twice
        if not has and not copies:
            edits.append(_member(last, listed, text))
    return edits


def _member(item: Item, name: str, text: str) -> Edit:
    return member(item, text) or after(item, f"{name} += ( {text} )")


def _top(scope: Scope) -> Scope:
    return list(scope.around())[-1]


def remove_header(pair: Pair, name: str) -> Fix:
    return Fix(f"stop sending {name or pair.key}", (without(pair.item, pair.entry),))


def inherit_headers(scope: Scope) -> Fix | None:
    """Repeat in the inner lists what they lose of the outer ones, as it is written there."""
    if scope.up is None:
        return None
    lost = dict(dropped(scope))
    edits = []
    for listed in LISTS:
        if listed not in scope.held:
            continue
        for pair in held_pairs(scope.up, listed):
            if pair.key.lower() in lost:
                span = pair.entry.span
                written = " ".join(pair.item.source.text[span.start : span.end].split())
                edits.append(_member(scope.held[listed].last, listed, written))
    return Fix("repeat the outer headers in this block", tuple(edits)) if edits else None


def cookie_flags(pair: Pair) -> Fix | None:
    if not isinstance(pair.value, str):
        return None
    edit = _value(pair, flagged(pair.value))
    return Fix("set the cookie's flags", (edit,), safety=Safety.RISKY, breaks=_COOKIES)


def listed(pair: Pair, names: tuple[str, ...], breaks: str) -> Fix | None:
    """The value of an Access-Control-* header."""
    if not pair.key.lower().startswith("access-control-"):
        return None
    edit = _value(pair, ", ".join(names))
    return Fix(f"allow {', '.join(names)} only", (edit,), safety=Safety.RISKY, breaks=breaks)


def allow_origins(tree: Tree, scope: Scope, pair: Pair | None, origins: tuple[str, ...]) -> Fix | None:
    """A block for each origin, which sends the header in the list that nothing else uses: a list is replaced as a
    whole, and the block must not lose what others send."""
    title = "allow the listed origins only"
    if not origins:
        return ask_origins(title)
    used = {i.name for s in tree.root.walk() for i in s.items if i.name in LISTS}
    used -= {pair.item.name} if pair is not None and len(pair.item.assignment.value.entries) == 1 else set()
    free = next((n for n in (ADD, SET) if n not in used), None)
    if free is None or (pair is not None and pair.key.lower() != ORIGIN):
        return None
    indent = step(scope.source.text)
    blocks = [_origin_block(origin, free, indent) for origin in origins]
    edits = [without(pair.item, pair.entry)] if pair is not None else []
    place = at_end(scope, "\n".join(blocks))
    if pair is not None and edits and _touches(edits[0], place):
        edits, place = [], Edit(pair.item.source.path, pair.item.assignment.span, "\n".join(blocks))
    edits = [*edits, place, *module(tree, "mod_setenv")]
    return Fix(
        title, tuple(edits), safety=Safety.RISKY, breaks="pages on origins that are not listed in batten.yaml"
    )


def _touches(one: Edit, other: Edit) -> bool:
    return one.span.start <= other.span.start <= one.span.end


def _origin_block(origin: str, name: str, indent: str) -> str:
    """Vary belongs to it: caches must not hand one origin's answer to another."""
    members = f'"Access-Control-Allow-Origin" => {quoted(origin)}, "Vary" => "Origin"'
    return f'$REQUEST_HEADER["Origin"] == {quoted(origin)} {{\n{indent}{name} += ( {members} )\n}}'


def banner(tree: Tree, scope: Scope, item: Item | None, pair: Pair | None) -> Fix:
    if pair is not None:
        return remove_header(pair, "")
    line = 'server.tag = ""'
    if item is not None:
        edit = Edit(item.source.path, item.assignment.value.span, '""')
    else:
        edit = into(scope, line)
    return Fix("hide lighttpd's version", (edit,))
