"""Settings of stores, by the vendor's names, and the values that leave something open.

Sources: https://www.postgresql.org/docs/current/runtime-config.html, https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html,
https://mariadb.com/docs/server/server-management/variables-and-modes/server-system-variables,
https://docs.memcached.org, https://clickhouse.com/docs/operations/server-configuration-parameters/settings,
https://etcd.io/docs/latest/op-guide/configuration/, https://redis.io/docs/latest/operate/oss_and_stack/management/config/
"""

from __future__ import annotations

from collections.abc import Callable

from batten.controls._store_remedies import AskOption, SetOption
from batten.controls.application import DebugOff
from batten.controls.contract import AuthSchemeModern
from batten.controls.exposure import AccessLogged
from batten.controls.requests import HostHeaderChecked
from batten.controls.stores import StoreAuthenticated, StoreEncrypted, StoreHardened, StorePrivate
from batten.model import Bind, Case, Remedy, Severity
from batten.model.record import record

_CERTIFICATE = "which certificate and key? They are files that only the server's account reads"


@record
class StoreSetting:
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
) -> StoreSetting:  # fmt: skip
    return StoreSetting(_PG, option, wrong, case, message, SetOption(option, value, breaks), severity)


POSTGRESQL: tuple[StoreSetting, ...] = (
    StoreSetting(_PG, "ssl", _OFF, StoreEncrypted.NO_TLS, "postgresql listens for other machines without TLS",
        AskOption("turn on TLS", f"{_CERTIFICATE} (ssl = on, ssl_cert_file, ssl_key_file)"), remote=True),
    _postgresql("password_encryption", _is("md5", "on", "off"), "new passwords are stored as MD5 hashes, which are as good as the password for a login",
                "scram-sha-256", "clients whose driver does not support SCRAM, once their passwords are set again", _MEDIUM, AuthSchemeModern.STORE),
    StoreSetting(_PG, "POSTGRES_HOST_AUTH_METHOD", _is("md5", "password"), AuthSchemeModern.STORE,
        "clients log in with MD5 hashes, or with the password itself", SetOption("POSTGRES_HOST_AUTH_METHOD", "scram-sha-256", "clients whose driver does not support SCRAM; a store with existing data keeps its rules"), _LOW),
    _postgresql("log_connections", _OFF, "connections are not logged", "on", "", None, AccessLogged.LOGINS),
    _postgresql("log_min_messages", _is("fatal", "panic", "log"), "the server log leaves out errors", "warning", "", None, AccessLogged.ERRORS),
    _postgresql("log_min_error_statement", _is("fatal", "panic", "log"), "statements that fail are not logged", "error", "", _INFO, AccessLogged.ERRORS),
    _postgresql("log_statement", _is("all"), "every statement is logged with the values in it", "ddl", "people who read statements in the log", None, AccessLogged.CREDENTIALS),
    _postgresql("log_min_duration_statement", _is("0"), "every statement is logged with the values in it", "1000", "people who read statements in the log", None, AccessLogged.CREDENTIALS),
    *(_postgresql(name, _ON, f"`{name}` writes the trees of all statements to the log", "off", "people who read them", _LOW, DebugOff.LOG)
      for name in ("debug_print_parse", "debug_print_rewritten", "debug_print_plan")),
    _postgresql("allow_system_table_mods", _ON, "superusers can change the structure of system tables", "off", "programs that change system tables"),
    _postgresql("standard_conforming_strings", _OFF, "a backslash in a string is an escape, which code that quotes as the standard says does not expect (SQL injection)", "on", "clients that write backslash escapes"),
    _postgresql("backslash_quote", _is("on", "1", "true", "yes"), "`\\'` is accepted as a quote in every encoding, which defeats escaping in some (SQL injection)", "safe_encoding", "clients with an encoding that allows backslashes inside characters"),
    _postgresql("lo_compat_privileges", _ON, "every user can read and change all large objects", "off", "users without a privilege on the large objects that they use"),
    _postgresql("db_user_namespace", _ON, "user names are per database, which rules for logins do not expect", "off", "users that are named user@database"),
    _postgresql("bonjour", _ON, "the server announces itself on the network", "off", "clients that look for it by Bonjour"),
    _postgresql("ssl_prefer_server_ciphers", _OFF, "clients choose the cipher suite", "on", "", _INFO),
    StoreSetting(_PG, "log_file_mode", lambda v: v[-1:] in "4567" and v.isdecimal(), StoreHardened.UNSAFE, "every user of the machine can read the server log",
        SetOption("log_file_mode", "0640", "local programs that read the log as another user")),
)  # fmt: skip

