"""`batten watch` as a process: its first minute, what it refuses, and its end."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from waiting import BOUND, until
from watch_serving import BATTEN, watching

REFUSED = (
    (("--listen", "0.0.0.0:8470"), "passwords would be sent unencrypted"),
    (("--listen", "[::]:8470"), "passwords would be sent unencrypted"),
    (("--listen", "8470"), "write HOST:PORT"),
    (("--listen", "127.0.0.1:99999"), "write HOST:PORT"),
    (("--url", "watch.example.com"), "write https://"),
    (("--key", "k.pem"), "--key requires --certificate"),
    (("--demo", "--data", "x"), "remove --data"),
    (("--database", "mysql://a/b"), "not supported"),
    (("--database", "no url"), "cannot be read"),
    (("--alert-network", "10.0.0.1/8"), "--alert-network"),
    (("--data", "/proc/1/nothing"), "cannot be opened"),
)
# Each in turn in one process: what the service imports takes seconds.
ASKED = """
import json, sys
from batten.cli import main
for options in json.load(sys.stdin):
    try:
        main(["watch", *options], prog_name="batten")
    except SystemExit as end:
        print("ended", end.code, file=sys.stderr)
    print("next", file=sys.stderr, flush=True)
"""


@pytest.fixture(scope="module")
def answers() -> list[str]:
    """What each of REFUSED is told."""
    given = json.dumps([options for options, _ in REFUSED])
    call = [sys.executable, "-c", ASKED]
    done = subprocess.run(call, input=given, capture_output=True, text=True, timeout=BOUND, check=True)
    return done.stderr.split("next\n")[:-1]


def test_first_minute(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with watching(tmp_path, "--data", str(data)) as (url, process, log):
        assert httpx.get(f"{url}/healthz", trust_env=False).text == "ok\n"
        stranger = httpx.get(f"{url}/", trust_env=False)
        assert (stranger.status_code, stranger.headers["location"]) == (303, "/login")
        assert httpx.get(f"{url}/api/v1/environments", trust_env=False).status_code == 401
        assert httpx.get(f"{url}/metrics", trust_env=False).status_code == 401
        said = log.read_text()
        assert re.search(r"sign in as admin with the password \S{20,} \(it is shown once\)", said)
        assert oct((data / "watch.db").stat().st_mode & 0o777) == "0o600"
        process.send_signal(signal.SIGTERM)
        assert process.wait(BOUND) == 0
    with watching(tmp_path, "--data", str(data)) as (_, _, log):
        assert "password" not in log.read_text()


def test_two_services_share_one_file(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with (
        watching(tmp_path, "--data", data) as (first, _, _),
        watching(tmp_path, "--data", data) as (second, _, _),
    ):
        for url in (first, second):
            assert httpx.get(f"{url}/readyz", trust_env=False).text == "ready\n"


def test_the_demo_is_assessed(tmp_path: Path) -> None:
    with watching(tmp_path, "--demo", "--log", "json") as (_, process, log):
        (place,) = {
            path
            for path in Path("/proc", str(process.pid), "fd").iterdir()
            if path.resolve().name == "watch.db"
        } or {None}
        assert place is not None
        file = place.resolve()

        def counted() -> dict[str, int]:
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
                rows = db.execute(
                    "SELECT e.service || '/' || e.stage, count(l.id) FROM environment e JOIN run r ON r.environment = e.id AND r.state = 'done'"
                    " LEFT JOIN life l ON l.environment = e.id AND l.state = 'open' GROUP BY 1"
                )
                return dict(rows)

        found = until(lambda: len(known := counted()) >= 4 and known, "all four environments are assessed")
        assert found["orders/dev"] < found["orders/staging"] <= found["orders/production"]
        assert all(line.startswith(("{", "batten watch: ")) for line in log.read_text().splitlines())
    assert not file.exists()


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=[" ".join(options) for options, _ in REFUSED])
def test_what_cannot_be_is_refused(number: int, answers: list[str]) -> None:
    assert REFUSED[number][1] in answers[number]
    assert answers[number].endswith("ended 2\n")


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with watching(tmp_path, "--data", str(tmp_path / "a")) as (url, _, _):
        port = url.rpartition(":")[2]
        done = subprocess.run(
            [BATTEN, "watch", "--listen", f"127.0.0.1:{port}", "--data", tmp_path / "b"], capture_output=True, text=True, timeout=BOUND, check=False
        )  # fmt: skip
    assert done.returncode == 2 and f"cannot listen on 127.0.0.1:{port}" in done.stderr
