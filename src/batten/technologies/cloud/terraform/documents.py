"""`aws_iam_policy_document` as the document that it makes.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
"""

from __future__ import annotations

from batten.model import ABSENT, UNKNOWN, Absent
from batten.technologies.shared.aws.resource import Resource, Value

KIND = "aws_iam_policy_document"
_KEYS = {
    "sid": "Sid",
    "effect": "Effect",
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}


def document(data: Resource) -> Value:
    """A plain policy document; a statement that is not known is UNKNOWN among those that are."""
    statements = [
        *_taken(data, "source_json", "source_policy_documents"),
        *(_statement(held) for held in data.each("statement")),
    ]
    if not data.whole("statement"):
        statements.append(UNKNOWN)
    for statement in _taken(data, "override_json", "override_policy_documents"):
        _override(statements, statement)
    return {"Version": "2012-10-17", "Statement": statements}


def _taken(data: Resource, one: str, many: str) -> list[Value]:
    """The statements of other documents."""
    single, several = data.value(one).value, data.value(many).value
    listed: list[Value] = [] if isinstance(single, Absent) else [single]
    if not isinstance(several, Absent):
        listed += several if isinstance(several, list) else [UNKNOWN]
    made: list[Value] = []
    for held in listed:
        found = held.get("Statement", []) if isinstance(held, dict) else UNKNOWN
        made += found if isinstance(found, list) else [found]
    return made


def _override(statements: list[Value], statement: Value) -> None:
    """A statement takes the place of the one with its `Sid`."""
    sid = statement.get("Sid") if isinstance(statement, dict) else None
    for number, held in enumerate(statements):
        if sid and isinstance(held, dict) and held.get("Sid") == sid:
            statements[number] = statement
            return
    statements.append(statement)


def _statement(held: Resource) -> Value:
    made: dict[str, Value] = {"Effect": "Allow"}
    for key, name in _KEYS.items():
        value = held.value(key).value
        if not isinstance(value, Absent):
            made[name] = _filled(value)
    for key, name in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        principals = _principals(held, key)
        if principals is not ABSENT:
            made[name] = principals
    condition_made: dict[str, Value] = {} if held.whole("condition") else {"?": UNKNOWN}
    for block in held.each("condition"):
        test, variable, values = (block.value(k).value for k in ("test", "variable", "values"))
        if not isinstance(test, str) or not isinstance(variable, str):
            condition_made["?"] = UNKNOWN
            continue
        inner = condition_made.setdefault(test, {})
        if isinstance(inner, dict):
            added = UNKNOWN if isinstance(values, Absent) else _filled(values)
            inner[variable] = _joined(inner[variable], added) if variable in inner else added
    condition = condition_made
    return {**made, "Condition": condition} if condition else made


def _principals(held: Resource, key: str) -> Value | Absent:
    """`{type = [identifiers]}`; everybody is "*". ABSENT when no block names any."""
    if not held.whole(key):
        return UNKNOWN
    made: dict[str, Value] = {}
    for block in held.each(key):
        kind, named = block.value("type").value, block.value("identifiers").value
        if not isinstance(kind, str):
            return UNKNOWN
        known = made.setdefault(kind, [])
        made[kind] = [*known, *named] if isinstance(known, list) and isinstance(named, list) else UNKNOWN
    if made.get("*") == ["*"]:
        return "*"
    return made or ABSENT


def _joined(one: Value, two: Value) -> Value:
    """Values of two conditions with one test and variable, which are alternatives."""
    return [*one, *two] if isinstance(one, list) and isinstance(two, list) else UNKNOWN


def _filled(value: Value) -> Value:
    """Variables of policies, which the data source writes as `&{…}`."""
    if isinstance(value, list):
        return [_filled(item) for item in value]
    return value.replace("&{", "${") if isinstance(value, str) else value
