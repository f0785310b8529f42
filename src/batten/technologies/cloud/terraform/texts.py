"""Terraform's functions on texts, and from one primitive type to another."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable

from batten.formats import SyntaxProblem, yaml
from batten.formats.tree import plain
from batten.model import UNKNOWN
from batten.technologies.cloud.terraform.values import LARGEST, LONGEST, Failure, Function, Value, text


def joined(values: list[Value]) -> Value:
    match values:
        case [str() as sign, *lists] if all(isinstance(one, list) for one in lists):
            texts = [text(item) for one in lists if isinstance(one, list) for item in one]
            known = [t for t in texts if t is not None]
            if len(known) != len(texts) or sum(map(len, known)) + len(sign) * len(known) > LONGEST:
                return UNKNOWN
            return sign.join(known)
        case _:
            return UNKNOWN


def parted(values: list[Value]) -> Value:
    match values:
        case [str() as sign, str() as whole]:
            parts: list[Value] = [*(whole.split(sign) if sign else whole)] if whole else [""]
            return parts if len(parts) <= LARGEST else UNKNOWN
        case _:
            return UNKNOWN


def replaced(values: list[Value]) -> Value:
    match values:
        case [str() as whole, str() as old, str() as new]:
            pattern = len(old) > 1 and old.startswith("/") and old.endswith("/")
            if pattern or (len(whole) + 1) * max(len(new), 1) > LONGEST:
                return UNKNOWN
            return whole.replace(old, new)
        case _:
            return UNKNOWN


def to_bool(values: list[Value]) -> Value:
    match values:
        case [bool() as value]:
            return value
        case ["true" | "false" as word]:
            return word == "true"
        case [str()]:
            raise Failure
        case _:
            return UNKNOWN


def to_number(values: list[Value]) -> Value:
    match values:
        case [bool()]:
            raise Failure
        case [int() | float() as value]:
            return value
        case [str() as written]:
            return number(written)
        case _:
            return UNKNOWN


def number(written: str) -> int | float:
    try:
        return int(written) if len(written) < 300 else float(written)
    except ValueError:
        pass
    try:
        made = float(written)
    except ValueError:
        raise Failure from None
    if not math.isfinite(made):
        raise Failure
    return made


def to_string(values: list[Value]) -> Value:
    match values:
        case [str() | bool() | int() | float() as value]:
            return text(value)
        case [None]:
            return None
        case _:
            return values[0] if values and isinstance(values[0], dict) else UNKNOWN  # encoded JSON


def of_text(change: Callable[[str], str]) -> Function:
    return lambda values: change(values[0]) if len(values) == 1 and isinstance(values[0], str) else UNKNOWN


def of_texts(change: Callable[[str, str], Value]) -> Function:
    def function(values: list[Value]) -> Value:
        match values:
            case [str() as one, str() as two]:
                return change(one, two)
            case _:
                return UNKNOWN

    return function


def substr(values: list[Value]) -> Value:
    match values:
        case [str() as whole, int() as start, int() as length]:
            rest = whole[start:]
            return rest if length < 0 else rest[:length]
        case _:
            return UNKNOWN


def decoded_json(values: list[Value]) -> Value:
    match values:
        case [dict() | list() as encoded]:  # by jsonencode, which is kept as what it encodes
            return encoded
        case [str() as written]:
            try:
                return _plain(json.loads(written))
            except (ValueError, RecursionError):
                raise Failure from None
        case _:
            return UNKNOWN


def decoded_yaml(values: list[Value]) -> Value:
    match values:
        case [dict() | list() as encoded]:
            return encoded
        case [str() as written]:
            try:
                return _plain(plain(yaml.parse(written)))
            except SyntaxProblem:
                raise Failure from None
            except (RecursionError, MemoryError):
                return UNKNOWN
        case _:
            return UNKNOWN


def _plain(value: object) -> Value:
    match value:
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case str() | bool() | int() | float() | None:
            return value
        case _:
            return UNKNOWN


def encoded(written: str) -> str:
    return base64.b64encode(written.encode()).decode()


def decoded(written: str) -> Value:
    try:
        return base64.b64decode(written, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Failure from None
