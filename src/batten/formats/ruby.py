"""Ruby: the tree that the grammar makes of a file, and what its literals come to."""

from __future__ import annotations

import re
from functools import cache

from tree_sitter import Language, Parser

from batten.formats.scripts import Script, parsed

_ESCAPE = re.compile(r"\\(?:u\{?([0-9a-fA-F]{1,6})\}?|x([0-9a-fA-F]{1,2})|([\s\S]))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "e": "\x1b", "s": " ", "\n": ""}


def parse(text: str) -> Script:
    """Raises SyntaxProblem."""
    return parsed(text, _parser())


@cache
def _parser() -> Parser:
    import tree_sitter_ruby as grammar  # it takes longer to load than most files to read

    return Parser(Language(grammar.language()))


def unescaped(written: str, quote: str) -> str:
    """What the text between two quotes comes to."""
    if quote == "'":
        return written.replace("\\'", "'").replace("\\\\", "\\")
    return _ESCAPE.sub(_plain, written)


def _plain(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        return chr(int(code, 16)) if int(code, 16) < 0x110000 else ""
    return _ESCAPED.get(found[3], found[3])
