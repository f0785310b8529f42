"""Which edits send a header, let origins read answers, and set the flags of cookies."""

from __future__ import annotations

import re

from batten.formats.yaml_edits import source_of
from batten.model import Edit, Fix
from batten.technologies.edges.kong.edits import alone
from batten.technologies.edges.kong.gateway import Gateway
from batten.technologies.edges.kong.headers.reading import TRANSFORMERS
from batten.technologies.edges.kong.tree import Item
from batten.technologies.shared.text.field_edits import add, put, put_words, risky
from batten.technologies.shared.transport.questions import ask_origins

_LIST = re.compile(r"^(?P<key> *)[\w\"'-]+:[ \t]*\r?\n(?P<item> *)- ", re.MULTILINE)


def set_header(gateway: Gateway, item: Item, written: bool, name: str, value: str) -> Fix | None:
    space = gateway.workspace
    title = f"send {name}"
    line = source_of(f"{name}:{value}")
    if written:
        return risky(title, put(space, item, line), "")
    if item.key == "plugins" and item.path == ("plugins",):
        own = next((p for p in item.items() if _everywhere(p)), None)
        if own is None:
            # By how much the file indents lists beyond their keys, judged by its first.
            found = _LIST.search(space.text(item.source).text)
            step = "  " if found is not None and len(found["item"]) > len(found["key"]) else ""
            body = f"name: response-transformer\nconfig:\n  add:\n    headers:\n    {step}- {line}"
            return risky(title, alone(space, add(space, item, body)), "")
        item = own
    if item["_config"]:
        return None
    return risky(title, _listed(gateway, item.of("config", "add", "headers"), line), "")


def _listed(gateway: Gateway, headers: Item, line: str) -> list[Edit]:
    edits = add(gateway.workspace, headers, line)
    return edits if headers else alone(gateway.workspace, edits)


def _everywhere(plugin: Item) -> bool:
    scoped = any(plugin[key] for key in ("service", "route", "consumer", "consumer_group"))
    return plugin["name"].word in TRANSFORMERS and not scoped


def allow_origins(gateway: Gateway, item: Item, origins: tuple[str, ...]) -> Fix | None:
    title = "allow the listed origins only"
    if not origins:
        return ask_origins(title)
    listed = item if item.key == "origins" and item.path[-1] == "origins" else None
    if listed is None:  # one origin of the list
        holder = Item(item.source, "", item.path[:-1], None, item.span, item.root)
        listed = gateway.by_path[holder.path]
    breaks = "pages on origins that are not listed in batten.yaml"
    return risky(title, put_words(gateway.workspace, listed, origins), breaks)


def cookie_flags(gateway: Gateway, item: Item) -> Fix | None:
    space = gateway.workspace
    value = "Lax" if "same" in item.key else "true"
    holder = gateway.by_path[item.path[:-1]]
    edits = put(space, item, value)
    for other in holder.values():
        cookie = "cookie_" in other.key and other.path != item.path
        if cookie and other.key.endswith(("secure", "httponly", "http_only")) and other.text == "false":
            edits = [*edits, *put(space, other, "true")]
        elif cookie and other.key.endswith(("samesite", "same_site")) and other.text in ("off", "Default"):
            edits = [*edits, *put(space, other, "Lax")]
    breaks = "scripts that read the cookie, cross-site requests with it, and plain HTTP clients"
    return risky("set the cookie's flags", edits, breaks)
