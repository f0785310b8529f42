"""A rendered nginx, run on loopback for as long as it takes to look at it."""

from __future__ import annotations

import grp
import os
import pwd
import socket
import subprocess
import tempfile
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

from batten.harden.options import HardenProblem, Options
from batten.model.record import record

START_SECONDS = 10.0
STOP_SECONDS = 5.0
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
    with tempfile.TemporaryDirectory(prefix="batten-trial-") as made:
        folder = Path(made)
        known = tuple(dict.fromkeys((*names, "localhost")))
        _pair(folder, known)
        tls, plain = _free_ports(2)
        placed = replace(
            options,
            names=known,
            listen=f"127.0.0.1:{tls}",
            plain=f"127.0.0.1:{plain}",
            certificate=str(folder / "edge.pem"),
            key=str(folder / "edge.key"),
            prefix=str(folder),
            user=_self(),
        )
        main = folder / "nginx.conf"
        main.write_text(rendered(placed), encoding="utf-8")
        with _running([*command, "-p", f"{folder}/", "-c", str(main), "-g", "daemon off;"], tls, folder):
            yield Trial(f"https://localhost:{tls}", f"http://localhost:{plain}", folder / "edge.pem")


def _self() -> str:
    """Root's nginx would take a user who may not enter the trial's folder."""
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


@contextmanager
def _running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    log = folder / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            if not _answers(process, port):
                last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
                raise HardenProblem(f"nginx did not start: {last[0] if last else 'it said nothing'}")
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False


def _pair(folder: Path, names: tuple[str, ...]) -> None:
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
    (folder / "edge.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "edge.key").touch(mode=0o600)
    (folder / "edge.key").write_bytes(secret)
