"""What reading access logs costs: `python bench/logs.py` writes logs of MEGABYTES (1,000), one of each format, to a temporary folder and reads each with
`batten logs` in a process of its own. Reported are processor time, megabytes a second of it, the ratio to awk, which counts the
same lines by method, path and status without folding anything, and the most memory."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

MEGABYTES = int(os.environ.get("MEGABYTES", "1000"))
PIECE = (
    2_000  # lines that are written at once; what this process holds counts as its children's at their start
)
_AGENTS = [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/604.1",
    "okhttp/4.12.0",
    "python-requests/2.32.3",
]
_THINGS = ["orders", "customers", "invoices", "products", "carts"]
_AWK = '{split($7, p, "?"); n[$6 " " p[1] " " $9]++} END {print length(n)}'
Target = Callable[[random.Random], tuple[str, str, int]]


def _word(chance: random.Random) -> str:
    return "".join(chance.choice("bcdfglmnprst") + chance.choice("aeiou") for _ in range(4))


def _mixed(chance: random.Random) -> tuple[str, str, int]:
    """An API in use: half of the paths hold an identifier, one in five a name; scanners; assets."""
    turn = chance.random()
    if turn < 0.4:
        return "GET", f"/api/v1/{chance.choice(_THINGS)}/{chance.randrange(900_000)}", 200
    if turn < 0.5:
        return "GET", f"/files/{chance.getrandbits(128):032x}/raw", 200
    if turn < 0.7:
        return "GET", f"/api/v1/users/{_word(chance)}/profile", 200
    if turn < 0.85:
        return "GET", f"/api/v1/{chance.choice(_THINGS)}?page={chance.randrange(50)}&q={_word(chance)}", 200
    if turn < 0.92:
        return (
            "GET",
            f"/static/{chance.choice(['app', 'site', 'vendor'])}.{chance.choice(['js', 'css'])}",
            304,
        )
    if turn < 0.97:
        return "POST", "/api/v1/login", chance.choice([200, 401])
    if turn < 0.98:
        return "GET", f"/api/v1/export?access_token={chance.getrandbits(64):x}", 200
    return "GET", chance.choice(["/wp-login.php", "/.env", f"/{_word(chance)}"]), 404


def _distinct(chance: random.Random) -> tuple[str, str, int]:
    """Nearly every path is another word: what a caller can send at worst."""
    return (
        "GET",
        f"/{chance.choice(_THINGS)}/{_word(chance)}/{chance.choice(_THINGS)}/{_word(chance)}{_word(chance)}",
        200,
    )


@dataclass(frozen=True)
class _Call:
    at: float
    client: str
    method: str
    target: str
    status: int
    size: int
    agent: str

    def when(self, form: str) -> str:
        return time.strftime(form, time.gmtime(self.at))


def _combined(call: _Call) -> str:
    when = call.when("%d/%b/%Y:%H:%M:%S +0000")
    return (
        f'{call.client} - - [{when}] "{call.method} {call.target} HTTP/1.1" {call.status} {call.size} '
        f'"https://shop.example/" "{call.agent}"\n'
    )


def _json(call: _Call) -> str:
    """As Caddy writes it, with the request as an object of its own."""
    said = {
        "level": "info", "ts": call.at, "logger": "http.log.access", "msg": "handled request",
        "request": {
            "remote_ip": call.client, "remote_port": "54321", "proto": "HTTP/2.0", "method": call.method, "host": "shop.example",
            "uri": call.target, "headers": {"User-Agent": [call.agent], "Accept": ["*/*"]},
        },
        "duration": 0.00123, "size": call.size, "status": call.status,
    }  # fmt: skip
    return json.dumps(said, separators=(",", ":")) + "\n"


def _custom(call: _Call) -> str:
    when = call.when("%Y-%m-%dT%H:%M:%S+00:00")
    return f"{when}|{call.client}|{call.method}|{call.target}|{call.status}|{call.size}|0.012|shop.example|{call.agent}\n"


def _envoy(call: _Call) -> str:
    when = call.when("%Y-%m-%dT%H:%M:%S.000Z")
    return (
        f'[{when}] "{call.method} {call.target} HTTP/1.1" {call.status} - 0 {call.size} 12 11 "{call.client}" "{call.agent}" '
        '"3c8d7c1e-6d0b-9d5e-8d1c-0b7f4d7e3f11" "shop.example" "10.0.0.9:8080"\n'
    )


def _balancer(call: _Call) -> str:
    when = call.when("%Y-%m-%dT%H:%M:%S.000000Z")
    return (
        f"https {when} app/shop/50dc6c495c0c9188 {call.client}:54321 10.0.0.9:8080 0.001 0.012 0.000 {call.status} {call.status} 210 "
        f'{call.size} "{call.method} https://shop.example:443{call.target} HTTP/1.1" "{call.agent}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 '
        "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/shop/73e2d6bc24d8a067 "
        f'"Root=1-58337262-36d228ad5d99923122bbe354" "shop.example" "-" 0 {when} "forward" "-" "-" "10.0.0.9:8080" "{call.status}" "-" "-"\n'
    )


FORMATS: dict[str, Callable[[_Call], str]] = {
    "combined": _combined,
    "JSON (Caddy)": _json,
    "log_format of one's own": _custom,
    "Envoy": _envoy,
    "AWS load balancer": _balancer,
}
_OWN = "$time_iso8601|$remote_addr|$request_method|$request_uri|$status|$bytes_sent|$request_time|$host|$http_user_agent"


def _calls(target: Target, chance: random.Random) -> Iterator[_Call]:
    now = 1_795_000_000.0
    while True:
        now += chance.random() * 0.05
        method, path, status = target(chance)
        client = (
            "192.0.2.9"
            if status == 404
            else f"10.{chance.randrange(4)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
        )
        yield _Call(now, client, method, path, status, chance.randrange(100, 9_000), chance.choice(_AGENTS))


def _written(file: Path, target: Target, form: Callable[[_Call], str]) -> int:
    """Pieces of new lines, as many as make up the size; returns their bytes."""
    calls = _calls(target, random.Random(17))
    size = 0
    with file.open("w") as out:
        while size < MEGABYTES * 1_000_000:
            size += out.write("".join(form(next(calls)) for _ in range(PIECE)))
    return size


def _cost(command: list[str], folder: Path) -> tuple[float, float]:
    """Seconds of processor time, and megabytes of memory at most."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    print("| log | MB | batten, CPU s | MB a CPU second | peak MB | awk, CPU s | batten to awk |")
    print("|---|---|---|---|---|---|---|")
    every = [(f"an API in use, {name}", _mixed, form) for name, form in FORMATS.items()]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, target, form in (*every, ("every path another, combined", _distinct, _combined)):
            log = folder / "access.log"
            size = _written(log, target, form) / 1e6
            given = ["--log-format", _OWN] if form is _custom else []
            seconds, peak = _cost([sys.executable, "-m", "batten", "logs", log.name, *given], folder)
            awk = _cost(["mawk", _AWK, log.name], folder)[0] if form is _combined else 0.0
            compared = f"{awk:.1f} | {seconds / awk:.2f} ×" if awk else "– | –"
            print(
                f"| {what} | {size:,.0f} | {seconds:.1f} | {size / seconds:.0f} | {peak:.0f} | {compared} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
