"""A Terraform module: the files of one folder, and what is declared in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.document import Text
from batten.formats.expressions import Expression
from batten.formats.hcl import Attribute, Block, Body, parse
from batten.formats.workspace import problem_line
from batten.model import Kind, Location, Problem, Span
from batten.model.record import record
from batten.technologies import Unit


@record
class Declared:
    """A block and the file it is in."""

    block: Block
    source: Text

    @property
    def name(self) -> str:
        return self.block.labels[-1] if self.block.labels else ""

    @property
    def body(self) -> Body:
        return self.block.body

    def value(self, thing: Attribute, pointer: str) -> Location:
        return Location(self.source.path, pointer, thing.expression.span, Kind.VALUE)

    def whole(self, pointer: str) -> Location:
        return self.place(self.block.span, pointer, Kind.BLOCK)

    def place(self, span: Span, pointer: str, kind: Kind) -> Location:
        return Location(self.source.path, pointer, span, kind)


@dataclass(slots=True, eq=False)
class Module:
    """`given` are variables that terraform.tfvars or an *.auto.tfvars sets; `varying` those that a file
    sets which is only read when it is named on the command line."""

    folder: str
    resources: dict[tuple[str, str], Declared] = field(default_factory=dict)
    data: dict[tuple[str, str], Declared] = field(default_factory=dict)
    variables: dict[str, Declared] = field(default_factory=dict)
    locals: dict[str, Expression] = field(default_factory=dict)
    providers: list[Declared] = field(default_factory=list)
    given: dict[str, Expression] = field(default_factory=dict)
    varying: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every file of the folder was read."""
        return not self.problems

    @property
    def reusable(self) -> bool:
        """Whether other modules are likely to call this one with values of their own."""
        return "modules" in self.folder.split("/")

    def of(self, kind: str) -> Iterator[Declared]:
        return (declared for (type_, _), declared in self.resources.items() if type_ == kind)


def load(unit: Unit, workspace: Workspace) -> Module:
    """What the files declare. A file that cannot be read is a problem of the module's."""
    module = Module(unit.main.rpartition("/")[0])
    for path in unit.files:
        try:
            document = workspace.document(path, parse)
        except SyntaxProblem as error:
            line = problem_line(workspace.text(path), error)
            module.problems.append(Problem(path, "parse", str(error), error.hint, line))
        except Unreadable as error:
            module.problems.append(Problem(path, "parse", str(error), error.hint, error.line))
        else:
            add = _add_values if path.endswith(".tfvars") else _add
            add(module, document.tree, document.source)
    return module


def _add(module: Module, body: Body, source: Text) -> None:
    for block in body.blocks:
        declared = Declared(block, source)
        match block.type, block.labels:
            case "resource", [kind, name]:
                module.resources[kind, name] = declared
            case "data", [kind, name]:
                module.data[kind, name] = declared
            case "variable", [name]:
                module.variables[name] = declared
            case "provider", [_]:
                module.providers.append(declared)
            case "locals", []:
                for attribute in block.body.attributes.values():
                    module.locals[attribute.name] = attribute.expression


def _add_values(module: Module, body: Body, source: Text) -> None:
    """terraform.tfvars first, then *.auto.tfvars in their order, the later ones winning."""
    name = source.path.rpartition("/")[2]
    if name == "terraform.tfvars":
        module.given = {**{a.name: a.expression for a in body.attributes.values()}, **module.given}
    elif name.endswith(".auto.tfvars"):
        module.given |= {a.name: a.expression for a in body.attributes.values()}
    else:
        module.varying |= set(body.attributes)
