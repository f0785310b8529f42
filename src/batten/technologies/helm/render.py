"""Templates evaluated over known values. What cannot be known is a hole in the text, never a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from batten.formats import SyntaxProblem
from batten.model import Problem, Span
from batten.model.record import record
from batten.technologies._rendering.text import HOLE, Piece
from batten.technologies.helm.functions import called
from batten.technologies.helm.syntax import (
    Action,
    Block,
    Call,
    Fields,
    Item,
    Literal,
    Pipeline,
    Term,
    Text,
    parse,
)
from batten.technologies.helm.values import NIL, UNKNOWN_VALUE, Chunk, Value

_DEEPEST = 40
_STEPS = 200_000
_LARGEST = 2_000_000  # characters that a chart may make
_HINT = "install helm, so that batten can run it, or review the output of `helm template`"


class TooMuch(Exception):
    """The templates do not end, or make more text than any cluster takes."""


@record
class Template:
    """A file of templates, or a part of one that a name was given."""

    source: str
    text: str
    items: Sequence[Item]


@dataclass(slots=True)
class Output:
    """Text as it is made, with what it comes from."""

    parts: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    length: int = 0

    def add(self, chunk: Chunk, source: str, span: Span, exact: bool = False) -> None:
        text = self._block(chunk) if chunk.block != -1 else chunk.text
        if text:
            end = self.length + len(text)
            self.pieces.append(Piece(self.length, end, source, span, exact, chunk.unknown, chunk.origin))
            self.parts.append(text)
            self.chunks.append(Chunk(text, chunk.origin, chunk.unknown))
            self.length = end

    @property
    def within(self) -> bool:
        """Whether something stands on the line so far."""
        before = "".join(self.parts[-20:])
        return bool(before[before.rfind("\n") + 1 :].strip())

    def _block(self, chunk: Chunk) -> str:
        """A hole on lines of its own, in the shape that its surroundings ask for."""
        newline, width = (True, chunk.block) if chunk.block >= 0 else (False, -2 - chunk.block)
        before = "".join(self.parts[-40:]).rstrip()
        last = before[before.rfind("\n") + 1 :]
        pad = ("\n" if newline else "") + " " * width
        if last.endswith(":"):
            return f"{pad}{HOLE}"
        if last.startswith(" " * width + "- "):
            return f"{pad}- {HOLE}"
        return f"{pad}{HOLE}: {HOLE}"


@dataclass(slots=True)
class Scope:
    dot: Value
    root: Value
    variables: dict[str, Value]

    def inner(self, dot: Value) -> Scope:
        return Scope(dot, self.root, dict(self.variables))


@dataclass(slots=True)
class Engine:
    """Renders the templates of one chart; named ones are shared by all of its files."""

    named: dict[str, Template] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    steps: int = 0
    made: int = 0
    depth: int = 0
    told: set[str] = field(default_factory=set)

    def load(self, source: str, text: str) -> Template | None:
        """Parse a file and keep what it defines."""
        try:
            template = Template(source, text, parse(text))
        except SyntaxProblem as error:
            line = text.count("\n", 0, error.offset) + 1
            self.problems.append(Problem(source, "parse", str(error), hint=error.hint, line=line))
            return None
        self.named[source] = template  # `include (print $.Template.BasePath "/x.yaml") .`
        for item in template.items:
            if isinstance(item, Block) and item.kind in ("define", "block"):
                self.named[item.name] = Template(source, text, item.body)
        return template

    def render(self, template: Template, context: Value) -> Output:
        """Raises TooMuch."""
        output = Output()
        self._items(template.items, template, Scope(context, context, {"$": context}), output)
        return output

    def tell(self, template: Template, span: Span, message: str, key: str) -> None:
        if key not in self.told:
            self.told.add(key)
            line = template.text.count("\n", 0, span.start) + 1
            self.problems.append(Problem(template.source, "read", message, hint=_HINT, line=line))

    def _items(self, items: Sequence[Item], template: Template, scope: Scope, output: Output) -> None:
        for item in items:
            self.steps += 1
            if self.steps > _STEPS or self.made + output.length > _LARGEST:
                raise TooMuch
            match item:
                case Text(span):
                    output.add(Chunk(template.text[span.start : span.end]), template.source, span, True)
                case Action(span, pipeline):
                    value = self._pipeline(pipeline, template, scope, span)
                    if value.data is None and output.within:
                        value = UNKNOWN_VALUE  # whoever installs the chart must say it
                    for chunk in value.chunks() if not pipeline.variables else ():
                        output.add(chunk, template.source, span)
                case Block():
                    self._block(item, template, scope, output)

    def _block(self, block: Block, template: Template, scope: Scope, output: Output) -> None:
        if block.kind == "define" or block.pipeline is None:
            return
        inner = scope.inner(scope.dot)
        value = self._pipeline(block.pipeline, template, inner, block.span)
        if block.kind == "block":
            named = self.named.get(block.name)
            if named is not None:
                self._items(named.items, named, Scope(value, scope.root, {"$": value}), output)
        elif value.unknown:
            output.add(Chunk(f" # {HOLE}", None, True), template.source, block.span)
        elif block.kind == "range" and value.true:
            self._range(block, value, template, inner, output)
        elif value.true:
            inner.dot = value if block.kind == "with" else scope.dot
            self._items(block.body, template, inner, output)
            self._assigned(scope, inner)
        else:
            self._items(block.other, template, scope.inner(scope.dot), output)

    def _assigned(self, outer: Scope, inner: Scope) -> None:
        """What an inner block assigned (`=`) holds outside of it too."""
        for name in outer.variables:
            outer.variables[name] = inner.variables.get(name, outer.variables[name])

    def _range(self, block: Block, value: Value, template: Template, scope: Scope, output: Output) -> None:
        assert block.pipeline is not None
        pairs: list[tuple[Value, Value]] = []
        if isinstance(value.data, dict):
            pairs = [(Value(k), value.data[k]) for k in sorted(value.data)]
        elif isinstance(value.data, list):
            pairs = [(Value(n), v) for n, v in enumerate(value.data)]
        elif isinstance(value.data, int):
            pairs = [(Value(n), Value(n)) for n in range(min(value.data, 1000))]
        names = block.pipeline.variables
        for key, item in pairs:
            inner = scope.inner(item)
            if len(names) == 2:
                inner.variables |= {names[0]: key, names[1]: item}
            elif names:
                inner.variables[names[0]] = item
            self._items(block.body, template, inner, output)
            self._assigned(scope, inner)

    def _pipeline(self, pipeline: Pipeline, template: Template, scope: Scope, span: Span) -> Value:
        value: Value | None = None
        for call in pipeline.calls:
            value = self._call(call, value, template, scope, span)
        assert value is not None
        if len(pipeline.variables) == 1:
            scope.variables[pipeline.variables[0]] = value
        return value

    def _call(self, call: Call, piped: Value | None, template: Template, scope: Scope, span: Span) -> Value:
        extra = [] if piped is None else [piped]
        if call.term is not None:
            value = self._term(call.term, template, scope, span)
            return self._method(call, value, template, scope, span) if call.arguments or extra else value
        if call.name in ("and", "or"):
            return self._logic(call, extra, template, scope, span)
        arguments = [self._term(a, template, scope, span) for a in call.arguments] + extra
        if call.name in ("include", "tpl"):
            return self._included(call.name, arguments, template, span)
        made = called(call.name, arguments)
        if made is None:
            self.tell(template, span, f"the function `{call.name}` is not supported", call.name)
            return UNKNOWN_VALUE
        return made

    def _logic(self, call: Call, extra: list[Value], template: Template, scope: Scope, span: Span) -> Value:
        """The first that decides; one that is not known leaves it open, unless a later one decides."""
        stops = call.name == "or"
        value, unknown = NIL, False
        for argument in (*call.arguments, *extra):
            value = argument if isinstance(argument, Value) else self._term(argument, template, scope, span)
            if value.unknown:
                unknown = True
            elif value.true is stops:
                return UNKNOWN_VALUE if unknown and stops else value
        return UNKNOWN_VALUE if unknown else value

    def _method(self, call: Call, value: Value, template: Template, scope: Scope, span: Span) -> Value:
        """`.Capabilities.APIVersions.Has`, `.Files.Get` and their like are kept as functions of the context."""
        arguments = [self._term(a, template, scope, span) for a in call.arguments]
        if isinstance(value.data, dict) and "()" in value.data:
            table = value.data["()"].data
            key = arguments[0].text if arguments else ""
            return table.get(key, UNKNOWN_VALUE) if isinstance(table, dict) else value.data["()"]
        return UNKNOWN_VALUE

    def _included(self, name: str, arguments: list[Value], template: Template, span: Span) -> Value:
        if len(arguments) < 2 or self.depth >= _DEEPEST:
            return UNKNOWN_VALUE
        first, context = arguments[0], arguments[1]
        if name == "tpl":
            if first.unknown or "{{" not in first.text:
                return first
            found = self._inline(first.text, template, span)
        else:
            found = self.named.get(first.text)
            if found is None and not first.unknown:
                message = f"the template `{first.text}` is not defined here; it may come from a missing chart"
                self.tell(template, span, message, f"include {first.text}")
        if found is None:
            return UNKNOWN_VALUE
        self.depth += 1
        output = Output()
        self._items(found.items, found, Scope(context, context, {"$": context}), output)
        self.depth -= 1
        self.made += output.length
        return Value("".join(output.parts), None, tuple(output.chunks))

    def _inline(self, text: str, template: Template, span: Span) -> Template | None:
        try:
            return Template(template.source, text, parse(text))
        except SyntaxProblem as error:
            self.tell(template, span, f"`tpl` gets an invalid template: {error}", text)
            return None

    def _term(self, term: Term, template: Template, scope: Scope, span: Span) -> Value:
        self.steps += 1
        if self.steps > _STEPS:
            raise TooMuch
        match term:
            case Literal(value):
                return Value(value)
            case Pipeline():
                return self._pipeline(term, template, scope, span)
            case Call():
                return self._call(term, None, template, scope, span)
            case Fields(of, names):
                return _field(self._holder(of, template, scope, span), names)

    def _holder(self, of: str | Pipeline, template: Template, scope: Scope, span: Span) -> Value:
        if isinstance(of, Pipeline):
            return self._pipeline(of, template, scope, span)
        if not of:
            return scope.dot
        return scope.variables.get(of, UNKNOWN_VALUE)


def _field(value: Value, names: tuple[str, ...]) -> Value:
    for name in names:
        if not isinstance(value.data, dict):
            return UNKNOWN_VALUE  # helm stops here: what the value is, only who installs the chart can say
        value = value.data.get(name, NIL)
    return value
