"""The folder that a program of Node.js serves, where it is the program's own.

Sources: https://expressjs.com/en/api.html#express.static (relative to where the program is started), https://nodejs.org/api/path.html,
https://nodejs.org/api/modules.html#__dirname, https://nodejs.org/api/esm.html#importmetadirname,
https://github.com/fastify/fastify-static#options (root), https://docs.nestjs.com/recipes/serve-static (rootPath),
https://github.com/expressjs/serve-static#dotfiles (names with a dot at their beginning are left out; before Express 5 not what is in
folders of such names, as `.git/config`: https://expressjs.com/en/guide/migrating-5.html#express.static.dotfiles).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import Feature
from batten.model import Setting, Switch
from batten.technologies.frameworks.express.module import DEEPEST, Module, arguments

_HERE = ("__dirname", "import.meta.dirname")
_JOINING = ("path.join", "path.resolve", "node:path.join", "node:path.resolve")
_BARE = ("join", "resolve")


def own_folder(module: Module, given: Node | None, pointer: str) -> Iterator[Feature]:
    """A fact where a program serves the folder that it is in, or is started in."""
    if given is not None and folder(module, given) in (".", ".."):
        at = module.value(given, pointer)
        what = f"everything below its folder (`{module.text(given)[:60]}`), sources and settings included"
        yield Feature(at, Switch.PROJECT_ROOT, Setting(True, at), what)


def folder(module: Module, node: Node | None, depth: int = 0) -> str | None:
    """A path from the program's folder; None where it is not known."""
    node = module.resolved(node)
    if node is None or depth > DEEPEST:
        return None
    match node.type:
        case "string" | "template_string":
            text = module.string(node)
            return posixpath.normpath(text) if text and not text.startswith("/") else None
        case "identifier" | "member_expression" if module.text(node) in _HERE:
            return "."
        case "binary_expression":
            # `__dirname + "/public"`.
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if module.text(node.child_by_field_name("operator")) != "+" or left is None or right is None:
                return None
            before, after = folder(module, left, depth + 1), module.plain(right)
            if before is None or not isinstance(after, str) or not after.startswith("/"):
                return None
            return posixpath.normpath(f"{before}/{after.strip('/')}")
        case "call_expression" if module.called(node) == "process.cwd":
            return "."
        case "call_expression" if module.called(node) in _JOINING or module.called(node).endswith(tuple(f"path.{name}" for name in _BARE)):  # fmt: skip
            # `path.join(__dirname, "..")`; a part that begins with a slash stands for itself in `resolve` only.
            parts = [_part(module, one, depth) for one in arguments(node)]
            known = [part for part in parts if part is not None]
            return posixpath.normpath("/".join(known)) if known and len(known) == len(parts) else None
        case _:
            return None


def _part(module: Module, node: Node, depth: int) -> str | None:
    text = module.plain(node)
    return (text.strip("/") or ".") if isinstance(text, str) else folder(module, node, depth + 1)
