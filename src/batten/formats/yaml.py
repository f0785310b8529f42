"""YAML trees with exact spans, made from libyaml's events; libyaml does not recurse on them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import yaml as pyyaml

from batten.formats.document import DERIVED, Derived, SyntaxProblem, bounded
from batten.formats.tree import Entry, Mapping, Node, Scalar, Sequence
from batten.model import Span
from batten.model.record import record

DEEPEST = 200
MOST_ALIASED = 200_000  # nodes that aliases may add; Kubernetes and Docker stop far earlier

MOST_BROKEN = 20  # documents of a stream; each costs another look at the whole

_PARSER: type[Any] = getattr(pyyaml, "CSafeLoader", pyyaml.SafeLoader)
_CONSTANTS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_DECIMAL = re.compile(r"[-+]?[0-9]{1,400}\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_BASED = re.compile(r"0(?:x[0-9a-fA-F]{1,400}|o[0-7]{1,400})\Z")
_PROPERTIES = re.compile(r"(?:[&!]\S*(?:\s+#[^\n]*|\s)*)+")
_UNPRINTABLE = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"  # compiled when it is needed: it takes 4 ms
_CORE = "tag:yaml.org,2002:"
_MARKER = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_VISIBLE = re.compile(r"[^\r\n]")
_NUMERIC = frozenset("0123456789+-.")
_BLOCK = frozenset("|>")


def parse(text: str) -> Node:
    """The first document's tree; empty text is a null. Raises SyntaxProblem for any of them."""
    return _first(parse_all(text), len(text))


def parse_all(text: str, *, later: bool = False) -> list[Node]:
    """The trees of all documents. Raises SyntaxProblem. `later`: of a key that is defined twice the later counts, as in
    what Go's readers take."""
    bounded(text, "\n,[{", 500_000)
    if text.startswith("\ufeff"):  # libyaml would drop it and count offsets without it
        raise _unprintable(text)
    try:
        parser = _PARSER(text)
        try:
            return list(_documents(text, parser, later))
        finally:
            parser.dispose()
    except pyyaml.reader.ReaderError as error:
        raise _unprintable(text) from error
    except pyyaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = min(mark.index, len(text)) if mark else 0
        if error.problem == "exceeded maximum nesting depth":
            problem = _too_deep(at)
        else:
            parts = [part for part in (error.context, error.problem) if part]
            problem = SyntaxProblem(
                ": ".join(parts) or "this is not valid YAML", at, _hint(text, at, error.problem or "")
            )
        raise problem from error
    except UnicodeEncodeError as error:
        raise SyntaxProblem(
            "the text holds half of a surrogate pair, which is not a character",
            error.start,
            "save it as UTF-8",
        ) from error


@record
class Documents:
    """What can be read of a stream, and what is wrong with each of the documents that cannot."""

    trees: list[Node]
    problems: list[SyntaxProblem]


def parse_each(text: str) -> Documents:
    """The trees of all documents that are YAML, and one problem for each that is not. Raises SyntaxProblem where
    that is all of them, or too many."""
    problems: list[SyntaxProblem] = []
    rest = text
    while True:
        try:
            trees = parse_all(rest)
        except SyntaxProblem as error:
            # The document that holds the offset, without its marker; a marker's own place is the end of the one
            # before.
            marks = [(m.start(), m.end()) for m in _MARKER.finditer(rest)]
            around_start = max((end for begin, end in marks if begin < error.offset), default=0)
            start, end = (
                around_start,
                min(
                    (begin for begin, _ in marks if begin >= max(around_start, error.offset)),
                    default=len(rest),
                ),
            )
            problems.append(error)
            if len(problems) > MOST_BROKEN or not rest[start:end].strip() or (start, end) == (0, len(rest)):
                raise problems[0] from error
            rest = rest[:start] + _VISIBLE.sub(" ", rest[start:end]) + rest[end:]
        else:
            if problems and all(isinstance(t, Scalar) for t in trees):
                raise problems[0]
            return Documents(trees, problems)


def _first(documents: list[Node], end: int) -> Node:
    return documents[0] if documents else Scalar(None, Span(end, end))


DERIVED[parse] = Derived(parse_all, _first)
DERIVED[parse_each] = Derived(parse_all, lambda trees, _: Documents(trees, []), lenient=True)


