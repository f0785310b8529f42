"""Exported guards beside the same engines as plain proxies: `python bench/guard_exports.py [SECONDS]`.

As bench/guard.py: in turns, in one run, medians. `validated` answers 1 KB of JSON that is held against its schema,
`varied` does so with a new path and a new answer each time, and of `streamed`, which is text, only the head is looked at.
`us` is the processor time of a request, the lowest of all turns, which other load on the machine disturbs least.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from guard import (
    BIN,
    CONTRACT,
    DIFFERENT,
    ORDER,
    TURNS,
    Way,
    envoy_conf,
    free_port,
    measure,
    nginx_conf,
    started,
    workers,
)

sys.path.append(str(Path(__file__).parents[1] / "tests/guard"))
from guard_wide import wide_contract

TEXT_PATH = """\
  /v1/text:
    get:
      responses:
        "200": {description: ok, content: {text/plain: {}}}
"""


REQUESTS = {  # as wrk's scripts
    "validated": 'request = function() return wrk.format("GET", "/v1/items/7") end\n',
    "varied": 'local n = 0\nrequest = function() n = (n + 1) % %d; return wrk.format("GET", "/v1/items/" .. 10000 + n) end\n',
    "streamed": 'request = function() return wrk.format("GET", "/v1/text") end\n',
}


def ask(way: Way, seconds: int, folder: Path) -> None:
    """wrk is told the path by a script: `measure` knows only one."""
    kind = way.name.rpartition(", ")[2]
    way.script = f"{kind}.lua"
    (folder / way.script).write_text(REQUESTS[kind].replace("%d", str(DIFFERENT)), encoding="utf-8")
    measure(way, seconds, folder)


def upstream(stack: ExitStack, folder: Path) -> int:
    port = free_port()
    (folder / "order.txt").write_bytes((folder / "order.json").read_bytes())
    orders = folder / "orders"
    orders.mkdir(mode=0o755)
    for number in range(DIFFERENT):
        one = json.dumps({**ORDER, "id": number}, separators=(",", ":"))
        (orders / f"{10_000 + number}.json").write_text(one, encoding="utf-8")
    file = (
        f"server {{ listen 127.0.0.1:{port}; root {folder}; open_file_cache max={2 * DIFFERENT};\n"
        "location = /v1/text { types {} default_type text/plain; try_files /order.txt =404; }\n"
        'location ~ "[0-9]{5}$" { rewrite "([0-9]{5})$" /orders/$1.json break; }\n'
        "location / { try_files /order.json =404; } }"
    )
    started(stack, nginx_conf(folder, port, file, 1), folder, port)
    return port


def each(name: str, port: int, process: subprocess.Popen[bytes]) -> list[Way]:
    return [Way(f"{name}, {kind}", port, process) for kind in REQUESTS]


def of_nginx(stack: ExitStack, folder: Path, source: int) -> list[Way]:
    port = free_port()
    pass_on = (
        f"upstream u {{ server 127.0.0.1:{source}; keepalive 64; }}\n"
        f"server {{ listen 127.0.0.1:{port} reuseport; location / {{ proxy_pass http://u; proxy_http_version 1.1; "
        'proxy_set_header Connection ""; } }'
    )
    ways = each(
        "nginx, plain", port, started(stack, nginx_conf(folder, port, pass_on, workers()), folder, port)
    )
    port = free_port()
    made = exported(
        "nginx", folder, port, source, "--prefix", str(folder), "--rate", "10000000", "--modules", modules()
    )
    conf = made / "nginx.conf"
    text = conf.read_text(encoding="utf-8").replace(
        "worker_processes auto;", f"worker_processes {workers()};"
    )
    text = text.replace("keepalive_requests 1000;", "keepalive_requests 1000000;").replace(
        "keepalive 16;", "keepalive 64;"
    )
    text = text.replace(f"listen 127.0.0.1:{port};", f"listen 127.0.0.1:{port} reuseport;")
    text = "\n".join(
        line for line in text.split("\n") if "access_log" not in line and "limit_conn " not in line
    )
    conf.write_text(text.replace("http {", "http {\n    access_log off;", 1), encoding="utf-8")
    command = ["nginx", "-p", f"{folder}/", "-c", str(conf), "-g", f"daemon off; {user()}"]
    return ways + each("nginx, exported", port, started(stack, command, folder, port))


def user() -> str:
    return "user root root;" if os.geteuid() == 0 else ""


def modules() -> str:
    return next((f for f in ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules") if Path(f).exists()), "")


def of_envoy(stack: ExitStack, folder: Path, source: int) -> list[Way]:
    port = free_port()
    ways = each("Envoy, plain", port, started(stack, envoy_conf(folder, port, source), folder, port))
    port = free_port()
    made = exported("envoy", folder, port, source)
    command = [str(BIN / "envoy"), "-c", str(made / "envoy.json"), "--concurrency", str(workers()), "--use-dynamic-base-id",
               "-l", "off"]  # fmt: skip
    return ways + each("Envoy, exported", port, started(stack, command, folder, port))


def of_haproxy(stack: ExitStack, folder: Path, source: int) -> list[Way]:
    port = free_port()
    plain = folder / "haproxy-plain.cfg"
    times = "".join(f"    timeout {name} 20s\n" for name in ("client", "connect", "server"))
    plain.write_text(
        f"defaults\n    mode http\n    maxconn 1000\n{times}frontend api\n    bind 127.0.0.1:{port}\n    default_backend api\n"
        f"backend api\n    server api 127.0.0.1:{source}\n",
        encoding="utf-8",
    )
    ways = each("HAProxy, plain", port, started(stack, ["haproxy", "-db", "-f", str(plain)], folder, port))
    port = free_port()
    made = exported("haproxy", folder, port, source)
    command = ["haproxy", "-db", "-f", str(made / "haproxy.cfg")]
    return ways + each("HAProxy, exported", port, started(stack, command, folder, port))


def exported(engine: str, folder: Path, port: int, source: int, *more: str) -> Path:
    made = folder / engine
    command = [str(BIN / "batten"), "guard", "export", engine, "--contract", "openapi.yaml", "--output", str(made), "--no-tls",
               "--listen", f"127.0.0.1:{port}", "--upstream", f"http://127.0.0.1:{source}", "--name", "localhost", *more]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return made


def report(ways: list[Way]) -> None:
    rate = {way.name: statistics.median(way.rates) for way in ways}
    cost = {way.name: min(way.costs) for way in ways}
    print(f"{'exports':32}{'req/s':>10}   of plain{'us':>8}   of plain")
    for way in ways:
        plain = way.name.replace("exported", "plain")
        print(
            f"{way.name:32}{rate[way.name]:10,.0f}   {rate[way.name] / rate[plain]:8.2f}{cost[way.name]:8.1f}   {cost[plain] / cost[way.name]:8.2f}"
        )


def wide(folder: Path) -> None:
    """A contract of 1,200 operations: what its export costs, and what the engine's own check of it does."""
    (folder / "wide.json").write_text(json.dumps(wide_contract()), encoding="utf-8")
    print(f"{'1,200 operations':16}{'export s':>10}{'MB':>8}{'load s':>8}{'MB held':>9}")
    for engine in ("nginx", "envoy", "haproxy"):
        made = folder / f"wide-{engine}"
        batten = [str(BIN / "batten"), "guard", "export", engine, "--contract", "wide.json", "--output", str(made), "--no-tls", "--name",
                  "localhost", *(("--prefix", str(folder), "--modules", modules()) if engine == "nginx" else ())]  # fmt: skip
        seconds, _ = _used(batten, folder)
        size = sum(file.stat().st_size for file in made.iterdir())
        checks = {
            "nginx": ["nginx", "-t", "-p", f"{folder}/", "-c", str(made / "nginx.conf")],
            "envoy": [str(BIN / "envoy"), "--mode", "validate", "-c", str(made / "envoy.json")],
            "haproxy": ["haproxy", "-c", "-f", str(made / "haproxy.cfg")],
        }
        if shutil.which(checks[engine][0]):
            loading, held = _used(checks[engine], folder)
            print(f"{engine:16}{seconds:10.2f}{size / 1e6:8.2f}{loading:8.2f}{held / 1024:9.0f}")


def _used(command: list[str], folder: Path) -> tuple[float, int]:
    """Processor seconds, and the most memory that it held, in KiB."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    for needed in ("wrk", "nginx"):
        if shutil.which(needed) is None:
            raise SystemExit(f"{needed} is not installed")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        text = CONTRACT.replace("components:\n", TEXT_PATH + "components:\n", 1)
        (folder / "openapi.yaml").write_text(text, encoding="utf-8")
        (folder / "batten.yaml").write_text("origins: []\n", encoding="utf-8")
        (folder / "order.json").write_text(json.dumps(ORDER, separators=(",", ":")), encoding="utf-8")
        wide(folder)
        source = upstream(stack, folder)
        ways = of_nginx(stack, folder, source) if modules() else []
        ways += of_envoy(stack, folder, source) if (BIN / "envoy").exists() else []
        ways += of_haproxy(stack, folder, source) if shutil.which("haproxy") else []
        for _ in range(TURNS):
            for way in ways:
                ask(way, seconds, folder)
        report(ways)


if __name__ == "__main__":
    main()
