"""Look for schemas and bodies whose cost grows faster than the body: `python tools/fuzz_cost.py [--seconds 60] [--seed 1]`.

Random schemas of all keywords, some of which lead back to themselves, judge random bodies that are doubled until they cost
something. What costs more than three times as much at twice the size, or more than the bound at two megabytes would, is printed
with its schema, and the command then fails.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = 3.0  # times, for twice as much
SEEN = 0.04  # seconds from which growth is judged
LARGEST = 400_000  # bytes
BOUND = 1.5e-6  # seconds a byte, for schemas of several keywords
TEXTS = ('"a"', '"a#"', '"ü#"', '"2024-05-06"', '"aaaaaaaaaaaaaaaa#!"')
NUMBERS = ("#", "-#", "0.#", "#e99", "#e-99", "18446744073709551616", "18446744073709#551616", "1.0", "7e-9")
FORMATS = ("date", "uri", "email", "idn-hostname", "regex", "uri-template", "ipv6", "duration")
PATTERNS = ("^(a|aa)+$", "(a*)*b", "a{1,99}$", "^[a-z]+[0-9]*$", ".*.*a.*!")


def schema_of(chance: random.Random, depth: int) -> Any:
    """A schema of a few keywords. `#/$defs/0` is the whole."""
    made: dict[str, Any] = {}
    for _ in range(chance.randint(1, 3)):
        made |= chance.choice(_KEYWORDS)(chance, depth)
    return made


def _inner(chance: random.Random, depth: int) -> Any:
    if depth <= 0 or chance.random() < 0.25:
        return chance.choice(
            ({"$ref": "#/$defs/0"}, True, {"type": "number"}, {"type": "array"}, {"const": 1})
        )
    return schema_of(chance, depth - 1)


def _several(chance: random.Random, depth: int) -> list[Any]:
    return [_inner(chance, depth) for _ in range(chance.randint(1, 4))]


def _values(chance: random.Random) -> list[Any]:
    pool = (1, 2.5, "a", "a1", None, True, [], [1], {"a": 1}, 2**64, 1e99, [[]])
    return [chance.choice(pool) for _ in range(chance.randint(1, 20))]


_KEYWORDS: tuple[Any, ...] = (
    lambda c, d: {key: _inner(c, d) for key in c.sample(("items", "contains", "not", "propertyNames"), 2)},
    lambda c, d: {c.choice(("allOf", "anyOf", "oneOf", "prefixItems")): _several(c, d)},
    lambda c, d: {"properties": {"a": _inner(c, d), "b": _inner(c, d)}, "additionalProperties": _inner(c, d)},
    lambda c, d: {"patternProperties": {c.choice(PATTERNS): _inner(c, d)}},
    lambda c, d: {"if": _inner(c, d), "then": _inner(c, d), "else": _inner(c, d)},
    lambda c, d: {"dependentSchemas": {"a": _inner(c, d)}},
    lambda c, d: {c.choice(("unevaluatedItems", "unevaluatedProperties")): _inner(c, d)},
    lambda c, d: {"uniqueItems": True},
    lambda c, d: {"enum": _values(c)},
    lambda c, d: {"const": _values(c)[0]},
    lambda c, d: {"multipleOf": c.choice((0.01, 3, 2.5, 1e-9))},
    lambda c, d: {c.choice(("minimum", "maximum", "exclusiveMinimum")): c.choice((0, 1.5, 2**64, 1e99))},
    lambda c, d: {"pattern": c.choice(PATTERNS), "format": c.choice(FORMATS), "maxLength": 99},
    lambda c, d: {"contains": _inner(c, d), "minContains": c.randint(0, 3), "maxContains": 10**6},
    lambda c, d: {"required": ["a"], "dependentRequired": {"a": ["b"]}, "maxProperties": 10**6},
    lambda c, d: {"type": c.sample(("array", "object", "number", "string", "null"), 4)},
)


def item_of(chance: random.Random, depth: int) -> str:
    """A JSON text in which `#` counts up."""
    kind = chance.randint(0, 5) if depth > 0 else 0
    if kind <= 1:
        return chance.choice(TEXTS + NUMBERS)
    inner = [item_of(chance, depth - 1) for _ in range(chance.randint(1, 3))]
    if kind == 2:
        return "{" + ",".join(f'"{name}":{value}' for name, value in zip("abc", inner, strict=False)) + "}"
    if kind == 3:
        levels = chance.randint(1, 60)
        return "[" * levels + inner[0] + "]" * levels
    return "[" + ",".join(inner) + "]"


def costs(schema: Any, make: Any, measure: Any) -> list[tuple[int, float]]:
    """Sizes that double, and what each costs."""
    found, size = [], 10_000
    while size <= LARGEST:
        found.append((size, sum(measure(schema, make, size, 2))))
        if found[-1][1] > 20 * SEEN:
            break
        size *= 2
    return found


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    sys.path.insert(0, str(ROOT / "tests" / "guard"))
    measure, shapes = import_module("guard_cost_measure").least, import_module("guard_costs")
    chance, end, tried, bad = random.Random(given.seed), time.monotonic() + given.seconds, 0, 0
    while time.monotonic() < end:
        whole = schema_of(chance, 3)
        schema = {"$ref": "#/$defs/0", "$defs": {"0": {"anyOf": [whole, {"type": ["number", "string"]}]}}}
        item = item_of(chance, 3)
        make = chance.choice((shapes.array(item), shapes.members("k#", item)))
        tried += 1
        rows = costs(schema, make, measure)
        for (_, before), (size, after) in pairwise(rows):
            if after > SEEN and (after / max(before, SEEN / ALLOWED) > ALLOWED or after > size * BOUND):
                bad += 1
                print(
                    f"{before:.3f} -> {after:.3f} s at {size} bytes: {item}\n  {json.dumps(schema)}",
                    flush=True,
                )
                break
    print(f"{tried} pairs, {bad} that grow")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