def resolve(text: str) -> str | int | float | bool | None:
    """What a plain scalar means: the YAML 1.2 core schema, as Go's yaml.v3 reads it.

    yes, no, on and off stay words, for only a typed field makes booleans of them.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _NUMERIC:  # the empty text is a constant
        return text
    if _DECIMAL.match(text):
        return int(text)
    if _FLOAT.match(text):
        number = float(text)
        return number if math.isfinite(number) else text
    if _BASED.match(text):
        return int(text, 0)
    return text


@dataclass(slots=True)
class _Open:
    """A collection whose end is not reached yet. `before` counts the nodes made before it."""

    node: Mapping | Sequence
    anchor: str | None
    before: int
    end: int
    height: int = 1
    key: Scalar | None = None
    merges: list[tuple[Node, int]] = field(default_factory=list)


@dataclass(slots=True)
class _Anchor:
    node: Node | None  # None while its collection is open
    size: int = 1
    height: int = 0


@dataclass(slots=True)
class _Composer:
    """Makes one document's tree from its events."""

    text: str
    later: bool = False
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, _Anchor] = field(default_factory=dict)
    made: int = 0
    aliased: int = 0
    root: Node | None = None

    def usual(self, event: Any) -> bool:
        """Add a scalar of the kind that nearly all are of, in one step: without properties, in a collection, no block, its key
        no other one's. False where it is not, and nothing is done."""
        style = event.style or ""
        if event.tag or event.anchor or style in _BLOCK or not self.stack:
            return False
        top = self.stack[-1]
        node, key, value, end = top.node, top.key, event.value, event.end_mark.index
        if isinstance(node, Mapping):
            if key is None:
                top.key = Scalar(value, Span(event.start_mark.index, end), style)
                top.end = end
                self.made += 1
                return True
            name = cast(str, key.value)
            if name in node.entries or name == "<<":
                return False
            resolved = value if style else resolve(value)
            node.entries[name] = Entry(key, Scalar(resolved, Span(event.start_mark.index, end), style))
            top.key = None
        else:
            resolved = value if style else resolve(value)
            node.items.append(Scalar(resolved, Span(event.start_mark.index, end), style))
        top.end = end
        self.made += 1
        return True

    def scalar(self, event: Any) -> None:
        start, end, tag = event.start_mark.index, event.end_mark.index, event.tag
        style = event.style or ""
        if event.anchor or tag:
            start = self._content(start, end)
        if style in ("|", ">"):
            end = start + len(self.text[start:end].rstrip())
        value = event.value
        top = self.stack[-1] if self.stack else None
        is_key = top is not None and top.key is None and type(top.node) is Mapping
        if not style and not is_key and tag != _CORE + "str":
            value = resolve(value)
        node = Scalar(value, Span(start, end), style, _short(tag))
        self.made += 1
        if event.anchor:
            self.anchors[event.anchor] = _Anchor(node)
        self._add(node, None, end)

    def open(self, event: Any, kind: type[Mapping | Sequence]) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if len(self.stack) >= DEEPEST:
            raise _too_deep(start)
        if event.anchor or event.tag:
            start = self._content(start, len(self.text))
        tag, flow = _short(event.tag), bool(event.flow_style)
        node: Mapping | Sequence
        if kind is Mapping:
            node = Mapping({}, Span(start, start), flow, tag=tag)
        else:
            node = Sequence([], Span(start, start), flow, tag)
        if event.anchor:
            self.anchors[event.anchor] = _Anchor(None)
        self.stack.append(_Open(node, event.anchor, self.made + self.aliased, end))
        self.made += 1

    def close(self, event: Any) -> None:
        opened = self.stack.pop()
        node = opened.node
        # The end mark of a block lies after the comments and blank lines that follow it.
        end = event.end_mark.index if node.flow else opened.end
        node.span = Span(node.span.start, end)
        if isinstance(node, Mapping):
            for value, offset in opened.merges:
                # Add what `<<` brings: a key that stands in the mapping wins, then the first mapping of a list.
                for source in value.items if isinstance(value, Sequence) else [value]:
                    if not isinstance(source, Mapping):
                        raise SyntaxProblem(
                            "`<<` merges only mappings", offset, "give it an alias of a mapping"
                        )
                    for name, entry in source.entries.items():
                        if name not in node.entries:
                            node.entries[name] = Entry(entry.key, entry.value, entry.alias, merged=True)
        if opened.anchor:
            size = self.made + self.aliased - opened.before
            self.anchors[opened.anchor] = _Anchor(node, size, opened.height)
        if self.stack:
            self.stack[-1].height = max(self.stack[-1].height, opened.height + 1)
        self._add(node, None, end)

    def alias(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        found = self.anchors.get(event.anchor)
        if found is None:
            raise SyntaxProblem(
                f"the alias *{event.anchor} has no anchor before it",
                start,
                f"define &{event.anchor} above it",
            )
        if found.node is None:
            raise SyntaxProblem(
                f"the alias *{event.anchor} is inside its own anchor",
                start,
                "write the value instead of the alias",
            )
        self.aliased += found.size
        if self.aliased > MOST_ALIASED:
            raise SyntaxProblem(
                f"aliases expand to more than {MOST_ALIASED:,} nodes",
                start,
                "write the values instead of aliases",
            )
        if len(self.stack) + found.height > DEEPEST:
            raise _too_deep(start)
        if self.stack:
            self.stack[-1].height = max(self.stack[-1].height, found.height + 1)
        self._add(found.node, Span(start, end), end)

    def _add(self, node: Node, alias: Span | None, end: int) -> None:
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        top.end = end
        if isinstance(top.node, Sequence):
            if alias is not None:
                top.node.aliases[len(top.node.items)] = alias
            top.node.items.append(node)
        elif top.key is None:
            top.key = self._key(node, alias)
        else:
            key = top.key
            entry = Entry(top.key, node, alias)
            name = cast(str, key.value)
            if name == "<<" and not key.style and not key.tag and not entry.value.tag:
                if top.merges:
                    # Whether a second `<<` brings a key of the first one again: which of the two counts differs between
                    # readers. Docker's reader of stacks, and PyYAML, take several.
                    new = _merged_keys(entry.value)
                    if any(new & _merged_keys(other) for other, _ in top.merges):
                        raise _duplicate(name, key.span.start)
                top.merges.append((entry.value, (entry.alias or entry.value.span).start))
            elif name in top.node.entries and not self.later:
                raise _duplicate(name, key.span.start)
            else:
                top.node.entries[name] = entry
            top.key = None

    def _key(self, node: Node, alias: Span | None) -> Scalar:
        """A key's text as written; a collection as key stands for its source."""
        span = alias or node.span
        if not isinstance(node, Scalar):
            return Scalar(self.text[span.start : span.end], span)
        if alias is None and isinstance(node.value, str):
            return node
        return Scalar(node.text, span, node.style, node.tag)

    def _content(self, start: int, end: int) -> int:
        """Where a node begins behind its anchor and tag."""
        found = _PROPERTIES.match(self.text, start, end)
        return found.end() if found else start


def _documents(text: str, parser: Any, later: bool) -> Iterator[Node]:
    composer = _Composer(text, later)
    get = parser.get_event
    while True:
        event = get()
        kind = type(event)
        if kind is pyyaml.ScalarEvent:
            if not composer.usual(event):
                composer.scalar(event)
        elif kind is pyyaml.MappingStartEvent:
            composer.open(event, Mapping)
        elif kind is pyyaml.SequenceStartEvent:
            composer.open(event, Sequence)
        elif kind is pyyaml.MappingEndEvent or kind is pyyaml.SequenceEndEvent:
            composer.close(event)
        elif kind is pyyaml.AliasEvent:
            composer.alias(event)
        elif kind is pyyaml.DocumentEndEvent:
            if composer.root is not None:
                yield composer.root
            composer = _Composer(text, later)
        elif kind is pyyaml.StreamEndEvent:
            return


def _merged_keys(value: Node) -> set[str]:
    sources = value.items if isinstance(value, Sequence) else [value]
    return {name for source in sources if isinstance(source, Mapping) for name in source.entries}


def _short(tag: str | None) -> str:
    """A custom tag as written; the tags of YAML itself are said by the value."""
    return tag if tag and tag != "!" and not tag.startswith(_CORE) else ""


def _duplicate(name: str, offset: int) -> SyntaxProblem:
    return SyntaxProblem(f"the key `{name}` is defined twice in this mapping", offset, "keep one of the two")


def _too_deep(offset: int) -> SyntaxProblem:
    return SyntaxProblem(f"nested deeper than {DEEPEST} levels", offset, "flatten it")


def _unprintable(text: str) -> SyntaxProblem:
    found = re.search(_UNPRINTABLE, text)
    at = found.start() if found else 0
    code = f"U+{ord(text[at]):04X}" if found else "a character"
    return SyntaxProblem(
        f"{code} is not allowed in YAML", at, "remove it, or write it as an escape in double quotes"
    )


def _hint(text: str, at: int, problem: str) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at + 1]
    if "\t" in line or "\\t" in problem:
        return "indent with spaces: YAML does not allow tabs here"
    if "mapping values are not allowed" in problem:
        return "check the indentation, and quote a value that has `: ` in it"
    if "could not find expected ':'" in problem:
        return "a key needs a colon and a space after it"
    if "did not find expected" in problem:
        return "check the indentation, and that quotes and brackets are closed"
    return "check the indentation and the quotes here"
