"""Variables of the Serverless Framework: `${self:custom.table}`, `${opt:stage, 'dev'}`, `${env:KEY}`.

What the file itself says is known. What a command line, an environment, a stage, another file or a service decides is not,
whatever it falls back to. Source: https://www.serverless.com/framework/docs/guides/variables
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from batten.formats import Mapping, Node, Scalar, Sequence
from batten.model import UNKNOWN, Span, Unknown

_INNERMOST = re.compile(r"\$\{([^${}]*)\}")
_MOST = 20  # variables in one text, steps from one to the next
_LONGEST = 2000  # characters
_COST = 200_000  # variables of a file, and entries of what they name: what is left after that is UNKNOWN


@dataclass(slots=True, eq=False)
class Variables:
    root: Mapping
    _depth: int = 0
    _left: int = _COST

    def filled(self, node: Scalar) -> Node | Unknown:
        """The text with its variables replaced; one that is nothing else is what it names."""
        if self._depth >= _MOST or self._left <= 0:
            return UNKNOWN
        self._depth += 1
        try:
            found = self._filled(node)
        finally:
            self._depth -= 1
        self._left -= 1 + (
            len(found.entries if isinstance(found, Mapping) else found.items)
            if isinstance(found, Mapping | Sequence)
            else 0
        )
        return found

    def _filled(self, node: Scalar) -> Node | Unknown:
        text = node.text
        for _ in range(_MOST):
            if len(text) > _LONGEST:
                break
            found = _INNERMOST.search(text)
            if found is None:
                return Scalar(text, node.span, node.style) if "${" not in text else UNKNOWN
            named = self._named(found[1])
            if isinstance(named, Scalar) and "${" in named.text:
                named = self.filled(named)
            if isinstance(named, Unknown) or (found[0] == text and named.span != _NOWHERE):
                return named
            if found[0] == text and isinstance(named, Scalar):
                return Scalar(named.value, node.span, node.style)
            if not isinstance(named, Scalar):
                return UNKNOWN
            text = text[: found.start()] + named.text + text[found.end() :]
        return UNKNOWN

    def _named(self, expression: str) -> Node | Unknown:
        """`self:` or a parameter, and of several alternatives the first that is there."""
        for alternative in expression.split(","):
            source, _, path = alternative.strip().partition(":")
            if source == "self":
                held = self._at(path)
            elif source == "param":
                held = self._parameter(path)
            else:
                held = _literal(alternative.strip())
            if held is not None:
                return held
        return UNKNOWN

    def _at(self, path: str) -> Node | Unknown | None:
        node: Node | None = self.root
        for part in path.split("."):
            if isinstance(node, Scalar) and "${" in node.text:
                found = self.filled(node)
                if isinstance(found, Unknown):
                    return UNKNOWN
                node = found
            if isinstance(node, Sequence):
                node = node.items[int(part)] if part.isdecimal() and int(part) < len(node.items) else None
            else:
                node = node[part] if isinstance(node, Mapping) else None
        return node

    def _parameter(self, name: str) -> Node | Unknown | None:
        """One that every stage shares; what a stage says of its own depends on the stage."""
        stages = self.root.mapping("params")
        held = [
            (entry.key.text, entry.value[name]) for entry in stages or () if isinstance(entry.value, Mapping)
        ]
        said = [(stage, value) for stage, value in held if value is not None]
        return said[0][1] if len(said) == 1 and said[0][0] == "default" else UNKNOWN


_NOWHERE = Span(0, 0)


def _literal(text: str) -> Node | Unknown:
    """A fallback in quotes, or a word of YAML's own; what asks something else is not known."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return Scalar(text[1:-1], _NOWHERE)
    if text in ("true", "false"):
        return Scalar(text == "true", _NOWHERE)
    return Scalar(int(text), _NOWHERE) if text.isdecimal() and len(text) < 10 else UNKNOWN
