"""What Terraform expressions come to.

A root module is read as it is applied where nobody gives other values: a variable has what terraform.tfvars
says, or its default. A module that is called has its caller's arguments. What only a plan, a provider or a
caller outside the folder knows is UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from batten.formats import expressions
from batten.model import UNKNOWN, Location, Unknown
from batten.technologies.cloud.terraform import files, functions
from batten.technologies.cloud.terraform.module import Declared, Module
from batten.technologies.cloud.terraform.operators import operation
from batten.technologies.cloud.terraform.templates import SPELLED, filled, partly
from batten.technologies.cloud.terraform.values import LARGEST, Failure, Reference, Value, bounded, same, text
from batten.technologies.cloud.terraform.variables import converted

__all__ = ["Evaluator", "Reference", "Value"]

DEEPEST = 120
NOTHING: Mapping[str, Value] = MappingProxyType({})
_MISSING = object()


@dataclass(slots=True)
class Evaluator:
    """`scope`: names that are known here only, as `each` and those of a `for`. `through` gathers the
    arguments of callers that what was evaluated depends on. `spelled`: a text that is known in part keeps that part."""

    module: Module
    scope: Mapping[str, Value] = field(default_factory=lambda: NOTHING)
    depth: int = 0
    through: list[Location] = field(default_factory=list)
    repeated: bool = False  # in a `for`, where each step counts
    spelled: bool = False

    def value(self, expression: expressions.Expression) -> Value:
        """Lists and objects are known even where some of their members are not."""
        try:
            return self.strictly(expression)
        except Failure:
            return UNKNOWN

    def strictly(self, expression: expressions.Expression) -> Value:
        """Raises Failure where Terraform would stop with an error."""
        if self.depth > DEEPEST or (self.repeated and not self.spend(1)):
            return UNKNOWN
        self.depth += 1
        try:
            read = _READERS.get(type(expression))
            return UNKNOWN if read is None else read(self, expression)
        finally:
            self.depth -= 1

    def spend(self, steps: int) -> bool:
        tree = self.module.tree
        if tree is None:
            return steps < LARGEST
        tree.left -= steps
        return tree.left > 0

    def within(self, scope: Mapping[str, Value]) -> Evaluator:
        """The same with more names known."""
        scope = {**self.scope, **scope}
        return Evaluator(self.module, scope, self.depth, self.through, self.repeated, self.spelled)

    def _literal(self, expression: expressions.Literal) -> Value:
        return expression.value

    def _parentheses(self, expression: expressions.Parentheses) -> Value:
        return self.strictly(expression.inner)

    def _tuple(self, expression: expressions.Tuple) -> Value:
        return [self.strictly(item) for item in expression.items]

    def _object(self, expression: expressions.Object) -> Value:
        made: dict[str, Value] = {}
        for item in expression.items:
            key = item.key.value if isinstance(item.key, expressions.Literal) else self.strictly(item.key)
            written = text(key)
            if written is None:
                return UNKNOWN
            before, self.spelled = self.spelled, self.spelled or written in SPELLED
            try:
                made[written] = self.strictly(item.value)
            finally:
                self.spelled = before
        return made

    def _template(self, expression: expressions.Template) -> Value:
        parts = [self.strictly(part) for part in expression.parts]
        held = filled(parts)
        return partly(parts) if self.spelled and isinstance(held, Unknown) and len(parts) > 1 else held

    def _conditional(self, expression: expressions.Conditional) -> Value:
        condition = self.strictly(expression.condition)
        if condition in ("true", "false"):
            condition = condition == "true"
        if isinstance(condition, bool):
            return self.strictly(expression.then if condition else expression.otherwise)
        one, two = self.value(expression.then), self.value(expression.otherwise)
        if isinstance(one, Reference):
            return one if one == two else UNKNOWN
        return one if same(one, two) is True else UNKNOWN

    def _operation(self, expression: expressions.Operation) -> Value:
        return operation(expression.operator, [self.strictly(operand) for operand in expression.operands])

    def _call(self, expression: expressions.Call) -> Value:
        name = expression.name.rpartition("::")[2]  # `core::merge` is how it may also be written
        match name:
            case "try":
                for argument in expression.args:
                    try:
                        return self.strictly(argument)
                    except Failure:
                        continue
                raise Failure
            case "can":
                try:
                    value = self.strictly(expression.args[0]) if expression.args else UNKNOWN
                except Failure:
                    return False
                return UNKNOWN if isinstance(value, Unknown | Reference) else True
        values = [self.strictly(argument) for argument in expression.args]
        if expression.spread:
            last = values.pop()
            if not isinstance(last, list):
                return UNKNOWN
            values += last
        if self.repeated and not self.spend(sum(len(v) for v in values if isinstance(v, list | dict | str))):
            return UNKNOWN
        if name in files.FUNCTIONS:
            return files.call(name, values, self._root(), self.module, self._parsed)
        return functions.call(name, values)

    def _root(self) -> str:
        module = self.module
        while module.caller is not None:
            module = module.caller.module
        return module.folder

    def _parsed(self, template: expressions.Expression, names: Mapping[str, Value]) -> Value:
        """A file's template, which knows only the names it is given."""
        return Evaluator(self.module, names, self.depth + 1, self.through, self.repeated).strictly(template)

    def _for(self, expression: expressions.For) -> Value:
        collection = self.strictly(expression.collection)
        # Keys and members as `for` goes through them: maps in the order of their keys.
        match collection:
            case dict():
                pairs: list[tuple[Value, Value]] | None = [
                    (key, collection[key]) for key in sorted(collection)
                ]
            case list():
                pairs = list(enumerate(collection))
            case _:
                pairs = None
        if pairs is None or not self.spend(len(pairs)):
            return UNKNOWN
        made: list[tuple[Value, Value]] = []
        for key, item in pairs:
            names = (key, item)[-len(expression.names) :] if expression.names else ()
            inner = self.within(dict(zip(expression.names, names, strict=False)))
            inner.repeated = True
            if expression.condition is not None:
                kept = inner.strictly(expression.condition)
                if not isinstance(kept, bool):
                    return UNKNOWN
                if not kept:
                    continue
            at = None if expression.key is None else inner.strictly(expression.key)
            made.append((at, inner.strictly(expression.result)))
        if expression.key is None:
            return [held for _, held in made]
        mapped_made: dict[str, Value] = {}
        for key, value in made:
            written = text(key)
            if written is None:
                return UNKNOWN
            held = mapped_made.get(written)
            if expression.grouped:
                mapped_made[written] = [*held, value] if isinstance(held, list) else [value]
            elif written in mapped_made:
                raise Failure
            else:
                mapped_made[written] = value
        return mapped_made

    def _access(self, expression: expressions.Access) -> Value:
        return self.steps(self.strictly(expression.base), expression.steps)

    def _traversal(self, expression: expressions.Traversal) -> Value:
        if expression.root in self.scope:
            return self.steps(self.scope[expression.root], expression.steps)
        match expression.root, expression.steps:
            case "var", (str() as name, *rest):
                return self.steps(self._settled(f"var.{name}", lambda: self._given(name)), rest)
            case "local", (str() as name, *rest):
                return self.steps(self._settled(f"local.{name}", lambda: self._local(name)), rest)
            case "module", (str() as name, *rest):
                return self._called(name, rest)
            case "path", ("module",):
                return self.module.folder or "."
            case "path", ("root" | "cwd",):
                return self._root() or "."
            case "data", (str() as kind, str() as name, *rest):
                return Reference(kind, name, _attribute(rest), True, self.module.address)
            case kind, (str() as name, *rest) if (kind, name) in self.module.resources:
                return Reference(kind, name, _attribute(rest), False, self.module.address)
            case _:
                return UNKNOWN

    def _settled(self, key: str, make: Callable[[], tuple[Value, list[Location]]]) -> Value:
        """A variable, local or output is worked out once. What names itself is UNKNOWN."""
        known = self.module.memo.get(key)
        if known is None:
            self.module.memo[key] = (UNKNOWN, ())
            try:
                value, through = make()
            except Failure:
                value, through = UNKNOWN, []
            known = self.module.memo[key] = (bounded(value), tuple(dict.fromkeys(through)))
        self.through += known[1]
        return known[0]

    def _alone(self) -> Evaluator:
        return Evaluator(self.module, NOTHING, self.depth + 1)

    def _local(self, name: str) -> tuple[Value, list[Location]]:
        held = self.module.locals.get(name)
        alone = self._alone()
        return (UNKNOWN if held is None else alone.value(held)), alone.through

    def _given(self, name: str) -> tuple[Value, list[Location]]:
        """A variable's value: its caller's argument, or what files of values say, or its default."""
        declared = self.module.variables.get(name)
        if declared is None or self._flag(declared, "sensitive"):
            return UNKNOWN, []
        value, through = self._passed(name, declared)
        default = declared.body.attributes.get("default")
        if value is _MISSING or (value is None and self._flag(declared, "nullable") is False):
            value = UNKNOWN if default is None else self._alone().value(default.expression)
        typed = declared.body.attributes.get("type")
        return converted(value, typed.expression if typed else None), through

    def _flag(self, declared: Declared, name: str) -> bool | None:
        attribute = declared.body.attributes.get(name)
        held = attribute.expression if attribute else None
        return held.value if isinstance(held, expressions.Literal) and isinstance(held.value, bool) else None

    def _passed(self, name: str, declared: Declared) -> tuple[Any, list[Location]]:
        """What is given from outside; _MISSING when nothing is."""
        module = self.module
        if module.caller is None:
            if name in module.varying or module.reusable:
                return UNKNOWN, []
            given = module.given.get(name)
            return (_MISSING if given is None else self._alone().value(given)), []
        call = module.caller.call
        argument = call.body.attributes.get(name)
        if argument is None:
            return _MISSING, []
        caller = Evaluator(module.caller.module, module.caller.scope, self.depth + 1)
        value = caller.value(argument.expression)
        here = call.value(argument, f"module.{call.name}/{name}")
        return value, [here, *caller.through]

    def _called(self, name: str, steps: list[expressions.Step]) -> Value:
        """An output of a module. Modules that are not on disk have none that are known."""
        children, rest = self.module.children.get(name, []), steps
        if {"count", "for_each"} & set(self.module.calls[name].body.attributes) if children else False:
            # The instance of a call that the first step picks.
            step = steps[0] if steps else None
            if step is None or isinstance(step, expressions.Splat) or len(children) == 1:
                instance: list[Module] = (
                    [] if step is None or isinstance(step, expressions.Splat) else children
                )
            else:
                key = self.strictly(step.expression) if isinstance(step, expressions.Index) else step
                instance = [child for child in children if instance_key(child) == key]
            children, rest = instance, steps[1:]
        if not children or not rest or not isinstance(rest[0], str):
            return UNKNOWN
        return self.steps(self._output(children[0], rest[0]), rest[1:])

    def _output(self, child: Module, name: str) -> Value:
        output = child.outputs.get(name)
        value = output.body.attributes.get("value") if output else None
        if value is None:
            return UNKNOWN
        inner = Evaluator(child, NOTHING, self.depth + 1)

        def made() -> tuple[Value, list[Location]]:
            held = inner.value(value.expression)
            return held, list(inner.through)

        held = inner._settled(f"output.{name}", made)
        self.through += inner.through
        return held

    def steps(self, value: Value, steps: tuple[expressions.Step, ...] | list[expressions.Step]) -> Value:
        """The value that attribute names and indices lead to. Raises Failure when there is none."""
        for number, step in enumerate(steps):
            if isinstance(step, expressions.Splat):
                rest = steps[number + 1 :]
                match value:
                    case Unknown():
                        return UNKNOWN
                    case Reference():
                        return self.steps(value, [s for s in rest if isinstance(s, str)])
                    case None:
                        return []
                    case list():
                        return [self.steps(item, rest) for item in value]
                    case _:
                        return [self.steps(value, rest)]
            key = self.strictly(step.expression) if isinstance(step, expressions.Index) else step
            if isinstance(value, Unknown) or isinstance(key, Unknown | Reference):
                return UNKNOWN
            value = _member(value, key)
        return value


