"""JavaScript and TypeScript: the tree that the grammar makes of a module."""

from __future__ import annotations

from functools import cache

from tree_sitter import Language, Parser

from batten.formats.scripts import DEEPEST, Script, parsed, unquoted

__all__ = ["DEEPEST", "Script", "parse", "parse_typescript", "unquoted"]


def parse(text: str) -> Script:
    """JavaScript, with JSX. Raises SyntaxProblem."""
    return parsed(text, _parser("tsx"))


def parse_typescript(text: str) -> Script:
    """TypeScript. Raises SyntaxProblem."""
    return parsed(text, _parser("typescript"))


@cache
def _parser(language: str) -> Parser:
    import tree_sitter_typescript as grammars  # it takes longer to load than most files to read

    made = grammars.language_tsx() if language == "tsx" else grammars.language_typescript()
    return Parser(Language(made))
