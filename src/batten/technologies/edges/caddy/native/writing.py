"""Edits of Caddy's native configuration."""

from __future__ import annotations

import json

from batten.formats import Mapping, Node, Sequence, Workspace
from batten.formats.document import Text, Uneditable
from batten.formats.json import parse
from batten.formats.json_edits import remove, set_value
from batten.formats.paths import Path
from batten.model import Edit, Fix, Kind, Location, Quantity, Remedy, Safety, Span, Switch
from batten.model import remedy as want
from batten.technologies import Unit


def fix_of(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    document = workspace.document(unit.main, parse)
    path = _path(document.tree, at.span) if at.span is not None else None
    if path is None:
        return None
    try:
        return _made(document.source, document.tree, path, remedy, at)
    except Uneditable:
        return None


def _path(root: Node, span: Span) -> Path | None:
    """Where the node with that span lies."""
    node, path = root, []
    while node.span != span:
        inner: tuple[str | int, Node] | None = None
        if isinstance(node, Mapping):
            entry = node.around(span)
            inner = (str(entry.key.value), entry.value) if entry is not None else None
        elif isinstance(node, Sequence):
            number = node.around(span)
            inner = (number, node.items[number]) if number is not None else None
        if inner is None or not (inner[1].span.start <= span.start and span.end <= inner[1].span.end):
            return None
        path.append(inner[0])
        node = inner[1]
    return tuple(path)


def _made(source: Text, root: Node, path: Path, remedy: Remedy, at: Location) -> Fix | None:
    block = at.kind is Kind.BLOCK
    match remedy:
        case want.TurnOff(Switch.CONSOLE) if path == ("admin", "listen"):
            return _admin(source, root, path)
        case want.TurnOff(Switch.DEBUG_LOG):
            return Fix("turn the debug log off", tuple(set_value(source, root, path, '"INFO"')))
        case want.TurnOff(Switch.LISTING):
            edits = tuple(remove(source, root, path))
            breaks = "people who browse the folder"
            return Fix("turn directory listing off", edits, safety=Safety.RISKY, breaks=breaks)
        case want.TurnOn(Switch.VERIFY_TLS):
            edits = tuple(remove(source, root, path))
            breaks = "upstreams whose certificate is not signed by a CA that this system trusts"
            return Fix("verify the upstream's certificate", edits, safety=Safety.RISKY, breaks=breaks)
        case want.TurnOn(Switch.HOST_CHECK):
            edits = tuple(set_value(source, root, path, "true"))
            return Fix(
                "require the Host to match the TLS server name",
                edits,
                safety=Safety.RISKY,
                breaks="clients whose TLS server name differs from the Host",
            )
        case want.TurnOn(Switch.ACCESS_LOG) if block:
            return Fix("log requests", tuple(set_value(source, root, (*path, "logs"), "{}")))
        case want.Limit(Quantity.BODY_TIMEOUT, amount):
            where = (*path, "read_timeout") if block else path
            edits = tuple(set_value(source, root, where, json.dumps(amount)))
            breaks = "clients that need longer to send a body"
            return Fix("limit the time for bodies", edits, safety=Safety.RISKY, breaks=breaks)
        case want.SetHeader(name, value):
            # A route of its own before all others; or the value that is there.
            if not block:
                edits = tuple(set_value(source, root, path, json.dumps([value])))
                return Fix(f"send {name}", edits) if edits else None
            node: Node | None = root
            for part in path:
                if isinstance(node, Mapping) and isinstance(part, str):
                    node = node[part]
                elif isinstance(node, Sequence) and isinstance(part, int):
                    node = node.items[part]
            server = node
            routes = server.sequence("routes") if isinstance(server, Mapping) else None
            if routes is None or not routes.items:
                return None
            handler = {"handler": "headers", "response": {"set": {name: [value]}}}
            here = routes.items[0].span.start
            edit = Edit(source.path, Span(here, here), json.dumps({"handle": [handler]}) + ", ")
            return Fix(f"send {name}", (edit,))
        case _:
            return None


def _admin(source: Text, root: Node, path: Path) -> Fix:
    edits = tuple(set_value(source, root, path, '"localhost:2019"'))
    breaks = "people and programs that use the admin API from another host"
    return Fix("restrict the admin API to this host", edits, safety=Safety.RISKY, breaks=breaks)