_MYSQL, _MARIADB = ("mysql",), ("mariadb",)
_BOTH = (*_MYSQL, *_MARIADB)


def _sql(
    products: tuple[str, ...], option: str, wrong: Callable[[str], bool], message: str, value: str, breaks: str,
    severity: Severity | None = None, case: Case = StoreHardened.UNSAFE,
) -> StoreSetting:  # fmt: skip
    return StoreSetting(products, option, wrong, case, message, SetOption(option, value, breaks), severity)


_NATIVE = (
    "clients log in with mysql_native_password, whose SHA-1 hashes are as good as the password for a login"
)
MYSQL: tuple[StoreSetting, ...] = (
    _sql(_BOTH, "local_infile", _ON, "a client can be made to send its files to the server (LOAD DATA LOCAL)", "OFF", "clients that use LOAD DATA LOCAL"),
    _sql(_MYSQL, "secure_file_priv", _is(""), "users with the privilege FILE can read and write files in every folder", "NULL", "statements that import or export files"),
    StoreSetting(_MARIADB, "secure_file_priv", _is(""), StoreHardened.UNSAFE, "users with the privilege FILE can read and write files in every folder",
        AskOption("confine the privilege FILE", "which folder may be imported from and exported to (secure_file_priv)?")),
    _sql(_MYSQL, "symbolic_links", _ON, "tables may be symbolic links to files elsewhere", "OFF", "tables that are such links"),
    _sql(_BOTH, "allow_suspicious_udfs", _ON, "any function of a shared library can be loaded, `exit` among them", "OFF", "functions without an init or deinit symbol"),
    _sql(_BOTH, "old_passwords", _is("1", "on", "true"), "new passwords are stored as hashes of MySQL 4.0", "0", "clients older than MySQL 4.1", _MEDIUM, AuthSchemeModern.STORE),
    _sql(_BOTH, "secure_auth", _OFF, "clients may log in with passwords of MySQL 4.0", "ON", "clients older than MySQL 4.1", _MEDIUM, AuthSchemeModern.STORE),
    _sql(_BOTH, "log_bin_trust_function_creators", _ON, "users may create functions that run on replicas with all privileges", "OFF", "users that create functions without the privilege SUPER"),
    _sql(_BOTH, "gdb", _ON, "the server runs for a debugger, which leaves its stack and signals open", "OFF", "people who debug it", _LOW, DebugOff.MODE),
    _sql(_MARIADB, "general_log", _ON, "every statement is logged with the values and passwords in it", "OFF", "people who read statements in the log", None, AccessLogged.CREDENTIALS),
    _sql(_MYSQL, "log_raw", _ON, "passwords are not rewritten in the logs of statements", "OFF", "people who read them there", None, AccessLogged.CREDENTIALS),
    _sql(_MARIADB, "log_warnings", _is("0", "1"), "connections that are refused are not logged", "2", "", None, AccessLogged.LOGINS),
    _sql(_MYSQL, "log_error_verbosity", _is("1"), "warnings and logins that are refused are not logged", "3", "", None, AccessLogged.LOGINS),
    _sql(_MYSQL, "default_authentication_plugin", _is("mysql_native_password", "mysql_old_password"), _NATIVE, "caching_sha2_password", "clients whose driver does not support caching_sha2_password", None, AuthSchemeModern.STORE),
    _sql(_MYSQL, "authentication_policy", lambda v: v.startswith(("mysql_native_password", "*:mysql_native_password")), _NATIVE, "*,,", "clients whose driver does not support caching_sha2_password", None, AuthSchemeModern.STORE),
    _sql(_MYSQL, "mysql_native_password", _ON, _NATIVE, "OFF", "users that still have such a password", None, AuthSchemeModern.STORE),
    _sql(_MARIADB, "proxy_protocol_networks", lambda v: "*" in v or "0.0.0.0/0" in v, "every client can forge the address that rules for logins compare (PROXY protocol)", "", "proxies in front of the server"),
    _sql(_MARIADB, "strict_password_validation", _OFF, "users may set hashes of passwords that no plug-in has looked at", "ON", "tools that set hashes"),
    StoreSetting(_MYSQL, "mysqlx_bind_address", lambda v: v in ("*", "0.0.0.0", "::"), StorePrivate.WIDE, "the X Protocol of mysql listens on every interface (port 33060)", Bind(), _MEDIUM),
)  # fmt: skip

