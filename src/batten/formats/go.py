"""Go: the tree that the grammar makes of a source file."""

from __future__ import annotations

from functools import cache

from tree_sitter import Language, Parser

from batten.formats.scripts import Script, parsed


def parse(text: str) -> Script:
    """A source file of Go. Raises SyntaxProblem."""
    return parsed(text, _parser())


@cache
def _parser() -> Parser:
    import tree_sitter_go as grammar  # it takes longer to load than most files to read

    return Parser(Language(grammar.language()))
