"""Settings of stores, by the vendor's names, and the values that leave something open.

Sources: https://www.postgresql.org/docs/current/runtime-config.html, https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html,
https://mariadb.com/docs/server/server-management/variables-and-modes/server-system-variables,
https://docs.memcached.org, https://etcd.io/docs/latest/op-guide/configuration/, https://redis.io/docs/latest/operate/oss_and_stack/management/config/
"""

from __future__ import annotations

from collections.abc import Callable

from batten.controls._store_remedies import AskOption, SetOption
from batten.controls.application import DebugOff
from batten.controls.contract import AuthSchemeModern
from batten.controls.exposure import AccessLogged
from batten.controls.stores import StoreEncrypted, StoreHardened
from batten.model import Case, Remedy, Severity
from batten.model.record import record

_CERTIFICATE = "which certificate and key? They are files that only the server's account reads"


@record
class Row:
    """A setting of some products, and whether a value of it (in lower case, the default where none is written) is wrong.

    `remote`: only where clients on other machines can connect.
    """

    products: tuple[str, ...]
    option: str
    wrong: Callable[[str], bool]
    case: Case
    message: str
    remedy: Remedy | None = None
    severity: Severity | None = None
    remote: bool = False


def _is(*values: str) -> Callable[[str], bool]:
    return frozenset(values).__contains__


_OFF = _is("off", "0", "false", "no")
_ON = _is("on", "1", "true", "yes", "")
_LOW, _INFO, _MEDIUM, _HIGH = Severity.LOW, Severity.INFO, Severity.MEDIUM, Severity.HIGH
_PG = ("postgresql",)


def _postgresql(
    option: str, wrong: Callable[[str], bool], message: str, value: str, breaks: str,
    severity: Severity | None = None, case: Case = StoreHardened.UNSAFE,
) -> Row:  # fmt: skip
    return Row(_PG, option, wrong, case, message, SetOption(option, value, breaks), severity)


POSTGRESQL: tuple[Row, ...] = (
    Row(_PG, "ssl", _OFF, StoreEncrypted.NO_TLS, "postgresql listens for other machines without TLS",
        AskOption("turn on TLS", f"{_CERTIFICATE} (ssl = on, ssl_cert_file, ssl_key_file)"), remote=True),
    _postgresql("password_encryption", _is("md5", "on", "off"), "new passwords are stored as MD5 hashes, which are as good as the password for a login",
                "scram-sha-256", "clients whose driver does not support SCRAM, once their passwords are set again", _MEDIUM, AuthSchemeModern.STORE),
    _postgresql("log_connections", _OFF, "connections are not logged", "on", "", None, AccessLogged.LOGINS),
    _postgresql("log_min_messages", _is("fatal", "panic", "log"), "the server log leaves out errors", "warning", "", None, AccessLogged.ERRORS),
    _postgresql("log_min_error_statement", _is("fatal", "panic", "log"), "statements that fail are not logged", "error", "", _INFO, AccessLogged.ERRORS),
    _postgresql("log_statement", _is("all"), "every statement is logged with the values in it", "ddl", "people who read statements in the log", None, AccessLogged.CREDENTIALS),
    _postgresql("log_min_duration_statement", _is("0"), "every statement is logged with the values in it", "1000", "people who read statements in the log", None, AccessLogged.CREDENTIALS),
    *(_postgresql(name, _ON, f"`{name}` writes the trees of all statements to the log", "off", "people who read them", _LOW, DebugOff.LOG)
      for name in ("debug_print_parse", "debug_print_rewritten", "debug_print_plan")),
    _postgresql("allow_system_table_mods", _ON, "superusers can change the structure of system tables", "off", "programs that change system tables"),
    _postgresql("standard_conforming_strings", _OFF, "a backslash in a string is an escape, which code that quotes as the standard says does not expect (SQL injection)", "on", "clients that write backslash escapes", _MEDIUM),
    _postgresql("backslash_quote", _is("on", "1", "true", "yes"), "`\\'` is accepted as a quote in every encoding, which defeats escaping in some (SQL injection)", "safe_encoding", "clients with an encoding that allows backslashes inside characters", _MEDIUM),
    _postgresql("lo_compat_privileges", _ON, "every user can read and change all large objects", "off", "users without a privilege on the large objects that they use", _MEDIUM),
    _postgresql("db_user_namespace", _ON, "user names are per database, which rules for logins do not expect", "off", "users that are named user@database"),
    _postgresql("bonjour", _ON, "the server announces itself on the network", "off", "clients that look for it by Bonjour"),
    _postgresql("ssl_prefer_server_ciphers", _OFF, "clients choose the cipher suite", "on", "", _INFO),
    Row(_PG, "log_file_mode", lambda v: v[-1:] in "4567" and v.isdecimal(), StoreHardened.UNSAFE, "every user of the machine can read the server log",
        SetOption("log_file_mode", "0640", "local programs that read the log as another user")),
)  # fmt: skip

ROWS: tuple[Row, ...] = POSTGRESQL
