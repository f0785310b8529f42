"""Writers of what is sent: headers, in every block that must repeat them."""

from __future__ import annotations

from batten.model import Edit, Fix, Safety
from batten.technologies.edges.nginx.blocks import silent
from batten.technologies.edges.nginx.headers.reading import added, dropped
from batten.technologies.edges.nginx.headers.requests import lost_of
from batten.technologies.edges.nginx.placement import into, quoted, removed, replaced, written
from batten.technologies.edges.nginx.tree import inherited
from batten.technologies.shared.edges.headers import SHARED, flagged
from batten.technologies.shared.edges.nodes import Item

LIKE = ("add_header", "more_set_headers", "server_tokens", "index", "root", "ssl_", "server_name", "listen")


def set_header(item: Item, name: str, value: str) -> Fix | None:
    """Send the header: in the place of a weak one, or in the block and in all that hide it."""
    line = f"add_header {name} {quoted(value)} always;"
    edits: tuple[Edit, ...]
    breaks = ""
    match item.name:
        case "add_header":
            edits = (replaced(item, line),)
        case "more_set_headers":
            edits = (replaced(item, f'more_set_headers "{name}: {value}";'),)
        case "expires":
            edits = (replaced(item, "expires -1;"),)
        case "server" | "location" | "if" | "http":
            # In the block whose headers are in force there, and in every one nested in that with headers of its own,
            # which would lose it.
            holder = added(item).holder or item
            blocks_edits = [into(holder, line, LIKE)]
            for nested in holder.walk():
                if nested is not holder and nested.first("add_header") and not silent(nested):
                    mode = inherited(nested, "add_header_inherit")
                    own = any(i.value.lower() == name.lower() for i in nested.all("add_header"))
                    if not own and not (mode and mode[-1].value == "merge"):
                        blocks_edits.append(into(nested, line, LIKE))
            edits = tuple(blocks_edits)
            breaks = SHARED if (added(item).holder or item) is not item else ""
        case _:
            return None
    return Fix(f"send {name}", edits, safety=Safety.RISKY if breaks else Safety.SAFE, breaks=breaks)


def remove_header(item: Item, name: str) -> Fix | None:
    if item.name == "add_header" or (item.name == "more_set_headers" and len(item.values) == 1):
        return Fix(f"stop sending {name}", (removed(item),))
    return None


def inherit_headers(item: Item) -> Fix | None:
    """Repeat in the block what it drops of the block around it, as it is written there."""
    if item.directive.body is None and item.up is not None:  # a header for the upstream
        lines = [written(i) for i in lost_of(item.up, item)]
        breaks = "upstreams that read these headers as clients send them"
        edits = (into(item.up, "\n".join(lines), (item.name,)),) if lines else ()
        return (
            Fix("repeat the inherited headers in this block", edits, safety=Safety.RISKY, breaks=breaks)
            if lines
            else None
        )
    here = added(item)
    if item.up is None or not here.items:
        return None
    lost = dropped(item, here)
    lines = [written(i) for i in added(item.up).items if i.value.lower() in lost]
    if not lines:
        return None
    return Fix("repeat the inherited headers in this block", (into(item, "\n".join(lines), LIKE),))


def cookie_flags(item: Item) -> Fix | None:
    breaks = "scripts that read the cookie, cross-site requests with it, and plain HTTP clients"
    if item.name == "proxy_cookie_flags":
        kept = [v for v in item.values[1:] if v.lower() in ("secure", "httponly") or _strict(v)]
        flags = [*kept, *(f for f in ("secure", "httponly") if f not in {k.lower() for k in kept})]
        if not any(_strict(f) for f in flags):
            flags.append("samesite=lax")
        line = f"proxy_cookie_flags {quoted(item.value)} {' '.join(flags)};"
        return Fix("set the cookie's flags", (replaced(item, line),), safety=Safety.RISKY, breaks=breaks)
    if item.name == "add_header":
        always = " always" if "always" in item.values[2:] else ""
        line = f"add_header Set-Cookie {quoted(flagged(item.values[1]))}{always};"
        return Fix("set the cookie's flags", (replaced(item, line),), safety=Safety.RISKY, breaks=breaks)
    return None


def _strict(flag: str) -> bool:
    return flag.lower() in ("samesite=lax", "samesite=strict")


def banner(item: Item) -> Fix | None:
    if item.name == "add_header":
        return Fix(f"stop sending {item.value}", (removed(item),))
    edit = (
        replaced(item, "server_tokens off;")
        if item.directive.body is None
        else into(item, "server_tokens off;")
    )
    return Fix("hide nginx's version", (edit,))
