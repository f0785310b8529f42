"""The assessment of one TLS port beside its peers, in one run: `python bench/tls.py`.

Two ports on loopback: one of OpenSSL with every suite that it still has from TLS 1.0 on, and one as Mozilla's
intermediate guidelines want it. Each program does its full assessment as it is started by default, testssl.sh once.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peers import python_program
from review import measured

PORTS = {
    "every suite of OpenSSL, TLS 1.0 to 1.3": (
        "-min_protocol",
        "TLSv1",
        "-cipher",
        "ALL:eNULL:aNULL:@SECLEVEL=0",
    ),
    "Mozilla's intermediate": ("-min_protocol", "TLSv1.2", "-cipher", "ECDHE+AESGCM:ECDHE+CHACHA20"),
}
OWN = """
import asyncio, sys
from batten.live.tls.certificate import certificate_fact
from batten.live.exchange import TlsHello
from batten.live.tls.handshakes import assess_tls
from batten.model import Location

async def place(host, port):
    return "127.0.0.1", port

answer = asyncio.run(assess_tls(TlsHello("localhost", int(sys.argv[1])), asyncio.open_connection, "", place))
facts = [certificate_fact("localhost", shown, Location("bench", "certificate")) for shown in answer.shown]
assert facts and not answer.unclear, answer.unclear
"""


@contextmanager
def served(folder: Path, options: tuple[str, ...]) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "30",
        "-subj",
        "/CN=localhost",
    ]
    made += ["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(made, cwd=folder, check=True, capture_output=True)
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", "cert.pem", "-key", "key.pem"]
    process = subprocess.Popen([*command, "-www", "-quiet", *options], cwd=folder, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()


def peers(port: int, folder: Path) -> Iterator[tuple[str, list[str], int]]:
    """(name, command, runs)."""
    place = f"localhost:{port}"
    if sslscan := shutil.which("sslscan"):
        yield "sslscan", [sslscan, "--no-colour", place], 3
    yield "sslyze", [python_program("sslyze", "sslyze"), place], 3
    if testssl := shutil.which("testssl.sh") or shutil.which("testssl"):
        told = str(folder / "told.json")
        yield (
            "testssl.sh",
            [
                testssl,
                "--quiet",
                "--color",
                "0",
                "--ip",
                "one",
                "--warnings",
                "batch",
                "--jsonfile",
                told,
                place,
            ],
            1,
        )


def main() -> None:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{time.strftime('%Y-%m-%d')}, {machine}")
    for name, options in PORTS.items():
        folder = Path(tempfile.mkdtemp(prefix="batten-bench-"))
        print(f"\n{name}\n\n| what | seconds | MB | ratio |\n|---|---|---|---|")
        try:
            with served(folder, options) as port:
                own = measured([sys.executable, "-c", OWN, str(port)], 5)
                print(
                    f"| batten, with the start of Python | {own.seconds:.2f} | {own.megabytes:.0f} | 1 |",
                    flush=True,
                )
                for peer, command, runs in peers(port, folder):
                    cost = measured(command, runs)
                    row = f"| {peer} | {cost.seconds:.2f} | {cost.megabytes:.0f} | {cost.seconds / own.seconds:.1f} × |"
                    print(row, flush=True)
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
