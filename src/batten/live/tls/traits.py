"""How a port negotiates, once it is known which versions and suites it takes."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from batten.facts import TlsTraits
from batten.formats.certificates import of_der
from batten.live.exchange import NotAnswered, Shown
from batten.live.tls.flight import INAPPROPRIATE_FALLBACK, Flight
from batten.live.tls.groups import group_name
from batten.live.tls.hello import (
    ALPN,
    ECDSA,
    FALLBACK,
    LONG_MASTER,
    RENEGOTIATION,
    RSA,
    TICKET,
    TLSV1_2,
    TLSV1_3,
    VERSIONS,
    Malformed,
    is_address,
    protocol_of,
)
from batten.live.tls.offers import Heard, Port, together
from batten.live.tls.renegotiation import renegotiates
from batten.live.tls.suites import IANA

PROTOCOLS = ("h2", "http/1.1")
_CURVES = {"secp256r1": 23, "secp384r1": 24, "secp521r1": 25}


class Traits:
    """What is known of one port so far; each question for itself, so that one failure costs one answer."""

    def __init__(self, port: Port, heard: list[Heard]) -> None:
        self.port = port
        self.taken = [h for h in heard if h.suites and h.number >= VERSIONS["SSLv3"]]
        self.old = next((h for h in reversed(self.taken) if h.number < TLSV1_3), None)
        self.new = next((h for h in self.taken if h.number >= TLSV1_3), None)
        self.unclear: list[str] = []
        self.found = TlsTraits()
        self.chains: dict[bytes, Shown] = {}  # by leaf
        self.groups_new: tuple[int, ...] = ()
        for one in self.taken:
            for flight in one.flights:
                self._show(flight)

    async def ask(self) -> None:
        """Everything; a question that fails is told in `unclear`."""
        await together(
            self._told("order of suites", self._preference()),
            self._told("key exchange groups", self._groups()),
            self._told("features", self._features()),
            self._told("fallback protection", self._fallback()),
            self._told("renegotiation by clients", self._renegotiation()),
        )
        await self._told("the certificate", self._sealed())
        await together(
            self._told("protocols", self._protocols()),
            self._told("ClientHello without SNI", self._nameless()),
        )
        if self.old is None:
            asks: bool | None = self.found.asks_certificate
        else:
            asks = any(f.asks_certificate for h in self.taken for f in h.flights)
        # Of DHE; export suites have short ones by their nature, and are judged by their name.
        sizes = [
            f.field_bits
            for h in self.taken
            for f in h.flights
            if f.hello is not None and "EXPORT" not in IANA.get(f.hello.suite, "")
        ]
        self._found(dh_bits=min((s for s in sizes if s), default=0), asks_certificate=asks)

    async def _told(self, what: str, question: Coroutine[Any, Any, None]) -> None:
        try:
            await question
        except TimeoutError:
            self.unclear.append(f"{what}: no answer in time")
        except (Malformed, NotAnswered, OSError) as error:
            self.unclear.append(f"{what}: {error}")

    def _found(self, **values: Any) -> None:
        self.found = replace(self.found, **values)

    def _show(self, flight: Flight) -> None:
        if flight.chain:
            self.chains.setdefault(flight.chain[0], Shown(flight.chain, judged=False))

    async def _preference(self) -> None:
        told = [await self.port.preference(h) for h in (self.old, self.new) if h is not None]
        self._found(server_preference=next((t for t in told if t is not None), None))

    async def _groups(self) -> None:
        old: tuple[int, ...] = ()
        if self.new is not None:
            self.groups_new = await self.port.groups(self.new)
        if self.old is not None:
            # The curves of ECDSA certificates.
            found = []
            for leaf in self.chains:
                try:
                    key = of_der((leaf,))[0].public_key()
                except ValueError:
                    continue
                if isinstance(key, ec.EllipticCurvePublicKey):
                    found.append(_CURVES.get(key.curve.name, 0))
            old = await self.port.groups(self.old, tuple(dict.fromkeys(f for f in found if f)))
        names = (group_name(g) for g in (*self.groups_new, *old))
        self._found(groups=tuple(dict.fromkeys(names)))

    async def _features(self) -> None:
        if self.old is None:
            return
        offer = replace(self.old.offer, compression=True, features=True)
        flight = await self.port.ask(offer)
        hello = flight.hello
        if hello is None:
            return
        self._found(compression=hello.compression != 0)
        if self.old.number == VERSIONS["SSLv3"]:
            return  # it has no extensions
        sent = hello.extensions
        self._found(
            secure_renegotiation=RENEGOTIATION in sent,
            extended_master_secret=LONG_MASTER in sent,
            tickets=TICKET in sent,
            stapling=flight.stapled,
        )
        self._staple(flight)

    def _staple(self, flight: Flight) -> None:
        if flight.chain:
            known = self.chains.get(flight.chain[0], Shown(flight.chain, judged=False))
            self.chains[flight.chain[0]] = replace(known, stapled=flight.stapled)

    async def _fallback(self) -> None:
        """RFC 7507: a hello that says it is a second try is refused when a better version is taken."""
        older = [h for h in self.taken[:-1] if h.number < TLSV1_3]
        if not older:
            return
        offer = replace(older[-1].offer, suites=(*older[-1].suites, FALLBACK))
        flight = await self.port.ask(offer, brief=True)
        if flight.hello is not None or flight.alert == INAPPROPRIATE_FALLBACK:
            self._found(fallback_scsv=flight.hello is None)

    async def _renegotiation(self) -> None:
        if self.old is not None and self.old.number == TLSV1_2:
            self._found(client_renegotiation=await renegotiates(self.port, tuple(self.old.suites)))

    async def _sealed(self) -> None:
        """The certificates that TLS 1.3 encrypts, where no older version shows them."""
        if self.new is None or self.chains:
            return
        for signatures in (ECDSA, RSA):
            opened = await self.port.open(
                replace(self.new.offer, features=True, signatures=signatures), self.groups_new
            )
            self._show(opened.flight)
            if opened.flight.chain:
                self._staple(opened.flight)
                self._found(stapling=opened.flight.stapled, asks_certificate=opened.flight.asks_certificate)

    async def _protocols(self) -> None:
        """Offer both, then what was not chosen."""
        left: tuple[str, ...] = PROTOCOLS
        found: list[str] = []
        while left and self.port.hello.http:
            protocol = await self._protocol(left)
            if protocol not in left:
                break
            found.append(protocol)
            left = tuple(p for p in left if p != protocol)
        self._found(protocols=tuple(found))

    async def _protocol(self, offered: tuple[str, ...]) -> str:
        if self.old is not None and self.old.number > VERSIONS["SSLv3"]:
            flight = await self.port.ask(replace(self.old.offer, protocols=offered), brief=True)
            return protocol_of(flight.hello.extensions.get(ALPN, b"")) if flight.hello else ""
        if self.new is not None:
            return (
                await self.port.open(replace(self.new.offer, protocols=offered), self.groups_new)
            ).protocol
        return ""

    async def _nameless(self) -> None:
        if is_address(self.port.name):
            return
        if self.old is not None:
            flight = await self.port.ask(self.old.offer, named=False)
        elif self.new is not None:
            flight = (await self.port.open(self.new.offer, self.groups_new, named=False)).flight
        else:
            return
        if flight.hello is None:
            self._found(without_name="refused")
        elif flight.chain:
            same = flight.chain[0] in self.chains
            self._found(without_name="the same certificate" if same else "another certificate")
