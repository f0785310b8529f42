"""The sections of docs/guard-contract.md on keywords and formats: each is tried on what fits it and what does not.

In Python all carriers share one validator, and in exported configurations all servers share one that is written in Lua.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from batten.contract.keywords import ASSERTED
from batten.contract.validators import validator_of
from batten.guard.lua.schemas import Compiler

JUDGED, LISTED, NOT = "judged", "listed", "annotation"
_HEAD = "| {} | ASGI, WSGI, `run`, `--ext-proc` | nginx, Envoy, HAProxy, Kong |"
# What fits a format, and what does not.
FORMATS: dict[str, tuple[Any, Any]] = {
    "date": ("2024-02-29", "2023-02-29"),
    "time": ("07:08:09Z", "25:08:09Z"),
    "date-time": ("2024-05-06T07:08:09Z", "2024-05-06"),
    "duration": ("P1DT2H", "1 day"),
    "ipv4": ("10.0.0.1", "10.0.0.256"),
    "ipv6": ("2001:db8::1", "2001:db8:::1"),
    "uuid": ("8c5f2a0e-1b7d-4c57-9f5e-0a1b2c3d4e5f", "8c5f2a0e"),
    "uri": ("https://shop.example/a", "/a"),
    "uri-reference": ("/a?b=c", "a b"),
    "json-pointer": ("/a/0", "a/0"),
    "relative-json-pointer": ("1/a", "/a"),
    "email": ("ann@shop.example", "ann"),
    "idn-email": ("ann@bücher.example", "ann"),
    "hostname": ("shop.example", "-shop-"),
    "idn-hostname": ("bücher.example", "-bücher-"),
    "iri": ("https://bücher.example/ü", "ü"),
    "iri-reference": ("/ü", "a b"),
    "uri-template": ("/a/{b}", "/a/{b"),
    "regex": ("^a+$", "(a"),
    "int32": (2**31 - 1, 2**31),
    "int64": (2**63 - 1, 2**63),
    "float": (1.5, None),
    "double": (1.5, None),
    "decimal": (1.5, None),
    "byte": ("QUJD", None),
    "binary": ("a", None),
    "password": ("a", None),
}


def keywords() -> Iterator[str]:
    yield "## Keywords of schemas"
    yield ""
    yield "Of JSON Schema 2020-12; those of OpenAPI 3.0 and 2.0 are translated to them. `readOnly`, `writeOnly`, `nullable`, `discriminator` and"
    yield "exclusive bounds that are flags are judged everywhere. Keywords that are not here are annotations."
    yield ""
    yield _HEAD.format("keyword")
    yield "|---|---|---|"
    for name, (schema, good, bad) in import_module("test_lua_keywords").KEYWORDS.items():
        if bad:
            yield f"| {name} | {' | '.join(_tried(schema, good, bad))} |"
    yield ""


def formats() -> Iterator[str]:
    yield "## Formats"
    yield ""
    yield "An *annotation* is not judged (JSON Schema 2020-12, 7.2.1), and named at the start."
    yield ""
    yield _HEAD.format("format")
    yield "|---|---|---|"
    for name, (good, bad) in FORMATS.items():
        yield f"| {name} | {' | '.join(_format(name, good, bad))} |"
    yield ""


def _format(name: str, good: Any, bad: Any) -> tuple[str, str]:
    if name not in ASSERTED:
        return NOT, NOT
    if isinstance(good, int):  # which the dialect reads as bounds
        return _tried({"type": "integer", "minimum": -good - 1, "maximum": good}, [good], [bad])
    return _tried({"format": name}, [good], [bad])


def _tried(schema: Any, good: Iterable[Any], bad: Iterable[Any]) -> tuple[str, str]:
    """Raises SystemExit where the validator is wrong: the tests of Lua hold it to the same verdicts."""
    validator = validator_of(schema)
    wrong = [v for v in good if not validator.is_valid(v)] + [v for v in bad if validator.is_valid(v)]
    if wrong:
        raise SystemExit(f"{schema}: {wrong}")
    _, _, left_out = Compiler().compile(schema)
    return JUDGED, LISTED if left_out else JUDGED
