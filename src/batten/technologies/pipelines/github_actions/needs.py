"""What the jobs of a workflow use their token for: the permissions that each step needs, and whether later steps use the copy of it that
checkout keeps.

A job's needs are known where every step is: an action of `known.txt`, an action or a workflow of the repository itself, or a script that
gets no token, and of which every command is known (`followed.py`).

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax (`permissions`),
https://docs.github.com/en/actions/concepts/security/github_token, https://docs.github.com/en/actions/tutorials/authenticate-with-github_token,
https://docs.github.com/en/packages/managing-github-packages-using-github-actions-workflows, https://cli.github.com/manual/gh_release
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from batten.files.own import own_text
from batten.formats import SyntaxProblem, Unreadable, Workspace, yaml
from batten.formats.tree import Mapping as Tree
from batten.formats.tree import Scalar
from batten.model.record import changed, record
from batten.technologies.pipelines.github_actions.followed import Use, git, uses
from batten.technologies.pipelines.github_actions.scripts import commands, program
from batten.technologies.pipelines.github_actions.workflows import Flow, Step, flow
from batten.technologies.shared.text.fields import Field

Permissions = Mapping[str, str]
_RANK = {"none": 0, "read": 1, "write": 2}
# The job's own token, or a context that holds it.
_TOKEN = re.compile(
    r"\bgithub\s*(?:\.\s*token\b|\[)|\bsecrets\s*\.\s*GITHUB_TOKEN\b|\bsecrets\s*\[|\(\s*(?:github|secrets)\s*\)",
    re.IGNORECASE,
)
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_REGISTRY = "ghcr.io"
# Programs of a script that may push an image, in one of many ways (`--push`, `--output type=registry`, a file's `output`).
_IMAGES = re.compile(
    r"\b(?:docker|podman|buildah|buildx|nerdctl|helm|crane|skopeo|oras|ko|kaniko|jib|img|regctl|push|publish|make|mvnw?|gradlew?|npm|pnpm|yarn|npx|"
    r"dagger|bazel|earthly|depot|pack|s2i|dotnet|task|just)\b|\./"
)
# What commands of `gh` need: https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
_GH: Mapping[tuple[str, str], Permissions] = {
    **{("release", verb): {"contents": "write"} for verb in ("create", "edit", "upload", "delete")},
    **{("release", verb): {"contents": "read"} for verb in ("view", "list", "download")},
    **{
        ("issue", verb): {"issues": "write"}
        for verb in ("create", "close", "comment", "edit", "reopen", "lock", "unlock", "pin", "unpin")
    },
    **{("issue", verb): {"issues": "read"} for verb in ("view", "list", "status")},
    **{("label", verb): {"issues": "write"} for verb in ("create", "edit", "delete", "clone")},
    **{
        ("pr", verb): {"pull-requests": "write"}
        for verb in ("comment", "edit", "close", "reopen", "review", "ready")
    },
    **{
        ("pr", verb): {"contents": "read", "pull-requests": "read"}
        for verb in ("view", "list", "diff", "status")
    },
    ("pr", "merge"): {"contents": "write", "pull-requests": "write"},
    ("workflow", "run"): {"actions": "write"},
}
# Programs that take no token out of their environment.
_PLAIN = frozenset(
    (
        "echo", "cat", "cd", "cp", "cut", "date", "exit", "export", "false", "fi", "done", "grep", "head", "ls", "mkdir", "mv", "printf",
        "pwd", "rm", "sed", "set", "sha256sum", "sleep", "sort", "tail", "tar", "test", "[", "tr", "true", "uniq", "unzip", "wc", "zip",
        "jq", "gzip", "}",
    )
)  # fmt: skip
_DEEPEST = 3


@record
class Action:
    """A row of `known.txt`: how an action takes the job's token, and what for."""

    inputs: tuple[str, ...]  # in lower case; with "!" where the input has no default
    variables: tuple[str, ...]
    needs: tuple[tuple[str, str, str], ...]  # permission, level, and the input that it is for, or ""
    remote: bool  # it starts git with what checkout kept
    pushes: bool  # files of the repository decide whether it pushes images


@record
class Need:
    """What a step or a job uses the token for; `known` is false where there may be more."""

    permissions: Permissions
    known: bool = True
    remote: bool = False  # git talks to the remote repository
    pushes: bool = False  # images, to a registry


_NOTHING = Need({})
_UNKNOWN = Need({}, known=False, remote=True)


