"""Python source read with `ast`, and where its nodes stand in characters."""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache
from importlib import import_module

from batten.formats.document import SyntaxProblem, Text, bounded
from batten.model import Span

_HINT = "correct it, or list the file under `ignore:` in batten.yaml, as one of Python 2"
_LINE_END = re.compile(r"\r\n?|\n")  # a form feed ends no line for Python


def parse(text: str) -> ast.Module:
    """The module. Raises SyntaxProblem, also for text that Python's parser gives up on."""
    bounded(text, "\n,(")
    if "\0" in text:
        raise SyntaxProblem("Python does not accept null bytes", text.find("\0"), "remove them")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an escape like "\d" is the author's business
            # What `ast` reads, or would read if it were that of the newest Python.
            try:
                return ast.parse(text)
            except SyntaxError:
                # Nearly every file is read without the grammar, which takes longer to load than they do to read.
                rewritten: bytes | None = import_module("batten.formats.python_newer").older(text)
                if rewritten is None:
                    raise
                try:
                    return ast.parse(rewritten)
                except (SyntaxError, ValueError):
                    pass  # it is wrong in every version: the first complaint says where
                raise
    except SyntaxError as error:
        # `SyntaxError.offset` counts characters from 1.
        starts = _starts(text)
        line = min(max(error.lineno or 1, 1), len(starts))
        at = min(starts[line - 1] + max((error.offset or 1) - 1, 0), len(text))
        hint = "indent with spaces only" if isinstance(error, TabError) else _HINT
        problem = SyntaxProblem(error.msg or "this is not valid Python", at, hint)
        raise problem from error
    except UnicodeEncodeError as error:
        raise SyntaxProblem(
            "the text holds half of a surrogate pair, which is not a character",
            error.start,
            "save it as UTF-8",
        ) from error
    except ValueError as error:
        raise SyntaxProblem(
            f"Python cannot read this: {error}", 0, "check the numbers and strings"
        ) from error
    except (RecursionError, MemoryError) as error:
        raise SyntaxProblem("nested deeper than Python reads", 0, "split the expression") from error


def nodes(tree: ast.AST) -> list[ast.AST]:
    """The tree's nodes as `ast.walk` has them, but those that say how a name is used (`Load`, `Store`): three times as fast."""
    found = [tree]
    for node in found:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                found += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST) and name != "ctx":
                found.append(value)
    return found


def span(source: Text, node: ast.AST) -> Span:
    """The characters of a node; `ast` counts UTF-8 bytes within lines. Empty at 0 for one without place."""
    line = getattr(node, "lineno", None)
    end_line = getattr(node, "end_lineno", None)
    if line is None or end_line is None:
        return Span(0, 0)
    text = source.text
    start = _offset(text, line, getattr(node, "col_offset", 0))
    return Span(start, _offset(text, end_line, getattr(node, "end_col_offset", 0)))


def _offset(text: str, line: int, column: int) -> int:
    starts = _starts(text)
    if line > len(starts):
        return len(text)
    start = starts[line - 1]
    if text.isascii():
        return start + column
    end = starts[line] if line < len(starts) else len(text)
    content = text[start:end]
    if content.isascii():
        return start + column
    return start + len(content.encode()[:column].decode(errors="ignore"))


@lru_cache(maxsize=32)
def _starts(text: str) -> list[int]:
    return [0, *(found.end() for found in _LINE_END.finditer(text))]
