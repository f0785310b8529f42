"""Policies of identities, resources and roles, as grants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import DataService, Grant
from batten.model import ABSENT, UNKNOWN, Absent, Location, Setting, Unknown
from batten.model.record import record
from batten.technologies._aws.resource import Resource, Resources, Value
from batten.technologies._aws.settings import of, path, setting, text, words


@record
class Holder:
    """Where policies are written: what holds them, and the keys that do, in each language.

    `within` is the repeated block around the key.
    """

    kind: str
    what: str
    types: tuple[str, str]
    keys: tuple[str, str] = ("policy", "PolicyDocument")
    within: tuple[str, str] = ("", "")


_ROLE, _INLINE = ("aws_iam_role", "AWS::IAM::Role"), ("policy", "PolicyDocument")
HOLDERS = (
    Holder("identity", "policy", ("aws_iam_policy", "AWS::IAM::ManagedPolicy")),
    Holder("identity", "policy", ("", "AWS::IAM::Policy")),
    Holder("identity", "role policy", ("aws_iam_role_policy", "AWS::IAM::RolePolicy")),
    Holder("identity", "user policy", ("aws_iam_user_policy", "AWS::IAM::UserPolicy")),
    Holder("identity", "group policy", ("aws_iam_group_policy", "AWS::IAM::GroupPolicy")),
    Holder("identity", "role", _ROLE, _INLINE, ("inline_policy", "Policies")),
    Holder("identity", "user", ("", "AWS::IAM::User"), _INLINE, ("", "Policies")),
    Holder("identity", "group", ("", "AWS::IAM::Group"), _INLINE, ("", "Policies")),
    Holder("identity", "permission set", ("aws_ssoadmin_permission_set_inline_policy", "AWS::SSO::PermissionSet"),
           ("inline_policy", "InlinePolicy")),
    Holder("trust", "role", _ROLE, ("assume_role_policy", "AssumeRolePolicyDocument")),
    Holder("resource", "queue", ("aws_sqs_queue_policy", "AWS::SQS::QueuePolicy")),
    Holder("resource", "queue", ("aws_sqs_queue", ""), ("policy", "")),
    Holder("resource", "topic", ("aws_sns_topic_policy", "AWS::SNS::TopicPolicy")),
    Holder("resource", "topic", ("aws_sns_topic", ""), ("policy", "")),
    Holder("resource", "image repository", ("aws_ecr_repository_policy", "AWS::ECR::Repository"),
           ("policy", "RepositoryPolicyText")),
    Holder("resource", "secret", ("aws_secretsmanager_secret_policy", "AWS::SecretsManager::ResourcePolicy"),
           ("policy", "ResourcePolicy")),
    Holder("resource", "secret", ("aws_secretsmanager_secret", ""), ("policy", "")),
    Holder("resource", "key", ("aws_kms_key", "AWS::KMS::Key"), ("policy", "KeyPolicy")),
    Holder("resource", "key", ("aws_kms_key_policy", ""), ("policy", "")),
    Holder("resource", "file system", ("aws_efs_file_system_policy", "AWS::EFS::FileSystem"),
           ("policy", "FileSystemPolicy")),
    Holder("resource", "backup vault", ("aws_backup_vault_policy", "AWS::Backup::BackupVault"),
           ("policy", "AccessPolicy")),
    Holder("resource", "archive", ("aws_glacier_vault", ""), ("access_policy", "")),
    Holder("resource", "stream", ("aws_kinesis_resource_policy", "AWS::Kinesis::ResourcePolicy"),
           ("policy", "ResourcePolicy")),
    Holder("resource", "table", ("aws_dynamodb_resource_policy", ""), ("policy", "")),
    Holder("resource", "event bus", ("aws_cloudwatch_event_bus_policy", "AWS::Events::EventBusPolicy"),
           ("policy", "Statement")),
    Holder("resource", "package domain", ("aws_codeartifact_domain_permissions_policy", ""),
           ("policy_document", "")),
)  # fmt: skip


def grants(resources: Resources) -> Iterator[Grant | DataService]:
    for holder in HOLDERS:
        for resource in resources.of(*filter(None, holder.types)):
            within = of(resource, *holder.within)
            for inner in resource.each(*path(within)) if within else (resource,):
                yield from _held(holder, resource, inner)
    yield from _searchable(resources)
    yield from _attached(resources)
    yield from _invoked(resources)


def _held(holder: Holder, resource: Resource, inner: Resource) -> Iterator[Grant]:
    key = of(resource, *holder.keys)
    if key:
        named = f"{holder.what} `{resource.name}`"
        yield from statements(inner.value(*path(key)), holder.kind, named, _places(inner, key))


def _places(resource: Resource, key: str) -> list[Location]:
    """Where each statement of a document is written, where that can be told."""
    below = (*path(key), "Statement")
    if resource.language == "terraform" or not resource.whole(*below):
        return []
    return [statement.block() for statement in resource.each(*below)]


def statements(
    policy: Setting[Value], kind: str, holder: str, places: list[Location] | None = None
) -> Iterator[Grant]:
    """The statements of a policy document. One that is a text is read as JSON; what is not known is none."""
    found = listed(policy.value)
    written = places if places and len(places) == len(found) else [policy.at] * len(found)
    for number, (held, place) in enumerate(zip(found, written, strict=True)):
        sid = held.get("Sid")
        mark = sid if isinstance(sid, str) and sid else str(number)
        at = replace(place, pointer=f"{policy.at.pointer}/statement[{mark}]")
        yield _grant(held, kind, holder, at)


def listed(policy: Value | Absent) -> list[dict[str, Value]]:
    if isinstance(policy, str):
        policy = _parsed(policy)
    if isinstance(policy, dict):
        policy = policy.get("Statement", policy if "Effect" in policy else None)
    items = policy if isinstance(policy, list) else [policy]
    return [item for item in items if isinstance(item, dict)]


def _parsed(policy: str) -> Value:
    try:
        held: Value = json.loads(policy)
    except (ValueError, RecursionError):
        return UNKNOWN
    return held


def _grant(held: dict[str, Value], kind: str, holder: str, at: Location) -> Grant:
    condition = held.get("Condition")
    excluded = "NotAction" in held
    resources = UNKNOWN if "NotResource" in held else _words(held.get("Resource", []))
    effect = held.get("Effect", UNKNOWN)
    return Grant(
        at,
        holder=holder,
        kind=kind,
        effect=Setting(effect if isinstance(effect, str) else UNKNOWN, at),
        principals=Setting(UNKNOWN if "NotPrincipal" in held else _principals(held.get("Principal")), at),
        actions=Setting(_words(held.get("NotAction" if excluded else "Action", [])), at),
        resources=Setting(resources, at),
        conditioned=Setting(ABSENT, at, False) if condition in (None, {}) else Setting(True, at),
        excluded=excluded,
        narrowed=_narrowed(condition, at) if "WebIdentity" in str(held.get("Action")) else None,
    )


def _words(value: Value) -> tuple[str, ...] | Unknown:
    """The words of a list; UNKNOWN when one is, unless "*" is among them, which says all there is to say."""
    items = value if isinstance(value, list) else [value]
    known = tuple(item for item in items if isinstance(item, str))
    return known if len(known) == len(items) or "*" in known else UNKNOWN


def _principals(value: Value) -> tuple[str, ...] | Absent | Unknown:
    """Accounts and services as they are written, and identity providers with "web:" before them."""
    if value is None:
        return ABSENT
    if not isinstance(value, dict):
        return _words(value)
    found: list[str] = []
    for kind, named in value.items():
        known = _words(named)
        if isinstance(known, Unknown):
            if kind == "Federated":
                found.append("web:")  # whichever provider it is
                continue
            return UNKNOWN
        found += [f"web:{k}" if kind == "Federated" and "saml" not in k else k for k in known]
    return tuple(found)


def _narrowed(condition: Value, at: Location) -> Setting[bool]:
    """Whether a condition says which subjects, groups or audiences of an identity provider are meant.

    An audience alone narrows a provider of one's own (Cognito, EKS), and not one that all the world uses.
    """
    if not isinstance(condition, dict):
        return Setting(False if condition is None else UNKNOWN, at)
    keys = [key.lower() for test in condition.values() if isinstance(test, dict) for key in test]
    if any(isinstance(test, Unknown) for test in condition.values()) or "?" in condition:
        return Setting(UNKNOWN, at)
    audience_only = bool(keys) and all(key.endswith(":aud") for key in keys)
    shared = any(key.startswith(("token.actions.githubusercontent.com", "gitlab.com")) for key in keys)
    return Setting(bool(keys) and not (audience_only and shared), at)


def _searchable(resources: Resources) -> Iterator[Grant]:
    """Search domains that are in no network of their own: their access policy is all there is."""
    types = ("aws_opensearch_domain", "aws_elasticsearch_domain", "AWS::OpenSearchService::Domain",
             "AWS::Elasticsearch::Domain", "aws_opensearch_domain_policy", "aws_elasticsearch_domain_policy")  # fmt: skip
    for resource in resources.of(*types):
        key = of(resource, "access_policies", "AccessPolicies")
        network = of(resource, "vpc_options", "VPCOptions")
        logins = of(resource, "advanced_security_options/enabled", "AdvancedSecurityOptions/Enabled")
        owner = (
            resources.get(resource.refers_to("domain_name"))
            if resource.type.endswith("_policy")
            else resource
        )
        if owner is None or _in_network(owner, network) or owner.value(*path(logins)).value is not ABSENT:
            continue  # with fine-grained access control, OpenSearch asks for a login itself
        named = f"search domain `{resource.name}`"
        yield from statements(resource.value(key), "resource", named, _places(resource, key))


def _in_network(resource: Resource, key: str) -> bool:
    within = any(True for _ in resource.each(key)) or resource.value(key).value is not ABSENT
    return within or not resource.whole(key)


_ATTACHED = (
    ("aws_iam_role_policy_attachment", "policy_arn", "role"),
    ("aws_iam_user_policy_attachment", "policy_arn", "user"),
    ("aws_iam_group_policy_attachment", "policy_arn", "group"),
    ("aws_iam_policy_attachment", "policy_arn", "attachment"),
    ("aws_ssoadmin_managed_policy_attachment", "managed_policy_arn", "permission set"),
    ("aws_iam_role", "managed_policy_arns", "role"),
    ("aws_iam_role_policy_attachments_exclusive", "policy_arns", "role"),
    ("AWS::IAM::Role", "ManagedPolicyArns", "role"),
    ("AWS::IAM::User", "ManagedPolicyArns", "user"),
    ("AWS::IAM::Group", "ManagedPolicyArns", "group"),
    ("AWS::SSO::PermissionSet", "ManagedPolicies", "permission set"),
)


def _attached(resources: Resources) -> Iterator[Grant]:
    """AWS's own policies that are attached by their names."""
    for type_, key, what in _ATTACHED:
        for resource in resources.of(type_):
            held = resource.value(key)
            items = held.value if isinstance(held.value, list) else [held.value]
            for arn in items:
                if isinstance(arn, str) and ":iam::aws:policy/" in arn:
                    yield _managed(arn.rpartition("/")[2], f"{what} `{resource.name}`", held.at)


