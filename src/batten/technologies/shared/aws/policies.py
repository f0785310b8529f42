"""Policies of identities, resources and roles, as grants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.facts import DataService, Grant
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.technologies.shared.aws.access.documents import Statement, Word, statements
from batten.technologies.shared.aws.access.verdicts import admission, powers
from batten.technologies.shared.aws.boundaries import boundary_of
from batten.technologies.shared.aws.holders import HOLDERS, Holder
from batten.technologies.shared.aws.permissions import permissions
from batten.technologies.shared.aws.resource import Resource, Resources, Value
from batten.technologies.shared.aws.settings import of, path, setting, truth


def grants(resources: Resources) -> Iterator[Grant | DataService]:
    # The policies that are permissions boundaries, which limit what others grant, by their addresses. Source:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    users = resources.of("aws_iam_role", "aws_iam_user", "AWS::IAM::Role", "AWS::IAM::User")
    bounding = {u.refers_to(of(u, "permissions_boundary", "PermissionsBoundary")) for u in users}
    policies = resources.of("aws_iam_policy", "AWS::IAM::ManagedPolicy")
    named = {policy.address for policy in policies if "boundar" in policy.name.lower()}
    attached = {r.refers_to(key) for type_, key, _ in _ATTACHED for r in resources.of(type_)}
    limits = (bounding | named) - attached - {""}
    for holder in HOLDERS:
        for resource in resources.of(*filter(None, holder.types)):
            if resource.address in limits:
                continue
            within = of(resource, *holder.within)
            for inner in resource.each(*path(within)) if within else (resource,):
                yield from _held(holder, resource, inner, resources)
    yield from _searchable(resources)
    yield from _attached(resources)
    for permission in permissions(resources):
        if isinstance(permission, DataService):
            yield permission
        else:
            for grant in grants_of(permission.policy, permission.kind, permission.holder):
                yield replace(grant, at=permission.policy.at)


def _held(holder: Holder, resource: Resource, inner: Resource, resources: Resources) -> Iterator[Grant]:
    key = of(resource, *holder.keys)
    if key:
        # Whether the service rejects, or does not use, a policy that is for everyone.
        refused_key = of(resource, *holder.refuses)
        refused = bool(refused_key) and setting(resource, refused_key, truth, holder.refused).known(True)
        if not refused:
            named = f"{holder.what} `{resource.name}`"
            found = grants_of(
                inner.value(*path(key)), holder.kind, named, inner.parts(*path(key), "Statement")
            )
            limit = boundary_of(resource, resources) if holder.kind == "identity" else None
            yield from (replace(grant, boundary=limit) for grant in found)


def placed(policy: Setting[Value], written: list[Location] | None = None) -> list[tuple[Statement, Location]]:
    """The statements of a policy document, each with its place. One that is a text is read as JSON."""
    value = UNKNOWN if policy.value is ABSENT else policy.value
    found = [] if isinstance(value, Unknown) else statements(value)
    at = written if written and len(written) == len(found) else [policy.at] * len(found)
    return [
        (one, replace(place, pointer=f"{policy.at.pointer}/statement[{one.sid or number}]"))
        for number, (one, place) in enumerate(zip(found, at, strict=True))
    ]


def admits_outsiders(policy: Setting[Value]) -> bool:
    """Whether a resource's policy lets everyone, or every AWS account, use it for sure."""
    every = [one for one, _ in placed(policy)]
    return any(admission(every, one).public for one in every)


def grants_of(
    policy: Setting[Value], kind: str, holder: str, written: list[Location] | None = None
) -> Iterator[Grant]:
    """What each statement of a policy grants; what is not known is none."""
    found = placed(policy, written)
    every = [one for one, _ in found]
    for one, at in found:
        allows = kind != "identity"
        actions, conditioned = (_known(one.actions), False) if allows else powers(every, one)
        yield Grant(
            at,
            holder=holder,
            kind=kind,
            effect=Setting(one.effect, at),
            admits=admission(every, one, trust=kind == "trust") if allows else None,
            actions=Setting(actions, at),
            resources=Setting(("*",) if one.beside else _known(one.shapes), at),
            conditioned=Setting(conditioned or one.beside, at),
            excluded=one.other and bool(actions),
        )


def _known(words: tuple[Word, ...]) -> tuple[str, ...] | Unknown:
    """The words of a list; UNKNOWN when one is, unless "*" is among them, which says all there is to say."""
    known = tuple(word for word in words if isinstance(word, str))
    return known if len(known) == len(words) or "*" in known else UNKNOWN


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
        if owner is None or _in_network(owner, network) or setting(owner, logins, truth, False).known(True):
            continue  # with fine-grained access control, OpenSearch asks for a login itself
        named = f"search domain `{resource.name}`"
        yield from grants_of(resource.value(key), "resource", named, resource.parts(*path(key), "Statement"))


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
                    policy = arn.rpartition("/")[2]
                    at = held.at
                    unsaid: Setting[tuple[str, ...]] = Setting(UNKNOWN, at)
                    grant = Grant(
                        at,
                        holder=f"{what} `{resource.name}`",
                        kind="identity",
                        effect=Setting("Allow", at),
                        actions=unsaid,
                        resources=unsaid,
                        conditioned=Setting(False, at),
                        managed=policy,
                    )
                    yield replace(grant, boundary=boundary_of(resource, resources))
