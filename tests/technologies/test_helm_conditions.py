"""What a fix inserts into a template is under the conditions of the finding's place, and beside no keys that an action makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.formats import Workspace
from batten.model import Edit, Location, Span
from batten.technologies.orchestration.helm.conditions import unsafe

HEAD = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n"
TOKEN = "\n      automountServiceAccountToken: false"


@pytest.mark.parametrize(
    ("template", "inserted", "wanted"),
    [
        ("      containers:\n        - name: a\n          image: b¦\n", TOKEN, False),
        ("      containers:\n        - name: a\n          {{- with .Values.x }}\n          env: []¦\n          {{- end }}\n", TOKEN, True),
        ("      {{- if .Values.a }}\n      dnsPolicy: x¦\n      {{- else }}\n      dnsPolicy: y\n      {{- end }}\n", TOKEN, True),
        ("      {{- if .Values.a }}\n      dnsPolicy: x\n      {{- end }}\n      hostNetwork: false¦\n", TOKEN, False),
        ("      volumes:¦\n      {{- range .Values.v }}\n        - name: x\n      {{- end }}\n", TOKEN, True),
        ("      containers:\n        - resources:\n            {{- toYaml .Values.r | nindent 12 }}¦\n", TOKEN, False),
        ("      securityContext:\n        {{- toYaml .Values.s | nindent 8 }}¦\n", "\n        runAsNonRoot: true", True),
        ("      securityContext:\n        {{- with .Values.s }}\n        {{- toYaml . | nindent 8 }}\n        {{- end }}¦\n", "\n        runAsNonRoot: true", True),
        ("      securityContext:\n        runAsUser: 1¦\n        {{- toYaml .Values.s | nindent 8 }}\n", "\n        runAsNonRoot: true", True),
        ("      securityContext:\n        runAsUser: {{ .Values.u }}¦\n", "\n        runAsNonRoot: true", False),
        ("      hostNetwork: ¦true\n", "x", False),
        ("      containers:\n      - name: a\n        args:\n          - b¦\n        {{- with .Values.p }}\n        env: []\n        {{- end }}\n", TOKEN, True),
    ],
)  # fmt: skip
def test_an_insertion_depends_on_no_other_condition(template: str, inserted: str, wanted: bool) -> None:
    mark = template.rindex("¦")
    text, at = HEAD + template[:mark] + template[mark + 1 :] + "{{ .Values.z }}\n", len(HEAD) + mark
    place = Location("templates/a.yaml", "x", Span(text.index("spec:"), text.index("spec:") + 4))
    workspace = Workspace(Path("/nowhere"), {"templates/a.yaml": text})
    assert unsafe(Edit("templates/a.yaml", Span(at, at), inserted), place, workspace) is wanted


def test_within_the_same_condition_it_is_written() -> None:
    text = "{{- if .Values.on }}\nkind: Pod\nspec:\n  hostNetwork: false\n{{- end }}\n"
    at = text.index("\n{{- end")
    edit = Edit("t.yaml", Span(at, at), "\n  automountServiceAccountToken: false")
    workspace = Workspace(Path("/nowhere"), {"t.yaml": text})
    assert not unsafe(edit, Location("t.yaml", "x", Span(text.index("spec:"), at)), workspace)
    assert not unsafe(edit, Location("values.yaml", "x", Span(0, 1)), workspace)
