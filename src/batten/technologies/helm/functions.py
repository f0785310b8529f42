"""Functions of templates: Go's, Sprig's and Helm's own, as far as charts commonly use them.

Source: https://helm.sh/docs/chart_template_guide/function_list/
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence

from batten.model import UNKNOWN
from batten.patterns import BadPattern, compiled
from batten.technologies.helm import tables, versions
from batten.technologies.helm.values import NIL, UNKNOWN_VALUE, Chunk, Value, overlaid, yaml_chunks

Function = Callable[[Sequence[Value]], Value]
# What they give is decided by the cluster, the clock or chance.
UNKNOWABLE = frozenset(
    (
        "lookup",
        "now",
        "date",
        "dateInZone",
        "dateModify",
        "randAlphaNum",
        "randAlpha",
        "randNumeric",
        "randAscii",
        "randInt",
        "uuidv4",
        "genCA",
        "genSelfSignedCert",
        "genSignedCert",
        "genPrivateKey",
        "genCAWithKey",
        "derivePassword",
        "htpasswd",
        "bcrypt",
        "getHostByName",
        "env",
        "expandenv",
        "fail",
        "sha256sum",
        "sha1sum",
        "adler32sum",
        "fromYaml",
        "fromJson",
        "fromYamlArray",
        "fromJsonArray",
        "toToml",
        "buildCustomCert",
        "encryptAES",
        "decryptAES",
        "osBase",
    )
)
_LONGEST = 200_000  # characters of one word
_MOST = 20_000  # values that one holds


def _text(function: Callable[..., str]) -> Function:
    """A function of words that gives a word; its last argument's origin stays with it."""

    def made(arguments: Sequence[Value]) -> Value:
        return Value(
            function(*(a.text for a in arguments))[:_LONGEST], arguments[-1].origin if arguments else None
        )

    return made


def _plain(function: Callable[..., object]) -> Function:
    def made(arguments: Sequence[Value]) -> Value:
        return wrapped(function(*(a.plain() for a in arguments)))

    return made


def wrapped(data: object) -> Value:
    match data:
        case dict():
            return Value({str(k): wrapped(v) for k, v in data.items()})
        case list() | tuple():
            return Value([wrapped(v) for v in data])
        case None | bool() | int() | float() | str():
            return Value(data)
        case _:
            return UNKNOWN_VALUE


def _quote(mark: str) -> Function:
    def made(arguments: Sequence[Value]) -> Value:
        if (
            len(arguments) != 1
            or '"' in arguments[0].text
            or "\\" in arguments[0].text
            or "\n" in arguments[0].text
        ):
            text = " ".join(
                json.dumps(a.text) if mark == '"' else f"'{a.text}'" for a in arguments if a.data is not None
            )
            return Value(text, arguments[0].origin if arguments else None)
        value = arguments[0]
        if value.data is None:
            return UNKNOWN_VALUE
        return Value(f"{mark}{value.text}{mark}", value.origin, (Chunk(mark), *value.chunks(), Chunk(mark)))

    return made


def _indented(arguments: Sequence[Value], newline: bool) -> Value:
    width, value = arguments[0].data, arguments[-1]
    if not isinstance(width, int) or not 0 <= width <= 200:
        return UNKNOWN_VALUE
    pad = " " * width
    if value.unknown:
        return Value(UNKNOWN, None, (Chunk("", None, True, block=width if newline else -2 - width),))
    chunks = [Chunk(("\n" if newline else "") + pad)]
    chunks += [Chunk(c.text.replace("\n", "\n" + pad), c.origin, c.unknown, c.block) for c in value.chunks()]
    return Value("".join(c.text for c in chunks), value.origin, tuple(chunks))


def _to_yaml(arguments: Sequence[Value]) -> Value:
    value = arguments[0]
    if value.unknown:
        return UNKNOWN_VALUE
    chunks = tuple(yaml_chunks(value))
    return Value("".join(c.text for c in chunks), value.origin, chunks)


def _default(arguments: Sequence[Value]) -> Value:
    return (
        arguments[1] if len(arguments) > 1 and (arguments[1].true or arguments[1].unknown) else arguments[0]
    )


def _printf(arguments: Sequence[Value]) -> Value:
    rest = list(arguments[1:])
    chunks: list[Chunk] = []
    for part in re.split(r"(%[-+# 0]*\d*(?:\.\d+)?[a-zA-Z%])", arguments[0].text):
        if part == "%%":
            chunks.append(Chunk("%"))
        elif re.fullmatch(r"%[^%]*[a-zA-Z]", part) and rest:
            value = rest.pop(0)
            chunks += [Chunk(json.dumps(value.text))] if part[-1] == "q" else value.chunks()
        elif part:
            chunks.append(Chunk(part))
    return Value("".join(c.text for c in chunks), None, tuple(chunks))


