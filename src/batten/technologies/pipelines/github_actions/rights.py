"""What a workflow uses, what its token may do, and with which keys its jobs log in to a cloud.

A workflow of another repository that a job calls is most often of the same owner, whom no file names.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax (`uses`, `permissions`), https://github.com/aws-actions/configure-aws-credentials, https://github.com/Azure/login,
https://github.com/google-github-actions/auth
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from batten.facts import BorrowedCode, Fact
from batten.facts.pipeline import CodeKind
from batten.formats.document import Text
from batten.formats.tree import Entry, Node, Scalar, Sequence
from batten.formats.tree import Mapping as Tree
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting
from batten.technologies.pipelines.github_actions.controls import CloudKey, WorkflowToken
from batten.technologies.pipelines.github_actions.workflows import flow
from batten.technologies.shared.pipelines import borrowed_image

_USES = re.compile(r"(?P<name>[\w.-]+/[\w./-]+)@(?P<version>[^\s@]+)")
# Actions whose repositories their owners have archived: they get no fixes any more.
_ARCHIVED = re.compile(
    r"actions/(?:create-release|upload-release-asset|setup-ruby|setup-haskell|setup-elixir)|actions-rs/[\w-]+"
)
_BRANCHES = frozenset(("main", "master", "develop", "HEAD"))
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SECRET = re.compile(r"\$\{\{[^}]*\bsecrets\.(\w+)")
# GitHub itself, and vendors whose own credentials their actions take.
_TRUSTED = frozenset(
    (
        "actions", "github", "aws-actions", "azure", "google-github-actions", "docker", "hashicorp", "cloudflare",
        "digitalocean", "pypa", "npm", "codecov", "sonarsource", "snyk", "gradle", "redhat-actions", "oracle-actions",
    )
)  # fmt: skip
# The input by which an action of a cloud's vendor, or the variable by which its client, is given a lasting key.
_INPUTS: Mapping[tuple[str, str], str] = {
    ("aws-actions/configure-aws-credentials", "aws-secret-access-key"): "AWS",
    ("azure/login", "creds"): "Azure",
    ("google-github-actions/auth", "credentials_json"): "Google Cloud",
    ("pypa/gh-action-pypi-publish", "password"): "PyPI",  # https://docs.pypi.org/trusted-publishers/
}
_VARIABLES = {
    "AWS_SECRET_ACCESS_KEY": "AWS",
    "ARM_CLIENT_SECRET": "Azure",
    "GOOGLE_CREDENTIALS": "Google Cloud",
}
# Stores of others that are asked as S3 is, and give lasting keys only.
_COMPATIBLE = re.compile(r"(?:^|_)(?:R2|B2|MINIO|SPACES|WASABI|CEPH|BACKBLAZE|CLOUDFLARE)(?:_|$)")


def rights(source: Text, root: Node) -> Iterator[Fact]:
    """The facts of a workflow; of an action's file those of its steps alone."""
    path = source.path
    jobs = root["jobs"] if isinstance(root, Tree) else None
    if isinstance(root, Tree) and isinstance(jobs, Tree):
        # A pull request's run alone, without secrets, and a workflow that others call: what starts it decides.
        started = flow(source, root)
        settled = started.confined and not _SECRET.search(source.text)
        called = started.triggers == {"workflow_call"}
        yield from _token(path, root, jobs, default=not settled and not called)
        yield from _keys(path, "env", root["env"])
        for entry in jobs:
            if isinstance(entry.value, Tree):
                pointer = f"jobs/{entry.key.text}"
                job = entry.value
                uses = job["uses"]
                if isinstance(uses, Scalar):
                    yield from _used(path, pointer, uses, ())
                services = job["services"]
                for job_entry in (*(services if isinstance(services, Tree) else ()), job.entry("container")):
                    if job_entry is not None:
                        yield from _image(path, f"{pointer}/{job_entry.key.text}", job_entry.value)
                yield from _keys(path, f"{pointer}/env", job["env"])
                yield from _steps(path, pointer, job)
    runs = root["runs"] if isinstance(root, Tree) else None
    if isinstance(runs, Tree):
        image = runs["image"]
        if isinstance(image, Scalar) and image.text.startswith("docker://"):
            yield from borrowed_image(path, "runs/image", image.text.removeprefix("docker://"), image.span)
        yield from _steps(path, "runs", runs)


