"""Values of batten.yaml, each of the type it must have; every complaint names the line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NoReturn, TypeVar

from batten.formats import Mapping, Node, Scalar, Sequence
from batten.formats.document import Text
from batten.model import Severity
from batten.policy.nearest import meant
from batten.policy.policy import PolicyProblem

T = TypeVar("T")


class Fields:
    """Reads the nodes of one file. Its methods raise PolicyProblem."""

    def __init__(self, file: Text) -> None:
        self.file = file

    def complain(self, node: Node, message: str, hint: str) -> NoReturn:
        line = self.file.line_of(node.span.start)
        raise PolicyProblem(f"{self.file.path}:{line}: {message}; {hint}")

    def placed(self, text: str, node: Node) -> tuple[str, int]:
        """A text with its line."""
        return text, self.file.line_of(node.span.start)

    def mapping(self, node: Node, what: str, keys: tuple[str, ...] = ()) -> Mapping:
        if not isinstance(node, Mapping):
            self.complain(node, f"{what} must be a mapping", "write `key: value` lines")
        for entry in node:
            if keys and str(entry.key.value) not in keys:
                hint = meant(str(entry.key.value), keys, f"its keys are: {', '.join(keys)}")
                self.complain(entry.key, f"{what} has no key '{entry.key.value}'", hint)
        return node

    def string(self, node: Node | None, default: str = "") -> str:
        if node is None:
            return default
        if not isinstance(node, Scalar):
            self.complain(node, "a string is expected here", "write one value")
        return "" if node.value is None else node.text

    def strings(self, node: Node | None) -> tuple[str, ...]:
        if node is None:
            return ()
        if isinstance(node, Scalar):
            return (self.string(node),)
        if not isinstance(node, Sequence):
            self.complain(node, "a list is expected here", "write one `- value` per line")
        return tuple(self.string(item) for item in node)

    def boolean(self, node: Node | None, default: T) -> bool | T:
        if node is None:
            return default
        if not isinstance(node, Scalar) or not isinstance(node.value, bool):
            self.complain(node, "true or false is expected here", "write true or false")
        return node.value

    def number(self, node: Node | None, default: float) -> float:
        if node is None:
            return default
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
            self.complain(node, "a number above zero is expected here", "write digits")
        return value

    def integer(self, node: Node | None, default: int) -> int:
        return int(self.number(node, default))

    def table(self, node: Node | None) -> dict[str, str]:
        if node is None:
            return {}
        return {str(e.key.value): self.string(e.value) for e in self.mapping(node, "this")}

    def severity(self, node: Node | None, default: Severity) -> Severity:
        if node is None:
            return default
        try:
            return Severity.named(self.string(node))
        except ValueError as error:
            self.complain(node, str(error), "write one of them")

    def day(self, node: Node | None) -> date | None:
        if node is None:
            return None
        try:
            return date.fromisoformat(self.string(node))
        except ValueError:
            self.complain(node, f"'{self.string(node)}' is not a date", "write it as 2027-01-31")

    def items(self, node: Node | None, what: str) -> Iterator[Node]:
        if node is None:
            return
        if not isinstance(node, Sequence):
            self.complain(node, f"{what} must be a list", "start each with `- `")
        yield from node