def _equal(arguments: Sequence[Value]) -> Value:
    return Value(any(arguments[0].plain() == a.plain() for a in arguments[1:]))


def _compare(holds: Callable[[float, float], bool]) -> Function:
    def made(arguments: Sequence[Value]) -> Value:
        one, two = (a.data for a in arguments[:2])
        if isinstance(one, (int, float)) and isinstance(two, (int, float)):
            return Value(holds(one, two))
        return UNKNOWN_VALUE

    return made


def _integer(arguments: Sequence[Value]) -> Value:
    found = re.match(r"\s*-?\d{1,18}", arguments[0].text)
    return Value(int(found[0]) if found else 0, arguments[0].origin)


def _total(combine: Callable[[int, int], int]) -> Function:
    def made(arguments: Sequence[Value]) -> Value:
        numbers = [int(_integer([a]).text) for a in arguments]
        made = numbers[0]
        for number in numbers[1:]:
            made = combine(made, number)
        return Value(made)

    return made


_KINDS = {
    str: "string",
    bool: "bool",
    int: "int",
    float: "float64",
    dict: "map",
    list: "slice",
    type(None): "invalid",
}


def _kind(value: Value) -> str:
    return _KINDS.get(type(value.data), "invalid")


def _matched(arguments: Sequence[Value]) -> Value:
    pattern, text = arguments[0].text, arguments[1].text
    try:
        found = compiled(pattern).search(text)
    except BadPattern:
        return UNKNOWN_VALUE
    return UNKNOWN_VALUE if found is None else Value(found)


def _decoded(text: str) -> str:
    return base64.b64decode(text + "==", validate=False).decode("utf-8", "replace")


