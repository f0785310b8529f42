"""Everything about TLS at one port: what it takes, and which certificates it shows. What is legacy is found by hellos
alone; a handshake is finished only by modern means, to have the chain verified and HTTP/2 supported."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace

from batten.live.exchange import Accepted, NotAnswered, Shown, TlsAnswer, TlsHello
from batten.live.tls.hello import TLSV1_2, VERSIONS
from batten.live.tls.offers import SECONDS, Connect, Port, together
from batten.live.tls.quic import VERSIONS as QUIC
from batten.live.tls.quic import quic_versions
from batten.live.tls.traits import Traits

UDP_SECONDS = 1.0
HTTP2_SECONDS = 2.0
Locate = Callable[[str, int], Awaitable[tuple[str, int]]]

# X509_V_ERR codes of OpenSSL that mean: the chain leads to an anchor, but for another reason it is bad.
_TRUSTED_BUT = frozenset({0, 9, 10, 62, 64})
_UNTRUSTED = frozenset({2, 18, 19, 20, 21, 24, 26, 27, 28})
# The preface of HTTP/2, and an empty SETTINGS frame (RFC 9113, 3.4 and 6.5).
_HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))


async def assess_tls(
    hello: TlsHello, connect: Connect, ca: str = "", locate: Locate | None = None, seconds: float = SECONDS
) -> TlsAnswer:
    """Everything about one port. NotAnswered when it is closed, silent, or speaks something else. `locate`
    makes the address of a host that UDP may be sent to; `seconds` are the most that one hello may take."""
    port = Port(hello, connect, seconds)
    heard = await port.versions()
    if not any(h.suites for h in heard):
        reasons = [h.reason for h in heard if h.reason and h.number > VERSIONS["SSLv2"]]
        nothing = "the port rejected every TLS version: it does not use TLS, or requires another server name"
        raise NotAnswered(reasons[-1] if reasons else nothing)
    traits = Traits(port, heard)
    await traits.ask()
    last = _Last(port, traits, ca)
    await together(last.verify(), last.http2(), last.quic(locate))
    accepted = tuple(Accepted(h.version, tuple(h.suites)) for h in heard if h.suites)
    refused = tuple(h.version for h in heard if not h.suites and not h.reason)
    unclear = [f"{h.version}: {h.reason}" for h in heard if h.reason] + traits.unclear
    return TlsAnswer(accepted, refused, tuple(unclear), tuple(traits.chains.values()), traits.found)


class _Last:
    """What needs a handshake that is finished, or another transport."""

    def __init__(self, port: Port, traits: Traits, ca: str) -> None:
        self.port, self.traits, self.ca = port, traits, ca

    async def verify(self) -> None:
        """A verdict for each chain that can be asked for; a lone leaf where no hello showed a chain."""
        if not self._modern():
            return
        chains = self.traits.chains
        for leaf in list(chains) if len(chains) > 1 else []:
            # OpenSSL's word for suites whose server proves itself with a key like this: by the object identifier in
            # the certificate (id-ecPublicKey, RFC 5480).
            await self._verified(
                leaf, self._verifying("aECDSA" if b"\x2a\x86\x48\xce\x3d\x02\x01" in leaf else "aRSA")
            )
        if len(chains) < 2:
            await self._verified(next(iter(chains), b""), self._verifying())

    def _verifying(self, key: str = "") -> ssl.SSLContext:
        return context(self.ca, verify=True, key=key, protocols=self._spoken)

    @property
    def _spoken(self) -> tuple[str, ...]:
        return (self.traits.found.protocols or ("http/1.1",)) if self.port.hello.http else ()

    async def _verified(self, leaf: bytes, using: ssl.SSLContext) -> None:
        code, words, seen = await verified(self.port, using)
        if not leaf and not seen:
            seen = (await verified(self.port, context(protocols=self._spoken)))[2]
        known = self.traits.chains.get(leaf, Shown((seen,) if seen else ()))
        if known.chain:
            shown = replace(known, verification=words, verify_code=code, judged=code >= 0)
            self.traits.chains[known.chain[0]] = shown

    def _modern(self) -> bool:
        return any(h.number >= TLSV1_2 for h in self.traits.taken)

    async def http2(self) -> None:
        if "h2" not in self.traits.found.protocols or not self._modern():
            return
        using = context(protocols=("h2",))
        using.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            async with self.port.connection() as (reader, writer):
                await writer.start_tls(using, server_hostname=self.port.name)
                writer.write(_HTTP2)
                async with asyncio.timeout(HTTP2_SECONDS):
                    head = await reader.readexactly(9)
        except (OSError, TimeoutError, EOFError, NotAnswered):
            self.traits.found = replace(self.traits.found, http2=False)
            return
        self.traits.found = replace(self.traits.found, http2=head[3] == 4 and head[5:] == bytes(4))

    async def quic(self, locate: Locate | None) -> None:
        if locate is None or not self.port.hello.http or self.port.hello.starttls:
            return
        try:
            address, port = await locate(self.port.hello.host, self.port.hello.port)
            found = await quic_versions(address, port, UDP_SECONDS)
        except (OSError, NotAnswered) as error:
            self.traits.unclear.append(f"QUIC: {error}")
            return
        names = (QUIC[v] for v in found if v in QUIC)
        self.traits.found = replace(self.traits.found, quic=tuple(names))


def context(
    ca: str = "", verify: bool = False, key: str = "", protocols: tuple[str, ...] = ("http/1.1",)
) -> ssl.SSLContext:
    """A client context. One that verifies speaks TLS 1.2 and newer, with the suites of one kind of `key` where
    one is given; another can talk to old servers too: it is here to look at them. `protocols` are offered by ALPN:
    servers of other protocols than HTTP end a handshake that offers HTTP."""
    # Without the anchors of the system where nothing is verified: reading them takes 30 ms and a megabyte.
    made = (
        ssl.create_default_context(cafile=ca or None) if verify else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )
    made.check_hostname = False
    made.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    # Level 0: a key that is too short is a cause of its own, and must not hide who signed it.
    made.set_ciphers(f"{key or 'DEFAULT' if verify else 'ALL'}:@SECLEVEL=0")
    if not verify:
        made.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    if key:
        made.maximum_version = ssl.TLSVersion.TLSv1_2
    if protocols:
        made.set_alpn_protocols(list(protocols))
    return made


async def verified(port: Port, using: ssl.SSLContext) -> tuple[int, str, bytes]:
    """The verifier's code (0: trusted, -1: nothing could be told) and words, and the leaf where it is trusted.

    The name is not checked here: it is a cause of its own.
    """
    try:
        async with port.connection() as (_, writer):
            await writer.start_tls(using, server_hostname=port.name)
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            return 0, "", bytes(shown or b"")
    except ssl.SSLCertVerificationError as error:
        return error.verify_code, error.verify_message, b""
    except (OSError, TimeoutError, EOFError, NotAnswered) as error:
        return -1, str(error) or type(error).__name__, b""


def trusted(code: int, anchors: bool) -> bool | None:
    """Whether a verifier's code means a chain to an anchor; None when it cannot be known."""
    if not anchors or code < 0:
        return None
    if code in _TRUSTED_BUT:
        return True
    return False if code in _UNTRUSTED else None
