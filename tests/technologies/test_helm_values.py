"""With which values a chart is judged."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from batten.engine.fix import Wish, plan
from batten.engine.review import review
from batten.formats import Workspace
from batten.model import Safety
from batten.policy import Policy
from batten.technologies.orchestration.helm.installed import lists

_FOLDER = TemporaryDirectory()
EMPTY = Path(_FOLDER.name)
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: api\nversion: 1.0.0\n",
    "chart/values.yaml": "privileged: true\nimage: registry.example.com/api:latest\n",
    "chart/templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: api}\nspec:\n  containers:\n    - name: api\n"
    "      image: {{ .Values.image }}\n      securityContext:\n"
    "        privileged: {{ .Values.privileged }}\n",
}
PRODUCTION = {"chart/values-production.yaml": "privileged: false\n"}
ARGO = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: api}
spec:
  source:
    path: chart
    helm:
      valueFiles: [values.yaml, eu.yaml]
"""


def of(files: dict[str, str], case: str) -> list[tuple[str, str]]:
    found = review(Workspace(EMPTY, CHART | files), Policy(), fixes=False).findings
    return [(f.at.source, f.context.value) for f in found if f.case == case]


def values(files: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    return tuple(use.files[1:] for use in lists("chart", Workspace(EMPTY, CHART | files)))


def test_a_chart_without_values_for_production_is_judged_with_its_own() -> None:
    assert values({}) == values({"chart/values-dev.yaml": "privileged: false\n"}) == ()
    assert of({}, "privileged") == [("chart/values.yaml", "production")]


def test_what_production_overrides_is_not_said_and_what_it_leaves_is() -> None:
    assert of(PRODUCTION, "privileged") == []
    assert of(PRODUCTION, "moving-tag") == [("chart/values.yaml", "production")]


def test_what_production_sets_is_said_where_it_is_set() -> None:
    files = {"chart/values-production.yaml": "image: registry.example.com/api:stable\n"}
    assert of(files, "moving-tag") == [("chart/values-production.yaml", "production")]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"chart/values.prod.yaml": ""}, (("chart/values.prod.yaml",),)),
        ({"chart/prod-values.yaml": ""}, (("chart/prod-values.yaml",),)),
        ({"chart/values/production.yaml": ""}, (("chart/values/production.yaml",),)),
        (
            {"README.md": "`helm upgrade --install api chart\n-f eu.yaml`\n", "eu.yaml": ""},
            (("eu.yaml",),),
        ),
        (
            {"deploy.sh": "helm install api ./chart --values=a.yaml,b.yaml\n", "a.yaml": "", "b.yaml": ""},
            (("a.yaml", "b.yaml"),),
        ),
        (
            {
                ".github/workflows/release.yml": "  run: helm upgrade api chart -f chart/eu.yaml\n",
                "chart/eu.yaml": "",
                "chart/values-prod.yaml": "",
            },
            (("chart/eu.yaml",), ("chart/values-prod.yaml",)),
        ),
        # A pipeline that installs the chart as it is.
        ({"deploy.sh": "helm install api chart\n", **PRODUCTION}, ((), ("chart/values-production.yaml",))),
        ({"deploy.sh": "helm install api chart -f values-dev.yaml\n", "values-dev.yaml": ""}, ()),
        ({"deploy.sh": "helm install api other -f eu.yaml\n", "eu.yaml": ""}, ()),
        ({"deploy.sh": "helm install api chart -f missing.yaml\n"}, ()),
        ({"deploy.sh": "helm lint chart -f eu.yaml\n", "eu.yaml": ""}, ()),
        ({"argocd/api.yaml": ARGO, "chart/eu.yaml": ""}, (("chart/values.yaml", "chart/eu.yaml"),)),
        ({"argocd/api.yaml": ARGO.replace("path: chart", "path: other"), "chart/eu.yaml": ""}, ()),
        (
            {
                "helmfile.yaml": "releases:\n  - name: api\n    chart: ./chart\n    values: [eu.yaml]\n",
                "eu.yaml": "",
            },
            (("eu.yaml",),),
        ),
    ],
)
def test_files_of_values_are_those_that_the_tree_installs(
    files: dict[str, str], expected: tuple[tuple[str, ...], ...]
) -> None:
    assert values(files) == expected


def test_a_fix_changes_the_values_of_production(tmp_path: Path) -> None:
    known = "privileged: true\nimage: redis:7.4.2\n"  # an image whose needs are known: none of them is a privilege
    for path, text in (
        CHART | {"chart/values.yaml": known, "chart/values-production.yaml": "privileged: true\n"}
    ).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    wish = Wish(frozenset(Safety), frozenset({"container-unprivileged"}), validate=False)
    texts = plan(Workspace(tmp_path), Policy(), wish).texts
    assert texts["chart/values-production.yaml"] == "privileged: false\n"
    assert "chart/values.yaml" not in texts
