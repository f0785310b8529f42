"""Stores that a command starts on a machine: the words that start them, read as the store's own settings.

Sources: `mongod --help`, `nats-server --help`, `minio server --help`, and the manuals that the readers of the stores cite. What the
file says that a command names is told by the file's own reader, and here not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module

from batten.controls._guessing import well_known
from batten.facts import Fact, Feature, Secret, Store
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch
from batten.model.record import record
from batten.technologies._wings import package_of
from batten.technologies.shared.containers.consoles import PROMETHEUS
from batten.technologies.shared.settings.settings import Entry, Settings, settings_of
from batten.technologies.shared.stores import names
from batten.technologies.shared.transport.upstreams import is_loopback

Placed = tuple[str, Location]


@record(kw_only=True)
class Started:
    """A command: its words without the program, the variables that it gets, and whether nothing else says more."""

    at: Location
    words: Sequence[Placed]
    variables: Mapping[str, Setting[str]]
    complete: bool


# An option by its name without hyphens: the key of the store's own file, and the value of one that has none.
_MONGOD: dict[str, tuple[str, str]] = {
    "bind_ip": ("net.bindIp", ""),
    "bind_ip_all": ("net.bindIpAll", "true"),
    "port": ("net.port", ""),
    "auth": ("security.authorization", "enabled"),
    "noauth": ("security.authorization", "disabled"),
    "keyFile": ("security.keyFile", ""),
    "clusterAuthMode": ("security.clusterAuthMode", ""),
    "transitionToAuth": ("security.transitionToAuth", "true"),
    "tlsMode": ("net.tls.mode", ""),
    "sslMode": ("net.ssl.mode", ""),
    "tlsAllowInvalidCertificates": ("net.tls.allowInvalidCertificates", "true"),
    "tlsDisabledProtocols": ("net.tls.disabledProtocols", ""),
}
_NATS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("a", "addr", "net"), ("host", "")),
    **dict.fromkeys(("p", "port"), ("port", "")),
    **dict.fromkeys(("m", "http_port"), ("http_port", "")),
    "user": ("authorization.user", ""),
    "pass": ("authorization.password", ""),
    "auth": ("authorization.token", ""),
    "tlscert": ("tls.cert_file", ""),
    "tlsverify": ("tls.verify", "true"),
    "profile": ("prof_port", ""),
}
_OPTIONS = {"mongodb": _MONGOD, "nats": _NATS}
_FILES = {
    "mongodb": ("--config", "-f"),
    "nats": ("-c", "--config"),
}


def started(program: str, command: Started, workspace: Workspace) -> Iterator[Fact]:
    """The store that a program is, and what is beside it."""
    product = names.started([program])
    if product in _OPTIONS:
        # The store of a command whose options have the names of its file's settings.
        module = import_module(f"{package_of(product)}.store")
        filed = any(word.partition("=")[0] in _FILES[product] for word, _ in command.words)
        said = settings_of(
            command.at,
            _given(command.words, _OPTIONS[product]),
            complete=command.complete and not filed,
        )
        found = module.store(said)
        assert isinstance(found, Store)
        yield found
        # Credentials in commands are told of every command.
        yield from (one for one in module.facts(said) if not isinstance(one, Secret))
    elif product in _OWN:
        yield _OWN[product](product, command, workspace)
    elif program == "minio":
        yield from minio(command)


def _given(words: Sequence[Placed], options: Mapping[str, tuple[str, str]]) -> Iterator[Entry]:
    """`--name=value`, `--name value` and `--name`, by the keys of the file."""
    for number, (word, at) in enumerate(words):
        name, sign, value = word.lstrip("-").partition("=")
        if not word.startswith("-") or name not in options:
            continue
        key, alone = options[name]
        if not sign and not alone and number + 1 < len(words):
            value, at = words[number + 1]
        yield Entry(key, value or alone, Location(at.source, f"{at.pointer}[{name}]", at.span, kind=at.kind))


def _redis(product: str, command: Started, workspace: Workspace) -> Store:
    reader = import_module("batten.technologies.stores.redis.configuration")
    store = import_module("batten.technologies.stores.redis.store").store
    filed = bool(command.words) and not command.words[0][0].startswith("-")
    said = reader.Configuration((), command.at, command.complete and not filed)
    placed = [
        (w, Location(a.source, f"{a.pointer}[{w.lstrip('-')}]", a.span, kind=a.kind))
        for w, a in command.words
    ]
    found: Store = store(said.with_arguments(placed), product, command.at, workspace)
    return found


def _memcached(product: str, command: Started, workspace: Workspace) -> Store:
    options = import_module("batten.technologies.stores.memcached.options").options
    said = settings_of(command.at, options(command.words), complete=command.complete)
    found: Store = import_module("batten.technologies.stores.memcached.store").store(said, command.at)
    return found


def _sql(product: str, command: Started, workspace: Workspace) -> Store:
    """Its option files are read first, so what the words do not say is not known."""
    options = import_module("batten.technologies.stores.mysql.options").command_options
    module = import_module("batten.technologies.stores.mysql.store")
    said = settings_of(command.at, options(command.words), complete=False)
    found: Store = module.store(said, module.Product(product, "", False), command.at)
    return found


def _postgresql(product: str, command: Started, workspace: Workspace) -> Store:
    settings = import_module("batten.technologies.stores.postgresql.configuration").command_settings
    said = settings_of(command.at, settings(command.words), complete=False)
    found: Store = import_module("batten.technologies.stores.postgresql.store").store(
        said, command.at, listens=None
    )
    return found


_OWN: dict[str, Callable[[str, Started, Workspace], Store]] = {
    "redis": _redis,
    "valkey": _redis,
    "keydb": _redis,
    "memcached": _memcached,
    "mysql": _sql,
    "mariadb": _sql,
    "postgresql": _postgresql,
}


def minio(command: Started) -> Iterator[Fact]:
    """Every request is signed, or for a bucket that is public; the first user is minioadmin where no variable names another."""
    said = settings_of(
        command.at, _given(command.words, {"address": ("address", "")}), complete=command.complete
    )
    address = said.word("address", ":9000")
    if not address.is_known:
        hosts: Setting[tuple[str, ...]] = Setting(
            address.value if address.value is ABSENT else UNKNOWN, address.at, UNKNOWN
        )
    else:
        host = address.known("").rpartition(":")[0].strip("[]") or "0.0.0.0"
        hosts = Setting((host,), address.at) if address.written else Setting(ABSENT, address.at, (host,))
    yield Store(
        command.at,
        product="minio",
        authentication=Setting(ABSENT, command.at, True),
        addresses=hosts,
        port=_port(address),
        default_credentials=_minio_password(said, command.variables),
        configured_by=said.sources,
    )
    public = command.variables.get("MINIO_PROMETHEUS_AUTH_TYPE")
    if public is not None and public.known("") == "public":
        yield Feature(public.at, Switch.METRICS, Setting(True, public.at), "MinIO's metrics")


# Of the first user; the second pair is that of releases before 2021.
_FIRST_USER = (("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"), ("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"))


def _minio_password(said: Settings, variables: Mapping[str, Setting[str]]) -> Setting[bool]:
    """Whether the first user's password is the one that the server is shipped with, or well known."""
    for user_variable, variable in _FIRST_USER:
        user, given = variables.get(user_variable), variables.get(variable)
        if given is not None:
            word = given.known(None)
            known = UNKNOWN if word is None else well_known(word, user.known("") if user else "")
            return Setting(known, given.at)
    elsewhere = any(name.endswith("_FILE") for name in variables if name.startswith("MINIO_"))
    return said.absent("MINIO_ROOT_PASSWORD", UNKNOWN if elsewhere else True)


def _port(address: Setting[str]) -> Setting[int]:
    digits = address.known("").rpartition(":")[2]
    return Setting(int(digits) if digits.isdecimal() and len(digits) < 6 else UNKNOWN, address.at)


def prometheus(words: Sequence[Placed]) -> Iterator[Feature]:
    """What Prometheus lets everyone do who reaches it, where its web file requires no login."""
    given = {word.partition("=")[0]: (word.partition("=")[2], at) for word, at in words}
    listening = given.get("--web.listen-address", ("", None))[0]
    if "--web.config.file" in given or (listening and is_loopback(listening.rpartition(":")[0])):
        return
    for option, what in PROMETHEUS.items():
        if option in given and given[option][0] in ("", "true"):
            at = given[option][1]
            place = Location(at.source, f"{at.pointer}[{option.lstrip('-')}]", at.span, kind=at.kind)
            yield Feature(place, Switch.CONSOLE, Setting(True, place), what)
