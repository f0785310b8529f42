"""Remedies as edits of an AsyncAPI document."""

from __future__ import annotations

import re

from batten.formats import Mapping, Scalar
from batten.formats.tree import Plain
from batten.model import Edit, Fix, Location, Safety, Span
from batten.technologies.contracts._fixes.fixes import use_https
from batten.technologies.contracts.asyncapi.protocols import PLAIN
from batten.technologies.shared.text.entries import Page

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://")
_PORT = re.compile(r":(\d+)(?=/|$)")


def use_tls(page: Page, at: Location) -> Fix | None:
    """The protocol over TLS: its word, its port where that is registered, and the scheme of its URL."""
    way = page.find(at.span) if at.span is not None else None
    if way is None or way.entry is None or way.entry.key.text != "protocol":
        return use_https(page, at)
    title, breaks = "use the protocol over TLS", "clients, until the broker supports TLS"
    word, server = way.node, way.holders[-1]
    address = server.scalar("host") or server.scalar("url")
    if not isinstance(word, Scalar) or word.text.lower() not in PLAIN:
        return None
    protocol = PLAIN[word.text.lower()]
    edits = [page.reword(word, protocol.secure)]
    if address is not None:
        # Edits within an address; None where only its people know the port.
        start = address.span.start
        written = page.source.text[start : address.span.end]
        moved_edits = list[Edit]()
        scheme = _SCHEME.search(written)
        if scheme is not None and scheme[1] in PLAIN:
            span = Span(start + scheme.start(1), start + scheme.end(1))
            moved_edits.append(
                page.replace(span, "mqtts" if scheme[1] == "mqtt" else PLAIN[scheme[1]].secure)
            )
        body = written.rstrip("\"'")
        found = _PORT.search(body, scheme.end() if scheme is not None else 0)
        if found is None:
            moved = moved_edits if "{" not in body.partition("/")[0].rpartition(":")[2] else None
        elif int(found[1]) != protocol.port or not protocol.secure_port:
            moved = None
        else:
            moved = [
                *moved_edits,
                page.replace(Span(start + found.start(1), start + found.end(1)), str(protocol.secure_port)),
            ]
    else:
        moved = []
    if moved is None:
        return Fix(title, (), safety=Safety.VALUE, question="which port is its TLS port?")
    return Fix(title, (*edits, *moved), safety=Safety.RISKY, breaks=breaks)


def demand_credentials(page: Page, root: Page, at: Location) -> Fix | None:
    """`security` for a server, where one scheme only is declared; else a question."""
    way = page.find(at.span) if at.span is not None else None
    components = root.root.mapping("components") if isinstance(root.root, Mapping) else None
    declared = components.mapping("securitySchemes") if components is not None else None
    names = list(declared.entries) if declared is not None else []
    title = "require credentials"
    if way is None or way.entry is None or way.entry.alias:
        return None
    if len(names) != 1:
        if names:
            question = f"which of {', '.join(names)} does it require? Write it under `security`"
        else:
            question = "how do clients authenticate? Declare it under securitySchemes, and require it"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    modern = isinstance(root.root, Mapping) and (root.root.text("asyncapi") or "").startswith("3")
    demand: Plain = [{"$ref": f"#/components/securitySchemes/{names[0]}"} if modern else {names[0]: []}]
    if way.entry.key.text == "security":
        edit = page.rewrite(way.holders[-1], way.entry, demand)
    elif isinstance(way.node, Mapping) and page.source.path == root.source.path:
        edit = page.append(way.node, "security", demand)
    else:
        return None
    return Fix(f"require {names[0]}", (edit,), safety=Safety.RISKY, breaks="clients without credentials")
