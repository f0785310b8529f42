"""Pipelines of a hostile checkout: each step of the action as GitHub's runner runs it, in a workspace that holds a module of every name
of the standard library, programs and settings, and with a job's variables that lead into it. Nothing of it runs, and it is not changed.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import wheels
import yaml
from github_runner import Runner, followed, virtual
from hostile_surroundings import differences, snapshot
from markdown_it import MarkdownIt
from planted import MODULES, OPEN, environment, plant, surroundings
from watched_steps import Step, watched

from batten.reports import FORMATS
from batten.reports.legible import legible
from needs import PACKAGES, needs, program, where
from proofs import turn

ROOT = Path(__file__).parents[2]
STEPS = ("Choose wheels", "Install batten", "Review", "Verdict")
PAYLOADS = sorted(surroundings(Path("/w")))
pytestmark = needs("strace", where("strace"))


class Job(Runner):
    """A job in a planted workspace; `forbidden` is what its steps did that they must not."""

    def __init__(self, action: Path, folder: Path, variables: dict[str, str], **inputs: str) -> None:
        named = {name.replace("_", "-"): value for name, value in inputs.items()}
        super().__init__(action, folder / "work", folder / "temp", named, more=variables)
        self.marks, self.folder = folder / "marks", folder
        plant(self.workspace, self.marks)
        self.before = snapshot(self.workspace)

    def forbidden(self, name: str) -> list[str]:
        command, made = self.prepared(name)
        # The runner finds the shell of a step itself, in its own surroundings.
        command[0] = shutil.which(command[0]) or command[0]
        trace = self.folder / f"trace-{len(list(self.folder.glob('trace-*')))}"
        found = watched(Step(command, made, self.workspace, reviews=name == "Review"), trace)
        self.ended(name)
        ran = sorted(p.name for p in self.marks.iterdir())
        return [*found, *(f"{n} ran" for n in ran), *differences(self.before, snapshot(self.workspace))]


@pytest.fixture(scope="module")
def isolated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that takes the place of the one that the action makes."""
    folder = tmp_path_factory.mktemp("isolated") / "venv"
    virtual(folder)
    return folder


def ready(folder: Path, isolated: Path, variables: dict[str, str], **inputs: str) -> Job:
    """A job that has batten installed."""
    job = Job(ROOT, folder, variables, **inputs)
    (job.temporary / "batten").mkdir()
    (job.temporary / "batten/venv").symlink_to(isolated)
    return job


@needs("hatchling", wheels.installed(), PACKAGES)
def test_no_step_of_the_action_runs_anything_of_the_workspace(tmp_path: Path) -> None:
    action = wheels.action(tmp_path / "action", tmp_path / "wheels")
    job = Job(action, tmp_path, environment(tmp_path / "work"))
    found = job.forbidden("Choose wheels")
    assert job.outputs["wheels", "key"].startswith("batten-")
    shutil.copytree(tmp_path / "wheels", job.outputs["wheels", "folder"])
    job.outputs["kept", "cache-hit"] = "true"
    for name in STEPS[1:3]:
        found += [f"{name}: {fault}" for fault in job.forbidden(name)]
    assert "compose.yaml" in job.summary.read_text()
    assert [*found, *job.forbidden("Verdict")] == []
    assert job.outputs["review", "exit-code"] == "1"


REVIEWED = ("nothing", *turn("payloads of reviews", PAYLOADS[1:], 8))


