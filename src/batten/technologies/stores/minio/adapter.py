"""MinIO: the file of variables that its unit reads, and the lines that fix it.

Sources: https://min.io/docs/minio/linux/reference/minio-server/settings.html, and the unit that MinIO's packages ship, which reads
/etc/default/minio and starts `minio server $MINIO_OPTS $MINIO_VOLUMES`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.formats.env import parse_env
from batten.formats.pairs import Pair
from batten.model import (
    Bind,
    Edit,
    Fix,
    Location,
    Problem,
    Remedy,
    RequireAuth,
    Safety,
    Setting,
    Span,
    Switch,
    TurnOff,
    TurnOn,
)
from batten.technologies import Unit
from batten.technologies.shared.settings.offers import secrets, unverified
from batten.technologies.shared.settings.settings import Entry, settings_of, whole_file
from batten.technologies.shared.stores.programs import Placed, Started, minio

_WORD = re.compile(r"[^\s\"']+")
_SECRETS = (
    "MINIO_ROOT_PASSWORD",
    "MINIO_SECRET_KEY",
    "MINIO_IDENTITY_LDAP_LOOKUP_BIND_PASSWORD",
    "MINIO_IDENTITY_OPENID_CLIENT_SECRET",
    "MINIO_IDENTITY_PLUGIN_TOKEN",
    "MINIO_POLICY_PLUGIN_AUTH_TOKEN",
    "MINIO_PROMETHEUS_AUTH_TOKEN",
    "MINIO_KMS_SECRET_KEY",
    "MINIO_KMS_API_KEY",
    "MINIO_KMS_KES_API_KEY",
    "MINIO_KMS_KES_KEY_PASSWORD",
    "MINIO_AUDIT_KAFKA_SASL_PASSWORD",
)
# One a target, whose name follows: MINIO_AUDIT_WEBHOOK_AUTH_TOKEN_PRIMARY.
_TOKENS = (
    "MINIO_AUDIT_WEBHOOK_AUTH_TOKEN",
    "MINIO_LOGGER_WEBHOOK_AUTH_TOKEN",
    "MINIO_LAMBDA_WEBHOOK_AUTH_TOKEN",
    "MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN",
    "MINIO_NOTIFY_KAFKA_SASL_PASSWORD",
    "MINIO_NOTIFY_MQTT_PASSWORD",
    "MINIO_NOTIFY_NATS_PASSWORD",
    "MINIO_NOTIFY_REDIS_PASSWORD",
    "MINIO_NOTIFY_ELASTICSEARCH_PASSWORD",
    "MINIO_NOTIFY_NATS_TOKEN",
)
# https://min.io/docs/minio/linux/reference/minio-server/settings/notifications.html: `user:password@tcp(…)`, or words of libpq.
_STRINGS = (
    "MINIO_NOTIFY_MYSQL_DSN_STRING",
    "MINIO_NOTIFY_POSTGRES_CONNECTION_STRING",
    "MINIO_NOTIFY_AMQP_URL",
)
_UNVERIFIED = (
    "MINIO_IDENTITY_LDAP_TLS_SKIP_VERIFY",
    "MINIO_AUDIT_KAFKA_TLS_SKIP_VERIFY",
    "MINIO_NOTIFY_KAFKA_TLS_SKIP_VERIFY",
    "MINIO_NOTIFY_NATS_TLS_SKIP_VERIFY",
    "MINIO_NOTIFY_NSQ_TLS_SKIP_VERIFY",
)
_ADDRESS = re.compile(r"(?P<name>--address(?:=|$))?(?P<host>.*):(?P<port>\d{1,5})")


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The server, its metrics, and the password that is written out. Raises SyntaxProblem and Unreadable."""
    pairs = workspace.document(unit.main, parse_env).tree
    given = [Entry(p.key, p.value or "", Location(unit.main, p.key, p.value_span)) for p in pairs]
    words = [
        word for pair in pairs if pair.key == "MINIO_OPTS" for word in _words(unit.main, workspace, pair)
    ]
    at = whole_file(unit.main, workspace)
    yield from minio(Started(at=at, words=words, variables={g.key: g.setting for g in given}, complete=True))
    found = settings_of(at, given).found.values()
    for one in found:
        if one.key.startswith(_UNVERIFIED) and one.truth is True:
            yield from unverified(Setting(False, one.at))
    if not unit.main.endswith(".env"):  # which environment files are read for, too
        yield from secrets(g for g in found if _holds(g))


def _holds(given: Entry) -> bool:
    """Whether the variable is a credential, or a connection string that has one."""
    if given.key.startswith(_STRINGS):
        login, sign, _ = given.value.rpartition("@")
        return "password=" in given.value.lower() or (bool(sign) and ":" in login.rpartition("//")[2])
    return given.key in _SECRETS or given.key.startswith(_TOKENS)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The variables that the file sets."""
    for pair in workspace.document(unit.main, parse_env).tree:
        yield pair.key, Location(unit.main, pair.key, pair.value_span)


def _words(path: str, workspace: Workspace, pair: Pair) -> Iterator[Placed]:
    """The words of the options, each with its place."""
    text = workspace.text(path).text
    for found in _WORD.finditer(text, pair.value_span.start, pair.value_span.end):
        yield found[0], Location(path, "MINIO_OPTS", Span(*found.span()))


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true, or None."""
    text = workspace.text(at.source).text[at.span.start : at.span.end] if at.span is not None else ""
    match remedy:
        case Bind(addresses) if at.span is not None and at.pointer.endswith("[address]"):
            found = _ADDRESS.fullmatch(text)
            if found is None:
                return None
            edit = Edit(at.source, at.span, f"{found['name'] or ''}{addresses[0]}:{found['port']}")
            return _risky("listen on loopback only", edit, "clients on other machines")
        case Bind():
            question = "which address do clients use? write `--address` with it into MINIO_OPTS"
            return Fix("listen on one address", (), safety=Safety.VALUE, question=question)
        case TurnOff(Switch.METRICS) if at.span is not None:
            quote = text[:1] if text[:1] in ("'", '"') else ""
            edit = Edit(at.source, at.span, f"{quote}jwt{quote}")
            return _risky("require a token of those who read metrics", edit, "monitoring without a token")
        case TurnOn(Switch.VERIFY_TLS) if at.span is not None:
            quote = text[:1] if text[:1] in ("'", '"') else ""
            edit = Edit(at.source, at.span, f"{quote}off{quote}")
            return _risky(
                "verify the server's certificate", edit, "servers with certificates of unknown authorities"
            )
        case RequireAuth():
            question = (
                "which password has the first user? keep it in a file that MINIO_ROOT_PASSWORD_FILE names"
            )
            return Fix("set a password", (), safety=Safety.VALUE, question=question)
        case _:
            return None


def _risky(title: str, edit: Edit, breaks: str) -> Fix:
    return Fix(title, (edit,), safety=Safety.RISKY, breaks=breaks)