@cache
def actions() -> Mapping[str, Action]:
    """The table, by the action's name in lower case."""
    found: dict[str, Action] = {}
    for line in (own_text("technologies/pipelines/github_actions/known.txt") or "").splitlines():
        name, *columns = (c.strip() for c in line.split("|"))
        if not columns or name.startswith("#"):
            continue
        taken = columns[0].split() if columns[0] != "-" else []
        needs = []
        for word in columns[1].split() if columns[1] != "-" else ():
            said, _, only = word.partition("?")
            scope, _, level = said.partition(":")
            needs.append((scope, level, only.lower()))
        found[name] = Action(
            inputs=tuple(t.lower() for t in taken if not t.startswith("$")),
            variables=tuple(t[1:] for t in taken if t.startswith("$")),
            needs=tuple(needs),
            remote=columns[2:] == ["git"],
            pushes=columns[2:] == ["images"],
        )
    return found


def union(parts: Iterable[Permissions]) -> dict[str, str]:
    """The wider level of each permission."""
    made: dict[str, str] = {}
    for part in parts:
        for scope, level in part.items():
            if _RANK[level] > _RANK[made.get(scope, "none")]:
                made[scope] = level
    return made


_PULLS: Permissions = {"packages": "read"}


def job_needs(found: Flow, job: Field, workspace: Workspace, depth: int = 0) -> Need:
    """What a job uses its token for."""
    if job["uses"].exists:
        return _called(job, workspace, depth)
    containers = [job["container"], *(service for _, service in job["services"].entries())]
    settings = [value for one in containers for name, value in one.entries() if name != "credentials"]
    if any(map(_of_token, (*settings, job["outputs"]))):
        return _UNKNOWN
    # What steps need together; what only git takes from the working copy counts where a checkout keeps it there.
    steps = list(found.steps(job))
    kept = False
    needs: list[Need] = []
    for step in steps:
        needs.append(_step(step, found, job, workspace, kept, depth))
        kept = kept or _keeps(step)
    wanted = union(n.permissions for n in needs)
    if wanted.get("packages") == "read" and any(n.pushes for n in needs):
        wanted["packages"] = "write"
    need = Need(
        wanted,
        known=all(n.known for n in needs),
        remote=any(n.remote for n in needs),
        pushes=any(n.pushes for n in needs),
    )
    if not any(_of_token(one["credentials"]) for one in containers):
        return need
    return changed(
        need, permissions=union((_PULLS, need.permissions))
    )  # the runner pulls their images with it


def unused_after(found: Flow, job: Field, number: int, workspace: Workspace) -> bool:
    """Whether no step behind that one uses the copy of the token that a checkout keeps."""
    later = list(found.steps(job))[number + 1 :]
    kept = (_step(s, found, job, workspace, True, 0) for s in later)
    return all(n.known and not n.remote for n in kept)


def used_after(found: Flow, job: Field, number: int, workspace: Workspace) -> bool:
    """Whether a later step of those that are known starts git with the copy of the token that a checkout keeps."""
    later = list(found.steps(job))[number + 1 :]
    kept = (_step(s, found, job, workspace, True, 0) for s in later)
    return any(n.known and n.remote and n.permissions.get("contents") == "write" for n in kept)


def doubtful(found: Flow, job: Field, workspace: Workspace) -> str:
    """The first step of a job that is not known, and that is given the token or is called after something that is written
    with it; "" where there is none."""
    if job["uses"].exists:
        need = _called(job, workspace, 0)
        return "" if need.known else job["uses"].text
    kept = False
    for step in found.steps(job):
        need = _step(step, found, job, workspace, kept, 0)
        kept = kept or _keeps(step)
        said = " ".join((*_texts(step.field), *(name for name, _ in step.field["with"].entries())))
        if not need.known and (
            _TOKEN.search(said)
            or _WRITES.search(_COMMENT.sub("", said))
            or any(_of_token(e) for e in step.environment)
        ):
            return step.field["uses"].text or step.field["name"].text or said.strip().partition("\n")[0][:60]
    return ""


