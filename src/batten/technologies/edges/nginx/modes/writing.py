"""Writers for what applications are told, caches, logins and media types."""

from __future__ import annotations

from batten.formats.lines import line_start
from batten.model import Edit, Fix, Safety
from batten.technologies.edges.nginx.controls import CHECKS
from batten.technologies.edges.nginx.modes.reading import DISPLAYS
from batten.technologies.edges.nginx.placement import after, quoted, removed, replaced
from batten.technologies.shared.containers import switches
from batten.technologies.shared.edges.directive_checks import right_of, write
from batten.technologies.shared.edges.nodes import Item


def not_root(item: Item) -> Fix | None:
    """Without `user`, nginx takes the one it was built with: nobody, nginx or www-data."""
    if item.name != "user":
        return None
    return Fix(
        "run the workers as the user nginx",
        (removed(item),),
        safety=Safety.RISKY,
        breaks="files that only root may read",
    )


def debug_off(item: Item) -> Fix | None:
    words = item.values
    if item.name.endswith(("_env", "app_env")) and words == ["development"]:
        edit = replaced(item, f"{item.name} production;")
    elif item.name == "env" and "=" in item.value:
        name, value = item.value.split("=", 1)
        edit = replaced(item, f"env {quoted(f'{name}={switches.production(name, value)}')};")
    elif len(words) > 1 and switches.production(words[0], words[1]) is not None:
        value = quoted(switches.production(words[0], words[1]) or "")
        last = item.directive.args[1]
        edit = Edit(item.source.path, type(item.directive.span)(last.start, last.end), value)
    else:
        return None
    return Fix(
        "run the application in production mode",
        (edit,),
        safety=Safety.RISKY,
        breaks="developers who read error details",
    )


def details_off(item: Item) -> Fix | None:
    text = item.source.text[item.directive.span.start : item.directive.span.end]
    if item.name == "passenger_friendly_error_pages":
        made = f"{item.name} off;"
    else:
        made = DISPLAYS.sub(r"\1off", text)
    edit = Edit(item.source.path, item.directive.span, made)
    return Fix(
        "do not send error details",
        (edit,),
        safety=Safety.RISKY,
        breaks="developers who read error details there",
    )


def shared_cache_off(item: Item) -> Fix | None:
    """Listen again to what the upstream says of its answers."""
    if item.name.endswith("_cache_methods"):
        left = [w for w in item.values if w.upper() != "POST"]
    elif item.name.endswith("_ignore_headers"):
        left = [w for w in item.values if w.lower() not in ("set-cookie", "cache-control", "expires")]
    else:
        return None
    edit = replaced(item, f"{item.name} {' '.join(left)};") if left else removed(item)
    return Fix("do not cache private answers", (edit,), safety=Safety.RISKY, breaks="the cache hit rate")


def login_on(item: Item) -> Fix | None:
    if item.value != "off":
        return None
    breaks = "callers of this path that send no credentials"
    return Fix("require the login here, too", (removed(item),), safety=Safety.RISKY, breaks=breaks)


def writes_off(item: Item) -> Fix | None:
    if item.name != "dav_methods":
        return None
    edit = replaced(item, "dav_methods off;")
    return Fix(
        "disable WebDAV writes", (edit,), safety=Safety.RISKY, breaks="clients that upload or delete files"
    )


def media_type(item: Item) -> Fix | None:
    """The type of what `return` says, right before it."""
    block = item.up
    if item.name != "return" or block is None:
        return None
    own = block.first("default_type")
    line = "default_type application/json;"
    if own is not None:
        return Fix("send JSON with its media type", (replaced(own, line),))
    children = block.directive.children
    index = children.index(item.directive)
    if index:
        before = after(block, children[index - 1], line)
    else:
        start = item.directive.span.start
        text = item.source.text
        lead = text[line_start(text, start) : start]
        newline = "\n" if "\n" in text[block.directive.head.end : start] else " "
        here = newline + (lead[len(lead.rstrip(" \t")) :] if newline == "\n" else "")
        before = Edit(item.source.path, type(item.directive.span)(start, start), line + here)
    return Fix("send JSON with its media type", (before,))


def directive(item: Item) -> Fix | None:
    """What is right or wrong by its own words, written as it should be."""
    name = item.name
    check = right_of(CHECKS, name)
    if check is not None:
        edit = replaced(item, f"{name} {check.right};") if check.right else removed(item)
        return write(check.title or f"turn {name} {check.right}", edit, check.breaks)
    if name in ("proxy_pass_header", "grpc_pass_header"):
        return Fix(f"do not pass {item.value} on", (removed(item),))
    if name in ("limit_req_zone", "limit_conn_zone"):
        edit = _word(item, 0, "$binary_remote_addr")
        return write("limit by the client's address", edit, "clients behind one proxy or NAT gateway")
    if name == "log_format":
        json = any(v.lstrip().startswith("{") for v in item.values[2:])
        edit = _word(item, 1, "escape=json" if json else "escape=default")
        return write("escape what clients send", edit, "programs that read the log unescaped")
    # An answer that is written beside it has the default type.
    block = item.up
    if item.name != "add_header" or block is None or block.first("return") is None or block.name == "if":
        return None
    own = block.first("default_type")
    line = f"default_type {quoted(item.values[1])};"
    edits = (removed(item), replaced(own, line)) if own is not None else (replaced(item, line),)
    return Fix("send one media type", edits)


def _word(item: Item, index: int, text: str) -> Edit:
    word = item.directive.args[index]
    return Edit(item.source.path, type(item.directive.span)(word.start, word.end), text)
