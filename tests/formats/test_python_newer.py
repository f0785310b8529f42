"""Python of newer versions than the interpreter's: read by a grammar of its own, at its own places."""

from __future__ import annotations

import ast
import sys
import time
from contextlib import suppress

import pytest

from batten.formats.document import SyntaxProblem
from batten.formats.python import parse
from batten.formats.python_newer import older

NEWER = {
    "an alias": "type Alias = dict[str, int]\n",
    "an alias with parameters": "type Pair[T, *Ts, **P] = tuple[T, T]\n",
    "a generic function": "def first[T: int = int](items: list[T]) -> T:\n    return items[0]\n",
    "a generic class": "class Box[T, *Ts, **P](list):\n    pass\n",
    "parameters over lines": "def f[\n    T,\r\n    U: (int, str),\n](x): return x\n",
    "a decorated generic": "@app.get('/')\nasync def f[T](x: T): return x\n",
    "quotes of its own kind": 'x = f"{row["id"]} and {row.get("b", \'c\')}"\n',
    "nested f-strings": 'x = f"{f"{f"{1 + 1}"}"}"\n',
    "a field over lines": 'x = f"{\n    row["id"]  # its number\n}"\n',
    "a backslash in a field": "x = f\"{'\\n'.join(rows)}\"\n",
    "letters beyond ASCII": 'x = f"é{d["ü"]}ß", 1\n',
    "a t-string": 'x = t"hello {name}" + rt"\\d{x}" + T"{a["b"]}"\n',
    "exceptions without parentheses": "try:\n    pass\nexcept ValueError, a.TypeError:\n    pass\n",
    "groups without parentheses": "try:\n    pass\nexcept* OSError, KeyError:\n    pass\n",
    "unpacking in comprehensions": "x = [*row for row in rows], {**d for d in ds}, (*r for r in rows)\n",
    "a lazy import": "lazy import json\nlazy from a.b import c as d\n",
}


@pytest.mark.parametrize("title", NEWER)
def test_newer_syntax_is_read_at_its_places(title: str) -> None:
    source = f"{NEWER[title]}last = call('ä', 3)\n"
    tree = parse(source)
    last = tree.body[-1]
    assert isinstance(last, ast.Assign)
    assert (last.lineno, last.col_offset) == (source.count("\n"), 0)
    assert ast.unparse(last) == "last = call('ä', 3)"


def test_what_a_field_calls_is_kept_where_only_its_quotes_are_newer() -> None:
    tree = parse('x = f"{os.environ.get("KEY", "none")}"\n')
    (call,) = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    assert ast.unparse(call) == "os.environ.get('KEY', 'none')"
    assert (call.col_offset, call.end_col_offset) == (7, 36) if sys.version_info < (3, 12) else True


def test_the_names_of_a_generic_class_and_function_stay() -> None:
    tree = parse("class Api[T](Flask):\n    debug = True\ndef make[T](): return 1\n")
    made, function = tree.body
    assert isinstance(made, ast.ClassDef) and isinstance(function, ast.FunctionDef)
    assert (made.name, ast.unparse(made.bases[0]), function.name) == ("Api", "Flask", "make")


@pytest.mark.parametrize(
    "text",
    [
        "print 'a'\n",
        "x = = 1\n",
        "def f(:\n",
        "type = \n",
        "f'{a'\n",
        "if x\n    pass\n",
        "except A, B:\n",
        "x = f'{!}'\n",
    ],
)
def test_what_no_version_reads_is_told_at_its_place(text: str) -> None:
    with pytest.raises(SyntaxProblem) as found:
        parse(text)
    assert "correct it" in found.value.hint


@pytest.mark.parametrize(
    "text", ["x = f'{a} {b!r:>{w}}'\n", "type = 1\nlazy = 2\nprint(type, lazy)\n", "except_ = 1\n"]
)
def test_what_every_version_reads_is_not_rewritten(text: str) -> None:
    assert ast.parse(text) is not None
    assert older(text) is None


@pytest.mark.parametrize(
    "shape",
    [
        "f'{",
        "f'{'",
        "'",
        "f'{a['b']}' ",
        "f'{{",
        '"""',
        "\\",
        "type X[T] = int\n",
        "except A, B:\n",
        "[*x for x in y]\n",
    ],
)
def test_a_long_text_takes_linear_time(shape: str) -> None:
    start = time.process_time()
    with suppress(SyntaxProblem):
        older(shape * 4_000)
    assert time.process_time() - start < 10
