"""What only workflows can get wrong: whom they hand secrets, what their token may do, and how they log in to a cloud."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls import control
from batten.facts import BorrowedCode
from batten.facts.fact import Fact
from batten.model import ABSENT, Case, Setting, Severity, Switch, TurnOff, Violation
from batten.model.record import record

_HARDENING = "https://docs.github.com/en/actions/reference/security/secure-use"


@record
class WorkflowToken(Fact):
    """What the token of a workflow's jobs may do: "write-all", or ABSENT where neither it nor one of its jobs says.

    `shared` are the permissions to write that the workflow gives to all of several jobs."""

    permissions: Setting[str]
    shared: tuple[str, ...] = ()


@record
class CloudKey(Fact):
    """A key of a cloud's that a job logs in with, and that is valid until somebody revokes it."""

    cloud: str
    secret: str


class PipelineNarrow(Case):
    MOVING = (
        "secret-to-moving-action",
        "Name the commit of the action (`@` and its 40 digits) instead of a tag or branch.",
    )
    EVERYTHING = "every-permission", "List the permissions that the jobs need instead of `write-all`."
    UNSAID = "permissions-unset", "Set `permissions: {contents: read}`, and grant jobs what they need more."
    SHARED = (
        "permission-of-every-job",
        "Set `permissions: {contents: read}` for the workflow, and give the permission to the job that needs it.",
    )
    LASTING = (
        "long-lived-key",
        "Log in with OpenID Connect (`id-token: write` and a role), and delete the key.",
    )


@control(
    "Pipelines have no more rights than they need",
    Severity.MEDIUM,
    "V1 V2 P2",
    f"{_HARDENING}, CWE-829, CWE-250",
)
def pipeline_narrow(action: BorrowedCode) -> Iterator[Violation]:
    """The secrets and the token of a pipeline are worth more than any of its hosts. The owner of an action, or a thief of
    the owner's account, can move a tag to other code, which then receives the secrets."""
    if action.secrets and not action.fixed and not action.verified and action.version.is_known:
        what = ", ".join(f"`{name}`" for name in action.secrets)
        message = (
            f"`{action.name}` receives {what} and is used by the moving name `{action.version.known('')}`"
        )
        milder = None
        if action.own:
            message, milder = f"{message}, of the owner of this repository", Severity.LOW
        yield Violation(PipelineNarrow.MOVING, message, action.version.at, severity=milder)


@control("Pipelines have no more rights than they need", Severity.MEDIUM, "V1 V2 P2", slug="pipeline-narrow")
def token_narrow(token: WorkflowToken) -> Iterator[Violation]:
    """Every step of a job can use its token, and so can every package that a build installs."""
    at = token.permissions.at
    if token.permissions.value is ABSENT:
        message = "the workflow sets no permissions for its token, so settings of the repository decide"
        remedy = TurnOff(Switch.DEFAULT_PERMISSIONS)
        yield Violation(PipelineNarrow.UNSAID, message, at, severity=Severity.LOW, remedy=remedy)
    elif token.permissions.known("") == "write-all":
        yield Violation(PipelineNarrow.EVERYTHING, "the workflow's token has every permission", at)
    elif token.shared:
        what = ", ".join(f"`{name}`" for name in token.shared)
        message = f"the tokens of all jobs may write {what}"
        yield Violation(PipelineNarrow.SHARED, message, at, severity=Severity.LOW)


@control("Pipelines have no more rights than they need", Severity.MEDIUM, "V1 V2 P2", slug="pipeline-narrow")
def keys_short_lived(key: CloudKey) -> Iterator[Violation]:
    """A key that does not expire is valid for everyone who reads it once, in a log or a cache."""
    message = f"the job logs in to {key.cloud} with a key that does not expire (`{key.secret}`)"
    yield Violation(PipelineNarrow.LASTING, message, key.at)
