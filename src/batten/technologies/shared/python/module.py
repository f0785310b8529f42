"""A Python module as far as settings need it: what its names stand for, and where."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.document import Text
from batten.formats.python import nodes, parse, span
from batten.model import Kind, Location
from batten.model.record import record

DEEPEST = 12  # imports, names and prefixes followed in a row


@record
class Import:
    """`from module import name as …`; `name` is "" for `import module`."""

    module: str
    name: str


@dataclass(slots=True, eq=False)
class Module:
    source: Text
    tree: ast.Module
    workspace: Workspace
    imports: dict[str, Import] = field(default_factory=dict)
    names: dict[str, ast.expr] = field(default_factory=dict)  # assigned exactly once, anywhere
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    nodes: list[ast.AST] = field(default_factory=list)
    assigned: set[str] = field(default_factory=set)  # every name that is assigned or changed, anywhere
    _calls: list[ast.Call] | None = None

    @property
    def path(self) -> str:
        return self.source.path

    def value(self, node: ast.AST, pointer: str) -> Location:
        return Location(self.path, pointer, span(self.source, node), kind=Kind.VALUE)

    def block(self, node: ast.AST, pointer: str) -> Location:
        return Location(self.path, pointer, span(self.source, node), kind=Kind.BLOCK)

    def calls(self) -> list[ast.Call]:
        if self._calls is None:
            self._calls = [n for n in self.nodes if isinstance(n, ast.Call)]
        return self._calls

    def qualified(self, node: ast.expr | None) -> str:
        """`fastapi.FastAPI` for what the imports make of `FastAPI` or `fastapi.FastAPI`; else ""."""
        match node:
            case ast.Name(id=name) if name in self.imports:
                found = self.imports[name]
                return f"{found.module}.{found.name}" if found.name else found.module
            case ast.Attribute(value=base, attr=attr):
                inner = self.qualified(base)
                return f"{inner}.{attr}" if inner else ""
            case _:
                return ""

    def uses(self, *packages: str) -> bool:
        return any(i.module.split(".")[0] in packages for i in self.imports.values())


def load(path: str, workspace: Workspace) -> Module:
    """Raises SyntaxProblem and Unreadable."""
    return workspace.kept(("fastapi", path), lambda: _load(path, workspace))


def _load(path: str, workspace: Workspace) -> Module:
    document = workspace.document(path, parse)
    module = Module(document.source, document.tree, workspace)
    seen = module.assigned
    module.nodes = nodes(document.tree)
    for node in module.nodes:
        match node:
            case ast.Import(names=names):
                for alias in names:
                    local = alias.asname or alias.name.split(".")[0]
                    module.imports[local] = Import(alias.name if alias.asname else local, "")
            case ast.ImportFrom(module=name, names=names, level=level):
                for alias in names:
                    dotted = "." * level + (name or "")
                    module.imports[alias.asname or alias.name] = Import(dotted, alias.name)
            case ast.ClassDef(name=name):
                module.classes[name] = node
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    _assigned(module, seen, target, value)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                _assigned(module, seen, target, value)
            case ast.AugAssign(target=target):
                _assigned(module, seen, target, None)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=changed), attr="append" | "extend" | "insert")
            ):
                seen.add(changed)
                module.names.pop(changed, None)
    return module


def _assigned(module: Module, seen: set[str], target: ast.expr, value: ast.expr | None) -> None:
    """A name that is assigned twice may be either; it is nothing that can be known."""
    if not isinstance(target, ast.Name):
        return
    if target.id in seen or value is None:
        module.names.pop(target.id, None)
    else:
        module.names[target.id] = value
    seen.add(target.id)


def neighbour(module: Module, dotted: str) -> Module | None:
    """The module of that name in the workspace, looked for from the importing file's folder upwards."""
    for path in _paths(module.path, dotted):
        if module.workspace.exists(path):
            try:
                return load(path, module.workspace)
            except (SyntaxProblem, Unreadable):
                return None
    return None


def _paths(path: str, dotted: str) -> Iterator[str]:
    level = len(dotted) - len(dotted.lstrip("."))
    relative = dotted.lstrip(".").replace(".", "/")
    folders = path.split("/")[:-1]
    starts = (
        [folders[: max(len(folders) - level + 1, 0)]]
        if level
        else [folders[:n] for n in range(len(folders), -1, -1)]
    )
    for start in starts:
        base = "/".join([*start, relative] if relative else start)
        if relative:
            yield f"{base}.py"
        yield f"{base}/__init__.py" if base else "__init__.py"


def follow(module: Module, name: str, depth: int = 0) -> tuple[Module, str] | None:
    """Where a name is defined in the workspace: the module and the name it has there. A name that is a
    module itself comes with ""."""
    if depth > DEEPEST:
        return None
    found = module.imports.get(name)
    if found is None:
        return module, name
    if not found.name:
        inner = neighbour(module, found.module)
        return (inner, "") if inner else None
    submodule = neighbour(
        module, f"{found.module}.{found.name}" if found.module.strip(".") else found.module + found.name
    )
    if submodule is not None:
        return submodule, ""
    owner = neighbour(module, found.module)
    return follow(owner, found.name, depth + 1) if owner else None


def defined(module: Module, node: ast.expr) -> tuple[Module, str] | None:
    """Where what an expression names is defined: `orders`, or `views.orders`."""
    match node:
        case ast.Name(id=name):
            return follow(module, name)
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            place = follow(module, name)
            return follow(place[0], attr) if place is not None and not place[1] else None
        case _:
            return None


def classes(module: Module, node: ast.expr, depth: int = 0) -> Iterator[tuple[Module, ast.ClassDef]]:
    """The class of the program's own that an expression names, and those that it extends, nearest first."""
    place = defined(module, node)
    if place is None or depth > DEEPEST or place[1] not in place[0].classes:
        return
    owner, definition = place[0], place[0].classes[place[1]]
    yield owner, definition
    for base in definition.bases:
        yield from classes(owner, base, depth + 1)


def made_of(module: Module, node: ast.expr) -> str:
    """The qualified name of the class that a call makes an instance of: of a subclass, that of the first base that is defined
    in no module of the workspace (`flask.Flask` for `class Api(Flask)`)."""
    name = module.qualified(node)
    for owner, definition in classes(module, node):
        outer = [owner.qualified(base) for base in definition.bases]
        name = next((one for one in outer if one), name)
    return name


def argument(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """The argument a call gives under that name, or at that place."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if position is not None and position < len(call.args):
        given = call.args[position]
        return None if any(isinstance(a, ast.Starred) for a in call.args[: position + 1]) else given
    return None


def spreads(call: ast.Call) -> bool:
    """Whether `**options` may give more than is written."""
    return any(k.arg is None for k in call.keywords)
