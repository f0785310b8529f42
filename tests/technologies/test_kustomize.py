from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.engine.fix import Wish, plan
from batten.engine.review import review
from batten.facts import Fact, Workload
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model import Problem, Safety
from batten.policy import Policy
from batten.technologies import Unit
from batten.technologies.orchestration.kustomize import adapter
from batten.technologies.shared.containers.images import retagged

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  template:
    spec:
      containers:
        - name: api
          image: example/api:1.0
          securityContext:
            privileged: true
        - name: log
          image: example/log:1.0
"""


def facts(files: dict[str, str], main: str = "kustomization.yaml") -> list[Fact | Problem]:
    workspace = Workspace(Path("/nowhere"), files)
    return list(adapter.read(Unit("kustomize", (main,)), workspace))


def workloads(files: dict[str, str], main: str = "kustomization.yaml") -> dict[str, Workload]:
    return {f.name: f for f in facts(files, main) if isinstance(f, Workload)}


def test_a_strategic_patch_merges_containers_by_name() -> None:
    patch = DEPLOYMENT.replace("privileged: true", "privileged: false").replace(
        "image: example/log:1.0", "$patch: delete"
    )
    found = workloads(
        {
            "kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml}]\n",
            "a.yaml": DEPLOYMENT,
            "p.yaml": patch,
        }
    )
    assert list(found) == ["api"]
    assert found["api"].privileged.value is False
    assert found["api"].privileged.at.source == "p.yaml"


def test_a_value_is_placed_where_it_is_written() -> None:
    found = workloads({"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": DEPLOYMENT})
    at = found["api/api"].privileged.at
    assert at.source == "a.yaml" and at.span is not None
    assert DEPLOYMENT[at.span.start : at.span.end] == "true"


def test_json_patches_images_and_namespaces() -> None:
    kustomization = """\
resources: [a.yaml]
namespace: shop
images:
  - {name: example/api, newName: mirror/api, newTag: "2.0"}
patches:
  - target: {kind: Deployment, name: a.*}
    patch: |-
      - {op: remove, path: /spec/template/spec/containers/1}
      - {op: replace, path: /spec/template/spec/containers/0/securityContext/privileged, value: false}
