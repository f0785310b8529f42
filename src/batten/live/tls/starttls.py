"""How TLS is begun inside a protocol that starts in clear text: what is said before the ClientHello.

Sources: PostgreSQL's and MySQL's protocol documents, NATS's client protocol, RFC 3207 (SMTP), 2595 (IMAP, POP3),
4217 (FTP), 4511 (LDAP).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping

from batten.live.exchange import NotAnswered, NoTls
from batten.model.record import record

MOST = 8_192  # bytes of an answer


@record
class Turn:
    """What is said, when the answer to it is whole, whether it agrees to go on, and what it says when it is the
    protocol's and does not. `whole` None: nothing answers."""

    say: bytes
    whole: Callable[[bytes], bool] | None = bool
    agrees: Callable[[bytes], bool] = bool
    declines: Callable[[bytes], bool] = lambda answer: False


def _starts(*words: bytes) -> Callable[[bytes], bool]:
    return lambda answer: answer.startswith(words)


def _line(answer: bytes) -> bool:
    return answer.endswith(b"\n")


def reply(answer: bytes) -> bool:
    """The last line of an SMTP or FTP reply: three digits and a blank (RFC 5321, 4.2.1)."""
    return bool(re.search(rb"^\d{3} [^\n]*\n\Z", answer, re.MULTILINE))


def _tagged(answer: bytes) -> bool:
    return bool(re.search(rb"^a1 [^\n]*\n", answer, re.MULTILINE))


def _refused(answer: bytes) -> bool:
    """A reply of SMTP or FTP that says no."""
    return bool(re.match(rb"[45]\d\d[ -]", answer))


def mysql_packet(answer: bytes) -> bool:
    return len(answer) >= 4 and len(answer) >= 4 + int.from_bytes(answer[:3], "little")


def mysql_capabilities(greeting: bytes) -> int:
    """The lower capability flags of a server's greeting, 0 when it is none (protocol 10)."""
    end = greeting.find(b"\0", 5)
    if len(greeting) < 7 or greeting[4] != 10 or end < 0 or len(greeting) < end + 16:
        return 0
    return int.from_bytes(greeting[end + 14 : end + 16], "little")


MYSQL_SSL = 0x0800


def _nats_takes_tls(info: bytes) -> bool:
    try:
        told = json.loads(info[4:].partition(b"\r\n")[0]) if info.startswith(b"INFO") else {}
    except ValueError:
        return False
    return isinstance(told, dict) and bool(told.get("tls_required") or told.get("tls_available"))


POSTGRESQL_SSL_REQUEST = b"\0\0\0\x08\x04\xd2\x16\x2f"
_MYSQL_SSL_REQUEST = (
    b"\x20\0\0\x01"
    + (0x0008_AA05).to_bytes(4, "little")
    + (1 << 24).to_bytes(4, "little")
    + b"\x21"
    + bytes(23)
)
_LDAP_START_TLS = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"

PREAMBLES: Mapping[str, tuple[Turn, ...]] = {
    "postgresql": (Turn(POSTGRESQL_SSL_REQUEST, bool, _starts(b"S"), _starts(b"N")),),
    "mysql": (
        Turn(b"", mysql_packet, lambda greeting: bool(mysql_capabilities(greeting) & MYSQL_SSL)),
        Turn(_MYSQL_SSL_REQUEST, None),
    ),
    "nats": (Turn(b"", _line, _nats_takes_tls),),
    "smtp": (
        Turn(b"", reply, _starts(b"220")),
        Turn(
            b"EHLO batten.invalid\r\n", reply, lambda answer: b"STARTTLS" in answer.upper(), _starts(b"250")
        ),
        Turn(b"STARTTLS\r\n", reply, _starts(b"220"), _refused),
    ),
    "imap": (
        Turn(b"", _line, _starts(b"* OK")),
        Turn(b"a1 STARTTLS\r\n", _tagged, lambda answer: b"a1 OK" in answer, _tagged),
    ),
    "pop3": (Turn(b"", _line, _starts(b"+OK")), Turn(b"STLS\r\n", _line, _starts(b"+OK"), _starts(b"-ERR"))),
    "ftp": (Turn(b"", reply, _starts(b"220")), Turn(b"AUTH TLS\r\n", reply, _starts(b"234"), _refused)),
    "ldap": (
        Turn(
            _LDAP_START_TLS,
            lambda a: len(a) >= 2 + a[1] if len(a) > 1 else False,
            lambda a: b"\n\x01\0" in a,
            lambda a: a[:1] == b"\x30" and b"\x78" in a[:8],
        ),
    ),
}


async def begin(
    protocol: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[bytes, ...]:
    """Talk until the other side expects a ClientHello; what it said until then. NotAnswered when it takes no TLS, or speaks
    something else. The caller bounds the time."""
    heard = []
    for turn in PREAMBLES[protocol]:
        writer.write(turn.say)
        await writer.drain()
        if turn.whole is None:
            continue
        answer = b""
        while len(answer) < MOST and not turn.whole(answer):
            more = await reader.read(MOST - len(answer))
            if not more:
                break
            answer += more
        heard.append(answer)
        if not turn.agrees(answer):
            if turn.declines(answer):
                raise NoTls(f"the {protocol} server offers no TLS")
            raise NotAnswered(f"the port does not answer to the TLS upgrade of {protocol}")
    return tuple(heard)
