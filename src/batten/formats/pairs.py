"""Keys with values, as .env, ini and properties files hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from batten.formats.document import Text
from batten.model import Edit, Span


@dataclass(slots=True)
class Pair:
    """`value` is None for a key that stands alone; its `value_span` is then empty, after the key.

    `value_span` covers the quotes, `quoted` is the quote sign or "".
    """

    key: str
    value: str | None
    span: Span
    key_span: Span
    value_span: Span
    quoted: str = ""
    export: bool = False


def replacements(
    source: Text,
    pairs: Iterable[Pair],
    key: str,
    value: str,
    encode: Callable[[str], str],
    separator: str = "=",
) -> list[Edit] | None:
    """Edits that give every pair named `key` that value; None when there is no such pair."""
    found = [p for p in pairs if p.key == key]
    if not found:
        return None
    return [
        Edit(source.path, p.value_span, encode(value) if p.value is not None else separator + encode(value))
        for p in found
        if p.value != value
    ]
