"""Text of others that becomes code: expressions in scripts, and variables that a script evaluates.

GitHub replaces an expression before the shell reads the script, so its value is code, not data.

Sources: https://docs.github.com/en/actions/concepts/security/script-injections, https://github.com/actions/github-script, https://github.com/Azure/cli,
https://github.com/Azure/powershell, https://github.com/appleboy/ssh-action, https://github.com/nick-fields/retry, https://github.com/devcontainers/ci,
https://github.com/uraimo/run-on-arch-action, https://github.com/vmactions/freebsd-vm, https://github.com/mikefarah/yq
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Fact, InterpolatedText, PipelineStep
from batten.facts.pipeline import Author
from batten.formats import yaml_edits
from batten.formats.document import Text, Uneditable
from batten.formats.tree import Scalar
from batten.model import Edit, Fix, Location, Safety, Span, Switch
from batten.technologies.pipelines.github_actions.authors import (
    Scope,
    named,
    of_job,
    of_matrix,
    outputs,
    variables,
    worst,
)
from batten.technologies.pipelines.github_actions.expressions import expressions, meaning
from batten.technologies.pipelines.github_actions.workflows import Flow, Step
from batten.technologies.shared.pipelines import code_of, environment_writes, evaluated
from batten.technologies.shared.text.fields import Field

# The inputs of an action that it runs as code, and what code that is: the README or action.yml of each.
_SINKS: dict[str, tuple[tuple[str, ...], str]] = {
    "actions/github-script": (("script",), "JavaScript"),
    "azure/cli": (("inlinescript",), "a shell script"),
    "azure/powershell": (("inlinescript",), "a shell script"),
    "appleboy/ssh-action": (("script",), "a shell script on another machine"),
    "nick-fields/retry": (("command", "on_retry_command", "new_command_on_retry"), "a shell script"),
    "nick-invision/retry": (("command", "on_retry_command", "new_command_on_retry"), "a shell script"),
    "addnab/docker-run-action": (("run",), "a shell script"),
    "cardinalby/js-eval-action": (("expression",), "JavaScript"),
    "reactivecircus/android-emulator-runner": (("script", "pre-emulator-launch-script"), "a shell script"),
    "devcontainers/ci": (("runcmd",), "a shell script"),
    "jannekem/run-python-script-action": (("script",), "Python"),
    "mikefarah/yq": (("cmd",), "a shell script"),  # its entrypoint.sh evaluates it
    "uraimo/run-on-arch-action": (("run", "setup", "install"), "a shell script"),
    **dict.fromkeys(
        (
            f"vmactions/{system}-vm"
            for system in ("freebsd", "openbsd", "netbsd", "dragonflybsd", "solaris", "omnios")
        ),
        (("run", "prepare"), "a shell script"),
    ),
}
# Texts that a person wrote or named: they hold no words for the shell to split, expand or run.
_PLAIN = re.compile(
    r"github\.(?:head_ref|ref_name|event\.(?:pull_request\.(?:title|body|head\.(?:ref|label))|(?:issue|discussion)\.(?:title|body)|"
    r"(?:comment|review)\.body|head_commit\.message|workflow_run\.(?:head_branch|display_title)))"
)
_KEEPING = ("GITHUB_ENV", "GITHUB_PATH")


def texts(flow: Flow, source: Text) -> Iterator[Fact]:
    """The facts of every step of a file."""
    passed: Scope = {}  # what jobs pass to those that need them
    for job in flow.holders():
        scope = dict(passed)
        scope.update(of_matrix(job, flow, scope))
        for step in flow.steps(job):
            seen = variables(step, flow, scope)
            for code, what in codes(step.field):
                yield from _expressions(flow, code, what, seen, source)
            run = step.field["run"]
            if isinstance(run.node, Scalar):
                evaluated_code = code_of(run.node)
                for evaluated_name, span in evaluated(source.text[evaluated_code.start : evaluated_code.end]):
                    found = worst([f"env.{evaluated_name.lower()}"], flow, seen)
                    if found is None:
                        continue
                    whole = Span(evaluated_code.start + span.start, evaluated_code.start + span.end)
                    yield InterpolatedText(
                        Location(source.path, f"{run.pointer}[${evaluated_name}]", whole),
                        expression=f"${evaluated_name}",
                        author=found,
                        code="code that the script evaluates",
                        privileged=not flow.confined,
                    )
            for file in _KEEPING if flow.exposed else ():
                for name, value in environment_writes(run.text, file):
                    if worst(named(value), flow, seen) is Author.ANYONE:
                        at = Location(source.path, f"{run.pointer}[{file}]", run.span)
                        yield PipelineStep(at, weakness=Switch.JOB_VARIABLES, what=name, privileged=True)
            scope.update(outputs(step, flow, seen))
        passed.update(of_job(job, flow, scope))


def codes(step: Field) -> Iterator[tuple[Field, str]]:
    """The places of a step that hold code, and what code that is."""
    if isinstance(step["run"].node, Scalar):
        yield step["run"], "a shell script"
    sink = _SINKS.get(step["uses"].text.partition("@")[0].lower())
    for name, value in step["with"].entries() if sink else ():
        if sink and name.lower() in sink[0] and isinstance(value.node, Scalar):
            yield value, sink[1]


def _expressions(
    flow: Flow, code: Field, what: str, scope: Scope, source: Text
) -> Iterator[InterpolatedText]:
    seen: set[str] = set()
    for written in expressions(source.text[code.span.start : code.span.end]):
        read = meaning(written.body)
        found = worst(read.contexts, flow, scope) if read is not None else None
        if found is None or written.body in seen:
            continue
        seen.add(written.body)
        start = code.span.start + written.span.start
        at = Location(
            source.path, f"{code.pointer}[{written.body}]", Span(start, code.span.start + written.span.end)
        )
        yield InterpolatedText(
            at, expression=written.body, author=found, code=what, privileged=not flow.confined
        )


# Programs that take a text as a script of their own: `bash -c "…"`, `nix-shell --run "…"`, `ssh host "…"`.
_AGAIN = re.compile(
    r"(?<![\w-])(?:(?:ba|da|z|k)?sh\s+(?:-\S+\s+)*-\w*c|su\s.*-c|eval|ssh|nix-shell|nix\s+develop|xargs|(?:docker|podman|kubectl)\s.*\s-\w*c)(?![\w-])"
)


def as_variable(flow: Flow, source: Text, at: Location) -> Fix | None:
    """The expression in a variable of the step, and the variable in the script."""
    step, code = _around(flow, at)
    if step is None or code is None or at.span is None or code.path[-1] != "run":
        return None
    whole = source.text[code.span.start : code.span.end]
    body = source.text[at.span.start : at.span.end]
    # "sh" or "pwsh"; None for another, and for what is not known.
    said = next(
        (
            f.text
            for f in (
                step.field["shell"],
                step.job.of("defaults", "run", "shell"),
                flow.root.of("defaults", "run", "shell"),
            )
            if f.text
        ),
        "",
    )
    if not said:
        machine = step.job["runs-on"].text or " ".join(i.text for i in step.job["runs-on"].items())
        known = machine and "${{" not in machine
        said = ("pwsh" if "windows" in machine.lower() else "sh") if known else ""
    word = said.split()[0] if said.split() else ""
    shell = {"bash": "sh", "sh": "sh", "pwsh": "pwsh", "powershell": "pwsh"}.get(word)
    given = next(
        (n for n, v in step.field["env"].entries() if "".join(v.text.split()) == "".join(body.split())), ""
    )
    name = given or _name(body[3:-2].strip())
    if shell is None or not name or (step.field["env"][name].exists and not given) or "<<" in whole:
        return None
    before = source.text[code.span.start : at.span.start]
    if _AGAIN.search(before.replace("\\\n", " ").rpartition("\n")[2]):
        return None  # another shell reads what this one makes of it
    edits: list[Edit] = []
    same = shell == "sh" and _PLAIN.fullmatch(body[3:-2].strip()) and not _taken(flow, step, name, whole)
    for written in expressions(whole):
        if whole[written.span.start : written.span.end] == body:
            same = same and _quoted(whole[: written.span.start])
            text = _reference(shell, name, whole[: written.span.start], code)
            if text is None:
                return None
            span = Span(code.span.start + written.span.start, code.span.start + written.span.end)
            edits.append(Edit(source.path, span, text))
    try:
        value = yaml_edits.source_of(body)
        if not given:
            edits += yaml_edits.set_value(source, flow.root.root, (*step.field.path, "env", name), value)
    except Uneditable:
        return None
    title = "pass the text to the script in an environment variable"
    if same:
        return Fix(title, tuple(edits))
    return Fix(
        title,
        tuple(edits),
        safety=Safety.RISKY,
        breaks="scripts that count on the shell to split the value into words, or to run it",
    )


def _taken(flow: Flow, step: Step, name: str, script: str) -> bool:
    """Whether the script or its variables use the name for something else."""
    wider = (flow.root, step.job)
    return re.search(rf"\b{name}\b", script) is not None or any(  # ours: a name of letters, digits and _
        holder["env"][name].exists for holder in wider
    )


def _quoted(before: str) -> bool:
    """Whether what follows is text between double quotes, where the shell splits and expands no variable's value."""
    bare = re.sub(r"\\.|'[^'\"\n]*'", "", before)
    line = bare.rpartition("\n")[2]
    return (
        bare.count('"') % 2 == 1
        and line.count('"') % 2 == 1
        and not re.search(r"\$\(|`|<<|#", line.rpartition('"')[2])
    )


