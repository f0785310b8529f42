"""Parameter groups of databases: TLS, and records of what is done.

Defaults by family: Amazon RDS user guide ("Requiring an SSL connection" for PostgreSQL: on since 15; "Requiring SSL/TLS for all
connections" for MariaDB: a parameter since 10.5, on since 11.8; for MySQL: off up to 8.4, on in 9.7), Aurora user guide
(PostgreSQL: on since 17; "Comparing Aurora MySQL version 3 and Aurora MySQL version 8.4": on in 8.4), Redshift management guide
(`require_ssl`: off in the family redshift-1.0), DocumentDB developer guide (`tls`: on).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AuditLog, DataService, Fact
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies.shared.aws.resource import Resource, Resources
from batten.technologies.shared.aws.settings import of, setting, text

_TLS = {"rds.force_ssl": "0", "require_secure_transport": "off", "tls": "disabled", "require_ssl": "false"}
_AUDIT = {
    "audit_logs": "statements: `audit_logs` is off",
    "neptune_enable_audit_log": "statements: `neptune_enable_audit_log` is off",
    "enable_user_activity_logging": "statements of users: `enable_user_activity_logging` is off",
    "log_connections": "connections: `log_connections` is off",
    "log_disconnections": "connections: `log_disconnections` is off",
    "server_audit_logging": "statements: `server_audit_logging` is off",
}
GROUPS = ("aws_db_parameter_group", "aws_rds_cluster_parameter_group", "aws_docdb_cluster_parameter_group",
           "aws_redshift_parameter_group", "aws_neptune_cluster_parameter_group", "AWS::RDS::DBParameterGroup",
           "AWS::RDS::DBClusterParameterGroup", "AWS::DocDB::DBClusterParameterGroup",
           "AWS::Redshift::ClusterParameterGroup", "AWS::Neptune::DBClusterParameterGroup")  # fmt: skip
_CLUSTERS = ("aws_rds_cluster_parameter_group", "AWS::RDS::DBClusterParameterGroup")
# Families in which clients may connect without TLS where no parameter says otherwise, and the parameter that does.
_PLAIN = (
    (re.compile(r"postgres(?:9\.\d|1[0-4])$"), "rds.force_ssl"),
    (re.compile(r"aurora-postgresql(?:9\.6|1[0-6])$"), "rds.force_ssl"),
    (re.compile(r"sqlserver-"), "rds.force_ssl"),
    # MySQL has the parameter since 5.7 (MySQL 5.7 reference manual, "Server System Variables").
    (re.compile(r"mysql(?:5\.7|8\.[04])$"), "require_secure_transport"),
    (re.compile(r"aurora-mysql(?:5\.7|8\.0)$"), "require_secure_transport"),
    (re.compile(r"mariadb(?:10\.(?:[5-9]|1\d)|11\.4)$"), "require_secure_transport"),
    (re.compile(r"redshift-1\.0$"), "require_ssl"),
)


def facts(resources: Resources) -> Iterator[Fact]:
    for group in resources.of(*GROUPS):
        names = set()
        for name, value in _listed(group):
            names.add(name)
            if name and value.is_known:
                word = value.known("").lower()
                if name in _TLS:
                    on = word not in (_TLS[name], "false", "0")
                    yield DataService(
                        group.block(),
                        service="parameter group",
                        name=group.name,
                        in_transit=Setting(on, value.at),
                    )
                if name in _AUDIT:
                    on = word not in ("0", "off", "false", "disabled", "none")
                    yield AuditLog(group.block(), what=_AUDIT[name], on=Setting(on, value.at))
        if "" not in names and group.whole(of(group, "parameter", "Parameters")):
            parameter = needed(group)
            if parameter and parameter not in names:
                at = group.block()
                off: Setting[bool] = Setting(ABSENT, at, False)
                yield DataService(at, service="parameter group", name=group.name, in_transit=off)


def _listed(group: Resource) -> Iterator[tuple[str, Setting[str]]]:
    """Parameters with their values: blocks of Terraform; a map in templates, and a list of Redshift's."""
    if group.language == "terraform":
        for parameter in group.each("parameter"):
            yield setting(parameter, "name", text).known(""), setting(parameter, "value", _plain)
        return
    held = group.value("Parameters").value
    if isinstance(held, list):
        for parameter in group.each("Parameters"):
            name = setting(parameter, "ParameterName", text).known("")
            yield name, setting(parameter, "ParameterValue", _plain)
    for name in held if isinstance(held, dict) else ():
        found = group.value("Parameters", name)
        yield name, Setting(UNKNOWN if isinstance(found.value, Unknown) else _plain(found.value), found.at)


def needed(group: Resource) -> str:
    """The parameter without which clients of this family may connect without TLS; "" where there is none."""
    family = setting(group, _family(group), text).known("").lower()
    of_cluster = family.startswith("aurora") == (group.type in _CLUSTERS)
    found = next((name for pattern, name in _PLAIN if pattern.match(family)), "")
    return found if of_cluster else ""


def _family(group: Resource) -> str:
    if group.type == "AWS::Redshift::ClusterParameterGroup":
        return "ParameterGroupFamily"
    return of(group, "family", "Family")


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
