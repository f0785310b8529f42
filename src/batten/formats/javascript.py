"""JavaScript and TypeScript: the tree that the grammar makes of a module, and what its literals come to."""

from __future__ import annotations

import re
from functools import cache

from tree_sitter import Language, Parser

from batten.formats.syntax_tree import Script, grown

_ESCAPE = re.compile(r"\\(?:u\{?([0-9a-fA-F]{1,6})\}?|x([0-9a-fA-F]{2})|([\s\S]))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "\n": ""}


def parse(text: str) -> Script:
    """JavaScript, with JSX. Raises SyntaxProblem."""
    return grown(text, _parser("tsx"))


def parse_typescript(text: str) -> Script:
    """TypeScript. Raises SyntaxProblem."""
    return grown(text, _parser("typescript"))


@cache
def _parser(language: str) -> Parser:
    import tree_sitter_typescript as grammars  # it takes longer to load than most files to read

    made = grammars.language_tsx() if language == "tsx" else grammars.language_typescript()
    return Parser(Language(made))


def unquoted(written: str) -> str:
    """What a string literal comes to."""
    return _ESCAPE.sub(_plain, written[1:-1])


def _plain(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        return chr(int(code, 16)) if int(code, 16) < 0x110000 else ""
    return _ESCAPED.get(found[3], found[3])
