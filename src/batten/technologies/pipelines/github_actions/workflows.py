"""The parts of a workflow or an action: what starts it, its jobs and their steps.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax,
https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from batten.formats.document import Text
from batten.formats.tree import Mapping as Tree
from batten.formats.tree import Node, Scalar
from batten.model import Span
from batten.model.record import record
from batten.technologies.shared.text.fields import Field, whole

# Events that anyone causes, and whose runs have the repository's secrets and a token that may write.
PRIVILEGED = frozenset(
    (
        "pull_request_target", "workflow_run", "issue_comment", "issues", "discussion", "discussion_comment",
        "fork", "watch", "gollum",
    )
)  # fmt: skip
# Events of pull requests, whose runs get neither where the pull request is a fork's.
CONFINED = frozenset(("pull_request", "pull_request_review", "pull_request_review_comment"))


@record(kw_only=True)
class Step:
    """A step, the job that it is one of, and what decides its variables."""

    field: Field
    job: Field
    environment: tuple[Field, ...]  # the mappings `env` that it sees, the widest first


@record(kw_only=True)
class Flow:
    """A workflow, or an action whose steps are those of a workflow."""

    root: Field
    triggers: frozenset[str]
    inputs: Mapping[str, str]  # their types, by their names in lower case

    @property
    def confined(self) -> bool:
        """Whether only events of pull requests start it."""
        return bool(self.triggers) and self.triggers <= CONFINED

    @property
    def exposed(self) -> bool:
        """Whether anyone makes it run with secrets, or with a token that may write."""
        return bool(self.triggers & PRIVILEGED)

    def jobs(self) -> Iterator[Field]:
        for name, job in self.root["jobs"].entries():
            if isinstance(job.node, Tree):
                yield job.named(f"jobs/{name}")

    def holders(self) -> Iterator[Field]:
        """What has steps: jobs, and the `runs` of an action."""
        yield from self.jobs()
        runs = self.root["runs"]
        if isinstance(runs.node, Tree):
            yield runs.named("runs")

    def steps(self, job: Field) -> Iterator[Step]:
        shared = tuple(f["env"] for f in (self.root, job) if isinstance(f["env"].node, Tree))
        for number, found in enumerate(job["steps"].items()):
            if isinstance(found.node, Tree):
                step = found.named(f"{job.pointer}/steps[{number}]")
                own = (step["env"],) if isinstance(step["env"].node, Tree) else ()
                yield Step(field=step, job=job, environment=shared + own)

    def holder_at(self, span: Span | None) -> Field | None:
        """The job, or the `runs` of an action, in which a place lies."""
        job = self.root["jobs"].around(span)
        runs = self.root["runs"]
        inside = (
            span is not None and runs.exists and runs.span.start <= span.start and span.end <= runs.span.end
        )
        return job if job is not None else runs if inside else None

    def step_at(self, span: Span | None) -> Step | None:
        """The step in which a place lies."""
        holder = self.holder_at(span)
        step = holder["steps"].around(span) if holder is not None else None
        if holder is None or step is None:
            return None
        return Step(field=step, job=holder, environment=())


def flow(source: Text, tree: Node) -> Flow:
    """The parts of a file. Its field names are those of GitHub's reference."""
    root = whole(source.path, tree)
    on = root["on"]
    # The words of a scalar, a list, or the keys of a mapping.
    names: set[str] = set()
    if isinstance(on.node, Scalar):
        names.add(on.text)
    for item in on.items():
        names.add(item.text)
    for names_name, _ in on.entries():
        names.add(names_name)
    started = frozenset(names)
    inputs: dict[str, str] = {}
    for holder in (on["workflow_call"], on["workflow_dispatch"], root):
        for name, declared in holder["inputs"].entries():
            inputs[name.lower()] = declared["type"].text or "string"
    return Flow(root=root, triggers=started, inputs=inputs)