_MEMCACHED = ("memcached",)
MEMCACHED: tuple[StoreSetting, ...] = (
    StoreSetting(_MEMCACHED, "udp-port", lambda v: v.isdecimal() and v != "0", StoreHardened.UNSAFE,
        "memcached answers over UDP, which others use to flood a forged sender with its answers", SetOption("udp-port", "0", "clients that use UDP"), remote=True),
    StoreSetting(_MEMCACHED, "enable-shutdown", _is("on"), StoreHardened.UNSAFE, "every client can stop the server", SetOption("enable-shutdown", "", "clients that stop it")),
    StoreSetting(_MEMCACHED, "verbose", lambda v: v.isdecimal() and int(v) > 1, AccessLogged.CREDENTIALS,
        "every command and answer is logged", SetOption("verbose", "", "people who read commands in the log")),
    StoreSetting(_MEMCACHED, "unix-mask", lambda v: v[-1:] in "1234567", StoreHardened.UNSAFE, "every user of the machine can connect to the socket",
        SetOption("unix-mask", "0770", "local programs that are not in its group")),
)  # fmt: skip

_ETCD = ("etcd",)


def _etcd(
    option: str, wrong: Callable[[str], bool], message: str, value: str, breaks: str,
    severity: Severity | None = None, case: Case = StoreHardened.UNSAFE,
) -> StoreSetting:  # fmt: skip
    return StoreSetting(_ETCD, option, wrong, case, message, SetOption(option, value, breaks), severity)


def _plain_beyond(urls: str) -> bool:
    """Whether one of the URLs is plain HTTP on another address than loopback."""
    words = (word.strip() for word in urls.split(","))
    return any(
        w.startswith("http://") and not w[7:].startswith(("localhost", "127.", "[::1]")) for w in words
    )


