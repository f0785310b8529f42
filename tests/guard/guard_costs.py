"""The dearest input of each keyword that we know: a schema, and a body of about so many bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

Make = Callable[[int], bytes]  # bytes -> a JSON text of about that size


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def array(item: str) -> Make:
    """An array of one item that is written again and again; `#` in it is a number that counts up."""

    def make(size: int) -> bytes:
        return ("[" + ",".join(_repeated(item, size)) + "]").encode()

    return make


def members(name: str, value: str) -> Make:
    """An object with many members; `#` counts up."""

    def make(size: int) -> bytes:
        return ("{" + ",".join(_repeated(f'"{name}":{value}', size)) + "}").encode()

    return make


def inside(before: str, make: Make, after: str) -> Make:
    return lambda size: before.encode() + make(size) + after.encode()


def text(piece: str, end: str = "") -> Make:
    """One string of a piece that repeats."""
    return lambda size: _dump(piece * (size // len(piece.encode())) + end)


def bare(piece: str, before: str = "", after: str = "") -> Make:
    return lambda size: (before + piece * (size // len(piece)) + after).encode()


def nested(opening: str, closing: str, core: str = "1", depth: int = 95) -> Make:
    """Items of an array that nest as deep as the reader allows."""
    return array(opening * depth + core + closing * depth)


def brackets(size: int) -> bytes:
    """Lists of nothing but lists, each of its own shape."""
    shapes, level = ["[]"], ["[]"]
    while sum(map(len, shapes)) + len(shapes) < size:
        level = [f"[{one}]" for one in level] + [f"[{one},[]]" for one in level]
        shapes += level
    text, used = [], 2
    for shape in shapes:
        used += len(shape) + 1
        if used > size:
            break
        text.append(shape)
    return ("[" + ",".join(text) + "]").encode()


def _repeated(item: str, size: int) -> Iterator[str]:
    used = 0
    for number in count(1):
        one = item.replace("#", str(number))
        used += len(one) + 1
        if used > size:
            return
        yield one


# Recursion through branches
TREE_ANY = {"$ref": "#/$defs/0", "$defs": {"0": {"anyOf": [
    {"type": "array", "items": {"$ref": "#/$defs/0"}}, {"type": "array", "items": {"$ref": "#/$defs/0"}, "maxItems": 99}, {"type": "string"}]}}}  # fmt: skip
TREE_ONE = {"$ref": "#/$defs/0", "$defs": {"0": {"oneOf": [
    {"type": "array", "items": {"$ref": "#/$defs/0"}, "minItems": 1}, {"type": "array", "items": {"$ref": "#/$defs/0"}, "maxItems": 0}, {"type": "number"}]}}}  # fmt: skip
TREE_UNEVALUATED = {"$ref": "#/$defs/0", "$defs": {"0": {"allOf": [{"properties": {"a": {"$ref": "#/$defs/0"}}}], "unevaluatedProperties": False}}}  # fmt: skip
TREE_NOT = {"$ref": "#/$defs/0", "$defs": {"0": {"not": {"type": "array", "items": {"not": {"$ref": "#/$defs/0"}}, "contains": {"$ref": "#/$defs/0"}}}}}  # fmt: skip
TREE_IF = {"$ref": "#/$defs/0", "$defs": {"0": {"if": {"items": {"$ref": "#/$defs/0"}}, "then": {"items": {"$ref": "#/$defs/0"}}, "else": {"items": {"$ref": "#/$defs/0"}}}}}  # fmt: skip

SHAPES: dict[str, tuple[Any, Make]] = {
    # Reading
    "read: floats out of usual": (True, array("1e308")),
    "read: floats, large mantissa": (True, array("1.7976931348623157e308")),
    "read: floats, small": (True, array("2.2250738585072011e-308")),
    "read: floats of many digits": (True, array("0." + "123456789" * 90)),
    "read: halfway floats": (True, array("9007199254740993.00000000000000000000001")),
    "read: one float of many digits": (True, bare("7", "[0.", "]")),
    "read: one float of zeros": (True, bare("0", "[0.", "1]")),
    "read: one whole of many digits": (True, bare("7", "[", "]")),
    "read: whole numbers of 4000 digits": (True, array("7" * 4000)),
    "read: whole numbers of 400 digits": (True, array("7" * 400)),
    "read: whole numbers of 300 digits": (True, array("7" * 300)),
    "read: whole numbers of 40 digits": (True, array("7" * 40)),
    "read: negative wholes": (True, array("-18446744073709551616")),
    "read: exponent of many digits": (True, bare("0", "[1e", "1]")),
    "read: small numbers": (True, array("1")),
    "read: escapes": (True, text("\\u0001")),
    "read: escaped quotes": (True, bare("\\u0022", '["', '"]')),
    "read: escaped pairs": (True, bare("\\ud83d\\ude00", '["', '"]')),
    "read: arrays": (True, array("[]")),
    "read: deep": (True, nested("[", "]")),
    "read: too deep": (True, bare("[")),
    "read: deep objects": (True, nested('{"a":', "}")),
    "read: too deep objects": (True, bare('{"a":')),
    "read: members": (True, members("k#", "1")),
    "read: members of little": (True, members("k#", '"\\u0022"')),
    "read: one duplicate": (True, inside("[", members("k#", "1"), ',{"a":1,"a":2}]')),
    "read: duplicates": (True, members("k", "1")),
    "read: blanks": (True, bare(" ", "1")),
    "read: broken at its end": (True, inside("", array('{"a":[1,"b"]}'), "x")),
    "read: half a pair": (True, bare("\\ud800", '["', '"]')),
    "read: NaN at its end": (True, inside("[", array('{"a":[1.5,"b"]}'), ",NaN]")),
    # Values
    "type": ({"type": "array", "items": {"type": ["integer", "null"]}}, array("1.0")),
    "type: wholes past 2^64": ({"items": {"type": "integer"}}, array("18446744073709551616")),
    "type: whole of 4000 digits": ({"items": {"type": "integer"}}, array("7" * 4000)),
    "type: whole exponents": ({"items": {"type": "integer"}}, array("1e308")),
    "const: number": ({"items": {"const": 10**30}}, array("1000000000000000000000000000000")),
    "const: float": ({"items": {"const": 1e300}}, array("1e300")),
    "const: object": ({"items": {"const": {"a": [1] * 50}}}, array('{"a":[' + ",".join("1" * 50) + "]}")),
    "const: at every level": ({"$ref": "#/$defs/0", "$defs": {"0": {"anyOf": [{"const": [1]}, {"items": {"$ref": "#/$defs/0"}}]}}}, nested("[", "]", "1.5", 95)),
    "enum: many strings": ({"items": {"enum": [f"v{n}" for n in range(2000)]}}, array('"v1999"')),
    "enum: many numbers": ({"items": {"enum": list(range(2000))}}, array("1999")),
    "enum: many floats": ({"items": {"enum": [n / 7 for n in range(2000)]}}, array(repr(1999 / 7))),
    "enum: many kinds": ({"items": {"enum": [None, True, 7, *(f"v{n}" for n in range(2000)), *range(8, 2000)]}}, array("1999")),
    "enum: many objects": ({"items": {"enum": [{"a": n} for n in range(1000)]}}, array('{"a":999}')),
    "enum: many arrays": ({"items": {"enum": [[1, n] for n in range(1000)]}}, array("[1,999]")),
    "enum: big wholes": ({"items": {"enum": [10**30 + n for n in range(500)]}}, array(str(10**30 + 499))),
    "multipleOf: 0.01, exponents": ({"items": {"multipleOf": 0.01}}, array("1e308")),
    "multipleOf: 0.01, tiny": ({"items": {"multipleOf": 0.01}}, array("1e-308")),
    "multipleOf: 0.01": ({"items": {"multipleOf": 0.01}}, array("0.07")),
    "multipleOf: 1e-300": ({"items": {"multipleOf": 1e-300}}, array("1e308")),
    "multipleOf: 7, wholes of 400 digits": ({"items": {"multipleOf": 7}}, array("7" * 400)),
    "multipleOf: 7, wholes": ({"items": {"multipleOf": 7}}, array("18446744073709551616")),
    "multipleOf: 0.01, wholes": ({"items": {"multipleOf": 0.01}}, array("18446744073709551616")),
    "multipleOf: 0.01, wholes of 300 digits": ({"items": {"multipleOf": 0.01}}, array("7" * 300)),
    "maximum: whole": ({"items": {"maximum": 10**30}}, array("18446744073709551616")),
    "maximum: wholes of 4000 digits": ({"items": {"maximum": 5, "minimum": -5}}, array("7" * 4000)),
    "minimum: exponents of two digits": ({"items": {"minimum": 0}}, array("9e99")),
    "contains: small exponents": ({"contains": {"const": 5}, "minContains": 0}, array("1e-99")),
    "contains: small numbers, of many": ({"contains": {"enum": [1, 2, 3]}, "minContains": 0}, array("5e-9")),
    "maximum: floats": ({"items": {"maximum": 1e308, "minimum": -1e308}}, array("1e308")),
    "exclusiveMaximum": ({"items": {"exclusiveMaximum": 10**30, "exclusiveMinimum": -5}}, array("18446744073709551616")),
    # Strings
    "maxLength": ({"maxLength": 5_000_000}, text("ü")),
    "minLength of many": ({"items": {"minLength": 1, "maxLength": 9}}, array('"üü"')),
    "pattern: (a+)+$": ({"pattern": "^(a+)+$"}, text("a", "!")),
    "pattern: (a|aa)+$": ({"pattern": "^(a|aa)+$"}, text("a", "!")),
    "pattern: .*.*.*x": ({"pattern": ".*.*.*=.*x"}, text("=")),
    "pattern: counted": ({"pattern": "(a{1,30}){1,30}b"}, text("a")),
    "pattern: large counted": ({"pattern": "a{1,500}b"}, text("a")),
    "pattern: many short": ({"items": {"pattern": "^([a-z]+)*[a-z0-9]{1,50}$"}}, array('"aaaaaaaaaaaa!"')),
    "pattern: unicode": ({"pattern": "(\\w+\\s?)+$"}, text("ü ", "!")),
    "pattern: suffix": ({"pattern": "[a-z]*[a-z0-9]*[a-z]*!$"}, text("a")),
    "format: date-time": ({"items": {"format": "date-time"}}, array('"2024-05-06T07:08:09.123456789Z"')),
    "format: long date-time": ({"format": "date-time"}, text("1", "Z")),
    "format: date": ({"items": {"format": "date"}}, array('"2024-05-06"')),
    "format: time": ({"items": {"format": "time"}}, array('"07:08:09Z"')),
    "format: duration": ({"format": "duration"}, text("1", "D")),
    "format: durations": ({"items": {"format": "duration"}}, array('"P1Y2M3DT4H5M6S"')),
    "format: email, one": ({"format": "email"}, text("a.", "a@example.com")),
    "format: email": ({"items": {"format": "email"}}, array('"someone@example.com"')),
    "format: email, quoted": ({"format": "email"}, bare("a ", '"\\"', '\\"@a.b"')),
    "format: email, domain": ({"format": "email"}, text("a@", "b")),
    "format: idn-email": ({"format": "idn-email"}, text("ü.", "a@ü.example")),
    "format: idn-emails": ({"items": {"format": "idn-email"}}, array('"ü@bücher.example"')),
    "format: hostname, one": ({"format": "hostname"}, text("a.", "a")),
    "format: hostname": ({"items": {"format": "hostname"}}, array('"www.example.com"')),
    "format: hostname, punycode": ({"items": {"format": "hostname"}}, array('"xn--bcher-kva.example"')),
    "format: long punycode": ({"format": "hostname"}, text("a", ".xn--bcher-kva")),
    "format: idn-hostname": ({"format": "idn-hostname"}, text("ü")),
    "format: idn-hostname, labels": ({"format": "idn-hostname"}, text("ü.", "a")),
    "format: idn-hostname, one label": ({"format": "idn-hostname"}, bare("zü", '"xn--', '"')),
    "format: idn-hostnames": ({"items": {"format": "idn-hostname"}}, array('"bücher.example"')),
    "format: idn-hostname, combining": ({"format": "idn-hostname"}, text("\u0300\u0327", "a")),
    "format: idn-hostname, punycode": ({"items": {"format": "idn-hostname"}}, array('"xn--' + "z" * 55 + 'ü"')),
    "format: idn-hostname, xn": ({"format": "idn-hostname"}, bare("a", '"xn--', '-kva"')),
    "format: ipv4": ({"items": {"format": "ipv4"}}, array('"10.0.0.255"')),
    "format: ipv6": ({"items": {"format": "ipv6"}}, array('"2001:db8::1"')),
    "format: ipv6, long": ({"format": "ipv6"}, text("1:")),
    "format: uri, one": ({"format": "uri"}, text("a", "")),
    "format: uri, path": ({"format": "uri"}, bare("/a%20", '"https://a.example', '"')),
    "format: uri, host": ({"format": "uri"}, bare("a.", '"https://', '"')),
    "format: uri, many": ({"items": {"format": "uri"}}, array('"https://a.example/b?c#d"')),
    "format: uri-reference": ({"format": "uri-reference"}, text("../", "")),
    "format: iri": ({"format": "iri"}, bare("ü/", '"https://a.example/', '"')),
    "format: iri-reference": ({"format": "iri-reference"}, text("ü/", "")),
    "format: uri-template": ({"format": "uri-template"}, text("{a}", "")),
    "format: uri-template, open": ({"format": "uri-template"}, text("{", "")),
    "format: json-pointer": ({"format": "json-pointer"}, text("/~0", "")),
    "format: relative-json-pointer": ({"format": "relative-json-pointer"}, text("1", "/a")),
    "format: regex": ({"format": "regex"}, text("(a|", "")),
    "format: regex, closed": ({"format": "regex"}, text("(a|b)*", "")),
    "format: regex, counted": ({"items": {"format": "regex"}}, array('"((a{1,30}){1,30}){1,30}"')),
    "format: regex, many": ({"items": {"format": "regex"}}, array('"[a-z]+"')),
    "format: regex, classes": ({"items": {"format": "regex"}}, array('"\\\\w{300}"')),
    "format: regex, look-around": ({"format": "regex"}, text("(?=a)", "")),
    "format: regex, nested": ({"format": "regex"}, lambda size: _dump("(" * (size // 2) + ")" * (size // 2))),
    "format: uuid": ({"items": {"format": "uuid"}}, array('"8c5f2a0e-1b7d-4c57-9f5e-0a1b2c3d4e5f"')),
    "format: byte": ({"format": "byte"}, text("QUJD")),
    "contentEncoding": ({"contentEncoding": "base64", "contentMediaType": "application/json"}, text("QUJD")),
    # Arrays
    "items": ({"items": {"type": "integer", "minimum": 0}}, array("1")),
    "prefixItems": ({"prefixItems": [{"type": "integer"}] * 1000, "items": {"type": "integer"}}, array("1")),
    "maxItems": ({"maxItems": 9_999_999}, array("1")),
    "uniqueItems: wholes": ({"uniqueItems": True}, array("#")),
    "uniqueItems: wholes past 2^64": ({"uniqueItems": True}, array("18446744073#709551616")),
    "uniqueItems: floats": ({"uniqueItems": True}, array("0.#")),
    "uniqueItems: exponents": ({"uniqueItems": True}, array("#e200")),
    "uniqueItems: strings": ({"uniqueItems": True}, array('"a#"')),
    "uniqueItems: objects": ({"uniqueItems": True}, array('{"a":#}')),
    "uniqueItems: objects of one key set": ({"uniqueItems": True}, array('{"a":#,"b":1}')),
    "uniqueItems: arrays": ({"uniqueItems": True}, array("[#]")),
    "uniqueItems: arrays of wholes past 2^64": ({"uniqueItems": True}, array("[18446744073#709551616]")),
    "uniqueItems: nested": ({"uniqueItems": True}, nested("[", "]", "#", 40)),
    "uniqueItems: at every level": ({"$ref": "#/$defs/0", "$defs": {"0": {"uniqueItems": True, "items": {"$ref": "#/$defs/0"}}}}, nested("[", "]", "#", 95)),
    "uniqueItems: mixed": ({"uniqueItems": True}, array('#,"#",[#],{"a":#},0.#')),
    "uniqueItems: lists that differ in brackets": ({"uniqueItems": True}, brackets),
    "contains": ({"contains": {"const": "x"}, "minContains": 0, "maxContains": 999}, array("1")),
    "contains: none": ({"contains": {"type": "object", "required": ["x"]}}, array('{"y":1}')),
    "minContains": ({"contains": {"type": "integer"}, "minContains": 9_999_999}, array("1")),
    "unevaluatedItems": ({"prefixItems": [True], "contains": {"type": "string"}, "unevaluatedItems": {"type": "integer"}}, array("1")),
    "unevaluatedItems: contains": ({"contains": {"type": "integer"}, "unevaluatedItems": False}, array("1")),
    "unevaluatedItems: branches": ({"anyOf": [{"prefixItems": [{"type": "integer"}] * 50}, {"items": {"type": "string"}}, {"contains": {"type": "integer"}}], "unevaluatedItems": False}, array("1")),
    # Objects
    "properties: many": ({"properties": {f"k{n}": {"type": "integer"} for n in range(2000)}}, members("k#", "1")),
    "additionalProperties": ({"properties": {f"p{n}": True for n in range(500)}, "additionalProperties": {"type": "integer"}}, members("k#", "1")),
    "additionalProperties false": ({"additionalProperties": False}, members("k#", "1")),
    "patternProperties: many": ({"patternProperties": {f"^a{n}.*z": {"type": "integer"} for n in range(60)}}, members("a#z", "1")),
    "patternProperties: dear": ({"patternProperties": {"^(a|aa)+$": True, "(a*)*b$": True}}, members("aaaaaaaaaaaaaaaaa#", "1")),
    "patternProperties: one long": ({"patternProperties": {"^(a|aa)+$": True}}, bare("a", '{"', '":1}')),
    "patternProperties, closed": ({"patternProperties": {f"^a{n}.*z": {"type": "integer"} for n in range(60)}, "additionalProperties": False}, members("a1#z", "1")),
    "propertyNames": ({"propertyNames": {"pattern": "^(a|k[0-9]*)+$", "maxLength": 20}}, members("k#", "1")),
    "minProperties": ({"minProperties": 9_999_999}, members("k#", "1")),
    "maxProperties": ({"maxProperties": 9_999_999}, members("k#", "1")),
    "required: many": ({"items": {"required": [f"k{n}" for n in range(500)]}}, array("{" + ",".join(f'"k{n}":1' for n in range(500)) + "}")),
    "required: none of it": ({"items": {"required": [f"k{n}" for n in range(500)]}}, array("{}")),
    "dependentRequired": ({"items": {"dependentRequired": {f"k{n}": [f"k{m}" for m in range(20)] for n in range(20)}}}, array("{" + ",".join(f'"k{n}":1' for n in range(20)) + "}")),
    "dependentSchemas": ({"items": {"dependentSchemas": {f"k{n}": {"properties": {"k0": {"minimum": n - 20}}} for n in range(20)}}}, array("{" + ",".join(f'"k{n}":1' for n in range(20)) + "}")),
    "unevaluatedProperties": ({"allOf": [{"properties": {f"k{n}": True}} for n in range(50)], "unevaluatedProperties": {"type": "integer"}}, members("k#", "1")),
    "unevaluatedProperties: branches": ({"items": {"anyOf": [{"properties": {f"k{n}": {"type": "string"}}, "required": ["k1"]} for n in range(50)], "unevaluatedProperties": {"type": "integer"}}}, array('{"k1":"a","k2":1,"k99":5}')),
    "unevaluatedProperties: deep": (TREE_UNEVALUATED, nested('{"a":', "}", "1", 20)),
    # Branches
    "allOf": ({"items": {"allOf": [{"type": "integer"}] * 50}}, array("1")),
    "anyOf": ({"items": {"anyOf": [*({"required": [f"k{n}"]} for n in range(50)), {"type": "object"}]}}, array('{"a":1}')),
    "oneOf": ({"items": {"oneOf": [*({"required": [f"k{n}"]} for n in range(50)), {"type": "object"}]}}, array('{"a":1}')),
    "not": ({"items": {"not": {"not": {"not": {"type": "string"}}}}}, array("1")),
    "if": ({"items": {"if": {"required": ["a"]}, "then": {"required": ["a"]}, "else": False}}, array('{"a":1}')),
    "oneOf of objects": ({"items": {"oneOf": [{"properties": {"kind": {"const": f"v{n}"}}, "required": ["kind"]} for n in range(100)]}}, array('{"kind":"v99"}')),
    "anyOf through $ref": (TREE_ANY, nested("[", "]", "1", 14)),
    "oneOf through $ref": (TREE_ONE, nested("[", "]", "1", 14)),
    "not through $ref": (TREE_NOT, nested("[", "]", "1", 14)),
    "if through $ref": (TREE_IF, nested("[", "]", "1", 14)),
    # What fails, and where
    "failing: everywhere": ({"items": {"type": "string"}}, array("1")),
    "failing: at its end": ({"items": {"type": "integer"}}, inside("[", array("1"), ']')),
    "failing: a long value": ({"items": {"maxLength": 5}}, inside("[", text("a"), "]")),
    "failing: a long name": ({"additionalProperties": False}, bare("a", '{"', '":1}')),
    "failing: a long enum": ({"enum": [f"v{n}" for n in range(5000)]}, text("a")),
    "failing: required of many": ({"required": [f"k{n}" for n in range(5000)]}, members("a#", "1")),
    "failing: anyOf": ({"anyOf": [{"items": {"type": "string"}}, {"items": {"type": "null"}}]}, array("1")),
    "failing: unevaluated": ({"unevaluatedProperties": False}, members("a#", "1")),
    "failing: propertyNames": ({"propertyNames": {"maxLength": 1}}, members("a#", "1")),
    "failing: additional, many": ({"properties": {"a": True}, "additionalProperties": False}, members("a#", "1")),
    "failing: deep": ({"$ref": "#/$defs/0", "$defs": {"0": {"items": {"$ref": "#/$defs/0"}, "type": "array"}}}, nested("[", "]", "1", 90)),
}  # fmt: skip
