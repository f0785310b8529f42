"""URLs by which applications reach stores, brokers and other services."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from batten.facts import ConnectionString
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.model.record import record

_PORTS = {
    "redis": 6379,
    "rediss": 6379,
    "valkey": 6379,
    "postgres": 5432,
    "postgresql": 5432,
    "mysql": 3306,
    "mariadb": 3306,
    "mongodb": 27017,
    "amqp": 5672,
    "amqps": 5671,
    "http": 80,
    "https": 443,
    "nats": 4222,
    "mqtt": 1883,
    "clickhouse": 9000,
    "kafka": 9092,
}
_ENCRYPTED = frozenset(["rediss", "amqps", "https", "mqtts", "valkeys"])
_URL = re.compile(r"[a-z][a-z0-9+.\-]*://[^\s'\"<>]+", re.IGNORECASE)
_LOOPBACK = ("127.", "localhost", "::1")
_OWN_MACHINE = (".", "local", "localdb")  # of SQL Server
_EVERY_ADDRESS = frozenset(["0.0.0.0", "::", "*", "+"])  # an address to listen on, never one to connect to
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
# Where the program itself listens, and what it says of that to others. Names are those of etcd, Kafka and Consul.
_LISTENS = frozenset(["listen", "listener", "listeners", "bind", "binding", "advertise", "advertised"])
# URLs that it prints, links to, redirects to or compares with; it opens no connection to them.
_SHOWN = frozenset(
    [
        "allowed",
        "allowlist",
        "callback",
        "canonical",
        "cors",
        "csrf",
        "docs",
        "external",
        "help",
        "homepage",
        "logo",
        "namespace",
        "origin",
        "origins",
        "privacy",
        "public",
        "redirect",
        "support",
        "terms",
        "whitelist",
        "xmlns",
    ]
)
# Names that documented products and frameworks give to their own public URL.
_OWN = frozenset(
    [
        "APP_BASE_URL",
        "APP_URL",
        "BASE_URL",
        "CLIENT_URL",
        "FRONTEND_URL",
        "MINIO_SERVER_URL",
        "NEXTAUTH_URL",
        "ROOT_URL",
        "GF_SERVER_ROOT_URL",
        "SITE_URL",
        "WEBSITE",
        "WEBSITE_URL",
        "WEB_URL",
    ]
)
_BUNDLED = "NEXT_PUBLIC_"  # what browsers get to know, upstreams among it
_VERIFIED = {"verify-full": True, "verify-ca": True, "verify_identity": True, "verify_ca": True}


@record
class _Parts:
    scheme: str
    host: str
    port: int
    has_password: bool
    options: dict[str, str]


def connection(variable: str, value: str, at: Location) -> ConnectionString | None:
    """The connection that a variable's value describes, when it is a URL of a known scheme; None for the
    address that the program itself listens on, and for URLs that it only shows or compares.

    A NUL in the value stands for what a variable decides.
    """
    parts = _parts(value)
    if parts is None or _own(variable, parts):
        return None
    encrypted, verified = _tls(parts, at)
    return ConnectionString(
        at,
        scheme=parts.scheme,
        host="" if "\0" in parts.host else parts.host,
        port=parts.port,
        has_password=parts.has_password,
        encrypted=encrypted,
        verified=verified,
        local=parts.host.startswith(_LOOPBACK) or (parts.scheme == "database" and parts.host in _OWN_MACHINE),
        variable=variable,
    )


def _own(variable: str, parts: _Parts) -> bool:
    """Whether the URL is the program's own, or one that it names to others."""
    words = frozenset(w.lower() for w in _WORD.findall(variable.removeprefix(_BUNDLED)))
    if parts.host in _EVERY_ADDRESS or words & _LISTENS:
        return True
    return parts.scheme in ("http", "https") and (variable.upper() in _OWN or bool(words & _SHOWN))


def _parts(value: str) -> _Parts | None:
    value = value[5:] if value[:5].lower() == "jdbc:" else value
    # A connection that is not written as a URL. Sources: https://www.postgresql.org/docs/current/libpq-connect.html,
    # https://github.com/go-sql-driver/mysql#dsn-data-source-name
    shown = value.replace("\0", "unknown-part")
    go = _GO.fullmatch(shown)
    if go is not None:
        words_options = {k.lower(): v[0].lower() for k, v in parse_qs(go["query"] or "").items()}
        in_words: _Parts | None = _Parts(
            "mysql", _known(go["host"]), int(go["port"] or 3306), ":" in (go["login"] or ""), words_options
        )
    elif not shown.startswith(("host=", "user=", "dbname=", "hostaddr=")):
        in_words = None
    else:
        words = {name.lower(): text.strip("'") for name, text in _WORDS.findall(shown)}
        if "host" not in words or not words.keys() & {"user", "dbname", "password", "sslmode", "port"}:
            in_words = None
        else:
            words_port = int(words["port"]) if words.get("port", "").isdecimal() else 5432
            words_options = {name: text.lower() for name, text in words.items()}
            in_words = _Parts(
                "postgresql", _known(words["host"]), words_port, "password" in words, words_options
            )
    if (worded := in_words or _in_pairs(value)) is not None:
        return worded
    if not _URL.fullmatch(value):
        return None
    scheme = value.partition("://")[0].lower().split("+")[0]
    if scheme not in _PORTS:
        return None
    try:
        split = urlsplit(value.replace("\0", "unknown-part"))
        port = split.port or _PORTS[scheme]
    except ValueError:
        return None
    host = split.hostname or ""
    options = {k.lower(): v[0].lower() for k, v in parse_qs(split.query).items()}
    has_password = bool(split.password) or "password" in options
    return _Parts(scheme, "\0" if "unknown-part" in host else host, port, has_password, options)


