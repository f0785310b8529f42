"""JSON Schema 2020-12, as the contract's dialect makes it of every OpenAPI schema, compiled to Lua.

Each schema becomes a function `F[n](v)`; constants lie in `K`. What cannot be compiled is not asked, and
named: a text is let through rather than refused for what was not understood. Where that would turn around
(`not`, `if`, `oneOf` and what counts), the whole keyword is left out and named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from batten.guard.lua import automaton, exactness, text
from batten.guard.lua.formats import GRAMMARS, RANGES
from batten.guard.lua.multiples import scaled
from batten.guard.lua.text import indented, number, quoted

Schema = Any
NUMBERS = (("maximum", ">", "> 0"), ("minimum", "<", "< 0"), ("exclusiveMaximum", ">=", ">= 0"),
           ("exclusiveMinimum", "<=", "<= 0"))  # fmt: skip


@dataclass(slots=True)
class Compiler:
    """Of one program: schemas and constants that are the same are there once."""

    functions: list[list[str]] = field(default_factory=list)
    constants: list[str] = field(default_factory=list)
    markers: list[list[str]] = field(default_factory=list)  # E[n](v, seen): the members that were evaluated
    _constants: dict[str, int] = field(default_factory=dict)
    _functions: dict[tuple[str, ...], int] = field(default_factory=dict)

    def compile(self, root: Schema) -> tuple[str, tuple[str, ...]]:
        """A condition over `v` ("true" where everything is valid), and what it leaves out."""
        compilation = Compilation(self, root)
        return compilation.called(root, "v"), tuple(sorted(compilation.left_out))

    def constant(self, expression: str) -> str:
        if expression not in self._constants:
            self.constants.append(expression)
            self._constants[expression] = len(self.constants)
        return f"K[{self._constants[expression]}]"

    def matcher(self, pattern: str) -> str:
        return self.constant(text.automaton(automaton.compiled(pattern)))

    def reserved(self) -> int:
        self.functions.append([])
        return len(self.functions)

    def lines(self) -> Iterator[str]:
        """The program's body; in portions, for a Lua function holds only so much."""
        statements = [[f"K[{n}] = {expression}"] for n, expression in enumerate(self.constants, 1)]
        for name, bodies in (("F", self.functions), ("E", self.markers)):
            head = "v" if name == "F" else "v, seen"
            statements += [
                [f"{name}[{n}] = function({head})", *indented(body), "end"]
                for n, body in enumerate(bodies, 1)
                if body
            ]
        for start in range(0, len(statements), 40):
            yield "(function()"
            for statement in statements[start : start + 40]:
                yield from indented(statement)
            yield "end)();"


