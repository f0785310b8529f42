"""What pages cannot show of GitHub Actions and GitLab CI: commands one by one, tokens in scripts, odd input."""

from __future__ import annotations

from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.engine.fix import Wish, plan
from batten.engine.review import review
from batten.facts import Fact, Feature, Secret
from batten.formats import SyntaxProblem, Workspace, yaml
from batten.model import Safety, Span
from batten.policy import Policy
from batten.technologies import Unit, named_like, recognised, technologies
from batten.technologies.shared.pipelines import places, unverified
from days import judged_on

F = TypeVar("F", bound=Fact)
ROOT = "/nonexistent"
TOKEN = "ghp_" + "x7Kq2Lm9" * 5
NAMES = {"github_actions": ".github/workflows/deploy.yml", "gitlab_ci": ".gitlab-ci.yml"}


def facts(text: str, kind: type[F], technology: str = "gitlab_ci") -> list[F]:
    path = NAMES[technology]
    adapter = technologies()[technology].adapter()
    unit = Unit(technology, (path,))
    return [f for f in adapter.read(unit, Workspace(ROOT, {path: text})) if isinstance(f, kind)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".github/workflows/ci.yaml", "github_actions"),
        (".github/actions/deploy/action.yml", "github_actions"),
        ("action.yml", "github_actions"),
        (".github/dependabot.yml", "github_actions"),
        (".github/settings.yml", ""),
        (".gitlab-ci.yml", "gitlab_ci"),
        ("templates/node.gitlab-ci.yml", "gitlab_ci"),
    ],
)
def test_files(path: str, expected: str) -> None:
    found = {t.name for t in recognised(named_like(path), "jobs:\n  a: {}\n")}
    assert found & set(NAMES) == ({expected} if expected else set())


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("curl -k https://a.example.com", ["-k"]),
        ("curl -fsSLk https://a.example.com", ["-fsSLk"]),
        ("sudo curl https://a.example.com --insecure", ["--insecure"]),
        ("curl --retry 3 \\\n  -k https://a.example.com", ["-k"]),
        ("if ! curl -k https://a.example.com; then exit 1; fi", ["-k"]),
        ("curl -kfs https://127.0.0.1:8443/", []),
        ("curl -o -k-file https://a.example.com", []),
        ("curl -k https://$HOST/health", []),
        ("curl -k https://10.0.0.4:8443/health", []),
        ("curl -k http://a.example.com", []),
        ("echo curly -k", []),
        ("curl https://a.example.com | tar -k", []),
        ("wget --no-check-certificate https://a.example.com", ["--no-check-certificate"]),
        ("git -c http.sslVerify=false clone https://a.example.com", ["http.sslVerify=false"]),
        ("skopeo copy --dest-tls-verify=false a b", ["--dest-tls-verify=false"]),
        ("helm upgrade --kube-insecure-skip-tls-verify a b", ["--kube-insecure-skip-tls-verify"]),
        ("export NODE_TLS_REJECT_UNAUTHORIZED=0", ["NODE_TLS_REJECT_UNAUTHORIZED=0"]),
        ("export NODE_TLS_REJECT_UNAUTHORIZED=1", []),
    ],
)
def test_commands(command: str, said: list[str]) -> None:
    found = [s for s, _, _ in unverified(command, Span(0, len(command)))]
    assert [command[s.start : s.end] for s in found] == said


def test_a_token_inside_a_script_has_its_own_place() -> None:
    text = f"deploy:\n  script:\n    - |\n      set -e\n      ./deploy --token {TOKEN}\n"
    (secret,) = facts(text, Secret)
    assert secret.at.span is not None and text[secret.at.span.start : secret.at.span.end] == TOKEN
    assert TOKEN not in str(review(Workspace(ROOT, {".gitlab-ci.yml": text}), Policy()).findings)


@judged_on("2026-12-01")
def test_what_tests_need_is_silent() -> None:
    text = (
        "on: push\npermissions: {}\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    container: python:3.13\n    services:\n"
        "      db: {image: 'mysql:5.7', ports: ['3306:3306'], env: {MYSQL_ROOT_PASSWORD: root}}\n"
        "    env:\n      DJANGO_DEBUG: 'true'\n      SECRET_KEY: f4K9w2Qm7Zx1\n      DATABASE_URL: mysql://root:root@db/a\n"
        "    steps:\n      - uses: actions/checkout@v6\n      - run: curl -fsSL https://sh.rustup.rs | sh\n"
    )
    assert review(Workspace(ROOT, {NAMES["github_actions"]: text}), Policy()).findings == []


def test_what_anchors_share_is_told_once() -> None:
    text = ".a: &a\n  script: [curl -k https://a.example.com]\nb:\n  <<: *a\nc: *a\n"
    assert len(facts(text, Feature)) == 1
    assert len({p.span for p in places(yaml.parse(text))}) == 1


@pytest.mark.parametrize("technology", NAMES)
def test_fixes_are_made_once(technology: str) -> None:
    text = (
        "jobs:\n  script:\n    env: {NODE_TLS_REJECT_UNAUTHORIZED: '0'}\n"
        "    script:\n      - curl -k https://a.example.com\n    steps:\n      - run: curl -k https://a.example.com\n"
    )
    wish = Wish(frozenset((Safety.SAFE, Safety.RISKY)), frozenset(), validate=False)
    files = {NAMES[technology]: text}
    first = plan(Workspace(ROOT, files), Policy(), wish).texts
    assert "curl https://a.example.com" in first[NAMES[technology]]
    assert plan(Workspace(ROOT, files | first), Policy(), wish).texts == {}


@given(st.text("curl -k\\;|&\n'\"NODE=0", max_size=200))
@settings(deadline=None)
def test_any_script_is_read(text: str) -> None:
    for span, _, _ in unverified(text, Span(0, len(text))):
        assert 0 <= span.start < span.end <= len(text)


@given(st.text(max_size=200), st.sampled_from(sorted(NAMES)))
@settings(deadline=None)
def test_any_text_gives_facts_or_a_syntax_problem(text: str, technology: str) -> None:
    try:
        facts(text, Fact, technology)
    except SyntaxProblem as error:
        assert str(error)


def test_files_that_a_pipeline_includes_are_read() -> None:
    evaluated = "x:\n  script: ['eval $CI_COMMIT_TITLE']\n"
    files = {
        "app/.gitlab-ci.yml": "include:\n  - local: /ci/build.yml\n  - ci/jobs/*.yml\n  - local: ../outside.yml\n"
        "  - local: $FILE\n  - https://example.com/y.yml\n",
        "app/ci/build.yml": "include: {local: ci/deep.yaml}\n" + evaluated,
        "app/ci/deep.yaml": "include: ci/build.yml\n" + evaluated,
        "app/ci/jobs/a.yml": evaluated,
        "app/ci/jobs/b.txt": evaluated,
        "app/ci/other.yml": evaluated,
        "outside.yml": evaluated,
    }
    found = review(Workspace(ROOT, files), Policy(), ["app/.gitlab-ci.yml"]).findings
    named = {f.at.source for f in found if f.control == "pipeline-injection-free"}
    assert named == {"app/ci/build.yml", "app/ci/deep.yaml", "app/ci/jobs/a.yml"}
