"""Charts and expressions of templates: batten makes of them what Helm makes.

Sources: https://helm.sh/docs/chart_template_guide/, https://pkg.go.dev/text/template, and Helm itself.
"""

from __future__ import annotations

import json
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from batten.formats import Workspace
from batten.technologies.orchestration.helm.chart import rendered
from needs import without
from proofs import turn

HERE = Path(__file__).parent
HELM = HERE.parent.parent / ".tools" / "helm" / "helm"
CHARTS: list[dict[str, Any]] = yaml.safe_load((HERE / "helm_charts.yaml").read_text())
EXPRESSIONS: list[list[str]] = yaml.safe_load((HERE / "helm_expressions.yaml").read_text())
FOR_EXPRESSIONS = {
    "Chart.yaml": "apiVersion: v2\nname: api\nversion: 1.0.0\nappVersion: 2.10\n",
    "values.yaml": 'int: 12\nbig: 1000000\nfloat: 1.50\noctal: 0644\n"yes": yes\nlist: [1, a]\nmap: {b: 1, a: null}\ngone: null\n',
    "templates/a.yaml": "a: |\n"
    + "".join(f"  ANSWER {{{{ print ({e}) | toJson }}}}\n" for e, _ in EXPRESSIONS),
}


def helms(files: dict[str, str], folder: Path) -> str:
    if not HELM.exists() or platform.machine() != "x86_64":
        without("helm", "run tools/install_helm.py")
    for name, text in files.items():
        path = folder / "chart" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    name = yaml.safe_load(files["Chart.yaml"])["name"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder / "home")}
    command = [HELM, "template", name, folder / "chart"]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def battens(files: dict[str, str]) -> str:
    made, problems = rendered("", Workspace(Path("/nowhere"), files))
    assert problems == []
    return made.text


def objects(text: str) -> list[str]:
    """Objects in an order of their own; what is empty is none."""
    found = [yaml.safe_load(part) for part in re.split(r"(?m)^---.*$", text)]
    return sorted(json.dumps(one, sort_keys=True) for one in found if one)


def answers(text: str) -> list[str]:
    return [json.loads(answer) for answer in re.findall(r"ANSWER (.*)", text)]


@pytest.mark.parametrize(
    "chart", turn("helm charts", CHARTS, 14), ids=lambda chart: str(chart["name"]).replace(" ", "-")
)
def test_charts_become_the_objects_that_helm_makes(chart: dict[str, Any], tmp_path: Path) -> None:
    assert objects(battens(chart["files"])) == objects(helms(chart["files"], tmp_path))


def test_expressions_become_what_helm_made_of_them() -> None:
    found = dict(zip((e for e, _ in EXPRESSIONS), answers(battens(FOR_EXPRESSIONS)), strict=True))
    assert found == dict(EXPRESSIONS)


def test_helm_still_makes_the_same_of_expressions(tmp_path: Path) -> None:
    assert answers(helms(FOR_EXPRESSIONS, tmp_path)) == [answer for _, answer in EXPRESSIONS]
