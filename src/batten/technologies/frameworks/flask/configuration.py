"""What configures an application: `app.config[…]`, `update`, `from_mapping` and `from_object`.

https://flask.palletsprojects.com/en/stable/config/
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from batten.formats import SyntaxProblem, Unreadable
from batten.model import ABSENT, UNKNOWN, Absent, Location, Setting, Unknown
from batten.model.record import record
from batten.technologies.shared.inventory import inventory
from batten.technologies.shared.python.assigned import assigned
from batten.technologies.shared.python.module import (
    DEEPEST,
    Module,
    classes,
    follow,
    load,
    made_of,
    neighbour,
)
from batten.technologies.shared.python.values import Plain, evaluate

T = TypeVar("T")
_ATTRIBUTES = {"debug": "DEBUG", "testing": "TESTING", "secret_key": "SECRET_KEY"}
_found = inventory("flask")
KEYS = frozenset(one.name for one in _found.settings) if _found is not None else frozenset()


@record
class Application:
    """An application object: `name` is the variable that holds it."""

    module: Module
    name: str
    call: ast.Call

    @property
    def at(self) -> Location:
        return self.module.block(self.call, self.name or "Flask")


@dataclass(slots=True, eq=False)
class Configuration:
    """Keys with the module and the expression that gives them; `whole` is False where more may be set elsewhere."""

    given: dict[str, tuple[Module, ast.expr]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)  # variables that hold the configuration itself
    whole: bool = True

    def put(self, name: str, module: Module, node: ast.expr, certain: bool) -> None:
        """What is given twice, or under a condition, is not certain."""
        if name in self.given or not certain:
            self.touched.add(name)
        self.given[name] = (module, node)


def applications(module: Module) -> Iterator[Application]:
    """The calls of `Flask(…)` in a module, and of classes of the program's own that extend it."""
    # In a factory, too, whose caller may give the application the same name.
    holders = {
        id(node.value): node.targets[0].id
        for node in module.nodes
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
    }
    for call in module.calls():
        if made_of(module, call.func) in ("flask.Flask", "flask.app.Flask"):
            yield Application(module, holders.get(id(call), ""), call)


def configured(application: Application) -> Configuration:
    """The configuration of an application as its module gives it."""
    module, name = application.module, application.name
    kept = module.workspace.kept
    key = ("flask configuration", module.path, name, application.call.lineno)
    return kept(key, lambda: _whole(application))


def _whole(application: Application) -> Configuration:
    """What the classes of an application set when it is made, and what its module does."""
    found = Configuration()
    for owner, definition in reversed(list(classes(application.module, application.call.func))):
        for method in definition.body:
            if isinstance(method, ast.FunctionDef) and method.name == "__init__" and method.args.args:
                _configured(found, owner, method, method.args.args[0].arg)
    _configured(found, application.module, application.module.tree, application.name)
    return found


def _configured(found: Configuration, module: Module, tree: ast.Module | ast.FunctionDef, name: str) -> None:
    # Every statement in its order, and whether it is under no condition.
    pending: list[tuple[ast.stmt, bool]] = [(statement, True) for statement in reversed(tree.body)]
    while pending:
        statement, statements_certain = pending.pop()
        node, certain = statement, statements_certain
        match node:
            case ast.Assign(
                targets=[ast.Subscript(value=config, slice=ast.Constant(value=str() as key))], value=value
            ) if _is_config(found, config, name):
                found.put(key, module, value, certain)
            case ast.Assign(targets=[ast.Name(id=other)], value=value) if _is_config(found, value, name):
                found.names.add(other)
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=owner), attr=attr)], value=value) if (
                owner == name and attr in _ATTRIBUTES
            ):
                found.put(_ATTRIBUTES[attr], module, value, certain)
            case ast.AugAssign(target=ast.expr() as config, op=ast.BitOr(), value=value) if _is_config(
                found, config, name
            ):
                _entries(found, module, value, certain)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=config, attr=method)) as call) if (
                _is_config(found, config, name)
            ):
                if method in ("update", "from_mapping"):
                    _mapped(found, module, call, certain)
                elif method == "from_object" and call.args:
                    _object(found, module, call.args[0], certain)
                elif method == "from_pyfile" and call.args:
                    _pyfile(found, module, call.args[0], certain)
                elif method not in ("get", "setdefault", "get_namespace", "keys", "items", "values", "copy"):
                    found.whole = False
        inner = statements_certain and isinstance(
            statement, ast.FunctionDef | ast.With | ast.AsyncFunctionDef
        )
        for statements_name in ("finalbody", "orelse", "handlers", "body"):
            for one in reversed(getattr(statement, statements_name, ())):
                body = one.body if isinstance(one, ast.ExceptHandler) else [one]
                pending.extend((child, inner) for child in reversed(body))


