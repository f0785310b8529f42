"""The Serverless Framework: variables, several shapes of a file, and what other clouds' files say."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.review import review
from batten.facts import CloudApi, Component, Fact, Grant
from batten.formats import Scalar, Workspace, yaml
from batten.formats.tree import Mapping
from batten.model import UNKNOWN, Problem, Unknown
from batten.policy import Policy
from batten.technologies import Unit, named_like, recognised
from batten.technologies.cloud.serverless import adapter
from batten.technologies.cloud.serverless.variables import Variables
from spending import at_most

VALUES = """\
service: orders
provider: {name: aws, stage: "${opt:stage, 'dev'}"}
params:
  default: {domain: example.com, size: 1}
  prod: {size: 2}
custom:
  table: ${self:service}-table
  list: [a, b]
  again: ${self:custom.table}
  round: ${self:custom.trip}
  trip: ${self:custom.round}
  map: {a: 1}
"""


def facts_of(text: str, name: str = "serverless.yml") -> list[Fact | Problem]:
    return list(adapter.read(Unit("serverless", (name,)), Workspace(Path("/nowhere"), {name: text})))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("${self:service}", "orders"),
        ("${self:custom.table}", "orders-table"),
        ("x-${self:custom.again}", "x-orders-table"),
        ("${self:custom.list.1}", "b"),
        ("${self:custom.list.7}", UNKNOWN),
        ("${self:custom.missing, 'other'}", "other"),
        ("${self:custom.missing, true}", True),
        ("${self:custom.missing, 12}", 12),
        ("${self:custom.missing}", UNKNOWN),
        ("${self:custom.${self:custom.list.0}}", UNKNOWN),
        ("${self:custom.map}-x", UNKNOWN),
        ("${opt:stage, 'dev'}", UNKNOWN),
        ("${self:provider.stage}", UNKNOWN),
        ("${env:KEY}", UNKNOWN),
        ("${ssm:/a/b}", UNKNOWN),
        ("${file(other.yml):key}", UNKNOWN),
        ("${param:domain}", "example.com"),
        ("${param:size}", UNKNOWN),
        ("${param:other}", UNKNOWN),
        ("${self:custom.round}", UNKNOWN),
        ("${AWS::Region}", UNKNOWN),
        ("${", UNKNOWN),
        ("${self:" * 50, UNKNOWN),
        ("a" * 5000 + "${self:service}", UNKNOWN),
    ],
)
def test_variables(text: str, value: object) -> None:
    root = yaml.parse(VALUES)
    assert isinstance(root, Mapping)
    found = Variables(root).filled(Scalar(text, root.span))
    assert (found if isinstance(found, Unknown) else found.plain()) == value


@pytest.mark.parametrize(
    ("name", "text", "is_one"),
    [
        ("serverless.yml", "service: a\nprovider:\n  name: aws\n", True),
        ("serverless.prod.yml", "service: a\nprovider:\n  name: aws\n", True),
        ("serverless.json", '{"service": "a", "provider": {"name": "aws"}}', True),
        ("serverless.yml", "name: a\n", False),
        ("other.yml", "service: a\nprovider:\n  name: aws\n", False),
    ],
)
def test_files(name: str, text: str, is_one: bool) -> None:
    found = recognised(named_like(name), text)
    assert ("serverless" in [technology.name for technology in found]) is is_one


def test_functions_in_a_list_of_parts() -> None:
    text = "service: a\nprovider:\n  name: aws\nfunctions:\n  - ${file(more.yml)}\n  - create:\n      handler: a.b\n      url: true\n"
    (api,) = (fact for fact in facts_of(text) if isinstance(fact, CloudApi))
    assert api.name == "create" and api.authoriser.known(True) is False


def test_the_provider_as_a_word() -> None:
    text = "service: a\nprovider: aws\nfunctions:\n  create:\n    handler: a.b\n    events:\n      - http: GET /\n"
    assert [fact.name for fact in facts_of(text) if isinstance(fact, CloudApi)] == ["GET /"]


def test_another_cloud_has_no_such_events() -> None:
    text = "service: a\nprovider:\n  name: google\nfunctions:\n  create:\n    handler: a\n    events:\n      - http: GET /\n"
    assert not [fact for fact in facts_of(text) if isinstance(fact, CloudApi)]


def test_a_runtime_of_the_provider_is_each_function_s() -> None:
    text = "service: a\nprovider:\n  name: aws\n  runtime: python3.8\nfunctions:\n  a: {handler: a}\n  b: {handler: b, runtime: nodejs22.x}\n"
    found = [(fact.product, fact.at.pointer) for fact in facts_of(text) if isinstance(fact, Component)]
    assert found == [("lambda-python", "functions/a"), ("lambda-nodejs", "functions/b")]


def test_statements_of_a_function_are_its_own() -> None:
    text = (
        "service: a\nprovider:\n  name: aws\n  iam:\n    role:\n      statements:\n        - {Effect: Allow, Action: '*', Resource: '*'}\n"
        "functions:\n  a:\n    handler: a\n    iamRoleStatements:\n      - {Effect: Allow, Action: 's3:GetObject', Resource: '*'}\n"
    )
    holders = [fact.holder for fact in facts_of(text) if isinstance(fact, Grant)]
    assert sorted(set(holders)) == ["policy `a`", "policy `provider`"] and len(holders) == 2


@pytest.mark.parametrize(
    "text",
    [
        "service: a\nprovider: []\n",
        "service: a\nprovider:\n  name: aws\nfunctions: 3\n",
        "service: a\nprovider:\n  name: aws\nfunctions:\n  a: 3\n  b:\n    events: x\n  c:\n    events: [1, {http: 2}, {http: [a]}, {httpApi: }]\n    url: 7\n",
        "service: a\nprovider:\n  name: aws\nresources: ${file(a.yml)}\n",
        "service: a\nprovider:\n  name: aws\nresources: [{Resources: 3}, 4, {Resources: {A: 1, B: {Type: 2}}}]\n",
        "service: {name: b}\nprovider:\n  name: aws\n  logs: ${self:custom.logs}\n  iam: {role: 3}\nlayers: {a: 1, b: {allowedAccounts: x}}\ncustom: []\n",
        "service: a\nprovider:\n  name: aws\ncustom:\n  customDomains: [1, {a: 2}]\n  customDomain: ${self:custom.x}\n",
    ],
)
def test_odd_shapes_are_read_without_complaint(tmp_path: Path, text: str) -> None:
    found = review(Workspace(tmp_path, {"serverless.yml": text}), Policy())
    assert not found.problems


def test_variables_that_name_each_other_many_times_are_bounded(tmp_path: Path) -> None:
    lines = [
        f"  v{n}: {{a: '${{self:custom.v{n + 1}}}', b: '${{self:custom.v{n + 1}}}', c: '${{self:custom.t{n}}}'}}"
        for n in range(40)
    ]
    lines += [
        f"  t{n}: '{'${self:custom.t' + str(n + 1) + '}'}{'${self:custom.t' + str(n + 1) + '}'}'"
        for n in range(40)
    ]
    text = (
        "service: a\nprovider:\n  name: aws\n  environment: ${self:custom.v0}\nfunctions:\n  a: {handler: b}\ncustom:\n"
        + "\n".join(lines)
    )
    with at_most(20):
        assert not review(Workspace(tmp_path, {"serverless.yml": text}), Policy()).problems