ETCD: tuple[StoreSetting, ...] = (
    StoreSetting(_ETCD, "listen-peer-urls", _plain_beyond, StoreEncrypted.PEERS, "members exchange the whole data of etcd without TLS",
        AskOption("connect members over TLS", "which certificate, key and CA (peer-cert-file, peer-key-file, peer-trusted-ca-file)?")),
    StoreSetting(_ETCD, "peer-client-cert-auth", _is("false"), StoreAuthenticated.PEERS, "etcd requires no certificate from its peers",
        SetOption("peer-client-cert-auth", "true", "members without a certificate of the peers' CA"), _HIGH),
    _etcd("auto-tls", _is("true"), "the certificate is self-signed at every start, so clients cannot verify it", "false", "clients, until cert-file and key-file are set"),
    _etcd("peer-auto-tls", _is("true"), "members have self-signed certificates, which they cannot verify", "false", "members, until peer-cert-file and peer-key-file are set"),
    _etcd("enable-pprof", _is("true"), "the profiler answers every client", "false", "people who profile it", _MEDIUM, DebugOff.MODE),
    _etcd("log-level", _is("debug"), "the log holds every request", "info", "people who read them", _LOW, DebugOff.LOG),
    _etcd("log-level", _is("error", "panic", "fatal", "dpanic"), "warnings and requests that are refused are not logged", "info", "", None, AccessLogged.LOGINS),
    _etcd("log-outputs", _is("/dev/null"), "errors are not logged", "default", "", None, AccessLogged.ERRORS),
    StoreSetting(_ETCD, "cors", _is("*"), StoreHardened.UNSAFE, "pages of every origin may use the HTTP API",
        AskOption("admit the origins of your own pages only", "which origins use etcd from a browser (cors)?")),
    _etcd("enable-v2", _is("true"), "the API of version 2, which has users of its own and is no longer maintained, is on", "false", "clients of version 2"),
    _etcd("auth-token", _is("simple"), "tokens of users are not signed, which etcd's documentation keeps for development", "jwt,pub-key=/etc/etcd/jwt.pub,priv-key=/etc/etcd/jwt.key,sign-method=RS256", "members, until the keys are at these paths", _LOW, AuthSchemeModern.STORE),
    _etcd("bcrypt-cost", lambda v: v.isdecimal() and int(v) < 10, "passwords are hashed with less work than etcd's default", "10", "the time that logins take", _LOW, AuthSchemeModern.STORE),
    _etcd("unsafe-no-fsync", _is("true"), "writes are not synchronised with the disk, so a crash loses them", "false", "the rate of writes"),
    _etcd("force-new-cluster", _is("true"), "every start makes a new cluster of this member alone", "false", "a recovery that is under way"),
    _etcd("strict-reconfig-check", _is("false"), "members may be changed so that the cluster has no quorum", "true", "changes of members in a cluster without quorum"),
    _etcd("host-whitelist", _is("*"), "etcd answers requests for any Host, those of a rebound name among them", "localhost", "clients that use other names of the member", _LOW, HostHeaderChecked.REBINDING),
)  # fmt: skip

_POOLER = ("pgbouncer",)
POOLER: tuple[StoreSetting, ...] = (
    StoreSetting(_POOLER, "client_tls_sslmode", _is("disable"), StoreEncrypted.NO_TLS, "pgbouncer listens for other machines without TLS",
        AskOption("turn on TLS of clients", f"{_CERTIFICATE} (client_tls_sslmode = require, client_tls_cert_file, client_tls_key_file)"), remote=True),
    StoreSetting(_POOLER, "auth_type", _is("plain"), AuthSchemeModern.STORE, "clients send the password itself", SetOption("auth_type", "scram-sha-256", "users whose secret in auth_file is neither plain nor SCRAM's"), _MEDIUM),
    StoreSetting(_POOLER, "auth_type", _is("md5"), AuthSchemeModern.STORE, "clients log in with MD5 hashes where their secret is not SCRAM's", SetOption("auth_type", "scram-sha-256", "users whose secret in auth_file is an MD5 hash"), _LOW),
    StoreSetting(_POOLER, "log_connections", _is("0"), AccessLogged.LOGINS, "connections are not logged", SetOption("log_connections", "1")),
    StoreSetting(_POOLER, "log_pooler_errors", _is("0"), AccessLogged.ERRORS, "errors that clients get are not logged", SetOption("log_pooler_errors", "1")),
)  # fmt: skip

_REDIS = ("redis", "valkey", "keydb", "redis-sentinel", "valkey-sentinel")


def _redis(
    option: str, wrong: Callable[[str], bool], message: str, value: str, breaks: str,
    severity: Severity | None = None, case: Case = StoreHardened.UNSAFE,
) -> StoreSetting:  # fmt: skip
    return StoreSetting(_REDIS, option, wrong, case, message, SetOption(option, value, breaks), severity)


