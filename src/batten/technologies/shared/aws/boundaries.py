"""Permissions boundaries: what limits the permissions that policies give to a role or user.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from batten.facts import Boundary
from batten.model import UNKNOWN, Absent, Unknown
from batten.technologies.shared.aws.access.documents import Statement, complete, statements
from batten.technologies.shared.aws.access.verdicts import powers
from batten.technologies.shared.aws.resource import Resource, Resources
from batten.technologies.shared.aws.settings import of

ATTACHED = {  # resource: the keys of the policy and of what it is given to
    "aws_iam_role_policy_attachment": ("policy_arn", "role"),
    "aws_iam_user_policy_attachment": ("policy_arn", "user"),
    "aws_iam_role_policy_attachments_exclusive": ("policy_arns", "role_name"),
}
_INLINE = {"aws_iam_role_policy": "role", "aws_iam_user_policy": "user"}
_IDENTITIES = ("aws_iam_role", "aws_iam_user", "AWS::IAM::Role", "AWS::IAM::User")
_CLIMBING = ("*", "iam:*")


def boundary_of(holder: Resource, resources: Resources) -> Boundary | None:
    """The boundary that all who have a policy are within: of a role or user itself, an inline policy's, or that of every
    role and user that a managed policy is attached to. None where one has none, or may have none."""
    if holder.type in _IDENTITIES:
        return _limit(holder, resources)
    if holder.type in ATTACHED:
        return _limit(resources.get(holder.refers_to(ATTACHED[holder.type][1])), resources)
    if holder.type in _INLINE:
        return _limit(resources.get(holder.refers_to(_INLINE[holder.type])), resources)
    if holder.type != "aws_iam_policy":
        return None
    users = resources.users(holder.address) or ()
    found = [boundary_of(user, resources) if user.type in ATTACHED else None for user in users]
    return (
        next((b for b in found if b is not None and not b.narrow), found[0]) if found and all(found) else None
    )


def _limit(identity: Resource | None, resources: Resources) -> Boundary | None:
    if identity is None or identity.type not in _IDENTITIES:
        return None
    key = of(identity, "permissions_boundary", "PermissionsBoundary")
    policy = resources.get(identity.refers_to(key))
    if policy is None:
        written = identity.value(key).value
        named = isinstance(written, str) and ":policy/" in written
        return Boundary(str(written).rpartition("/")[2]) if named else None
    document = policy.value(of(policy, "policy", "PolicyDocument")).value
    document = UNKNOWN if isinstance(document, Absent) else document
    every = [] if isinstance(document, Unknown) else statements(document)
    wide = [one for one in every if _climbs(every, one)]
    if any(map(_whole, wide)):
        # Whether a boundary denies changes of identities.
        words = [a for one in every if one.effect == "Deny" for a in one.actions]
        denies = any(isinstance(a, str) and a.lower().startswith(("iam:", "sts:")) for a in words)
        if not denies:
            return None  # it limits nothing that matters here
    known = bool(every) and complete(document) and not wide
    return Boundary(policy.name, narrow=known)


def _climbs(every: list[Statement], one: Statement) -> bool:
    """Whether a statement may allow changes of every role and policy."""
    if one.effect != "Allow" or not ("*" in one.shapes or UNKNOWN in one.shapes or one.beside):
        return False
    actions, _ = powers(every, one)
    return one.other or UNKNOWN in one.actions or any(a.lower() in _CLIMBING for a in actions)


def _whole(one: Statement) -> bool:
    return not one.other and not one.conditions
