"""Functions of templates that make, read and change tables and lists."""

from __future__ import annotations

from collections.abc import Sequence

from batten.technologies.helm.values import NIL, UNKNOWN_VALUE, Value, overlaid


def made(arguments: Sequence[Value]) -> Value:
    return Value({k.text: v for k, v in zip(arguments[::2], arguments[1::2], strict=False)})


def get(arguments: Sequence[Value]) -> Value:
    table = arguments[0].data
    return table.get(arguments[1].text, Value("")) if isinstance(table, dict) else UNKNOWN_VALUE


def has_key(arguments: Sequence[Value]) -> Value:
    table = arguments[0].data
    return Value(arguments[1].text in table) if isinstance(table, dict) else UNKNOWN_VALUE


def put(arguments: Sequence[Value]) -> Value:
    if isinstance(arguments[0].data, dict) and len(arguments[0].data) < 10_000:
        arguments[0].data[arguments[1].text] = arguments[2]
    return arguments[0]


def merged(arguments: Sequence[Value], overwrite: bool) -> Value:
    made = arguments[0]
    for other in arguments[1:]:
        made = overlaid(made, other) if overwrite else overlaid(other, made)
    if isinstance(arguments[0].data, dict) and isinstance(made.data, dict):
        arguments[0].data.update(made.data)
    return made


def indexed(arguments: Sequence[Value]) -> Value:
    found = arguments[0]
    for key in arguments[1:]:
        if isinstance(found.data, dict):
            found = found.data.get(key.text, NIL)
        elif isinstance(found.data, list) and isinstance(key.data, int) and 0 <= key.data < len(found.data):
            found = found.data[key.data]
        else:
            return UNKNOWN_VALUE
    return found


def dug(arguments: Sequence[Value]) -> Value:
    found = indexed([arguments[-1], *arguments[:-2]])
    return found if found.data is not None and not found.unknown else arguments[-2]


def items(value: Value) -> list[Value]:
    return value.data if isinstance(value.data, list) else []


def picked(arguments: Sequence[Value], keep: bool) -> Value:
    names = {a.text for a in arguments[1:]}
    table = arguments[0].data if isinstance(arguments[0].data, dict) else {}
    return Value({k: v for k, v in table.items() if (k in names) is keep}, arguments[0].origin)
