"""Bodies for a documented call: one that its schema admits, and some that it does not. Each is held against the
contract's own validator, and what is not what it should be is not sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from batten.contract import Contract, Media, Operation, media_of
from batten.contract.bundles import Bundles
from batten.contract.dialect import Direction
from batten.contract.validators import SchemaProblem, Validators
from batten.live.instances import Impossible, Maker
from batten.live.writing.labels import Label, labelled
from batten.model.record import record

JSON = "application/json"
TURNS = 4  # alternatives of oneOf and anyOf that are tried
MOST_INVALID = 4


@record
class Payload:
    valid: bytes = b""  # nothing when no value could be made
    invalid: tuple[bytes, ...] = ()


def payload_of(
    operation: Operation, contract: Contract, validators: Validators, label: Label | None = None
) -> Payload:
    """What JSON to send to an operation, under the label of the run; nothing where it takes none, or where its schema
    says too little."""
    media = media_of(operation.body.media, JSON) if operation.body is not None else None
    if media is None or media.schema is None:
        return Payload()
    try:
        validator = validators.request(operation, JSON)
    except SchemaProblem:
        return Payload()
    if validator is None:
        return Payload()
    for value in candidates(media, contract):
        if validator.is_valid(value):
            value = labelled(value, label, validator.is_valid) if label is not None else value
            broken = [v for v in _broken(value) if not validator.is_valid(v)]
            return Payload(_bytes(value), tuple(_bytes(v) for v in broken[:MOST_INVALID]))
    return Payload()


def candidates(media: Media, contract: Contract, direction: Direction = Direction.REQUEST) -> Iterator[Any]:
    """Values for a body, which nothing was held against. What the contract shows as an example first: its author knows what makes sense."""
    assert media.schema is not None
    shown = contract.references.follow(media.schema.value, media.schema.place)
    written = contract.references.sources.files[media.place.source].value(media.place.tokens)
    for holder in (written, shown.value if shown is not None else None):
        if isinstance(holder, dict):
            if "example" in holder:
                yield holder["example"]
            named = holder.get("examples")
            several = named.values() if isinstance(named, dict) else named if isinstance(named, list) else ()
            for one in several:
                yield one["value"] if isinstance(one, dict) and "value" in one else one
    assert media.schema is not None
    bundle = Bundles(contract).bundle(media.schema, direction)
    definitions = bundle.get("$defs", {}) if isinstance(bundle, dict) else {}
    for full in (True, False):
        for turn in range(TURNS):
            try:
                yield Maker(definitions, turn, full).value(bundle)
            except (Impossible, TypeError, ValueError, OverflowError, RecursionError):
                continue  # what is odd in a schema costs its bodies only


def _broken(value: Any) -> Iterator[Any]:
    """The same without one of its properties, with one of another type, with one more; and no object at all."""
    if isinstance(value, dict):
        for name in value:
            yield {k: v for k, v in value.items() if k != name}
            break
        for name, held in value.items():
            yield {**value, name: [held] if not isinstance(held, list) else "batten"}
        yield {**value, "batten-more": 1}
    yield [] if not isinstance(value, list) else {}


def _bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


__all__ = ["Payload", "candidates", "payload_of"]