def _managed(policy: str, holder: str, at: Location) -> Grant:
    unsaid: Setting[tuple[str, ...]] = Setting(UNKNOWN, at)
    return Grant(
        at, holder=holder, kind="identity", effect=Setting("Allow", at), principals=unsaid, actions=unsaid, resources=unsaid, conditioned=Setting(False, at), managed=policy
    )  # fmt: skip


def _invoked(resources: Resources) -> Iterator[Grant | DataService]:
    """Who may call a function, or use its layer: one principal for each permission."""
    for resource in resources.of("aws_lambda_permission", "AWS::Lambda::Permission"):
        if of(resource, "function_url_auth_type", "FunctionUrlAuthType") and _for_url(resource):
            continue  # the URL's own authorisation is judged with the URL
        keys = of(resource, _SOURCES[0], _SOURCES[1]).split()
        narrowing = [setting(resource, key, lambda _: True) for key in keys]
        said = next((s for s in narrowing if s.value is not ABSENT), None)
        at = resource.block()
        named = resource.refers_to(of(resource, "function_name", "FunctionName")).rpartition(".")[2]
        yield Grant(
            at,
            holder=f"function `{named or resource.name}`",
            kind="invoke",
            effect=Setting("Allow", at),
            principals=setting(resource, of(resource, "principal", "Principal"), words),
            actions=setting(resource, of(resource, "action", "Action"), words),
            resources=Setting(UNKNOWN, at),
            conditioned=Setting(ABSENT, at, False) if said is None else Setting(True, said.at),
        )
    for resource in resources.of(
        "aws_lambda_layer_version_permission", "AWS::Lambda::LayerVersionPermission"
    ):
        who = setting(resource, of(resource, "principal", "Principal"), text)
        group = of(resource, "organization_id", "OrganizationId")
        if resource.value(group).value is ABSENT:
            state = Setting(who.value == "*" if isinstance(who.value, str) else UNKNOWN, who.at)
            yield DataService(resource.block(), service="Lambda layer", name=resource.name, public=state)


_SOURCES = (
    "source_arn source_account principal_org_id event_source_token",
    "SourceArn SourceAccount PrincipalOrgID EventSourceToken",
)


def _for_url(resource: Resource) -> bool:
    return resource.value(of(resource, "function_url_auth_type", "FunctionUrlAuthType")).value is not ABSENT
