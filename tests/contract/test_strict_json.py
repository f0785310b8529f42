from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batten.contract.strict_json import DEEPEST, _slowly, strict_json

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
VALUES = st.recursive(SCALARS, lambda v: st.lists(v) | st.dictionaries(st.text(), v), max_leaves=20)
PIECES = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        '"a"',
        '"a\\"',
        '":"',
        '"a" :',
        '"\\u0022:"',
        '"\\ud800"',
        "1",
        "-0",
        "1e999",
        "NaN",
        "\n",
    ]
)


def outcome(read: Callable[[bytes], object], body: bytes) -> object:
    try:
        value = read(body)
    except ValueError:
        return ValueError
    return type(value), json.dumps(value)


@given(st.lists(PIECES, max_size=14).map("".join))
@example('{"a":1,"a":2}')
@example('{"a":1,"a" :2}')
@example('{"a":"\\":","a":2}')
@example('{"a":"\\u0022:","a":2}')
@example('{"a":{"b":1},"a":{"c":1,"d":2}}')
@example('{"\\u0061":1,"a":2}')
def test_the_quick_way_says_what_the_careful_one_says(text: str) -> None:
    body = text.encode("utf-8", "surrogatepass")
    assert outcome(strict_json, body) == outcome(_slowly, body)


@given(VALUES, st.sampled_from([None, 1]), st.booleans())
def test_every_value_is_read_as_it_was_written(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert outcome(strict_json, text.encode("utf-8", "replace")) == outcome(
        _slowly, text.encode("utf-8", "replace")
    )


@pytest.mark.parametrize("depth", [100, 101, 5000])
def test_depth_is_bounded(depth: int) -> None:
    body = b"[" * depth + b"]" * depth
    if depth <= 100:
        assert isinstance(strict_json(body), list)
    else:
        with pytest.raises(ValueError, match="nests deeper"):
            strict_json(body)


@given(
    st.lists(
        st.sampled_from(
            [
                "1e308",
                "1E-320",
                "-1e+300",
                "1e999",
                "0.5",
                "9" * 305,
                "9" * 309 + ".0",
                '"null"',
                '"\\nnull"',
                "null",
                '"nu\\u006cl"',
            ]
        ),
        min_size=1,
    )
)
@example(["1e308", "1e999", "null"])
def test_numbers_near_the_ends_of_a_double_are_read_alike(items: list[str]) -> None:
    body = ("[" + ",".join(["1"] * 600 + items) + "]").encode()
    assert outcome(strict_json, body) == outcome(_slowly, body)


def test_the_collector_is_left_as_it_was() -> None:
    body = b"[" + b"[]," * 30_000 + b"1]"
    for enabled in (False, True):
        (gc.enable if enabled else gc.disable)()
        for text in (body, body[:-1]):
            outcome(strict_json, text)
            assert gc.isenabled() is enabled


def test_depth_counts_lists_and_objects() -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")):
        times = DEEPEST // len(closing)
        fits = opening * times + "1" + closing * times
        assert outcome(strict_json, fits.encode()) is not ValueError
        assert outcome(strict_json, (opening * times + "[]" + closing * times).encode()) is ValueError


_ON_A_SMALL_STACK = """
import threading
from batten.contract.strict_json import strict_json

def ask(body):
    try:
        strict_json(body)
    except ValueError as error:
        print(error)

threading.stack_size(256 << 10)
for body in (b"[" * 100_000, b'{"a":' * 100_000, b"[" * 9_000 + b"]" * 9_000):
    thread = threading.Thread(target=ask, args=(body,))
    thread.start()
    thread.join()
"""


def test_depth_does_not_end_a_server_whose_threads_have_small_stacks() -> None:
    """Since Python 3.12 a decoder written in C follows 10,000 levels, whatever the stack holds."""
    done = subprocess.run(
        [sys.executable, "-c", _ON_A_SMALL_STACK], capture_output=True, text=True, check=True
    )
    assert done.stdout == "it nests deeper than 100 levels\n" * 3


@given(st.recursive(st.text(max_size=5), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)))  # fmt: skip
def test_only_depth_is_too_deep(value: object) -> None:
    text = json.dumps([value] * 1_001).encode()
    assert strict_json(text) == [value] * 1_001
