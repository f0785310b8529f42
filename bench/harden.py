"""What hardening costs: `python bench/harden.py [SECONDS]` (wrk, nginx and Envoy are needed for the second table).

Rendering: processor time of each target for a contract of 500 operations, contract read apart. Serving: the hardened nginx
and Envoy beside the same engine without (`harden_edges.py` says what that has), on traffic that is never the same, in turns, in one
run. `us` is the processor time that the proxy takes for a request, `all us` that of client and upstream, too: where processors
are the limit, as here, throughput is what that allows, and neighbours disturb it less than the clock. Each turn is compared
in itself: the median of all turns counts, and in brackets are the two between which half of them are. For the run the limits
of rate and connections are raised.
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

from guard_start import contract as wide
from harden_edges import BARE, HARDENED, NAME, PLAIN, UNLOGGED, ways

from batten.contract import Contract, load
from batten.engine.hardening.edge_alone import program_of
from batten.engine.hardening.rendering import offered, render
from batten.formats import Workspace
from batten.harden import Options
from batten.harden.intent import Intent
from batten.harden.stack import STORES, Application, Stack, Store
from batten.harden.targets import IMAGE
from batten.harden.trial_certificate import pair
from batten.policy import Policy
from guard import DIFFERENT, ORDER, Way, free_port, nginx_conf, started, used

OPERATIONS, ALLOWED, TURNS, CONNECTIONS = 500, 2.0, 21, 32
DIGEST = "registry.example.com/x@sha256:" + "0123456789abcdef" * 4


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
        source = upstream(stack, folder)
        engines = ways(stack, folder, source.port)
        for turn in range(TURNS):
            for found in engines.values():
                for way in found if turn % 2 else reversed(found):
                    _measure(way, source, seconds, folder)
    print(f"\n{'':26}{'req/s':>10}{'us':>8}{'all us':>8}")
    for engine, found in engines.items():
        for way in found:
            name = f"{engine}, {way.name}"
            print(
                f"{name:26}{statistics.median(way.rates):10,.0f}{statistics.median(way.costs):8.1f}{statistics.median(way.totals):8.1f}"
            )
        by_name = {way.name: way for way in found}
        _compare(by_name[HARDENED], by_name[PLAIN])
        _compare(by_name[UNLOGGED], by_name[BARE])


def _compare(way: Way, other: Way) -> None:
    print(f"    {way.name} to {other.name}:")
    print(f"        throughput by the clock          {_ratio(way.rates, other.rates)}")
    print(f"        by the processor time of all     {_ratio(other.totals, way.totals)}")
    print(f"        processor time of the proxy      {_ratio(way.costs, other.costs)}")


def _ratio(ours: list[float], theirs: list[float]) -> str:
    """Turn by turn: the median, and the middle half."""
    low, middle, high = statistics.quantiles((a / b for a, b in zip(ours, theirs, strict=True)), n=4)
    return f"{middle:.3f} [{low:.3f} to {high:.3f}]"


VARIED = """\
local n = 0
request = function()
  n = (n + 1) %% %d
  return wrk.format("GET", "/v1/items/" .. 10000 + n, {["X-Request-Id"] = "r" .. n, ["Accept"] = "application/json",
    ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64)", ["Authorization"] = "Bearer abcdefghijklmnopqrstuvwxyz"})
end
"""


def upstream(stack: ExitStack, folder: Path) -> Way:
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
    return Way("upstream", port, started(stack, nginx_conf(folder, port, body, 1), folder, port))


def _measure(way: Way, upstream: Way, seconds: int, folder: Path) -> None:
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "-s",
        "varied.lua",
        f"https://{NAME}:{way.port}/",
    ]
    before, others = used(way.process.pid), used(upstream.process.pid) + _of_clients()
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    spent = used(way.process.pid) - before
    others = used(upstream.process.pid) + _of_clients() - others
    total, rate = re.search(r"(\d+) requests in", said), re.search(r"Requests/sec:\s+([\d.]+)", said)
    if "Non-2xx" in said or "Socket errors" in said or not total or not rate:
        raise SystemExit(f"{way.name} does not answer as it should: {said}")
    each = 1e6 / max(int(total[1]), 1)
    way.rates.append(float(rate[1]))
    way.costs.append(spent * each)
    way.totals.append((spent + others) * each)


def _of_clients() -> float:
    """Seconds of processor time of those that have ended."""
    now = os.times()
    return now.children_user + now.children_system


def main() -> None:
    rendering()
    missing = [name for name in ("nginx", "envoy") if program_of(name) is None]
    missing += [] if shutil.which("wrk") else ["wrk"]
    if missing:
        raise SystemExit(f"not installed: {', '.join(missing)}")
    serving(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    load_ = os.getloadavg()[0]
    if load_ > (os.cpu_count() or 1):
        print(f"\nThe machine was busy with other things (load {load_:.1f}): repeat it when it is quiet.")


if __name__ == "__main__":
    main()
