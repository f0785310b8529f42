"""Objects in brackets (`filter[name]=x`, style deepObject).

The specification defines objects with scalar members only. Objects in objects (`a[b][c]`) and arrays (`a[]`, `a[0]`,
`a[b][]`, `a[b][0]`, and `a[b]` more than once) are read as PHP, Rails and qs do, which is what servers that accept them use.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from batten.contract.parameters import DEEPEST
from batten.contract.readings import SCALARS, TEXT, Kind, Readings, Way
from batten.contract.validators import Validators
from batten.guard.parameters.texts import Flaw, read

_BRACKETS = re.compile(r"(?:\[[^\[\]]*\])+")
_Leaf = tuple[tuple[str, ...], str]  # the keys that are left, and the text


def deep(way: Way, pairs: Sequence[tuple[str, str]], validators: Validators) -> object:
    """`pairs` are names without the parameter's own (`[a][b]`), and texts. Raises Flaw."""
    leaves: list[_Leaf] = []
    for name, text in pairs:
        if not _BRACKETS.fullmatch(name):
            raise Flaw("has unbalanced brackets")
        keys = tuple(name[1:-1].split("]["))
        if len(keys) > DEEPEST:
            raise Flaw("nests too deep")
        leaves.append((keys, text))
    if way.kind is Kind.ARRAY:
        return _array(way, leaves, validators)
    return _object(way, leaves, validators)


def _object(way: Way, leaves: Sequence[_Leaf], validators: Validators) -> dict[str, object]:
    grouped: dict[str, list[_Leaf]] = {}
    for keys, text in leaves:
        grouped.setdefault(keys[0], []).append((keys[1:], text))
    return {
        key: _value(way.members.get(key) or way.others or TEXT, below, validators)
        for key, below in grouped.items()
    }


def _value(readings: Readings, leaves: Sequence[_Leaf], validators: Validators) -> object:
    ways = {way.kind: way for way in readings.ways}
    texts = [text for keys, text in leaves if not keys]
    if texts and len(texts) < len(leaves):
        raise Flaw("has a member with a value and members")
    if texts:
        if Kind.ARRAY in ways and (len(texts) > 1 or not SCALARS & ways.keys()):
            return [read(ways[Kind.ARRAY].items or TEXT, text, validators) for text in texts]
        if len(texts) > 1:
            raise Flaw("repeats a member")
        return read(readings, texts[0], validators)
    if Kind.ARRAY in ways and all(keys[0] == "" or keys[0].isdecimal() for keys, _ in leaves):
        return _array(ways[Kind.ARRAY], leaves, validators)
    return _object(ways.get(Kind.OBJECT) or Way(Kind.OBJECT), leaves, validators)


def _array(way: Way, leaves: Sequence[_Leaf], validators: Validators) -> list[object]:
    """Indexes are those of a whole array, in any order; without indexes each text is an item. Raises Flaw."""
    items = way.items or TEXT
    if all(keys == ("",) for keys, _ in leaves):
        return [read(items, text, validators) for _, text in leaves]
    grouped: dict[str, list[_Leaf]] = {}
    for keys, text in leaves:
        grouped.setdefault(keys[0], []).append((keys[1:], text))
    if set(grouped) != {str(index) for index in range(len(grouped))}:
        raise Flaw("has an array with gaps")
    return [_value(items, grouped[str(index)], validators) for index in range(len(grouped))]
