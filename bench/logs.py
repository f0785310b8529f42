"""What reading access logs costs: `python bench/logs.py` writes logs of MEGABYTES (1,000) to a temporary folder and reads each with
`batten logs` in a process of its own. Reported are processor time, megabytes a second of it, the ratio to awk, which counts the
same lines by method, path and status without folding anything, and the most memory."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

MEGABYTES = int(os.environ.get("MEGABYTES", "1000"))
PIECE = 50_000  # lines that are written at once
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


def _lines(target: Target, chance: random.Random) -> Iterator[str]:
    now = 1_795_000_000.0
    while True:
        now += chance.random() * 0.05
        method, path, status = target(chance)
        client = (
            "192.0.2.9"
            if status == 404
            else f"10.{chance.randrange(4)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
        )
        when = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now))
        size = chance.randrange(100, 9_000)
        yield (
            f'{client} - - [{when}] "{method} {path} HTTP/1.1" {status} {size} "https://shop.example/" "{chance.choice(_AGENTS)}"\n'
        )


def _written(file: Path, target: Target) -> int:
    """Pieces of new lines, as many as make up the size; returns their bytes."""
    lines = _lines(target, random.Random(17))
    size = 0
    with file.open("w") as out:
        while size < MEGABYTES * 1_000_000:
            size += out.write("".join(next(lines) for _ in range(PIECE)))
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
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, target in (("an API in use", _mixed), ("every path another", _distinct)):
            log = folder / "access.log"
            size = _written(log, target) / 1e6
            seconds, peak = _cost([sys.executable, "-m", "batten", "logs", log.name], folder)
            awk, _ = _cost(["mawk", _AWK, log.name], folder)
            print(
                f"| {what} | {size:,.0f} | {seconds:.1f} | {size / seconds:.0f} | {peak:.0f} | {awk:.1f} | {seconds / awk:.2f} × |",
                flush=True,
            )


if __name__ == "__main__":
    main()
