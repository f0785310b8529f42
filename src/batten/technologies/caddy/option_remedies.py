"""Writers for global options, limits and logs."""

from __future__ import annotations

from batten.formats.caddyfile_edits import append, before, nested, prepend, remove, replace
from batten.model import Edit, Fix, Kind, Location, Quantity, Safety
from batten.technologies._edges.questions import ask_hosts
from batten.technologies.caddy.tree import Item, Tree

_TIMEOUTS = {
    Quantity.HEADER_TIMEOUT: ("read_header", "clients that need longer to send a request's headers"),
    Quantity.BODY_TIMEOUT: ("read_body", "clients that need longer to send a body"),
}


def timeout(tree: Tree, item: Item, resource: Quantity, amount: str) -> Fix | None:
    name, breaks = _TIMEOUTS[resource]
    title = f"limit the time with `timeouts {{ {name} }}`"
    if item.name == name:
        edit = replace(item.source, item.statement, f"{name} {amount}")
    else:
        edit = _into_timeouts(tree, item, f"{name} {amount}")
    return Fix(title, (edit,), Safety.RISKY, breaks)


def _into_timeouts(tree: Tree, item: Item, line: str) -> Edit:
    """Into the block `timeouts`, as much of it as there is."""
    if tree.options is None:
        text = nested(item.source, "", nested(item.source, "servers", nested(item.source, "timeouts", line)))
        # It must be the first block of all, before snippets too.
        return before(tree.root.source, tree.root.statement.children[0], text + "\n\n")
    source = tree.options.source
    servers = tree.option("servers")
    timeouts = servers.first("timeouts") if servers is not None else None
    if timeouts is not None:
        return append(source, timeouts.statement, line)
    inner = nested(source, "timeouts", line)
    if servers is None:
        return append(source, tree.options.statement, nested(source, "servers", inner))
    if servers.statement.body is None:
        return replace(source, servers.statement, nested(source, "servers", inner))
    return append(source, servers.statement, inner)


def body(item: Item, amount: str) -> Fix | None:
    """`1m` is 1MB to Caddy, which wants a unit."""
    size = amount.upper() + "B"
    if item.name == "max_size":
        edit = replace(item.source, item.statement, f"max_size {size}")
    elif item.is_site and item.statement.body is not None:
        edit = append(item.source, item.statement, nested(item.source, "request_body", f"max_size {size}"))
    else:
        return None
    return Fix("limit the size of bodies", (edit,), Safety.RISKY, f"clients that send more than {size}")


def access_log(item: Item, at: Location) -> Fix | None:
    title = "log requests"
    if item.name == "output" and item.up is not None and len(item.up.items) == 1:
        return Fix(title, (replace(item.source, item.up.statement, " ".join(item.up.texts)),))
    if item.name in ("skip_log", "log_skip", "output"):
        return Fix(title, (remove(item.source, item.statement),))
    if at.kind is Kind.BLOCK and item.is_site and item.statement.body is not None:
        return Fix(title, (prepend(item.source, item.statement, "log"),))
    return None


def error_log(item: Item) -> Fix | None:
    if item.name != "output":
        return None
    return Fix("log errors", (replace(item.source, item.statement, "output stderr"),))


def remove_option(item: Item, title: str) -> Fix:
    return Fix(title, (remove(item.source, item.statement),))


def private_admin(item: Item) -> Fix | None:
    """The admin API on loopback, at the port it has."""
    words = item.statement.words
    if len(words) < 2 or words[1].text != item.texts[1]:
        return None
    port = words[1].text.rpartition(":")[2]
    edit = Edit(item.source.path, words[1].span, f"localhost:{port if port.isdigit() else 2019}")
    breaks = "people and programs that use the admin API from another host"
    return Fix("restrict the admin API to this host", (edit,), Safety.RISKY, breaks)


def check_host(item: Item) -> Fix | None:
    if item.name != "strict_sni_host":
        return ask_hosts("answer only for the server's own names")
    edit = replace(item.source, item.statement, "strict_sni_host on")
    return Fix(
        "require the Host to match the TLS server name",
        (edit,),
        Safety.RISKY,
        "clients whose TLS server name differs from the Host",
    )