def _token(path: str, root: Tree, jobs: Tree, default: bool) -> Iterator[WorkflowToken]:
    """One for each place that says it, and for a workflow of which a job is left without."""
    bodies = [entry.value for entry in jobs if isinstance(entry.value, Tree)]
    for body in (root, *bodies):
        said = body["permissions"]
        if isinstance(said, Scalar):
            at = Location(path, "permissions", said.span)
            yield WorkflowToken(at, permissions=Setting(said.text if "${{" not in said.text else UNKNOWN, at))
    listed = root["permissions"]
    if isinstance(listed, Tree):
        own = Location(path, "permissions", root.entries["permissions"].key.span)
        without = [body for body in bodies if "permissions" not in body]
        writes = tuple(e.key.text for e in listed if isinstance(e.value, Scalar) and e.value.text == "write")
        yield WorkflowToken(
            own, permissions=Setting("listed", own), shared=writes if len(without) > 1 else ()
        )
    if default and "permissions" not in root and any("permissions" not in body for body in bodies):
        at = Location(path, "permissions", root.entries["jobs"].key.span, kind=Kind.BLOCK)
        yield WorkflowToken(at, permissions=Setting(ABSENT, at))


def _image(path: str, pointer: str, container: Node) -> Iterator[BorrowedCode]:
    image = container["image"] if isinstance(container, Tree) else container
    if isinstance(image, Scalar) and "${{" not in image.text:
        yield from borrowed_image(path, f"{pointer}/image", image.text, image.span)


def _steps(path: str, pointer: str, holder: Tree) -> Iterator[Fact]:
    steps = holder["steps"]
    for number, step in enumerate(steps) if isinstance(steps, Sequence) else ():
        if isinstance(step, Tree):
            step_pointer = f"{pointer}/steps[{number}]"
            yield from _keys(path, f"{step_pointer}/env", step["env"])
            uses, inputs = step["uses"], step["with"]
            if isinstance(uses, Scalar):
                yield from _used(path, step_pointer, uses, _secrets(inputs, step["env"]))
                name = uses.text.partition("@")[0].lower()
                for entry in inputs if isinstance(inputs, Tree) else ():
                    cloud = _INPUTS.get((name, entry.key.text.lower()))
                    if cloud is not None:
                        yield from _key(path, f"{step_pointer}/with", entry, cloud)


def _used(path: str, pointer: str, uses: Scalar, secrets: tuple[str, ...]) -> Iterator[BorrowedCode]:
    if uses.text.startswith("docker://"):
        yield from borrowed_image(path, f"{pointer}/uses", uses.text.removeprefix("docker://"), uses.span)
        return
    found = _USES.fullmatch(uses.text)
    if found is None:
        return
    owner = found["name"].partition("/")[0].lower()
    at, version = Location(path, f"{pointer}/uses[{found['name']}]", uses.span), found["version"]
    known = owner in ("actions", "github") or (owner in _TRUSTED and bool(secrets))
    yield BorrowedCode(
        at,
        kind=CodeKind.WORKFLOW if ".github/workflows/" in found["name"] else CodeKind.ACTION,
        name=found["name"],
        version=Setting(version, at),
        fixed=_COMMIT.fullmatch(version) is not None,
        archived=_ARCHIVED.fullmatch(found["name"].lower()) is not None,
        verified=known and version not in _BRANCHES,
        secrets=secrets,
    )


def _secrets(*holders: Node | None) -> tuple[str, ...]:
    """The names of the secrets that are handed over; the job's own token is not one of them."""
    names: dict[str, None] = {}
    for holder in holders:
        for entry in holder if isinstance(holder, Tree) else ():
            text = entry.value.text if isinstance(entry.value, Scalar) else ""
            names.update(dict.fromkeys(n for n in _SECRET.findall(text) if n != "GITHUB_TOKEN"))
    return tuple(names)


def _keys(path: str, pointer: str, variables: Node | None) -> Iterator[CloudKey]:
    for entry in variables if isinstance(variables, Tree) else ():
        cloud = _VARIABLES.get(entry.key.text)
        if cloud is not None:
            yield from _key(path, pointer, entry, cloud)


def _key(path: str, pointer: str, entry: Entry, cloud: str) -> Iterator[CloudKey]:
    found = _SECRET.search(entry.value.text) if isinstance(entry.value, Scalar) else None
    if found is not None and not _COMPATIBLE.search(found[1]):
        yield CloudKey(
            Location(path, f"{pointer}/{entry.key.text}", entry.value.span), cloud=cloud, secret=found[1]
        )
