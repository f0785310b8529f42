"""Text of others in scripts: where a variable of the step is the same to the script, and where it may not be."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.review import review
from batten.formats import Workspace, apply
from batten.model import Safety
from batten.policy import Policy

TITLE, REF = "${{ github.event.pull_request.title }}", "${{ github.head_ref }}"
HEAD = "on: pull_request_target\npermissions: {}\n"


def safety(tmp_path: Path, script: str, job: str = "", head: str = HEAD) -> Safety | None:
    """How risky the fix of the first such finding is."""
    lines = "".join(f"          {line}\n" for line in script.split("\n"))
    text = f"{head}jobs:\n  x:\n    runs-on: ubuntu-latest\n{job}    steps:\n      - run: |\n{lines}"
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "x.yml").write_text(text)
    found = [
        f for f in review(Workspace(tmp_path), Policy()).findings if f.control == "pipeline-injection-free"
    ]
    assert found
    return found[0].fix.safety if found[0].fix is not None else None


@pytest.mark.parametrize(
    "script",
    [
        f'echo "{TITLE}"',
        f'if [[ "{REF}" == release/* ]]; then\n  echo yes\nfi',
        f"echo 'a b'\nnotify --text \"New: {TITLE}\" --to x",
        f'X="{REF}"\necho "$X"',
    ],
)
def test_between_double_quotes_nothing_changes(tmp_path: Path, script: str) -> None:
    assert safety(tmp_path, script) is Safety.SAFE


@pytest.mark.parametrize(
    ("script", "job"),
    [
        (f"echo {TITLE}", ""),
        (f'echo "{TITLE}"\necho {TITLE}', ""),
        (f"echo '{TITLE}'", ""),
        (f'echo "$(cut -c2 <<< {TITLE})"', ""),
        (f'cat <<EOF\n"{TITLE}"\nEOF', ""),
        (f'PULL_REQUEST_TITLE=x\necho "{TITLE}"', ""),
        (f'echo "{TITLE}"', "    env: {PULL_REQUEST_TITLE: x}\n"),
        (f'echo "{TITLE}"', "    defaults: {run: {shell: pwsh}}\n"),
        (f'echo "{TITLE}"', "    defaults: {run: {shell: python}}\n"),
        ('echo "${{ github.event.pull_request.head.repo.description }}"', ""),
    ],
)
def test_elsewhere_something_may(tmp_path: Path, script: str, job: str) -> None:
    assert safety(tmp_path, script, job) is not Safety.SAFE


def test_inputs_of_callers_may_be_words_for_the_shell(tmp_path: Path) -> None:
    head = "on: {workflow_dispatch: {inputs: {to: {}}}}\npermissions: {}\n"
    assert safety(tmp_path, 'deploy --to "${{ inputs.to }}"', head=head) is Safety.RISKY


@pytest.mark.parametrize(
    "script",
    [
        f'bash -c "echo {TITLE}"',
        f'nix-shell \\\n  --run "TITLE={TITLE} make"',
        f'ssh host.example.com "echo {TITLE}"',
        f'eval "echo {TITLE}"',
        f'docker run --rm image sh -c "echo {TITLE}"',
    ],
)
def test_what_another_shell_reads_is_left_to_people(tmp_path: Path, script: str) -> None:
    assert safety(tmp_path, script) is None


def test_a_variable_that_holds_the_text_is_used(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    text = (
        f"{HEAD}jobs:\n  x:\n    runs-on: ubuntu-latest\n    steps:\n"
        f"      - run: echo \"{TITLE}\"\n        env: {{TITLE: '{TITLE}'}}\n"
    )
    (folder / "x.yml").write_text(text)
    workspace = Workspace(tmp_path)
    (fix,) = [f.fix for f in review(workspace, Policy()).findings if f.control == "pipeline-injection-free"]
    assert fix is not None
    assert apply(text, fix.edits) == text.replace(f'echo "{TITLE}"', 'echo "${TITLE}"')
