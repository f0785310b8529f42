"""JSONPath as overlays use it: which places of a value an expression selects.

Source: https://www.rfc-editor.org/rfc/rfc9535. Function extensions in filters are not supported; who uses one gets
a SyntaxProblem, never a wrong answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from batten.formats.document import SyntaxProblem
from batten.formats.tree import Plain
from batten.model.record import record

MOST_STEPS = 2_000_000  # values that all expressions for one document may look at
_MOST_DEEP = 32
_NAME = re.compile(r"[A-Za-z_\u0080-\U0010ffff][\w\u0080-\U0010ffff]*")
_INTEGER = re.compile(r"-?\d{1,15}")
_SLICE = re.compile(r"(-?\d{1,15})?\s*:\s*(-?\d{1,15})?(?:\s*:\s*(-?\d{1,15})?)?")
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,3})?")
_COMPARISON = re.compile(r"==|!=|<=|>=|<|>")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_HINT = "batten reads JSONPath (RFC 9535) without function extensions"

Place = tuple[str, ...]


@record
class Node:
    """A value and the keys and indexes that lead to it."""

    place: Place
    value: Plain


class Run:
    """The document that expressions are about, and how many values they may still look at."""

    def __init__(self, root: Plain, left: int = MOST_STEPS) -> None:
        self.root, self.left = root, left

    def spend(self) -> None:
        """One value is looked at. Raises SyntaxProblem where that is one too many."""
        self.left -= 1
        if self.left < 0:
            raise SyntaxProblem(f"its JSONPath looks at more than {MOST_STEPS} values", 0, _HINT)


Selector = Callable[[Node, Run], Iterator[Node]]
Test = Callable[[Plain, Run], bool]


@record
class Segment:
    selectors: tuple[Selector, ...]
    deep: bool = False  # of the value and of all that is in it


@record
class Path:
    segments: tuple[Segment, ...]
    of_root: bool = True

    def nodes(self, value: Plain, run: Run) -> list[Node]:
        """What is selected in the document, or in `value` for a path that starts with `@`. Raises SyntaxProblem."""
        found = [Node((), run.root if self.of_root else value)]
        for segment in self.segments:
            made: dict[Place, Node] = {}
            for node in found:
                for start in _all_below(node) if segment.deep else (node,):
                    run.spend()
                    for selector in segment.selectors:
                        for one in selector(start, run):
                            run.spend()
                            made[one.place] = one
            found = list(made.values())
        return found


def select(expression: str, run: Run) -> list[Place]:
    """The places that an expression selects, in their order. Raises SyntaxProblem."""
    reader = _Reader(expression.strip())
    path = reader.path()
    if reader.at < len(reader.text) or not path.of_root:
        raise reader.wrong()
    return [node.place for node in path.nodes(run.root, run)]


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node.value, dict):
        yield from (Node((*node.place, key), child) for key, child in node.value.items())
    elif isinstance(node.value, list):
        yield from (Node((*node.place, str(n)), child) for n, child in enumerate(node.value))


def _all_below(node: Node) -> Iterator[Node]:
    pending = [node]
    while pending:
        here = pending.pop()
        yield here
        pending += reversed(list(_children(here)))


def _named(name: str) -> Selector:
    def chosen(node: Node, run: Run) -> Iterator[Node]:
        if isinstance(node.value, dict) and name in node.value:
            yield Node((*node.place, name), node.value[name])

    return chosen


def _indexed(index: int) -> Selector:
    def chosen(node: Node, run: Run) -> Iterator[Node]:
        if isinstance(node.value, list) and -len(node.value) <= index < len(node.value):
            number = index % len(node.value)
            yield Node((*node.place, str(number)), node.value[number])

    return chosen


def _sliced(bounds: slice) -> Selector:
    def chosen(node: Node, run: Run) -> Iterator[Node]:
        if isinstance(node.value, list) and bounds.step != 0:
            for number in range(*bounds.indices(len(node.value))):
                yield Node((*node.place, str(number)), node.value[number])

    return chosen


class _Reader:
    """A recursive descent over an expression; `deep` counts the brackets around."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.deep = text, 0, 0

    def wrong(self) -> SyntaxProblem:
        return SyntaxProblem(f"the JSONPath is invalid at character {self.at + 1}", 0, _HINT)

    def takes(self, sign: str) -> bool:
        """Whether the sign is next, which is then behind."""
        found = self.text.startswith(sign, self.at)
        self.at += len(sign) if found else 0
        return found

    def takes_match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found is not None else self.at
        return found

    def blanks(self) -> None:
        while self.text[self.at : self.at + 1] in (" ", "\t", "\n", "\r"):
            self.at += 1

    def takes_behind(self, sign: str) -> bool:
        """The same, behind blanks."""
        self.blanks()
        return self.takes(sign)

    def path(self) -> Path:
        of_root = self.takes("$")
        if not of_root and not self.takes("@"):
            raise self.wrong()
        segments: list[Segment] = []
        while (segment := self.segment()) is not None:
            segments.append(segment)
        return Path(tuple(segments), of_root)

    def segment(self) -> Segment | None:
        deep = self.takes("..")
        if self.takes("["):
            return Segment(tuple(self.bracketed()), deep)
        if not deep and not self.takes("."):
            return None
        if self.takes("*"):
            return Segment((lambda node, run: _children(node),), deep)
        name = self.takes_match(_NAME)
        if name is None:
            raise self.wrong()
        return Segment((_named(name[0]),), deep)

    def bracketed(self) -> Iterator[Selector]:
        self.deep += 1
        if self.deep > _MOST_DEEP:
            raise self.wrong()
        while True:
            self.blanks()
            yield self.selector()
            self.blanks()
            if self.takes("]"):
                break
            if not self.takes(","):
                raise self.wrong()
        self.deep -= 1

    def selector(self) -> Selector:
        if self.takes("*"):
            return lambda node, run: _children(node)
        if self.takes("?"):
            test = self.either()
            return lambda node, run: (child for child in _children(node) if test(child.value, run))
        if (text := self.quoted()) is not None:
            return _named(text)
        if (bounds := self.takes_match(_SLICE)) is not None:
            start, stop, step = (int(part) if part else None for part in bounds.groups())
            return _sliced(slice(start, stop, step))
        if (index := self.takes_match(_INTEGER)) is not None:
            return _indexed(int(index[0]))
        raise self.wrong()

    def quoted(self) -> str | None:
        found = self.takes_match(_QUOTED)
        if found is None:
            return None
        return re.sub(r"\\(.)", r"\1", found[1] if found[1] is not None else found[2])

    def either(self) -> Test:
        tests = [self.both()]
        while self.takes_behind("||"):
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda value, run: any(t(value, run) for t in tests)

    def both(self) -> Test:
        tests = [self.single()]
        while self.takes_behind("&&"):
            tests.append(self.single())
        return tests[0] if len(tests) == 1 else lambda value, run: all(t(value, run) for t in tests)

    def single(self) -> Test:
        self.blanks()
        self.deep += 1
        if self.deep > _MOST_DEEP:
            raise self.wrong()
        if self.takes("!"):
            inner = self.single()
            self.deep -= 1
            return lambda value, run: not inner(value, run)
        if self.takes("("):
            test = self.either()
            if not self.takes(")"):
                raise self.wrong()
            self.deep -= 1
            return test
        self.deep -= 1
        return self.compared()

    def compared(self) -> Test:
        left = self.operand()
        self.blanks()
        sign = self.takes_match(_COMPARISON)
        if sign is None:
            if not isinstance(left, Path):
                raise self.wrong()
            return lambda value, run: bool(left.nodes(value, run))
        self.blanks()
        right = self.operand()
        return lambda value, run: _compare(sign[0], _value(left, value, run), _value(right, value, run))

    def operand(self) -> Path | tuple[Plain]:
        """A path, or a literal in a tuple of one."""
        if self.text[self.at : self.at + 1] in ("@", "$"):
            return self.path()
        if (text := self.quoted()) is not None:
            return (text,)
        for word, literal in (("true", True), ("false", False), ("null", None)):
            if self.takes(word):
                return (literal,)
        if (number := self.takes_match(_NUMBER)) is not None:
            return (float(number[0]),)
        raise self.wrong()


def _value(operand: Path | tuple[Plain], value: Plain, run: Run) -> tuple[Plain, ...]:
    """The value of an operand; none where its path selects nothing."""
    if isinstance(operand, Path):
        return tuple(node.value for node in operand.nodes(value, run)[:1])
    return operand


def _compare(sign: str, left: tuple[Plain, ...], right: tuple[Plain, ...]) -> bool:
    same = left == right and [isinstance(v, bool) for v in left] == [isinstance(v, bool) for v in right]
    match sign:
        case "==":
            return same
        case "!=":
            return not same
        case _:
            if same and sign in ("<=", ">="):
                return True
            # Numbers and strings have an order; all else has none.
            ordered_sign = sign[0]
            for kind in (str, (int, float)):
                if (
                    left
                    and right
                    and all(isinstance(v, kind) and not isinstance(v, bool) for v in (*left, *right))
                ):
                    smaller, larger = (left[0], right[0]) if ordered_sign == "<" else (right[0], left[0])
                    return bool(smaller < larger)  # type: ignore[operator]
            return False
