"""What an expression comes to where nothing sets the variables that it reads: `process.env.X || "default"`, a function of the
program's own that takes a variable's name and a default, and what comparisons make of them.

Source: https://nodejs.org/api/process.html#processenv.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from batten.model import UNKNOWN, Unknown
from batten.technologies.frameworks.express.module import DEEPEST, WRAPPERS, Module, Plain, arguments
from batten.technologies.shared.deployment.variables import deployed

_READ = re.compile(r"\s*(?:process|import\.meta)\.env(?:\.(\w+)|\[\s*['\"](\w+)['\"]\s*\])!?\s*")
_READS = re.compile(r"process\.env|import\.meta\.env|Deno\.env|Bun\.env")
_NAME = re.compile(r"[A-Za-z_]\w{1,80}")
_STAGE = re.compile(r"(?i)(?:^|_)(?:env|environment|mode|stage)$")
_EQUAL = {"===": True, "==": True, "!==": False, "!=": False}


def fallback(module: Module, node: Node | None, depth: int = 0) -> Plain | Unknown:
    """The value of an expression by the defaults in the code; UNKNOWN where it reads a variable that the deployment sets, or
    that has no default."""
    node = module.resolved(node)
    if node is None or depth > DEEPEST:
        return UNKNOWN
    plain = module.plain(node)
    if not isinstance(plain, Unknown):
        return plain
    match node.type:
        case kind if kind in WRAPPERS and node.named_children:
            return fallback(module, node.named_children[0], depth + 1)
        case "binary_expression":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            operator = module.text(node.child_by_field_name("operator"))
            if operator in ("||", "??"):
                if unset(module, module.resolved(left)):
                    return fallback(module, right, depth + 1)
                first = fallback(module, left, depth + 1)
                passed = first is None if operator == "??" else not first
                return (
                    fallback(module, right, depth + 1) if passed and not isinstance(first, Unknown) else first
                )
            if operator not in _EQUAL:
                return UNKNOWN
            one, other = fallback(module, left, depth + 1), fallback(module, right, depth + 1)
            if isinstance(one, Unknown) or isinstance(other, Unknown):
                return UNKNOWN
            return (one == other) is _EQUAL[operator]
        case "unary_expression" if module.text(node).startswith("!"):
            inner = fallback(module, node.child_by_field_name("argument"), depth + 1)
            return UNKNOWN if isinstance(inner, Unknown) else not inner
        case "ternary_expression":
            asked = fallback(module, node.child_by_field_name("condition"), depth + 1)
            if isinstance(asked, Unknown):
                return UNKNOWN
            return fallback(
                module, node.child_by_field_name("consequence" if asked else "alternative"), depth + 1
            )
        case "member_expression":
            given = module.option(
                node.child_by_field_name("object"), module.text(node.child_by_field_name("property"))
            )
            return fallback(module, given, depth + 1) if given is not None else UNKNOWN
        case "call_expression":
            return _called(module, node, depth)
        case _:
            return UNKNOWN


def by_default(module: Module, node: Node | None) -> bool:
    """Whether only the defaults in the code make an expression known."""
    return isinstance(module.plain(node), Unknown) and not isinstance(fallback(module, node), Unknown)


def unset(module: Module, node: Node | None) -> bool:
    """Whether an expression is a variable of the environment that no file of the deployment sets."""
    found = _READ.fullmatch(module.text(node)) if node is not None else None
    name = (found[1] or found[2]) if found is not None else ""
    return _decided(module, name)


def _decided(module: Module, name: str) -> bool:
    """Whether the default of a variable decides; what says in which environment the program runs is always set."""
    return (
        bool(name)
        and _STAGE.search(name) is None
        and not (module.workspace and deployed(name, module.workspace))
    )


def _called(module: Module, call: Node, depth: int) -> Plain | Unknown:
    function, given = call.child_by_field_name("function"), arguments(call)
    name = module.text(function)
    if name in ("Boolean", "Number", "String", "parseInt", "JSON.parse") and given:
        value = fallback(module, given[0], depth + 1)
        if isinstance(value, Unknown):
            return UNKNOWN
        if name == "Boolean":
            return bool(value)
        if name == "JSON.parse" and value in ("true", "false"):
            return value == "true"
        return value if name == "String" else UNKNOWN
    if function is not None and function.type == "member_expression":
        method = module.text(function.child_by_field_name("property"))
        inner = fallback(module, function.child_by_field_name("object"), depth + 1)
        if isinstance(inner, str) and method == "split" and module.string(given[0] if given else None):
            return tuple(part.strip() for part in inner.split(module.string(given[0])))
        if isinstance(inner, str) and method in ("trim", "toLowerCase", "toString"):
            return inner.strip().lower() if method == "toLowerCase" else inner.strip()
    if len(given) < 2 or not _NAME.fullmatch(module.string(given[0])) or not _of_environment(module, name):
        return UNKNOWN
    if not _decided(module, module.string(given[0])):
        return UNKNOWN
    return fallback(module, given[1], depth + 1)


def _of_environment(module: Module, name: str) -> bool:
    """Whether a function of the module, declared or assigned, looks its first parameter up in the environment, and uses its
    second one where there is nothing."""
    made = module.functions.get(name) or module.values.get(name)
    held = made.child_by_field_name("parameters") if made is not None else None
    if made is None or held is None or len(held.named_children) < 2:
        return False
    names = [(_NAME.search(module.text(one)) or [""])[0] for one in held.named_children]
    body = module.text(made.child_by_field_name("body"))
    looked = re.search(
        rf"\.env\[\s*{names[0]}\s*\]|\bget\(\s*{names[0]}\s*\)", body
    )  # ours: a parameter's name
    return _READS.search(body) is not None and looked is not None and names[1] in body