FUNCTIONS: dict[str, Function] = {
    "quote": _quote('"'),
    "squote": _quote("'"),
    "toYaml": _to_yaml,
    "toYamlPretty": _to_yaml,
    "toJson": lambda a: Value(json.dumps(a[0].plain()), a[0].origin),
    "toRawJson": lambda a: Value(json.dumps(a[0].plain()), a[0].origin),
    "indent": lambda a: _indented(a, False),
    "nindent": lambda a: _indented(a, True),
    "default": _default,
    "coalesce": lambda a: next((v for v in a if v.true), NIL),
    "ternary": lambda a: a[0] if a[2].true else a[1],
    "required": lambda a: a[1] if a[1].data not in (None, "") else UNKNOWN_VALUE,
    "empty": lambda a: Value(not a[0].true),
    "not": lambda a: Value(not a[0].true),
    "eq": _equal,
    "ne": lambda a: Value(not _equal(a).true),
    "lt": _compare(lambda x, y: x < y),
    "le": _compare(lambda x, y: x <= y),
    "gt": _compare(lambda x, y: x > y),
    "ge": _compare(lambda x, y: x >= y),
    "printf": _printf,
    "print": lambda a: Value("".join(v.text for v in a)),
    "cat": lambda a: Value(" ".join(v.text for v in a)),
    "toString": lambda a: Value(a[0].text, a[0].origin),
    "int": _integer,
    "int64": _integer,
    "atoi": _integer,
    "float64": _integer,
    "add": _total(lambda x, y: x + y),
    "sub": _total(lambda x, y: x - y),
    "mul": _total(lambda x, y: (x * y) % (1 << 63)),
    "div": _total(lambda x, y: x // y if y else 0),
    "mod": _total(lambda x, y: x % y if y else 0),
    "max": _total(max),
    "min": _total(min),
    "add1": lambda a: Value(int(_integer(a).text) + 1),
    "lower": _text(str.lower),
    "upper": _text(str.upper),
    "title": _text(str.title),
    "trim": _text(str.strip),
    "nospace": _text(lambda t: re.sub(r"\s", "", t)),
    "trunc": _text(lambda n, t: t[: int(n)] if int(n) >= 0 else t[int(n) :]),
    "trimSuffix": _text(lambda s, t: t.removesuffix(s)),
    "trimPrefix": _text(lambda s, t: t.removeprefix(s)),
    "trimAll": _text(lambda s, t: t.strip(s)),
    "replace": _text(lambda old, new, t: t.replace(old, new)),
    "kebabcase": _text(lambda t: re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_ ]", "-", t).lower()),
    "snakecase": _text(lambda t: re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[- ]", "_", t).lower()),
    "b64enc": _text(lambda t: base64.b64encode(t.encode()).decode()),
    "b64dec": _text(_decoded),
    "contains": lambda a: Value(a[0].text in a[1].text),
    "hasPrefix": lambda a: Value(a[1].text.startswith(a[0].text)),
    "hasSuffix": lambda a: Value(a[1].text.endswith(a[0].text)),
    "regexMatch": _matched,
    "dict": tables.made,
    "list": lambda a: Value(list(a)),
    "tuple": lambda a: Value(list(a)),
    "get": tables.get,
    "hasKey": tables.has_key,
    "set": tables.put,
    "merge": lambda a: tables.merged(a, False),
    "mergeOverwrite": lambda a: tables.merged(a, True),
    "mustMerge": lambda a: tables.merged(a, False),
    "mustMergeOverwrite": lambda a: tables.merged(a, True),
    "deepCopy": lambda a: overlaid(Value({}), a[0]),
    "pick": lambda a: tables.picked(a, True),
    "omit": lambda a: tables.picked(a, False),
    "keys": _plain(lambda *tables: [k for t in tables if isinstance(t, dict) for k in t]),
    "values": lambda a: Value(list(a[0].data.values()) if isinstance(a[0].data, dict) else []),
    "len": lambda a: Value(len(a[0].data) if isinstance(a[0].data, (str, dict, list)) else 0),
    "index": tables.indexed,
    "dig": tables.dug,
    "first": lambda a: next(iter(tables.items(a[0])), NIL),
    "last": lambda a: next(iter(tables.items(a[0])[-1:]), NIL),
    "rest": lambda a: Value(tables.items(a[0])[1:]),
    "append": lambda a: Value([*tables.items(a[0]), a[1]]),
    "prepend": lambda a: Value([a[1], *tables.items(a[0])]),
    "concat": lambda a: Value([item for v in a for item in tables.items(v)][:10_000]),
    "uniq": lambda a: Value([v for n, v in enumerate(tables.items(a[0])) if v.plain() not in [w.plain() for w in tables.items(a[0])[:n]]]),
    "compact": lambda a: Value([v for v in tables.items(a[0]) if v.true]),
    "has": lambda a: Value(any(a[0].plain() == v.plain() for v in tables.items(a[1]))),
    "sortAlpha": lambda a: Value(sorted(tables.items(a[0]), key=lambda v: v.text)),
    "join": lambda a: Value(a[0].text.join(v.text for v in tables.items(a[1]))),
    "splitList": lambda a: wrapped(a[1].text.split(a[0].text) if a[0].text else [a[1].text]),
    "split": lambda a: wrapped({f"_{n}": t for n, t in enumerate(a[1].text.split(a[0].text or " "))}),
    "until": lambda a: wrapped(list(range(min(int(_integer(a).text), 1000)))),
    "kindIs": lambda a: Value(_kind(a[1]) == a[0].text),
    "kindOf": lambda a: Value(_kind(a[0])),
    "typeIs": lambda a: Value(_kind(a[1]) == a[0].text),
    "typeOf": lambda a: Value(_kind(a[0])),
    "semverCompare": versions.compared,
}  # fmt: skip
FUNCTIONS["mustToYaml"] = FUNCTIONS["toYaml"]
FUNCTIONS["mustToJson"] = FUNCTIONS["toJson"]
# They look at their arguments themselves; all others give UNKNOWN when an argument is.
LENIENT = frozenset(
    (
        "default",
        "coalesce",
        "dict",
        "list",
        "tuple",
        "set",
        "merge",
        "mergeOverwrite",
        "mustMerge",
        "mustMergeOverwrite",
        "get",
        "hasKey",
        "deepCopy",
        "pick",
        "omit",
        "indent",
        "nindent",
        "toYaml",
        "mustToYaml",
        "printf",
        "required",
        "index",
        "dig",
        "first",
        "rest",
        "last",
        "append",
        "prepend",
        "concat",
        "values",
        "keys",
        "len",
        "quote",
        "squote",
        "kindIs",
        "kindOf",
        "typeIs",
        "typeOf",
        "trunc",
    )
)


def called(name: str, arguments: Sequence[Value]) -> Value | None:
    """What a function gives; None when there is none of this name."""
    if name in UNKNOWABLE:
        return UNKNOWN_VALUE
    function = FUNCTIONS.get(name)
    if function is None:
        return None
    if name not in LENIENT and any(a.unknown for a in arguments):
        return UNKNOWN_VALUE
    if name in ("quote", "squote", "trunc") and any(a.unknown for a in arguments):
        return UNKNOWN_VALUE
    if name == "default" and len(arguments) > 1 and arguments[1].unknown:
        return UNKNOWN_VALUE
    try:
        made = function(arguments)
        large = len(made.data) > _LONGEST if isinstance(made.data, str) else made.weighed().size > _MOST
        return UNKNOWN_VALUE if large else made
    except (IndexError, ValueError, TypeError, KeyError, RecursionError):
        return UNKNOWN_VALUE
