"""Exported guards beside the same engines as plain proxies: `python bench/guard_exports.py [SECONDS]`.

As bench/guard.py: in turns, in one run, medians. `validated` answers 1 KB of JSON that is held against its schema;
`streamed` is text that only its head is looked at of.
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
from dataclasses import dataclass
from pathlib import Path

from guard import (
    BIN,
    CONTRACT,
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

TEXT_PATH = """\
  /v1/text:
    get:
      responses:
        "200": {description: ok, content: {text/plain: {}}}
"""


@dataclass
class Asked(Way):
    path: str = "/v1/items/7"


def ask(way: Asked, seconds: int, folder: Path) -> None:
    """wrk is told the path by a script: `measure` knows only one."""
    script = folder / f"path{way.path.replace('/', '-')}.lua"
    script.write_text(f'request = function() return wrk.format("GET", "{way.path}") end\n', encoding="utf-8")
    way.script = script.name
    measure(way, seconds, folder)


def upstream(stack: ExitStack, folder: Path) -> int:
    port = free_port()
    (folder / "order.txt").write_bytes((folder / "order.json").read_bytes())
    file = (
        f"server {{ listen 127.0.0.1:{port}; root {folder};\n"
        "location = /v1/text { types {} default_type text/plain; try_files /order.txt =404; }\n"
        "location / { try_files /order.json =404; } }"
    )
    started(stack, nginx_conf(folder, port, file, 1), folder, port)
    return port


def both(name: str, port: int, process: subprocess.Popen[bytes]) -> list[Asked]:
    return [
        Asked(f"{name}, validated", port, process),
        Asked(f"{name}, streamed", port, process, path="/v1/text"),
    ]


def of_nginx(stack: ExitStack, folder: Path, source: int) -> list[Asked]:
    port = free_port()
    pass_on = (
        f"upstream u {{ server 127.0.0.1:{source}; keepalive 64; }}\n"
        f"server {{ listen 127.0.0.1:{port} reuseport; location / {{ proxy_pass http://u; proxy_http_version 1.1; "
        'proxy_set_header Connection ""; } }'
    )
    ways = both(
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
    return ways + both("nginx, exported", port, started(stack, command, folder, port))


def user() -> str:
    return "user root root;" if os.geteuid() == 0 else ""


def modules() -> str:
    return next((f for f in ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules") if Path(f).exists()), "")


def of_envoy(stack: ExitStack, folder: Path, source: int) -> list[Asked]:
    port = free_port()
    ways = both("Envoy, plain", port, started(stack, envoy_conf(folder, port, source), folder, port))
    port = free_port()
    made = exported("envoy", folder, port, source)
    command = [str(BIN / "envoy"), "-c", str(made / "envoy.json"), "--concurrency", str(workers()), "--use-dynamic-base-id",
               "-l", "off"]  # fmt: skip
    return ways + both("Envoy, exported", port, started(stack, command, folder, port))


def exported(engine: str, folder: Path, port: int, source: int, *more: str) -> Path:
    made = folder / engine
    command = [str(BIN / "batten"), "guard", "export", engine, "--contract", "openapi.yaml", "--output", str(made), "--no-tls",
               "--listen", f"127.0.0.1:{port}", "--upstream", f"http://127.0.0.1:{source}", "--name", "localhost", *more]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return made


def report(ways: list[Asked]) -> None:
    rate = {way.name: statistics.median(way.rates) for way in ways}
    print(f"{'exports':32}{'req/s':>10}{'us':>8}   of plain")
    for way in ways:
        plain = rate[way.name.replace("exported", "plain")]
        print(
            f"{way.name:32}{rate[way.name]:10,.0f}{statistics.median(way.costs):8.1f}   {rate[way.name] / plain:5.2f}"
        )


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
        source = upstream(stack, folder)
        ways = of_nginx(stack, folder, source) if modules() else []
        ways += of_envoy(stack, folder, source) if (BIN / "envoy").exists() else []
        for _ in range(TURNS):
            for way in ways:
                ask(way, seconds, folder)
        report(ways)


if __name__ == "__main__":
    main()
