"""What store images ask of those who connect, by their variables and command lines.

Each recogniser gives (authentication, default credentials). Sources: the documentation of each image on
its registry page, and the products' own; for what an image does by itself its docker-entrypoint.sh (postgres, mongo,
couchdb 2.3.1 and 3.3.3), 10-defaults.conf (rabbitmq: `loopback_users.guest = false`) and Dockerfile (redis: protected mode
is patched off).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from batten.controls._guessing import well_known
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.shared.containers.container import Container, common, is_false, is_true
from batten.technologies.shared.stores.kafka import kafka

Login = tuple[Setting[bool], Setting[bool] | None]
Recogniser = Callable[[Container], Login]
_SWITCHED_OFF = frozenset(("0", "off", "false", "no"))
_LOOPBACK = re.compile(r"https?://(?:localhost|127\.|\[::1\])")


def _password(setting: Setting[str]) -> Setting[bool]:
    """A password variable asks for a login unless it is empty; a required variable cannot be."""
    return Setting(setting.known("set") != "", setting.at)


def _given(*settings: Setting[str] | None) -> Setting[str] | None:
    """The first of several variables that is not empty."""
    return next((s for s in settings if s is not None and s.known("set") != ""), None)


def _emptied(container: Container) -> Setting[bool] | None:
    """Bitnami's switch that lets a store start without a password; where one is given, that is asked for."""
    allowed = container.variable("ALLOW_EMPTY_PASSWORD") if container.bitnami else None
    return is_false(allowed) if allowed is not None and is_false(allowed).value is not True else None


def _postgres(container: Container) -> Login:
    method = container.variable("POSTGRES_HOST_AUTH_METHOD")
    if method is not None and method.known("").lower() == "trust":
        return Setting(False, method.at), None
    password = container.variable("POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD")
    asked = _given(password, container.variable("POSTGRES_PASSWORD_FILE", "POSTGRESQL_PASSWORD_FILE"))
    if asked is not None:
        return Setting(True, asked.at), common(password, container.variable("POSTGRES_USER"))
    if emptied := _emptied(container):
        return emptied, None
    return Setting(ABSENT, container.at, UNKNOWN), None  # the image refuses to start


def _mysql(container: Container) -> Login:
    """Any word in the switch lets the image start with an empty password ("no" too), unless it is given one
    (docker-entrypoint.sh of both)."""
    off = container.option("--skip-grant-tables")
    if off is not None and off.known("").lower() not in _SWITCHED_OFF:
        return Setting(False, off.at), None
    root = container.variable("MYSQL_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD")
    other = container.variable(
        "MYSQL_ROOT_PASSWORD_FILE",
        "MARIADB_ROOT_PASSWORD_FILE",
        "MARIADB_ROOT_PASSWORD_HASH",
        "MYSQL_RANDOM_ROOT_PASSWORD",
        "MARIADB_RANDOM_ROOT_PASSWORD",
    )
    if (asked := _given(root, other)) is not None:
        return Setting(True, asked.at), common(root)
    empty = _given(
        container.variable("MYSQL_ALLOW_EMPTY_PASSWORD"),
        container.variable("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", "MARIADB_ALLOW_EMPTY_PASSWORD"),
    )
    if empty is not None and empty.is_known:
        return Setting(False, empty.at), None
    if emptied := _emptied(container):
        return emptied, None
    return Setting(ABSENT, container.at, UNKNOWN), None


def _mongo(container: Container) -> Login:
    if (off := container.option("--noauth")) is not None:
        return Setting(False, off.at), None
    user = container.variable(
        "MONGO_INITDB_ROOT_USERNAME",
        "MONGO_INITDB_ROOT_USERNAME_FILE",
        "MONGODB_INITDB_ROOT_USERNAME",
        "MONGODB_INITDB_ROOT_USERNAME_FILE",
        "MONGODB_ROOT_PASSWORD",
        "MONGODB_ROOT_PASSWORD_FILE",
    )
    password = container.variable(
        "MONGO_INITDB_ROOT_PASSWORD", "MONGODB_INITDB_ROOT_PASSWORD", "MONGODB_ROOT_PASSWORD"
    )
    if _given(user) is None and (empty := _emptied(container)):
        return empty, None
    if user is not None:
        return _password(user), common(password, user)
    if container.option("--auth", "--keyFile", "--clusterAuthMode"):
        return Setting(True, container.at), None
    configured = container.bitnami or container.option("--config", "-f") is not None
    return container.missing(UNKNOWN if configured else False), None


def _elasticsearch(container: Container) -> Login:
    password = common(container.variable("ELASTIC_PASSWORD", "ELASTICSEARCH_PASSWORD"))
    told = next((o for o in container.arguments if "xpack.security.enabled=" in o[0]), None)
    if told is not None:
        return Setting(not told[0].endswith("=false"), told[1]), password
    enabled = container.variable(
        "xpack.security.enabled", "XPACK_SECURITY_ENABLED", "ELASTICSEARCH_ENABLE_SECURITY"
    )
    if enabled is not None:
        return is_true(enabled), password
    version = container.numbers
    if not version or container.bitnami or container.mounted("/usr/share/elasticsearch/config"):
        return Setting(ABSENT, container.at, UNKNOWN), password
    return container.missing(version[0] >= 8), password


