from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.engine.fix import Wish, plan
from batten.facts import Fact, Workload
from batten.formats import SyntaxProblem, Workspace
from batten.model import UNKNOWN, Context, Problem, Safety
from batten.policy import Policy
from batten.technologies import Unit
from batten.technologies.orchestration.helm import adapter
from batten.technologies.orchestration.helm.chart import files_of, rendered

CHART = "apiVersion: v2\nname: api\nversion: 1.0.0\nappVersion: '2.0'\n"
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: api
spec:
  containers:
    - name: api
      image: example/api:1
      securityContext:
        privileged: {{ .Values.privileged }}
"""


def made(template: str, values: str = "", **files: str) -> tuple[str, list[Problem]]:
    """What one template makes."""
    overlay = {"Chart.yaml": CHART, "values.yaml": values, "templates/a.yaml": template, **files}
    rendering, problems = rendered("", Workspace(Path("/nowhere"), overlay))
    return rendering.text.removeprefix("\n---\n"), problems


def facts(template: str, values: str = "", **files: str) -> list[Fact | Problem]:
    overlay = {"Chart.yaml": CHART, "values.yaml": values, "templates/a.yaml": template, **files}
    workspace = Workspace(Path("/nowhere"), overlay)
    unit = Unit("helm", ("Chart.yaml", *(f for f in files_of("", workspace) if f != "Chart.yaml")))
    return list(adapter.read(unit, workspace))


def pod(template: str, values: str = "", **files: str) -> Workload:
    found = [f for f in facts(template, values, **files) if isinstance(f, Workload)]
    return next(f for f in found if "containers" in f.at.pointer)


@pytest.mark.parametrize(
    ("template", "values", "text"),
    [
        ("a: {{ .Values.x }}", "x: 1", "a: 1"),
        ("a: {{ .Values.x | quote }}", "x: one", 'a: "one"'),
        ("a: {{ .Values.x | default 3 }}", "", "a: 3"),
        ("a: {{ default .Chart.Name .Values.x | trunc 2 | upper }}", "", "a: AP"),
        ("a: {{ printf \"%s-%d\" .Release.Name 4 }}", "", "a: api-4"),
        ("{{- if and .Values.x (not .Values.y) }}\na: 1\n{{- else }}\nb: 1\n{{- end }}", "x: 1", "\na: 1"),
        ("{{- if eq .Values.x \"a\" }}a: 1{{ else if eq .Values.x \"b\" }}b: 1{{ else }}c: 1{{ end }}", "x: b", "b: 1"),
        ("{{- range $i, $v := .Values.x }}\n- {{ $i }}{{ $v }}\n{{- end }}", "x: [a, b]", "\n- 0a\n- 1b"),
        ("{{- range .Values.x }}\n- {{ .k }}{{ $.Values.m }}\n{{- end }}", "x: [{k: a}]\nm: z", "\n- az"),
        ("a:\n  {{- toYaml .Values.x | nindent 2 }}", "x: {c: [1, two], b: true}", "a:\n  b: true\n  c:\n  - 1\n  - two"),
        ("{{- $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}a: {{ $x }}", "", "a: 2"),
        ("{{- with .Values.x }}a: {{ .k }}{{ end }}", "x: {k: 1}", "a: 1"),
        ("a: {{ tpl .Values.x . }}", "x: '{{ .Chart.Name }}!'", "a: api!"),
        ("a: {{ ternary 1 2 (eq 1 1) }}{{/* no }} end */}}", "", "a: 1"),
        ("a: {{ b64enc \"x\" }}{{ .Values.k | int }}", "k: 12", "a: eA==12"),
        ("{{ if .Capabilities.APIVersions.Has \"policy/v1\" }}a: 1{{ end }}", "", "a: 1"),
        ("a: {{ semverCompare \">=1.19-0\" .Capabilities.KubeVersion.Version }}", "", "a: true"),
        ("a: {{ (index .Values.x 1).k }}", "x: [{k: 1}, {k: 2}]", "a: 2"),
        ("a: {{ dict \"k\" .Values.x | toJson }}", "x: 1", 'a: {"k":1}'),
    ],
)  # fmt: skip
def test_templates_are_evaluated(template: str, values: str, text: str) -> None:
    assert made(template, values) == (text, [])


def test_named_templates_and_charts_below() -> None:
    files = {
        "templates/_helpers.tpl": '{{- define "n" -}}\nname: {{ .Release.Name }}\n{{- end }}',
        "charts/sub/Chart.yaml": "name: sub\nversion: 1.0.0\n",
        "charts/sub/values.yaml": "x: 1\nk: 2\n",
        "charts/sub/templates/b.yaml": "b: {{ .Values.x }}{{ .Values.k }}{{ .Values.global.z }}\n",
    }
    text, problems = made('{{ include "n" . }}\n', "sub: {x: 5}\nglobal: {z: 9}\n", **files)
    assert problems == []
    assert text == "name: api\n\n---\nb: 529\n"


def test_a_value_is_placed_in_values_yaml() -> None:
    at = pod(POD, "# first\nprivileged: true\n").privileged.at
    assert at.source == "values.yaml" and at.span is not None and at.span.start == 20


def test_a_test_of_the_release_is_told_to_be_one() -> None:
    pod = (
        "kind: Pod\napiVersion: v1\nmetadata: {{name: {}}}\nspec: {{containers: [{{name: c, image: x:1}}]}}\n"
    )
    hook = pod.format('a, annotations: {"helm.sh/hook": test}')
    found = facts(pod.format("b"), **{"templates/tests/t.yaml": hook})
    told = {f.at.source: f.at.context for f in found if isinstance(f, Workload)}
    assert told == {"templates/a.yaml": None, "templates/tests/t.yaml": Context.TEST}


def test_what_is_not_said_is_unknown() -> None:
    assert pod(POD, "").privileged.value is UNKNOWN
    lookup = POD.replace(".Values.privileged", '(lookup "v1" "Pod" "a" "b").x')
    assert pod(lookup, "").privileged.value is UNKNOWN
    block = POD[: POD.index("        privileged")] + "        {{- toYaml .Values.a.b | nindent 8 }}\n"
    assert pod(block, "").privileged.value is UNKNOWN


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("a: {{ frobnicate 1 }}", "the function `frobnicate` is not supported"),
        ('a: {{ include "common.name" . }}', "the template `common.name` is not defined here"),
        ("{{ if .Values.x }}a: 1", "has no `end`"),
        ("{{ end }}", "no opening block"),
        ("a: {{ .Values.x", "not closed"),
        ("a: [{{ 1 }}", "not valid YAML"),
        (
            '{{ define "x" }}{{ include "x" . }}{{ include "x" . }}{{ end }}a: {{ include "x" . }}',
            "do not terminate",
        ),
    ],
)
def test_what_cannot_be_rendered_is_a_problem(template: str, message: str) -> None:
    problems = [f for f in facts(template) if isinstance(f, Problem)]
    assert any(message in p.message for p in problems), problems
    assert all(p.hint for p in problems)


def test_the_fix_of_a_value_is_made_once_and_in_values_yaml(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    for name, text in (
        ("Chart.yaml", CHART),
        ("values.yaml", "privileged: true  # why\n"),
        ("templates/a.yaml", POD),
    ):
        (tmp_path / name).write_text(text)
    wish = Wish(frozenset(Safety), frozenset({"container-unprivileged"}), validate=False)
    assert plan(Workspace(tmp_path), Policy(), wish).texts == {}, (
        "who knows what an image of their own needs?"
    )
    (tmp_path / "templates/a.yaml").write_text(POD.replace("example/api:1", "redis:7.4.2"))
    texts = plan(Workspace(tmp_path), Policy(), wish).texts
    assert texts["values.yaml"] == "privileged: false  # why\n"
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    assert plan(Workspace(tmp_path), Policy(), wish).texts == {}


@pytest.mark.parametrize(
    ("values", "fixed"),
    [
        (  # toYaml sorts the keys, so that the last line is not the last here
            "resources:\n  requests:\n    memory: 64Mi  # measured\n# by hand\n    cpu: 1\n\nother: 1\n",
            "resources:\n  requests:\n    memory: 64Mi  # measured\n# by hand\n    cpu: 1\n"
            "  limits:\n    memory: 768Mi\n\nother: 1\n",
        ),
        ("resources: {}\n", "resources:\n  limits:\n    memory: 768Mi\n"),
        ("resources:\n    requests:\n        cpu: 1\nother: 1\n", None),  # steps of four: no line is as deep
    ],
)
def test_what_a_map_of_values_lacks_is_added_to_it(tmp_path: Path, values: str, fixed: str | None) -> None:
    (tmp_path / "templates").mkdir()
    template = POD[: POD.index("      securityContext")] + (
        "      env: [{name: NODE_OPTIONS, value: --max-old-space-size=256}]\n"
        "      resources: {{- toYaml .Values.resources | nindent 8 }}\n"
    )
    for name, text in (("Chart.yaml", CHART), ("values.yaml", values), ("templates/a.yaml", template)):
        (tmp_path / name).write_text(text)
    wish = Wish(frozenset(Safety), frozenset({"container-limited"}), validate=False)
    texts = plan(Workspace(tmp_path), Policy(), wish).texts
    assert "templates/a.yaml" not in texts  # a key there and in values of others would be one too many
    assert texts.get("values.yaml") == fixed


STAND_IN = f"""\
#!{sys.executable}
# Speaks as much of helm's command line as batten does: helm template NAME CHART
import os, re, sys
from pathlib import Path