# What is written with a token is called so, by actions, by their inputs, and by scripts.
_WRITES = re.compile(
    r"(?<![a-z])(?:push|commit|deploy|publish|release|gh-pages|pages|comment|label|tag|semantic|changelog|bump|merge|sync|mirror|reviewdog|gh(?![a-z])|github-script)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)


def _keeps(step: Step) -> bool:
    """Whether it leaves the job's own token where git finds it: checkout, and actions of the repository's own, which may check out."""
    name = step.field["uses"].text.partition("@")[0].lower()
    inputs = step.field["with"]
    own = not inputs["token"].exists or _of_token(inputs["token"])
    return name.startswith("./") or (
        name == "actions/checkout" and own and inputs["persist-credentials"].text != "false"
    )


def _step(step: Step, found: Flow, job: Field, workspace: Workspace, kept: bool, depth: int) -> Need:
    run, name = step.field["run"], step.field["uses"].text.partition("@")[0].lower()
    if run.exists and name:
        return _UNKNOWN  # which of the two runs, no reference says
    if run.exists:
        return _script(step, found, job, workspace, kept)
    if name.startswith("./"):
        return _own_action(step, name, workspace, kept, depth)
    if name == "docker/login-action":
        # Reading packages; who pushes an image needs to write them, too.
        inputs = step.field["with"]
        if not _of_token(inputs):
            return _NOTHING
        # A text, with the one variable of the workflow in place that it may be.
        field = inputs["registry"]
        named = re.fullmatch(r"\$\{\{\s*env\.(\w+)\s*\}\}", field.text)
        values = [e[named[1]].text for e in step.environment if e[named[1]].exists] if named else [field.text]
        own = (values[-1] if values else "") == _REGISTRY and _of_token(inputs["password"])
        return Need({"packages": "read"}) if own else _UNKNOWN
    row = actions().get(name)
    return _action(step, row) if row is not None else _UNKNOWN


def _action(step: Step, row: Action) -> Need:
    """What an action of the table needs; a token in another input, or in a variable of the step's own, is for something else."""
    given = {k.lower(): v for k, v in step.field["with"].entries()}
    known = [i.rstrip("!") for i in row.inputs]
    own_variables = [n for n, v in step.field["env"].entries() if _of_token(v)]
    if any(_of_token(v) for k, v in given.items() if k not in known) or set(own_variables) - set(
        row.variables
    ):
        return _UNKNOWN
    of_job = any(
        _of_token(given[i]) if i in given else not w.endswith("!")
        for i, w in zip(known, row.inputs, strict=True)
    )
    taken = of_job or any(_of_token(e[v]) for e in step.environment for v in row.variables)
    if not taken and (row.inputs or row.variables):
        return Need({}, remote=row.remote)
    permissions = {
        s: level
        for s, level, only in row.needs
        if not only or (only in given and given[only].text != "false")
    }
    pushes = any(key in given and given[key].text != "false" for key in ("push", "outputs")) or row.pushes
    return Need(permissions, remote=row.remote, pushes=pushes)


def _script(step: Step, found: Flow, job: Field, workspace: Workspace, kept: bool) -> Need:
    text = step.field["run"].text
    exported = any(_of_token(e) for e in step.environment)
    if exported or _of_token(step.field["run"]):
        if not _of_token(step.field["run"]):
            # A script that has the token in a variable: commands of `gh`, git, and programs that look for no token.
            token_found = commands(text)
            needs: list[Permissions] = []
            for words in map(program, token_found or [["eval"]]):
                name = words[0].rpartition("/")[2] if words else "true"
                if name == "gh" and tuple(words[1:3]) in _GH:
                    needs.append(_GH[words[1], words[2]])
                elif name == "git" and Use.UNKNOWN not in (token_used := git(name, words[1:], "")):
                    needs.append({"contents": "write"} if Use.PUSHES in token_used else {})
                elif name not in _PLAIN:
                    return _UNKNOWN
            return Need(union(needs), remote=True)
        return _UNKNOWN
    pushes = _IMAGES.search(text) is not None
    if not kept:
        return Need({}, pushes=pushes)
    # Whether its shell reads it as bash and sh do; on a machine that an expression names it may be PowerShell, which
    # reads words alike.
    places = (
        step.field["shell"],
        job.of("defaults", "run", "shell"),
        found.root.of("defaults", "run", "shell"),
    )
    said = next((p.text for p in places if p.exists), "")
    machine = job["runs-on"].text or " ".join(i.text for i in job["runs-on"].items())
    if said.split():
        posix = said.split()[0] in ("bash", "sh")
    else:
        posix_words = re.fullmatch(r"[\w\s./:=@,+-]*", step.field["run"].text) is not None
        listed = [t.lower() for t in _texts(job.of("strategy", "matrix"))]
        settled = re.fullmatch(r"\$\{\{\s*matrix\.[\w.-]+\s*\}\}", machine) is not None and not any(
            "windows" in t or "${{" in t for t in listed
        )
        posix = "windows" not in machine.lower() and ("${{" not in machine or posix_words or settled)
    used = uses(text, _folder(step, found, job), workspace) if posix else frozenset((Use.UNKNOWN,))
    # A push with a credential of the script's own needs no permission of the token's.
    foreign = re.search(r"secrets\.|://[^/\s]*@", text) is not None
    unknown = Use.UNKNOWN in used or (Use.PUSHES in used and foreign)
    permissions = {"contents": "write"} if Use.PUSHES in used and not foreign else {}
    return Need(permissions, known=not unknown, remote=used != frozenset(), pushes=pushes or unknown)


def _own_action(step: Step, name: str, workspace: Workspace, kept: bool, depth: int) -> Need:
    """An action of the repository itself, whose steps are read; one that is given a token, or is a program, is not known."""
    if depth >= _DEEPEST or _of_token(step.field["with"]) or _of_token(step.field["env"]):
        return _UNKNOWN
    folder = posixpath.normpath(name)
    for file in ("action.yml", "action.yaml"):
        inner = (
            _flow(posixpath.join(step.field["uses"].text.removeprefix("./").rstrip("/"), file), workspace)
            if folder
            else None
        )
        if inner is not None:
            runs = inner.root["runs"]
            if runs["using"].text != "composite" or _of_token(inner.root["inputs"]):
                return _UNKNOWN
            given = {k.lower(): v.text for k, v in step.field["with"].entries()}
            held = {
                k.lower(): given.get(k.lower(), v["default"].text) for k, v in inner.root["inputs"].entries()
            }
            steps = [s for s in inner.steps(runs) if not _skipped(s, held)]
            needs = [_step(s, inner, runs, workspace, True, depth + 1) for s in steps]
            return Need(
                union(n.permissions for n in needs),
                known=all(n.known for n in needs),
                remote=any(n.remote for n in needs),
                pushes=any(n.pushes for n in needs),
            )
    return _UNKNOWN


_COMPARED = re.compile(
    r"(?:\$\{\{)?\s*inputs\.(?P<name>[\w-]+)\s*(?P<how>==|!=)\s*'(?P<value>[^']*)'\s*(?:\}\})?", re.IGNORECASE
)


def _skipped(step: Step, held: Mapping[str, str]) -> bool:
    """Whether a step of a composite action does not run with what its inputs hold; these are compared as text, in any case."""
    found = _COMPARED.fullmatch(step.field["if"].text.strip())
    if found is None or "${{" in (value := held.get(found["name"].lower(), "${{")):
        return False
    return (value.lower() == found["value"].lower()) is (found["how"] == "!=")


def _called(job: Field, workspace: Workspace, depth: int) -> Need:
    """A workflow of the repository itself that a job calls: what its jobs declare, and else what their steps need."""
    path = job["uses"].text
    if depth >= _DEEPEST or not path.startswith("./") or _of_token(job["with"]) or _of_token(job["secrets"]):
        return _UNKNOWN
    inner = _flow(path.removeprefix("./"), workspace)
    if inner is None:
        return _UNKNOWN
    needs = []
    for own in inner.jobs():
        said = own["permissions"] if own["permissions"].node is not None else inner.root["permissions"]
        needs.append(
            _declared(said) if said.node is not None else job_needs(inner, own, workspace, depth + 1)
        )
    return Need(
        union(n.permissions for n in needs), known=bool(needs) and all(n.known for n in needs), remote=True
    )


def _declared(said: Field) -> Need:
    """Permissions that are listed; `read-all` and `write-all` are not to be listed one by one."""
    if not isinstance(said.node, Tree):
        return _UNKNOWN
    listed = {name: value.text for name, value in said.entries()}
    return Need(listed) if set(listed.values()) <= set(_RANK) else _UNKNOWN


def _flow(path: str, workspace: Workspace) -> Flow | None:
    if not workspace.exists(path):
        return None
    try:
        document = workspace.document(path, yaml.parse)
    except (Unreadable, SyntaxProblem):
        return None
    return flow(document.source, document.tree)


def _of_token(field: Field) -> bool:
    """Whether the job's token, or what may hold it, is in an expression there."""
    return any(_TOKEN.search(e) for text in _texts(field) for e in _EXPRESSION.findall(text))


def _texts(field: Field) -> Iterator[str]:
    if isinstance(field.node, Scalar):
        yield field.text
    for item in field.items():
        yield from _texts(item)
    for _, value in field.entries():
        yield from _texts(value)


def _folder(step: Step, found: Flow, job: Field) -> str | None:
    """The folder of the repository in which a script runs; None where an expression decides that."""
    places = (
        step.field["working-directory"],
        job.of("defaults", "run", "working-directory"),
        found.root.of("defaults", "run", "working-directory"),
    )
    said = next((p.text for p in places if p.exists), "")
    said = re.sub(r"^\$\{\{\s*github\.workspace\s*\}\}/?", "", said)
    folder = posixpath.normpath(said) if said else ""
    return None if "$" in folder or folder.startswith(("/", "..")) else "" if folder == "." else folder
