"""Routes that stay without the global prefix: `app.setGlobalPrefix('api', { exclude: ['health', { path: 'x', method: RequestMethod.GET }] })`.

Source: https://docs.nestjs.com/faq/global-prefix.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from batten.model.record import record
from batten.technologies.express.module import Module, argument

_PLAIN = re.compile(r"(?:/(?::\w+|[\w.~-]*))+")
_HEAD = re.compile(r"[\w./~-]*")


@record
class Exclusion:
    path: str
    verb: str  # "" for all of them


def exclusions(module: Module, call: Node) -> tuple[Exclusion, ...] | None:
    """What a call that sets the prefix leaves out; None where that is not known."""
    given = argument(call, 1)
    if given is None:
        return ()
    listed = module.resolved(module.option(given, "exclude"))
    if module.open(given) or (listed is not None and listed.type != "array"):
        return None
    nodes = [c for c in listed.named_children if c.type != "comment"] if listed is not None else []
    found = [_exclusion(module, node) for node in nodes]
    known = [one for one in found if one is not None]
    return tuple(known) if len(known) == len(found) else None


def _exclusion(module: Module, node: Node) -> Exclusion | None:
    if node.type != "object":
        written = module.plain(node)
        return Exclusion(_slashed(written), "") if isinstance(written, str) else None
    path, method = module.plain(module.option(node, "path")), module.option(node, "method")
    verb = module.text(method).rpartition(".")[2]
    known = isinstance(path, str) and method is not None and verb.isupper() and not module.open(node)
    return Exclusion(_slashed(str(path)), "" if verb == "ALL" else verb) if known else None


def _slashed(path: str) -> str:
    return f"/{path.strip('/')}"


def excluded(path: str, verb: str, rows: tuple[Exclusion, ...]) -> bool | None:
    """Whether a route, by its path without prefix and version, is left out; None where a pattern may."""
    answers = [_fits(row.path, path) for row in rows if row.verb in ("", verb)]
    if True in answers:
        return True
    return None if None in answers else False


def _fits(pattern: str, path: str) -> bool | None:
    if _PLAIN.fullmatch(pattern) is None:
        head = _HEAD.match(pattern)
        return None if head is None or path.startswith(head[0].rstrip("/")) else False
    wanted, parts = pattern.split("/"), path.split("/")
    return len(wanted) == len(parts) and all(
        one == part or (one.startswith(":") and part != "") for one, part in zip(wanted, parts, strict=True)
    )
