"""JSON Schema 2020-12, as the contract's dialect makes it of every OpenAPI schema, compiled to Lua.

Each schema becomes a function `F[n](v)`; constants lie in `K`. What cannot be compiled is not asked, and
named: a text is let through rather than refused for what was not understood. Where that would turn around
(`not`, `if`, `oneOf` and what counts), the whole keyword is left out and named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from batten.guard.lua import exactness, text
from batten.guard.lua.formats import GRAMMARS, RANGES
from batten.guard.lua.graph import Graph
from batten.guard.lua.marks import Markers
from batten.guard.lua.multiples import scaled
from batten.guard.lua.parts import Parts
from batten.guard.lua.readers import Readers
from batten.guard.lua.text import indented, number, quoted

Schema = Any
NUMBERS = (("maximum", ">", "> 0"), ("minimum", "<", "< 0"), ("exclusiveMaximum", ">=", ">= 0"),
           ("exclusiveMinimum", "<=", "<= 0"))  # fmt: skip


@dataclass(slots=True)
class Compiler:
    """Of one program."""

    parts: Parts = field(default_factory=Parts)
    _families: dict[str, Compilation] = field(default_factory=dict)

    def compile(self, root: Schema, family: str = "") -> tuple[str, str, tuple[str, ...]]:
        """A condition over `v` ("true" where everything is valid), a reader, and what they leave out.

        Roots of a named family hold the same schema, the very same value, under the same name of `$defs`, if they hold it.
        """
        compilation = self._families.get(family) or Compilation(self.parts)
        if family:
            self._families[family] = compilation
        compilation.graph.add(root)
        condition = compilation.called(root, "v")
        reader = compilation.readers.reader(root)
        return condition, reader, tuple(sorted(compilation.all_left_out(root)))


class Compilation:
    """Of roots with the same definitions; its methods yield a function's statements."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.graph = Graph()
        self.readers = Readers(self)
        self.markers = Markers(self)
        self._left_out: dict[int, set[str]] = {}  # by schema
        self._of_definitions: dict[int, set[str]] = {}
        self._numbers: dict[int, int] = {}
        self._begun: list[int] = []

    def all_left_out(self, root: Schema) -> set[str]:
        found = set(self._within(root))
        for definition in root.get("$defs", {}).values() if isinstance(root, dict) else ():
            if id(definition) not in self._of_definitions:
                self._of_definitions[id(definition)] = self._within(definition)
            found |= self._of_definitions[id(definition)]
        return found

    def _within(self, schema: Schema) -> set[str]:
        """Without what it refers to."""
        return set().union(*(self._left_out.get(id(one), ()) for one in exactness.within(schema)))

    def _leave_out(self, schema: int, *what: str) -> None:
        if what:
            self._left_out.setdefault(schema, set()).update(what)

    def has_exactly(self, key: str, *schemas: Schema) -> bool:
        if all(self.graph.is_exact(schema) for schema in schemas):
            return True
        self._leave_out(self._begun[-1], f"{key} (something in it cannot be compiled)")
        return False

    # Functions

    def called(self, schema: Schema, value: str) -> str:
        """A condition: whether `value` is valid."""
        schema = self.graph.meant(schema)
        if schema is False:
            return "false"
        if not isinstance(schema, dict):
            return "true"
        found = self._numbers.get(id(schema)) or self._made(schema)
        return f"F[{found}]({value})" if self.parts.functions.texts.get(found) != ["return true"] else "true"

    def _made(self, schema: dict[str, Any]) -> int:
        key, functions = id(schema), self.parts.functions
        if key in self._begun:  # it calls itself
            self._numbers[key] = functions.reserved()
        else:
            self._begun.append(key)
            body = self._body(schema)
            self._begun.pop()
            reserved = self._numbers.get(key)
            if reserved is not None:
                # A function that calls itself notes what it said of a list or an object: several branches may lead to
                # one, and each level would double what its parts cost.
                judge = functions.placed(body)
                known = self.parts.constant(f'setmetatable({{}}, {{__mode = "k", {reserved}}})')
                body = [
                    f'if type(v) ~= "table" then return F[{judge}](v) end',
                    f"local said = {known}[v]",
                    f"if said == nil then said = F[{judge}](v); {known}[v] = said end",
                    "return said",
                ]
            self._numbers[key] = functions.placed(body, reserved)
        return self._numbers[key]

    def _body(self, schema: dict[str, Any]) -> list[str]:
        if id(schema) in self.graph.cyclic:
            self._leave_out(id(schema), "a recursive $ref")
            return ["return true"]
        self._leave_out(id(schema), *exactness.own(schema))
        of_strings: list[str] = []
        if "maxLength" in schema:
            most = number(schema["maxLength"])
            of_strings.append(f"if #v > {most} and R.length(v) > {most} then return false end")
        if schema.get("minLength"):
            least = number(schema["minLength"])
            of_strings.append(f"if #v < {least} or R.length(v) < {least} then return false end")
        if "pattern" in schema and not exactness.objection(schema["pattern"]):
            of_strings.append(
                f"if not R.matches({self.parts.matcher(schema['pattern'])}, v) then return false end"
            )
        name = schema.get("format")
        if isinstance(name, str) and name in GRAMMARS:
            matcher = self.parts.matcher(f"^(?:{GRAMMARS[name]})$")
            more = f" and {RANGES[name]}" if name in RANGES else ""
            of_strings.append(f"if not (R.matches({matcher}, v){more}) then return false end")
        by_kind = {
            "string": of_strings,
            "number": list(self.of_numbers(schema, False)),
            "large": list(self.of_numbers(schema, True)),
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
                tests.append(f"{self.parts.constant('{' + ', '.join(rows) + '}')}[v]")
            others = [f"[R.canonical({text.decoded(v)})] = true" for v in values if not text.is_scalar(v)]
            if others:
                known = self.parts.constant("{" + ", ".join(others) + "}")
                tests.append(f'(type(v) == "table" and {known}[R.canonical(v)])')
            yield f"if not ({' or '.join(tests) or 'false'}) then return false end"

    def of_numbers(self, schema: dict[str, Any], large: bool) -> Iterator[str]:
        """Statements about a number `v`."""
        for key, operator, order in NUMBERS:
            bound = schema.get(key)
            if bound is None or isinstance(bound, bool):
                continue
            if large or (isinstance(bound, int) and abs(bound) > text.EXACT):
                constant = self.parts.constant(text.decoded(bound))
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
        for name, needed in schema.get("dependentRequired", {}).items():
            tests = [f"v[{quoted(other)}] == nil" for other in needed]
            if tests:
                yield f"if v[{quoted(name)}] ~= nil and ({' or '.join(tests)}) then return false end"
        for name, dependent in schema.get("dependentSchemas", {}).items():
            condition = self.called(dependent, "v")
            if condition != "true":
                yield f"if v[{quoted(name)}] ~= nil and not {condition} then return false end"

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
            lines += unless(self.called(schema["propertyNames"], "k"))
        patterns = schema.get("patternProperties", {})
        further = self.called(schema.get("additionalProperties", True), "x")
        unfit = any(exactness.objection(p) for p in patterns)
        if unfit:  # what it names would be taken for further members
            further = "true"
        if further != "true":
            known = self.parts.constant(text.names(schema.get("properties", {})))
            lines.append(f"local further = not {known}[k]")
        for pattern, member in patterns.items():
            if exactness.objection(pattern):
                continue
            inside = [*unless(self.called(member, "x")), *(["further = false"] if further != "true" else [])]
            if inside:
                lines += [f"if R.matches({self.parts.matcher(pattern)}, k) then", *indented(inside), "end"]
        if further != "true":
            lines.append(f"if further and not {further} then return false end")
        if lines:
            yield from ("for k, x in next, v do", "  if k ~= 1 then")
            yield from indented(indented(lines))
            yield from ("  end", "end")

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
        if "contains" in schema:
            wanted, least, most = schema["contains"], schema.get("minContains", 1), schema.get("maxContains")
            if not (most is not None and not self.has_exactly("contains", wanted)):
                yield "local found = 0"
                yield f"for i = 1, v[0] do if {self.called(wanted, 'v[i]')} then found = found + 1 end end"
                if least:
                    yield f"if found < {number(least)} then return false end"
                if most is not None:
                    yield f"if found > {number(most)} then return false end"
        if schema.get("uniqueItems") is True:
            yield "if not R.is_unique(v) then return false end"

    # Schemas of the same value

    def _of_schemas(self, schema: dict[str, Any]) -> Iterator[str]:
        if "$ref" in schema:
            yield from unless(self.called(self.graph.target(schema), "v"))
        for branch in schema.get("allOf", ()):
            yield from unless(self.called(branch, "v"))
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
            yield from indented(unless(self.called(schema.get("then", True), "v")))
            yield "else"
            yield from indented(unless(self.called(schema.get("else", True), "v")))
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
            yield from indented(self.markers.marks(schema, own=False))
            unseen = (
                f"if not seen[{'k' if kind == 'object' else 'i'}] and not {condition} then return false end"
            )
            if kind == "object":
                yield f"  for k, x in next, v do if k ~= 1 then {unseen} end end"
            else:
                yield f"  for i = 1, v[0] do local x = v[i]; {unseen} end"
            yield "end"


def unless(condition: str) -> list[str]:
    return [] if condition == "true" else [f"if not {condition} then return false end"]
