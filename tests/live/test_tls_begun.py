"""TLS that begins inside another protocol, and of stores."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
import store_servers as servers
from live_servers import authority, certificate, raw, running, write_anchor, write_pem
from tls_servers import assess, versions

from batten.facts import Certificate, Listener, TlsOffer
from batten.live.exchange import NotAnswered, TlsAnswer
from batten.live.runner import Assessment, conduct
from batten.live.survey import Survey
from batten.policy import Environment
from servers import free_port

# What each side says before the ClientHello: the server's words first, then what it waits for and answers.
SPOKEN: dict[str, tuple[bytes, tuple[tuple[bytes, bytes], ...]]] = {
    "smtp": (
        b"220-mail.example.com\r\n220 ready\r\n",
        ((b"EHLO", b"250-mail.example.com\r\n250-STARTTLS\r\n250 SIZE\r\n"), (b"STARTTLS", b"220 go\r\n")),
    ),
    "imap": (b"* OK IMAP4rev1\r\n", ((b"a1 STARTTLS", b"a1 OK begin\r\n"),)),
    "pop3": (b"+OK ready\r\n", ((b"STLS", b"+OK begin\r\n"),)),
    "ftp": (b"220 ftp\r\n", ((b"AUTH TLS", b"234 go\r\n"),)),
    "ldap": (b"", ((b"1.3.6.1.4.1.1466.20037", b"\x30\x0c\2\1\1\x78\7\n\1\0\4\0\4\0"),)),
    "postgresql": (b"", ((b"\0\0\0\x08\x04\xd2\x16\x2f", b"S"),)),
}


def context(folder: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert, key = write_pem(folder, certificate(None))
    made.load_cert_chain(cert, key)
    return made


@pytest.mark.parametrize("protocol", SPOKEN)
def test_tls_begins_inside(protocol: str, tmp_path: Path) -> None:
    first, turns = SPOKEN[protocol]
    using = context(tmp_path)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        for heard, answer in turns:
            said = await reader.read(4096)
            assert heard in said
            writer.write(answer)
            await writer.drain()
        try:
            await writer.start_tls(using)
        except (ssl.SSLError, OSError):
            return
        await reader.read()

    async def run() -> TlsAnswer:
        async with raw(serve) as port:
            return await assess(port, starttls=protocol, http=False)

    answer = asyncio.run(run())
    assert versions(answer) == ("TLSv1.2", "TLSv1.3")
    assert [s.verify_code for s in answer.shown] == [18]


def test_a_server_that_offers_no_tls_says_so() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.write(b"N")

    async def run() -> None:
        async with raw(serve) as port:
            await assess(port, starttls="postgresql")

    with pytest.raises(NotAnswered, match="offers no TLS"):
        asyncio.run(run())


def stores(entry: str, ca: str) -> Assessment:
    environment = Environment("test", "http://127.0.0.1:9", ca=ca, stores=(entry,), rate=5000)
    return asyncio.run(conduct(Survey(environment)))


def judged(assessment: Assessment, host: str = "127.0.0.1") -> tuple[Listener, TlsOffer, Certificate]:
    listener = next(f for f in assessment.facts if isinstance(f, Listener))
    offer = next(f for f in assessment.facts if isinstance(f, TlsOffer))
    shown = next(f for f in assessment.facts if isinstance(f, Certificate))
    assert not listener.http
    assert (shown.trusted.value, shown.name_matches.value) == (True, True)
    return listener, offer, shown


def test_stores_with_tls(tmp_path: Path) -> None:
    anchor = authority()
    cert, key = write_pem(tmp_path, certificate(anchor))
    ca = str(write_anchor(tmp_path, anchor))
    port = free_port()
    command = [servers.binary("redis-server"), "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1"]
    command += [
        "--tls-cert-file",
        str(cert),
        "--tls-key-file",
        str(key),
        "--tls-auth-clients",
        "no",
        "--save",
        "",
    ]
    with running([*command, "--tls-protocols", "TLSv1.3"], port, tmp_path):
        _, offer, shown = judged(stores(f"rediss://127.0.0.1:{port}", ca))
    assert offer.protocols == ("TLSv1.3",)
    assert shown.at.source == f"rediss://127.0.0.1:{port}"


def test_postgresql(tmp_path: Path) -> None:
    anchor = authority()
    pem = [str(p) for p in write_pem(tmp_path, certificate(anchor))]
    port = free_port()
    with servers.postgresql(tmp_path, port, False, pem):
        _, offer, _ = judged(stores(f"postgresql://127.0.0.1:{port}", str(write_anchor(tmp_path, anchor))))
    assert offer.protocols == ("TLSv1.2", "TLSv1.3")


def test_mariadb_is_not_asked_until_it_shuts_us_out(tmp_path: Path) -> None:
    anchor = authority()
    cert, key = write_pem(tmp_path, certificate(anchor))
    port = free_port()
    with servers.mariadb(tmp_path, port, False, f"--ssl-cert={cert}", f"--ssl-key={key}"):
        assessment = stores(f"mysql://127.0.0.1:{port}", str(write_anchor(tmp_path, anchor)))
        _, offer, _ = judged(assessment)
    assert "TLSv1.3" in offer.protocols
    assert assessment.exchanges < 60
