"""What a large contract costs: `python bench/guard_start.py [OPERATIONS] [SECONDS]` (wrk is needed for the last table).

Start: from the command to an answer of /health that says ready, the median of five. Memory: of each worker, and of all
processes with what they share counted once (PSS). Matching: processor time of a path's look-up by how many operations
there are, and by how long the path is. Added latency: half of what the guard can serve is asked of it and of its
upstream, in turns.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from batten.contract import Contract, load
from batten.contract.matcher import Matcher
from batten.formats import Workspace

BIN = Path(sys.executable).parent
STARTS, WORKERS, TURNS = 5, 2, 5
CONNECTIONS, PACED = 32, 128  # at full load; and at half of it, where each waits some milliseconds in between
ALLOWED_START, ALLOWED_MEMORY, ALLOWED_ADDED = 2.0, 150.0, 1.0  # seconds, megabytes, milliseconds
ASKED = "/v1/group0/things0/7"
FITS = '{"field0": "one", "lines": [{"sku": "ABC-0001", "quantity": 2}]}'  # the schema of what ASKED names
KINDS = ("string", "integer", "number", "boolean")


def contract(operations: int) -> dict[str, object]:
    """Four operations a resource, each resource with schemas of its own: about as wordy as real ones."""
    paths: dict[str, object] = {}
    schemas: dict[str, object] = {
        "Problem": {
            "type": "object",
            "properties": {"title": {"type": "string"}, "status": {"type": "integer"}},
        }
    }
    for number in range((operations + 3) // 4):
        name, path = f"Thing{number}", f"/v1/group{number % 20}/things{number}"
        schemas[name] = _schema(name, number)
        schemas[f"{name}List"] = {
            "type": "array",
            "items": {"$ref": f"#/components/schemas/{name}"},
            "maxItems": 1000,
        }
        paths[path] = {
            "get": _operation(f"list{name}", f"{name}List"),
            "post": _operation(f"make{name}", name, True),
        }
        paths[path + "/{id}"] = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 40}}],
                                 "get": _operation(f"get{name}", name), "put": _operation(f"put{name}", name, True)}  # fmt: skip
    return {"openapi": "3.1.0", "info": {"title": "Large", "version": "1"}, "servers": [{"url": "/"}], "security": [], "paths": paths,
            "components": {"schemas": schemas}}  # fmt: skip


def _schema(name: str, number: int) -> dict[str, object]:
    properties: dict[str, object] = {
        f"field{at}": {"type": KINDS[(number + at) % 4], "description": f"Field {at} of {name}"}
        for at in range(8)
    }
    properties["lines"] = {"type": "array", "items": {"type": "object", "required": ["sku"], "properties": {
        "sku": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"}, "quantity": {"type": "integer", "minimum": 1}}}}  # fmt: skip
    return {"type": "object", "required": ["field0"], "additionalProperties": False, "properties": properties}


def _operation(name: str, schema: str, has_body: bool = False) -> dict[str, object]:
    media = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    problem = {
        "description": "It cannot be done.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    made: dict[str, object] = {
        "operationId": name,
        "summary": f"The operation {name}",
        "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}}],
        "responses": {"200": {"description": "Done.", "content": media}, "4XX": problem, "5XX": problem},
    }
    if has_body:
        made["requestBody"] = {"required": True, "content": media}
    return made


def written(folder: Path, operations: int, syntax: str) -> Path:
    path = folder / f"openapi-{operations}.{syntax}"
    document = contract(operations)
    text = (
        json.dumps(document, indent=1)
        if syntax == "json"
        else yaml.dump(document, Dumper=_Dumper, sort_keys=False)
    )
    path.write_text(text, encoding="utf-8")
    return path


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Started:
    process: int
    port: int
    seconds: float
    used: float  # of the processor, by then, in all processes

    def family(self) -> list[int]:
        text = Path(f"/proc/{self.process}/task/{self.process}/children").read_text(encoding="ascii")
        return [self.process, *map(int, text.split())]


@contextmanager
def running(path: Path, upstream: int) -> Iterator[Started]:
    port, admin = free_port(), free_port()
    command = [str(BIN / "batten"), "guard", "run", "--contract", str(path), "--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin}",
               "--upstream", f"http://127.0.0.1:{upstream}", "--workers", str(WORKERS)]  # fmt: skip
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=path.parent, stderr=subprocess.DEVNULL)
    try:
        while not is_ready(admin):
            if process.poll() is not None or time.monotonic() > begun + 60:
                raise SystemExit("batten guard run did not start")
            time.sleep(0.005)
        seconds = time.monotonic() - begun
        started = Started(process.pid, port, seconds, 0.0)
        started.used = sum(processor(one) for one in started.family())
        yield started
    finally:
        process.terminate()
        process.wait(30)


def is_ready(admin: int) -> bool:
    link = http.client.HTTPConnection("127.0.0.1", admin, timeout=2)
    try:
        link.request("GET", "/health")
        return link.getresponse().status == 200
    except OSError:
        return False
    finally:
        link.close()


def processor(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(process: int, what: str) -> float:
    text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    found = re.search(rf"^{what}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def starts(folder: Path, operations: int, upstream: int) -> bool:
    print(f"{'start':28}{'s':>8}{'CPU s':>8}{'RSS of a worker, MB':>22}{'PSS in all, MB':>17}")
    fits = True
    for syntax in ("yaml", "json"):
        path = written(folder, operations, syntax)
        seen = []
        for _ in range(STARTS):
            with running(path, upstream) as started:
                ask_each(started.port, operations)
                workers = started.family()[1:]
                seen.append((started.seconds, started.used, max(megabytes(w, "Rss") for w in workers),
                             sum(megabytes(p, "Pss") for p in started.family())))  # fmt: skip
        seconds, used, rss, pss = (statistics.median(row[at] for row in seen) for at in range(4))
        print(f"{f'{operations:,} operations, {syntax}':28}{seconds:8.2f}{used:8.2f}{rss:22.1f}{pss:17.1f}")
        fits = fits and seconds < ALLOWED_START and rss < ALLOWED_MEMORY
    return fits


def ask_each(port: int, operations: int) -> None:
    """Every operation once, so that what is compiled when it is first asked for counts as memory."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Content-Type": "application/json"}
    for number in range((operations + 3) // 4):
        path = f"/v1/group{number % 20}/things{number}"
        for method, target in (("GET", path), ("GET", f"{path}/7"), ("POST", path), ("PUT", f"{path}/7")):
            link.request(method, target, None if method == "GET" else FITS, headers)
            answer = link.getresponse()
            answer.read()
            if answer.status not in (200, 400, 500):  # all are asked and told the same
                raise SystemExit(f"{method} {target} is answered by {answer.status}")
    link.close()


def read(folder: Path, operations: int) -> Contract:
    path = written(folder, operations, "json")
    made, problems = load(Workspace(folder), path.name)
    if problems:
        raise SystemExit(str(problems[0]))
    return made


def matching(folder: Path) -> bool:
    print(f"\n{'look-up of a path, us':28}{'fixed':>10}{'template':>10}{'unknown':>10}")
    costs = []
    for operations in (10, 100, 5_000):
        matcher = Matcher(read(folder, operations).operations)
        last = (operations + 3) // 4 - 1
        fixed = f"/v1/group{last % 20}/things{last}"
        row = [look_up(matcher, path) for path in (fixed, f"{fixed}/7", f"{fixed}/7/8")]
        costs.append(row)
        print(f"{f'{operations:,} operations':28}" + "".join(f"{cost:10.2f}" for cost in row))
    deep = Matcher(read(folder, 5_000).operations)
    for parts in (4, 40, 400):
        print(
            f"{f'{parts} segments':28}{'':20}{look_up(deep, '/v1/group1/things1' + '/7' * (parts - 3)):10.2f}"
        )
    return all(most < 3 * least for least, most in zip(costs[0], costs[-1], strict=True))


def look_up(matcher: Matcher, path: str) -> float:
    """Microseconds of processor time: the least of several, for other load only adds to it."""
    seen = []
    for _ in range(7):
        begun = time.process_time()
        for _ in range(5_000):
            matcher.offered(path)
        seen.append((time.process_time() - begun) / 5_000 * 1e6)
    return min(seen)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, int]]:
    """The ports of an nginx that answers, and of one that is a plain proxy to it."""
    source, plain = free_port(), free_port()
    temp = "".join(
        f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = folder / "nginx.conf"
    conf.write_text(
        f"worker_processes {WORKERS}; daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{ worker_connections 1024; }}\nhttp {{ access_log off; keepalive_requests 1000000; {temp}\n"
        f"server {{ listen 127.0.0.1:{source} reuseport; default_type application/json; location / {{ return 200 '{FITS}'; }} }}\n"
        f"upstream u {{ server 127.0.0.1:{source}; keepalive 64; }}\n"
        f"server {{ listen 127.0.0.1:{plain} reuseport; location / {{ proxy_pass http://u; proxy_http_version 1.1; "
        'proxy_set_header Connection ""; } } }',
        encoding="utf-8",
    )
    process = subprocess.Popen(
        ["nginx", "-c", str(conf), "-e", f"{folder}/error.log"], stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 10
        while not answers(plain):
            if time.monotonic() > end:
                raise SystemExit("nginx did not start")
            time.sleep(0.02)
        yield source, plain
    finally:
        process.terminate()
        process.wait(10)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def wrk(port: int, seconds: int, rate: float, folder: Path) -> tuple[float, float]:
    """Requests a second, and the 99th percentile in milliseconds. `rate` is what is asked for in all; 0 is all that goes."""
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "--latency",
        f"http://127.0.0.1:{port}{ASKED}",
    ]
    if rate:
        middle = PACED / rate * 1000
        command[2] = f"-c{PACED}"
        script = folder / "pace.lua"
        script.write_text(
            f"function delay() return math.random({int(middle * 0.5)}, {max(int(middle * 1.5), 1)}) end\n",
            encoding="utf-8",
        )
        command[1:1] = ["-s", str(script)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise SystemExit(f"port {port} does not answer as it should: {said}")
    told, late = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    if told is None or late is None:
        raise SystemExit(said)
    return float(told[1]), float(late[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[late[2]]


def added(folder: Path, source: int, plain: int, seconds: int) -> bool:
    """99th percentiles at half of what the guard can do. wrk paces by the millisecond, so requests come in bunches."""
    with running(written(folder, 1_000, "json"), source) as guard:
        full = wrk(guard.port, seconds, 0, folder)[0]
        ways = {"upstream direct": source, "nginx, plain": plain, "batten guard run": guard.port}
        seen: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for _ in range(TURNS):
            for name, port in ways.items():
                seen[name].append(wrk(port, seconds, full / 2, folder))
    late = {name: statistics.median(row[1] for row in rows) for name, rows in seen.items()}
    direct, proxied, guarded = late.values()
    print(f"\n{f'at half load ({full / 2:,.0f}/s)':28}{'req/s':>10}{'p99, ms':>10}")
    for name, rows in seen.items():
        print(f"{name:28}{statistics.median(row[0] for row in rows):10,.0f}{late[name]:10.2f}")
    print(
        f"{'added':28}{guarded - direct:20.2f} to none, {guarded - proxied:.2f} to a plain nginx, which adds {proxied - direct:.2f}"
    )
    return guarded - proxied < ALLOWED_ADDED


def main() -> int:
    operations = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    for needed in ("wrk", "nginx"):
        if shutil.which(needed) is None:
            raise SystemExit(f"{needed} is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "batten.yaml").write_text("origins: []\n", encoding="utf-8")
        with serving(folder) as (source, plain):
            fits = [
                starts(folder, operations, source),
                matching(folder),
                added(folder, source, plain, seconds),
            ]
    load = os.getloadavg()[0]
    if load > (os.cpu_count() or 1):
        print(f"\nThe machine was busy with other things (load {load:.1f}): repeat it when it is quiet.")
    return 0 if all(fits) else 1


if __name__ == "__main__":
    sys.exit(main())
