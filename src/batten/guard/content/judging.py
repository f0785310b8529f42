"""A body held against its schema, whatever it was written in."""

from __future__ import annotations

from batten.contract.explanations import Explanation, explained
from batten.contract.validators import Validator
from batten.guard.content.intake import Intake, Reader
from batten.guard.content.unreadable import Unreadable
from batten.guard.parameters.texts import Flaw


def body_objection(intake: Intake, body: bytes) -> tuple[str, str]:
    """What is wrong with a request's body, in a sentence without its words, and the same in full, for logs; "" for one that
    fits or is not judged."""
    reader, validator = intake.reader, intake.validator
    if reader is None or validator is None:
        return "", ""
    try:
        value = reader(body)
    except Unreadable as error:
        return f"The body cannot be read: {error}.", ""
    except Flaw as flaw:
        return f"A field of the body {flaw}.", ""
    except (ValueError, RecursionError):
        return "The body is not strict JSON.", ""
    if not intake.of_items:
        return ("", "") if validator.is_valid(value) else _mismatch("", explained(validator, value))
    assert isinstance(value, list)
    for index, item in enumerate(value):
        if not validator.is_valid(item):
            return _mismatch(f"/{index}", explained(validator, item))
    return "", ""


def answer_objection(reader: Reader, validator: Validator | None, body: bytes) -> tuple[str, str]:
    """What is wrong with an answer's body that is not JSON, as `body_objection`."""
    try:
        value = reader(body)
    except Flaw as flaw:
        return f"a field of the body {flaw}", ""
    except Unreadable as error:
        return f"the body cannot be read: {error}", ""
    except (ValueError, RecursionError):
        return "a part of the body is not strict JSON", ""
    if validator is None or validator.is_valid(value):
        return "", ""
    why = explained(validator, value)
    return f"the body does not match its schema at {why.pointer or 'its root'}", why.about


def _mismatch(before: str, why: Explanation) -> tuple[str, str]:
    place = f"{before}{why.pointer}" or "its root"
    return f"The body does not match its schema at {place}.", why.about