@pytest.mark.parametrize("payload", REVIEWED)
def test_a_review_is_apart_from_the_variables_of_its_job(
    payload: str, isolated: Path, tmp_path: Path
) -> None:
    job = ready(tmp_path, isolated, surroundings(tmp_path / "work")[payload], upload_sarif="false")
    assert job.forbidden("Review") == []
    assert job.outputs["review", "exit-code"] == "1"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_step_starts_inherits_nothing_of_the_workspace(payload: str, tmp_path: Path) -> None:
    job = Job(ROOT, tmp_path, surroundings(tmp_path / "work")[payload])
    command, made = job.prepared("Verdict")
    Path(command[-1]).write_text(f'. "{ROOT}/ci/github/apart.sh"\ndeclare -F\nenv\npwd -P\n')
    done = subprocess.run(command, cwd=job.workspace, env=made, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *lines, here = done.stdout.splitlines()
    said = [
        line
        for line in lines
        if str(job.workspace) in line or "evil" in line or line.startswith(("PIP_C", "BASH_FUNC"))
    ]
    assert said == [f"GITHUB_WORKSPACE={job.workspace}"]
    assert not Path(here).is_relative_to(job.workspace)
    assert not [p.name for p in job.marks.iterdir()]


@pytest.mark.parametrize(
    "python",
    [
        "./bin/python3",
        "bin/python3",
        "{root}/bin/python3",
        "../work/bin/python3",
        "{root}/../work/bin/python3",
        "-c",
        "evil",
    ],
)
def test_an_interpreter_of_the_workspace_is_refused(python: str, tmp_path: Path) -> None:
    job = Job(
        ROOT,
        tmp_path,
        {"PATH": f"{tmp_path}/work/bin:{os.environ['PATH']}"},
        python=python.format(root=tmp_path / "work"),
    )
    command, made = job.prepared("Choose wheels")
    done = subprocess.run(command, cwd=job.workspace, env=made, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "name a Python that is installed on the runner" in done.stderr
    assert not [p.name for p in job.marks.iterdir()]


def test_a_temporary_folder_in_the_workspace_is_refused(tmp_path: Path) -> None:
    job = Job(ROOT, tmp_path, {})
    for folder in (job.workspace / "tmp", tmp_path / "link"):
        (job.workspace / "tmp").mkdir(exist_ok=True)
        if not folder.exists():
            folder.symlink_to(job.workspace / "tmp")
        command, made = job.prepared("Verdict")
        Path(command[-1]).write_text(f'. "{ROOT}/ci/github/apart.sh"\n')
        done = subprocess.run(
            command,
            cwd=job.workspace,
            env={**made, "RUNNER_TEMP": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2 and "RUNNER_TEMP is inside the workspace" in done.stderr


def test_a_change_is_compared_without_anything_of_the_repository(isolated: Path, tmp_path: Path) -> None:
    """Its configuration, filters and hooks are a checkout's that was copied, not cloned."""
    job = ready(tmp_path, isolated, {}, changed_since="HEAD", upload_sarif="false")
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    for words in (["init", "-q"], ["add", "compose.yaml", ".gitattributes"], ["commit", "-qm", "Start"]):
        subprocess.run([program("git"), *who, *words], cwd=job.workspace, check=True, capture_output=True)
    evil = job.workspace / "bin/git"
    settings = (
        "core.fsmonitor",
        "core.hooksPath",
        "core.sshCommand",
        "core.pager",
        "filter.evil.clean",
        "filter.evil.smudge",
        "diff.evil.textconv",
    )
    for name in settings:
        subprocess.run([program("git"), "config", name, str(evil)], cwd=job.workspace, check=True)
    (job.workspace / "compose.yaml").write_text(OPEN.replace("redis:8.2.1", "redis:8.2.2"))
    job.before = snapshot(job.workspace)
    assert job.forbidden("Review") == []
    assert (
        "stood before" in (tmp_path / "temp/summary.md").read_text()
        or job.outputs["review", "exit-code"] in "01"
    )


def marked(text: str) -> set[str]:
    """What a summary shows besides text: images, HTML beyond what folds lists, and links that leave the repository."""
    found: set[str] = set()
    for token in (t for block in MarkdownIt().parse(text) for t in (block, *(block.children or ()))):
        if token.type in ("html_block", "html_inline"):
            found |= set(re.findall(r"</?(?!details|summary|/)[^>]*>?", token.content)) - {""}
        elif token.type == "image" or (token.type == "link_open" and ":" in str(token.attrGet("href"))):
            found.add(str(token))
    return found


@pytest.mark.parametrize("form", FORMATS)
def test_no_report_in_the_log_gives_the_runner_a_command(form: str, isolated: Path, tmp_path: Path) -> None:
    job = ready(tmp_path, isolated, {}, format=form, upload_sarif="false")
    done = job.run("Review")
    annotations = {"error", "warning", "notice"} if form == "github" else set()
    assert set(followed(done.stdout)) <= annotations, done.stdout
    assert not followed(done.stderr)
    assert job.outputs == {("review", "exit-code"): "1"}
    assert marked(job.summary.read_text()) == set()


# What a step of a careless pipeline does, and the words of the fault that must be found.
CARELESS = {
    "python3 -c pass": "starts Python in the workspace, and not isolated",
    "cd /; python3 -c 'import sys; sys.path.insert(0, sys.argv[1]); import evil' \"$GITHUB_WORKSPACE\"": "reads /evil.py",
    "bin/git": "starts bin/git",
    'PATH="$GITHUB_WORKSPACE/bin" git': "starts /bin/git",
    "echo >new": "changes /new",
    'cd /; echo >"$GITHUB_WORKSPACE/bin/../new"': "changes /new",
    "mkdir target": "changes /target",
    "ln -s / link": "changes /link",
    "rm compose.yaml": "changes /compose.yaml",
    "chmod 600 compose.yaml": "changes /compose.yaml",
    "touch compose.yaml": "changes /compose.yaml",
    "cat compose.yaml": "reads /compose.yaml",
    ". ./shell.sh": "reads /shell.sh",
}


@pytest.mark.parametrize("line", CARELESS)
def test_the_watcher_catches_a_careless_step(line: str, tmp_path: Path) -> None:
    job = Job(ROOT, tmp_path, {})
    command, made = job.prepared("Verdict")
    Path(command[-1]).write_text(line)
    found = watched(Step(command, made, job.workspace), tmp_path / "trace")
    assert any(CARELESS[line] in fault for fault in found), found


def test_without_isolation_the_workspace_is_imported_from(tmp_path: Path) -> None:
    """What is planted does leave its marks."""
    job = Job(ROOT, tmp_path, {})
    subprocess.run(
        [sys.executable, "-m", "venv", "there"], cwd=job.workspace, capture_output=True, check=False
    )
    assert [p.name for p in job.marks.iterdir()]


def held(step: Step, marks: Path, folder: Path) -> None:
    """Watch a step of another pipeline in a planted workspace."""
    before = snapshot(step.workspace)
    assert watched(step, folder / "trace") == []
    assert [p.name for p in marks.iterdir()] == []
    changed = differences(before, snapshot(step.workspace))
    assert [c for c in changed if not any(name in c for name in step.writes)] == []


def planted(folder: Path) -> tuple[Path, Path]:
    work, marks = folder / "work", folder / "marks"
    work.mkdir()
    plant(work, marks)
    return work, marks


def variables(work: Path) -> dict[str, str]:
    """What a pipeline's file may set that its shell is started with."""
    made = environment(work)
    mine = (
        "PATH",
        "SHELLOPTS",
        "BASH_ENV",
        "ENV",
        "HOME",
        "TMPDIR",
        "IFS",
        "XDG_STATE_HOME",
        "XDG_CACHE_HOME",
    )
    kept = {n: v for n, v in made.items() if n not in mine and not n.startswith(("BASH_FUNC", "GIT_"))}
    return {**kept, "PATH": os.environ["PATH"], "HOME": str(work.parent), "TMPDIR": str(work.parent)}


def without_names(made: dict[str, str]) -> dict[str, str]:
    """Without the two that name Python's executable: -I does not ignore them, and no shell is before these commands to unset them."""
    return {n: v for n, v in made.items() if n not in ("PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__")}


def test_the_gitlab_template_is_apart(isolated: Path, tmp_path: Path) -> None:
    work, marks = planted(tmp_path)
    job = yaml.safe_load((ROOT / "ci/gitlab/batten.gitlab-ci.yml").read_text())["batten"]
    script = "\n".join(job["script"]).replace("/opt/batten/bin/python", str(isolated / "bin/python"))
    made = {**variables(work), **job["variables"]}
    held(Step(["/bin/sh", "-c", script], made, work, True, ("gl-code-quality-report.json",)), marks, tmp_path)


@pytest.mark.parametrize("image", ["Dockerfile", "deploy/watch/Dockerfile"])
def test_the_command_of_the_image_is_apart(image: str, isolated: Path, tmp_path: Path) -> None:
    """What the image's build makes of the script that pip installs, in a folder that is mounted."""
    work, marks = planted(tmp_path)
    (edit,) = re.findall(r"&& sed -i '(.+)' /opt/batten/bin/batten", (ROOT / image).read_text())
    script = tmp_path / "batten"
    script.write_text(
        f"#!{isolated}/bin/python\nimport sys\nfrom batten.__main__ import run\nsys.exit(run())\n"
    )
    script.chmod(0o755)
    subprocess.run([program("sed"), "-i", edit, str(script)], check=True)
    held(Step([str(script), "review"], without_names(variables(work)), work, True), marks, tmp_path)


@pytest.mark.parametrize("hook", ["batten-review", "batten-review-all"])
def test_the_hooks_of_pre_commit_are_apart(hook: str, isolated: Path, tmp_path: Path) -> None:
    work, marks = planted(tmp_path)
    (entry,) = [
        h["entry"] for h in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()) if h["id"] == hook
    ]
    made = without_names(variables(work))
    path = f"{isolated}/bin:{made['PATH']}"  # as pre-commit does for `language: python`
    words = shlex.split(entry)
    command = [str(isolated / "bin" / words[0]), *words[1:]]
    held(Step(command, {**made, "PATH": path}, work, True), marks, tmp_path)


def test_a_module_that_is_started_by_its_name_imports_nothing_of_the_folder(
    isolated: Path, tmp_path: Path
) -> None:
    """`python -m batten`, by hand: what Python itself looks for before batten's first line is beyond it."""
    work, marks = planted(tmp_path)
    shutil.rmtree(work / "batten")
    own = (
        "click",
        "msgspec",
        "yaml",
        "rich",
        "hashlib",
        "json",
        "socket",
        "subprocess",
        "tempfile",
        "unicodedata",
    )
    for name in set(MODULES) - set(own):
        (work / f"{name}.py").unlink()
    command = [str(isolated / "bin/python"), "-m", "batten", "review", "--exit-zero"]
    subprocess.run(command, cwd=work, capture_output=True, check=False)
    assert [p.name for p in marks.iterdir()] == []


@pytest.mark.parametrize(
    "line",
    [
        "::set-output name=exit-code::0",
        "  ::add-mask::a",
        "\t::stop-commands::a",
        "\u00a0::add-mask::a",
        "\u3000::error file=a::b",
        "\u2003\u205f::warning::b",
        "a: b\n::add-path::/tmp",
        "a##[add-mask]b",
        "##[group]a",
        "##vso[task.setvariable variable=a]b",
        "x ##VSO[task.prependpath]/tmp",
        "##teamcity[setParameter name='a' value='b']",
    ],
)
def test_what_is_quoted_is_no_command_to_any_runner(line: str) -> None:
    shown = legible(line)
    assert not followed(shown) and not re.search(r"##(?:vso|teamcity)?\[", shown, re.IGNORECASE)
