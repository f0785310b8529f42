"""Code of forks in runs that have secrets, on own machines, and in releases.

Sources: https://docs.github.com/en/actions/reference/security/secure-use, https://docs.github.com/en/actions/reference/security/securely-using-pull_request_target,
https://docs.github.com/en/actions/reference/workflows-and-actions/dependency-caching
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Fact, PipelineStep
from batten.formats.tree import Mapping
from batten.model import Location, Switch
from batten.technologies.pipelines.github_actions.expressions import expressions, meaning
from batten.technologies.pipelines.github_actions.workflows import CONFINED, Flow, Step
from batten.technologies.shared.text.fields import Field

_WITH_FORKS = frozenset(("pull_request_target", "workflow_run", "issue_comment"))
_HEAD = re.compile(
    r"github\.(?:head_ref|event\.(?:pull_request\.(?:head\..*|merge_commit_sha)|workflow_run\.(?:head_.*|pull_requests\..*)))"
)
_HEAD_IN_SCRIPT = re.compile(
    r"\bgh[ \t]+pr[ \t]+checkout\b|\bgit[ \t]+(?:fetch|pull|checkout|switch)\b[^\n;&|]*(?:refs/)?pull/[^\n;&|]*(?:/head|/merge)|"
    r"\bgit[ \t]+(?:checkout|fetch|pull|switch|merge)\b[^\n;&|]*\$\{\{[^}]*(?:head_ref|pull_request\.head\.|workflow_run\.head_)"
)
# What a condition compares so that the job is not for forks, or only for people whom the repository knows.
_GUARDS = re.compile(
    r"author_association|head\.repo\.(?:full_name|fork|owner|id)|head_repository\.|workflow_run\.event|"
    r"permission|is_?member|collaborator|approved",
    re.IGNORECASE,
)
_DOWNLOADS = frozenset(("actions/download-artifact", "dawidd6/action-download-artifact"))
_OWN_EVENTS = frozenset(
    ("push", "schedule", "workflow_dispatch", "release")
)  # that a fork causes in itself only
_CACHES = frozenset(("actions/cache", "actions/cache/restore", "swatinem/rust-cache"))
_SETUPS = re.compile(r"actions/setup-(?:node|python|java|go|dotnet)|ruby/setup-ruby")
_SINCE = {
    "actions/setup-go": 4
}  # the version from which it caches unless `cache` is false, as its README says
_VERSION = re.compile(r"v?(\d+)(?:\.\d+)*")


def forks(flow: Flow) -> Iterator[Fact]:
    """The facts of a workflow that anyone starts, or that makes a release."""
    for job in flow.jobs():
        steps = list(flow.steps(job))
        if flow.triggers & _WITH_FORKS and not _guarded(job):
            yield from _untrusted(flow, steps)
        if flow.triggers & CONFINED:
            yield from (
                PipelineStep(label.named(f"{job.pointer}/runs-on").here, weakness=Switch.FORK_ON_OWN_MACHINE)
                for label in _own_machines(job)
                if not _guarded(job)
            )
        if list(_own_machines(job)):
            yield from _containers(job)
        # Whether it runs for releases and nothing else: by a release, or by the push of a tag.
        push = flow.root["on"]["push"]
        tagged = "push" in flow.triggers and push["tags"].exists and not push["branches"].exists
        releases = (
            bool(flow.triggers)
            and flow.triggers <= {"release", "push", "workflow_dispatch"}
            and (tagged or ("push" not in flow.triggers and "release" in flow.triggers))
        )
        if releases:
            yield from _caches(steps)
    on = flow.root["on"]
    for name in sorted(flow.triggers & {"pull_request_target", "workflow_run"}):
        if any(step.field["run"].exists for job in flow.jobs() for step in flow.steps(job)):
            entry = on.node.entry(name) if isinstance(on.node, Mapping) else None
            if entry is not None:
                place = Location(on.source, f"on/{name}", entry.key.span)
            else:
                place = next(
                    (i.named(f"on/{name}").here for i in on.items() if i.text == name),
                    on.named(f"on/{name}").here,
                )
            yield PipelineStep(place, weakness=Switch.PRIVILEGED_TRIGGER, what=name, privileged=True)


def _guarded(holder: Field) -> bool:
    """Whether a person decides on each run, or a condition leaves forks out."""
    return holder["environment"].exists or _GUARDS.search(holder["if"].text) is not None


def _untrusted(flow: Flow, steps: list[Step]) -> Iterator[PipelineStep]:
    # What an action gives out about the pull request of a comment
    # (https://github.com/xt0rted/pull-request-comment-branch): its commit and its repository. The name of its branch
    # alone is looked for in the workflow's own repository.
    named = (
        s.field["id"].text.lower()
        for s in steps
        if s.field["uses"].text.partition("@")[0].lower() == "xt0rted/pull-request-comment-branch"
    )
    keys = ("head_sha", "head_repo", "head_owner")
    resolved = frozenset(f"steps.{name}.outputs.{key}" for name in named if name for key in keys)
    for number, step in enumerate(steps):
        if _guarded(step.field):
            continue
        run = any(s.field["run"].exists or s.field["uses"].text.startswith("./") for s in steps[number + 1 :])
        place = _checkout(step.field, resolved)
        if place is not None:
            yield PipelineStep(place.here, weakness=Switch.FORK_CHECKOUT, what=_started(flow), privileged=run)
        uses = step.field["uses"]
        # Whether it fetches an artifact of another run: GitHub's own action does so by `run-id` with a `github-token`
        # (https://github.com/actions/download-artifact, action.yml), else it takes those of its own run.
        name, inputs = step.field["uses"].text.partition("@")[0].lower(), step.field["with"]
        own = name == "actions/download-artifact" and not (
            inputs["run-id"].exists and inputs["github-token"].exists
        )
        foreign_artifact = name in _DOWNLOADS and not own and inputs["event"].text not in _OWN_EVENTS
        if foreign_artifact and "workflow_run" in flow.triggers:
            known = step.field.of("with", "path").text  # beside the working copy, it replaces no file of it
            if run and not known.startswith(("/", "${{ runner.temp", "${{runner.temp")):
                yield PipelineStep(uses.here, weakness=Switch.FORK_ARTIFACT, what=uses.text, privileged=True)


def _started(flow: Flow) -> str:
    return ", ".join(sorted(flow.triggers & _WITH_FORKS))


def _checkout(step: Field, resolved: frozenset[str]) -> Field | None:
    """What shows that the step checks out the code of a pull request."""
    if step["uses"].text.partition("@")[0].lower() == "actions/checkout":
        for name in ("ref", "repository"):
            value = step["with"][name]
            read = [meaning(w.body) for w in expressions(value.text)]
            contexts = [c for m in read if m is not None for c in m.contexts]
            heads = any(_HEAD.fullmatch(c) or c in resolved for c in contexts)
            if heads or value.text.startswith("refs/pull/"):
                return value
    return step["run"] if _HEAD_IN_SCRIPT.search(step["run"].text) else None


def _own_machines(job: Field) -> Iterator[Field]:
    """The labels by which a job runs on a machine of one's own."""
    runs_on = job["runs-on"]
    for label in (runs_on, *runs_on.items(), runs_on["labels"], *runs_on["labels"].items()):
        if label.text == "self-hosted":
            yield label


