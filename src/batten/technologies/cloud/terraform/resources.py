"""Terraform's resources as technologies/shared/aws reads them: modules, instances and dynamic blocks resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from batten.formats.expressions import Expression, Literal, Object, Traversal, Tuple
from batten.formats.hcl import Attribute, Block, Body
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Setting, Unknown
from batten.technologies.cloud.terraform.documents import KIND, document
from batten.technologies.cloud.terraform.evaluate import NOTHING, Evaluator
from batten.technologies.cloud.terraform.instances import MOST, Scope, members, scopes
from batten.technologies.cloud.terraform.module import Declared, Module, Tree
from batten.technologies.cloud.terraform.templates import document as parsed
from batten.technologies.cloud.terraform.values import Reference, Value
from batten.technologies.cloud.terraform.walk import spans, traversals
from batten.technologies.shared.aws.resource import Resource
from batten.technologies.shared.aws.resource import Value as Plain


@dataclass(slots=True)
class Held:
    """A resource, or a nested block of one: a `Resource`."""

    declared: Declared
    module: Module
    block_: Block
    type: str
    pointer: str
    scope: Scope = field(default_factory=lambda: NOTHING)

    @property
    def language(self) -> str:
        return "terraform"

    @property
    def name(self) -> str:
        return self.declared.shown

    @property
    def address(self) -> str:
        kind, name = self.declared.block.labels
        return f"{self.module.address}.{kind}.{name}".lstrip(".")

    @property
    def body(self) -> Body:
        return self.block_.body

    def block(self) -> Location:
        return self._block("")

    def _block(self, path: str) -> Location:
        pointer = f"{self.pointer}/{path}" if path else self.pointer
        if self.declared.call is not None:
            return self.declared.whole(pointer)
        source = self.declared.source_of(self.block_)
        return Location(source.path, pointer, self.block_.span, kind=Kind.BLOCK)

    def value(self, *path: str) -> Setting[Plain]:
        name, *rest = path
        whole = "/".join(path)
        if rest:
            inner = next(self.each(name), None)
            if inner is not None:
                return inner.value(*rest)
            return Setting(ABSENT if self.whole(name) else UNKNOWN, self._block(whole))
        attribute = self.body.attributes.get(name)
        if attribute is None:
            return self._nested(name)
        evaluator = self._evaluator()
        evaluator.spelled = self.type == "statement" and name in ("resources", "not_resources")
        value = plain(evaluator.value(attribute.expression), self.module)
        if value is None:
            return Setting(ABSENT, self._block(whole))
        return Setting(value, self._at(attribute, name, evaluator, value))

    def _nested(self, name: str) -> Setting[Plain]:
        """A block under that name, as the map of its attributes."""
        inner = next(self.each(name), None)
        if inner is not None:
            if isinstance(inner, Map):
                mapped = inner.values
            else:
                assert isinstance(inner, Held)
                made: dict[str, Plain] = {}
                for mapped_name in inner.body.attributes:
                    value = inner.value(mapped_name).value
                    if not isinstance(value, Absent):
                        made[mapped_name] = value
                mapped = made
            return Setting(mapped, inner.block())
        return Setting(ABSENT if self.whole(name) else UNKNOWN, self._block(name))

    def _evaluator(self) -> Evaluator:
        return Evaluator(self.module, self.scope)

    def _at(self, attribute: Attribute, name: str, evaluator: Evaluator, held: Plain) -> Location:
        at = self.declared.value(attribute, f"{self.pointer}/{name}", held, self.scope)
        through = tuple(dict.fromkeys(evaluator.through))
        if self.declared.call is not None:  # the argument of its own call is the place
            through = tuple(t for t in through if t.source != at.source or not _holds(self.declared.call, t))
        return Location(at.source, at.pointer, at.span, kind=at.kind, through=through) if through else at

    def each(self, *path: str) -> Iterator[Resource]:
        name, *rest = path
        for inner in self._each(name):
            if rest:
                yield from inner.each(*rest)
            else:
                yield inner

    def _each(self, name: str) -> Iterator[Resource]:
        number = -1
        for number, (block, scope) in enumerate(self._blocks(name)):
            numbered = f"{self.pointer}/{name}[{number}]" if number else f"{self.pointer}/{name}"
            yield Held(self.declared, self.module, block, name, numbered, scope)
        attribute = self.body.attributes.get(name)
        if attribute is not None and number < 0:
            # Maps written in a list, where people write blocks in other places.
            value = plain(self._evaluator().value(attribute.expression), self.module)
            items = value if isinstance(value, list) else [value]
            attribute = self._argument(attribute)
            written = attribute.expression
            inner = written.items if isinstance(written, Tuple) and len(written.items) == len(items) else ()
            for number, item in enumerate(items):
                if isinstance(item, dict):
                    expression = inner[number] if inner else written
                    yield Map(self, attribute, item, expression, name, f"{self.pointer}/{name}")

    def _blocks(self, name: str) -> Iterator[tuple[Block, Scope]]:
        for block in self.body.blocks:
            if block.type == name:
                yield block, self.scope
            elif block.type == "dynamic" and block.labels == [name]:
                yield from self._dynamic(block, name)

    def _dynamic(self, block: Block, name: str) -> Iterator[tuple[Block, Scope]]:
        content = block.body.first("content")
        pairs = self._pairs(block)
        named = block.body.attributes.get("iterator")
        held = named.expression if named else None
        iterator = held.root if isinstance(held, Traversal) else name
        for key, value in (pairs or ())[:MOST] if content is not None else ():
            if not self._evaluator().spend(20):
                return
            assert content is not None
            yield content, {**self.scope, iterator: {"key": key, "value": value}}

    def _pairs(self, dynamic: Block) -> list[tuple[Value, Value]] | None:
        attribute = dynamic.body.attributes.get("for_each")
        return None if attribute is None else members(self._evaluator().value(attribute.expression))

    def _argument(self, attribute: Attribute) -> Attribute:
        """The caller's argument that a module of the registry hands on as it is."""
        call, held = self.declared.call, attribute.expression
        if call is None or not isinstance(held, Traversal) or held.root != "var" or len(held.steps) != 1:
            return attribute
        return call.body.attributes.get(str(held.steps[0]), attribute)

    def whole(self, *path: str) -> bool:
        name, *rest = path
        for block in self.body.blocks:
            if block.type == "dynamic" and block.labels == [name] and self._pairs(block) is None:
                return False
        attribute = self.body.attributes.get(name)
        if attribute is not None and not self.body.all(name) and not self._listed(attribute):
            return False
        return not rest or all(inner.whole(*rest) for inner in self._each(name))

    def _listed(self, attribute: Attribute) -> bool:
        value = self._evaluator().value(attribute.expression)
        items = value if isinstance(value, list) else [value]
        return not any(isinstance(item, Unknown | Reference) for item in items)

    def parts(self, *path: str) -> list[Location]:
        name, *rest = path
        attribute = self.body.attributes.get(name)
        if attribute is None or self.declared.call is not None:
            return []
        at = self.value(name).at
        return [replace(at, span=span) for span in spans(attribute.expression, *rest)]

    def refers_to(self, *path: str) -> str:
        name, *rest = path
        if rest:
            inner = next(self.each(name), None)
            return "" if inner is None else inner.refers_to(*rest)
        attribute = self.body.attributes.get(name)
        if attribute is None:
            return ""
        value = self._evaluator().value(attribute.expression)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, Reference):
            return "" if value.data else value.address
        named = set(mentioned(self.module, attribute.expression)) if isinstance(value, Unknown) else set()
        return named.pop() if len(named) == 1 else ""  # a text made with it

    def looked_up(self, key: str) -> tuple[str, ...]:
        attribute = self.body.attributes.get(key)
        value = None if attribute is None else self._evaluator().value(attribute.expression)
        return tuple(texts(value, self.module))

    def unmanaged(self, key: str) -> bool:
        lifecycle = self.body.first("lifecycle")
        ignored = lifecycle.body.attributes.get("ignore_changes") if lifecycle is not None else None
        listed = ignored.expression.items if ignored and isinstance(ignored.expression, Tuple) else ()
        names = (one.root for one in listed if isinstance(one, Traversal))
        return key in names or any(isinstance(one, Literal) and one.value == key for one in listed)


