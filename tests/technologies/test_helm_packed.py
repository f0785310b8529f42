"""Charts that are packed below a chart."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from batten.facts import Workload
from batten.formats import Workspace
from batten.model import Problem
from batten.technologies import Unit
from batten.technologies.orchestration.helm import adapter, archives
from batten.technologies.orchestration.helm.chart import files_of, rendered

CHART = """\
apiVersion: v2
name: api
version: 1.0.0
dependencies:
  - {name: cache, version: 1.x.x, repository: "https://charts.example.com", alias: store}
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: "{{ .Chart.Name }}"}
spec:
  containers:
    - name: a
      image: example/{{ include "lib.image" . }}:1
      securityContext: {privileged: {{ .Values.privileged }}}
"""
PACKED = {
    "cache/Chart.yaml": "apiVersion: v2\nname: cache\nversion: 1.2.0\n",
    "cache/values.yaml": "privileged: true\n",
    "cache/templates/pod.yaml": POD,
}
LIBRARY = {
    "lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n",
    "lib/templates/_image.tpl": '{{ define "lib.image" }}image{{ end }}',
}


def packed(files: dict[str, str | bytes], *more: tarfile.TarInfo) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, text in files.items():
            data = text if isinstance(text, bytes) else text.encode()
            about = tarfile.TarInfo(name)
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))
        for about in more:
            archive.addfile(about)
    return held.getvalue()


def tree(root: Path, archive: bytes, values: str = "") -> Workspace:
    (root / "charts").mkdir()
    (root / "Chart.yaml").write_text(CHART)
    (root / "values.yaml").write_text(values)
    (root / "charts" / "cache-1.2.0.tgz").write_bytes(archive)
    return Workspace(root)


def read(workspace: Workspace) -> list[object]:
    files = [f for f in files_of("", workspace) if f != "Chart.yaml"]
    return list(adapter.read(Unit("helm", ("Chart.yaml", *files)), workspace))


def with_library() -> bytes:
    return packed({**PACKED, "cache/charts/lib-1.0.0.tgz": packed(dict(LIBRARY))})


def test_a_packed_chart_is_rendered_with_what_is_packed_in_it(tmp_path: Path) -> None:
    made, problems = rendered("", tree(tmp_path, with_library()))
    assert problems == []
    assert 'name: "store"' in made.text and "example/image:1" in made.text


@pytest.mark.parametrize(
    ("values", "source", "text"),
    [
        ("", "Chart.yaml", "cache"),
        ("store: {privileged: true}\n", "values.yaml", "true"),
    ],
)
def test_its_places_are_the_dependency_and_the_values_of_the_outer_chart(
    values: str, source: str, text: str, tmp_path: Path
) -> None:
    workspace = tree(tmp_path, with_library(), values)
    found = [f for f in read(workspace) if isinstance(f, Workload) and "containers" in f.at.pointer]
    at = found[0].privileged.at
    assert at.source == source and at.span is not None
    assert workspace.text(source).text[at.span.start : at.span.end] == text
    assert found[0].privileged.value is True


def test_what_is_wrong_inside_is_told_of_the_archive(tmp_path: Path) -> None:
    workspace = tree(tmp_path, packed({**PACKED, "cache/templates/pod.yaml": "a: {{ frobnicate 1 }}"}))
    told = [f for f in read(workspace) if isinstance(f, Problem)]
    assert [(p.source, p.message) for p in told] == [
        ("charts/cache-1.2.0.tgz", "templates/pod.yaml: the function `frobnicate` is not supported")
    ]


def link(name: str, target: str) -> tarfile.TarInfo:
    about = tarfile.TarInfo(name)
    about.type, about.linkname = tarfile.SYMTYPE, target
    return about


def test_an_archive_leads_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary")
    files = {
        **PACKED,
        "../../out.yaml": "canary: 1",
        "/abs/templates/x.yaml": "canary: 2",
        "cache/../../up/templates/y.yaml": "canary: 3",
        "cache/templates/pod.yaml": 'a: {{ .Files.Get "../secret" }}{{ .Files.Get "linked" }}\n',
    }
    root = tmp_path / "root"
    root.mkdir()
    archive = packed(files, link("cache/linked", str(secret)), link("cache/templates/z.yaml", str(secret)))
    made, _ = rendered("", tree(root, archive))
    assert "canary" not in made.text
    assert sorted(p.name for p in root.rglob("*")) == [
        "Chart.yaml",
        "cache-1.2.0.tgz",
        "charts",
        "values.yaml",
    ]


@pytest.mark.parametrize(
    "archive",
    [
        b"no archive",
        packed(dict(PACKED))[:200],
        packed({**PACKED, "cache/templates/big.yaml": b"#" * (archives._LARGEST + 1)}),
        packed({f"cache/templates/{n}.yaml": "" for n in range(archives._MOST_FILES + 1)}),
    ],
)
def test_an_archive_that_cannot_be_unpacked_is_told(archive: bytes, tmp_path: Path) -> None:
    told = [f for f in read(tree(tmp_path, archive)) if isinstance(f, Problem)]
    assert [p.source for p in told] == ["charts/cache-1.2.0.tgz"]
    assert "cannot be unpacked" in told[0].message or "too large" in told[0].message
    assert told[0].hint