def _is_config(found: Configuration, node: ast.expr, name: str) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=owner), attr="config"):
            return owner == name
        case ast.Name(id=other):
            return other in found.names
        case _:
            return False


def _mapped(found: Configuration, module: Module, call: ast.Call, certain: bool) -> None:
    for keyword in call.keywords:
        if keyword.arg is None:
            _entries(found, module, keyword.value, certain)
        else:
            found.put(keyword.arg, module, keyword.value, certain)
    for given in call.args:
        _entries(found, module, given, certain)


def _entries(found: Configuration, module: Module, given: ast.expr, certain: bool) -> None:
    """A dictionary, `dict(…)`, or a name that stands for one of them."""
    place = follow(module, given.id) if isinstance(given, ast.Name) else None
    owner = place[0] if place is not None else module
    match owner.names.get(place[1]) if place is not None else given:
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    found.put(key.value, owner, value, certain)
                else:
                    found.whole = False
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            for keyword in keywords:
                if keyword.arg is None:
                    found.whole = False
                else:
                    found.put(keyword.arg, owner, keyword.value, certain)
        case _:
            found.whole = False


def _object(found: Configuration, module: Module, node: ast.expr, certain: bool) -> None:
    """The class or the module that `from_object` names, where it is in the workspace."""
    place = _named(module, node)
    if place is None:
        found.whole = False
        return
    owner, name = place
    if not name:
        for key, value in assigned(owner).own.items():
            found.put(key, owner, value, certain and key in owner.names)
    elif not _of_class(found, owner, name, certain, 0):
        found.whole = False


def _pyfile(found: Configuration, module: Module, node: ast.expr, certain: bool) -> None:
    """The file that `from_pyfile` runs, beside the module or in a folder above it: its name need not end in `.py`."""
    name = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    folder = posixpath.dirname(module.path)
    path = posixpath.normpath(posixpath.join(folder, name))
    try:
        owner = load(path, module.workspace) if name and module.workspace.exists(path) else None
    except (SyntaxProblem, Unreadable):
        owner = None
    if owner is None:
        found.whole = False
        return
    for key, value in assigned(owner).own.items():
        found.put(key, owner, value, certain and key in owner.names)


def _named(module: Module, node: ast.expr) -> tuple[Module, str] | None:
    match node:
        case ast.Name(id="__name__"):
            return module, ""
        case ast.Name(id=name) | ast.Call(func=ast.Name(id=name), args=[], keywords=[]):
            return follow(module, name)
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            place = follow(module, name)
            return (place[0], attr) if place is not None and not place[1] else None
        case ast.Constant(value=str() as dotted):
            if (whole := neighbour(module, dotted)) is not None:
                return whole, ""
            outer = neighbour(module, dotted.rpartition(".")[0]) if "." in dotted else None
            return (outer, dotted.rpartition(".")[2]) if outer is not None else None
        case _:
            return None


def _of_class(found: Configuration, module: Module, name: str, certain: bool, depth: int) -> bool:
    """The attributes of a class, over those of the classes that it inherits from; False where one is not known."""
    definition = module.classes.get(name)
    if definition is None or depth > DEEPEST:
        return False
    known = True
    for base in definition.bases:
        place = follow(module, base.id) if isinstance(base, ast.Name) and base.id != "object" else None
        known &= (isinstance(base, ast.Name) and base.id == "object") or (
            place is not None and _of_class(found, *place, certain, depth + 1)
        )
    for item in definition.body:
        match item:
            case ast.Assign(targets=[ast.Name(id=key)], value=value):
                found.given[key] = (module, value)
            case ast.AnnAssign(target=ast.Name(id=key), value=ast.expr() as value):
                found.given[key] = (module, value)
    if not certain:
        found.touched.update(found.given)
    return known


def config_setting(
    application: Application,
    name: str,
    default: T | Absent | Unknown,
    read: Callable[[Plain], T | Unknown],
    unsafe: Callable[[T], bool] = lambda value: False,
) -> Setting[T]:
    """The effective value of a key; UNKNOWN where another place may set it."""
    found, missing = configured(application), application.module.block(application.call, name)
    if name in found.touched:
        return Setting(UNKNOWN, missing)
    if name not in found.given:
        return (
            Setting(ABSENT, missing, default)
            if found.whole and application.name
            else Setting(UNKNOWN, missing)
        )
    module, node = found.given[name]
    value = evaluate(module, node)
    at = module.value(value.node if value.module.path == module.path else node, name)
    if isinstance(value.plain, Unknown):
        return Setting(UNKNOWN, at)
    known = read(value.plain)
    doubtful = value.overridable and (isinstance(known, Unknown) or not unsafe(known) or value.deployed)
    return Setting(UNKNOWN if doubtful else known, at)
