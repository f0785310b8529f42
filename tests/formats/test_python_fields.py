"""f-strings of Python 3.12 and later, as an older Python reads them."""

from __future__ import annotations

import ast
import time

import pytest

from batten.formats.python import parse
from batten.formats.python_fields import plain_fields


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("x = f'{a['b']}'", "x = f'{______}'"),
        ('x = f"{a["b"]} and {c}"', 'x = f"{______} and {_}"'),
        ('x = f"{{a}} {b:>{w}}"', 'x = f"{{a}} {______}"'),
        ("x = f'{ {'a': 1}['a'] }'", "x = f'{_______________}'"),
        ('x = rf"\\{a["}"]}" + "{b}"', 'x = rf"\\{______}" + "{b}"'),
        ("# f'{a['b']}\ny = 'f{a}' f'''{a['b']}'''", "# f'{a['b']}\ny = 'f{a}' f'''{______}'''"),
        ("x = f'{é}' f'{'é'}'", "x = f'{é}' f'{'é'}'"),
        ("x = f'{a", "x = f'{_"),
        ("x = 'a\\'{' f'{b['c']}'", "x = 'a\\'{' f'{______}'"),
    ],
)
def test_what_is_in_a_field_is_a_name_of_its_length(text: str, plain: str) -> None:
    assert plain_fields(text) == plain


def test_a_file_with_such_strings_is_read_at_its_places() -> None:
    tree = parse("a = 1\nkey = f'{row['id']}', 2\nb = call(3)\n")
    last = tree.body[-1]
    assert isinstance(last, ast.Assign) and (last.lineno, last.value.col_offset) == (3, 4)


@pytest.mark.parametrize("shape", ["f'{", "f'{'", "'", "f'{a['b']}' ", "f'{{", '"""', "f'{(", "\\"])
def test_a_long_text_takes_linear_time(shape: str) -> None:
    def taken(times: int) -> float:
        start = time.process_time()
        plain_fields(shape * times)
        return time.process_time() - start

    taken(100)
    assert taken(20_000) < 2
