"""Databases, caches and queues among the services, by their images.

Sources: the documentation of each image on its registry page, and the products' own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from batten.facts import Store, Workload
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.model.record import record
from batten.technologies import _images
from batten.technologies.compose.command import words
from batten.technologies.compose.parts import Part
from batten.technologies.compose.project import env_files_known
from batten.technologies.compose.redis import redis_store

_PUBLIC_IP = re.compile(r"(?!127\.|::1$|localhost$).*")
_TRUE = frozenset(("1", "true", "yes", "on"))
_COMMON = frozenset(
    [
        "postgres",
        "mysql",
        "mariadb",
        "root",
        "admin",
        "administrator",
        "password",
        "passwd",
        "pass",
        "secret",
        "guest",
        "changeme",
        "change-me",
        "test",
        "example",
        "123456",
        "12345678",
        "qwerty",
        "redis",
        "mongo",
        "mongodb",
        "rabbitmq",
        "elastic",
        "user",
        "dev",
        "minioadmin",
        "letmein",
        "toor",
    ]
)


@record
class Service:
    """What a recogniser of a store looks at."""

    part: Part
    workload: Workload
    version: tuple[int, ...]
    command: tuple[str, ...]
    complete: bool  # all variables of the service are known by name

    @property
    def at(self) -> Location:
        return self.workload.at

    def variable(self, *names: str) -> Setting[str] | None:
        """The first of these variables that is set."""
        found = (self.workload.environment.get(n) for n in names)
        return next((s for s in found if s is not None), None)

    def mounted(self, path: str) -> bool:
        return any(m.target.startswith(path) for m in self.workload.mounts)


Login = tuple[Setting[bool], Setting[bool] | None]  # authentication, default credentials
Recogniser = Callable[[Service], Login]


def store(part: Part, workload: Workload, workspace: Workspace) -> Iterator[Store]:
    """The store that a service runs, if its image is a known one."""
    reference = _images.parse(workload.image.known(""))
    product = _images.PRODUCTS.get(reference.name, "")
    if workload.build_context or product not in _PORTS:
        return
    version = next((v for p, v in _images.components(reference) if p == product), "")
    numbers = tuple(int(n) for n in version.split(".")) if version else ()
    service = Service(part, workload, numbers, words(part), env_files_known(part, workspace))
    if product in ("redis", "valkey"):
        yield _placed(redis_store(part, workload, product, version, workspace), workload)
        return
    authentication, default = _RECOGNISERS[product](service)
    bare = Store(
        workload.at,
        product,
        authentication,
        Setting(ABSENT, workload.at, ("0.0.0.0",)),
        Setting(ABSENT, workload.at, _PORTS[product]),
        version,
        default,
        service=workload.name,
    )
    yield _placed(bare, workload)


def _placed(found: Store, workload: Workload) -> Store:
    """The store with the port that lets others in, when one is published beyond the host."""
    inner = found.port.known(0)
    for port in workload.ports:
        if port.container_port == inner and _PUBLIC_IP.fullmatch(port.host_address.known("127.0.0.1")):
            addresses: tuple[str, ...] = (port.host_address.known("0.0.0.0"),)
            return replace(found, published=True, addresses=Setting(addresses, port.at))
    return found


def _literal_default(setting: Setting[str] | None) -> Setting[bool] | None:
    """Whether a password is one that everybody tries first."""
    if setting is None:
        return None
    value = setting.known(None)
    return Setting(UNKNOWN if value is None else value.lower() in _COMMON, setting.at)


def _missing(service: Service, default: bool | Unknown) -> Setting[bool]:
    return Setting(ABSENT, service.at, default if service.complete else UNKNOWN)


def _is_true(setting: Setting[str]) -> Setting[bool]:
    value = setting.known(None)
    return Setting(UNKNOWN if value is None else value.lower() in _TRUE, setting.at)


def _not(setting: Setting[bool]) -> Setting[bool]:
    value = setting.known(None)
    return Setting(UNKNOWN if value is None else not value, setting.at)


def _password(setting: Setting[str]) -> Setting[bool]:
    """A password variable asks for a log-in unless it is empty; a required variable cannot be."""
    return Setting(setting.known("set") != "", setting.at)


def _postgres(service: Service) -> Login:
    method = service.variable("POSTGRES_HOST_AUTH_METHOD")
    password = service.variable("POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD")
    if method is not None and method.known("") == "trust":
        return Setting(False, method.at), None
    other = service.variable("POSTGRES_PASSWORD_FILE", "POSTGRESQL_PASSWORD_FILE")
    empty = service.variable("ALLOW_EMPTY_PASSWORD")
    if empty is not None:
        return _not(_is_true(empty)), None
    asked = password or other
    if asked is not None:
        return _password(asked), _literal_default(password)
    return Setting(ABSENT, service.at, UNKNOWN), None  # the image refuses to start


def _mysql(service: Service) -> Login:
    empty = service.variable("MYSQL_ALLOW_EMPTY_PASSWORD", "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD")
    if empty is not None and empty.known("") not in ("", "0", "no", "false"):
        return Setting(False, empty.at), None
    root = service.variable("MYSQL_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD")
    other = service.variable(
        "MYSQL_ROOT_PASSWORD_FILE", "MARIADB_ROOT_PASSWORD_FILE", "MYSQL_RANDOM_ROOT_PASSWORD"
    )
    asked = root or other
    if asked is not None:
        return Setting(True, asked.at), _literal_default(root)
    return Setting(ABSENT, service.at, UNKNOWN), None


def _mongo(service: Service) -> Login:
    user = service.variable(
        "MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_USERNAME_FILE", "MONGODB_ROOT_PASSWORD"
    )
    password = service.variable("MONGO_INITDB_ROOT_PASSWORD", "MONGODB_ROOT_PASSWORD")
    if user is not None:
        return _password(user), _literal_default(password)
    if {"--auth", "--keyFile"} & set(service.command):
        return Setting(True, service.at), None
    config = "--config" in service.command or "-f" in service.command
    return _missing(service, UNKNOWN if config else False), None


def _elasticsearch(service: Service) -> Login:
    enabled = service.variable("xpack.security.enabled", "XPACK_SECURITY_ENABLED")
    password = _literal_default(service.variable("ELASTIC_PASSWORD"))
    if enabled is not None:
        return _is_true(enabled), password
    if not service.version or service.mounted("/usr/share/elasticsearch/config"):
        return Setting(ABSENT, service.at, UNKNOWN), password
    return _missing(service, service.version[0] >= 8), password


def _opensearch(service: Service) -> Login:
    off = service.variable("DISABLE_SECURITY_PLUGIN", "plugins.security.disabled")
    if off is not None:
        return _not(_is_true(off)), None
    return _missing(service, True), _literal_default(service.variable("OPENSEARCH_INITIAL_ADMIN_PASSWORD"))


def _rabbitmq(service: Service) -> Login:
    """The image lets guest/guest in from anywhere unless another user is named."""
    password = service.variable("RABBITMQ_DEFAULT_PASS", "RABBITMQ_DEFAULT_PASS_FILE", "RABBITMQ_PASSWORD")
    if password is not None:
        return Setting(True, password.at), _literal_default(password)
    configured = service.mounted("/etc/rabbitmq")
    default: bool | Unknown = UNKNOWN if configured or not service.complete else True
    return Setting(ABSENT, service.at, True), Setting(ABSENT, service.at, default)


def _memcached(service: Service) -> Login:
    asks = {"-S", "--enable-sasl", "-Y", "--auth-file"} & {w.split("=")[0] for w in service.command}
    return (Setting(True, service.at) if asks else _missing(service, False)), None


def _minio(service: Service) -> Login:
    password = service.variable("MINIO_ROOT_PASSWORD", "MINIO_ROOT_PASSWORD_FILE", "MINIO_SECRET_KEY")
    default = _literal_default(password) or _missing(service, True)
    return Setting(ABSENT, service.at, True), default


def _neo4j(service: Service) -> Login:
    login = service.variable("NEO4J_AUTH")
    if login is None:
        return Setting(ABSENT, service.at, True), None
    value = login.known("")
    common = value.partition("/")[2].lower() in _COMMON | {"neo4j"}
    return Setting(value.lower() != "none", login.at), Setting(common, login.at)


def _influxdb(service: Service) -> Login:
    enabled = service.variable("INFLUXDB_HTTP_AUTH_ENABLED")
    if enabled is not None:
        return _is_true(enabled), None
    first = service.version[:1] == (1,) and not service.mounted("/etc/influxdb")
    return _missing(service, False if first else UNKNOWN), None


def _couchdb(service: Service) -> Login:
    password = service.variable("COUCHDB_PASSWORD")
    if password is not None:
        return _password(password), _literal_default(password)
    old = bool(service.version) and service.version[0] < 3 and not service.mounted("/opt/couchdb/etc")
    return _missing(service, False if old else UNKNOWN), None


def _nats(service: Service) -> Login:
    """Settings in a configuration file are not read here."""
    options = {w.split("=")[0] for w in service.command}
    if options & {"--user", "--pass", "--auth"}:
        return Setting(True, service.at), None
    configured = bool(options & {"-c", "--config"}) or service.mounted("/")
    return _missing(service, UNKNOWN if configured else False), None


def _cassandra(service: Service) -> Login:
    """The image ships AllowAllAuthenticator; only a mounted cassandra.yaml changes it."""
    return _missing(service, UNKNOWN if service.mounted("/etc/cassandra") else False), None


_RECOGNISERS: Mapping[str, Recogniser] = {
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
}
_PORTS = {
    "redis": 6379,
    "valkey": 6379,
    "postgresql": 5432,
    "mysql": 3306,
    "mariadb": 3306,
    "mongodb": 27017,
    "elasticsearch": 9200,
    "opensearch": 9200,
    "rabbitmq": 5672,
    "memcached": 11211,
    "minio": 9000,
    "neo4j": 7687,
    "influxdb": 8086,
    "couchdb": 5984,
    "nats": 4222,
    "apache-cassandra": 9042,
}
