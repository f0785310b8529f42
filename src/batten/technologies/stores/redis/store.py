"""From a server's configuration to what it is to others.

Defaults (redis.conf and config.c of Redis and Valkey): port 6379, no TLS port, no password for the user
`default`, protected mode on, and without `bind` every interface. Redis 7.0 and Valkey keep protected mode
with an explicit `bind`; before, `bind` switched it off. Sentinel (sentinel.c, initSentinelConfig) has port 26379 and no
protected mode. With TLS, clients need a certificate (`tls-auth-clients yes`); replicas and the cluster's bus have no TLS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from batten.controls._guessing import well_known
from batten.facts import Clients, ConnectionString, LoginRule, Secret, Store
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.directives import parse_directives
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Setting, Switch, Unknown
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.transport.tls import version_named
from batten.technologies.stores.redis.configuration import Configuration, Option

T = TypeVar("T")
SENTINEL = "sentinel"
_GUARDED = (Switch.DEBUG_COMMAND, Switch.MODULE_COMMAND, Switch.PROTECTED_CONFIGS)


def store(
    configuration: Configuration,
    product: str,
    at: Location,
    workspace: Workspace,
    protected_default: bool = True,
    service: str = "",
) -> Store:
    """The server as its clients find it. Docker's images are built with protected mode off:
    give `protected_default` accordingly."""
    port = _port(configuration, "port", 26379 if product.endswith(SENTINEL) else 6379, at)
    tls_port = _port(configuration, "tls-port", 0, at)
    served = port if port.known(1) else tls_port
    found = configuration.last("tls-ciphers")
    if found is None or not found.text:
        ciphers: Setting[str] | None = None
    else:
        ciphers = Setting(UNKNOWN if found.templated else found.text, found.at)
    password = configuration.last("requirepass")
    if password is None or password.templated or not password.text:
        default_credentials: Setting[bool] | None = None
    else:
        default_credentials = Setting(well_known(password.text), password.at)
    # Commands that 7.0 and later keep off, switched on for everybody (`local` is for loopback only).
    dangerous: list[Setting[Switch]] = []
    for command in _GUARDED:
        option = configuration.last(command.value)
        if option is not None and option.text.lower() == "yes":
            dangerous.append(Setting(command, option.at))
    # Both servers offer TLS 1.2 and 1.3 by themselves.
    protocols_found = configuration.last("tls-protocols")
    if protocols_found is None or not protocols_found.text:
        protocols: Setting[tuple[str, ...]] = Setting(
            ABSENT, at, _otherwise(configuration, ("TLSv1.2", "TLSv1.3"))
        )
    else:
        names = tuple(version_named(word) for word in protocols_found.text.split())
        protocols = Setting(
            UNKNOWN if "" in names or protocols_found.templated else names, protocols_found.at
        )
    # UNKNOWN with a `bind` of Redis's own: there the version decides.
    protected_option = configuration.last("protected-mode")
    if protected_option is not None and protected_option.text.lower() == "no":
        protected: Setting[bool] = Setting(False, protected_option.at)
    else:
        depends = product == "redis" and configuration.last("bind") is not None
        if protected_option is None and product.endswith(SENTINEL):
            protected = Setting(ABSENT, at, _otherwise(configuration, False))
        elif protected_option is None:
            protected = Setting(
                ABSENT, at, UNKNOWN if depends else _otherwise(configuration, protected_default)
            )
        else:
            protected = Setting(
                UNKNOWN if depends or protected_option.text.lower() != "yes" else True, protected_option.at
            )
    return Store(
        at,
        product=product,
        authentication=authentication(configuration, at, workspace),
        addresses=_addresses(configuration, at, bool(port.known(1) or tls_port.known(1))),
        port=served,
        default_credentials=default_credentials,
        protected=protected,
        tls=_nonzero(tls_port),
        plain=_nonzero(port),
        dangerous=tuple(dangerous),
        service=service,
        configured_by=tuple(dict.fromkeys(o.at.source for o in configuration.options)),
        protocols=protocols,
        ciphers=ciphers,
        options=dict(judged(configuration, at)),
    )


def authentication(configuration: Configuration, at: Location, workspace: Workspace) -> Setting[bool]:
    """Whether every connection must log in. An ACL file counts more than `user` lines, and both more
    than `requirepass` (acl.c); a user of any name without password is a way in."""
    file = configuration.last("aclfile")
    if file is not None and file.text:
        return _by_acl_file(file, workspace)
    users = configuration.all("user")
    for user in users:
        if _opens(user.values):
            return Setting(False, user.at)
    default = next((u for u in users if u.values[:1] == ("default",)), None)
    if default is not None:
        return Setting(True, default.at)
    password = configuration.last("requirepass")
    if password is not None and password.text:
        return Setting(True, password.at)
    # Whether every connection needs a certificate of the client's: there is no listener without TLS.
    bare, secure = _port(configuration, "port", 6379, at), _port(configuration, "tls-port", 0, at)
    asked = configuration.last("tls-auth-clients")
    if bare.known(1) != 0 or not secure.known(0) or (asked is not None and asked.text.lower() != "yes"):
        certificate: Setting[bool] | None = None
    else:
        certificate = Setting(True, asked.at if asked is not None else secure.at)
    if certificate is not None:
        return certificate
    if password is not None:
        return Setting(False, password.at)
    return Setting(ABSENT, at, _otherwise(configuration, False))


_HARMLESS = frozenset(("+ping", "+info", "+hello", "+auth", "+quit", "+select", "+echo", "+time"))


def _opens(rules: tuple[str, ...]) -> bool:
    """Whether the rules of a `user` line, applied in order, end in a user that needs no password and may do more than
    ask whether the server is there."""
    on = free = False
    allowed = [r.lower() for r in rules[1:] if r[:1] in "+(" or r.lower() == "allcommands"]
    if rules[0] != "default" and not allowed:
        return False  # it may do nothing, as every new user
    if (
        allowed
        and set(allowed) <= _HARMLESS
        and any(r.lower() in ("-@all", "nocommands", "reset") for r in rules)
    ):
        return False
    for rule in rules[1:]:
        word = rule.lower()
        if word in ("on", "off"):
            on = word == "on"
        elif word == "nopass":
            free = True
        elif word in ("resetpass", "reset") or rule.startswith((">", "#")):
            free = False
            on = on and word != "reset"
    return on and free


def _by_acl_file(file: Option, workspace: Workspace) -> Setting[bool]:
    path = (
        None if file.templated or file.text.startswith("/") else workspace.resolve(file.at.source, file.text)
    )
    if path is None or not workspace.exists(path):
        return Setting(UNKNOWN, file.at)
    try:
        lines = workspace.document(path, parse_directives).tree
    except (SyntaxProblem, Unreadable):
        return Setting(UNKNOWN, file.at)
    users = [line for line in lines if line.keyword == "user" and line.args]
    for user in users:
        if _opens(tuple(user.values)):
            return Setting(False, Location(path, f"user[{user.args[0].text}]", user.span))
    named = any(user.args[0].text == "default" for user in users)
    return Setting(named, file.at)


def acl_rules(path: str, workspace: Workspace) -> Iterator[LoginRule]:
    """The users of an ACL file that need no password. Raises SyntaxProblem and Unreadable."""
    for line in workspace.document(path, parse_directives).tree:
        if line.keyword == "user" and line.args and _opens(tuple(line.values)):
            at = Location(path, f"user[{line.args[0].text}]", line.span)
            rule = " ".join(v for v in ("user", *line.values) if v[:1] not in (">", "#", "<", "!"))
            yield LoginRule(at, product="redis", rule=rule, clients=Clients.ANY, method="nopass")


# What the rows judge, with the default of both.
OPTIONS = {
    "acllog-max-len": "128",
    "loglevel": "notice",
    "logfile": "",
    "unixsocketperm": "0",
    "replica-read-only": "yes",
    "tls-cluster": "no",
}
_ALIASES = {"replica-read-only": "slave-read-only"}


def judged(configuration: Configuration, at: Location) -> Iterator[tuple[str, Setting[str]]]:
    """The settings that the rows judge."""
    cluster = configuration.last("cluster-enabled")
    secure = _port(configuration, "tls-port", 0, at).known(0)
    for name, default in OPTIONS.items():
        if name == "tls-cluster" and not (secure and cluster is not None and cluster.text.lower() == "yes"):
            continue  # there is no bus, or no TLS
        found = configuration.last(name) or configuration.last(_ALIASES.get(name, name))
        if found is None:
            place = replace(at, pointer=f"{at.pointer}/{name}" if at.pointer else name, kind=Kind.BLOCK)
            yield name, Setting(ABSENT, place, _otherwise(configuration, default))
        else:
            yield name, Setting(UNKNOWN if found.templated else found.text, found.at)
    scripts = next(
        (o for o in configuration.all(SENTINEL) if o.values[:1] == ("deny-scripts-reconfig",)), None
    )
    if scripts is not None:
        yield "deny-scripts-reconfig", Setting(scripts.values[-1], scripts.at)


def followed(configuration: Configuration, product: str, at: Location) -> Iterator[ConnectionString]:
    """The server that a replica follows, and those that Sentinel watches; their connections have TLS by one setting."""
    secure = configuration.last("tls-replication")
    on = Setting(secure.text.lower() == "yes", secure.at) if secure is not None else None
    scheme = product.partition("-")[0]
    for option in configuration.options:
        words: tuple[str, ...] = ()
        if option.keyword in ("replicaof", "slaveof") and option.values[:1] != ("no",):
            words = option.values[:2]
        elif option.keyword == SENTINEL and option.values[:1] == ("monitor",):
            words = option.values[2:4]
        if len(words) == 2 and not option.templated:
            host, port = words
            encrypted = on or Setting(ABSENT, option.at, _otherwise(configuration, False))
            yield ConnectionString(
                option.at,
                scheme=scheme,
                host=host,
                port=int(port) if port.isdecimal() else 0,
                has_password=configuration.last("masterauth") is not None,
                encrypted=encrypted if encrypted.written else Setting(encrypted.effective, option.at),
                verified=Setting(ABSENT, option.at, True),
                local=host.startswith(("127.", "localhost", "::1")),
                variable=option.keyword,
            )


def _addresses(configuration: Configuration, at: Location, listens: bool) -> Setting[tuple[str, ...]]:
    bind = configuration.last("bind")
    if not listens:
        port = configuration.last("port")
        return Setting((), port.at if port else at)
    if bind is None:
        return Setting(ABSENT, at, _otherwise(configuration, ("*", "::*")))
    addresses = tuple(v.removeprefix("-") for v in bind.values if v)
    return Setting(UNKNOWN if bind.templated else addresses, bind.at)


def _port(configuration: Configuration, keyword: str, default: int, at: Location) -> Setting[int]:
    option = configuration.last(keyword)
    if option is None:
        return Setting(ABSENT, at, _otherwise(configuration, default))
    return Setting(int(option.text) if option.text.isdecimal() else UNKNOWN, option.at)


def _nonzero(port: Setting[int]) -> Setting[bool]:
    def on(value: int | Absent | Unknown) -> bool | Absent | Unknown:
        return value != 0 if isinstance(value, int) else value

    return Setting(on(port.value), port.at, on(port.default))


def _otherwise(configuration: Configuration, default: T) -> T | Unknown:
    return default if configuration.complete else UNKNOWN


def secrets(configuration: Configuration) -> Iterator[Secret]:
    """Passwords written out. A hash of one (`user x #…`) is none."""
    for option in configuration.options:
        if option.keyword in ("requirepass", "masterauth", "primaryauth", "tls-key-file-pass"):
            if option.text and not credentials.placeholder(option.text) and not option.templated:
                yield Secret(
                    option.at, name=option.keyword, value=Setting("password", option.at), place="config"
                )
        elif option.keyword == "user" and any(_literal(rule) for rule in option.values[1:]):
            name = f"user {option.values[0]}"
            yield credentials.in_config(option.at, name, "password")
        elif _sentinels_password(option):
            yield credentials.in_config(option.at, f"sentinel {option.values[0]}", "password")


def _sentinels_password(option: Option) -> bool:
    """`sentinel auth-pass name password`, `sentinel sentinel-pass password`: how it logs in to others."""
    named = option.keyword == SENTINEL and option.values[:1] in (("auth-pass",), ("sentinel-pass",))
    return named and not option.templated and not credentials.placeholder(option.values[-1])


def _literal(rule: str) -> bool:
    return rule.startswith(">") and not credentials.placeholder(rule[1:])