# `host=db user=app sslmode=require` of libpq, and `app:secret@tcp(db:3306)/shop?tls=true` of Go's driver for MySQL.
_WORDS = re.compile(r"(?:^|\s)(\w+)[ \t]*=[ \t]*('[^']*'|[^\s']+)")
_GO = re.compile(
    r"(?:(?P<login>[^\s@]*)@)?tcp\((?P<host>[^()\s:]*)(?::(?P<port>\d+))?\)/[^\s?]*(?:\?(?P<query>\S*))?"
)


# `Server=db;Database=app;Encrypt=False` of ADO.NET, and `sqlserver://db:1433;databaseName=app;encrypt=false` of JDBC. Sources:
# https://learn.microsoft.com/dotnet/api/microsoft.data.sqlclient.sqlconnection.connectionstring,
# https://learn.microsoft.com/sql/connect/jdbc/setting-the-connection-properties, https://www.npgsql.org/doc/connection-string-parameters.html
_PAIR = re.compile(r"(?:^|;)[ \t]*([A-Za-z][A-Za-z _]{0,60})[ \t]*=[ \t]*([^;\"']*)")
_JDBC = re.compile(r"sqlserver://([^\s;:/\\]*)(?:\\[^\s;:]*)?(?::(\d{1,5}))?(;\S[^\n]*)", re.IGNORECASE)
_HOSTS = ("server", "datasource", "host", "addr", "address", "networkaddress", "servername")
_NAMES = frozenset(
    ["database", "initialcatalog", "databasename", "userid", "uid", "user", "username", "password", "pwd"]
)
_NPGSQL = frozenset(["host", "username", "searchpath"])  # its default is `Prefer`
_CHECKS = frozenset(["encrypt", "sslmode", "trustservercertificate"])


def _in_pairs(value: str) -> _Parts | None:
    """A connection in pairs that says something of TLS: what it means that nothing is said depends on the driver."""
    shown = value.replace("\0", "unknown-part")
    jdbc = _JDBC.fullmatch(shown)
    pairs = _PAIR.findall(jdbc[3] if jdbc is not None else shown) if ";" in shown else []
    options = {name.replace(" ", "").replace("_", "").lower(): text.strip().lower() for name, text in pairs}
    if not options.keys() & _CHECKS or not options.keys() & _NAMES:
        return None
    host = jdbc[1] if jdbc is not None else next((options[name] for name in _HOSTS if name in options), "")
    host = re.split(r"[,:\\]", host.removeprefix("tcp:"))[0].strip("()")
    if not host:
        return None
    return _Parts("database", _known(host), 0, bool(options.keys() & {"password", "pwd"}), options)


def _known(host: str) -> str:
    return "\0" if "unknown-part" in host else host


# Options of drivers beside `sslmode`: Connector/J of MySQL and MariaDB, Go's driver, MongoDB's, redis-py.
_UNENCRYPTED = {"usessl": ("false", "0"), "tls": ("false", "preferred")}
_UNVERIFIED = {
    "tls": ("skip-verify",),
    "tlsinsecure": ("true",),
    "tlsallowinvalidcertificates": ("true",),
    "ssl_cert_reqs": ("none", "cert_none"),
    "trustservercertificate": ("true",),
}


def _tls(parts: _Parts, at: Location) -> tuple[Setting[bool], Setting[bool]]:
    options = parts.options
    if parts.scheme == "database":
        word = options.get("encrypt") or options.get("sslmode") or ""
        told = word and word not in ("prefer", "preferred", "allow", "unknown-part")
        encrypted = word not in ("false", "no", "optional", "none", "disable", "disabled")
        trusts = options.get("trustservercertificate") in ("true", "yes") and word != "strict"
        verified: Setting[bool] = Setting(False if trusts else UNKNOWN, at)
        if trusts and not word and not options.keys() & _NPGSQL:
            return Setting(ABSENT, at, True), verified  # Microsoft's drivers encrypt by default since 2022
        return Setting(encrypted if told else UNKNOWN, at), verified
    mode = options.get("sslmode") or options.get("ssl-mode") or options.get("ssl_mode")
    if mode == "unknown-part":
        return Setting(UNKNOWN, at), Setting(UNKNOWN, at)
    if mode:
        return Setting(mode not in ("disable", "disabled", "allow", "prefer", "preferred"), at), Setting(
            _VERIFIED.get(mode, False), at
        )
    if any(options.get(name) in values for name, values in _UNENCRYPTED.items()):
        return Setting(False, at), Setting(False, at)
    if any(options.get(name) in values for name, values in _UNVERIFIED.items()):
        on = (
            "tls" in options
            or parts.scheme in _ENCRYPTED
            or options.get("ssl") == "true"
            or "requiressl" in options
        )
        return Setting(True if on else UNKNOWN, at), Setting(False, at)
    if options.get("requiressl") == "true":
        return Setting(True, at), Setting(options.get("verifyservercertificate") == "true", at)
    if "usessl" in options:  # what it means without more differs among drivers and their versions
        return Setting(UNKNOWN, at), Setting(UNKNOWN, at)
    if options.get("tls") == "true" or options.get("ssl") == "true" or parts.scheme in _ENCRYPTED:
        return Setting(True, at), Setting(ABSENT, at, True)
    default: bool | Unknown = UNKNOWN if parts.host == "\0" else False
    return Setting(ABSENT, at, default), Setting(ABSENT, at, UNKNOWN)