_READERS: Mapping[type, Callable[[Evaluator, Any], Value]] = {
    expressions.Literal: Evaluator._literal,
    expressions.Parentheses: Evaluator._parentheses,
    expressions.Tuple: Evaluator._tuple,
    expressions.Object: Evaluator._object,
    expressions.Template: Evaluator._template,
    expressions.Conditional: Evaluator._conditional,
    expressions.Operation: Evaluator._operation,
    expressions.Call: Evaluator._call,
    expressions.For: Evaluator._for,
    expressions.Access: Evaluator._access,
    expressions.Traversal: Evaluator._traversal,
}


def instance_key(module: Module) -> Value:
    """The key of a module that is called many times: that of `for_each`, or the number of `count`."""
    scope = module.caller.scope if module.caller else NOTHING
    each, count = scope.get("each"), scope.get("count")
    if isinstance(each, dict):
        return each["key"]
    return count["index"] if isinstance(count, dict) else None


def _attribute(steps: list[expressions.Step]) -> str:
    """The attribute a reference ends in; the instance it picks does not matter here."""
    return next((s for s in reversed(steps) if isinstance(s, str)), "")


def _member(value: Value, key: Value) -> Value:
    match value, key:
        case Reference(), str() if not value.attribute:
            return Reference(value.kind, value.name, key, value.data, value.module)
        case Reference(), _:
            return value
        case dict(), str() | int():
            if str(key) not in value:
                raise Failure
            return value[str(key)]
        case list(), int() if not isinstance(key, bool):
            if not 0 <= key < len(value):
                raise Failure
            return value[key]
        case None, _:
            raise Failure
        case _:
            return UNKNOWN
