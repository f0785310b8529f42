"""What is known of the client behind a peer, and what the application is told of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from batten.contract import Operation
from batten.guard.options import Rule
from batten.guard.senders import chain
from batten.guard.senders.hosts import Hosts, authority
from batten.guard.senders.named import KINDS
from batten.guard.senders.trust import Trusted, spelled
from batten.guard.verdicts import Head, Refuse, Sender
from batten.model.record import record
from batten.policy.senders import Kind

_READ = frozenset((b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded"))


@record
class Known:
    """What the chain says: the client's address, "" where it has none, the scheme and the host that it used."""

    address: str
    scheme: str
    host: str


def introduced(
    head: Head, peer: str, trusted: Trusted | None, hosts: Hosts | None, declared: frozenset[bytes]
) -> Head:
    """A request as its client sent it, where its peer is trusted; as it came, where not.

    What the peer says of the client is taken out of the headers and told anew in one voice: every header that is there for the
    client's address or scheme says the same. Headers that the contract declares stay where parameters are judged, and so
    does a host that is not listed. `peer` is an address, "" at a unix socket.
    """
    if trusted is None or not trusted.takes(peer):
        return head
    said: dict[bytes, list[bytes]] = {}
    kept, edges = [], []
    for pair in head.headers:
        kind = KINDS[pair[0]]
        if kind is None or kind is Kind.OVERRIDE:
            kept.append(pair)
            continue
        edges.append((pair, kind))
        if pair[0] in _READ:
            said.setdefault(pair[0], []).append(pair[1])
    # Where both families of headers are there and disagree, one of them is the client's own: neither is believed.
    nothing = Known(spelled(peer) or peer, chain.scheme_of(head.scheme) or "http", "")
    usual = said.keys() - {b"forwarded"}
    one = _of_usual(said, trusted, nothing) if usual else None
    if b"forwarded" in said:
        hops = chain.hops(said[b"forwarded"])
        if hops is None:
            other = nothing
        else:
            client, depth = chain.walked([hop.client for hop in hops], trusted, nothing.address)
            known_told = hops[-max(depth, 1)]
            other = Known(client, chain.scheme_of(known_told.scheme) or nothing.scheme, known_told.host)
    else:
        other = None
    if one is None or other is None:
        known = one or other or nothing
    else:
        agree = one.address == other.address and one.scheme == other.scheme
        known = Known(one.address, one.scheme, one.host) if agree else nothing
    told = _told(known, said)
    for pair, kind in edges:
        if kind is Kind.HOST:
            value = known.host.encode("latin-1") if pair[0] == b"x-forwarded-host" else pair[1]
            if authority(value.decode("latin-1")) is not None:
                (told if hosts is None or hosts[value] else kept).append((pair[0], value))
        elif pair[0] not in _READ:
            (kept if pair[0] in declared else told).extend(_restated(pair, kind, known))
    return head._replace(
        headers=tuple(kept),
        scheme=known.scheme,
        sender=Sender(True, known.address, tuple(dict.fromkeys(told))),
    )


def _of_usual(said: Mapping[bytes, Sequence[bytes]], trusted: Trusted, nothing: Known) -> Known:
    elements = chain.listed(said.get(b"x-forwarded-for", ()))
    client, depth = chain.walked(elements, trusted, nothing.address)
    scheme, host = (
        chain.told_of(chain.listed(said.get(name, ())), depth, len(elements))
        for name in (b"x-forwarded-proto", b"x-forwarded-host")
    )
    return Known(client, chain.scheme_of(scheme) or nothing.scheme, host)


def _told(known: Known, said: Mapping[bytes, object]) -> list[tuple[bytes, bytes]]:
    told = [(b"x-forwarded-proto", known.scheme.encode())]
    if known.address:
        told.insert(0, (b"x-forwarded-for", known.address.encode()))
    if b"forwarded" in said:
        address = f'"[{known.address}]"' if ":" in known.address else known.address or "unknown"
        told.append((b"forwarded", f"for={address};proto={known.scheme}".encode()))
    return told


def _restated(pair: tuple[bytes, bytes], kind: Kind, known: Known) -> Iterator[tuple[bytes, bytes]]:
    name = pair[0]
    match kind:
        case Kind.CHAIN | Kind.CLIENT:
            if known.address:
                yield name, known.address.encode()
        case Kind.SCHEME:
            yield name, known.scheme.encode()
        case Kind.SWITCH:
            yield name, b"on" if known.scheme == "https" else b"off"
        case Kind.HOST | Kind.PLACE | Kind.IDENTITY | Kind.INSTRUCTION | Kind.OVERRIDE:
            yield pair


def declared_by(operations: Iterable[Operation]) -> frozenset[bytes]:
    """Names of such headers that are parameters."""
    names = {p.name.lower().encode() for o in operations for p in o.parameters if p.location == "header"}
    return frozenset(name for name in names if KINDS[name] is not None)


def misdirected(hosts: Hosts | None, head: Head, fields: Mapping[bytes, bytes]) -> Iterator[Refuse]:
    """A request for a host that is not listed (RFC 9110, 15.5.20); what a trusted peer says of it counts, too."""
    if hosts is None:
        return
    asked = [fields.get(b"host", b"")]
    if head.sender.trusted:
        asked += [value for name, value in fields.items() if KINDS[name] is Kind.HOST]
    if not all(hosts[value] for value in asked):
        yield Refuse(Rule.HOST, 421, "Misdirected Request", detail="The requested host is not served here.")


def dropped(
    fields: Mapping[bytes, bytes], sender: Sender, operation: Operation | None, observed: frozenset[Rule]
) -> Iterator[bytes]:
    """Headers that go no further. Those of an operation's parameters do where they only tell of the client: its contract
    says that clients send them. An identity, a verb and an order are never a client's to give."""
    found = [(name, kind) for name in fields if (kind := KINDS[name]) is not None]
    declared = declared_by((operation,)) if found and operation is not None else frozenset()
    for name, kind in found:
        if kind is Kind.OVERRIDE:
            if Rule.OVERRIDE not in observed:
                yield name
        elif Rule.SENDER in observed or sender.trusted:
            continue
        elif name not in declared or kind in (Kind.IDENTITY, Kind.INSTRUCTION):
            yield name