"""
    found = workloads({"kustomization.yaml": kustomization, "a.yaml": DEPLOYMENT})
    assert list(found) == ["api"]
    assert found["api"].image.value == "mirror/api:2.0"
    assert found["api"].privileged.value is False
    assert found["api"].privileged.at.source == "kustomization.yaml"


def test_a_circle_is_a_problem_and_a_remote_base_is_not() -> None:
    files = {
        "kustomization.yaml": "resources: [a, 'https://example.com/x?ref=1']\n",
        "a/kustomization.yaml": "resources: [../]\n",
    }
    problems = [f for f in facts(files) if isinstance(f, Problem)]
    assert [p.message for p in problems] == ["this kustomization builds on itself"]


@pytest.mark.parametrize(
    ("kustomization", "message"),
    [
        ("resources: [gone.yaml]\n", "does not exist"),
        ("resources: [../../x.yaml]\n", "outside the reviewed folder"),
    ],
)
def test_what_is_missing_is_a_problem(kustomization: str, message: str) -> None:
    [problem] = [f for f in facts({"kustomization.yaml": kustomization}) if isinstance(f, Problem)]
    assert message in problem.message and problem.line == 1


def test_a_base_is_judged_once_for_all_overlays(tmp_path: Path) -> None:
    files = {
        "base/kustomization.yaml": "resources: [a.yaml]\n",
        "base/a.yaml": DEPLOYMENT,
        "one/kustomization.yaml": "resources: [../base]\n",
        "two/kustomization.yaml": "resources: [../base]\n",
    }
    found = review(Workspace(tmp_path, files), Policy())
    assert found.problems == []
    privileged = [
        f for f in found.findings if f.control == "container-unprivileged" and "privileged" in f.at.pointer
    ]
    assert len(privileged) == 1 and privileged[0].at.source == "base/a.yaml"


def test_a_fix_is_made_once(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [a.yaml]\n")
    (tmp_path / "a.yaml").write_text(DEPLOYMENT.replace("example/api:1.0", "redis:7.4.2"))
    wish = Wish(frozenset(Safety), frozenset({"container-unprivileged"}), validate=False)
    made = plan(Workspace(tmp_path), Policy(), wish)
    assert "privileged: false" in made.texts["a.yaml"]
    (tmp_path / "a.yaml").write_text(made.texts["a.yaml"])
    assert plan(Workspace(tmp_path), Policy(), wish).texts == {}


words = st.sampled_from(
    ["resources:", "patches:", "- a.yaml", "- path: p.yaml", "images:", "- name: x", "  newTag: 1", "\n", "  ", "kind: A",
     "apiVersion: v1", "spec:", "- op: add", "  path: /spec/x/0", "  value: [1]", "metadata: {name: a}", "{", "]", "$patch: delete",
     "containers:", "&a", "*a", "|-", "secretGenerator:", "  literals: [A=b]"]
)  # fmt: skip


@given(
    st.lists(words, max_size=30).map("\n".join),
    st.lists(words, max_size=20).map("\n".join),
    st.text(max_size=40),
)
def test_any_text_gives_facts_or_problems(main: str, patch: str, resource: str) -> None:
    files = {"kustomization.yaml": main, "a.yaml": DEPLOYMENT + resource, "p.yaml": patch}
    try:
        facts(files)
    except (SyntaxProblem, Unreadable):
        return


POD = """apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - {name: api, image: "registry.example.com/api:latest"}
"""
TAGGED = "resources: [../../base]\nimages: [{name: registry.example.com/api, newTag: 1.4.2}]\n"
PLAIN = "resources: [../../base]\n"


@pytest.mark.parametrize(
    ("overlays", "expected"),
    [
        ({"dev": PLAIN, "production": TAGGED}, {("base/api.yaml", "development")}),
        ({"dev": TAGGED, "production": PLAIN}, {("base/api.yaml", "production")}),
        ({"dev": PLAIN, "production": PLAIN}, {("base/api.yaml", "production")}),
        ({"production": TAGGED}, set()),
        ({"dev": PLAIN}, {("base/api.yaml", "production")}),  # all that is known of its use
        ({"dev": PLAIN, "test": TAGGED}, {("base/api.yaml", "production")}),
        ({"dev": PLAIN, "eu": TAGGED, "us": PLAIN}, {("base/api.yaml", "production")}),
    ],
)
def test_a_base_is_judged_as_its_overlays_deploy_it(
    overlays: dict[str, str], expected: set[tuple[str, str]]
) -> None:
    files = {"base/kustomization.yaml": "resources: [api.yaml]\n", "base/api.yaml": POD}
    files |= {f"overlays/{name}/kustomization.yaml": text for name, text in overlays.items()}
    result = review(Workspace(Path("/nonexistent"), files), Policy(), fixes=False)
    pinned = [f for f in result.findings if f.control == "image-pinned"]
    assert {(f.at.source, f.context.value) for f in pinned} == expected
    assert len(pinned) == len(expected)


def test_an_overlay_of_another_base_says_nothing_of_this_one() -> None:
    files = {
        "base/kustomization.yaml": "resources: [api.yaml]\n",
        "base/api.yaml": POD,
        "other/kustomization.yaml": "resources: [api.yaml]\n",
        "other/api.yaml": POD,
        "overlays/dev/kustomization.yaml": PLAIN,
        "overlays/production/kustomization.yaml": PLAIN.replace("base", "other"),
    }
    result = review(Workspace(Path("/nonexistent"), files), Policy(), fixes=False)
    contexts = {f.at.source: f.context.value for f in result.findings if f.control == "image-pinned"}
    assert contexts == {"base/api.yaml": "production", "other/api.yaml": "production"}


REPLACED = """\
resources: [api.yaml]
replacements:
  - source: {kind: ConfigMap, name: versions, fieldPath: data.api}
    targets:
      - select: {kind: Deployment}
        reject: [{name: other}]
        fieldPaths: ["spec.template.spec.containers.[name=api].image"]
        options: {delimiter: ":", index: 1}
      - select: {kind: Deployment, name: api}
        fieldPaths: [spec.template.spec.hostPID]
        options: {create: true}
