"""What leniency makes of the plan for an answer. A plan is made once per status and media type, so this costs no answer."""

from __future__ import annotations

from dataclasses import replace

from batten.contract import Media, Operation, response_of
from batten.guard.answers.problems import phrase
from batten.guard.lenience.relaxed import Lenient
from batten.guard.options import Rule
from batten.guard.served import Plan

_NOTES = frozenset(("title", "description", "summary", "examples", "example", "$comment"))


def eased(found: Plan, operation: Operation, status: int, media_type: str, lenient: Lenient) -> Plan:
    """The plan as it is where nothing of it is relaxed."""
    name = media_type.partition(";")[0].strip().lower()
    found = _as_usual(found, operation, status, name, lenient)
    objection = found.objection
    if lenient.hides and objection is not None and objection[0] is Rule.ANSWER_STATUS and status >= 400:
        found = replace(found, hides=True)
    observed = lenient.observed(status)
    return replace(found, observed=observed) if observed else found


def _as_usual(found: Plan, operation: Operation, status: int, name: str, lenient: Lenient) -> Plan:
    """As the framework does it."""
    preset = lenient.preset
    if 400 <= status < 500 and (found.objection is not None or found.is_empty):
        for told in preset.errors:
            if told.media_type == name:
                validator = told.validator()
                text = b"" if validator is not None else phrase(status).encode()
                return Plan(validator=validator, is_json=validator is not None, text=text)
    if 200 <= status < 400 and response_of(operation, status) is not None:
        if preset.has_pages and name == "text/html":
            return Plan()
        if preset.is_open:
            declared = response_of(operation, status)
            says_nothing = declared is not None and all(_is_empty(media) for media in declared.media.values())
            if says_nothing:
                return Plan()
    return found


def _is_empty(media: Media) -> bool:
    value = media.schema.value if media.schema is not None else None
    return isinstance(value, dict) and value.keys() <= _NOTES and media.media_type == "application/json"
