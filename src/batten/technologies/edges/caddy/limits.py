"""Bounds on what clients may send, and the edits that set them. By default Caddy has none on bodies, nor on the
time for them. Headers have a minute since 2.9.0 (`defaultReadHeaderTimeout` in modules/caddyhttp/app.go, commit
197c564f2); 2.6.2 gives them all the time they want (tried: open after 72 s).
https://caddyserver.com/docs/caddyfile/options#timeouts"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Limits
from batten.formats import Workspace
from batten.formats.caddyfile_edits import append, nested
from batten.formats.lines import before, replace
from batten.model import (
    ABSENT,
    UNKNOWN,
    Absent,
    Fix,
    Kind,
    Location,
    Quantity,
    Safety,
    Setting,
    Unknown,
)
from batten.technologies.edges.caddy.flow import FORWARDS, directives, serves
from batten.technologies.edges.caddy.matchers import matcher_of
from batten.technologies.edges.caddy.parts import part_of
from batten.technologies.edges.caddy.tree import NESTING, Item, Tree, varies
from batten.technologies.edges.caddy.upstreams import targets
from batten.technologies.shared.containers.versions import at_least

HEADER_BOUND = (2, 9)
HEADER_TIME = 60.0  # seconds
SMALL = 1024**2  # bytes: a body that arrives in some seconds over any line
_TIMEOUTS = {
    Quantity.HEADER_TIMEOUT: ("read_header", "clients that need longer to send a request's headers"),
    Quantity.BODY_TIMEOUT: ("read_body", "clients that need longer to send a body"),
}

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def limits(tree: Tree) -> Iterator[Limits]:
    for site in tree.sites:
        if any(i.name in FORWARDS for i in directives(site)):
            yield Limits(site.block(), body=_body(site))
    if any(serves(s) for s in tree.sites) and not tree.root.unread:
        at = options_place(tree)
        # A minute since 2.9.
        bounded = at_least(tree.version, HEADER_BOUND)
        yield Limits(
            at,
            header_timeout=_timeout(
                tree, "read_header", at, UNKNOWN if bounded is None else HEADER_TIME if bounded else ABSENT
            ),
            body_timeout=_timeout(tree, "read_body", at),
        )


def options_place(tree: Tree) -> Location:
    """Where options are, or where their block has to be put: before the first site."""
    if tree.options is not None:
        return tree.options.block()
    first = tree.sites[0].block()
    # By the name of the block that is made: what is left open stays the same finding once something is in it.
    return Location(first.source, "options", first.span, kind=Kind.BLOCK)


def _body(site: Item) -> Setting[int]:
    found = [i for i in directives(site) if i.name == "request_body"]
    for item in found:
        most = item.first("max_size")
        whole = item.up is not None and item.up.name not in NESTING and matcher_of(item).everything
        if most is not None and len(most.texts) > 1:
            size = bytes_of(most.texts[1])
            known = size is not None and (whole or size == 0)
            return Setting(size if known and size is not None else UNKNOWN, most.place())
    return Setting(UNKNOWN if found or site.hides() else ABSENT, site.block())


def _timeout(
    tree: Tree, name: str, at: Location, default: float | Absent | Unknown = ABSENT
) -> Setting[float]:
    servers = tree.options.all("servers") if tree.options is not None else []
    for server in servers:
        timeouts = server.first("timeouts")
        item = timeouts.first(name) if timeouts is not None else None
        if item is not None and len(item.texts) > 1:
            value = seconds(item.texts[1])
            return Setting(UNKNOWN if value is None or varies(item.texts[1]) else value, item.place())
    hidden = tree.options is not None and tree.options.hides()
    return Setting(UNKNOWN if hidden else ABSENT, at, default)


def bytes_of(text: str) -> int | None:
    """The size that go-humanize reads: MB is a million, MiB is 1024 times 1024."""
    found = _SIZE.fullmatch(text)
    if found is None:
        return None
    return int(float(found[1]) * (1024 if found[3] else 1000) ** _POWERS[found[2].lower()])


def seconds(text: str) -> float | None:
    """A Go duration, `1m30s`; None when it is none."""
    if text == "0":
        return 0.0
    if not re.fullmatch(rf"(?:{_DURATION.pattern})+", text):
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(text))


def timeout(tree: Tree, item: Item, resource: Quantity, amount: str, workspace: Workspace) -> Fix | None:
    """The edit, or the question in its place: where the file is a part of a longer one, or where larger bodies may be sent than
    come in that time."""
    name, breaks = _TIMEOUTS[resource]
    title = f"limit the time with `timeouts {{ {name} }}`"
    if item.name == name:
        edit = replace(item.source, item.statement, f"{name} {amount}")
    else:
        part = part_of(tree, workspace) if tree.options is None else ""
        if part:
            question = (
                f"which file has Caddy's global options? Write `timeouts {{ {name} {amount} }}` there: {part}"
            )
            return Fix(title, (), safety=Safety.VALUE, question=question)
        if resource is Quantity.BODY_TIMEOUT and not all(map(_small, tree.sites)):
            question = "how long may clients take to send a body? What is behind it may take uploads: write `read_body`"
            return Fix(title, (), safety=Safety.VALUE, question=question)
        # Into the block `timeouts`, as much of it as there is.
        line = f"{name} {amount}"
        if tree.options is None:
            text = nested(
                item.source, "", nested(item.source, "servers", nested(item.source, "timeouts", line))
            )
            # It must be the first block of all, before snippets too.
            edit = before(tree.root.source, tree.root.statement.children[0], text + "\n\n")
        else:
            source = tree.options.source
            servers = tree.option("servers")
            timeouts = servers.first("timeouts") if servers is not None else None
            if timeouts is not None:
                edit = append(source, timeouts.statement, line)
            else:
                inner = nested(source, "timeouts", line)
                if servers is None:
                    edit = append(source, tree.options.statement, nested(source, "servers", inner))
                elif servers.statement.body is None:
                    edit = replace(source, servers.statement, nested(source, "servers", inner))
                else:
                    edit = append(source, servers.statement, inner)
    return Fix(title, (edit,), safety=Safety.RISKY, breaks=breaks)


def _small(site: Item) -> bool:
    """Whether no large body is meant to arrive at a site: it forwards nothing, or bounds bodies."""
    size = _body(site).value
    return not any(i.name in FORWARDS for i in directives(site)) or (
        isinstance(size, int) and 0 < size <= SMALL
    )


def body(item: Item, amount: str) -> Fix | None:
    """`1m` is 1MB to Caddy, which wants a unit. What an upstream takes only its people know: uploads of files, notes with pictures."""
    size = amount.upper() + "B"
    if item.name == "max_size":
        edit = replace(item.source, item.statement, f"max_size {size}")
        breaks = f"clients that send more than {size}"
        return Fix("limit the size of bodies", (edit,), safety=Safety.RISKY, breaks=breaks)
    if not item.is_site or item.statement.body is None:
        return None
    behind = next(
        (text for i in directives(item) if i.name in FORWARDS for _, _, text in targets(i)),
        "what is behind it",
    )
    question = f"what is the largest body that `{behind}` takes? Write it as `request_body {{ max_size … }}`"
    return Fix("limit the size of bodies", (), safety=Safety.VALUE, question=question)
