"""Who decides what the contexts of a run say.

Sources: https://docs.github.com/en/actions/concepts/security/script-injections, https://docs.github.com/en/actions/reference/workflows-and-actions/contexts,
https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from batten.facts.pipeline import Author
from batten.technologies.pipelines.github_actions.expressions import expressions, meaning
from batten.technologies.pipelines.github_actions.workflows import Flow, Step
from batten.technologies.shared.pipelines import environment_writes
from batten.technologies.shared.text.fields import Field

_PERSON = r"(?:\.(?:email|name|username))?"
_COMMIT = rf"(?:\.(?:message|(?:author|committer){_PERSON}))?"
_HEAD = r"(?:\.(?:ref|label|repo(?:\.(?:default_branch|description|homepage))?))?"
# What people without any right in the repository write; an object stands for all that it holds.
_ANYONE = re.compile(
    rf"github(?:\.(?:head_ref|event(?:\.(?:(?:issue|discussion)(?:\.(?:title|body))?"
    rf"|pull_request(?:\.(?:title|body|head{_HEAD}))?|(?:comment|review|review_comment)(?:\.body)?"
    rf"|pages(?:\.\*(?:\.(?:page_name|title|summary))?)?|(?:commits(?:\.\*)?|head_commit|merge_group\.head_commit){_COMMIT}"
    rf"|workflow_run(?:\.(?:head_branch|display_title|head_commit{_COMMIT}|head_repository(?:\.description)?|pull_requests(?:\.\*(?:\.head(?:\.ref)?)?)?))?"
    r"|changes(?:\.(?:title|body)(?:\.from)?)?))?))?"
)
_NAMES = frozenset(("github.ref_name", "github.ref", "github.event.ref"))
_WRITER = re.compile(
    r"github\.event\.(?:release(?:\.(?:name|body|tag_name))?|label\.name|milestone\.(?:title|description)|client_payload(?:\..*)?)"
)
_BOUND = frozenset(("boolean", "number", "choice", "environment"))  # types that hold no code
_GLOB = re.compile(r"[*?+\[!]")
# Outputs of actions that are names of files or branches of a pull request, as their documentation says.
_ECHOED = {
    "tj-actions/changed-files": (
        "all_changed_files", "all_changed_and_modified_files", "all_modified_files", "added_files", "modified_files",
        "renamed_files", "copied_files", "other_changed_files", "all_old_new_renamed_files",
    ),
    "xt0rted/pull-request-comment-branch": ("head_ref",),
    "jitterbit/get-changed-files": ("all", "added", "modified", "removed", "renamed", "added_modified"),
}  # fmt: skip
Scope = dict[
    str, Author
]  # contexts of a run whose authors its own text shows: env.TITLE, steps.pr.outputs.title


def author(context: str, flow: Flow, scope: Scope) -> Author | None:
    """Who decides what a context says; None where that is the repository itself, or nobody knows."""
    if context in scope:
        return scope[context]
    if _ANYONE.fullmatch(context):
        return Author.ANYONE
    if context in _NAMES:
        # Whether a run is of a branch or tag whose name its author makes up.
        if flow.triggers & {"create", "delete", "release"}:
            names_vary = True
        else:
            push = flow.root["on"]["push"]
            branches, tags = push["branches"], push["tags"]
            filters = [i.text for f in (branches, tags) for i in f.items()] + [
                f.text for f in (branches, tags) if f.text
            ]
            names_vary = "push" in flow.triggers and (not filters or any(_GLOB.search(f) for f in filters))
        return Author.WRITER if names_vary else None
    name = re.fullmatch(r"(?:github\.event\.)?inputs\.(.+)", context)
    if name:
        kind = flow.inputs.get(name[1])
        return Author.CALLER if kind is not None and kind not in _BOUND else None
    return Author.WRITER if _WRITER.fullmatch(context) else None


def worst(contexts: Iterable[str], flow: Flow, scope: Scope) -> Author | None:
    """The one with the fewest rights among those who decide several contexts."""
    found = {author(c, flow, scope) for c in contexts}
    return next((a for a in Author if a in found), None)


def author_of_text(text: str, flow: Flow, scope: Scope) -> Author | None:
    """Who decides what the expressions in a text say."""
    read = (meaning(written.body) for written in expressions(text))
    return worst((c for m in read if m is not None for c in m.contexts), flow, scope)


def variables(step: Step, flow: Flow, scope: Scope) -> Scope:
    """The scope of a step with its variables: a text of others in one is theirs."""
    seen = dict(scope)
    for holder in step.environment:
        for name, value in holder.entries():
            found = author_of_text(value.text, flow, seen)
            seen.pop(f"env.{name.lower()}", None)
            if found is not None:
                seen[f"env.{name.lower()}"] = found
    return seen


def outputs(step: Step, flow: Flow, scope: Scope) -> Iterator[tuple[str, Author]]:
    """The outputs of a step that hold text of others, and who decides it."""
    name = step.field["id"].text.lower()
    if not name:
        return
    uses, _, version = step.field["uses"].text.partition("@")
    # Whether the action escapes what a shell would run: from v41 (GHSA-mcph-m25j-8j63) it does unless `safe_output`
    # is false. What a commit holds is not known.
    escaped_uses = uses.lower()
    old = re.fullmatch(r"v?(\d+)(?:\.\d+)*", version)
    raw = step.field.of("with", "safe_output").text == "false" or (old is not None and int(old[1]) < 41)
    for key in (
        _ECHOED.get(uses.lower(), ()) if not (escaped_uses == "tj-actions/changed-files" and not raw) else ()
    ):
        yield f"steps.{name}.outputs.{key}", Author.ANYONE
    for key, value in environment_writes(step.field["run"].text, "GITHUB_OUTPUT"):
        found = author_of_text(value, flow, scope) or worst(named(value), flow, scope)
        if found is not None:
            yield f"steps.{name}.outputs.{key.lower()}", found


def of_matrix(job: Field, flow: Flow, scope: Scope) -> Iterator[tuple[str, Author]]:
    """The variables of a job's matrix that hold text of others."""
    for name, values in job.of("strategy", "matrix").entries():
        for value in (values, *values.items()):
            found = author_of_text(value.text, flow, scope)
            if found is not None:
                yield f"matrix.{name.lower()}", found


def of_job(job: Field, flow: Flow, scope: Scope) -> Iterator[tuple[str, Author]]:
    """The outputs of a job that hold text of others, as other jobs name them."""
    for name, value in job["outputs"].entries():
        found = author_of_text(value.text, flow, scope)
        if found is not None:
            yield f"needs.{job.key.lower()}.outputs.{name.lower()}", found


def named(value: str) -> Iterator[str]:
    """The shell's variables in a text, as contexts."""
    for found in re.finditer(r"\$(?:env:)?\{?(\w+)", value):
        yield f"env.{found[1].lower()}"
