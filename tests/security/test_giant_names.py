"""A name of a hundred kilobytes above many findings: each repeats it, and no report may."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from batten.engine.account import accounted
from batten.engine.outcome import Outcome
from batten.engine.review import review
from batten.formats import Workspace
from batten.model import Severity
from batten.policy import Policy
from batten.reports import FORMATS, render
from proofs import turn

GIANT = "n" * 100_000
MANY = 60


def _pod() -> str:
    one = "  - {{name: c{0}, image: 'x:1', securityContext: {{privileged: true}}}}\n"
    containers = "".join(one.format(number) for number in range(MANY))
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {GIANT}}}\nspec:\n  hostNetwork: true\n  containers:\n{containers}"


def _compose() -> str:
    ports = ", ".join(f'"{20000 + number}:6379"' for number in range(MANY))
    return f"services:\n  ? {GIANT}\n  : {{image: 'redis:7.4', privileged: true, ports: [{ports}]}}\n"


def _template() -> str:
    rules = [
        {"IpProtocol": "tcp", "FromPort": 22 + n, "ToPort": 22 + n, "CidrIp": "0.0.0.0/0"}
        for n in range(MANY)
    ]
    group = {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {"GroupDescription": "a", "SecurityGroupIngress": rules},
    }
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {GIANT: group}})


def _contract() -> str:
    get = {"get": {"responses": {"200": {"description": "ok", "content": {"application/json": {}}}}}}
    paths = {f"/{GIANT}/{number}": get for number in range(10)}
    return json.dumps({"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": paths})


TREES = {
    "pod": ("pod.yaml", _pod()),
    "compose": ("compose.yaml", _compose()),
    "template": ("template.json", _template()),
    "contract": ("openapi.json", _contract()),
}  # fmt: skip
CASES = [(name, form) for name in TREES for form in turn(f"giant {name}", [*FORMATS], 3)]


@pytest.mark.parametrize(("name", "form"), CASES)
def test_no_report_repeats_a_giant_name(name: str, form: str, tmp_path: Path) -> None:
    path, text = TREES[name]
    workspace = Workspace(tmp_path, {path: text})
    result = review(workspace, Policy())
    assert result.findings, "the attack was not met"
    outcome = Outcome(
        "review", str(tmp_path), Severity.LOW, result.findings, result.problems, ledger=accounted(result)
    )
    report = render(form, outcome, workspace)
    assert len(report) <= 20 * len(text), (name, form, len(report), len(text))
