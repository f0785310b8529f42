"""Templates evaluated over known values. What cannot be known is a hole in the text, never a guess."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from batten.formats import SyntaxProblem
from batten.model import Problem, Span
from batten.model.record import record
from batten.technologies.orchestration.helm.functions import called
from batten.technologies.orchestration.helm.output import Output
from batten.technologies.orchestration.helm.syntax import (
    Action,
    Block,
    Call,
    Fields,
    Item,
    Jump,
    Literal,
    Pipeline,
    Term,
    Text,
    parse,
)
from batten.technologies.orchestration.helm.values import NIL, UNKNOWN_VALUE, Chunk, Origin, Value
from batten.technologies.shared.rendering.text import HOLE

_DEEPEST = 60
_STEPS = 200_000
_LARGEST = 12_000_000  # characters that a chart may make
_MOST_TURNS = 10_000
_HINT = "install helm, so that batten can run it, or review the output of `helm template`"


class TooMuch(Exception):
    """The templates do not end, or make more text than any cluster takes."""


@record
class Template:
    """A file of templates, or a part of one that a name was given. `origin`: where a text stands that is no file's."""

    source: str
    text: str
    items: Sequence[Item]
    inline: bool = False
    origin: Origin | None = None


@dataclass(slots=True)
class Scope:
    """The names that a block declares, in those of the blocks around it."""

    dot: Value
    names: dict[str, Value] = field(default_factory=dict)
    around: Scope | None = None

    def inner(self, dot: Value) -> Scope:
        return Scope(dot, {}, self)

    def holder(self, name: str) -> dict[str, Value] | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names
            scope = scope.around
        return None