def _holds(call: Declared, at: Location) -> bool:
    span = call.block.span
    return at.span is not None and span.start <= at.span.start < span.end


@dataclass(slots=True)
class Map:
    """A map that stands for a nested block: a `Resource`."""

    holder: Held
    attribute: Attribute
    values: dict[str, Plain]
    expression: Expression
    type: str
    pointer: str

    @property
    def language(self) -> str:
        return "terraform"

    @property
    def name(self) -> str:
        return self.holder.name

    @property
    def address(self) -> str:
        return self.holder.address

    def block(self) -> Location:
        return self._place(self.expression, self.pointer, Kind.BLOCK)

    def _place(self, expression: Expression, pointer: str, kind: Kind) -> Location:
        declared = self.holder.declared
        call = declared.call
        if call is not None and self.attribute is not call.body.attributes.get(self.attribute.name):
            return declared.whole(pointer)
        if call is not None:
            declared, pointer = call, f"module.{call.name}.{pointer}"
        source = declared.source_of(self.attribute)
        return Location(source.path, pointer, expression.span, kind=kind)

    def value(self, *path: str) -> Setting[Plain]:
        held: Plain = self.values
        expression = self.expression
        for step in path:
            inner = held[0] if isinstance(held, list) and held else held
            if isinstance(inner, Unknown):
                return Setting(UNKNOWN, self.block())
            held = inner.get(step) if isinstance(inner, dict) else None
            written = expression.get(step) if isinstance(expression, Object) else None
            expression = expression if written is None else written
        pointer = f"{self.pointer}/{'/'.join(path)}"
        if held is None:
            return Setting(ABSENT, self._place(self.expression, pointer, Kind.BLOCK))
        return Setting(held, self._place(expression, pointer, Kind.VALUE))

    def each(self, *path: str) -> Iterator[Resource]:
        held = self.value(*path).value
        for item in held if isinstance(held, list) else [held]:
            if isinstance(item, dict):
                pointer = f"{self.pointer}/{'/'.join(path)}"
                yield Map(self.holder, self.attribute, item, self.expression, path[-1], pointer)

    def whole(self, *path: str) -> bool:
        held = self.value(*path).value
        items = held if isinstance(held, list) else [held]
        return not any(isinstance(item, Unknown) for item in items)

    def parts(self, *path: str) -> list[Location]:
        return []  # one map says what another is made of

    def refers_to(self, *path: str) -> str:
        """What a map holds is known as values only."""
        return ""

    def looked_up(self, key: str) -> tuple[str, ...]:
        return ()

    def unmanaged(self, key: str) -> bool:
        return False