REDIS: tuple[StoreSetting, ...] = (
    _redis("tls-cluster", _is("no"), "members of the cluster exchange their data without TLS", "yes", "members that do not use TLS yet", None, StoreEncrypted.PEERS),
    _redis("acllog-max-len", _is("0"), "logins and commands that are refused are not recorded (ACL LOG)", "128", "", None, AccessLogged.LOGINS),
    _redis("loglevel", _is("nothing"), "errors are not logged", "notice", "", None, AccessLogged.ERRORS),
    _redis("logfile", _is("/dev/null"), "errors are not logged", "", "", None, AccessLogged.ERRORS),
    _redis("loglevel", _is("debug"), "the log is at level `debug`, which the vendor keeps for development", "notice", "people who read it", _LOW, DebugOff.LOG),
    _redis("unixsocketperm", lambda v: v[-1:] in "2367" and v.isdecimal(), "every user of the machine can connect to the socket", "770", "local programs that are not in its group"),
    _redis("replica-read-only", _is("no"), "a replica accepts writes, which its primary does not get", "yes", "clients that write to a replica"),
    _redis("deny-scripts-reconfig", _is("no"), "clients of Sentinel can name a script that it runs", "yes", "clients that set scripts"),
)  # fmt: skip

_CLICKHOUSE = ("clickhouse",)
CLICKHOUSE: tuple[StoreSetting, ...] = (
    StoreSetting(_CLICKHOUSE, "interserver_http_port", lambda v: v != "", StoreEncrypted.PEERS, "replicas exchange their data without TLS",
        AskOption("connect replicas over TLS", f"{_CERTIFICATE} (interserver_https_port instead of interserver_http_port, openSSL.server)"), remote=True),
    StoreSetting(_CLICKHOUSE, "interserver_http_credentials", _is(""), StoreAuthenticated.PEERS, "clients that reach the port of replicas can fetch their data",
        AskOption("require a password of replicas", "which user and password do all replicas have (interserver_http_credentials)?"), _HIGH, remote=True),
    StoreSetting(_CLICKHOUSE, "logger.level", _is("none", "fatal", "critical"), AccessLogged.ERRORS, "errors are not logged", SetOption("logger.level", "information", "the size of the log")),
    StoreSetting(_CLICKHOUSE, "allow_introspection_functions", _ON, StoreHardened.UNSAFE, "users of the profile can read addresses and symbols of the server's memory",
        SetOption("allow_introspection_functions", "0", "people who profile queries")),
    StoreSetting(_CLICKHOUSE, "max_memory_usage", _is("0"), StoreHardened.UNSAFE, "one query may use all memory of the server",
        SetOption("max_memory_usage", "10000000000", "queries that need more than 10 GB")),
    StoreSetting(_CLICKHOUSE, "max_execution_time", _is("0"), StoreHardened.UNSAFE, "a query may run without end",
        AskOption("bound the time of queries", "how many seconds does the longest query need (max_execution_time)?")),
    StoreSetting(_CLICKHOUSE, "password_double_sha1_hex", lambda v: v != "", AuthSchemeModern.STORE, "the password is kept as a SHA-1 hash without salt",
        AskOption("keep a SHA-256 hash", "does no client of the user log in over MySQL's protocol? Then write the password's SHA-256 hash into `password_sha256_hex` instead"), _LOW),
)  # fmt: skip

_RABBITMQ = ("rabbitmq",)
RABBITMQ: tuple[StoreSetting, ...] = (
    StoreSetting(_RABBITMQ, "hashing_algorithm", _is("rabbit_password_hashing_md5"), AuthSchemeModern.STORE, "the password is kept as an MD5 hash",
        AskOption("keep a SHA-256 hash", "which password has the user? Set it again with `rabbitmqctl change_password`, and export the definitions"), _LOW),
    StoreSetting(_RABBITMQ, "permissions", lambda v: v != "", StoreHardened.UNSAFE, "a user who is not an administrator may do everything in several virtual hosts",
        AskOption("narrow the user's permissions", "which queues and exchanges does the user need in each virtual host (configure, write, read)?")),
)  # fmt: skip

ROWS: tuple[StoreSetting, ...] = (
    *CLICKHOUSE,
    *RABBITMQ,
    *REDIS,
    *POOLER,
    *POSTGRESQL,
    *MYSQL,
    *MEMCACHED,
    *ETCD,
)
