"""Writers of statements that have one right value."""

from __future__ import annotations

from batten.formats.lines import remove, replace
from batten.model import Edit, Fix, Safety, Span
from batten.technologies.edges.haproxy.tree import Item

_LINES = {
    "ssl-security-level": ("ssl-security-level 2", "clients and servers with keys below 112 bits of security"),
    "tune.ssl.default-dh-param": ("tune.ssl.default-dh-param 2048", "clients that support short DHE fields only"),
}  # fmt: skip


def rewrite(item: Item, name: str) -> Fix | None:
    """The statement as it should be, by what is wrong with it."""
    match name:
        case "bind":
            breaks = "clients that resume connections faster"
            words = item.statement.words
            number = item.values.index("allow-0rtt")
            edit = Edit(item.source.path, Span(words[number - 1].span.end, words[number].span.end), "")
            return Fix("do not accept early data", (edit,), safety=Safety.RISKY, breaks=breaks)
        case "http-request":
            return Fix(
                "keep the verb of the request",
                (remove(item.source, item.statement),),
                safety=Safety.RISKY,
                breaks="clients that name another verb in a header",
            )
        case _:
            line, breaks = _LINES[name]
            edit = replace(item.source, item.statement, line)
            return Fix(f"write `{line}`", (edit,), safety=Safety.RISKY, breaks=breaks)
