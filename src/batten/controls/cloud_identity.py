"""Controls on what identities of the cloud may do, and who may become one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.controls._registry import control
from batten.controls.cloud import despite
from batten.facts import Admission, Admitted, Boundary, Bucket, Grant
from batten.model import Case, Location, Per, Severity, Switch, TurnOn, Violation
from batten.patterns import fits

ADMINISTRATORS = ("AdministratorAccess", "IAMFullAccess")
# AWS's own policies that grant every action of a heavy service on every resource.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
_WHOLE = {
    "AmazonDynamoDBFullAccess": "dynamodb:*", "AmazonEC2FullAccess": "ec2:*", "AmazonRDSFullAccess": "rds:*",
    "AmazonS3FullAccess": "s3:*", "AmazonSSMFullAccess": "ssm:*", "AWSLambda_FullAccess": "lambda:*",
    "AWSOrganizationsFullAccess": "organizations:*", "SecretsManagerReadWrite": "secretsmanager:*",
}  # fmt: skip
# Services whose every action is too much on every resource: they hold data, keys, code or identities.
_HEAVY = frozenset(
    [
        "dynamodb",
        "ec2",
        "iam",
        "iot",
        "kms",
        "lambda",
        "organizations",
        "rds",
        "s3",
        "secretsmanager",
        "ssm",
        "sts",
    ]
)
# What stands for all resources of a service in an ARN, beside a star.
_WHOLE_KINDS = {
    "dynamodb": ("table/*",),
    "iam": ("role/*", "user/*", "group/*", "policy/*"),
    "kms": ("key/*",),
    "lambda": ("function:*",),
    "s3": ("*/*",),
    "secretsmanager": ("secret:*",),
    "ssm": ("parameter/*", "parameter*"),
}
# Actions that hand out secrets, or open what is encrypted.
# https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html
_SECRETS = ("kms:Decrypt", "kms:ReEncryptFrom", "secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue",
            "ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath")  # fmt: skip
_ESCALATING = (
    "sts:AssumeRole",
    *(f"iam:{action}"
    for action in (
        "AddUserToGroup", "AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy", "CreateAccessKey",
        "CreateLoginProfile", "CreatePolicyVersion", "DeleteRolePermissionsBoundary",
        "DeleteUserPermissionsBoundary", "PassRole", "PutGroupPolicy", "PutRolePermissionsBoundary", "PutRolePolicy",
        "PutUserPermissionsBoundary", "PutUserPolicy", "SetDefaultPolicyVersion", "UpdateAssumeRolePolicy",
        "UpdateLoginProfile",
    )),
)  # fmt: skip


# Services that say for whose resource they call, so that a policy can name it; the pages are AWS's own for each. EventBridge does
# not where it publishes to a topic, nor to the key of an encrypted one.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
_DEPUTIES = frozenset(f"{name}.amazonaws.com" for name in (
    "budgets", "cloudfront", "cloudtrail", "cloudwatch", "config", "delivery.logs", "events", "guardduty", "iot", "logging.s3", "macie", "s3",
    "ses", "sns",
))  # fmt: skip


class CloudIdentityNarrow(Case):
    ADMINISTRATOR = (
        "administrator-policy",
        "Attach a policy that lists the actions and resources that are needed.",
        Per.THING,
    )
    ALL_BUT = "all-but-named", "Replace NotAction by the list of actions that are needed.", Per.THING
    EVERYTHING = "every-action", "List the actions and resources that are needed instead of `*`.", Per.THING
    ALL_OF_IAM = "all-of-iam", "Grant single IAM actions on named resources instead of `iam:*`.", Per.THING
    WHOLE_SERVICE = "whole-service", "List the service's actions and resources that are needed.", Per.THING
    ESCALATION = "privilege-escalation", "Limit these actions to named resources, or remove them.", Per.THING
    SECRETS = "every-secret", "Limit these actions to the secrets and keys that are needed.", Per.THING
    ANY_ACCOUNT = "any-account", "Name the accounts or roles that may assume the role.", Per.THING
    ANY_SUBJECT = (
        "any-subject",
        "Add a condition on the subject claim (`sub`) of the identity provider.",
        Per.THING,
    )
    ANY_SOURCE = "any-source", "Name the source ARN or account for which the service may call."


@control(
    "Cloud identities have least privilege", Severity.HIGH, "V1 P2",
    "OWASP API5:2023, CWE-250, CWE-269, CWE-732",
)  # fmt: skip
def cloud_identity_narrow(grant: Grant) -> Iterator[Violation]:
    """An attacker with a leaked key, or a flaw in the program that runs under an identity, has all of its
    permissions."""
    for violation in _granted(grant):
        yield violation if grant.boundary is None else _limited(violation, grant.boundary)


def _limited(violation: Violation, boundary: Boundary) -> Violation:
    """A permission that a permissions boundary limits is less than it says."""
    most = Severity.LOW if boundary.narrow else Severity.MEDIUM
    usual = Severity.HIGH if violation.severity is None else violation.severity
    message = f"{violation.message}, within the permissions boundary `{boundary.name}`"
    return replace(violation, message=message, severity=min(usual, most))


def _granted(grant: Grant) -> Iterator[Violation]:
    if grant.effect.known("") != "Allow":
        return
    if grant.managed in ADMINISTRATORS:
        message = f"{grant.holder} has the managed policy `{grant.managed}`"
        yield Violation(CloudIdentityNarrow.ADMINISTRATOR, message, grant.at)
    elif grant.managed in _WHOLE:
        yield _whole_service(grant, f"`{_WHOLE[grant.managed]}` by the managed policy `{grant.managed}`")
    elif grant.kind == "identity" and not grant.managed:
        yield from _too_much(grant)
    elif grant.kind == "trust":
        yield from _trusted(grant)


def _too_much(grant: Grant) -> Iterator[Violation]:
    conditioned = grant.conditioned.known(True)
    milder = Severity.MEDIUM if conditioned or grant.excluded else None
    actions = grant.actions.known(())
    if "*" in grant.resources.known(()) and grant.excluded:
        message = f"{grant.holder} is allowed every action except those in NotAction, on every resource"
        yield Violation(CloudIdentityNarrow.ALL_BUT, message, grant.at, severity=milder)
    elif "*" in grant.resources.known(()) and any(_gives(action, "*:*") for action in actions):
        message = f"{grant.holder} is allowed every action on every resource"
        yield Violation(CloudIdentityNarrow.EVERYTHING, message, grant.at, severity=milder)
    elif conditioned or grant.excluded:
        return
    elif _everywhere(grant, "iam") and any(_gives(action, "iam:*") for action in actions):
        message = f"{grant.holder} can grant itself any permission: `iam:*` is allowed on every resource"
        yield Violation(CloudIdentityNarrow.ALL_OF_IAM, message, grant.at)
    else:
        # Whole services on every resource, and the single actions that lead to more rights or to secrets.
        whole = [
            a
            for a in actions
            if a.endswith(":*") and _service(a) in _HEAVY and _everywhere(grant, _service(a))
        ]
        if whole:
            yield _whole_service(grant, _listed(whole))
        climbing = _given(grant, actions, _ESCALATING)
        if climbing:
            services_message = f"{grant.holder} can escalate its privileges: {_listed(climbing)} is allowed on every resource"
            yield Violation(
                CloudIdentityNarrow.ESCALATION, services_message, grant.at, severity=Severity.MEDIUM
            )
        secrets = [one for one in _given(grant, actions, _SECRETS) if f"{_service(one)}:*" not in whole]
        if secrets:
            services_message = (
                f"{grant.holder} can read every secret: {_listed(secrets)} is allowed on every resource"
            )
            yield Violation(CloudIdentityNarrow.SECRETS, services_message, grant.at, severity=Severity.MEDIUM)


def _gives(pattern: str, action: str) -> bool:
    """Whether a pattern of a policy has all that another has; letters count alike in both cases."""
    return fits(action.lower(), pattern.lower().replace("[", "[[]"))


def _everywhere(grant: Grant, service: str) -> bool:
    """Whether a grant is for all resources of a service, of every region and account or of one."""
    for resource in grant.resources.known(()):
        parts = resource.split(":", 5)
        whole = len(parts) == 6 and parts[2] == service and parts[5] in ("*", *_WHOLE_KINDS.get(service, ()))
        if resource == "*" or whole:
            return True
    return False


def _given(grant: Grant, actions: tuple[str, ...], wanted: tuple[str, ...]) -> list[str]:
    """Those of the actions that are wanted which a grant gives on every resource, by themselves or a wildcard."""
    found = {one for one in wanted for a in actions if _service(a) == _service(one) and _gives(a, one)}
    return sorted(one for one in found if _everywhere(grant, "iam" if one in _ESCALATING else _service(one)))


def _service(action: str) -> str:
    return action.partition(":")[0].lower()


def _whole_service(grant: Grant, shown: str) -> Violation:
    message = f"{grant.holder} is allowed {shown} on every resource"
    return Violation(CloudIdentityNarrow.WHOLE_SERVICE, message, grant.at, severity=Severity.MEDIUM)


def _listed(actions: list[str]) -> str:
    return ", ".join(f"`{action}`" for action in actions)


def _trusted(grant: Grant) -> Iterator[Violation]:
    if grant.admits is None or grant.admits.who not in (Admitted.ACCOUNTS, Admitted.SUBJECTS):
        return
    accounts = grant.admits.who is Admitted.ACCOUNTS
    case = CloudIdentityNarrow.ANY_ACCOUNT if accounts else CloudIdentityNarrow.ANY_SUBJECT
    message = f"{grant.admits.who.value} can assume {grant.holder}{despite(grant.admits)}"
    yield Violation(case, message, grant.at)


@control("Cloud identities have least privilege", Severity.HIGH, "V1 P2", slug="cloud-identity-narrow")
def deputies_named(grant: Grant) -> Iterator[Violation]:
    """A service that may call for any source does so for other people's resources as well."""
    if grant.kind == "resource":
        yield from _deputies(grant.admits, grant.holder, grant.at)
    elif grant.kind == "invoke" and grant.admits is not None and grant.admits.who is Admitted.SOURCES:
        services = _listed(list(grant.admits.services)) or "an AWS service"
        message = f"{services} may call {grant.holder} for any source{despite(grant.admits)}"
        remedy = TurnOn(Switch.SOURCE_NAMED)
        yield Violation(
            CloudIdentityNarrow.ANY_SOURCE, message, grant.at, remedy=remedy, severity=Severity.MEDIUM
        )


@control("Cloud identities have least privilege", Severity.HIGH, "V1 P2", slug="cloud-identity-narrow")
def deputies_of_buckets_named(bucket: Bucket) -> Iterator[Violation]:
    for statement in bucket.statements.known(()):
        yield from _deputies(statement.admits, f"bucket `{bucket.name}`", statement.at)


def _deputies(admits: Admission | None, holder: str, at: Location) -> Iterator[Violation]:
    """Services that use a resource for any account's sake. With CloudFront, every account's distributions serve what it holds."""
    if admits is None or admits.who is not Admitted.SOURCES:
        return
    notices = bool(admits.actions) and all(
        action.lower().startswith(("sns:", "kms:")) for action in admits.actions
    )
    found = [
        one for one in admits.services if one in _DEPUTIES and not (notices and one.startswith("events."))
    ]
    if found:
        message = f"{_listed(found)} may use {holder} for any account{despite(admits)}"
        severity = Severity.MEDIUM if "cloudfront.amazonaws.com" in found else Severity.LOW
        yield Violation(CloudIdentityNarrow.ANY_SOURCE, message, at, severity=severity)