def _around(flow: Flow, at: Location) -> tuple[Step | None, Field | None]:
    step = flow.step_at(at.span)
    for code, _ in codes(step.field) if step is not None else ():
        if at.span is not None and code.span.start <= at.span.start and at.span.end <= code.span.end:
            return step, code
    return None, None


def _name(expression: str) -> str:
    """A name for a variable that holds the value of a context; "" for other expressions."""
    if not re.fullmatch(r"[A-Za-z_][\w-]*(?:\.[\w-]+)+", expression):
        return ""
    parts = expression.replace("-", "_").split(".")
    return (
        "_".join(
            parts[-2:]
            if parts[-2] not in ("github", "event", "inputs", "env")
            else ["INPUT" * (parts[-2] == "inputs"), parts[-1]]
        )
        .strip("_")
        .upper()
    )


def _reference(shell: str, name: str, before: str, code: Field) -> str | None:
    """How a script reads the variable behind that text; None where it cannot."""
    quote = ""
    for found in re.finditer(r"\\.|#(?<=\s#)[^\n]*|'|\"", before, re.DOTALL):
        sign = found[0]
        if sign in ("'", '"') and quote in ("", sign):
            quote = "" if quote else sign
        elif sign.startswith("#") and not quote:
            continue
    style = code.node.style if isinstance(code.node, Scalar) else ""
    if quote == "'" or style in ("'", '"'):
        return None
    if shell == "pwsh":
        return f"$env:{name}"
    return f"${{{name}}}" if quote else f'"${{{name}}}"'
