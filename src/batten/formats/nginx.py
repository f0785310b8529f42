"""nginx configuration: directives in blocks, words as nginx itself splits them.

Source for the rules: nginx's ngx_conf_read_token, read for what it accepts.
"""

from __future__ import annotations

import re

from batten.formats.blocks import Directive
from batten.formats.document import SyntaxProblem, bounded
from batten.formats.placeholders import rendered, surely_templated, templated
from batten.formats.words import Word
from batten.model import Span

DEEPEST = 200  # blocks inside blocks; nobody writes ten

_SKIPPED = r"(?:[ \t\r\n]++|#[^\n]*+)*+"
_OPEN_DOUBLE = r'"[^"\\]*+(?:\\[\s\S][^"\\]*+)*+'
_OPEN_SINGLE = r"'[^'\\]*+(?:\\[\s\S][^'\\]*+)*+"
_DOUBLE, _SINGLE = f'{_OPEN_DOUBLE}"', f"{_OPEN_SINGLE}'"
# A '{' right after '$' belongs to the word, and so do quotes, '#' and '}' after its first character.
_BARE = r"(?:(?![\"'#}])[^ \t\r\n;{\\$]|\\[\s\S]?|\$\{*+)(?:[^ \t\r\n;{\\$]++|\\[\s\S]?|\$\{*+)*+"
_TOKEN = re.compile(rf"{_SKIPPED}(?:({_BARE})|([;{{}}])|({_DOUBLE}|{_SINGLE}))")
_WORD, _PUNCTUATION, _QUOTED = 1, 2, 3
# Most directives: a name and words without quotes and escapes, on one line. What it does not match is read word by word.
_LETTER = r"[^\x00-\x20;{}\\\x7f-\U0010ffff]"
_PLAIN = re.compile(
    rf"{_SKIPPED}([A-Za-z_][A-Za-z0-9_]*+)((?:[ \t]++(?![\"'#]){_LETTER}++)*+)[ \t]*+(?:;|(?<!\$)\{{)"
)
_REST = re.compile(_SKIPPED)
_ESCAPE = re.compile(r"""\\([\\"'trn])""")
_ESCAPED = {"t": "\t", "r": "\r", "n": "\n"}
_LUA = re.compile(  # ours: above
    r"--\[(=*+)\[[\s\S]*?(?:\]\1\]|\Z)|--[^\n]*+|\[(=*+)\[[\s\S]*?(?:\]\2\]|\Z)"
    rf"|{_OPEN_DOUBLE}(?:\"|\\?\Z)|{_OPEN_SINGLE}(?:'|\\?\Z)|[{{}}]"  # what is not closed reaches to the end
)

_SAID = re.compile(r"\A(?:nginx: [^\n]*+\n)++")  # before the files, in what `nginx -T 2>&1` writes


def parse(text: str) -> Directive:
    """The file's directives, below a root; of a template, those that are written. Raises SyntaxProblem."""
    bounded(text, "\n;{")
    text = _SAID.sub(lambda said: " " * len(said[0]), text, count=1) if text.startswith("nginx: ") else text
    if surely_templated(text):
        return _parsed(rendered(text))
    try:
        return _parsed(text)
    except SyntaxProblem:
        if not templated(text):
            raise
    return _parsed(rendered(text))


def _parsed(text: str) -> Directive:
    root = Directive("", [], 0, 0, len(text))
    root.body = root.span
    stack = [root]
    children = stack[0].children
    words: list[Word] = []
    match, plain = _TOKEN.match, _PLAIN.match
    at = 0
    while True:
        if not words and (found := plain(text, at)) is not None:
            at = found.end()
            directive = Directive(found[1], found[2], found.start(1), found.end(2), at)
            children.append(directive)
            if text[at - 1] == "{":
                at = _enter(text, at, directive, stack)
                children = stack[-1].children
            continue
        if (token := match(text, at)) is None:
            break
        at = token.end()
        kind = token.lastindex
        if kind == _WORD:
            start = token.start(_WORD)
            word = text[start:at]
            words.append(Word(_unescaped(word) if "\\" in word else word, start, at))
        elif kind == _QUOTED:
            quoted_start = token.start(_QUOTED)
            if at < len(text) and text[at] not in " \t\r\n;{)":
                raise SyntaxProblem(
                    f"unexpected {text[at]!r} right after a closing quote",
                    at,
                    "add a space, or quote the whole word",
                )
            words.append(Word(_unescaped(text[quoted_start + 1 : at - 1]), quoted_start, at, quoted=True))
        elif text[at - 1] == ";":
            if not words:
                raise SyntaxProblem("a ';' with no directive before it", at - 1, "remove it")
            children.append(_simple(words, at))
            words = []
        elif text[at - 1] == "{":
            block = _opened(words, at)
            children.append(block)
            words = []
            at = _enter(text, at, block, stack)
            children = stack[-1].children
        else:
            if words:
                raise SyntaxProblem(
                    f"the directive `{words[0].text}` is not terminated before '}}'",
                    words[0].start,
                    "end it with ';'",
                )
            if len(stack) == 1:
                raise SyntaxProblem("unmatched '}'", at - 1, "remove it, or add the missing '{' above")
            _end_block(stack.pop(), at)
            children = stack[-1].children
    _check_end(text, at, stack, words)
    return stack[0]


def _unescaped(text: str) -> str:
    """nginx resolves these escapes and leaves every other backslash alone."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), text)


def _simple(words: list[Word], end: int) -> Directive:
    first = words[0]
    return Directive(first.text, words[1:], first.start, words[-1].end, end)


def _opened(words: list[Word], at: int) -> Directive:
    """A block whose '{' ends at `at`."""
    if not words:
        raise SyntaxProblem("a '{' with no directive before it", at - 1, "name the block, or remove it")
    return _simple(words, at)


def _enter(text: str, at: int, block: Directive, stack: list[Directive]) -> int:
    """Where to go on in a block whose '{' ends at `at`; its end and body are set right when it is closed."""
    if len(stack) > DEEPEST:
        raise SyntaxProblem(
            f"blocks are nested deeper than {DEEPEST}",
            at - 1,
            "list the file under `ignore:` in batten.yaml if it is generated",
        )
    block.body = Span(at, at)
    block.raw = block.name.endswith("_by_lua_block")
    if block.raw:
        # Where the Lua code's closing brace ends. Strings and comments do not count.
        depth = 1
        for token in _LUA.finditer(text, block.span.end):
            if token[0] == "{":
                depth += 1
            elif token[0] == "}":
                depth -= 1
                if depth == 0:
                    _end_block(block, token.end())
                    return token.end()
        raise SyntaxProblem(
            f"the Lua block of `{block.name}` is not closed", block.span.start, "close it with '}'"
        )
    stack.append(block)
    return at


def _end_block(block: Directive, at: int) -> None:
    body = block.body.start if block.body else at
    block.end = at
    block.body = Span(body, at - 1)


def _check_end(text: str, at: int, stack: list[Directive], words: list[Word]) -> None:
    rest = _REST.match(text, at)
    at = rest.end() if rest else at
    if at < len(text):
        raise SyntaxProblem(f"the quote {text[at]} is not closed", at, f"close it with {text[at]}")
    if words:
        raise SyntaxProblem(
            f"the directive `{words[0].text}` is not terminated at the end of the file",
            words[0].start,
            "end it with ';'",
        )
    if len(stack) > 1:
        block = stack[-1]
        raise SyntaxProblem(f"the block `{block.name}` is not closed", block.span.start, "close it with '}'")
