"""The JSON Schemas of the JSON report, of the plan and of a proof, made of the types that they are encoded from."""

from __future__ import annotations

import msgspec

from batten.engine.hardening.proof_report import VERSION as PROOF_VERSION
from batten.engine.hardening.proof_report import JsonProof
from batten.policy.schema import DIALECT
from batten.reports.json import VERSION, JsonReport
from batten.reports.plan.json import VERSION as PLAN_VERSION
from batten.reports.plan.json import JsonPlan


def report_schema() -> dict[str, object]:
    """The schema of a whole report. Fields may be added within a version, so others than those listed are valid."""
    return _schema(JsonReport, "report", VERSION)


def plan_schema() -> dict[str, object]:
    """The schema of what `batten harden --from DIR --format json` writes; here, too, other fields are valid."""
    return _schema(JsonPlan, "plan", PLAN_VERSION)


def proof_schema() -> dict[str, object]:
    """The schema of what `batten harden --prove --report FILE.json` writes."""
    return _schema(JsonProof, "proof", PROOF_VERSION)


def _schema(kind: type, name: str, version: int) -> dict[str, object]:
    made = {key: _tidy(value) for key, value in msgspec.json.schema(kind).items()}
    head = {"$schema": DIALECT, "$id": f"urn:batten:schema:{name}:{version}", "title": f"batten {name}"}
    return head | made


def _tidy(value: object) -> object:
    """The same with each description in one line."""
    match value:
        case dict():
            return {
                key: (" ".join(of.split()) if isinstance(of, str) else _tidy(of))
                if key == "description"
                else _tidy(of)
                for key, of in value.items()
            }
        case list():
            return [_tidy(item) for item in value]
        case _:
            return value
