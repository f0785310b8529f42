"""Which versions and suites a port takes, and which certificate it shows; no handshake is finished
to find the first two, so nothing legacy is needed here."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable

from batten.live.exchange import Accepted, NotAnswered, TlsAnswer, TlsHello
from batten.live.hello import (
    VERSIONS,
    Alert,
    Malformed,
    ServerHello,
    alert,
    certificates,
    client_hello,
    messages,
    server_hello,
    tls_record,
)
from batten.live.suites import LEGACY, MODERN

SECONDS = 5.0  # for one hello
FLIGHT = 65_536  # bytes of a first flight that are read

Connect = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]

# X509_V_ERR codes of OpenSSL that mean: the chain leads to an anchor, but for another reason it is bad.
_TRUSTED_BUT = frozenset({0, 9, 10, 62, 64})
_UNTRUSTED = frozenset({2, 18, 19, 20, 21, 24, 26, 27, 28})


async def assess_tls(hello: TlsHello, connect: Connect, ca: str = "") -> TlsAnswer:
    """Everything about one port. NotAnswered when it is closed, silent, or speaks something else."""
    accepted: list[Accepted] = []
    refused: list[str] = []
    unclear: list[str] = []
    chain: tuple[bytes, ...] = ()
    for version in VERSIONS:
        try:
            suites, sent = await _suites(hello, version, connect)
        except Malformed as error:
            raise NotAnswered(str(error)) from error
        except TimeoutError:
            unclear.append(version)
            if len(unclear) > 1 and not accepted:
                raise NotAnswered(f"no answer to a TLS hello within {SECONDS:.0f} s") from None
            continue
        chain = chain or sent
        if suites:
            accepted.append(Accepted(version, suites))
        else:
            refused.append(version)
    if not accepted:
        raise NotAnswered("every TLS version was refused: the port speaks no TLS, or wants another name")
    code, words, leaf = await verified(hello, connect, ca)
    return TlsAnswer(tuple(accepted), tuple(refused), tuple(unclear), chain or leaf, words, code, code >= 0)


async def _suites(
    hello: TlsHello, version: str, connect: Connect
) -> tuple[tuple[int, ...], tuple[bytes, ...]]:
    """The suites in the order they were chosen, and the certificates that came with the first."""
    offered = MODERN if version == "TLSv1.3" else LEGACY
    chosen: list[int] = []
    chain: tuple[bytes, ...] = ()
    while offered:
        answer, sent = await _greeted(hello, version, offered, connect, want_chain=not chosen)
        if answer is None or answer.version != VERSIONS[version] or answer.suite not in offered:
            break
        chain = chain or sent
        chosen.append(answer.suite)
        offered = tuple(s for s in offered if s != answer.suite)
    return tuple(chosen), chain


async def _greeted(
    hello: TlsHello, version: str, suites: tuple[int, ...], connect: Connect, want_chain: bool
) -> tuple[ServerHello | None, tuple[bytes, ...]]:
    """One hello and its answer; None when it was refused by an alert or a closed connection."""
    async with asyncio.timeout(SECONDS):
        reader, writer = await connect(hello.host, hello.port)
        try:
            writer.write(client_hello(VERSIONS[version], suites, hello.server_name or hello.host))
            await writer.drain()
            return await _flight(reader, want_chain and version != "TLSv1.3")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None, ()
        finally:
            writer.close()


async def _flight(
    reader: asyncio.StreamReader, want_chain: bool
) -> tuple[ServerHello | None, tuple[bytes, ...]]:
    handshake = b""
    chosen: ServerHello | None = None
    while len(handshake) < FLIGHT:
        kind, length = tls_record(await reader.readexactly(5))
        content = await reader.readexactly(length)
        if kind == 21 and _is_refusal(alert(content)):
            return chosen, ()
        if kind != 22:
            continue
        handshake += content
        for number, message in messages(handshake):
            if number == 2 and chosen is None:
                chosen = server_hello(message)
                if not want_chain:
                    return chosen, ()
            elif number == 11:
                return chosen, certificates(message)
            elif number in (12, 14):  # key exchange or done: an anonymous suite sends no certificate
                return chosen, ()
    return chosen, ()


def _is_refusal(told: Alert) -> bool:
    return told.code != 112  # unrecognized_name is a warning: the handshake goes on (RFC 6066)


def context(ca: str = "", verify: bool = False) -> ssl.SSLContext:
    """A client context that can talk to old servers too: this one is here to look at them."""
    made = ssl.create_default_context(cafile=ca or None)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    made.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    made.set_ciphers("ALL:@SECLEVEL=0")
    made.set_alpn_protocols(["http/1.1"])
    return made


async def verified(hello: TlsHello, connect: Connect, ca: str) -> tuple[int, str, tuple[bytes, ...]]:
    """The verifier's code (0: trusted, -1: nothing could be told) and words, and the leaf certificate.

    The name is not checked here: it is a cause of its own.
    """
    code, words = 0, ""
    leaf = b""
    try:
        leaf = await _leaf(hello, connect, context(ca, verify=True))
    except ssl.SSLCertVerificationError as error:
        code, words = error.verify_code, error.verify_message
    except (OSError, TimeoutError, EOFError) as error:
        return -1, str(error) or type(error).__name__, ()
    if not leaf:
        try:
            leaf = await _leaf(hello, connect, context())
        except (OSError, TimeoutError, EOFError):
            leaf = b""
    return code, words, (leaf,) if leaf else ()


async def _leaf(hello: TlsHello, connect: Connect, using: ssl.SSLContext) -> bytes:
    async with asyncio.timeout(SECONDS):
        _, writer = await connect(hello.host, hello.port)
        try:
            await writer.start_tls(using, server_hostname=hello.server_name or hello.host)
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            return bytes(shown or b"")
        finally:
            writer.close()


def trusted(code: int, anchors: bool) -> bool | None:
    """Whether a verifier's code means a chain to an anchor; None when it cannot be known."""
    if not anchors or code < 0:
        return None
    if code in _TRUSTED_BUT:
        return True
    return False if code in _UNTRUSTED else None