def _opensearch(container: Container) -> Login:
    """From 2.12 on the image refuses to start without a password of its owner's; before it was admin."""
    off = container.variable(
        "DISABLE_SECURITY_PLUGIN", "plugins.security.disabled", "OPENSEARCH_ENABLE_SECURITY"
    )
    if off is not None:
        wanted = is_true if container.variable("OPENSEARCH_ENABLE_SECURITY") is off else is_false
        return wanted(off), None
    password = common(container.variable("OPENSEARCH_INITIAL_ADMIN_PASSWORD", "OPENSEARCH_PASSWORD"))
    demo = container.variable("DISABLE_INSTALL_DEMO_CONFIG") is None and not container.bitnami
    configured = container.mounted("/usr/share/opensearch/config", "/usr/share/opensearch/plugins")
    if container.numbers and container.numbers < (2, 12) and demo and not configured:
        password = container.missing(True)
    return container.missing(UNKNOWN if container.bitnami else True), password


def _rabbitmq(container: Container) -> Login:
    """The image lets guest/guest in from anywhere unless another user is named."""
    password = container.variable(
        "RABBITMQ_DEFAULT_PASS", "RABBITMQ_DEFAULT_PASS_FILE", "RABBITMQ_PASSWORD", "RABBITMQ_PASSWORD_FILE"
    )
    if password is not None:
        return Setting(True, password.at), common(password, container.variable("RABBITMQ_DEFAULT_USER"))
    unsure = container.bitnami or container.mounted("/etc/rabbitmq")
    return Setting(ABSENT, container.at, True), container.missing(UNKNOWN if unsure else True)


def _memcached(container: Container) -> Login:
    asked = container.variable("MEMCACHED_PASSWORD", "MEMCACHED_PASSWORD_FILE")
    if asked is not None and container.bitnami:
        return _password(asked), common(container.variable("MEMCACHED_PASSWORD"))
    asks = container.option("-S", "--enable-sasl", "-Y", "--auth-file") is not None
    return (Setting(True, container.at) if asks else container.missing(False)), None


def _minio(container: Container) -> Login:
    password = container.variable(
        "MINIO_ROOT_PASSWORD",
        "MINIO_ROOT_PASSWORD_FILE",
        "MINIO_SECRET_KEY",
        "MINIO_SECRET_KEY_FILE",
        "MINIO_CONFIG_ENV_FILE",
    )
    default = common(password) or container.missing(UNKNOWN if container.bitnami else True)
    return Setting(ABSENT, container.at, True), default


def _neo4j(container: Container) -> Login:
    login = container.variable("NEO4J_AUTH")
    if login is None:
        return Setting(ABSENT, container.at, True), None
    if not login.is_known:
        return Setting(True, login.at), None
    value = login.known("")
    user, _, password = value.partition("/")
    known = well_known(password, user)
    return Setting(value.lower() != "none", login.at), Setting(known, login.at)


def _influxdb(container: Container) -> Login:
    """1.x asks nobody unless it is told to; 2.x always asks; 3 unless it is told not to."""
    enabled = container.variable("INFLUXDB_HTTP_AUTH_ENABLED")
    if enabled is not None:
        return is_true(enabled), common(container.variable("INFLUXDB_ADMIN_PASSWORD"))
    if (off := container.option("--without-auth")) is not None:
        return Setting(False, off.at), None
    initial = container.variable("DOCKER_INFLUXDB_INIT_PASSWORD", "INFLUXDB_ADMIN_USER_PASSWORD")
    if initial is not None:
        return Setting(True, initial.at), common(initial)
    first = container.numbers[:1] == (1,) and not container.bitnami and not container.mounted("/etc/influxdb")
    return container.missing(False if first else UNKNOWN), None


def _couchdb(container: Container) -> Login:
    password = container.variable("COUCHDB_PASSWORD")
    if password is not None:
        return _password(password), common(password)
    old = container.numbers and container.numbers[0] < 3 and not container.mounted("/opt/couchdb/etc")
    return container.missing(False if old else UNKNOWN), None


def _nats(container: Container) -> Login:
    """Settings in a configuration file are not read here."""
    if container.option("--user", "--pass", "--auth", "--tlsverify") is not None:
        return Setting(True, container.at), None
    configured = container.option("-c", "--config") is not None or bool(container.workload.mounts)
    return container.missing(UNKNOWN if configured or container.bitnami else False), None


def _cassandra(container: Container) -> Login:
    """The image ships AllowAllAuthenticator; only a mounted cassandra.yaml changes it."""
    told = container.bitnami or container.mounted("/etc/cassandra")
    told = told or container.variable("CASSANDRA_AUTHENTICATOR", "CASSANDRA_CONF") is not None
    return container.missing(UNKNOWN if told else False), None