@dataclass(slots=True)
class Engine:
    named: dict[str, Template] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    steps: int = 0
    depth: int = 0
    made: int = 0
    told: set[tuple[str, str]] = field(default_factory=set)

    def load(self, source: str, text: str) -> Template | None:
        """Read a file: its definitions get their names."""
        try:
            items = parse(text)
        except SyntaxProblem as error:
            line = text.count("\n", 0, error.offset) + 1
            self.problems.append(Problem(source, "parse", str(error), hint=error.hint, line=line))
            return None
        made = Template(source, text, items)
        self._define(made)
        return made

    def _define(self, template: Template) -> None:
        """A later definition replaces an earlier one, unless there is nothing in it."""
        for item in _blocks(template.items):
            if item.kind in ("define", "block") and (
                item.name not in self.named
                or any(
                    not isinstance(i, Text) or template.text[i.span.start : i.span.end].strip()
                    for i in item.body
                )
            ):
                body = Template(template.source, template.text, item.body, template.inline, template.origin)
                self.named[item.name] = body

    def render(self, template: Template, context: Value) -> Output:
        output = Output()
        self._items(template.items, template, Scope(context, {"$": context}), output)
        return output

    def tell(self, template: Template, span: Span, message: str, what: str) -> None:
        """Once for each file and thing."""
        if (template.source, what) not in self.told:
            self.told.add((template.source, what))
            line = 0 if template.inline else template.text.count("\n", 0, span.start) + 1
            self.problems.append(Problem(template.source, "read", message, hint=_HINT, line=line))

    def _step(self) -> None:
        self.steps += 1
        if self.steps > _STEPS:
            raise TooMuch

    def _items(self, items: Sequence[Item], template: Template, scope: Scope, output: Output) -> str:
        """The text of items; "break" or "continue" where one of them ends the turn of a loop."""
        for item in items:
            self._step()
            if self.made + output.length > _LARGEST:
                raise TooMuch
            match item:
                case Text(span):
                    text = Chunk(template.text[span.start : span.end], template.origin)
                    output.add(text, template.source, span, exact=not template.inline)
                case Action(span, pipeline):
                    value = self._pipeline(pipeline, template, scope, span)
                    if not pipeline.variables:
                        if value.data is None and output.within:
                            value = UNKNOWN_VALUE  # whoever installs the chart must say it
                        for chunk in value.chunks():
                            output.add(chunk, template.source, span)
                case Jump(kind):
                    return kind
                case Block():
                    jump = self._block(item, template, scope, output)
                    if jump:
                        return jump
        return ""

    def _block(self, block: Block, template: Template, scope: Scope, output: Output) -> str:
        if block.kind == "define" or block.pipeline is None:
            return ""
        inner = scope.inner(scope.dot)
        value = self._pipeline(block.pipeline, template, inner, block.span)
        if block.kind == "block":
            named = self.named.get(block.name)
            if named is not None:
                self._items(named.items, named, Scope(value, {"$": value}), output)
        elif value.unknown:
            # What stands for a block of which is not known whether it is there: a word in a line, or a remark of
            # lines.
            lines = any(
                isinstance(i, Text) and "\n" in template.text[i.span.start : i.span.end] for i in block.body
            )
            nested = any(isinstance(i, Block) for i in block.body)
            text = HOLE if output.within and not lines and not nested else f" # {HOLE}\n"
            output.add(Chunk(text, None, True), template.source, block.span)
        elif block.kind == "range" and value.true:
            self._range(block, value, template, inner, output)
        elif value.true:
            inner.dot = value if block.kind == "with" else scope.dot
            return self._items(block.body, template, inner, output)
        else:
            return self._items(block.other, template, inner, output)
        return ""

    def _range(self, block: Block, value: Value, template: Template, scope: Scope, output: Output) -> None:
        assert block.pipeline is not None
        names = block.pipeline.variables
        for key, item in _turns(value):
            inner = scope.inner(item)
            if len(names) == 2:
                inner.names |= {names[0]: key, names[1]: item}
            elif names:
                inner.names[names[0]] = item
            if self._items(block.body, template, inner, output) == "break":
                return

    def _pipeline(self, pipeline: Pipeline, template: Template, scope: Scope, span: Span) -> Value:
        value: Value | None = None
        for call in pipeline.calls:
            value = self._call(call, value, template, scope, span)
        assert value is not None
        if len(pipeline.variables) == 1:
            name = pipeline.variables[0]
            holder = scope.holder(name) if pipeline.assigns else None
            (scope.names if holder is None else holder)[name] = value
        return value

    def _call(self, call: Call, piped: Value | None, template: Template, scope: Scope, span: Span) -> Value:
        extra = [] if piped is None else [piped]
        if call.term is None and call.name in ("and", "or"):
            # The first that decides; one that is not known leaves it open, unless a later one decides.
            stops = call.name == "or"
            value, unknown = NIL, False
            for argument in (*call.arguments, *extra):
                value = (
                    argument if isinstance(argument, Value) else self._term(argument, template, scope, span)
                )
                if value.unknown:
                    unknown = True
                elif value.true is stops:
                    return UNKNOWN_VALUE if unknown and stops else value
            return UNKNOWN_VALUE if unknown else value
        arguments = [self._term(a, template, scope, span) for a in call.arguments] + extra
        if call.term is not None:
            return self._term(call.term, template, scope, span, arguments)
        if call.name in ("include", "tpl"):
            return self._included(call.name, arguments, template, span)
        made = called(call.name, arguments)
        if made is None:
            self.tell(template, span, f"the function `{call.name}` is not supported", call.name)
            return UNKNOWN_VALUE
        self.made += len(made.data) if isinstance(made.data, str) else 0
        return made

    def _included(self, name: str, arguments: list[Value], template: Template, span: Span) -> Value:
        first, context = (*arguments, NIL, NIL)[:2]
        if name == "tpl":
            # A text that is a template. What it defines is its own.
            if first.unknown or "{{" not in first.text:
                return first
            text = first.text
            try:
                inlined_found = Template(template.source, text, parse(text), True, first.origin)
            except SyntaxProblem as error:
                self.tell(template, span, f"`tpl` gets an invalid template: {error}", text)
                return UNKNOWN_VALUE
            known = dict(self.named) if "define" in text else self.named
            self._define(inlined_found)
            made = self._run(inlined_found, context)
            self.named = known
            return made
        found = None if first.unknown else self.named.get(first.text)
        if found is None:
            if not first.vague:
                message = f"the template `{first.text}` is not defined here; it may come from a missing chart"
                self.tell(template, span, message, f"include {first.text}")
            return UNKNOWN_VALUE
        return self._run(found, context)

    def _run(self, found: Template, context: Value) -> Value:
        if self.depth >= _DEEPEST:
            raise TooMuch
        self.depth += 1
        output = Output()
        self._items(found.items, found, Scope(context, {"$": context}), output)
        self.depth -= 1
        self.made += output.length
        return Value("".join(output.parts), None, tuple(output.chunks))

    def _term(
        self, term: Term, template: Template, scope: Scope, span: Span, arguments: Sequence[Value] = ()
    ) -> Value:
        self._step()
        match term:
            case Literal(value):
                return Value(value)
            case Pipeline():
                return self._pipeline(term, template, scope, span)
            case Call():
                return self._call(term, None, template, scope, span)
            case Fields(of, names):
                field_value = self._holder(of, template, scope, span)
                for number, name in enumerate(names):
                    method = next((m for m in field_value.methods if m.name == name), None)
                    if method is not None:
                        field_value = method.call(arguments if number == len(names) - 1 else ())
                    elif field_value.data is None and number == 0:
                        return NIL  # a variable, or what stands in parentheses, has no fields when it is nil
                    elif not isinstance(field_value.data, dict):
                        return UNKNOWN_VALUE  # helm stops here: what the value is, only who installs the chart can say
                    else:
                        field_value = field_value.data.get(name, NIL)
                return field_value

    def _holder(self, of: str | Pipeline, template: Template, scope: Scope, span: Span) -> Value:
        if isinstance(of, Pipeline):
            return self._pipeline(of, template, scope, span)
        if not of:
            return scope.dot
        holder = scope.holder(of)
        return UNKNOWN_VALUE if holder is None else holder[of]


def _turns(value: Value) -> Sequence[tuple[Value, Value]]:
    match value.data:
        case dict():
            return [(Value(k), value.data[k]) for k in sorted(value.data)]
        case list():
            return [(Value(n), v) for n, v in enumerate(value.data)]
        case int() | float():
            return [(Value(n), Value(n)) for n in range(min(int(value.data), _MOST_TURNS))]
    return []


def _blocks(items: Sequence[Item]) -> Iterator[Block]:
    """The definitions of a file; `block` may stand in other blocks."""
    for item in items:
        if isinstance(item, Block):
            yield item
            yield from _blocks(item.body)
            yield from _blocks(item.other)
