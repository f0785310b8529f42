"""Functions of templates: Go's, Sprig's and Helm's own.

Sources: https://helm.sh/docs/chart_template_guide/function_list/, https://pkg.go.dev/text/template#hdr-Functions
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from batten.technologies.orchestration.helm import versions
from batten.technologies.orchestration.helm.codecs import CODECS, PARSERS
from batten.technologies.orchestration.helm.numbers import Int64, decimal, integer, wrap
from batten.technologies.orchestration.helm.printing import TYPES, joined, json_text, printf
from batten.technologies.orchestration.helm.tables import LISTS, TABLES, same
from batten.technologies.orchestration.helm.texts import (
    QUESTIONS,
    TEXTS,
    Function,
    indented,
    quoted,
    truncated,
)
from batten.technologies.orchestration.helm.values import MOST_VALUES, NIL, UNKNOWN_VALUE, VAGUE, Value, heavy
from batten.technologies.orchestration.helm.yaml_text import yaml_chunks

# What they give is decided by the clock, by chance or by who installs the chart.
UNKNOWABLE = frozenset(
    [
        "date_modify",
        "dateModify",
        "must_date_modify",
        "mustDateModify",
        "toDate",
        "mustToDate",
        "randInt",
        "getHostByName",
        "env",
        "expandenv",
        "fail",
        "fromToml",
        "osBase",
        "osDir",
        "osClean",
        "osExt",
        "osIsAbs",
    ]
)
# The same, of which it is known that it is some text.
_SOME_TEXT = frozenset(
    [
        "now",
        "ago",
        "date",
        "date_in_zone",
        "dateInZone",
        "duration",
        "durationRound",
        "htmlDate",
        "htmlDateInZone",
        "unixEpoch",
        "randAlphaNum",
        "randAlpha",
        "randNumeric",
        "randAscii",
        "randBytes",
        "uuidv4",
        "shuffle",
        "genPrivateKey",
        "derivePassword",
        "htpasswd",
        "bcrypt",
        "encryptAES",
        "decryptAES",
        "toToml",
        "abbrevboth",
    ]
)
_CERTIFICATES = frozenset(
    [
        "genCA",
        "genCAWithKey",
        "genSelfSignedCert",
        "genSelfSignedCertWithKey",
        "genSignedCert",
        "genSignedCertWithKey",
        "buildCustomCert",
    ]
)
_LONGEST = 1_000_000  # characters of one word
# What they say of a text of which only a part is known holds in spite of that.
_KEPT = frozenset(
    [
        "trim",
        "trimAll",
        "trimPrefix",
        "trimSuffix",
        "quote",
        "squote",
        "toString",
        "cat",
        "replace",
        "not",
        "empty",
        "all",
        "any",
    ]
)
_OF_TEXTS = frozenset(TEXTS) | frozenset(
    [
        "b64enc",
        "b64dec",
        "b32enc",
        "b32dec",
        "sha1sum",
        "sha256sum",
        "sha512sum",
        "adler32sum",
        "regexQuoteMeta",
        "regexReplaceAll",
        "regexReplaceAllLiteral",
    ]
)


def _to_yaml(arguments: Sequence[Value]) -> Value:
    value = arguments[0]
    if value.unknown or heavy(value):
        return UNKNOWN_VALUE
    chunks = tuple(yaml_chunks(value))
    return Value("".join(c.text for c in chunks), value.origin, chunks)


def _to_json(escaped: bool, indent: int | None = None) -> Function:
    def made(arguments: Sequence[Value]) -> Value:
        value = arguments[0]
        return UNKNOWN_VALUE if heavy(value) else Value(json_text(value, escaped, indent), value.origin)

    return made


def _default(arguments: Sequence[Value]) -> Value:
    given = arguments[-1]
    return given if len(arguments) > 1 and (given.true or given.unknown) else arguments[0]


def _coalesced(arguments: Sequence[Value]) -> Value:
    return next((v for v in arguments if v.true or v.unknown), NIL)


def _required(arguments: Sequence[Value]) -> Value:
    return arguments[1] if arguments[1].data not in (None, "") else UNKNOWN_VALUE


def _equal(arguments: Sequence[Value]) -> Value:
    """Whether the first is one of the others; of a text that is known in part, only that it is not empty."""
    open_ = False
    for other in arguments[1:]:
        pair = (arguments[0], other)
        if any(v.unknown for v in pair) or (
            all(isinstance(v.data, str) and v.data for v in pair) and any(v.vague for v in pair)
        ):
            open_ = True
        elif same(*pair):
            return Value(True)
    return UNKNOWN_VALUE if open_ else Value(False)


def _unequal(arguments: Sequence[Value]) -> Value:
    found = _equal(arguments)
    return found if found.unknown else Value(not found.true)


def _compare(holds: Callable[[Any, Any], bool]) -> Function:
    def made(arguments: Sequence[Value]) -> Value:
        one, two = (a.data for a in arguments[:2])
        numbers = isinstance(one, (int, float)) and isinstance(two, (int, float))
        if numbers or (isinstance(one, str) and isinstance(two, str)):
            return Value(holds(one, two))
        return UNKNOWN_VALUE

    return made


def _whole(value: Value) -> int:
    match value.data:
        case bool():
            return int(value.data)
        case float():
            return int(value.data) if math.isfinite(value.data) else 0
        case int():
            return value.data
        case str():
            return integer(value.data)
    return 0


def _float(value: Value) -> float:
    return decimal(value.data) if isinstance(value.data, str) else float(value.data) if isinstance(value.data, (int, float)) else 0.0  # fmt: skip


def _total(combine: Callable[[int, int], int]) -> Function:
    def made(arguments: Sequence[Value]) -> Value:
        total = _whole(arguments[0])
        for value in arguments[1:]:
            total = wrap(combine(total, _whole(value)))
        return Value(Int64(total))

    return made


def _floats(combine: Callable[[float, float], float]) -> Function:
    def made(arguments: Sequence[Value]) -> Value:
        total = _float(arguments[0])
        for value in arguments[1:]:
            total = combine(total, _float(value))
        return Value(total)

    return made


def _divided(one: int, two: int) -> int:
    """Go cuts towards zero."""
    return int(math.copysign(1, one) * math.copysign(1, two)) * (abs(one) // abs(two))


def _rounded(arguments: Sequence[Value]) -> Value:
    power = 10.0 ** max(min(_whole(arguments[1]), 15), 0)
    return Value(math.floor(_float(arguments[0]) * power + 0.5) / power)


def _kind(value: Value) -> str:
    found = TYPES.get(type(value.data), "")
    return {"map[string]interface {}": "map", "[]interface {}": "slice", "<nil>": "invalid"}.get(found, found)


def _type(value: Value) -> str:
    return TYPES.get(type(value.data), "")


def _cat(arguments: Sequence[Value]) -> Value:
    return Value(" ".join(v.text for v in arguments if v.data is not None))


def _known(function: Callable[[Value], str]) -> Function:
    """What asks for the kind of a value, which is not known of what is unknown."""
    return lambda a: (
        UNKNOWN_VALUE
        if a[-1].unknown
        else Value(function(a[-1]) if len(a) == 1 else function(a[1]) == a[0].text)
    )


# They look at their arguments themselves; all others give UNKNOWN when an argument is.
LENIENT: dict[str, Function] = {
    **TABLES,
    "default": _default,
    "coalesce": _coalesced,
    "ternary": lambda a: UNKNOWN_VALUE if a[2].unknown else (a[0] if a[2].true else a[1]),
    "required": _required,
    "eq": _equal,
    "ne": _unequal,
    "toYaml": _to_yaml,
    "toYamlPretty": _to_yaml,
    "toJson": _to_json(True),
    "toRawJson": _to_json(False),
    "toPrettyJson": _to_json(True, 2),
    "indent": lambda a: indented(a, False),
    "nindent": lambda a: indented(a, True),
    "printf": printf,
    "print": joined,
    "println": lambda a: Value(" ".join("<nil>" if v.data is None else v.text for v in a) + "\n"),
    "trunc": truncated,
    "kindOf": _known(_kind),
    "kindIs": _known(_kind),
    "typeOf": _known(_type),
    "typeIs": _known(_type),
    "typeIsLike": _known(_type),
}
STRICT: dict[str, Function] = {
    **TEXTS,
    **QUESTIONS,
    **LISTS,
    **CODECS,
    "quote": quoted('"'),
    "squote": quoted("'"),
    "cat": _cat,
    "toString": lambda a: a[0] if isinstance(a[0].data, str) else Value("<nil>" if a[0].data is None else a[0].text, a[0].origin),
    "empty": lambda a: Value(not a[0].true),
    "not": lambda a: Value(not a[0].true),
    "all": lambda a: Value(all(v.true for v in a)),
    "any": lambda a: Value(any(v.true for v in a)),
    "deepEqual": lambda a: Value(same(a[0], a[1])),
    "lt": _compare(lambda x, y: x < y),
    "le": _compare(lambda x, y: x <= y),
    "gt": _compare(lambda x, y: x > y),
    "ge": _compare(lambda x, y: x >= y),
    "int": lambda a: Value(_whole(a[0]), a[0].origin),
    "int64": lambda a: Value(Int64(_whole(a[0])), a[0].origin),
    "atoi": lambda a: Value(int(a[0].text), a[0].origin) if a[0].text.lstrip("+-").isdigit() else Value(0),
    "float64": lambda a: Value(_float(a[0]), a[0].origin),
    "toDecimal": lambda a: Value(Int64(int(a[0].text, 8))),
    "add": _total(lambda x, y: x + y),
    "add1": lambda a: Value(Int64(_whole(a[0]) + 1)),
    "sub": _total(lambda x, y: x - y),
    "mul": _total(lambda x, y: x * y),
    "div": _total(_divided),
    "mod": _total(lambda x, y: x - y * _divided(x, y)),
    "max": _total(max),
    "min": _total(min),
    "biggest": _total(max),
    "addf": _floats(lambda x, y: x + y),
    "add1f": lambda a: Value(_float(a[0]) + 1),
    "subf": _floats(lambda x, y: x - y),
    "mulf": _floats(lambda x, y: x * y),
    "divf": _floats(lambda x, y: x / y),
    "maxf": _floats(max),
    "minf": _floats(min),
    "ceil": lambda a: Value(float(math.ceil(_float(a[0])))),
    "floor": lambda a: Value(float(math.floor(_float(a[0])))),
    "round": _rounded,
    "lookup": lambda _: Value({}),
    "semver": versions.parsed,
    "semverCompare": versions.compared,
}  # fmt: skip
LENIENT |= PARSERS


def _named(name: str) -> tuple[Function | None, bool]:
    """The function, and whether it looks at unknown arguments itself. `mustX` fails where X gives nothing."""
    for known in (name, name[4:5].lower() + name[5:] if name.startswith("must") else ""):
        if known in LENIENT:
            return LENIENT[known], True
        if known in STRICT:
            return STRICT[known], False
    return None, False


def called(name: str, arguments: Sequence[Value]) -> Value | None:
    """What a function gives; None when there is none of this name."""
    if name in UNKNOWABLE:
        return UNKNOWN_VALUE
    if name in _SOME_TEXT:
        return VAGUE
    if name in _CERTIFICATES:
        return Value({"Cert": VAGUE, "Key": VAGUE})
    function, lenient = _named(name)
    if function is None:
        return None
    if not lenient and any(a.unknown for a in arguments):
        return UNKNOWN_VALUE
    if not lenient and name not in _KEPT and any(a.vague for a in arguments):
        return VAGUE if name in _OF_TEXTS else UNKNOWN_VALUE
    try:
        made = function(arguments)
        large = len(made.data) > _LONGEST if isinstance(made.data, str) else made.size > MOST_VALUES
        return UNKNOWN_VALUE if large else made
    except (IndexError, ValueError, TypeError, KeyError, RecursionError, ArithmeticError):
        return UNKNOWN_VALUE
