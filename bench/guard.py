"""The guard beside plain proxies, in one run: `python bench/guard.py [SECONDS]` (wrk is needed; nginx and Envoy where
they are installed).

All stand before one upstream, nginx with a file of 1 KB; each is asked for some seconds, in turns, and the medians
of the turns are compared. Ratios are what counts; the absolute numbers are this machine's. `us` is the processor
time that a request costs in the process measured, which other load on the machine disturbs least.
"""

from __future__ import annotations

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
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

BIN = Path(sys.executable).parent
CONNECTIONS, TURNS = 32, 3
TICKS = os.sysconf("SC_CLK_TCK")
CONTRACT = """\
openapi: 3.1.0
info: {title: Bench, version: "1"}
servers: [{url: /}]
paths:
  /v1/items/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: ok
          content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}
components:
  schemas:
    Order:
      type: object
      additionalProperties: false
      required: [id, name, items, total]
      properties:
        id: {type: integer}
        name: {type: string, maxLength: 60}
        note: {type: string}
        total: {type: number}
        items: {type: array, items: {$ref: "#/components/schemas/Line"}}
    Line:
      type: object
      additionalProperties: false
      required: [sku, quantity, price]
      properties:
        sku: {type: string, pattern: "^[A-Z]{3}-[0-9]{4}$"}
        quantity: {type: integer, minimum: 1}
        price: {type: number}
        tags: {type: array, items: {type: string}}
"""
ORDER = {"id": 7, "name": "An order", "note": "Ring twice", "total": 99.5, "items": [
    {"sku": f"ABC-{number:04d}", "quantity": number + 1, "price": 9.99, "tags": ["a", "bb", "ccc"]} for number in range(13)
]}  # fmt: skip
DIFFERENT = 10_000  # answers of the varied client: more than the guard remembers
# A client whose path, headers and answers differ from request to request, so that nothing is remembered of it.
VARIED = """\
local n = 10000
request = function()
  n = n + 1
  return wrk.format("GET", "/v1/items/" .. n, {["X-Request-Id"] = "r" .. n, ["Accept"] = "application/json",
    ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64)", ["Accept-Encoding"] = "gzip, deflate, br",
    ["Authorization"] = "Bearer abcdefghijklmnopqrstuvwxyz"})
end
"""
APP = """\
import json, sys
from pathlib import Path
from batten.guard.asgi import Guard
ORDER = json.loads(Path("order.json").read_text())
def bare_starlette():
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route
    async def item(request): return JSONResponse(ORDER)
    return Starlette(routes=[Route("/v1/items/{id}", item)])
def bare_fastapi():
    from fastapi import FastAPI
    from pydantic import BaseModel
    class Line(BaseModel):
        sku: str; quantity: int; price: float; tags: list[str] = []
    class Order(BaseModel):
        id: int; name: str; note: str = ""; total: float; items: list[Line]
    app = FastAPI()
    @app.get("/v1/items/{id}", response_model=Order)
    async def item(id: str): return ORDER
    return app
starlette, fastapi = bare_starlette(), bare_fastapi()
guarded_starlette = Guard(bare_starlette(), contract="openapi.yaml")
guarded_fastapi = Guard(bare_fastapi(), contract="openapi.yaml")
"""


