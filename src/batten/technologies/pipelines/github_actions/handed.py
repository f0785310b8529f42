"""Secrets that more code gets than needs them, and switches that show them.

Sources: https://docs.github.com/en/actions/reference/security/secure-use, https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows,
https://github.com/actions/checkout (`persist-credentials`), https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Fact, PipelineStep
from batten.formats.document import Text
from batten.model import Location, Span, Switch
from batten.technologies.pipelines.github_actions.expressions import Meaning, expressions, meaning
from batten.technologies.pipelines.github_actions.workflows import Flow, Step
from batten.technologies.shared.pipelines import credential_file, places
from batten.technologies.shared.text.fields import Field

_SECRET = re.compile(r"\bsecrets\b")
_WHOLE_COPY = re.compile(r"\.?/?(?:\*\*?(?:/\*)?)?|\$\{\{\s*github\.workspace\s*\}\}/?(?:\*\*?)?")
_PUSHES = re.compile(
    r"\bgit\b[^\n;&|]*\b(?:push|fetch|pull|clone|submodule|ls-remote|lfs)\b|\bgh\b|semantic-release|changeset|lerna|np\b|goreleaser|"
    r"release|publish|version|mkdocs|deploy",
    re.IGNORECASE,
)
_VERSION = re.compile(r"v?(\d+)(?:\.\d+)*")


def handed(flow: Flow, source: Text) -> Iterator[Fact]:
    """The facts of a file about what becomes of its secrets."""
    yield from _expressions(flow, source)
    # Without private registries there is no password to read, and Dependabot allows it by itself.
    for update in flow.root["updates"].items() if flow.root["registries"].exists else ():
        allowed = update["insecure-external-code-execution"]
        if allowed.text == "allow":
            what = update["package-ecosystem"].text
            yield PipelineStep(allowed.named(f"updates[{what}]").here, Switch.EXTERNAL_CODE, what)
    jobs = list(flow.jobs())
    if len(jobs) > 1:
        for name, value in flow.root["env"].entries():
            if any(_secrets(m) for m in _meanings(value.text)):
                at = value.named(f"env/{name}").here
                yield PipelineStep(at, weakness=Switch.SHARED_SECRET, what=name)
    for holder in (flow.root, *flow.holders()):
        yield from _commands(holder["env"])
        steps = list(flow.steps(holder)) if holder is not flow.root else []
        yield from _kept(steps)
        for step in steps:
            yield from _commands(step.field["env"])
            paths = step.field.of("with", "path")
            if step.field["uses"].text.partition("@")[0].lower() == "actions/upload-artifact":
                artifacts_what = next((p.strip() for p in paths.text.split("\n") if credential_file(p)), "")
                if artifacts_what:
                    yield PipelineStep(paths.here, Switch.CREDENTIAL_FILE, artifacts_what)
    for job in jobs:
        if job["secrets"].text == "inherit" and "@" in job["uses"].text:
            yield PipelineStep(
                job["secrets"].here,
                weakness=Switch.INHERITED_SECRETS,
                what=job["uses"].text.partition("@")[0],
            )


def _meanings(text: str) -> Iterator[Meaning]:
    for written in expressions(text):
        read = meaning(written.body)
        if read is not None:
            yield read


def _secrets(read: Meaning) -> bool:
    return any(c.startswith("secrets.") and c != "secrets.github_token" for c in read.contexts)


def _expressions(flow: Flow, source: Text) -> Iterator[PipelineStep]:
    """Expressions that take all secrets, or a part of one, which no log masks."""
    for place in places(flow.root.root):
        for written in expressions(source.text[place.span.start : place.span.end]):
            read = meaning(written.body) if _SECRET.search(written.body) else None
            weakness = _taken(read) if read is not None else None
            if weakness is not None:
                span = Span(place.span.start + written.span.start, place.span.start + written.span.end)
                at = Location(source.path, f"{place.pointer}[{written.body}]", span)
                yield PipelineStep(at, weakness=weakness, what=written.body)


def _taken(read: Meaning) -> Switch | None:
    if {"secrets", "secrets.*"}.intersection(read.contexts):
        return Switch.EVERY_SECRET
    parsed = (c for call in read.calls if call.name == "fromjson" for c in call.contexts[:1])
    return Switch.UNMASKED_SECRET if any(c.startswith("secrets.") for cs in parsed for c in cs) else None


def _commands(variables: Field) -> Iterator[PipelineStep]:
    value = variables["ACTIONS_ALLOW_UNSECURE_COMMANDS"]
    if value.truth is True:
        yield PipelineStep(value.here, weakness=Switch.COMMANDS_IN_OUTPUT, what=value.key)


def _kept(steps: list[Step]) -> Iterator[PipelineStep]:
    """Checkouts that leave the job's token in the working copy, where an artifact takes it along, or other code finds it."""
    published = foreign = pushed = False  # by a later step
    for step in reversed([s.field for s in steps]):
        uses, inputs = step["uses"], step["with"]
        # Whether it is a checkout that writes the token below the working copy, as those before v6 do.
        name, _, version = uses.text.partition("@")
        number = _VERSION.fullmatch(version)
        old = number is not None and int(number[1]) < 6
        keeps = (
            name.lower() == "actions/checkout"
            and old
            and inputs["persist-credentials"].text != "false"
            and not inputs["path"].exists
        )
        if keeps:
            kept = inputs["persist-credentials"]
            at = kept.here if kept.exists else uses.here
            if published:
                yield PipelineStep(at, weakness=Switch.PUBLISHED_CREDENTIALS, what=uses.text)
            elif foreign and not pushed:
                yield PipelineStep(at, weakness=Switch.KEPT_CREDENTIALS, what=uses.text)
        published = published or _publishes(step)
        foreign = foreign or _foreign(step)
        pushed = pushed or _PUSHES.search(step["run"].text + uses.text) is not None


def _foreign(step: Field) -> bool:
    """Whether code of others runs there: an action that is not GitHub's, or what a script installs and builds."""
    used = step["uses"].text.lower()
    return step["run"].exists or (used != "" and not used.startswith(("actions/", "github/", "./")))


def _publishes(step: Field) -> bool:
    paths = step.of("with", "path").text.split("\n")
    if step["uses"].text.partition("@")[0].lower() != "actions/upload-artifact":
        return False
    version = _VERSION.fullmatch(step["uses"].text.partition("@")[2])
    hidden = step.of("with", "include-hidden-files").text == "true" or (
        version is not None and int(version[1]) < 4
    )
    return hidden and any(p.strip() and _WHOLE_COPY.fullmatch(p.strip()) for p in paths)