word, name, folder = sys.argv[1:]
assert word == "template" and not name.startswith("-") and Path(folder, "Chart.yaml").is_file()
assert all(v.startswith(("/cell/tmp", os.getcwd(), "/dev/null")) for k, v in os.environ.items() if k.startswith("HELM"))
print("---\\n# Source: api/templates/a.yaml")
print(re.sub("{{{{[^}}]*}}}}", "true", Path(folder, "templates/a.yaml").read_text()), end="")
"""


def test_helm_is_asked_where_batten_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helm = tmp_path / "helm"
    helm.write_text(STAND_IN)
    helm.chmod(helm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    template = POD.replace(".Values.privileged", "frobnicate .Values.privileged")
    found = facts(template)
    assert [f for f in found if isinstance(f, Problem)] == []
    workloads = [f for f in found if isinstance(f, Workload)]
    privileged = next(f for f in workloads if "containers" in f.at.pointer).privileged
    assert privileged.value is True
    assert privileged.at.source == "templates/a.yaml" and privileged.at.span is not None
    assert template.count("\n", 0, privileged.at.span.start) == 9


def test_a_helm_that_no_cell_can_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helm = tmp_path / "helm"
    helm.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    helm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    told = [f for f in facts(POD.replace(".Values.privileged", "frobnicate 1")) if isinstance(f, Problem)]
    assert "helm did not run: it is a script for `/bin/sh`" in told[-1].message
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "step",
    ["$x = print $x $x", "$x = list $x $x", "$x = printf \"%s%s\" $x $x", "$x = dict \"a\" $x \"b\" (deepCopy $x)", "$x = set $y \"a\" $y"],
)  # fmt: skip
def test_what_doubles_at_every_step_is_bounded(step: str) -> None:
    template = (
        '{{ $y := dict }}{{ $x := dict "a" 1 }}{{ range until 60 }}{{ '
        + step
        + " }}{{ end }}a: {{ toJson $x }}\n"
    )
    made(template)


@pytest.mark.parametrize(
    "template",
    [
        '{{ define "x" }}{{ include "x" . }}{{ end }}a: {{ include "x" . }}',
        '{{ define "x" }}{{ tpl "{{ include \\"x\\" . }}" . }}{{ end }}a: {{ include "x" . }}',
        "{{ range until 9999 }}{{ range until 9999 }}{{ range until 9999 }}a{{ end }}{{ end }}{{ end }}",
        '{{ range until 9999 }}{{ repeat 999999 "a" }}{{ end }}',
        '{{ range until 9999 }}{{ printf "%999s" "a" | repeat 999 | toJson | b64enc }}{{ end }}',
        '{{ $t := "a" }}{{ range until 9999 }}{{ $t = tpl (print $t "{{ 1 }}") $ }}{{ $t | repeat 99999 | upper }}{{ end }}',
    ],
)
def test_what_does_not_end_is_told(template: str) -> None:
    _, problems = made(template)
    assert [p.message for p in problems] == ["its templates do not terminate"]


@pytest.mark.parametrize(
    "action",
    [
        'regexReplaceAll "(a*)*b" (repeat 9999 "a") "x"',
        'regexMatch "(a|a)*$" (repeat 9999 "a")',
        '.Files.Glob "**a**a**a**a**a**a**a**a**a**a**b"',
        'semverCompare (repeat 9999 ">1 ") "1.2.3"',
        'until 999999999999 | len',
        'untilStep 0 999999999999 1 | len',
        'seq 1 999999999999',
        'repeat 999999999999 "a"',
        'printf "%99999999d" 1',
        'indent 999999 "a"',
        'wrap 1 (repeat 99999 "a ")',
        'fromYaml (repeat 9999 "[")',
        'b64dec (repeat 9999 "=")',
        'toYaml (until 9999)',
        'slice (until 9) 3 1',
        'index (list) 1',
        'div 1 0',
        'mod 1 0',
        'round 1.5 999',
        'toDecimal "x"',
        'int64 (repeat 9999 "9")',
    ],
)  # fmt: skip
def test_what_is_large_or_wrong_is_unknown_or_small(action: str) -> None:
    text, _ = made(f"a: {{{{ {action} | toString | trunc 100 | quote }}}}\n", **{"a" * 200: "x"})
    assert len(text) < 1000


pieces = st.sampled_from(
    ["{{", "}}", "{{- ", " -}}", "if", "range", "with", "end", "else", "define", '"x"', "include", ".Values.x", ".", "$", "$x", ":=", "|",
     "(", ")", "toYaml", "nindent 2", "a: ", "\n", "- ", "{{ end }}", "{{ if .Values.x }}", "{{ range .Values.l }}", "tpl", "printf", '"%s"', "1"]
)  # fmt: skip


@given(st.lists(pieces, max_size=30).map(" ".join), st.text(max_size=30))
def test_any_template_gives_facts_or_problems(template: str, values: str) -> None:
    try:
        facts(template, values)
        facts(template, "x: {a: 1}\nl: [1, b]\n")
    except SyntaxProblem:
        return
