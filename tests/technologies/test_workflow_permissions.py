"""What jobs of workflows use their token for: which fixes of `permissions` and of checkout are safe, and the repositories in which they are not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from batten.engine.review import review
from batten.formats import Workspace, apply
from batten.model import Finding, Safety
from batten.policy import Policy
from batten.technologies.pipelines.github_actions.needs import actions
from batten.technologies.pipelines.github_actions.scripts import commands
from batten.technologies.pipelines.github_actions.scripts import program as program_of
from needs import PACKAGES, needs, program, where
from test_pages import FIXTURES, examples

CHECKOUT = "      - uses: actions/checkout@v4\n"
UNSET, KEPT = "permissions-unset", "kept-credentials"


def workflow(steps: str, on: str = "push") -> str:
    return f"on: {on}\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n{steps}"


def script(*lines: str) -> str:
    return "      - run: |\n" + "".join(f"          {line}\n" for line in lines)


def findings(tmp_path: Path, files: dict[str, str]) -> tuple[dict[str, Finding], Workspace]:
    """The findings of a workflow, by case; the last one of each."""
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    workspace = Workspace(tmp_path)
    return {f.case: f for f in review(workspace, Policy()).findings}, workspace


def fixed(tmp_path: Path, steps: str, case: str, on: str = "push", **more: str) -> tuple[Safety, str]:
    """How risky the fix of a case is, and the workflow that it makes."""
    path = ".github/workflows/test.yml"
    whole = steps if steps.startswith("on:") else workflow(steps, on)
    found, workspace = findings(tmp_path, {path: whole, **{k.replace("__", "/"): v for k, v in more.items()}})
    fix = found[case].fix
    assert fix is not None
    return fix.safety, apply(workspace.text(path).text, fix.edits)


SAFE_SCRIPTS = [
    ("npm ci", "npm test"),
    ("go vet ./...", "go test ./..."),
    ("cd charts && helm lint .",),
    ('if [ -n "$X" ]; then', '  echo "$(date) ${{ github.sha }}" | tee out', "fi"),
    ("for f in *.sh; do", '  shellcheck "$f" || exit 1', "done"),
    ("case $X in", "  a | b) echo a ;;", "  *) exit 1 ;;", "esac"),
    ("sudo apt-get update && sudo apt-get install -y jq",),
    ("check() {", "  grep -q x y", "}", "check"),
    ("cat > conf <<EOF", "unheardof", "EOF"),
    ("python -m pytest -q",),
    ("docker compose up -d", "docker compose logs"),
    ("git diff --exit-code", "git log -1"),
    ("make lint",),
    ("./scripts/test.sh",),
]


@pytest.mark.parametrize("lines", SAFE_SCRIPTS)
@pytest.mark.parametrize("case", [UNSET, KEPT])
def test_fix_is_safe_where_every_command_is_known(tmp_path: Path, lines: tuple[str, ...], case: str) -> None:
    files = {
        "package.json": '{"scripts": {"test": "jest", "release": "semantic-release"}}',
        "Makefile": "GO = go\nlint: fmt\n\t@$(GO) vet ./...\nfmt:\n\tgofmt -l .\nrelease:\n\tgit push --tags\n",
        "scripts/test.sh": "#!/bin/sh\nset -e\npytest\n",
    }
    safety, text = fixed(tmp_path, CHECKOUT + script(*lines), case, **files)
    assert safety is Safety.SAFE
    assert (
        "permissions:\n  contents: read\njobs:" if case == UNSET else "persist-credentials: false"
    ) in text


UNKNOWN_SCRIPTS = [
    ("git push",),
    ("git -C . push origin HEAD",),
    ("bash -c 'git push'",),
    ('eval "$RELEASE"',),
    ("npm run release",),
    ("npm test && npm version patch",),
    ("make release",),
    ("make all",),
    ("make $TARGET",),
    ("./scripts/release.sh",),
    ("./missing.sh",),
    ("bash scripts/wrapped.sh",),
    ("curl -s https://example.com/x | bash",),
    ("bash <(curl -s https://example.com/x)",),
    ("bash <<EOF", "git push", "EOF"),
    ('python -c "import subprocess"',),
    ("python scripts/release.py",),
    ("find . -name x -exec git push ';'",),
    ("xargs git push < list",),
    ("mvn release:prepare",),
    ("./gradlew release",),
    ("docker run -v $PWD:/src example/release",),
    ("git config alias.p push && git p",),
    ("unheardof --all",),
    ("${{ matrix.command }}",),
    ('echo "$(./scripts/release.sh)"',),
    ("npx semantic-release",),
    ("git submodule foreach git push",),
    ("npm run tool",),
    ("npm run wrapped",),
    ("make shelled",),
    ("make macro",),
    ("npm ci --prefix other",),
    ("just lint",),
    ("go run ./release",),
]


@pytest.mark.parametrize("lines", UNKNOWN_SCRIPTS)
def test_kept_credentials_are_not_taken_from_a_step_that_may_push(
    tmp_path: Path, lines: tuple[str, ...]
) -> None:
    files = {
        "package.json": '{"scripts": {"test": "jest", "release": "semantic-release", "tool": "zx scripts/tool.mjs", "wrapped": "esbuild-runner scripts/tool.mjs"}}',
        "scripts/tool.mjs": "import git from 'simple-git'\n",
        "Makefile": "V := $(shell ./scripts/release.sh)\nshelled:\n\techo $(V)\nmacro:\n\t$(call out,x)\nall: release\nrelease:\n\tgit push --tags\n",
        "scripts/release.sh": "#!/bin/sh\ngit tag x\ngit push --tags\n",
        "scripts/wrapped.sh": "#!/bin/sh\n. ./scripts/release.sh\n",
        "scripts/release.py": "import os\nos.system('git push')\n",
    }
    found, _ = findings(
        tmp_path, {".github/workflows/test.yml": workflow(CHECKOUT + script(*lines)), **files}
    )
    kept = found.get(KEPT)
    assert kept is None or (kept.fix is not None and kept.fix.safety is Safety.RISKY)


@pytest.mark.parametrize(
    "command",
    ["git fetch --tags", "git pull", "git submodule update --init", "git ls-remote", "git lfs pull"],
)
def test_a_step_that_fetches_needs_the_kept_token_and_read_access_only(tmp_path: Path, command: str) -> None:
    """A private repository is fetched with the token; `contents: read` is enough for it."""
    steps = CHECKOUT + script(command)
    found, _ = findings(tmp_path, {".github/workflows/test.yml": workflow(steps)})
    unset, kept = found[UNSET].fix, found.get(KEPT)
    assert unset is not None and unset.safety is Safety.SAFE
    assert kept is None or (kept.fix is not None and kept.fix.safety is Safety.RISKY)


WRITING_JOBS = [
    ("      - uses: softprops/action-gh-release@v2\n", {"contents": "write"}),
    (CHECKOUT + script("git push"), {"contents": "write"}),
    ("      - uses: peter-evans/create-pull-request@v7\n", {"contents": "write", "pull-requests": "write"}),
    (
        "      - uses: actions/stale@v9\n",
        {"actions": "write", "contents": "read", "issues": "write", "pull-requests": "write"},
    ),
    (
        "      - uses: github/codeql-action/init@v3\n      - uses: github/codeql-action/analyze@v3\n",
        {"actions": "read", "contents": "read", "packages": "read", "security-events": "write"},
    ),
    (
        "      - run: gh release create v1 --generate-notes\n        env: {GH_TOKEN: '${{ github.token }}'}\n",
        {"contents": "write"},
    ),
    (
        "      - uses: docker/login-action@v3\n        with: {registry: ghcr.io, username: x, password: '${{ secrets.GITHUB_TOKEN }}'}\n"
        "      - uses: docker/build-push-action@v6\n        with: {push: true, tags: 'ghcr.io/example/x'}\n",
        {"contents": "read", "packages": "write"},
    ),
    (  # a push by an option that only the builder knows
        "      - uses: docker/login-action@v3\n        with: {registry: ghcr.io, username: x, password: '${{ github.token }}'}\n"
        + script("docker buildx build --output type=registry,name=ghcr.io/example/x ."),
        {"contents": "read", "packages": "write"},
    ),
    (
        "      - uses: docker/login-action@v3\n        with: {registry: ghcr.io, username: x, password: '${{ github.token }}'}\n"
        "      - uses: docker/build-push-action@v6\n        with: {push: false}\n",
        {"contents": "read", "packages": "read"},
    ),
]


@pytest.mark.parametrize(("steps", "wanted"), WRITING_JOBS)
def test_a_job_gets_what_its_steps_write(tmp_path: Path, steps: str, wanted: dict[str, str]) -> None:
    safety, text = fixed(tmp_path, steps, UNSET)
    own = "".join(f"      {scope}: {level}\n" for scope, level in sorted(wanted.items()))
    assert f"    runs-on: ubuntu-latest\n    permissions:\n{own}    steps:\n" in text
    assert safety is Safety.SAFE


UNKNOWN_JOBS = [
    "      - uses: example/unheard-of@v1\n",
    "      - uses: ./.github/actions/missing\n",
    "      - uses: docker://alpine:3.22\n",
    CHECKOUT + script("unheardof"),
    CHECKOUT + "      - uses: actions/setup-go@v6\n        run: go test ./...\n",
]
# The step is given the token, or is called after something that is written with it.
ASKED_JOBS = [
    "      - uses: actions/github-script@v7\n        with: {script: 'x'}\n",
    "      - run: ./comment\n        env: {GITHUB_TOKEN: '${{ github.token }}'}\n",
    "      - run: gh api repos/x\n        env: {GITHUB_TOKEN: '${{ secrets.GITHUB_TOKEN }}'}\n",
    "      - run: echo T=${{ github['token'] }} >> $GITHUB_ENV\n",
    "      - run: echo '${{ toJSON(github) }}' | ./send\n",
    "      - uses: actions/setup-node@v4\n        env: {NODE_AUTH_TOKEN: '${{ secrets.GITHUB_TOKEN }}'}\n",
    "      - uses: docker/build-push-action@v6\n        with: {build-args: 'T=${{ github.token }}'}\n",
    "      - uses: ./.github/actions/own\n        with: {token: '${{ github.token }}'}\n",
    "      - uses: docker/login-action@v3\n        with: {registry: registry.example.com, password: '${{ github.token }}'}\n",
    CHECKOUT + "      - run: publish\n        shell: pwsh\n",
    CHECKOUT + script('eval "git push origin --delete $branch"'),
    CHECKOUT + script("mkdocs gh-deploy --force"),
    CHECKOUT
    + "      - uses: example/build-upload@v2\n        env: {GITHUB_TOKEN: '${{ secrets.GITHUB_TOKEN }}'}\n",
    CHECKOUT + "      - uses: example/docs@v2\n        with: {git-push: true}\n",
    "      - run: npm run release\n        env: {GITHUB_TOKEN: '${{ secrets.GITHUB_TOKEN }}'}\n",
]


@pytest.mark.parametrize("steps", UNKNOWN_JOBS)
def test_permissions_of_a_job_with_an_unknown_step_are_risky(tmp_path: Path, steps: str) -> None:
    own = "runs: {using: composite, steps: [{run: echo, shell: bash}]}\n"
    safety, _ = fixed(tmp_path, steps, UNSET, **{".github/actions/own/action.yml": own})
    assert safety is Safety.RISKY


@pytest.mark.parametrize("steps", ASKED_JOBS)
def test_permissions_of_a_job_that_may_write_are_asked_for(tmp_path: Path, steps: str) -> None:
    own = "runs: {using: composite, steps: [{run: echo, shell: bash}]}\n"
    safety, text = fixed(tmp_path, steps, UNSET, **{".github/actions/own/action.yml": own})
    assert safety is Safety.VALUE
    assert text == workflow(steps)


def test_a_step_of_an_own_action_that_its_inputs_turn_off_needs_nothing(tmp_path: Path) -> None:
    login = "{if: \"${{ inputs.login == 'true' }}\", uses: docker/login-action@v3, with: {registry: ghcr.io, password: '${{ github.token }}'}}"
    own = f"inputs: {{login: {{default: 'false'}}}}\nruns: {{using: composite, steps: [{login}]}}\n"
    for number, (given, wanted) in enumerate(
        (("{}", 1), ("{login: true}", 2), ("{login: '${{ matrix.x }}'}", 2))
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        steps = f"      - uses: ./.github/actions/own\n        with: {given}\n"
        _, text = fixed(folder, steps, UNSET, **{".github/actions/own/action.yml": own})
        assert text.count("permissions:") == wanted


def test_a_checkout_whose_copy_a_later_step_pushes_with_keeps_it(tmp_path: Path) -> None:
    safety, text = fixed(tmp_path, CHECKOUT + "      - uses: stefanzweifel/git-auto-commit-action@v4\n", KEPT)
    assert safety is Safety.VALUE
    assert "persist-credentials" not in text


def test_a_workflow_that_others_call_may_not_ask_for_more_than_they_have(tmp_path: Path) -> None:
    safety, _ = fixed(
        tmp_path, CHECKOUT + script("make"), UNSET, "[push, workflow_call]", Makefile="x:\n\techo\n"
    )
    assert safety is Safety.RISKY


def test_a_job_that_calls_a_workflow_gets_what_it_declares(tmp_path: Path) -> None:
    caller = "on: push\njobs:\n  call:\n    uses: ./.github/workflows/called.yml\n"
    called = "on: workflow_call\njobs:\n  x:\n    runs-on: ubuntu-latest\n    permissions: {pages: write}\n    steps: [{run: echo}]\n"
    safety, text = fixed(tmp_path, caller, UNSET, **{".github/workflows/called.yml": called})
    assert safety is Safety.SAFE
    assert "called.yml\n    permissions:\n      contents: read\n      pages: write\n" in text


def test_an_own_action_is_read(tmp_path: Path) -> None:
    harmless = "runs: {using: composite, steps: [{run: npm ci, shell: bash}]}\n"
    pushing = "runs: {using: composite, steps: [{run: git push, shell: bash}]}\n"
    steps = CHECKOUT + "      - uses: ./.github/actions/own\n      - run: echo\n"
    files = {"package.json": "{}"}
    for number, (own, wanted) in enumerate(((harmless, Safety.SAFE), (pushing, Safety.VALUE))):
        folder = tmp_path / str(number)
        folder.mkdir()
        safety, _ = fixed(folder, steps, KEPT, **files, **{".github/actions/own/action.yml": own})
        assert safety is wanted


def test_a_token_of_another_needs_no_permission(tmp_path: Path) -> None:
    steps = (
        "      - uses: actions/checkout@v4\n        with: {token: '${{ secrets.BOT }}'}\n"
        + script("git push")
        + "      - uses: softprops/action-gh-release@v2\n        with: {token: '${{ secrets.BOT }}'}\n"
    )
    safety, text = fixed(tmp_path, steps, UNSET)
    assert safety is Safety.SAFE
    assert text.count("permissions:") == 1


def test_first_versions_of_checkout_have_no_such_input(tmp_path: Path) -> None:
    steps = "      - uses: actions/checkout@v1\n" + script("npm ci")
    found, _ = findings(tmp_path, {".github/workflows/test.yml": workflow(steps), "package.json": "{}"})
    assert found[KEPT].fix is None


def test_every_row_of_the_table_is_understood() -> None:
    rows = actions()
    assert len(rows) > 100
    scopes = {
        "actions",
        "checks",
        "contents",
        "discussions",
        "issues",
        "packages",
        "pull-requests",
        "security-events",
        "statuses",
    }
    for name, row in rows.items():
        assert name == name.lower() and name.count("/") >= 1
        assert {scope for scope, _, _ in row.needs} <= scopes
        assert {level for _, level, _ in row.needs} <= {"read", "write"}


@pytest.mark.parametrize(
    ("text", "programs"),
    [
        ("a && b || c; d | e & f", "a b c d e f"),
        ('x "$(y "$(z)")"', "x y z"),
        ("x `y` 'not `z`'", "x y"),
        ("sudo -u me env -u A B=1 timeout -s KILL 5 x", "x"),
        ("A=1 B=$(x) y", "x y"),
        ("[[ $a == b && -n $c ]] && x", "true x"),
        ("x=$((1 + (2 * 3))); y", "y"),
        ("a \\\n  b\nc # d\n", "a c"),
        ("a=(b c)\nd", "d"),
        ("x <<< 'y'; z", "x z"),
    ],
)
def test_commands_of_a_script(text: str, programs: str) -> None:
    found = commands(text)
    assert found is not None
    assert sorted(words[0] for words in map(program_of, found) if words) == sorted(programs.split())


@pytest.mark.parametrize("text", ["echo 'open", 'echo "open', "sh <<X\nx\nX"])
def test_scripts_that_are_not_understood(text: str) -> None:
    assert commands(text) is None


@pytest.mark.parametrize(
    ("command", "wanted"), [("go test ./...", Safety.SAFE), ("go test `X", Safety.RISKY)]
)
def test_a_machine_that_an_expression_names_may_have_another_shell(
    tmp_path: Path, command: str, wanted: Safety
) -> None:
    matrix = "${{ matrix.os }}\n    strategy: {matrix: {os: [ubuntu-latest, windows-latest]}}"
    text = workflow(CHECKOUT + script(command)).replace("ubuntu-latest", matrix, 1)
    safety, _ = fixed(tmp_path, text, KEPT)
    assert safety is wanted


def test_a_matrix_lists_its_machines(tmp_path: Path) -> None:
    matrix = "${{ matrix.on.os }}\n    strategy: {matrix: {on: [{os: ubuntu-latest}, {os: macos-latest}]}}"
    text = workflow(CHECKOUT + script('echo "$(date)"', "go test ./...")).replace("ubuntu-latest", matrix, 1)
    safety, _ = fixed(tmp_path, text, KEPT)
    assert safety is Safety.SAFE


@needs("check-jsonschema", where("check-jsonschema"), PACKAGES)
def test_what_is_written_is_valid_by_the_schema_of_workflows(tmp_path: Path) -> None:
    """The blocks that fixes leave on the pages; each was a workflow before, too."""
    written = [
        example.text
        for fixture in sorted(FIXTURES.glob("pipeline-*/github-actions.md"))
        for example in examples(fixture)
        if example.kind == "fixed" and example.text.startswith("on:")
    ]
    for number, text in enumerate(written):
        (tmp_path / f"{number}.yml").write_text(text)
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    assert len(files) > 5
    command = [program("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
