"""Instructions in user space that one request costs nginx: `python bench/harden_instructions.py` (nginx and valgrind are needed).

The ways of `harden_edges.py`, one process each, under callgrind: no neighbour on the machine changes what is counted. The
connections are open before the count begins, and every request has another path and other headers. The last way has a contract
with more paths, which are tried before the one that is asked for, if any is.
"""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from harden_edges import HARDENED, NAME, hardened_nginx, nginx_commands

from batten.harden.trial_certificate import pair
from guard import CONTRACT, DIFFERENT, started
from harden import upstream

CONNECTIONS, BEFORE, ROUNDS = 8, 50, 250  # each round is a request on each connection
MORE = 60


def instructions(stack: ExitStack, folder: Path, port: int, command: list[str]) -> float:
    """Of one request; one process answers."""
    out = folder / f"callgrind-{port}"
    counted = [
        "valgrind", "--tool=callgrind", "--instr-atstart=no", "--dump-instr=no", f"--callgrind-out-file={out}",
        *_alone(command),
    ]  # fmt: skip
    process = started(stack, counted, folder, port)
    connections = [stack.enter_context(_connected(folder, port)) for _ in range(CONNECTIONS)]
    _ask(connections, range(BEFORE))
    _control(process.pid, "--instr=on")
    _ask(connections, range(BEFORE, BEFORE + ROUNDS))
    _control(process.pid, "--dump")
    totals = re.search(
        r"^(?:summary|totals): (\d+)", Path(f"{out}.1").read_text(encoding="utf-8"), re.MULTILINE
    )
    if totals is None:
        raise SystemExit("callgrind wrote no total")
    return int(totals[1]) / (ROUNDS * CONNECTIONS)


def _alone(command: list[str]) -> list[str]:
    """Without further processes."""
    rest = [part for part in command if part not in ("-g", "daemon off;")]
    said = "master_process off;" + (" daemon off;" if "-g" in command else "")
    return [*rest, "-g", said]


def _control(process: int, told: str) -> None:
    subprocess.run(["callgrind_control", told, str(process)], check=True, capture_output=True, timeout=60)


def _connected(folder: Path, port: int) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=folder / "edge.pem")
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), 60), server_hostname=NAME)


def _ask(connections: list[ssl.SSLSocket], rounds: range) -> None:
    for one in rounds:
        for place, connection in enumerate(connections):
            number = (one * len(connections) + place) % DIFFERENT
            connection.sendall(REQUEST % (10_000 + number, connection.getpeername()[1], number))
        for connection in connections:
            _read(connection)


REQUEST = (
    b"GET /v1/items/%d HTTP/1.1\r\nHost: localhost:%d\r\nX-Request-Id: r%d\r\nAccept: application/json\r\n"
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAuthorization: Bearer abcdefghijklmnopqrstuvwxyz\r\n\r\n"
)


def _read(connection: ssl.SSLSocket) -> None:
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _more(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    if not head.startswith(b"HTTP/1.1 200 ") or length is None:
        raise SystemExit(f"not answered as it should be: {head.decode(errors='replace')}")
    left = int(length[1]) - len(body)
    while left > 0:
        left -= len(_more(connection))


def _more(connection: ssl.SSLSocket) -> bytes:
    if not (read := connection.recv(65_536)):
        raise SystemExit("the connection was closed")
    return read


def main() -> None:
    if missing := [name for name in ("nginx", "valgrind") if shutil.which(name) is None]:
        raise SystemExit(f"not installed: {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        certificate, key = pair((NAME,))
        (folder / "edge.pem").write_bytes(certificate)
        (folder / "edge.key").write_bytes(key)
        source = upstream(stack, folder)
        ways = [*nginx_commands(folder, source.port)]
        ways.append((f"{HARDENED}, {MORE} paths more", *hardened_nginx(folder, source.port, _with_more())))
        for way, port, command in ways:
            print(f"nginx, {way:26}{instructions(stack, folder, port, command):10,.0f}", flush=True)


def _with_more() -> str:
    """The contract, with other paths before its own."""
    item = CONTRACT.partition("/v1/items/{id}:")[2].partition("components:")[0]
    others = "".join(f"  /v1/a{number}/{{id}}:{item}" for number in range(MORE))
    return CONTRACT.replace("paths:\n", f"paths:\n{others}", 1)


if __name__ == "__main__":
    main()
