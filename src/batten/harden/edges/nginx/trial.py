"""A rendered nginx, run on loopback for as long as it takes to look at it."""

from __future__ import annotations

import grp
import os
import pwd
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from batten.cell import COPY, MIB, ROOM, Bounds, NotAsked, Order, trust
from batten.cell.keeper import Running, running
from batten.files.temporary import private_file
from batten.harden.options import HardenProblem, Options
from batten.model.record import record

START_SECONDS = 10.0
# It answers for as long as it is looked at; what it uses is bounded all the same.
BOUNDS = Bounds(processor=600, memory=1024 * MIB, file=256 * MIB, room=512 * MIB, files=4096)
LIFE = timedelta(days=90)


@record
class Trial:
    """Where it answers, and the trust anchor of its certificate."""

    url: str
    plain: str
    ca: Path


@contextmanager
def trial(
    command: list[str], names: tuple[str, ...], options: Options, rendered: Callable[[Options], str]
) -> Iterator[Trial]:
    """Run what `rendered` makes of the options, with ports, certificate and folders of the trial's own.

    Raises HardenProblem when nginx does not start.
    """
    known = tuple(dict.fromkeys((*names, "localhost")))
    certificate, key = _pair(known)
    tls, plain = _free_ports(2)
    placed = replace(
        options,
        names=known,
        listen=f"127.0.0.1:{tls}",
        plain=f"127.0.0.1:{plain}",
        certificate=f"{COPY}/edge.pem",
        key=f"{COPY}/edge.key",
        prefix=ROOM,
        user=_self() if trust.is_given() else "",
    )
    files = {"edge.pem": certificate, "edge.key": key, "nginx.conf": rendered(placed).encode()}
    placing = ("-p", f"{ROOM}/", "-c", f"{COPY}/nginx.conf", "-g", "daemon off;")
    arguments = (*command[1:], *placing)
    order = Order(Path(command[0]), arguments, files, bounds=BOUNDS, forks=True, network=True)
    with private_file(certificate) as anchor, running(order, ("-v",)) as nginx:
        if isinstance(nginx, NotAsked):
            raise HardenProblem(f"the trial run failed: {nginx}")
        _answering(nginx, tls)
        yield Trial(f"https://localhost:{tls}", f"http://localhost:{plain}", anchor)


def _self() -> str:
    """Outside of a cell root's nginx would take a user who may not enter the trial's folder."""
    if os.geteuid() != 0:
        return ""
    user = pwd.getpwuid(0)
    return f"{user.pw_name} {grp.getgrgid(user.pw_gid).gr_name}"


def _free_ports(count: int) -> list[int]:
    """All are held until all are known, so no two are one."""
    with ExitStack() as held:
        links = [held.enter_context(socket.socket()) for _ in range(count)]
        for link in links:
            link.bind(("127.0.0.1", 0))
        return [int(link.getsockname()[1]) for link in links]


def _answering(nginx: Running, port: int) -> None:
    """Wait until it answers. Raises HardenProblem with nginx's last words when it does not."""
    if not _answers(nginx, port):
        last = nginx.said().strip().splitlines()[-1:]
        raise HardenProblem(f"nginx did not start: {last[0] if last else 'it printed no error'}")


def _answers(nginx: Running, port: int) -> bool:
    end = time.monotonic() + START_SECONDS
    while not nginx.ended() and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False


def _pair(names: tuple[str, ...]) -> tuple[bytes, bytes]:
    """A certificate for the names that is its own trust anchor, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "batten trial")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names if "[" not in n]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), secret
