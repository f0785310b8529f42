"""Routes that stay without the global prefix: `app.setGlobalPrefix('api', { exclude: ['health', { path: 'x', method: RequestMethod.GET }] })`.

Source: https://docs.nestjs.com/faq/global-prefix.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from batten.formats import Workspace
from batten.model.record import record
from batten.technologies.frameworks.express.module import Module, argument
from batten.technologies.frameworks.express.texts import Texts

_PLAIN = re.compile(r"(?:/(?::\w+|[\w.~-]*))+")
_HEAD = re.compile(r"[\w./~-]*")
_OPTIONAL = re.compile(r"\{/\*\w+\}")  # `health{/*rest}`: health, and all below it
_REST = re.compile(r"\*\w*|\(\.\*\)")  # `health/*rest`: all below it


@record
class Exclusion:
    path: str
    verb: str  # "" for all of them


def exclusions(module: Module, call: Node, workspace: Workspace) -> tuple[Exclusion, ...] | None:
    """What a call that sets the prefix leaves out; None where that is not known."""
    given = argument(call, 1)
    if given is None:
        return ()
    place = Texts(workspace).place(module, module.option(given, "exclude"))
    if module.open(given) or (
        "exclude" in module.options(given) and (place is None or place[1].type != "array")
    ):
        return None
    nodes = [c for c in place[1].named_children if c.type != "comment"] if place is not None else []
    found = [_exclusion(place[0], node, workspace) for node in nodes] if place is not None else []
    known = [row for rows in found if rows is not None for row in rows]
    return tuple(known) if None not in found else None


def _exclusion(module: Module, node: Node, workspace: Workspace) -> list[Exclusion] | None:
    if node.type != "object":
        written = Texts(workspace).entry(module, node)
        return [Exclusion(_slashed(one), "") for one in written] if written is not None else None
    path, method = Texts(workspace).text(module, module.option(node, "path")), module.option(node, "method")
    verb = module.text(method).rpartition(".")[2]
    known = path is not None and method is not None and verb.isupper() and not module.open(node)
    return [Exclusion(_slashed(path), "" if verb == "ALL" else verb)] if known and path is not None else None


def _slashed(path: str) -> str:
    return f"/{path.strip('/')}"


def excluded(path: str, verb: str, rows: tuple[Exclusion, ...]) -> bool | None:
    """Whether a route, by its path without prefix and version, is left out; None where a pattern may."""
    answers = [_fits(row.path, path) for row in rows if row.verb in ("", verb)]
    if True in answers:
        return True
    return None if None in answers else False


def _fits(pattern: str, path: str) -> bool | None:
    if _PLAIN.fullmatch(pattern) is not None:
        wanted, parts = pattern.split("/"), path.split("/")
        return len(wanted) == len(parts) and all(
            one == part or (one.startswith(":") and part != "")
            for one, part in zip(wanted, parts, strict=True)
        )
    found = _HEAD.match(pattern)
    head = found[0] if found is not None else ""
    rest, below = pattern[len(head) :], path.startswith(head.rstrip("/") + "/")
    if _OPTIONAL.fullmatch(rest) is not None and not head.endswith("/"):
        return below or path == head
    if _REST.fullmatch(rest) is not None and head.endswith("/"):
        return below
    whole = rest.startswith("{/") or head.endswith("/")
    return None if below or path == head or (not whole and path.startswith(head)) else False