"""
VERSIONS = """\
---
apiVersion: v1
kind: ConfigMap
metadata: {name: versions}
data: {api: "2.4"}
"""


@pytest.mark.parametrize("apart", [False, True])
def test_a_replacement_copies_a_field(apart: bool) -> None:
    head, _, listed = REPLACED.partition("replacements:\n")
    files = {"kustomization.yaml": REPLACED, "api.yaml": DEPLOYMENT + VERSIONS}
    if apart:
        files |= {
            "kustomization.yaml": head + "replacements: [{path: version.yaml}]\n",
            "version.yaml": listed,
        }
    found = workloads(files)
    assert found["api/api"].image.value == "example/api:2.4"
    assert found["api/log"].image.value == "example/log:1.0"


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("tier=web", True),
        ("tier==web", True),
        ("tier!=web", False),
        ("tier", True),
        ("!tier", False),
        ("tier in (web, api)", True),
        ("tier notin (web, api)", False),
        ("tier in (web, api),zone", False),
        ("zone!=a", True),
    ],
)
def test_selectors_of_patches(selector: str, selected: bool) -> None:
    kustomization = (
        "resources: [api.yaml]\npatches:\n"
        f"  - target: {{kind: Deployment, group: apps, labelSelector: '{selector}'}}\n"
        '    patch: |-\n      - {op: replace, path: /spec/template/spec/containers/0/image, value: "b:2"}\n'
    )
    labelled = DEPLOYMENT.replace("  name: api\nspec:", "  name: api\n  labels: {tier: web}\nspec:")
    found = workloads({"kustomization.yaml": kustomization, "api.yaml": labelled})
    assert found["api/api"].image.value == ("b:2" if selected else "example/api:1.0")


def test_labels_and_annotations_for_all() -> None:
    kustomization = (
        "resources: [api.yaml]\ncommonLabels: {app: api}\nlabels: [{pairs: {team: shop}}]\n"
        "commonAnnotations:\n  container.apparmor.security.beta.kubernetes.io/log: unconfined\n"
    )
    deployment = DEPLOYMENT.replace("template:\n", "template:\n    metadata: {labels: {a: b}}\n")
    found = workloads({"kustomization.yaml": kustomization, "api.yaml": deployment})
    apparmor = found["api/log"].apparmor
    assert apparmor is not None and apparmor.value == "unconfined"


def test_the_tag_of_an_image_stays_a_tag() -> None:
    files = {
        "kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n"
        "images:\n  - name: nginx\n    newTag: 1.25-alpine\n",
        "a.yaml": DEPLOYMENT.replace("example/api:1.0", "nginx"),
    }
    wish = Wish(frozenset(Safety), frozenset({"component-supported"}), validate=False)
    made = plan(Workspace(Path("/nowhere"), files), Policy(), wish)
    assert "newTag: 1.30-alpine" in made.texts["kustomization.yaml"]


@pytest.mark.parametrize("text", ["go \U0001f680", "\\x85", "\\u2028", "\\x7f", "\\ufeff"])
def test_characters_that_need_escapes_do_not_cost_the_folder(text: str) -> None:
    found = facts(
        {
            "kustomization.yaml": "resources: [a.yaml, c.yaml]\ncommonLabels: {a: b}\n",
            "a.yaml": DEPLOYMENT,
            "c.yaml": f'apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\ndata:\n  t: "{text}"\n  "k {text}": "a"\n',
        }
    )
    assert not [fact for fact in found if isinstance(fact, Problem)]
    assert "api/log" in {fact.name for fact in found if isinstance(fact, Workload)}


@pytest.mark.parametrize(
    ("reference", "version", "other"),
    [
        ("nginx:1.25-alpine3.18", "1.30", "nginx:1.30-alpine"),
        ("registry.example.com:5000/a/nginx:1.2@sha256:00", "1.30", "registry.example.com:5000/a/nginx:1.30"),
        ("1.25-alpine", "1.30", "1.30-alpine"),
        ("v1.25", "1.30", "1.30"),
        ("ubuntu:focal-20211006", "24.04", "ubuntu:24.04"),
        ("debian:bookworm-20250113-slim", "13", "debian:13-slim"),
        ("postgres", "17", "postgres:17"),
        ("node:18-bookworm-slim", "24", "node:24-bookworm-slim"),
        ("node:18-buster-slim", "24", "node:24-slim"),
        ("nginx:1.25-bookworm", "1.30", "nginx:1.30"),
        ("mcr.microsoft.com/dotnet/sdk:8.0-noble", "10", "mcr.microsoft.com/dotnet/sdk:10.0-noble"),
        ("mcr.microsoft.com/dotnet/sdk:8.0-bookworm-slim", "10", "mcr.microsoft.com/dotnet/sdk:10.0"),
        (
            "mcr.microsoft.com/dotnet/aspnet:7.0-alpine3.18",
            "10",
            "mcr.microsoft.com/dotnet/aspnet:10.0-alpine",
        ),
        (
            "mcr.microsoft.com/dotnet/aspnet:6.0-jammy-chiseled-extra",
            "10",
            "mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled-extra",
        ),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-cbl-mariner2.0", "10", ""),
        ("mcr.microsoft.com/dotnet/aspnet:6.0-nanoserver-1809", "10", ""),
        ("openjdk:11-jre-slim", "25", ""),
        ("eclipse-temurin:11-jre-focal", "25", "eclipse-temurin:25-jre"),
        ("gcr.io/distroless/nodejs18-debian12:nonroot", "24", ""),
    ],
)
def test_another_version_of_an_image_keeps_its_variant(reference: str, version: str, other: str) -> None:
    assert retagged(reference, version) == other
