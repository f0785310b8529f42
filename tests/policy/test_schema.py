"""The published schema of batten.yaml and the loader accept the same: the same keys, and values of the same kinds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from click.testing import CliRunner

from batten.cli import main
from batten.model import Context
from batten.policy import PolicyProblem
from batten.policy.advising import ACCEPTED
from batten.policy.advising import KEYS as ADVISING
from batten.policy.custom import TESTS
from batten.policy.load import ENVIRONMENT, TOP, WAIVER, parse_policy
from batten.policy.load_custom import KEYS
from batten.policy.load_leniency import KEYS as GUARD
from batten.policy.load_leniency import RELAXED
from batten.policy.rates import ROW as RATE
from batten.policy.schema import policy_schema
from batten.policy.services import KEYS as SERVICE
from batten.reports.schema import report_schema

ROOT = Path(__file__).parents[2]
SCHEMA = jsonschema_rs.validator_for(policy_schema(), validate_formats=True)
Document = dict[str, object]
ROW: Document = {"control": "a-b", "fact": "ResponseHeaders", "field": "sent", "key": "x", "must": "present"}
# Where a value may be: the keys there, and the document that has it under one of them.
PLACES: dict[str, tuple[tuple[str, ...], Callable[[str, object], Document]]] = {
    "top": (TOP, lambda key, value: {key: value}),
    "waiver": (WAIVER, lambda key, value: {"waivers": [{"control": "hsts-sent", key: value}]}),
    "environment": (
        ENVIRONMENT,
        lambda key, value: {"environments": {"e": {"url": "https://a.example", key: value}}},
    ),
    "custom": (KEYS, lambda key, value: {"custom": [ROW | {key: value}]}),
    "control": (("off", "severity"), lambda key, value: {"controls": {"hsts-sent": {key: value}}}),
    "controls": (("hsts-sent",), lambda key, value: {"controls": {key: value}}),
    "context": (("severity", "gate"), lambda key, value: {"contexts": {"test": {key: value}}}),
    "contexts": (("deploy/**", *(c.value for c in Context)), lambda key, value: {"contexts": {key: value}}),
    "contents": (("api.example", "/v1"), lambda key, value: {"content": {key: value}}),
    "guard": (GUARD, lambda key, value: {"guard": {key: value}}),
    "relax": (RELAXED, lambda key, value: {"guard": {"relax": [{"why": "because", key: value}]}}),
    "service": (
        SERVICE,
        lambda key, value: {
            "guard": {"services": [{"name": "a", "contract": "c", "upstream": "u", key: value}]}
        },
    ),
    "advisories": (ADVISING, lambda key, value: {"advisories": {key: value}}),
    "accepted": (
        ACCEPTED,
        lambda key, value: {
            "advisories": {
                "accepted": [{"id": "CVE-1", "reason": "r", "owner": "o", "until": "2027-01-31", key: value}]
            }
        },
    ),
    "rate": (RATE, lambda key, value: {"guard": {"rates": [{"limit": "1/day", key: value}]}}),
    "must": (tuple(TESTS), lambda key, value: {"custom": [ROW | {"must": {key: value}}]}),
}
VALUES: tuple[object, ...] = (
    None,
    True,
    1,
    0,
    -1,
    1.5,
    "x",
    "1",
    "",
    "a-b",
    "high",
    "keep",
    "test",
    "pages",
    "pass",
    "refuse",
    "strip",
    "stream",
    "present",
    "https://a.example",
    "2027-01-31",
    "2027-02-31",
    [],
    ["x"],
    [1],
    [["x"]],
    ["https://a.example"],
    [{"control": "hsts-sent"}],
    [{}],
    {},
    {"a": "x"},
    {"a": 1},
    {"a": ["x"]},
    {"a": {"b": "x"}},
    {"a": {"url": "https://a.example"}},
    {"a": {"url": "a.example"}},
    {"a": {"stores": []}},
    {"a": "pages"},
    {"a": "test"},
    {"present": "x"},
    "fastapi",
    "relaxed",
    "replace",
    [{"why": "because"}],
    [{"limit": "1/day"}],
    [{"name": "a", "contract": "c", "upstream": "u"}],
    "api-key",
    "/orders",
    "observe",
    "100/minute",
)
# What a schema cannot say, and the loader refuses: what a fact has and whether a number is one.
SEMANTICS = ("has no setting", "has no field", "is a table", "requires a number", "regular expression")


def refused(document: Document) -> str:
    try:
        parse_policy("batten.yaml", json.dumps(document))
    except PolicyProblem as problem:
        return str(problem)
    return ""


def documents(place: str) -> Iterator[Document]:
    keys, made = PLACES[place]
    return (made(key, value) for key in (*keys, "no-such-key") for value in VALUES)


@pytest.mark.parametrize("place", PLACES)
def test_loader_and_schema_accept_the_same(place: str) -> None:
    differ = []
    for document in documents(place):
        problem = refused(document)
        if any(words in problem for words in SEMANTICS):
            continue
        if bool(problem) is SCHEMA.is_valid(document):
            differ.append((document, problem or "accepted by the loader"))
    assert differ == [], (
        "policy/load.py and policy/schema.py differ about these documents: correct one of them"
    )


def test_every_key_of_the_loader_is_in_the_schema_and_no_other() -> None:
    schema = policy_schema()
    properties = schema["properties"]
    assert isinstance(properties, dict) and tuple(properties) == TOP
    assert set(properties["waivers"]["items"]["properties"]) == set(WAIVER)
    assert set(properties["environments"]["additionalProperties"]["properties"]) == set(ENVIRONMENT)
    assert set(properties["guard"]["properties"]) == set(GUARD)
    assert set(properties["advisories"]["properties"]) == set(ADVISING)
    assert set(properties["advisories"]["properties"]["accepted"]["items"]["properties"]) == set(ACCEPTED)
    assert set(properties["custom"]["items"]["properties"]) == set(KEYS)


def test_the_example_of_the_documentation_and_our_own_policies_are_valid() -> None:
    page = (ROOT / "docs/policy.md").read_text()
    example = yaml.load(page.split("```yaml\n")[1].split("```")[0], yaml.BaseLoader)
    example |= {"certificate-days": 30, "hsts-seconds": 31536000, "browsers": True}
    example["contexts"]["development"]["gate"] = True
    staging = example["environments"]["staging"]
    staging |= dict.fromkeys(("default-credentials", "try-logins", "smuggling", "active"), True) | {
        "rate": 50,
        "budget": 2000,
        "timeout": 10,
    }
    SCHEMA.validate(example)
    for path in (ROOT / "batten.yaml", ROOT / "examples/orders/batten.yaml"):
        SCHEMA.validate(yaml.safe_load(path.read_text()))


def test_the_schema_of_reports_refuses_what_no_report_says() -> None:
    result = CliRunner().invoke(
        main, ["review", "--no-cache", "--format", "json", str(ROOT / "examples/orders")]
    )
    report = json.loads(result.stdout)
    schema = jsonschema_rs.validator_for(report_schema())
    schema.validate(report)
    for wrong in ({"severity": "urgent"}, {"state": "old"}, {"context": "staging"}, {"places": None}):
        assert not schema.is_valid(report | {"findings": [report["findings"][0] | wrong]})
    assert schema.is_valid(report | {"later": 1})  # fields may be added
    del report["summary"]
    assert not schema.is_valid(report)


@pytest.mark.parametrize(
    ("name", "file"), [("policy", "batten"), ("report", "report"), ("plan", "plan"), ("proof", "proof")]
)
def test_the_published_schemas_are_those_of_the_code(name: str, file: str) -> None:
    path = f"docs/schemas/{file}.schema.json"
    written = CliRunner().invoke(main, ["schema", name]).stdout
    assert (ROOT / path).read_text() == written, f"run `batten schema {name} > {path}`"
