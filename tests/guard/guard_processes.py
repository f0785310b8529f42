"""`batten guard run` as a process."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from guard_contracts import TEXT

from servers import ended, free_port
from waiting import BOUND, until

BATTEN = Path(sys.executable).with_name("batten")


@dataclass
class Run:
    process: subprocess.Popen[bytes]
    port: int
    admin: int
    folder: Path

    def children(self) -> list[int]:
        text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [int(word) for word in text.split()]

    def log(self) -> str:
        return (self.folder / "stderr").read_text(encoding="utf-8")

    def asked(self, path: str = "/v1/things") -> int:
        return get(self.port, path)[0]

    def metric(self, name: str) -> int:
        found = re.search(rf"^{re.escape(name)} (\d+)", get(self.admin, "/metrics")[1].decode(), re.MULTILINE)
        return int(found[1]) if found else -1

    def answers(self, status_class: str) -> int:
        """Of all operations."""
        rows = rf'^batten_guard_requests_total\{{[^\n]*status_class="{status_class}"\}} (\d+)'
        return sum(map(int, re.findall(rows, get(self.admin, "/metrics")[1].decode(), re.MULTILINE)))


def get(port: int, path: str) -> tuple[int, bytes]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
    try:
        link.request("GET", path)
        answer = link.getresponse()
        return answer.status, answer.read()
    finally:
        link.close()


@contextmanager
def running(folder: Path, to: str, *more: str, prepare: Callable[[], None] | None = None) -> Iterator[Run]:
    """A process that serves; `prepare` is called in it before it begins."""
    contract = folder / "openapi.yaml"
    if not contract.exists():
        contract.write_text(TEXT, encoding="utf-8")
    port, admin = free_port(), free_port()
    command = [str(BATTEN), "guard", "run", "--contract", str(contract), "--upstream", to, "--listen", f"127.0.0.1:{port}",
               "--admin", f"127.0.0.1:{admin}", *more]  # fmt: skip
    with (folder / "stderr").open("wb") as told:
        process = subprocess.Popen(command, stderr=told, stdout=told, preexec_fn=prepare)
    run = Run(process, port, admin, folder)
    try:
        until(lambda: _is_healthy(run), "the guard is healthy")
        yield run
    finally:
        ended(process)


def _is_healthy(run: Run) -> bool:
    assert run.process.poll() is None, run.log()
    try:
        return get(run.admin, "/health")[0] == 200
    except OSError:
        return False
