"""The document that the API is held against, and what of it the routes need."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from msgspec import convert

from batten.contract import Contract
from batten.contract import Operation as Declared
from batten.formats.tree import Plain
from batten.guard.loading import read_contract
from batten.model.record import record

PLACE = Path(__file__).with_name("openapi.yaml")


@record(kw_only=True)
class Operation:
    """One operation of the document. `scope` is what a token needs for it."""

    name: str  # operationId
    method: str
    path: str  # with the server's /api/v1 in front
    scope: str


@cache
def contract() -> Contract:
    """The document, read once."""
    return read_contract(PLACE)


@cache
def operations() -> tuple[Operation, ...]:
    """The document's operations in its order."""
    return tuple(
        Operation(name=o.operation_id, method=o.method, path=o.path, scope=_scope(o))
        for o in contract().operations
    )


def whole() -> Plain:
    """The document as data."""
    return contract().references.sources.files[contract().path].data


def _scope(declared: Declared) -> str:
    """The role that the scheme `token` lists (OpenAPI 3.1, Security Requirement Object)."""
    assert declared.security_place is not None
    source = contract().references.sources.files[declared.security_place.source]
    requirements = convert(source.value(declared.security_place.tokens), list[dict[str, list[str]]])
    [scope] = next(r["token"] for r in requirements if "token" in r)
    return scope
