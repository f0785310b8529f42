"""Variables of the environment in Python: the calls that read them, with a default or without, and what the deployment sets.

Sources: https://docs.python.org/3/library/os.html#os.getenv, https://django-environ.readthedocs.io, https://pypi.org/project/environs/
and https://github.com/HBNetwork/python-decouple.
"""

from __future__ import annotations

import ast
import re

from batten.model.record import record
from batten.technologies.shared.deployment.variables import deployed
from batten.technologies.shared.python.module import Module, argument, follow

__all__ = ["Lookup", "converts", "deployed", "lookup"]

_READS = ("os.getenv", "os.environ.get", "environ.get", "os.environ.setdefault", "os.environ.pop")
_OBJECTS = ("env", "config")
_MENTIONS = re.compile(r"\benviron\b|\bgetenv\b|\benv(?:\.\w+)?\(|\bconfig\(|\benv\[")
_TRUTH = re.compile(r"bool|true|flag|enabled", re.IGNORECASE)
_LISTS = re.compile(r"list|csv|array|tuple|split|set(?:$|_)", re.IGNORECASE)
_DEFAULT = re.compile(r"^_?(?:default|fallback|otherwise)|default$", re.IGNORECASE)


@record
class Lookup:
    """A variable that is read: its name, "" where the code computes it; the default with the module it is written in, None where
    there is none; and what the text becomes, "bool", "list" or "" for what it is."""

    variable: str
    default: tuple[Module, ast.expr] | None
    becomes: str = ""


def lookup(module: Module, node: ast.expr) -> Lookup | None:
    """The variable that an expression reads; None where it reads none."""
    match node:
        case ast.Subscript(value=inner, slice=key) if _name(module, inner) in ("os.environ", "env"):
            return Lookup(_text(key), None)
        case ast.Call():
            name = _name(module, node.func)
            if name in _READS:
                given = argument(node, "default", 1)
                return Lookup(_text(argument(node, "key", 0)), (module, given) if given is not None else None)
            owner, _, method = name.partition(".")
            if name == "decouple.config" or owner in _OBJECTS:
                if not node.args or not isinstance(node.args[0], ast.Constant):
                    return None
                cast = argument(node, "cast", 2 if owner != "env" else None)
                kind = ast.unparse(cast) if cast is not None else "" if method == "config" else method
                becomes = _becomes(kind) if kind else ""
                library_given = argument(node, "default", 1)
                variable = _text(node.args[0])
                if library_given is None and owner == "env":
                    return _of_scheme(module, variable, becomes)
                return Lookup(
                    variable, (module, library_given) if library_given is not None else None, becomes
                )
            return _of_helper(module, node)
        case _:
            return None


def _of_scheme(module: Module, variable: str, becomes: str) -> Lookup:
    """The default that django-environ's `Env(DEBUG=(bool, True))` declares."""
    place = follow(module, "env")
    made = place[0].names.get(place[1]) if place is not None else None
    if place is not None and isinstance(made, ast.Call):
        match argument(made, variable):
            case ast.Tuple(elts=[ast.expr() as kind, ast.expr() as given]):
                return Lookup(variable, (place[0], given), becomes or _becomes(ast.unparse(kind)))
    return Lookup(variable, None, becomes)


def _of_helper(module: Module, node: ast.Call) -> Lookup | None:
    """A function of the program's own that takes a variable's name and a default, and reads the environment."""
    if not isinstance(node.func, ast.Name | ast.Attribute) or not node.args or not _text(node.args[0]):
        return None
    found = function(module, node.func)
    if found is None:
        return None
    owner, definition = found
    names = [one.arg for one in (*definition.args.posonlyargs, *definition.args.args)]
    body = "\n".join(ast.unparse(one) for one in definition.body)
    if len(names) < 2 or not _MENTIONS.search(body) or not _reads(definition, names[0]):
        return None
    position = next((n for n, one in enumerate(names) if n and _DEFAULT.search(one)), 1)
    if not re.search(rf"\b{re.escape(names[position])}\b", body):  # ours: a parameter's name
        return None
    variable, becomes = _text(node.args[0]), _becomes(definition.name)
    given = argument(node, names[position], position)
    if given is not None:
        return Lookup(variable, (module, given), becomes)
    first = len(names) - len(definition.args.defaults)
    own = definition.args.defaults[position - first] if position >= first else None
    return Lookup(variable, (owner, own) if own is not None else None, becomes)


def _reads(definition: ast.FunctionDef, name: str) -> bool:
    """Whether a function looks its first parameter up in the environment."""
    for node in ast.walk(definition):
        match node:
            case ast.Call(func=func, args=[ast.Name(id=given), *_]) if given == name:
                if _MENTIONS.search(f"{ast.unparse(func)}("):
                    return True
            case ast.Subscript(value=inner, slice=ast.Name(id=given)) if given == name:
                if _MENTIONS.search(ast.unparse(inner)):
                    return True
    return False


def function(module: Module, node: ast.expr) -> tuple[Module, ast.FunctionDef] | None:
    """The function that an expression names, where the workspace has its definition once."""
    match node:
        case ast.Name(id=name):
            place = follow(module, name)
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            owner = follow(module, name)
            place = follow(owner[0], attr) if owner is not None and not owner[1] else None
        case _:
            return None
    if place is None:
        return None
    found = [n for n in place[0].nodes if isinstance(n, ast.FunctionDef) and n.name == place[1]]
    return (place[0], found[0]) if len(found) == 1 else None


def converts(module: Module, node: ast.Call) -> str:
    """What a call of one argument makes of a text: "bool", "list", or "" where that is not known (`strtobool(x)`,
    `parse_boolean(x)`, a function of the program's own that splits at commas)."""
    if len(node.args) != 1 or node.keywords:
        return ""
    name = _name(module, node.func).rpartition(".")[2]
    if name in (
        "strtobool",
        "str2bool",
        "str_to_bool",
        "to_bool",
        "parse_bool",
        "parse_boolean",
        "as_bool",
        "asbool",
    ):
        return "bool"
    found = function(module, node.func)
    if found is None:
        return ""
    body = ast.unparse(found[1])
    if _becomes(name) == "bool" and re.search(r"['\"](?i:true|1|yes)['\"]", body):
        return "bool"
    return "list" if re.search(r"\.split\(['\"],['\"]\)", body) else ""


def _becomes(kind: str) -> str:
    return "bool" if _TRUTH.search(kind) else "list" if _LISTS.search(kind) else ""


def _name(module: Module, node: ast.expr) -> str:
    return module.qualified(node) or (ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else "")


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
