"""A body held against its schema, whatever it was written in."""

from __future__ import annotations

from batten.contract.validators import Validator
from batten.guard.content.intake import Intake
from batten.guard.content.unreadable import Unreadable
from batten.guard.parameters.texts import Flaw


def body_objection(intake: Intake, body: bytes) -> str:
    """What is wrong with a request's body, in a sentence without its words; "" for one that fits or is not judged."""
    reader, validator = intake.reader, intake.validator
    if reader is None or validator is None:
        return ""
    try:
        value = reader(body)
    except Unreadable as error:
        return f"The body cannot be read: {error}."
    except Flaw as flaw:
        return f"A field of the body {flaw}."
    except (ValueError, RecursionError):
        return "The body is not strict JSON."
    if not intake.of_items:
        return "" if validator.is_valid(value) else _mismatch(pointer(validator, value))
    assert isinstance(value, list)
    for index, item in enumerate(value):
        if not validator.is_valid(item):
            inner = pointer(validator, item)
            return _mismatch(f"/{index}{inner if inner.startswith('/') else ''}")
    return ""


def _mismatch(place: str) -> str:
    return f"The body does not match its schema at {place}."


def pointer(validator: Validator, value: object) -> str:
    """The JSON pointer (RFC 6901) of the first error."""
    failure = validator.first(value)
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in (failure.at if failure else ())]
    return "".join(f"/{part}" for part in parts) or "its root"
