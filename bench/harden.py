"""What hardening costs: `python bench/harden.py [SECONDS]` (wrk, nginx and Envoy are needed for the second table).

Rendering: processor time of each target for a contract of 500 operations, contract read apart. Serving: the rendered nginx
and Envoy beside the same engine as a plain proxy with the same TLS, on traffic that is never the same, in turns, in one run;
the ratio of medians is what counts. `us` is the processor time of a request. For the run the limits of rate and
connections are raised, and none of them logs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import yaml
from guard_start import contract as wide

from batten.contract import Contract, load
from batten.engine.hardening.programs import program_of
from batten.engine.hardening.rendering import offered, render
from batten.formats import Workspace
from batten.harden import Options
from batten.harden.intent import Intent
from batten.harden.stack import STORES, Application, Stack, Store
from batten.harden.targets import IMAGE
from batten.harden.trial_certificate import pair
from batten.policy import Policy
from guard import CONTRACT, DIFFERENT, ORDER, Way, envoy_conf, free_port, nginx_conf, started, used, workers

OPERATIONS, ALLOWED, TURNS, CONNECTIONS = 500, 2.0, 5, 32
DIGEST = "registry.example.com/x@sha256:" + "0123456789abcdef" * 4
NAME = "localhost"


def rendering() -> None:
    folder = Path()
    text = json.dumps(wide(OPERATIONS))
    begun = time.process_time()
    read = load(Workspace(folder, {"openapi.json": text}), "openapi.json")[0]
    print(f"{OPERATIONS} operations read in {time.process_time() - begun:.2f} s of processor time\n")
    print(f"{'target':20}{'s':>8}{'KB':>8}   allowed {ALLOWED} s")
    for target in offered():
        if target == IMAGE:  # which has nothing of a contract
            continue
        seconds, size = _rendered(target, read)
        print(f"{target:20}{seconds:8.2f}{size / 1000:8.0f}   {'' if seconds < ALLOWED else 'TOO SLOW'}")


def _rendered(target: str, read: Contract) -> tuple[float, int]:
    """Seconds of processor time, the lowest of three, and bytes."""
    kind = target if target in STORES else "postgresql"
    stack = Stack(
        name="bench", edge="nginx", edge_image=DIGEST, application=Application(image=DIGEST, port=8000, health="/health"),
        stores=(Store(kind=kind, name="store", image=DIGEST),),
    )  # fmt: skip
    found = []
    for _ in range(3):
        intent = Intent(read, Policy(hosts=(NAME,)), Options(), stack)
        begun = time.process_time()
        made = render(target, intent)
        found.append(time.process_time() - begun)
    return min(found), sum(map(len, made.files.values()))


def serving(seconds: int) -> None:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        certificate, key = pair((NAME,))
        (folder / "edge.pem").write_bytes(certificate)
        (folder / "edge.key").write_bytes(key)
        (folder / "varied.lua").write_text(VARIED % DIFFERENT, encoding="utf-8")
        source = _upstream(stack, folder)
        ways = [*_nginx(stack, folder, source), *_envoy(stack, folder, source)]
        for _ in range(TURNS):
            for way in ways:
                _measure(way, seconds, folder)
    print(f"\n{'':20}{'req/s':>10}{'us':>8}")
    for plain, rendered in zip(ways[::2], ways[1::2], strict=True):
        for way in (plain, rendered):
            print(f"{way.name:20}{statistics.median(way.rates):10,.0f}{min(way.costs):8.1f}")
        ratio = statistics.median(rendered.rates) / statistics.median(plain.rates)
        each = statistics.median(b / a for a, b in zip(plain.rates, rendered.rates, strict=True))
        print(f"{'':20}{ratio:10.3f} of the plain one; {each:.3f} turn by turn")


VARIED = """\
local n = 0
request = function()
  n = (n + 1) %% %d
  return wrk.format("GET", "/v1/items/" .. 10000 + n, {["X-Request-Id"] = "r" .. n, ["Accept"] = "application/json",
    ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64)", ["Authorization"] = "Bearer abcdefghijklmnopqrstuvwxyz"})
end
"""


def _upstream(stack: ExitStack, folder: Path) -> int:
    port = free_port()
    orders = folder / "orders"
    orders.mkdir(mode=0o755)
    for number in range(DIFFERENT):
        one = json.dumps({**ORDER, "id": number}, separators=(",", ":"))
        (orders / f"{10_000 + number}.json").write_text(one, encoding="utf-8")
    body = (
        f"server {{ listen 127.0.0.1:{port}; root {folder}; open_file_cache max={2 * DIFFERENT};\n"
        'location / { rewrite "([0-9]{5})$" /orders/$1.json break; } }'
    )
    started(stack, nginx_conf(folder, port, body, 1), folder, port)
    return port


def _intent(folder: Path, port: int, source: int) -> Intent:
    options = Options(
        upstream=f"http://127.0.0.1:{source}", listen=f"127.0.0.1:{port}", plain="", names=(NAME,), prefix=str(folder),
        certificate=str(folder / "edge.pem"), key=str(folder / "edge.key"), rate=10_000_000, connections=1_000,
        user="root root" if os.geteuid() == 0 else "",
    )  # fmt: skip
    read = load(Workspace(folder, {"openapi.yaml": CONTRACT}), "openapi.yaml")[0]
    return Intent(read, Policy(hosts=(NAME,)), options)


def _nginx(stack: ExitStack, folder: Path, source: int) -> list[Way]:
    """With as many processes and kept connections each."""
    port = free_port()
    tls = (
        f"ssl_certificate {folder}/edge.pem; ssl_certificate_key {folder}/edge.key; ssl_session_tickets off;"
    )
    body = (
        f"upstream u {{ server 127.0.0.1:{source}; keepalive 64; }}\n"
        f"server {{ listen 127.0.0.1:{port} ssl reuseport; {tls} location / {{ proxy_pass http://u; proxy_http_version 1.1; "
        'proxy_set_header Connection ""; } }'
    )
    plain = Way("nginx, plain", port, started(stack, nginx_conf(folder, port, body, workers()), folder, port))
    port = free_port()
    text = render("nginx", _intent(folder, port, source)).files["nginx.conf"]
    text = re.sub(r"keepalive_requests \d+;", "keepalive_requests 1000000;", text)
    text = re.sub(r"( +)keepalive \d+;", r"\1keepalive 64;", text)
    text = text.replace("worker_processes auto;", f"worker_processes {workers()};")
    text = text.replace(f"listen 127.0.0.1:{port} ssl;", f"listen 127.0.0.1:{port} ssl reuseport;")
    text = "\n".join(line for line in text.split("\n") if "access_log" not in line)
    conf = folder / "rendered.conf"
    conf.write_text(text.replace("http {", "http {\n    access_log off;", 1), encoding="utf-8")
    command = ["nginx", "-p", f"{folder}/", "-c", str(conf), "-g", "daemon off;"]
    return [plain, Way("nginx, rendered", port, started(stack, command, folder, port))]


def _envoy(stack: ExitStack, folder: Path, source: int) -> list[Way]:
    port = free_port()
    command = envoy_conf(folder, port, source)
    conf = folder / "envoy.json"
    made = json.loads(conf.read_text(encoding="utf-8"))
    chain = made["static_resources"]["listeners"][0]["filter_chains"][0]
    files = {
        "certificate_chain": {"filename": f"{folder}/edge.pem"},
        "private_key": {"filename": f"{folder}/edge.key"},
    }
    kind = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
    chain["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": {
        "@type": kind, "common_tls_context": {"tls_certificates": [files]}}}  # fmt: skip
    conf.write_text(json.dumps(made), encoding="utf-8")
    plain = Way("Envoy, plain", port, started(stack, command, folder, port))
    port = free_port()
    whole = yaml.safe_load(render("envoy", _intent(folder, port, source)).files["envoy.yaml"])
    for listener in whole["static_resources"]["listeners"]:
        for filters in listener["filter_chains"]:
            filters["filters"][0]["typed_config"].pop("access_log", None)
    (folder / "rendered.json").write_text(json.dumps(whole), encoding="utf-8")
    command = [*command[:1], "-c", str(folder / "rendered.json"), *command[3:], "--service-node", "bench"]
    command += ["--service-cluster", "bench"]
    return [plain, Way("Envoy, rendered", port, started(stack, command, folder, port))]


def _measure(way: Way, seconds: int, folder: Path) -> None:
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "-s",
        "varied.lua",
        f"https://{NAME}:{way.port}/",
    ]
    before = used(way.process.pid)
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    spent = used(way.process.pid) - before
    total, rate = re.search(r"(\d+) requests in", said), re.search(r"Requests/sec:\s+([\d.]+)", said)
    if "Non-2xx" in said or "Socket errors" in said or not total or not rate:
        raise SystemExit(f"{way.name} does not answer as it should: {said}")
    way.rates.append(float(rate[1]))
    way.costs.append(spent / max(int(total[1]), 1) * 1e6)


def main() -> None:
    rendering()
    missing = [name for name in ("nginx", "envoy") if program_of(name) is None]
    missing += [] if shutil.which("wrk") else ["wrk"]
    if missing:
        raise SystemExit(f"not installed: {', '.join(missing)}")
    serving(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    load_ = os.getloadavg()[0]
    if load_ > (os.cpu_count() or 1):
        print(f"\nThe machine was busy with other things (load {load_:.1f}): repeat it when it is quiet.")


if __name__ == "__main__":
    main()