class Compilation:
    """Of one root, which `$ref`s are pointers into."""

    def __init__(self, compiler: Compiler, root: Schema) -> None:
        self.compiler = compiler
        self.root = root
        self.left_out: set[str] = set()
        self._numbers: dict[int, int] = {}
        self._markers: dict[int, int] = {}
        self._inexact: dict[int, bool] = {}
        self._cyclic = self._cycles()

    # Which schemas there are

    def target(self, schema: dict[str, Any]) -> Schema:
        """What a `$ref` names. Those that the dialect writes are never broken."""
        value = self.root
        for token in schema["$ref"][2:].split("/"):
            token = token.replace("~1", "/").replace("~0", "~")
            value = value[int(token)] if isinstance(value, list) else value[token]
        return value

    def beside(self, schema: Schema) -> list[Schema]:
        more = [self.target(schema)] if isinstance(schema, dict) and "$ref" in schema else []
        return [*exactness.beside(schema), *more]

    def _cycles(self) -> set[int]:
        """Schemas whose `$ref` leads back to them without a step into the value: that never ends."""
        cyclic: set[int] = set()
        state: dict[int, int] = {}
        pending: list[tuple[Schema, bool]] = [(schema, False) for schema in self._all(self.root)]
        path: list[int] = []
        while pending:
            schema, done = pending.pop()
            if done:
                state[id(schema)] = 2
                path.pop()
                continue
            if not isinstance(schema, dict) or id(schema) in state:
                continue
            state[id(schema)] = 1
            path.append(id(schema))
            pending.append((schema, True))
            for child in self.beside(schema):
                if isinstance(child, dict) and state.get(id(child)) == 1:
                    cyclic.update(path[path.index(id(child)) :])
                pending.append((child, False))
        return cyclic

    def _all(self, root: Schema) -> list[Schema]:
        """All schemas that are reached from one, itself included."""
        found: dict[int, Schema] = {}
        pending = [root]
        while pending:
            schema = pending.pop()
            if not isinstance(schema, dict) or id(schema) in found:
                continue
            found[id(schema)] = schema
            pending += exactness.children(schema)
            if "$ref" in schema:
                pending.append(self.target(schema))
        return list(found.values())

    def is_exact(self, schema: Schema) -> bool:
        """Whether all of a schema can be compiled."""
        key = id(schema)
        if key not in self._inexact:
            self._inexact[key] = any(
                id(each) in self._cyclic or any(exactness.own(each)) for each in self._all(schema)
            )
        return not self._inexact[key]

    def has_exactly(self, key: str, *schemas: Schema) -> bool:
        if all(self.is_exact(schema) for schema in schemas):
            return True
        self.left_out.add(f"{key} (something in it cannot be compiled)")
        return False

    # Functions

    def called(self, schema: Schema, value: str) -> str:
        """A condition: whether `value` is valid."""
        if schema is False:
            return "false"
        if not isinstance(schema, dict):
            return "true"
        found = self._numbers.get(id(schema))
        if found is None:
            found = self._numbers[id(schema)] = self.compiler.reserved()
            self.compiler.functions[found - 1] = self._body(schema)
        return f"F[{found}]({value})" if self.compiler.functions[found - 1] != ["return true"] else "true"

    def _body(self, schema: dict[str, Any]) -> list[str]:
        if id(schema) in self._cyclic:
            self.left_out.add("a $ref that leads back to itself")
            return ["return true"]
        self.left_out.update(exactness.own(schema))
        by_kind = {
            "string": list(self._of_strings(schema)),
            "number": list(self._of_numbers(schema, False)),
            "large": list(self._of_numbers(schema, True)),
            "object": list(self._of_objects(schema)),
            "array": list(self._of_arrays(schema)),
        }
        lines = [*self._of_type(schema), *self._of_values(schema)]
        word = "if"
        for kind, checks in by_kind.items():
            if checks:
                lines += [f'{word} t == "{kind}" then', *indented(checks)]
                word = "elseif"
        lines += ["end"] if word == "elseif" else []
        lines += [*self._of_schemas(schema), *self._of_the_rest(schema)]
        if not lines:
            return ["return true"]
        return ["local t = kind(v)", *lines, "return true"]

    def _of_type(self, schema: dict[str, Any]) -> Iterator[str]:
        written = schema.get("type")
        kinds = [written] if isinstance(written, str) else written
        if not isinstance(kinds, list):
            return
        tests = []
        for kind in kinds:
            if kind == "number":
                tests += ['t == "number"', 't == "large"']
            elif kind == "integer":
                tests += ['t == "number" and v % 1 == 0', 't == "large"']
            else:
                tests.append(f't == "{kind}"')
        yield f"if not ({' or '.join(f'({test})' for test in tests) or 'false'}) then return false end"

    def _of_values(self, schema: dict[str, Any]) -> Iterator[str]:
        for key in ("enum", "const"):
            if key not in schema:
                continue
            values = schema["enum"] if key == "enum" else [schema["const"]]
            tests = []
            scalars = [value for value in values if text.is_scalar(value)]
            if scalars:
                rows = dict.fromkeys(f"[{text.scalar(value)}] = true" for value in scalars)
                tests.append(f"{self.compiler.constant('{' + ', '.join(rows) + '}')}[v]")
            others = [f"[R.canonical({text.decoded(v)})] = true" for v in values if not text.is_scalar(v)]
            if others:
                known = self.compiler.constant("{" + ", ".join(others) + "}")
                tests.append(f'(type(v) == "table" and {known}[R.canonical(v)])')
            yield f"if not ({' or '.join(tests) or 'false'}) then return false end"

    def _of_strings(self, schema: dict[str, Any]) -> Iterator[str]:
        if "maxLength" in schema:
            most = number(schema["maxLength"])
            yield f"if #v > {most} and R.length(v) > {most} then return false end"
        if schema.get("minLength"):
            least = number(schema["minLength"])
            yield f"if #v < {least} or R.length(v) < {least} then return false end"
        if "pattern" in schema and not exactness.objection(schema["pattern"]):
            yield f"if not R.matches({self.compiler.matcher(schema['pattern'])}, v) then return false end"
        name = schema.get("format")
        if isinstance(name, str) and name in GRAMMARS:
            matcher = self.compiler.matcher(f"^(?:{GRAMMARS[name]})$")
            more = f" and {RANGES[name]}" if name in RANGES else ""
            yield f"if not (R.matches({matcher}, v){more}) then return false end"

    def _of_numbers(self, schema: dict[str, Any], large: bool) -> Iterator[str]:
        for key, operator, order in NUMBERS:
            bound = schema.get(key)
            if bound is None or isinstance(bound, bool):
                continue
            if large or (isinstance(bound, int) and abs(bound) > text.EXACT):
                constant = self.compiler.constant(text.decoded(bound))
                yield f"if R.compare(v, {constant}) {order} then return false end"
            else:
                yield f"if v {operator} {number(bound)} then return false end"
        parts = scaled(schema["multipleOf"]) if "multipleOf" in schema else None
        if parts is not None:
            yield f"if not R.is_multiple(v, {parts[0]}, {parts[1]}) then return false end"

    # Objects

    def _of_objects(self, schema: dict[str, Any]) -> Iterator[str]:
        yield from self._counted(schema, "v[1]", "Properties")
        properties = schema.get("properties", {})
        required = dict.fromkeys(schema.get("required", ()))
        closed = schema.get("additionalProperties") is False and not schema.get("patternProperties")
        if closed and properties:
            yield "local known, x = 0"
        elif properties:
            yield "local x"
        for name, member in properties.items():
            yield from self._member(name, self.called(member, "x"), name in required, closed)
        for name in required:
            if name not in properties:
                yield f"if v[{quoted(name)}] == nil then return false end"
        if closed:
            yield f"if v[1] ~= {'known' if properties else 0} then return false end"
        else:
            yield from self._each_member(schema)
        yield from self._dependents(schema)

    def _member(self, name: str, condition: str, required: bool, counted: bool) -> Iterator[str]:
        yield f"x = v[{quoted(name)}]"
        count = ["known = known + 1"] if counted else []
        check = [f"if not {condition} then return false end"] if condition != "true" else []
        if required:
            yield "if x == nil then return false end"
            yield from (*check, *count)
        elif check or count:
            yield "if x ~= nil then"
            yield from indented((*check, *count))
            yield "end"

    def _each_member(self, schema: dict[str, Any]) -> Iterator[str]:
        lines: list[str] = []
        if "propertyNames" in schema:
            lines += _unless(self.called(schema["propertyNames"], "k"))
        patterns = schema.get("patternProperties", {})
        further = self.called(schema.get("additionalProperties", True), "x")
        unfit = any(exactness.objection(p) for p in patterns)
        if unfit:  # what it names would be taken for further members
            further = "true"
        if further != "true":
            known = self.compiler.constant(text.names(schema.get("properties", {})))
            lines.append(f"local further = not {known}[k]")
        for pattern, member in patterns.items():
            if exactness.objection(pattern):
                continue
            inside = [*_unless(self.called(member, "x")), *(["further = false"] if further != "true" else [])]
            if inside:
                lines += [f"if R.matches({self.compiler.matcher(pattern)}, k) then", *indented(inside), "end"]
        if further != "true":
            lines.append(f"if further and not {further} then return false end")
        if lines:
            yield from ("for k, x in next, v do", "  if k ~= 1 then")
            yield from indented(indented(lines))
            yield from ("  end", "end")

    def _dependents(self, schema: dict[str, Any]) -> Iterator[str]:
        for name, needed in schema.get("dependentRequired", {}).items():
            tests = [f"v[{quoted(other)}] == nil" for other in needed]
            if tests:
                yield f"if v[{quoted(name)}] ~= nil and ({' or '.join(tests)}) then return false end"
        for name, dependent in schema.get("dependentSchemas", {}).items():
            condition = self.called(dependent, "v")
            if condition != "true":
                yield f"if v[{quoted(name)}] ~= nil and not {condition} then return false end"

    def _counted(self, schema: dict[str, Any], count: str, noun: str) -> Iterator[str]:
        if "max" + noun in schema:
            yield f"if {count} > {number(schema['max' + noun])} then return false end"
        if schema.get("min" + noun):
            yield f"if {count} < {number(schema['min' + noun])} then return false end"

    # Arrays

    def _of_arrays(self, schema: dict[str, Any]) -> Iterator[str]:
        yield from self._counted(schema, "v[0]", "Items")
        first = schema.get("prefixItems", ())
        for index, item in enumerate(first, 1):
            condition = self.called(item, f"v[{index}]")
            if condition != "true":
                yield f"if v[0] >= {index} and not {condition} then return false end"
        items = self.called(schema.get("items", True), "v[i]")
        if items != "true":
            yield f"for i = {len(first) + 1}, v[0] do if not {items} then return false end end"
        yield from self._contained(schema)
        if schema.get("uniqueItems") is True:
            yield "if not R.is_unique(v) then return false end"

    def _contained(self, schema: dict[str, Any]) -> Iterator[str]:
        if "contains" not in schema:
            return
        wanted, least, most = schema["contains"], schema.get("minContains", 1), schema.get("maxContains")
        if most is not None and not self.has_exactly("contains", wanted):
            return
        yield "local found = 0"
        yield f"for i = 1, v[0] do if {self.called(wanted, 'v[i]')} then found = found + 1 end end"
        if least:
            yield f"if found < {number(least)} then return false end"
        if most is not None:
            yield f"if found > {number(most)} then return false end"

    # Schemas of the same value

    def _of_schemas(self, schema: dict[str, Any]) -> Iterator[str]:
        if "$ref" in schema:
            yield from _unless(self.called(self.target(schema), "v"))
        for branch in schema.get("allOf", ()):
            yield from _unless(self.called(branch, "v"))
        if "anyOf" in schema:
            tests = [self.called(branch, "v") for branch in schema["anyOf"]]
            if "true" not in tests:
                yield f"if not ({' or '.join(tests) or 'false'}) then return false end"
        if "oneOf" in schema and self.has_exactly("oneOf", *schema["oneOf"]):
            yield "local fitting = 0"
            for branch in schema["oneOf"]:
                yield f"if {self.called(branch, 'v')} then fitting = fitting + 1 end"
            yield "if fitting ~= 1 then return false end"
        if "not" in schema and self.has_exactly("not", schema["not"]):
            yield f"if {self.called(schema['not'], 'v')} then return false end"
        yield from self._conditional(schema)

    def _conditional(self, schema: dict[str, Any]) -> Iterator[str]:
        if "if" not in schema or not ("then" in schema or "else" in schema):
            return
        if self.has_exactly("if", schema["if"]):
            yield f"if {self.called(schema['if'], 'v')} then"
            yield from indented(_unless(self.called(schema.get("then", True), "v")))
            yield "else"
            yield from indented(_unless(self.called(schema.get("else", True), "v")))
            yield "end"

    # What no keyword has looked at

    def _of_the_rest(self, schema: dict[str, Any]) -> Iterator[str]:
        for key, kind in (("unevaluatedProperties", "object"), ("unevaluatedItems", "array")):
            if key not in schema:
                continue
            condition = self.called(schema[key], "x")
            if condition == "true":
                continue
            rest = {k: v for k, v in schema.items() if k not in ("unevaluatedProperties", "unevaluatedItems")}
            if not self.has_exactly(key, rest):
                continue
            yield f'if t == "{kind}" then'
            yield "  local seen = {}"
            yield from indented(self._marks(schema, own=False))
            unseen = (
                f"if not seen[{'k' if kind == 'object' else 'i'}] and not {condition} then return false end"
            )
            if kind == "object":
                yield f"  for k, x in next, v do if k ~= 1 then {unseen} end end"
            else:
                yield f"  for i = 1, v[0] do local x = v[i]; {unseen} end"
            yield "end"

    def _marked(self, schema: Schema) -> str:
        """A statement that marks what a schema evaluates of a valid `v`; "" for nothing."""
        if not isinstance(schema, dict):
            return ""
        found = self._markers.get(id(schema))
        if found is None:
            self.compiler.markers.append([])
            found = self._markers[id(schema)] = len(self.compiler.markers)
            lines = list(self._marks(schema, own=True))
            self.compiler.markers[found - 1] = ["local t = kind(v)", *lines] if lines else ["return"]
        return f"E[{found}](v, seen)"

    def _marks(self, schema: dict[str, Any], own: bool) -> Iterator[str]:
        yield from self._marks_of_members(schema, own)
        yield from self._marks_of_items(schema, own)
        if "$ref" in schema:
            yield self._marked(self.target(schema))
        yield from filter(None, (self._marked(branch) for branch in schema.get("allOf", ())))
        for key in ("anyOf", "oneOf"):
            for branch in schema.get(key, ()):
                mark = self._marked(branch)
                if mark:
                    yield f"if {self.called(branch, 'v')} then {mark} end"
        if "if" in schema:
            yield f"if {self.called(schema['if'], 'v')} then"
            yield from indented((self._marked(schema["if"]), self._marked(schema.get("then"))))
            yield "else"
            yield from indented((self._marked(schema.get("else")),))
            yield "end"
        for name, dependent in schema.get("dependentSchemas", {}).items():
            mark = self._marked(dependent)
            if mark:
                yield f'if t == "object" and v[{quoted(name)}] ~= nil then {mark} end'

    def _marks_of_members(self, schema: dict[str, Any], own: bool) -> Iterator[str]:
        if "additionalProperties" in schema or (own and "unevaluatedProperties" in schema):
            yield 'if t == "object" then for k in next, v do seen[k] = true end end'
            return
        if schema.get("properties"):
            known = self.compiler.constant(text.names(schema["properties"]))
            yield f'if t == "object" then for k in next, {known} do seen[k] = true end end'
        for pattern in schema.get("patternProperties", ()):
            match = f"R.matches({self.compiler.matcher(pattern)}, k)"
            yield f'if t == "object" then for k in next, v do if k ~= 1 and {match} then seen[k] = true end end end'

    def _marks_of_items(self, schema: dict[str, Any], own: bool) -> Iterator[str]:
        if "items" in schema or (own and "unevaluatedItems" in schema):
            yield 'if t == "array" then for i = 1, v[0] do seen[i] = true end end'
            return
        if schema.get("prefixItems"):
            yield f'if t == "array" then for i = 1, {len(schema["prefixItems"])} do seen[i] = true end end'
        if "contains" in schema:
            fits = self.called(schema["contains"], "v[i]")
            yield f'if t == "array" then for i = 1, v[0] do if {fits} then seen[i] = true end end end'


def _unless(condition: str) -> list[str]:
    return [] if condition == "true" else [f"if not {condition} then return false end"]
