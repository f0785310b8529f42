"""A Terraform module: the files of one folder, and what is declared in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from batten.formats import Workspace
from batten.formats.document import Text
from batten.formats.expressions import Expression, Literal, Object, Tuple
from batten.formats.hcl import Attribute, Block, Body
from batten.model import Kind, Location, Problem, Span
from batten.model.record import record
from batten.technologies.cloud.terraform.values import Value
from batten.technologies.cloud.terraform.walk import parts, traversals
from batten.technologies.shared.aws.resource import Value as Plain

TERRAGRUNT = "terragrunt.hcl"
CODE = (".tf", ".tofu", ".tf.json", ".tofu.json", TERRAGRUNT)
VALUES = (".tfvars", ".tfvars.json")
MOST_RESOURCES = 5_000
STEPS = 2_000_000  # evaluated expressions of one root: what is left after that is UNKNOWN


@record
class Declared:
    """A block and the file it is in. `sources`: the files of what an override file puts in its place,
    by the identity of the attribute or block. `call`: of a module of the registry, the block that calls it: its
    places are the arguments there."""

    block: Block
    source: Text
    sources: dict[int, Text] = field(default_factory=dict)
    call: Declared | None = None

    @property
    def name(self) -> str:
        return self.block.labels[-1] if self.block.labels else ""

    @property
    def shown(self) -> str:
        """The name that people know it by: of what a module of the registry makes, that of the call."""
        return self.name if self.call is None else self.call.name

    @property
    def body(self) -> Body:
        return self.block.body

    def source_of(self, thing: Attribute | Block) -> Text:
        return self.sources.get(id(thing), self.source)

    def value(
        self, thing: Attribute, pointer: str, held: object = None, scope: Mapping[str, Value] | None = None
    ) -> Location:
        """`held`: what it comes to, where that is known; `scope`: which instance it is of."""
        if self.call is not None:
            return argued(self.call, thing, f"module.{self.call.name}.{pointer}", held, scope or {})
        return Location(self.source_of(thing).path, pointer, thing.expression.span, kind=Kind.VALUE)

    def whole(self, pointer: str) -> Location:
        return self.place(self.block.span, pointer, Kind.BLOCK)

    def place(self, span: Span, pointer: str, kind: Kind) -> Location:
        if self.call is not None:
            whole = f"module.{self.call.name}.{pointer}"
            return Location(self.call.source.path, whole, self.call.block.span, kind=Kind.BLOCK)
        return Location(self.source.path, pointer, span, kind=kind)


def argued(
    call: Declared, thing: Attribute, pointer: str, held: object, scope: Mapping[str, Value]
) -> Location:
    """The argument of a call that decides what a module of the registry writes, or the call where none is given."""
    names = (t.steps[0] for t in traversals(thing.expression) if t.root == "var" and t.steps)
    given = next((a for name in names if (a := call.body.attributes.get(str(name))) is not None), None)
    if given is None:
        return Location(call.source.path, pointer, call.block.span, kind=Kind.BLOCK)
    # The item of a list, or of a map, that an instance is made from.
    argument = given.expression
    count, each = scope.get("count"), scope.get("each")
    number = count.get("index") if isinstance(count, dict) else None
    if isinstance(argument, Tuple) and isinstance(number, int) and 0 <= number < len(argument.items):
        whole = argument.items[number]
    else:
        key = each.get("key") if isinstance(each, dict) else None
        whole = (isinstance(argument, Object) and isinstance(key, str) and argument.get(key)) or argument
    found = list(entries(whole, thing.name))
    same = [e for e in found if isinstance(e, Literal) and e.value == held]
    inner = (same or found or [whole])[0]
    return Location(call.source_of(given).path, pointer, inner.span, kind=Kind.VALUE)


def entries(expression: Expression, key: str) -> Iterator[Expression]:
    """What an argument sets a key of its objects to, in order."""
    waiting = [expression]
    while waiting:
        held = waiting.pop()
        if isinstance(held, Object):
            yield from (i.value for i in held.items if isinstance(i.key, Literal) and i.key.value == key)
        waiting += parts(held)[::-1]


@dataclass(slots=True, eq=False)
class Tree:
    """A root module with the modules it calls. `left` is what evaluation may still cost."""

    workspace: Workspace
    modules: list[Module] = field(default_factory=list)
    unread: list[tuple[Module, Declared]] = field(default_factory=list)  # calls of modules not on disk
    documents: dict[tuple[str, str], Plain] = field(default_factory=dict)
    handed: set[str] | None = None  # addresses that `unread` calls are given; None: not looked at yet
    naming: dict[str, dict[str, set[int]]] = field(
        default_factory=dict
    )  # kind, address of a bucket: which modules
    logged: dict[str, set[str]] | None = None  # address of a module: its buckets that take logs
    left: int = STEPS


@record
class Caller:
    """Who calls a module: its `module` block, and `each` or `count` there."""

    module: Module
    call: Declared
    scope: Mapping[str, Value]


@dataclass(slots=True, eq=False)
class Module:
    """`given` are variables that terraform.tfvars or an *.auto.tfvars sets; `varying` those that a file
    sets which is only read when it is named on the command line. A module that is called has an
    `address`, and is there once for each call."""

    folder: str
    resources: dict[tuple[str, str], Declared] = field(default_factory=dict)
    data: dict[tuple[str, str], Declared] = field(default_factory=dict)
    variables: dict[str, Declared] = field(default_factory=dict)
    locals: dict[str, Expression] = field(default_factory=dict)
    calls: dict[str, Declared] = field(default_factory=dict)
    outputs: dict[str, Declared] = field(default_factory=dict)
    providers: list[Declared] = field(default_factory=list)
    values: list[Declared] = field(default_factory=list)  # files of values, whole
    settled: list[Declared] = field(default_factory=list)  # `locals` blocks
    given: dict[str, Expression] = field(default_factory=dict)
    varying: set[str] = field(default_factory=set)
    stateful: bool = False  # a `terraform` block says where its state is kept
    problems: list[Problem] = field(default_factory=list)
    address: str = ""
    exemplified: bool = False  # a folder of examples calls it
    library: bool = False  # of the registry: its files are not here, and what it makes is described
    caller: Caller | None = None
    tree: Tree | None = None
    children: dict[str, list[Module]] = field(default_factory=dict)
    by_kind: dict[str, list[Declared]] = field(default_factory=dict)
    memo: dict[str, tuple[Value, tuple[Location, ...]]] = field(default_factory=dict)
    parts: dict[str, object] = field(default_factory=dict)  # kind: which bucket each resource of it is about
    _overridden: bool | None = None

    @property
    def complete(self) -> bool:
        """Whether every file of the folder was read."""
        return not self.problems

    @property
    def overridden(self) -> bool:
        """Whether an override file changes a resource of another file."""
        if self._overridden is None:
            self._overridden = any(declared.sources for declared in self.resources.values())
        return self._overridden

    @property
    def reusable(self) -> bool:
        """Whether modules elsewhere are likely to call this one with values of their own: it takes and gives,
        and names no provider, state or values, or examples show how it is called. Source:
        https://developer.hashicorp.com/terraform/language/modules/develop/providers"""
        library = self.variables and self.outputs and not (self.providers or self.values or self.stateful)
        return bool(library) or self.exemplified or "modules" in self.folder.split("/")

    def of(self, kind: str) -> Iterator[Declared]:
        if not self.by_kind:
            for (type_, _), declared in self.resources.items():
                self.by_kind.setdefault(type_, []).append(declared)
        yield from self.by_kind.get(kind, ())


def folder_of(path: str) -> str:
    return path.rpartition("/")[0]
