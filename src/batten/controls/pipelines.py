"""What pipelines run, whom they trust with it, and what becomes of their secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from batten.controls._registry import control
from batten.facts import BorrowedCode, InterpolatedText, PipelineStep
from batten.facts.pipeline import Author, CodeKind
from batten.model import ABSENT, Case, Per, Pin, Severity, Switch, TurnOff, Violation

_HARDENING = "https://docs.github.com/en/actions/reference/security/secure-use"


class PipelineInjectionFree(Case):
    ANYONE = (
        "text-of-anyone",
        "Pass the text in an environment variable, and quote the variable in the script.",
    )
    CALLER = (
        "text-of-callers",
        "Pass the input in an environment variable, and quote the variable in the script.",
    )
    WRITER = (
        "name-of-branch",
        "Pass the name in an environment variable, and quote the variable in the script.",
    )
    VARIABLES = (
        "job-variables",
        "Write the text to a file or to an output, never to the variables of later steps.",
    )


_AUTHORS = {
    Author.ANYONE: (PipelineInjectionFree.ANYONE, "anyone can write"),
    Author.CALLER: (PipelineInjectionFree.CALLER, "the caller writes"),
    Author.WRITER: (PipelineInjectionFree.WRITER, "authors of branches, tags and releases write"),
}


@control(
    "Scripts of pipelines hold no text of others",
    Severity.HIGH,
    "V1 P2",
    "https://docs.github.com/en/actions/concepts/security/script-injections, CWE-94, CWE-78",
)
def pipeline_injection_free(text: InterpolatedText) -> Iterator[Violation]:
    """A title like `"; curl … | sh; "` is part of the script when the runner puts it there, and runs with the
    secrets and the token of the job."""
    case, whose = _AUTHORS[text.author]
    severity = Severity.INFO  # whoever may start the run, or write a branch, may change the script as well
    if text.author is Author.ANYONE:
        severity = Severity.HIGH if text.privileged else Severity.MEDIUM
    message = f"`{text.expression}`, which {whose}, is put into {text.code}"
    yield Violation(case, message, text.at, severity=severity, remedy=TurnOff(Switch.INTERPOLATED_TEXT))


@control(
    "Scripts of pipelines hold no text of others",
    Severity.HIGH,
    "V1 P2",
    slug="pipeline-injection-free",
)
def job_variables_own(step: PipelineStep) -> Iterator[Violation]:
    """A line break in the text sets further variables, such as those by which programs load code."""
    if step.weakness is Switch.JOB_VARIABLES:
        message = f"text that anyone can write becomes the variable `{step.what}` of all later steps"
        yield Violation(PipelineInjectionFree.VARIABLES, message, step.at)


class PipelinePinned(Case):
    MOVING = (
        "moving-version",
        "Name the commit (`@` and its 40 digits), or the digest of an image, instead of a name that moves.",
    )
    UNVERSIONED = "no-version", "Name the version that was reviewed, best by its commit or digest."
    ARCHIVED = "archived", "Use an action that is maintained, or the runner's own tools."
    UNVERIFIED = "no-checksum", "Give the checksum of the file, or keep a copy of it in the repository."


@control(
    "Pipelines run reviewed versions of what they borrow",
    Severity.MEDIUM,
    "V1 V2 P2",
    f"{_HARDENING}, https://docs.gitlab.com/ci/yaml/includes/, CWE-829, CWE-494",
)
def pipeline_pinned(code: BorrowedCode) -> Iterator[Violation]:
    """The owner of the name decides what it means tomorrow, and that runs with the rights of the job."""
    if code.archived:
        message = f"the {code.kind.value} `{code.name}` is archived, and gets no security fixes"
        yield Violation(PipelinePinned.ARCHIVED, message, code.at, severity=Severity.LOW)
    if (
        code.fixed or code.verified or code.secrets or code.archived
    ):  # with secrets it is a finding of pipeline-narrow
        return
    what = f"the {code.kind.value} `{code.name}`"
    far = code.kind is CodeKind.TEMPLATE and "://" in code.name
    mild = Severity.INFO if code.kind is CodeKind.WORKFLOW or code.own else Severity.LOW
    if far:
        message = f"{what} is fetched without a checksum"
        yield Violation(PipelinePinned.UNVERIFIED, message, code.at, remedy=Pin())
    elif code.version.value is ABSENT:
        yield Violation(
            PipelinePinned.UNVERSIONED, f"{what} has no version", code.at, severity=mild, remedy=Pin()
        )
    elif code.version.is_known:
        message = f"{what} is used by the moving name `{code.version.known('')}`"
        yield Violation(PipelinePinned.MOVING, message, code.at, severity=mild, remedy=Pin())


class PipelineForksConfined(Case):
    CHECKOUT = (
        "fork-checkout",
        "Run the code of pull requests on `pull_request`, without secrets, and pass only results to the privileged run.",
        Per.THING,
    )
    ARTIFACT = (
        "fork-artifact",
        "Download the artifact to a folder outside the working copy, and check what it holds before it is used.",
        Per.THING,
    )
    TRIGGER = (
        "privileged-trigger",
        "Use `pull_request`, if the run needs no secrets and no token that writes.",
    )
    MACHINE = (
        "fork-on-own-machine",
        "Run pull requests on machines that are made for one job, or require approval for all outside collaborators.",
    )
    PRIVILEGED = (
        "privileged-container",
        "Remove the option, and build images without the machine's Docker daemon.",
    )
    UNPROTECTED = (
        "unprotected-cache",
        "Remove `unprotect`, so that protected branches have caches of their own.",
    )
    CACHE = "release-cache", "Build releases without caches that other runs have written."


class PipelineConditionsEffective(Case):
    TRUE = "always-true", "Write the whole condition inside one `${{ }}`, or without any."
    BOT = "bot-by-actor", "Compare `github.event.pull_request.user.login` instead of the actor."
    SUBSTRING = "substring", "Compare with `==`, or give `contains` a list by `fromJSON`."


class PipelineSecretsConfined(Case):
    INHERITED = "inherited-secrets", "Pass the secrets that the workflow needs by name."
    EVERY = "every-secret", "Name the secrets that are needed."
    UNMASKED = "unmasked-secret", "Keep each value in a secret of its own, so that logs mask it."
    SHARED = "secret-for-every-job", "Set the variable in the step or the job that needs it."
    COMMANDS = "commands-in-output", "Remove ACTIONS_ALLOW_UNSECURE_COMMANDS, and write to `$GITHUB_ENV`."
    PUBLISHED = "published-credentials", "Set `persist-credentials: false`, and upload only what was built."
    ARTIFACT = "credentials-in-artifact", "Leave the file out of the artifact, and rotate what it held."
    EXTERNAL = (
        "external-code",
        "Remove `insecure-external-code-execution`, or the private registries beside it.",
    )
    KEPT = "kept-credentials", "Set `persist-credentials: false`, unless later steps use git with the token."
    TRACE = "debug-trace", "Remove the variable, and turn it on by hand for the one run that needs it."
    DAEMON = "plain-docker-daemon", "Set `DOCKER_TLS_CERTDIR: /certs`, and connect to port 2376."


Row = tuple[Case, Severity, str]  # the sentence may name {what} the step is about
_FORKS: Mapping[Switch, Row] = {
    Switch.FORK_CHECKOUT: (
        PipelineForksConfined.CHECKOUT, Severity.HIGH, "code of a fork is checked out in a run with secrets (`{what}`)"),
    Switch.FORK_ARTIFACT: (
        PipelineForksConfined.ARTIFACT, Severity.MEDIUM,
        "`{what}` unpacks files of another run, which may be a fork's, over the working copy"),
    Switch.PRIVILEGED_TRIGGER: (
        PipelineForksConfined.TRIGGER, Severity.INFO, "`{what}` runs scripts with secrets for pull requests of forks"),
    Switch.FORK_ON_OWN_MACHINE: (
        PipelineForksConfined.MACHINE, Severity.INFO,
        "pull requests run on a machine of one's own, which in a public repository anyone can use"),
    Switch.PRIVILEGED: (
        PipelineForksConfined.PRIVILEGED, Severity.MEDIUM,
        "`{what}` gives a container of the job every right on a machine that later jobs use"),
    Switch.UNPROTECTED_CACHE: (
        PipelineForksConfined.UNPROTECTED, Severity.MEDIUM, "jobs of protected branches restore caches that jobs of all branches write"),
    Switch.RELEASE_CACHE: (
        PipelineForksConfined.CACHE, Severity.LOW, "`{what}` restores files that other runs have written into a release"),
}  # fmt: skip
_CONDITIONS: Mapping[Switch, Row] = {
    Switch.TRUE_CONDITION: (
        PipelineConditionsEffective.TRUE, Severity.MEDIUM, "the condition `{what}` is a text, which is always true"),
    Switch.BOT_NAME: (
        PipelineConditionsEffective.BOT, Severity.LOW, "the condition `{what}` also holds for commits of others that the bot's run follows"),
    Switch.SUBSTRING_CONDITION: (
        PipelineConditionsEffective.SUBSTRING, Severity.LOW, "the condition holds for every `{what}` that is a part of the text"),
}  # fmt: skip
_SECRETS: Mapping[Switch, Row] = {
    Switch.INHERITED_SECRETS: (
        PipelineSecretsConfined.INHERITED, Severity.LOW, "the workflow `{what}` receives every secret of the caller"),
    Switch.EVERY_SECRET: (
        PipelineSecretsConfined.EVERY, Severity.MEDIUM, "`{what}` hands over every secret of the repository"),
    Switch.UNMASKED_SECRET: (
        PipelineSecretsConfined.UNMASKED, Severity.LOW, "`{what}` is a part of a secret, which logs do not mask"),
    Switch.SHARED_SECRET: (
        PipelineSecretsConfined.SHARED, Severity.LOW, "every step of every job reads the secret in `{what}`"),
    Switch.COMMANDS_IN_OUTPUT: (
        PipelineSecretsConfined.COMMANDS, Severity.HIGH, "anything that a step prints may set variables of later steps (`{what}`)"),
    Switch.PUBLISHED_CREDENTIALS: (
        PipelineSecretsConfined.PUBLISHED, Severity.MEDIUM, "the token that `{what}` leaves in `.git` is uploaded with the whole working copy"),
    Switch.CREDENTIAL_FILE: (
        PipelineSecretsConfined.ARTIFACT, Severity.MEDIUM, "the artifact holds `{what}`, a file for credentials"),
    Switch.EXTERNAL_CODE: (
        PipelineSecretsConfined.EXTERNAL, Severity.MEDIUM,
        "Dependabot runs code of `{what}` packages, which reads the passwords of private registries"),
    Switch.KEPT_CREDENTIALS: (
        PipelineSecretsConfined.KEPT, Severity.INFO, "`{what}` leaves the job's token in `.git`, where later steps read it"),
    Switch.DEBUG_TRACE: (
        PipelineSecretsConfined.TRACE, Severity.MEDIUM, "`{what}` writes every variable to the log, secrets included"),
    Switch.PLAIN_DAEMON: (
        PipelineSecretsConfined.DAEMON, Severity.LOW, "the job's Docker daemon accepts commands without TLS (`{what}`)"),
}  # fmt: skip
_RAISED = {Switch.BOT_NAME: Severity.MEDIUM}  # where anyone starts a run with secrets
_LOWERED = {Switch.FORK_CHECKOUT: Severity.MEDIUM}  # where nothing runs what is checked out


@control("Code of forks runs without secrets", Severity.HIGH, "V1 P2", f"{_HARDENING}, CWE-829")
def pipeline_forks_confined(step: PipelineStep) -> Iterator[Violation]:
    """A pull request brings its own scripts, tests and packages. In a run that has secrets they read them."""
    yield from _told(step, _FORKS)


@control(
    "Conditions of pipelines restrict what they seem to",
    Severity.MEDIUM,
    "V1 P2",
    "https://docs.github.com/en/actions/reference/workflows-and-actions/expressions, CWE-697, CWE-290",
)
def pipeline_conditions_effective(step: PipelineStep) -> Iterator[Violation]:
    """A condition that always holds restricts nothing, and one that others fulfil admits them."""
    yield from _told(step, _CONDITIONS)


@control(
    "Secrets of pipelines reach only the steps that need them",
    Severity.HIGH,
    "V1 S1 P2",
    f"{_HARDENING}, https://docs.gitlab.com/ci/variables/, CWE-200, CWE-532",
)
def pipeline_secrets_confined(step: PipelineStep) -> Iterator[Violation]:
    """Each step, package and log that sees a secret is one more place from which it leaks."""
    yield from _told(step, _SECRETS)


def _told(step: PipelineStep, rows: Mapping[Switch, Row]) -> Iterator[Violation]:
    row = rows.get(step.weakness)
    if row is None:
        return
    case, severity, sentence = row
    if step.privileged:
        severity = _RAISED.get(step.weakness, severity)
    else:
        severity = _LOWERED.get(step.weakness, severity)
    message = sentence.format(what=step.what)
    yield Violation(case, message, step.at, severity=severity, remedy=TurnOff(step.weakness))
