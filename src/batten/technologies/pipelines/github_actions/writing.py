"""Fixes of workflows and actions, beside those that all pipelines share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from batten.formats import Workspace, yaml, yaml_edits
from batten.formats.document import Text, Uneditable
from batten.formats.lines import described_from
from batten.formats.tree import Mapping as Tree
from batten.formats.tree import Scalar
from batten.model import Edit, Fix, Location, Remedy, Safety, Span, Switch, TurnOff
from batten.technologies.pipelines.github_actions.conditions import ACTORS
from batten.technologies.pipelines.github_actions.expressions import expressions
from batten.technologies.pipelines.github_actions.needs import (
    doubtful,
    job_needs,
    union,
    unused_after,
    used_after,
)
from batten.technologies.pipelines.github_actions.texts import as_variable
from batten.technologies.pipelines.github_actions.workflows import Flow, flow
from batten.technologies.shared.text.fields import Field


def fix_of(file: str, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    if not isinstance(remedy, TurnOff) or at.span is None:
        return None
    document = workspace.document(file, yaml.parse)
    found = workspace.kept((__name__, file), lambda: flow(document.source, document.tree))
    if remedy.feature is Switch.INTERPOLATED_TEXT:
        return as_variable(found, document.source, at)
    if remedy.feature is Switch.DEFAULT_PERMISSIONS:
        return _permitted(found, document.source, workspace)
    row = _FIXES.get(remedy.feature)
    if row is None:
        return None
    title, breaks, make = row
    try:
        edits = make(found, document.source, at)
    except Uneditable:
        return None
    if edits and make is _credentials:
        if _later(found, at, workspace, unused_after):
            return Fix(title, tuple(edits))
        if _later(found, at, workspace, used_after):
            question = "a later step of the job pushes with that copy: which step may take a token of its own instead?"
            return Fix(title, (), safety=Safety.VALUE, question=question)
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks) if edits else None


def _permitted(found: Flow, source: Text, workspace: Workspace) -> Fix | None:
    """Read access for all jobs, and what jobs need more in themselves. It is safe where nothing else is used: then the token can
    do less, and nobody asks it for more. A workflow that others call may not ask for more than its caller has."""
    edits = _permissions(found, source)
    if not edits:
        return None
    needs = {
        job.path: job_needs(found, job, workspace) for job in found.jobs() if not job["permissions"].exists
    }
    known = all(need.known for need in needs.values()) and "workflow_call" not in found.triggers
    unclear = next(
        (
            step
            for job in found.jobs()
            if job.path in needs and not needs[job.path].known and (step := doubtful(found, job, workspace))
        ),
        "",
    )
    if unclear:
        question = f"what does `{unclear}` write with the job's token? Give its job these permissions, and the others `contents: read`"
        return Fix(_LISTED, (), safety=Safety.VALUE, question=question)
    wider = False
    for job in found.jobs():
        need = needs.get(job.path)
        wanted = union((need.permissions, {"contents": "read"})) if need is not None else {}
        if need is not None and wanted != {"contents": "read"}:
            own = _own_permissions(job, source, wanted)
            if not own:
                return None
            edits += own
            wider = True
    if not known:
        title = "give the token of the jobs read access only" if not wider else _LISTED
        return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=_WRITERS)
    return Fix(_LISTED if wider else "give the token of the jobs read access only", tuple(edits))


def _own_permissions(job: Field, source: Text, wanted: Mapping[str, str]) -> list[Edit]:
    """Below the line that says what the job runs on, or what it calls."""
    entry = next(
        (e for name in ("runs-on", "uses") if isinstance(job.node, Tree) and (e := job.node.entry(name))),
        None,
    )
    if (
        entry is None
        or not isinstance(job.node, Tree)
        or job.node.flow
        or not isinstance(entry.value, Scalar)
    ):
        return []
    start = source.text.rfind("\n", 0, entry.key.span.start) + 1
    lead = source.text[start : entry.key.span.start]
    end = source.text.find("\n", entry.value.span.end) + 1
    if (
        lead.strip()
        or entry.alias is not None
        or end == 0
        or "\n" in source.text[entry.key.span.start : entry.value.span.end]
    ):
        return []
    lines = (
        f"{lead}permissions:",
        *(f"{lead}  {scope}: {level}" for scope, level in sorted(wanted.items())),
        "",
    )
    return [Edit(source.path, Span(end, end), source.newline.join(lines))]


def _later(
    found: Flow, at: Location, workspace: Workspace, holds: Callable[[Flow, Field, int, Workspace], bool]
) -> bool:
    """Whether something holds of the steps of the job behind the checkout at that place."""
    step, holder = found.step_at(at.span), found.holder_at(at.span)
    if step is None or holder is None or holder.path[:1] != ("jobs",):
        return False
    number = step.field.path[-1]
    return isinstance(number, int) and holds(found, holder, number, workspace)


def _permissions(found: Flow, source: Text) -> list[Edit]:
    """Before the jobs, as the reference writes it; in a file of one line at its end."""
    root = found.root.node
    jobs = root.entry("jobs") if isinstance(root, Tree) else None
    if jobs is None or not isinstance(root, Tree) or root.flow:
        return []
    start = jobs.key.span.start
    lead = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    if lead:
        return []
    start = described_from(source.text, start)
    apart = source.text[:start].endswith(("\n\n", "\n\r\n"))  # sections with an empty line between
    text = source.newline.join(("permissions:", "  contents: read", *(("",) if apart else ()), ""))
    return [Edit(source.path, type(jobs.key.span)(start, start), text)]


def _credentials(found: Flow, source: Text, at: Location) -> list[Edit]:
    step = found.step_at(at.span)
    if step is None or re.search(r"@v?1(?:\.|$)", step.field["uses"].text):  # which has no such input
        return []
    inputs = step.field["with"]["persist-credentials"]
    return yaml_edits.set_value(source, found.root.root, inputs.path, "false")


def _around(found: Flow, at: Location) -> Iterator[Field]:
    """The step, the job and the workflow in which a place lies."""
    step, job = found.step_at(at.span), found.holder_at(at.span)
    if step is not None:
        yield step.field
    if job is not None:
        yield job
    yield found.root


def _commands(found: Flow, source: Text, at: Location) -> list[Edit]:
    for holder in _around(found, at):
        for name, value in holder["env"].entries():
            if value.span == at.span and value.exists:
                return yaml_edits.remove(source, found.root.root, (*holder.path, "env", name), prune=True)
    return []


def _whole(found: Flow, source: Text, at: Location) -> list[Edit]:
    """The one expression of a condition alone, without what is before it or behind."""
    for holder in _around(found, at):
        said = holder["if"]
        if said.span == at.span and isinstance(said.node, Scalar) and isinstance(said.node.value, str):
            text = said.node.value.strip()
            written = list(expressions(text))
            if len(written) == 1 and written[0].span.start == 0 and written[0].span.end == len(text):
                value = yaml_edits.source_of(" ".join(text.split()))
                return yaml_edits.set_value(source, found.root.root, said.path, value, keep_quotes=False)
    return []


def _author(found: Flow, source: Text, at: Location) -> list[Edit]:
    """The author of the pull request in place of who pushed last; other events have none."""
    if not found.triggers or not found.triggers <= {"pull_request", "pull_request_target"} or at.span is None:
        return []
    text = source.text[at.span.start : at.span.end]
    for actor in sorted(ACTORS, key=len, reverse=True):
        if actor in text:
            whole = text.replace(actor, "github.event.pull_request.user.login")
            return [Edit(source.path, at.span, whole)]
    return []


_LISTED = "give the token of each job the access that its steps use"
_WRITERS = "jobs that write with their token: releases, comments, packages"
Maker = Callable[[Flow, Text, Location], list[Edit]]
_FIXES: Mapping[Switch, tuple[str, str, Maker]] = {
    Switch.KEPT_CREDENTIALS: (
        "keep the token out of the working copy",
        "later steps that use git with the job's token",
        _credentials,
    ),
    Switch.PUBLISHED_CREDENTIALS: (
        "keep the token out of the working copy",
        "later steps that use git with the job's token",
        _credentials,
    ),
    Switch.COMMANDS_IN_OUTPUT: (
        "ignore commands that steps print",
        "steps that set variables with `::set-env::` or `::add-path::`",
        _commands,
    ),
    Switch.TRUE_CONDITION: (
        "evaluate the condition",
        "runs that count on jobs or steps whose condition was false",
        _whole,
    ),
    Switch.BOT_NAME: (
        "compare the author of the pull request",
        "runs that people start again for a bot's pull request",
        _author,
    ),
}
