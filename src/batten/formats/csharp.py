"""C#: the tree that the grammar makes of a source file, and what its literals come to."""

from __future__ import annotations

import re
import time
from functools import cache

from tree_sitter import Language, Parser

from batten.formats.document import SyntaxProblem
from batten.formats.scripts import Script, parsed

_ESCAPE = re.compile(r"\\(?:[uU]([0-9a-fA-F]{4,8})|x([0-9a-fA-F]{1,4})|([\s\S]))")
_ESCAPED = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "e": "\x1b",
}
_NUMBER = re.compile(r"(0[xX][0-9a-fA-F_]+|0[bB][01_]+|[0-9][0-9_]*)(?:[uU]?[lL]?|[lL][uU])")


_SLICE = 1 << 16
_LEAST, _A_BYTE = 0.1, 12e-6  # seconds of processor time: what is C# takes a microsecond or two a byte


def parse(text: str) -> Script:
    """A source file of C#. Raises SyntaxProblem."""
    # Raises SyntaxProblem.
    depth = 0
    for found in _SIGNS.finditer(text):
        if found["open"]:
            depth += 1
        elif found["closed"]:
            depth = max(depth - 1, 0)
        elif found["end"]:
            depth = 0
        if depth > _DEEPEST:
            check_message = f"angle brackets are nested deeper than {_DEEPEST}"
            raise SyntaxProblem(
                check_message, found.start(), "list it under `ignore:` in batten.yaml if it is not C#"
            )
    # The grammar's time on what is no C# grows with the square of its length (comments that never end, words of
    # another language), so it is tried within a bound first. Raises SyntaxProblem.
    data = text.encode("utf-8", "replace")
    until = time.process_time() + _LEAST + _A_BYTE * len(data)
    parser = _parser()
    try:
        parser.parse(
            lambda start, point: data[start : start + _SLICE],
            progress_callback=lambda offset, error: time.process_time() > until,
        )
    except ValueError:
        parser.reset()
        message = "the grammar of C# does not come to an end with it"
        raise SyntaxProblem(message, 0, "list it under `ignore:` in batten.yaml if it is not C#") from None
    return parsed(text, _parser())


_DEEPEST = 200  # signs `<` that nothing closes, in one statement: memory grows with the square of them
_SIGNS = re.compile(
    r'"""(?:[^"]|"(?!""))*+(?:"""|\Z)|@"[^"]*+(?:"|\Z)|"(?:[^"\\\n]|\\.)*+"?|\'(?:[^\'\\\n]|\\.)*+\'?|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)'
    r"|(?P<open><)|(?P<closed>>)|(?P<end>[;{}])"
)


@cache
def _parser() -> Parser:
    import tree_sitter_c_sharp as grammar  # it takes longer to load than most files to read

    return Parser(Language(grammar.language()))


def unquoted(written: str) -> str:
    """What a string literal comes to: `"…"`, `@"…"`, or a raw one between three quotes or more."""
    written = written.removesuffix("u8").removesuffix("U8")
    if written.startswith('"""'):
        return written.strip('"').strip("\r\n")
    if written.startswith("@"):
        return written[2:-1].replace('""', '"')
    return _ESCAPE.sub(_plain, written[1:-1])


def _plain(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        return chr(int(code, 16)) if int(code, 16) < 0x110000 else ""
    return _ESCAPED.get(found[3], found[3])


def whole_number(written: str) -> int | None:
    """What a literal of digits comes to, in any base; None for one that is a fraction."""
    found = _NUMBER.fullmatch(written)
    return int(found[1].replace("_", ""), 16 if written[:2] in ("0x", "0X") else 2 if written[:2] in ("0b", "0B") else 10) if found else None  # fmt: skip