def _etcd(container: Container) -> Login:
    """Users are kept in the store itself; what the file tells is whether certificates are asked for, and to Bitnami's
    image root's password."""
    password = container.variable("ETCD_ROOT_PASSWORD") if container.bitnami else None
    anyone = container.variable("ALLOW_NONE_AUTHENTICATION") if container.bitnami else None
    if anyone is not None and _given(password) is None:
        return is_false(anyone), None
    if password is not None:
        return _password(password), common(password)
    asks = container.option("--client-cert-auth") or container.variable("ETCD_CLIENT_CERT_AUTH")
    if asks is not None:
        return Setting(asks.known("true").lower() in ("", "true"), asks.at), None
    urls = container.option("--listen-client-urls", "-listen-client-urls")
    urls = urls or container.variable("ETCD_LISTEN_CLIENT_URLS")
    if urls is None or not urls.is_known or container.option("--config-file") is not None:
        return container.missing(UNKNOWN), None
    opened = [u for u in urls.known("").split(",") if u.startswith("http://") and not _LOOPBACK.match(u)]
    return Setting(False if opened else UNKNOWN, urls.at), None


def _zookeeper(container: Container) -> Login:
    anyone = container.variable("ALLOW_ANONYMOUS_LOGIN", "ALLOW_EMPTY_PASSWORD")
    if container.bitnami and (enabled := container.variable("ZOO_ENABLE_AUTH")) is not None:
        return (is_true(enabled) if is_true(enabled).value is True else container.missing(UNKNOWN)), None
    if container.bitnami:
        return (is_false(anyone) if anyone is not None else container.missing(UNKNOWN)), None
    told = container.variable("JVMFLAGS", "SERVER_JVMFLAGS", "ZOO_CFG_EXTRA", "KAFKA_OPTS")
    configured = told is not None or container.mounted("/conf", "/etc/kafka")
    return container.missing(UNKNOWN if configured else False), None


def _clickhouse(container: Container) -> Login:
    """Without variables the image keeps its user without a password to itself; with SKIP_USER_SETUP not."""
    password = container.variable("CLICKHOUSE_PASSWORD", "CLICKHOUSE_ADMIN_PASSWORD")
    if _given(password) is None and (empty := _emptied(container)):
        return empty, None
    configured = container.mounted("/etc/clickhouse-server/users.xml", "/etc/clickhouse-server/users.d")
    skipped = container.variable("CLICKHOUSE_SKIP_USER_SETUP")
    if skipped is not None and not configured and is_true(skipped).value is True:
        return Setting(False, skipped.at), None
    if password is not None and not configured:
        return _password(password), common(password)
    return container.missing(UNKNOWN), None


def _sqlserver(container: Container) -> Login:
    password = container.variable("MSSQL_SA_PASSWORD", "SA_PASSWORD")
    return Setting(ABSENT, container.at, True), common(password)


def _arangodb(container: Container) -> Login:
    off = container.variable("ARANGO_NO_AUTH")
    if off is not None:
        return Setting(off.known("") in ("", "0", "false"), off.at), None
    password = container.variable("ARANGO_ROOT_PASSWORD")
    if password is not None:
        return _password(password), common(password)
    return container.missing(UNKNOWN), None


def _weaviate(container: Container) -> Login:
    """It admits everyone where no way to log in is chosen (weaviate, usecases/config: DefaultAuthentication)."""
    anyone = container.variable("AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED")
    if anyone is not None:
        return is_false(anyone), None
    chosen = container.variable(
        "AUTHENTICATION_APIKEY_ENABLED", "AUTHENTICATION_OIDC_ENABLED", "AUTHENTICATION_DB_USERS_ENABLED"
    )
    told = chosen is not None or container.option("--config-file") is not None
    return container.missing(UNKNOWN if told else False), None


def _kafka(container: Container) -> Login:
    return kafka(container), None


def _dragonfly(container: Container) -> Login:
    """It takes its options from the command line, a flag file and `DFLY_` variables, and asks for no password by
    default (https://www.dragonflydb.io/docs/managing-dragonfly/flags)."""
    password = container.variable("DFLY_requirepass", "DFLY_PASSWORD") or container.option("--requirepass")
    if password is not None:
        return _password(password), common(password)
    flags = container.option("--flagfile", "--aclfile") is not None
    return container.missing(UNKNOWN if flags else False), None


RECOGNISERS: Mapping[str, Recogniser] = {
    "postgresql": _postgres,
    "mysql": _mysql,
    "mariadb": _mysql,
    "mongodb": _mongo,
    "elasticsearch": _elasticsearch,
    "opensearch": _opensearch,
    "rabbitmq": _rabbitmq,
    "memcached": _memcached,
    "minio": _minio,
    "neo4j": _neo4j,
    "influxdb": _influxdb,
    "couchdb": _couchdb,
    "nats": _nats,
    "apache-cassandra": _cassandra,
    "etcd": _etcd,
    "zookeeper": _zookeeper,
    "kafka": _kafka,
    "clickhouse": _clickhouse,
    "sqlserver": _sqlserver,
    "arangodb": _arangodb,
    "weaviate": _weaviate,
    "dragonfly": _dragonfly,
}