@dataclass
class ModuleResources:
    """The resources of a root module and of all that it calls: `Resources`. Only what stands in one of
    `folders` is given out; what the others declare may still be asked for by its address."""

    tree: Tree
    folders: frozenset[str]
    _by_type: dict[str, list[Held]] = field(default_factory=dict)
    _by_address: dict[str, Held] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for module in self.tree.modules:
            for (kind, _), declared in module.resources.items():
                for held in (
                    Held(declared, module, declared.block, kind, f"{kind}.{declared.name}", scope)
                    for scope in scopes(declared, Evaluator(module))
                ):
                    self._by_address.setdefault(held.address, held)
                    if module.folder in self.folders:
                        self._by_type.setdefault(kind, []).append(held)

    @property
    def complete(self) -> bool:
        return not self.tree.unread and all(module.complete for module in self.tree.modules)

    def of(self, *types: str) -> Iterator[Resource]:
        for type in types:
            yield from self._by_type.get(type, ())

    def get(self, address: str) -> Resource | None:
        return self._by_address.get(address)

    def handed_on(self, address: str) -> bool:
        return address in handed_on(self.tree)

    def users(self, address: str) -> list[Resource] | None:
        if self.handed_on(address) or address in self._shown:
            return None
        return [user for user in self._users.get(address, ()) if user.address != address]

    @cached_property
    def _shown(self) -> set[str]:
        root = self.tree.modules[0]
        values = [e for output in root.outputs.values() for e in expressions_of(output.body)]
        return {address for value in values for address in mentioned(root, value)}

    @cached_property
    def _users(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for module in self.tree.modules:
            for (kind, _), declared in module.resources.items():
                user = Held(declared, module, declared.block, kind, f"{kind}.{declared.name}")
                for named in {n for e in expressions_of(declared.body) for n in mentioned(module, e)}:
                    found.setdefault(named, []).append(user)
        return found

    def dormant(self, type_: str) -> Iterator[tuple[Resource, str]]:
        root = self.tree.modules[0]
        for declared in root.of(type_) if root.folder in self.folders else ():
            attributes = declared.body.attributes
            given = attributes.get("count") or attributes.get("for_each")
            if given is None or scopes(declared, Evaluator(root)):
                continue
            names = [t.steps[0] for t in traversals(given.expression) if t.root == "var" and t.steps]
            held = Held(declared, root, declared.block, type_, f"{type_}.{declared.name}")
            yield held, str(names[0]) if names else ""


def handed_on(tree: Tree) -> set[str]:
    """Addresses of the resources that are given to modules that are not on disk."""
    if tree.handed is None:
        calls = [(m, a.expression) for m, call in tree.unread for a in call.body.attributes.values()]
        tree.handed = {address for module, argument in calls for address in mentioned(module, argument)}
    return tree.handed


def resources(root: Module, folders: frozenset[str] | None = None) -> ModuleResources:
    tree = root.tree
    assert tree is not None
    return ModuleResources(tree, frozenset(m.folder for m in tree.modules) if folders is None else folders)


def mentioned(module: Module, expression: Expression) -> Iterator[str]:
    """Addresses of the resources that an expression mentions, also by way of a local or an argument."""
    for traversal in traversals(expression):
        waiting = [Evaluator(module).value(traversal)]
        while waiting:
            held = waiting.pop()
            if isinstance(held, list | dict):
                waiting += held.values() if isinstance(held, dict) else held
            elif isinstance(held, Reference) and not held.data:
                yield held.address


def expressions_of(body: Body) -> Iterator[Expression]:
    """All that the attributes of a block and of its nested blocks are set to."""
    for inner in (body, *(block.body for block in body.walk())):
        yield from (attribute.expression for attribute in inner.attributes.values())


def plain(value: Value, module: Module) -> Plain:
    """The value without references: a policy document is what it says, any other is UNKNOWN. A text that is
    a JSON object, or a list of them, is that."""
    match value:
        case Reference():
            if not value.data or value.kind != KIND or module.tree is None:
                return UNKNOWN
            found = next((m for m in module.tree.modules if m.address == value.module), None)
            declared = found.data.get((KIND, value.name)) if found else None
            if found is None or declared is None or "json" not in value.attribute:
                return UNKNOWN
            documents, key = module.tree.documents, (found.address, value.name)
            if key not in documents:
                documents[key] = UNKNOWN  # what takes itself in stays so
                documents[key] = document_of(declared, found)
            return documents[key]
        case str():
            held = parsed(value)
            return value if isinstance(held, str) else plain(held, module)
        case list():
            return [plain(item, module) for item in value]
        case dict():
            return {key: plain(item, module) for key, item in value.items()}
        case _:
            return value


def document_of(declared: Declared, module: Module) -> Plain:
    """The policy that a document of a module makes."""
    made = scopes(declared, Evaluator(module))
    if not made:
        return UNKNOWN
    scope: Mapping[str, Value] = made[0] if len(made) == 1 else {"each": UNKNOWN, "count": UNKNOWN}
    held = Held(declared, module, declared.block, KIND, f"data.{KIND}.{declared.name}", scope)
    return document(held)


def texts(value: Value, module: Module) -> Iterator[str]:
    """The texts in the data source that a value is an attribute of; nothing where it is of none."""
    if not isinstance(value, Reference) or not value.data or module.tree is None:
        return
    found = next((m for m in module.tree.modules if m.address == value.module), None)
    declared = found.data.get((value.kind, value.name)) if found else None
    if found is not None and declared is not None:
        yield from _texts(declared.block.body, Evaluator(found))


def _texts(body: Body, evaluator: Evaluator) -> Iterator[str]:
    for attribute in body.attributes.values():
        value = evaluator.value(attribute.expression)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                yield item
    for block in body.blocks:
        yield from _texts(block.body, evaluator)
