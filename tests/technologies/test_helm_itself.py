"""The real helm, asked in its cell."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from batten.cell import NotAsked
from batten.facts import Secret, Workload
from batten.formats import Workspace
from batten.model import Problem
from batten.technologies import Unit
from batten.technologies.orchestration.helm import adapter
from batten.technologies.orchestration.helm.chart import files_of, given, rendered
from batten.technologies.orchestration.helm.command import asked as helms
from batten.technologies.shared.rendering.text import Rendering
from needs import without

HELM = Path(__file__).parent.parent.parent / ".tools" / "helm"
CHART = "apiVersion: v2\nname: api\nversion: 1.0.0\n"
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: api
  annotations:
    told: {told}
spec:
  containers:
    - name: api
      image: example/api:1
      securityContext:
        privileged: {privileged}
"""
STRANGE = '{{ isAbs "/x" }}'


@pytest.fixture(autouse=True)
def helm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if not (HELM / "helm").exists() or platform.machine() != "x86_64":
        without("helm", "run tools/install_helm.py")
    monkeypatch.setenv("PATH", f"{HELM}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOLD_TO_NOBODY", "canary-of-the-environment")


def chart(root: Path, template: str, **more: str) -> tuple[Unit, Workspace]:
    files = {"Chart.yaml": CHART, "values.yaml": "on: true\n", "templates/a.yaml": template, **more}
    for name, text in files.items():
        path = root / "chart" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    workspace = Workspace(root)
    found = files_of("chart", workspace)
    return Unit("helm", ("chart/Chart.yaml", *(f for f in found if f != "chart/Chart.yaml"))), workspace


def asked(unit: Unit, workspace: Workspace) -> Rendering | NotAsked | None:
    own, _ = rendered("chart", workspace, given(unit, workspace))
    return helms(unit, workspace, own, doubtful=False)


def test_helm_is_asked_and_the_way_back_is_known(tmp_path: Path) -> None:
    template = POD.format(told="x", privileged=STRANGE)
    unit, workspace = chart(tmp_path, template)
    found = list(adapter.read(unit, workspace))
    assert [f for f in found if isinstance(f, Problem)] == []
    (privileged,) = {f.privileged for f in found if isinstance(f, Workload) and "containers" in f.at.pointer}
    assert privileged.value is True
    assert privileged.at.source == "chart/templates/a.yaml" and privileged.at.span is not None
    assert template.count("\n", 0, privileged.at.span.start) == 11


@pytest.mark.parametrize(
    "told",
    [
        '{{ env "TOLD_TO_NOBODY" | quote }}',
        '{{ expandenv "$TOLD_TO_NOBODY" | quote }}',
        '{{ .Files.Get "../secret" | quote }}',
        '{{ range $p, $_ := .Files.Glob "**" }}{{ $.Files.Get $p | quote }}{{ end }}',
        '{{ tpl (.Files.Get "/etc/hostname") . | quote }}',
        '{{ getHostByName "localhost" | quote }}',
        '{{ (lookup "v1" "Secret" "default" "x") | toYaml | quote }}',
    ],
)
def test_a_chart_learns_nothing(told: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary-beside-the-chart")
    unit, workspace = chart(tmp_path, POD.format(told=told, privileged=STRANGE))
    (tmp_path / "chart" / "linked").symlink_to(tmp_path / "secret")
    made = asked(unit, workspace)
    assert not isinstance(made, NotAsked)
    text = made.text if made is not None else ""
    assert "canary" not in text and "127.0.0.1" not in text and "::1" not in text


def test_a_chart_that_never_ends_is_not_asked_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from batten.technologies.orchestration.helm import command

    monkeypatch.setattr(command, "_BOUNDS", replace(command._BOUNDS, seconds=3.0, processor=3))
    loop = "{{ range $a := until 100000 }}{{ range $b := until 100000 }}{{ sha256sum (toString $b) }}{{ end }}{{ end }}"
    unit, workspace = chart(tmp_path, POD.format(told=loop, privileged=STRANGE))
    assert isinstance(asked(unit, workspace), NotAsked)


@pytest.mark.parametrize("place", ["chart/values-production.yaml", "deploy/eu.yaml"])
def test_helm_is_given_the_values_of_production(place: str, tmp_path: Path) -> None:
    """Those beside the chart's own, and those that lie elsewhere in the tree."""
    template = POD.format(told="x", privileged='{{ and (isAbs "/x") .Values.wide }}')
    unit, workspace = chart(tmp_path, template)
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("wide: false\n")
    main, *others = unit.files
    made = asked(Unit("helm", (main, place, *others)), workspace)
    assert isinstance(made, Rendering) and "privileged: false" in made.text


def privileged(unit: Unit, workspace: Workspace) -> Workload:
    found = [f for f in adapter.read(unit, workspace) if isinstance(f, Workload)]
    return next(f for f in found if "containers" in f.at.pointer)


@pytest.mark.parametrize("told", ["x", STRANGE, '{{ list "a" | toToml }}', "{{ frobnicate }}"])
def test_a_value_has_its_place_in_both_ways(told: str, tmp_path: Path) -> None:
    """Whether helm takes the chart, refuses it, or makes what batten cannot."""
    template = POD.format(told=told, privileged="{{ .Values.wide }}")
    unit, workspace = chart(tmp_path, template, **{"values.yaml": "wide: true\n"})
    found = privileged(unit, workspace).privileged
    assert found.value is True and found.at.source == "chart/values.yaml"
    assert found.at.span is not None and found.at.span.start == len("wide: ")


def test_what_chance_decides_stays_unknown(tmp_path: Path) -> None:
    """Also where helm is asked because batten's own reading is not whole."""
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: {{ randAlphaNum 20 | quote }}\n"
    for strange in ("", '{{ mustToDuration "1s" }}'):
        unit, workspace = chart(tmp_path, secret, **{"templates/b.yaml": f"a: b{strange}\n"})
        found = list(adapter.read(unit, workspace))
        assert [f for f in found if isinstance(f, Secret)] == [], strange


def test_a_chart_of_which_a_part_is_missing_is_rendered_all_the_same(tmp_path: Path) -> None:
    missing = 'dependencies: [{name: gone, version: 1.0.0, repository: "https://charts.example.com"}]\n'
    unit, workspace = chart(
        tmp_path, POD.format(told="x", privileged="true"), **{"Chart.yaml": CHART + missing}
    )
    assert isinstance(asked(unit, workspace), Rendering)


def test_the_release_has_the_chart_s_name(tmp_path: Path) -> None:
    unit, workspace = chart(tmp_path, POD.format(told="{{ .Release.Name }}", privileged="true"))
    own, _ = rendered("chart", workspace, given(unit, workspace))
    helms_own = asked(unit, workspace)
    assert isinstance(helms_own, Rendering)
    assert "told: api\n" in own.text and "told: api\n" in helms_own.text