@dataclass
class Way:
    name: str
    port: int
    process: subprocess.Popen[bytes]
    script: str = ""
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    totals: list[float] = field(default_factory=list)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def started(stack: ExitStack, command: list[str], folder: Path, port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
    raise SystemExit(f"{command[0]} did not start")


def family(process: int) -> list[int]:
    """A process and those that it started."""
    text = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [process, *(one for child in text.split() for one in family(int(child)))]


def used(process: int) -> float:
    """Seconds of processor time of a family so far."""
    total = 0
    for one in family(process):
        fields = Path(f"/proc/{one}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def measure(way: Way, seconds: int, folder: Path) -> None:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", f"http://127.0.0.1:{way.port}/v1/items/7"]
    if way.script:
        command[1:1] = ["-s", way.script]
    before = used(way.process.pid)
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    spent = used(way.process.pid) - before
    if "Non-2xx" in said:
        raise SystemExit(f"{way.name} does not answer as it should: {said}")
    total = re.search(r"(\d+) requests in", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert total and rate
    way.rates.append(float(rate[1]))
    way.costs.append(spent / max(int(total[1]), 1) * 1e6)


def nginx_conf(folder: Path, port: int, body: str, workers: int) -> list[str]:
    conf = folder / f"nginx-{port}.conf"
    temp = "".join(
        f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf.write_text(
        f"worker_processes {workers}; daemon off; pid {folder}/{port}.pid; error_log {folder}/{port}.log;\n"
        "events { worker_connections 4096; }\n"
        f"http {{ access_log off; keepalive_requests 1000000; default_type application/json; {temp}\n{body} }}\n",
        encoding="utf-8",
    )
    return ["nginx", "-c", str(conf), "-e", f"{folder}/{port}.log"]


def envoy_conf(folder: Path, port: int, upstream: int) -> list[str]:
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "a",
        "route_config": {"virtual_hosts": [{"name": "a", "domains": ["*"], "routes": [
            {"match": {"prefix": "/"}, "route": {"cluster": "a"}}]}]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}],
    }  # fmt: skip
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    to = {"socket_address": {"address": "127.0.0.1", "port_value": upstream}}
    made = {"static_resources": {
        "listeners": [{"address": address, "filter_chains": [{"filters": [
            {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}]}],
        "clusters": [{"name": "a", "type": "STATIC", "load_assignment": {"cluster_name": "a", "endpoints": [
            {"lb_endpoints": [{"endpoint": {"address": to}}]}]}}],
    }}  # fmt: skip
    path = folder / "envoy.json"
    path.write_text(json.dumps(made), encoding="utf-8")
    return [
        str(BIN / "envoy"),
        "-c",
        str(path),
        "--concurrency",
        str(workers()),
        "--disable-hot-restart",
        "-l",
        "off",
    ]


def workers() -> int:
    return min(os.cpu_count() or 1, 2)


def proxies(stack: ExitStack, folder: Path) -> list[Way]:
    source, plain = free_port(), free_port()
    file = (
        f"server {{ listen 127.0.0.1:{source}; root {folder}; open_file_cache max={2 * DIFFERENT};\n"
        'location ~ "[0-9]{4}$" { rewrite "([0-9]{4})$" /orders/$1.json break; }\n'
        "location / { try_files /order.json =404; } }"
    )
    upstream = started(stack, nginx_conf(folder, source, file, 1), folder, source)
    pass_on = (
        f"upstream u {{ server 127.0.0.1:{source}; keepalive 64; }}\n"
        f"server {{ listen 127.0.0.1:{plain} reuseport; location / {{ proxy_pass http://u; proxy_http_version 1.1; "
        'proxy_set_header Connection ""; } }'
    )
    ways = [
        Way("upstream direct", source, upstream),
        Way(
            "nginx, plain",
            plain,
            started(stack, nginx_conf(folder, plain, pass_on, workers()), folder, plain),
        ),
    ]
    if (BIN / "envoy").exists():
        port = free_port()
        ways.append(Way("Envoy, plain", port, started(stack, envoy_conf(folder, port, source), folder, port)))
    port = free_port()
    command = [str(BIN / "batten"), "guard", "run", "--contract", "openapi.yaml", "--listen", f"127.0.0.1:{port}",
               "--upstream", f"http://127.0.0.1:{source}", "--workers", str(workers())]  # fmt: skip
    guard = started(stack, command, folder, port)
    ways.append(Way("batten guard run", port, guard))
    ways.append(Way("batten guard run, varied", port, guard, "varied.lua"))
    ways.append(Way("nginx, plain, varied", plain, ways[1].process, "varied.lua"))
    return [*ways, *engines(stack, folder, source)]


def engines(stack: ExitStack, folder: Path, source: int) -> Iterator[Way]:
    """`guard run --engine`, on traffic that is never the same; `us` includes batten's own process, which reads the log."""
    found = {
        "nginx": shutil.which("nginx"),
        "envoy": (BIN / "envoy").exists(),
        "haproxy": shutil.which("haproxy"),
    }
    for engine in (name for name, there in found.items() if there):
        port = free_port()
        command = [str(BIN / "batten"), "guard", "run", "--engine", engine, "--contract", "openapi.yaml", "--listen",
                   f"127.0.0.1:{port}", "--upstream", f"http://127.0.0.1:{source}", "--workers", str(workers())]  # fmt: skip
        yield Way(f"run --engine {engine}, varied", port, started(stack, command, folder, port), "varied.lua")


def applications(stack: ExitStack, folder: Path) -> list[Way]:
    ways = []
    for name in ("starlette", "guarded_starlette", "fastapi", "guarded_fastapi"):
        port = free_port()
        command = [str(BIN / "uvicorn"), f"bench_app:{name}", "--port", str(port), "--log-level", "critical", "--loop", "uvloop",
                   "--http", "httptools", "--no-server-header"]  # fmt: skip
        ways.append(Way(name.replace("_", " "), port, started(stack, command, folder, port)))
    return ways


def compared(title: str, ways: list[Way], base: Callable[[str], str], seconds: int, folder: Path) -> None:
    for _ in range(TURNS):
        for way in ways:
            measure(way, seconds, folder)
    rate = {way.name: statistics.median(way.rates) for way in ways}
    print(f"\n{title:32}{'req/s':>10}{'us':>8}   of")
    for way in ways:
        other = base(way.name)
        ratio = (
            f"{rate[way.name] / rate[other]:5.2f} of {other}" if other in rate and other != way.name else ""
        )
        print(f"{way.name:32}{rate[way.name]:10,.0f}{statistics.median(way.costs):8.1f}   {ratio}")
    if "Envoy, plain" in rate:
        print(f"{'':52}{rate['batten guard run'] / rate['Envoy, plain']:.2f} of Envoy, plain")


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    for needed in ("wrk", "nginx"):
        if shutil.which(needed) is None:
            raise SystemExit(f"{needed} is not installed")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "openapi.yaml").write_text(CONTRACT, encoding="utf-8")
        (folder / "batten.yaml").write_text("origins: []\n", encoding="utf-8")
        (folder / "order.json").write_text(json.dumps(ORDER, separators=(",", ":")), encoding="utf-8")
        (folder / "orders").mkdir(mode=0o755)
        for number in range(DIFFERENT):
            one = json.dumps({**ORDER, "id": number}, separators=(",", ":"))
            (folder / "orders" / f"{number:04}.json").write_text(one, encoding="utf-8")
        (folder / "varied.lua").write_text(VARIED, encoding="utf-8")
        (folder / "bench_app.py").write_text(APP, encoding="utf-8")
        folder.chmod(0o755)
        ways = proxies(stack, folder)
        compared(
            "proxies",
            ways,
            lambda n: f"nginx, plain{', varied' if n.endswith('varied') else ''}",
            seconds,
            folder,
        )
        compared(
            "applications", applications(stack, folder), lambda n: n.removeprefix("guarded "), seconds, folder
        )
    load = os.getloadavg()[0]
    if load > (os.cpu_count() or 1):
        print(f"\nThe machine was busy with other things (load {load:.1f}): repeat it when it is quiet.")


if __name__ == "__main__":
    main()
