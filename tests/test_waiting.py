"""Tests wait for conditions: none sleeps for a fixed time, reads the clock, or gives up sooner than a busy machine answers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from waiting import BOUND, answering, until

HERE = Path(__file__).parent
CLOCKS = {"time", "monotonic", "perf_counter", "sleep"}  # each also as …_ns, where there is one
WAITING = {"wait", "join", "settimeout", "communicate", "wait_for"}
SOON = 60  # seconds: a wait that may be shorter is one that load may end

# (file, what stands there) and why it may.
ALLOWED = {
    ("live/products/test_products.py", "timeout=20.0"): "questions that a product leaves open are part of its assessment",
    ("live/test_sockets.py", "timeout=2.0"): "a handshake that a server leaves open is part of what is tested",
    ("live/fleet/fleet_servers.py", "settimeout(0.2)"): "a port that takes no connection is filled until it does so",
    ("live/fleet/test_discovery.py", "time.monotonic"): "a least time, which load only adds to",
    ("live/test_tokens.py", "time.time"): "tokens have times of their own, an hour and more away",
    ("watch/watch_two_teams.py", "settimeout(2)"): "a listener that nobody speaks to is given up",
    ("watch/watch_two_teams.py", "join(10)"): "the end of threads that have been told to end",
    ("waiting.py", "time.monotonic"): "the helper",
    ("waiting.py", "time.sleep"): "the helper",
    ("waiting.py", "asyncio.sleep"): "the helper",
    ("cell/intruder.py", "time.sleep"): "a program that does not end, in its cell",
    ("guard/guard_exports.py", "settimeout(0.03)"): "an engine that has not closed until then is asked again",
    ("cell/test_held.py", "time.monotonic"): "what a worker proves is held against the clock that nobody sets",
    ("watch/schedule/test_survival.py", "timeout=1.0"): "a database that a stopped process may hold is asked again",
    ("watch/watch_fleet_child.py", "time.sleep"): "an assessment that hangs until a file is gone",
    ("live/store_servers.py", "settimeout(0.2)"): "asked again until the answer is whole",
    ("guard/test_proxy_costly.py", "time.monotonic"): "a slow proof, which is not run beside other work",
    ("technologies/test_store_servers.py", "settimeout(1)"): "asked again until the answer is whole",
    ("live/test_assessment.py", "time.monotonic"): "a least time, which load only adds to",
    ("live/test_harmless.py", "time.monotonic"): "a least time, which load only adds to",
    ("live/test_harmless.py", "settimeout(0)"): "a socket that does not block",
    ("live/test_hostile.py", "asyncio.sleep"): "a server that trickles",
    ("live/test_targets.py", "time.monotonic"): "a least time, which load only adds to",
    ("live/test_targets.py", "asyncio.sleep"): "a server that trickles",
    ("live/test_tls.py", "timeout=0.3"): "a server that says nothing, whenever it is given up",
    ("security/test_recovery.py", "time.sleep"): "a kill at any moment: none is asserted",
    ("security/test_recovery.py", "time.monotonic"): "how long the command takes that is to be killed in the middle",
}  # fmt: skip


def hasty(tree: ast.AST) -> Iterator[str]:
    """Every use of a clock, and every wait that is told to end soon."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="time"), attr=name) if name.removesuffix("_ns") in CLOCKS:
                yield f"time.{name}"
            case ast.ImportFrom(module="time", names=names):
                yield from (f"time.{a.name}" for a in names if a.name.removesuffix("_ns") in CLOCKS)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="asyncio"), attr="sleep"), args=[argument]):
                if not (isinstance(argument, ast.Constant) and argument.value == 0):  # 0 only lets others run
                    yield "asyncio.sleep"
            case ast.Call(
                func=ast.Attribute(attr=name), args=[*_, ast.Constant(value=int() | float() as seconds)]
            ):
                if name in WAITING and seconds < SOON:
                    yield f"{name}({seconds})"
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                match keyword:
                    case ast.keyword(arg="timeout", value=ast.Constant(value=int() | float() as seconds)):
                        if seconds < SOON:
                            yield f"timeout={seconds}"


@cache
def found() -> set[tuple[str, str]]:
    files = (file for file in HERE.rglob("*.py") if "stacks" not in file.parts)
    return {
        (file.relative_to(HERE).as_posix(), use)
        for file in files
        for use in hasty(ast.parse(file.read_text("utf-8")))
    }


def test_no_test_sleeps_reads_the_clock_or_gives_up_soon() -> None:
    """Wait with `waiting.until`, bound work with `spending.at_most`, and let what never answers be `waiting.forever`."""
    assert sorted(found() - ALLOWED.keys()) == [], (
        "use tests/waiting.py or tests/spending.py, or add it to ALLOWED with the reason"
    )


def test_what_is_allowed_stands_there() -> None:
    assert sorted(ALLOWED.keys() - found()) == [], "no test does this any more: remove it from ALLOWED"


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("import time\ntime.sleep(1)", ["time.sleep"]),
        ("from time import sleep, strftime", ["time.sleep"]),
        ("end = time.monotonic() + 5", ["time.monotonic"]),
        ("time.perf_counter_ns()", ["time.perf_counter_ns"]),
        ("time.process_time()", []),
        ("await asyncio.sleep(0)", []),
        ("await asyncio.sleep(0.1)", ["asyncio.sleep"]),
        ("process.wait(5)", ["wait(5)"]),
        ("await asyncio.wait_for(event.wait(), 20)", ["wait_for(20)"]),
        ("process.wait(BOUND)", []),
        ("connect(place, timeout=8)", ["timeout=8"]),
        ("run(command, timeout=300)", []),
        ("', '.join(names)", []),
    ],
)
def test_haste_is_seen(text: str, uses: list[str]) -> None:
    assert list(hasty(ast.parse(text if "await" not in text else f"async def f():\n    {text}"))) == uses


def test_what_does_not_come_fails_and_says_what(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waiting.BOUND", 0.05)
    with pytest.raises(AssertionError, match="still not: the end of the world"):
        until(lambda: False, "the end of the world")
    with pytest.raises(OSError, match="no"):
        answering(refused, OSError)


def refused() -> None:
    raise OSError("no")


def test_what_comes_is_returned() -> None:
    answers = iter([0, None, "", "it"])
    assert until(lambda: next(answers), "it") == "it"
    assert BOUND >= SOON
