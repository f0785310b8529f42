"""Time is an input: `batten.model.clock` alone reads the machine's date for what is judged, and tests state theirs (days.py)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from batten.model import clock
from batten.policy import Policy
from days import UNSTATED, judged_on

ROOT = Path(__file__).parent.parent
OF_TIME = {"time", "time_ns", "localtime", "gmtime", "ctime", "asctime", "strftime"}
OF_DATES = {"now", "utcnow", "today"}

# (file, what reads the machine's date) and why it may: none judges by it.
ALLOWED = {
    ("src/batten/model/clock.py", "datetime.now"): "the clock",
    ("src/batten/model/clock.py", "date.today"): "the clock",
    ("src/batten/advisories/web.py", "datetime.now"): "how long a server asks to wait, which it may say as a date",
    ("src/batten/cli/watch_names.py", "datetime.now"): "how long ago something was, for people",
    ("src/batten/engine/check.py", "datetime.now"): "when a run began, which its history records",
    ("src/batten/engine/resume.py", "datetime.now"): "when a target was done, which a resumed run reports",
    ("src/batten/files/lock.py", "time.time"): "the age of a lock, by the time that the file system gave it",
    ("src/batten/guard/proxy/access.py", "time.time"): "the time of a line in the access log",
    ("src/batten/guard/proxy/worker.py", "formatdate()"): "the Date header of responses",
    ("src/batten/guard/traffic/counts.py", "time.strftime"): "the day on which requests were seen, which is recorded",
    ("src/batten/guard/traffic/counts.py", "time.gmtime"): "the day on which requests were seen, which is recorded",
    ("src/batten/harden/authority.py", "datetime.now"): "a certificate that programs verify by the machine's clock",
    ("src/batten/harden/trial_certificate.py", "datetime.now"): "a certificate that programs verify by the machine's clock",
    ("src/batten/live/stores/s3.py", "datetime.now"): "the time of a signed request, which the server holds against its own",
    ("src/batten/technologies/shared/transport/x509.py", "datetime.now"): "a certificate that programs verify by the machine's clock",
    ("src/batten/watch/store/database.py", "time.time_ns"): "the service's clock, which each request and each run asks once",
    ("tests/guard/guard_certificates.py", "datetime.now"): "certificates that last as long as the test",
    ("tests/guard/test_proxy_process.py", "datetime.now"): "a certificate that ends soon after the test",
    ("tests/live/live_servers.py", "datetime.now"): "certificates that last as long as the test",
    ("tests/live/test_store_protocols.py", "datetime.now"): "certificates that last as long as the test",
    ("tests/live/test_tls.py", "datetime.now"): "a certificate that ended before the test began",
    ("tests/live/test_tls_certificates.py", "datetime.now"): "certificates that last as long as the test",
    ("tests/live/test_tls_traits.py", "datetime.now"): "certificates that last as long as the test",
    ("tests/live/test_tokens.py", "time.time"): "tokens that servers verify by the machine's clock",
    ("tests/technologies/test_credential_files.py", "datetime.now"): "a certificate of which only the key is judged",
    ("tests/watch/assess/test_assessment.py", "date.today"): "traffic of the day on which another process judges it",
}  # fmt: skip


def readings(tree: ast.AST) -> Iterator[str]:
    """Every use of the machine's date, as `datetime.now`."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="time"), attr=name) if name in OF_TIME:
                yield f"time.{name}"
            case ast.ImportFrom(module="time", names=names):
                yield from (f"time.{one.name}" for one in names if one.name in OF_TIME)
            case ast.Attribute(
                value=ast.Name(id="date" | "datetime" as kind)
                | ast.Attribute(attr="date" | "datetime" as kind),
                attr=name,
            ) if name in OF_DATES:
                yield f"{kind}.{name}"
            case ast.Call(func=ast.Name(id="formatdate" | "localtime" as name), args=[]):
                yield f"{name}()"


def found() -> set[tuple[str, str]]:
    files = (*(ROOT / "src").rglob("*.py"), *(ROOT / "tests").rglob("*.py"))
    return {
        (file.relative_to(ROOT).as_posix(), use)
        for file in files
        if "stacks" not in file.parts
        for use in readings(ast.parse(file.read_text("utf-8")))
    }


def test_only_the_clock_reads_the_machine_s_date() -> None:
    new = sorted(found() - ALLOWED.keys())
    assert not new, (
        f"{new} read the machine's date: in src take `policy.today` or `policy.now`, in a test state the day "
        "with judged_on(…) of days.py; what judges nothing by it is listed in ALLOWED, with the reason"
    )


def test_no_exception_is_left_of_what_is_gone() -> None:
    gone = sorted(ALLOWED.keys() - found())
    assert not gone, f"remove from ALLOWED: {gone}"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("x = datetime.now(UTC)", ["datetime.now"]),
        ("x = datetime.datetime.now()", ["datetime.now"]),
        ("field(default_factory=date.today)", ["date.today"]),
        ("from time import time_ns", ["time.time_ns"]),
        ("import time\ntime.gmtime()", ["time.gmtime"]),
        ("formatdate()", ["formatdate()"]),
        ("clock.now()\ndate(2026, 1, 1)\ntime.monotonic()\nformatdate(1.0)", []),
    ],
)
def test_readings_of_the_date_are_seen(text: str, read: list[str]) -> None:
    assert list(readings(ast.parse(text))) == read


def test_a_test_that_states_no_day_is_judged_in_a_far_future() -> None:
    assert Policy().today == clock.today() == UNSTATED


@judged_on("2026-12-01")
def test_a_test_has_the_day_that_it_states() -> None:
    policy = Policy()
    assert (policy.today, policy.now) == (date(2026, 12, 1), datetime(2026, 12, 1, 12, tzinfo=UTC))