def _containers(job: Field) -> Iterator[PipelineStep]:
    """Containers that command the machine they run on, which outlives the job."""
    for container in (job["container"], *(value for _, value in job["services"].entries())):
        options = container["options"]
        if re.search(r"(?:^|\s)--privileged(?:=true)?(?:\s|$)", options.text):
            yield PipelineStep(options.here, weakness=Switch.PRIVILEGED, what="--privileged")
        for volume in container["volumes"].items():
            if re.match(r"(?:/var)?/run/docker\.sock:|/:", volume.text):
                yield PipelineStep(volume.here, weakness=Switch.PRIVILEGED, what=volume.text)


def _caches(steps: list[Step]) -> Iterator[PipelineStep]:
    for step in steps:
        uses = step.field["uses"]
        name, _, version = uses.text.partition("@")
        name, number = name.lower(), _VERSION.fullmatch(version)
        inputs = step.field["with"]
        always = (
            number is not None and int(number[1]) >= _SINCE.get(name, 1_000) and not inputs["cache"].exists
        )
        kept = name in _CACHES and inputs["lookup-only"].text != "true"
        named = ("cache" in (k for k, _ in inputs.entries())) and inputs["cache"].text not in ("", "false")
        bundler = inputs["bundler-cache"].text == "true"
        if kept or always or (_SETUPS.fullmatch(name) and (named or bundler)):
            yield PipelineStep(uses.here, weakness=Switch.RELEASE_CACHE, what=name)
