"""How `batten guard run` endures: `python tools/guard_endurance.py [--seconds 600] [mixed | idle | kills | upstream ...]`.

mixed: everything that clients do, and a reload now and then, for so many seconds: memory and descriptors stay flat.
idle: 10,000 connections that ask nothing. kills: workers end by SIGKILL, one after the other. upstream: it goes away,
and comes back. In each, every whole answer is held against what may get out. Exit 1 if anything is not as it must be.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "guard")]

import guard_load as load  # noqa: E402
from cases.case import asked  # noqa: E402
from guard_clients import Client  # noqa: E402
from guard_contracts import SHOP, TEXT  # noqa: E402
from guard_upstream import Upstream  # noqa: E402

BATTEN = Path(sys.executable).with_name("batten")
WORKERS, CLIENTS = 2, 12
WARM = 0.2  # of the time; what grows then is caches that fill
MOST_GROWTH, MOST_SHARE = 3.0, 0.05  # megabytes a worker, and of what it had
MOST_DESCRIPTORS = 128 + 40  # of a worker without clients: connections to the upstream, and its own
IDLE, KILLS = 10_000, 25
PATCH = (
    "/events:",
    "/extra{n}: {{get: {{security: [], responses: {{'204': {{description: x}}}}}}}}\n  /events:",
)


def serve(port: int) -> None:
    """The upstream, in a process of its own; it forgets what it has seen."""
    behind = Upstream(port)
    while True:
        time.sleep(1)
        behind.forget()


@dataclass
class Guard:
    process: subprocess.Popen[bytes]
    port: int
    admin: int
    contract: Path
    log: Path

    def workers(self) -> list[int]:
        text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [int(word) for word in text.split()]

    def metric(self, name: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=5) as answer:
            found = re.search(rf"^{name} (\d+)", answer.read().decode(), re.MULTILINE)
        return int(found[1]) if found else -1

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@dataclass
class Report:
    failed: list[str] = field(default_factory=list)

    def says(self, text: str, fits: bool = True) -> None:
        print(f"  {'' if fits else 'NOT SO: '}{text}", flush=True)
        if not fits:
            self.failed.append(text)

    def seen(self, seen: load.Seen) -> None:
        counts = ", ".join(f"{status}: {count:,}" for status, count in sorted(seen.statuses.items()))
        self.says(f"{seen.answered:,} answers ({counts}), the slowest after {seen.slowest:.2f} s")
        self.says(f"{len(seen.wrong)} that must not be {seen.wrong[:3] or ''}", not seen.wrong)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def until(fits: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not fits():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def behind(port: int) -> Iterator[multiprocessing.Process]:
    process = multiprocessing.Process(target=serve, args=(port,), daemon=True)
    process.start()
    try:
        until(lambda: not socket.socket().connect_ex(("127.0.0.1", port)), 10)
        yield process
    finally:
        process.kill()
        process.join()


@contextmanager
def guarding(folder: Path, upstream: int) -> Iterator[Guard]:
    contract = folder / "openapi.yaml"
    contract.write_text(TEXT, encoding="utf-8")
    (folder / "batten.yaml").write_text(f"origins: [{SHOP}]\n", encoding="utf-8")
    port, admin, log = free_port(), free_port(), folder / "log"
    command = [str(BATTEN), "guard", "run", "--contract", str(contract), "--upstream", f"http://127.0.0.1:{upstream}", "--listen", f"127.0.0.1:{port}",
               "--admin", f"127.0.0.1:{admin}", "--workers", str(WORKERS), "--answer-seconds", "3", "--access-log", str(folder / "access.log"),
               "--traffic", str(folder / "traffic.db")]  # fmt: skip
    with log.open("wb") as told:
        process = subprocess.Popen(command, stderr=told)
    made = Guard(process, port, admin, contract, log)
    try:
        if not until(made.healthy, 20):
            raise SystemExit(log.read_text(encoding="utf-8"))
        yield made
    finally:
        process.terminate()
        process.wait(60)


def megabytes(process: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else 0.0


def descriptors(process: int) -> int:
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


def mixed(guard: Guard, seconds: int, report: Report) -> None:
    """All at once, for a while."""
    workers = guard.workers()
    rows: list[tuple[float, list[float], list[int]]] = []
    begun, turn = time.monotonic(), 0
    with load.Load(guard.port, load.mixed, CLIENTS) as seen:
        while (now := time.monotonic() - begun) < seconds:
            time.sleep(min(5.0, seconds / 40))
            rows.append((now, [megabytes(w) for w in workers], [descriptors(w) for w in workers]))
            if now > turn * min(20.0, seconds / 10):
                turn += 1
                reload(guard, turn)
    report.seen(seen)
    report.says(
        f"{seen.answered / seconds:,.0f} answers a second; connections that ended early: {sum(seen.broken.values()):,}"
    )
    report.says(
        f"{guard.metric('batten_guard_reloads_total')} reloads, {guard.metric('batten_guard_reloads_failed_total')} refused"
    )
    report.says("the workers are those of the beginning", guard.workers() == workers)
    for number, worker in enumerate(workers):
        flat(report, number, [(at, sizes[number]) for at, sizes, _ in rows], seconds)
        most = max(counts[number] for _, _, counts in rows)
        rested = until(lambda worker=worker: descriptors(worker) < MOST_DESCRIPTORS, 90)  # type: ignore[misc]
        report.says(f"worker {number}: {descriptors(worker)} descriptors at the end, {most} at most", rested)


def flat(report: Report, number: int, rows: list[tuple[float, float]], seconds: int) -> None:
    """Between the fifth after the warm-up and the last fifth of the time."""
    early = [size for at, size in rows if seconds * WARM <= at < seconds * 2 * WARM]
    late = [size for at, size in rows if at >= seconds * (1 - WARM)]
    before, after = statistics.median(early), statistics.median(late)
    grown = after - before
    fits = grown < MOST_GROWTH and grown < before * MOST_SHARE
    report.says(
        f"worker {number}: {rows[0][1]:.1f} MB at first, {before:.1f} when warm, {after:.1f} in the end ({grown:+.2f} MB)",
        fits,
    )


def reload(guard: Guard, turn: int) -> None:
    """A contract with one path more, one that is none, or the one of before."""
    match turn % 3:
        case 0:
            guard.contract.write_text("openapi: [", encoding="utf-8")
        case 1:
            guard.contract.write_text(TEXT.replace(PATCH[0], PATCH[1].format(n=turn)), encoding="utf-8")
        case _:
            guard.contract.write_text(TEXT, encoding="utf-8")
            guard.process.send_signal(signal.SIGHUP)


def idle(guard: Guard, seconds: int, report: Report) -> None:
    """Connections that have asked once, and then ask nothing."""
    with load.Load(guard.port, load.plain, 4) as alone:
        time.sleep(8)
    before = [megabytes(worker) for worker in guard.workers()]
    held = []
    for number in range(IDLE):
        link = socket.socket()
        link.bind((f"127.0.0.{number % 200 + 2}", 0))
        link.connect(("127.0.0.1", guard.port))
        link.sendall(asked("GET /v1/nothing"))
        held.append(link)
    for link in held:
        link.recv(4096)
    open_ = guard_clients(guard)
    with load.Load(guard.port, load.plain, 4) as beside:
        time.sleep(8)
    grown = sum(megabytes(w) for w in guard.workers()) - sum(before)
    report.seen(beside)
    report.says(f"{open_:,} connections are open", open_ >= IDLE)
    report.says(f"{grown * 1024 / IDLE:.2f} KB a connection ({grown:.1f} MB)", grown * 1024 / IDLE < 10)
    report.says(
        f"p99 of others: {p99(beside):.2f} ms, without them {p99(alone):.2f} ms",
        p99(beside) < p99(alone) * 2 + 5,
    )
    for link in held:
        link.close()
    report.says("they are all let go", until(lambda: guard_clients(guard) == 0, 20))


def guard_clients(guard: Guard) -> int:
    time.sleep(1.5)  # it is counted once a second
    return guard.metric("batten_guard_client_connections")


def p99(seen: load.Seen) -> float:
    return sorted(seen.seconds)[int(len(seen.seconds) * 0.99)] * 1000


def kills(guard: Guard, seconds: int, report: Report) -> None:
    chance = random.Random(1)
    replaced, longest = 0, 0.0
    with load.Load(guard.port, load.only_answers, 8) as seen:
        for _ in range(KILLS):
            time.sleep(1.1)
            victim = chance.choice(guard.workers())
            os.kill(victim, signal.SIGKILL)
            begun = time.monotonic()
            both = until(lambda v=victim: v not in guard.workers() and len(guard.workers()) == WORKERS, 10)  # type: ignore[misc]
            longest = max(longest, time.monotonic() - begun)
            replaced += both
    report.seen(seen)
    broken = sum(seen.broken.values())
    report.says(
        f"{replaced} of {KILLS} killed workers were replaced, the slowest after {longest:.2f} s",
        replaced == KILLS,
    )
    report.says(f"{broken:,} connections ended early, at most {KILLS * 8:,} could", broken <= KILLS * 8)
    report.says("no answer took longer than 5 s", seen.slowest < 5)
    report.says("it is healthy", guard.healthy())


def upstream(guard: Guard, port: int, report: Report) -> None:
    """It is killed and comes back, three times; then it accepts and says nothing."""
    with load.Load(guard.port, load.plain, 4) as seen:
        for _ in range(3):
            with behind(port):
                time.sleep(2)
            time.sleep(2)
        good, bad = seen.statuses[200], seen.statuses[502]
        with behind(port):
            back = until(lambda: seen.statuses[200] > good + 100, 10)
        report.says(f"it answers again ({good:,} good answers, {bad:,} 502)", back and good > 0 and bad > 0)
        with socket.create_server(("127.0.0.1", port)):
            late = until(lambda: seen.statuses[504] >= 4, 20)
            report.says("an upstream that says nothing is 504", late)
    report.seen(seen)
    with behind(port):
        client = Client(guard.port)
        client.send(asked("GET /v1/things"))
        report.says("and it answers again", client.answer().status == 200)
        client.close()


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("phases", nargs="*", default=["kills", "idle", "upstream", "mixed"])
    options.add_argument("--seconds", type=int, default=600)
    given = options.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    report = Report()
    for phase in given.phases:
        port = free_port()
        with tempfile.TemporaryDirectory() as name, guarding(Path(name), port) as guard:
            print(f"{phase}:", flush=True)
            if phase == "upstream":
                upstream(guard, port, report)
                continue
            with behind(port):
                {"mixed": mixed, "idle": idle, "kills": kills}[phase](guard, given.seconds, report)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
