"""Parameters of databases: a map in most groups, a list in Redshift's."""

from __future__ import annotations

from batten.formats.tree import Plain
from batten.model import Fix, Kind, Location, Remedy, Safety, Switch, TurnOn
from batten.technologies.cloud.cloudformation.edits import add_item, path_to, put
from batten.technologies.cloud.cloudformation.resources import Resource
from batten.technologies.shared.aws.parameters import GROUPS, needed

_REDSHIFT = "AWS::Redshift::ClusterParameterGroup"
# Whatever is right for each parameter.
_RIGHT = {
    "rds.force_ssl": "1", "require_secure_transport": "ON", "tls": "enabled", "require_ssl": "true", "audit_logs": "enabled",
    "neptune_enable_audit_log": "1", "enable_user_activity_logging": "true", "log_connections": "1",
    "log_disconnections": "1", "server_audit_logging": "1",
}  # fmt: skip


def fix_of(group: Resource, remedy: Remedy, at: Location) -> Fix | None:
    match remedy:
        case TurnOn(Switch.ENCRYPTION_IN_TRANSIT):
            title, breaks = "require TLS for connections", "clients that connect without TLS"
        case TurnOn(Switch.AUDIT_LOG):
            title, breaks = "record activity", "the space for logs, and some speed"
        case _:
            return None
    if group.type not in GROUPS:
        return None
    template = group.template
    written = group.written("Parameters")
    path = path_to(template, at.span) if at.kind is Kind.VALUE and at.span is not None else None
    if path is not None:
        name = path[-1] if path[-1] != "ParameterValue" else template.plain_at((*path[:-1], "ParameterName"))
        edits = put(template, path, _RIGHT[str(name)]) if name in _RIGHT else []
    elif written is not None and at.kind is Kind.BLOCK:
        name = needed(group)
        listed: dict[str, Plain] = {"ParameterName": name, "ParameterValue": _RIGHT[name]}
        if group.type != _REDSHIFT:
            edits = put(template, (*written, name), _RIGHT[name])
        else:
            edits = (
                add_item(template, written, listed)
                if template.has(written)
                else put(template, written, [listed])
            )
    else:
        return None
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks) if edits else None
