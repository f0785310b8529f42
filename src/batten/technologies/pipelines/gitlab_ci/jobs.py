"""What the jobs of a pipeline run and show: text of others in scripts, traces, and a Docker daemon without TLS.

Sources: https://docs.gitlab.com/ci/variables/predefined_variables/, https://docs.gitlab.com/ci/variables/#enable-debug-logging,
https://docs.gitlab.com/ci/docker/using_docker_build/#docker-in-docker-with-tls-disabled-in-the-docker-executor, https://docs.gitlab.com/ci/inputs/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Fact, InterpolatedText, PipelineStep
from batten.facts.pipeline import Author
from batten.formats.document import Text
from batten.formats.tree import Mapping, Scalar
from batten.model import Location, Span, Switch
from batten.technologies.pipelines.gitlab_ci.included import functions, images, included
from batten.technologies.shared.pipelines import code_of, credential_file, evaluated
from batten.technologies.shared.text.fields import Field

# Words of the file that are no job. https://docs.gitlab.com/ci/yaml/#keywords
_KEYWORDS = frozenset(
    (
        "default", "include", "stages", "workflow", "variables", "spec", "image", "services", "cache",
        "before_script", "after_script", "pages", "types",
    )
)  # fmt: skip
_HOOK = "pre_get_sources_script"
_SCRIPTS = ("script", "before_script", "after_script")
# Predefined variables whose text is that of a commit, a branch or a merge request, which come from forks too, and those that
# only people who may push or plan write: CI_COMMIT_BRANCH and CI_COMMIT_TAG are not there in pipelines of merge requests.
_OTHERS = {
    **dict.fromkeys(
        (
            "CI_COMMIT_MESSAGE", "CI_COMMIT_TITLE", "CI_COMMIT_DESCRIPTION", "CI_COMMIT_REF_NAME", "CI_COMMIT_AUTHOR",
            "CI_MERGE_REQUEST_TITLE", "CI_MERGE_REQUEST_DESCRIPTION", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
            "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME",
        ),
        Author.ANYONE,
    ),
    **dict.fromkeys(
        (
            "CI_COMMIT_BRANCH", "CI_COMMIT_TAG", "CI_COMMIT_TAG_MESSAGE", "CI_MERGE_REQUEST_LABELS", "CI_MERGE_REQUEST_MILESTONE",
            "GITLAB_USER_NAME",
        ),
        Author.WRITER,
    ),
    "CHAT_INPUT": Author.CALLER,
}  # fmt: skip
_INPUT = re.compile(r"\$\[\[\s*inputs\.([\w-]+)[^\]]*\]\]")
_BOUND = frozenset(("boolean", "number"))
_ALL_PRINTED = re.compile(r"\s*(?:printenv|env|export(?:[ \t]+-p)?|set)\s*(?:\|[ \t]*sort\s*)?")
_TRACES = ("CI_DEBUG_TRACE", "CI_DEBUG_SERVICES")


def jobs(documents: list[Field], source: Text) -> Iterator[Fact]:
    """The facts of a file; a header with `spec` is a document of its own."""
    inputs = {n.lower(): i for d in documents for n, i in d["spec"]["inputs"].entries()}
    for root in documents:
        yield from included(root)
        daemon = _has_daemon(root)
        for holder in _holders(root):
            yield from images(holder)
            yield from included(holder["trigger"])
            yield from functions(holder)
            yield from _kept(holder)
            variables = holder["variables"]
            for variables_name in _TRACES:
                value = (
                    variables[variables_name]["value"]
                    if variables[variables_name]["value"].exists
                    else variables[variables_name]
                )
                if value.truth is True:
                    at = value.named(f"{holder.pointer}/variables/{variables_name}".removeprefix("/")).here
                    yield PipelineStep(at, weakness=Switch.DEBUG_TRACE, what=variables_name)
            folder = variables["DOCKER_TLS_CERTDIR"]
            if isinstance(folder.node, Scalar) and folder.node.value in ("", None) and daemon:
                at = Location(
                    folder.source,
                    f"{holder.pointer}/variables/DOCKER_TLS_CERTDIR".removeprefix("/"),
                    folder.span,
                )
                yield PipelineStep(at, weakness=Switch.PLAIN_DAEMON, what="DOCKER_TLS_CERTDIR")
            for script in (
                *(holder[name] for name in _SCRIPTS),
                holder["hooks"][_HOOK],
                *(r["script"] for r in holder["run"].items()),
            ):
                for line in _lines(script):
                    yield from _script(line, inputs, source)


def _holders(root: Field) -> Iterator[Field]:
    """The file itself, what all jobs inherit, and each job."""
    yield root
    for name, job in root.entries():
        if (name not in _KEYWORDS or name in ("default", "pages")) and isinstance(job.node, Mapping):
            yield job.named(name)


def _kept(holder: Field) -> Iterator[PipelineStep]:
    """What a job leaves for others: caches and artifacts."""
    cache = holder["cache"]
    for one in (cache, *cache.items()):
        if one["unprotect"].truth is True:
            yield PipelineStep(one["unprotect"].here, Switch.UNPROTECTED_CACHE)
    for path in holder["artifacts"]["paths"].items():
        if credential_file(path.text):
            yield PipelineStep(path.here, Switch.CREDENTIAL_FILE, path.text)


def _lines(field: Field) -> Iterator[Field]:
    """The scalars of a script, whose lists may hold lists."""
    if isinstance(field.node, Scalar):
        yield field
    for item in field.items():
        yield from _lines(item)


def _has_daemon(root: Field) -> bool:
    for holder in _holders(root):
        for row in holder["services"].items():
            if re.search(r"\bdocker:.*\bdind\b", row["name"].text or row.text):
                return True
    return False


def _script(line: Field, inputs: dict[str, Field], source: Text) -> Iterator[Fact]:
    code = code_of(line.node) if isinstance(line.node, Scalar) else line.span
    raw = source.text[code.start : code.end]
    if _ALL_PRINTED.fullmatch(line.text):
        yield PipelineStep(line.here, weakness=Switch.DEBUG_TRACE, what=line.text.strip())
    for name, span in evaluated(raw):
        if name in _OTHERS:
            yield _text(line, f"${name}", _OTHERS[name], "code that the script evaluates", span, code.start)
    for found in _INPUT.finditer(raw):
        declared = inputs.get(found[1].lower())
        # Whether an input may be any text.
        if declared is not None and (
            declared["type"].text not in _BOUND
            and not declared["options"].exists
            and not declared["regex"].exists
        ):
            span = Span(found.start(), found.end())
            yield _text(line, f"inputs.{found[1]}", Author.CALLER, "a shell script", span, code.start)


def _text(
    line: Field, expression: str, author: Author, code: str, span: Span, start: int
) -> InterpolatedText:
    whole = Span(start + span.start, start + span.end)
    at = Location(line.source, f"{line.pointer}[{expression}]", whole)
    return InterpolatedText(at, expression=expression, author=author, code=code, privileged=False)
