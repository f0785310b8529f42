"""Parameter groups of databases: TLS, and records of what is done.

Defaults by family: Amazon RDS user guide ("Requiring an SSL connection" for PostgreSQL: on since 15; for MariaDB: on since 11.8; MySQL:
on since 8.4), Aurora user guide (PostgreSQL: on since 17), Redshift management guide (`require_ssl`: off in the family redshift-1.0),
DocumentDB developer guide (`tls`: on).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AuditLog, DataService, Fact
from batten.model import ABSENT, Setting
from batten.technologies._aws.resource import Resource, Resources
from batten.technologies._aws.settings import of, setting, text

_TLS = {"rds.force_ssl": "0", "require_secure_transport": "off", "tls": "disabled", "require_ssl": "false"}
_AUDIT = {
    "audit_logs": "statements: `audit_logs` is off",
    "neptune_enable_audit_log": "statements: `neptune_enable_audit_log` is off",
    "enable_user_activity_logging": "statements of users: `enable_user_activity_logging` is off",
    "log_connections": "connections: `log_connections` is off",
    "log_disconnections": "connections: `log_disconnections` is off",
    "server_audit_logging": "statements: `server_audit_logging` is off",
}
_GROUPS = ("aws_db_parameter_group", "aws_rds_cluster_parameter_group", "aws_docdb_cluster_parameter_group",
           "aws_redshift_parameter_group", "aws_neptune_cluster_parameter_group")  # fmt: skip
# Families in which clients may connect without TLS where no parameter says otherwise, and the parameter that does.
_PLAIN = (
    (re.compile(r"postgres(?:9\.\d|1[0-4])$"), "rds.force_ssl"),
    (re.compile(r"aurora-postgresql(?:9\.6|1[0-6])$"), "rds.force_ssl"),
    (re.compile(r"sqlserver-"), "rds.force_ssl"),
    (re.compile(r"(?:aurora-)?mysql(?:5\.[67]|8\.0)$"), "require_secure_transport"),
    (re.compile(r"mariadb(?:10\.\d+|11\.4)$"), "require_secure_transport"),
    (re.compile(r"redshift-1\.0$"), "require_ssl"),
)


def facts(resources: Resources) -> Iterator[Fact]:
    for group in resources.of(*_GROUPS):
        names = set()
        for parameter in group.each("parameter"):
            name = setting(parameter, "name", text).known("")
            names.add(name)
            value = setting(parameter, "value", _plain)
            if name and value.is_known:
                yield from _parameter(group, name, value)
        if "" not in names and group.whole("parameter"):
            yield from _unwritten(group, names)


def _parameter(group: Resource, name: str, value: Setting[str]) -> Iterator[Fact]:
    word = value.known("").lower()
    if name in _TLS:
        on = word not in (_TLS[name], "false", "0")
        yield DataService(
            group.block(), service="parameter group", name=group.name, in_transit=Setting(on, value.at)
        )
    if name in _AUDIT:
        on = word not in ("0", "off", "false", "disabled", "none")
        yield AuditLog(group.block(), _AUDIT[name], Setting(on, value.at))


def _unwritten(group: Resource, names: set[str]) -> Iterator[DataService]:
    family = setting(group, of(group, "family", "Family"), text).known("").lower()
    parameter = next((name for pattern, name in _PLAIN if pattern.match(family)), "")
    of_cluster = family.startswith("aurora") == (group.type == "aws_rds_cluster_parameter_group")
    if parameter and parameter not in names and of_cluster:
        at = group.block()
        off: Setting[bool] = Setting(ABSENT, at, False)
        yield DataService(at, service="parameter group", name=group.name, in_transit=off)


def _plain(value: object) -> str:
    return str(value)
