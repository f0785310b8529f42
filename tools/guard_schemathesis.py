"""schemathesis against the example behind the guard: `python tools/guard_schemathesis.py [--examples 50] [--seed 1]`.

The application is as open as it is; the contract is what the guard holds it to. Through the middleware and through
`batten guard run` schemathesis finds nothing; what it finds without a guard is printed beside it. It stands in an
environment of its own (tools/schemathesis.txt), for it needs older libraries than batten.
"""

from __future__ import annotations

import argparse
import http.client
import importlib
import logging
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "orders"
CONTRACT = EXAMPLE / "openapi.yaml"
BIN = Path(sys.executable).parent
PROGRAM = BIN.parent / "schemathesis" / "bin" / "schemathesis"
TOKEN = "test-token-of-the-guard"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "guard"), str(EXAMPLE)]


def found(port: int, examples: int, seed: int, folder: Path) -> tuple[int, str]:
    """Its exit code, and its last words."""
    command = [str(PROGRAM), "run", str(CONTRACT), "--url", f"http://localhost:{port}", "-H", f"Authorization: Bearer {TOKEN}", "--exclude-path-regex",
               "^/images", "--max-examples", str(examples), "--seed", str(seed), "--no-color", "--generation-database", "none"]  # fmt: skip
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    told = [line.strip() for line in ran.stdout.splitlines() if re.search(r"generated|found|failed", line)]
    return ran.returncode, "; ".join(told[-2:]).strip("= ") if told else ran.stdout[-500:] + ran.stderr[-500:]


@contextmanager
def proxied(upstream: int, folder: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = [str(BIN / "batten"), "guard", "run", "--contract", str(CONTRACT), "--upstream", f"http://localhost:{upstream}", "--listen",
               f"127.0.0.1:{port}", "--workers", "2"]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        end = time.monotonic() + 20
        while not answers(port):
            if time.monotonic() > end:
                raise SystemExit((folder / "log").read_text(encoding="utf-8"))
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(40)


def answers(port: int) -> bool:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        link.request("GET", "/v1/health")
        return link.getresponse().status == 200
    except OSError:
        return False
    finally:
        link.close()


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--examples", type=int, default=50)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    if not PROGRAM.exists():
        raise SystemExit("make an environment with tools/schemathesis.txt in .venv/schemathesis first")
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ.update(
            DATABASE_URL=f"sqlite:///{folder}/orders.db",
            ORDERS_TOKEN=TOKEN,
            CACHE_URL="redis://127.0.0.1:1/0",
        )
        app = importlib.import_module("app.main").app
        served = importlib.import_module("guard_servers").served
        guard = importlib.import_module("batten.guard.asgi").Guard
        with (
            served(app) as bare,
            served(guard(app, contract=CONTRACT)) as inside,
            proxied(bare, folder) as before,
        ):
            codes = []
            for title, port in (("middleware", inside), ("batten guard run", before), ("no guard", bare)):
                code, told = found(port, given.examples, given.seed, folder)
                print(f"schemathesis, {title}: {told}", flush=True)
                codes.append(code)
    return 1 if codes[0] or codes[1] else 0


if __name__ == "__main__":
    sys.exit(main())
