"""The JSON Schema of the JSON report, made of the types that it is encoded from."""

from __future__ import annotations

import msgspec

from batten.policy.schema import DIALECT
from batten.reports.json import VERSION, JsonReport


def report_schema() -> dict[str, object]:
    """The schema of a whole report. Fields may be added within a version, so others than those listed are valid."""
    made = {key: _tidy(value) for key, value in msgspec.json.schema(JsonReport).items()}
    head = {"$schema": DIALECT, "$id": f"urn:batten:schema:report:{VERSION}", "title": "batten report"}
    return head | made


def _tidy(value: object) -> object:
    """The same with each description in one line."""
    match value:
        case dict():
            return {key: _line(of) if key == "description" else _tidy(of) for key, of in value.items()}
        case list():
            return [_tidy(item) for item in value]
        case _:
            return value


def _line(text: object) -> object:
    return " ".join(text.split()) if isinstance(text, str) else _tidy(text)
