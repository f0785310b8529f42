"""Remedies for a template: properties set in place, or resources beside what they are about."""

from __future__ import annotations

from batten.controls.cloud import LogTo
from batten.formats.document import Uneditable
from batten.model import Fix, Location, Remedy, Switch
from batten.model import remedy as want
from batten.technologies.cloud.cloudformation import (
    access_remedies,
    bucket_remedies,
    cors_remedies,
    edge_remedies,
    header_remedies,
    log_remedies,
    parameter_remedies,
    task_remedies,
    version_remedies,
)
from batten.technologies.cloud.cloudformation.buckets import BUCKET
from batten.technologies.cloud.cloudformation.changes import changed, option_set
from batten.technologies.cloud.cloudformation.edge_remedies import LISTENER
from batten.technologies.cloud.cloudformation.resources import Resource, Stack
from batten.technologies.cloud.cloudformation.secret_remedies import referenced
from batten.technologies.cloud.cloudformation.task_remedies import TASKS
from batten.technologies.shared.aws.parameters import GROUPS


def fix_of(stack: Stack, remedy: Remedy, at: Location) -> Fix | None:
    if at.span is None:
        return None
    try:
        if isinstance(remedy, want.RequireAuth) and remedy.secret:
            return referenced(stack.template, at)
        resource = owner(stack, at)
        if resource is None:
            return None
        if resource.type == BUCKET:
            return bucket_remedies.fix_of(stack, resource, remedy, at)
        if resource.type in TASKS and not at.pointer.startswith(f"{resource.address}/Volumes"):
            return task_remedies.fix_of(resource, remedy, at)
        if isinstance(remedy, want.SetHeader | want.RemoveHeader):
            return header_remedies.fix_of(resource, remedy, at)
        if resource.type == "AWS::ElasticBeanstalk::Environment":
            return option_set(resource, at)
        if resource.type in GROUPS:
            return parameter_remedies.fix_of(resource, remedy, at)
        if isinstance(remedy, want.AllowOrigins | want.AllowMethods | want.AllowHeaders):
            return cors_remedies.fix_of(resource, remedy, at)
        alike = stack.addresses[resource.address]  # what SAM makes of one
        fixes = [fix for one in alike if (fix := _joined(stack, one, remedy, at) or changed(one, remedy, at))]
        return next((fix for fix in fixes if fix.edits), fixes[0] if fixes else None)
    except Uneditable:
        return None  # an anchor that others share, a list written as one item …


def owner(stack: Stack, at: Location) -> Resource | None:
    """The resource that a place is in: the innermost that its pointer names."""
    address = at.pointer
    while address and address not in stack.addresses:
        address = address[: max(address.rfind("/"), address.rfind("["), 0)]
    return stack.addresses[address][0] if address else None


def _joined(stack: Stack, resource: Resource, remedy: Remedy, at: Location) -> Fix | None:
    """Changes that need more than keys of the one resource."""
    match remedy:
        case want.RequireAuth():
            return access_remedies.inherited(resource, at)
        case want.RedirectToTls() if resource.type == LISTENER:
            return edge_remedies.redirected(stack, resource)
        case want.MinimumTls() if resource.type == edge_remedies.CLASSIC:
            return edge_remedies.negotiated(resource, at)
        case want.TurnOn(Switch.SOURCE_NAMED):
            return access_remedies.source_named(resource)
        case want.TurnOn(Switch.AUDIT_LOG) if resource.type == "AWS::EKS::Cluster":
            return log_remedies.cluster_logged(resource)
        case want.TurnOn(Switch.ACCESS_LOG):
            return log_remedies.stage_logged(resource)
        case LogTo(bucket) if resource.type == "AWS::EC2::VPC":
            return log_remedies.network_logged(resource, bucket)
        case want.TurnOff(Switch.INVALID_HEADERS):
            return edge_remedies.refused(resource, at)
        case want.TurnOff(Switch.DEBUG):
            return task_remedies.debug_off(resource, at)
        case want.Pin(version):
            return version_remedies.pinned(resource.template, at, version)
    return None
