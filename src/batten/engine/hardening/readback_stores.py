"""Whether what readers see of a rendered store is what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from batten.engine.hardening.readback import (
    PROTOCOLS,
    Compared,
    compared_by,
    known_value,
    of_kind,
    set_differences,
)
from batten.facts import Clients, Fact, Listener, LoginRule, Store
from batten.harden.intent import Intent
from batten.harden.stack import STORES
from batten.model.record import record

EVERYWHERE = frozenset({"*", "::*", "0.0.0.0", "::", "[::]"})
_WEAK = ("RC4", "3DES", "DES-CBC", "NULL", "EXPORT", "MD5", "ADH", "AECDH", "CBC")
_ADMITTED = ("scram-sha-256", "cert", "reject")  # of PostgreSQL's methods


@record(kw_only=True)
class AskedStore:
    """`address` "*" is every address of its container, whose network it shares with the API alone."""

    kind: str
    address: str
    port: int


def alone(kind: str, intent: Intent) -> AskedStore:
    """A store on a machine of its own."""
    options = intent.options
    return AskedStore(kind=kind, address=options.address, port=options.port or STORES[kind])


def within(intent: Intent, facts: Iterable[Fact]) -> Iterator[tuple[str, Compared]]:
    """Each store of a deployment in containers, by its name."""
    known = list(facts)
    for store in intent.stack.stores:
        mine = [
            fact
            for fact in known
            if (
                fact.service == store.name
                if isinstance(fact, Store)
                else fact.at.source.startswith(f"{store.name}/")
            )
        ]
        yield store.name, compared(AskedStore(kind=store.kind, address="*", port=store.port), mine)


def compared(asked: AskedStore, facts: Iterable[Fact]) -> Compared:
    """What was asked for, and the facts of the files that were written."""
    return compared_by(_SUBJECTS, asked, facts)


def _product(asked: AskedStore, facts: list[Fact]) -> list[str] | None:
    found = {store.product for store in of_kind(Store, facts)}
    return set_differences("products", found, {asked.kind}) if found else None


def _address(asked: AskedStore, facts: list[Fact]) -> list[str] | None:
    told = [value for store in of_kind(Store, facts) if (value := known_value(store.addresses)) is not None]
    if not told:
        return None
    found = {"*" if address in EVERYWHERE else address for each in told for address in each}
    return set_differences("addresses", found, {"*" if asked.address in EVERYWHERE else asked.address})


def _port(asked: AskedStore, facts: list[Fact]) -> list[str] | None:
    """Of RabbitMQ the reader knows that for connections without TLS."""
    if asked.kind == "rabbitmq":
        return None
    found = {str(port) for store in of_kind(Store, facts) if (port := store.port.known(None)) is not None}
    return set_differences("ports", found, {str(asked.port)}) if found else None


def _tls(asked: AskedStore, facts: list[Fact]) -> list[str] | None:
    told = [value for store in of_kind(Store, facts) if (value := known_value(store.tls)) is not None]
    return ["it is off"] if False in told else [] if told else None


def _plain(asked: AskedStore, facts: list[Fact]) -> list[str] | None:
    """No listener takes clients without TLS; or, of PostgreSQL, no rule does."""
    told = [value for store in of_kind(Store, facts) if (value := known_value(store.plain)) is not None]
    rules = [rule for rule in of_kind(LoginRule, facts) if rule.clients is not Clients.SOCKET]
    wrong = [f"`{rule.rule}` accepts it" for rule in rules if rule.method != "reject" and not rule.encrypted]
    if True in told:
        return ["a listener accepts it", *wrong]
    return wrong if told or rules else None


def _authentication(asked: AskedStore, facts: list[Fact]) -> list[str] | None:
    told = [
        value for store in of_kind(Store, facts) if (value := known_value(store.authentication)) is not None
    ]
    rules = of_kind(LoginRule, facts)
    wrong = [f"`{rule.rule}` asks for less" for rule in rules if rule.method not in _ADMITTED]
    if False in told:
        return ["clients need none", *wrong]
    return wrong if told or rules else None


def _versions(asked: AskedStore, facts: list[Fact]) -> list[str] | None:
    secure = (one for one in of_kind(Listener, facts) if known_value(one.tls))
    places: list[Store | Listener] = [*of_kind(Store, facts), *secure]
    told = [value for place in places if (value := known_value(place.protocols)) is not None]
    return (
        [line for each in told for line in set_differences("versions", set(each), PROTOCOLS)]
        if told
        else None
    )


def _ciphers(asked: AskedStore, facts: list[Fact]) -> list[str] | None:
    places: list[Store | Listener] = [*of_kind(Store, facts), *of_kind(Listener, facts)]
    told = [value for place in places if (value := known_value(place.ciphers))]
    names = {name for text in told for name in text.split(":")}
    weak = sorted(name for name in names if any(part in name.upper() for part in _WEAK))
    return [f"{name} is weak" for name in weak] if told else None


_SUBJECTS: Mapping[str, Callable[[AskedStore, list[Fact]], list[str] | None]] = {
    "product": _product,
    "addresses": _address,
    "port": _port,
    "TLS": _tls,
    "connections without TLS": _plain,
    "authentication": _authentication,
    "TLS versions": _versions,
    "cipher suites": _ciphers,
}
