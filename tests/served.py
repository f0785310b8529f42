"""Which tests start servers, browsers or other programs: the marker `served`, and what holds it.

`make quick` leaves out the tests that have the marker. It is set here when tests are collected, for each test that reaches a call
which starts a program or listens on a port, through its fixtures and through functions of tests/; and for each that needs a program
(needs.py). What a test reaches through batten itself shows only when it runs: such a test is marked by hand, `@pytest.mark.served`.
With `-m "not served"`, a test fails as soon as it starts a program or opens a port. git may be started, and so may what batten runs
in its own cell.
"""

from __future__ import annotations

import asyncio
import functools
import multiprocessing
import os
import socket
import socketserver
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import pytest
import uvicorn

from needs import SERVERS, program

TESTS = str(Path(__file__).parent) + os.sep
# Every test in these folders is about programs.
FOLDERS = ("cell", "doors", "fixes", "harden/judges")
STARTERS = (
    *(subprocess.Popen, subprocess.run, subprocess.call, subprocess.check_call, subprocess.check_output),
    *(os.fork, os.execv, os.posix_spawn, os.system, multiprocessing.Process, multiprocessing.get_context),
    *(asyncio.create_subprocess_exec, asyncio.start_server, socket.create_server, uvicorn.run, program),
)
SERVER_CLASSES = (socketserver.BaseServer, uvicorn.Server)
# Methods by which a socket or a loop listens, and a browser starts.
METHODS = frozenset(
    ("bind", "listen", "create_server", "create_datagram_endpoint", "sync_playwright", "add_insecure_port")
)
SAID = (
    "{what}, and has no marker `served`: mark it with @pytest.mark.served (tests/served.py), "
    "or test without that"
)


# Git, and what the standard library asks of the machine: `file` and `uname` for platform, `ldconfig` for ctypes.
HARMLESS = frozenset(("git", "file", "uname", "ldconfig"))


class Refused(BaseException):
    """A test without the marker starts something. No handler of errors catches this one."""


def is_served(item: pytest.Item) -> bool:
    """Whether the test starts a program or a server, as far as its code shows."""
    if item.get_closest_marker("served") or any(m.args[2] == SERVERS for m in item.iter_markers("needs")):
        return True
    if item.path.as_posix().startswith(tuple(f"{TESTS}{folder}/" for folder in FOLDERS)):
        return True
    definitions = item._fixtureinfo.name2fixturedefs.values()  # type: ignore[attr-defined]
    functions = [d.func for one in definitions for d in one if d.baseid or d.func.__module__ == "conftest"]
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return any(starts(one) for one in (item.obj, *functions, *parameters))  # type: ignore[attr-defined]


_KNOWN: dict[int, tuple[object, bool]] = {}


def starts(what: object, depth: int = 4) -> bool:
    """Whether a function, a class, or what a record or a collection holds reaches a call that starts something."""
    if issubclass(
        type(what), str | bytes | int | float | Path | None
    ):  # no isinstance, which asks lazy objects, too
        return False
    known = _KNOWN.get(id(what))
    if known is None:
        _KNOWN[id(what)] = (what, False)  # for circles
        found = _starts(what, depth)
        if found or depth == 4 or callable(what):
            _KNOWN[id(what)] = (what, found)
        else:
            del _KNOWN[id(what)]
        return found
    return known[1]


def _starts(what: object, depth: int) -> bool:
    kind: type[Any] = type(what)
    if any(what is starter for starter in STARTERS):
        return True
    if issubclass(kind, type):
        methods = vars(what).values() if _is_ours(what) else ()
        return issubclass(what, SERVER_CLASSES) or any(starts(m) for m in methods)  # type: ignore[arg-type]
    if issubclass(kind, FunctionType):
        return _is_ours(what) and _function_starts(what)
    if kind in _WRAPPERS:
        return starts(getattr(what, _WRAPPERS[kind]))
    if not depth:
        return False
    if issubclass(kind, dict):
        return any(starts(v, depth - 1) for v in what.values())  # type: ignore[attr-defined]
    if issubclass(kind, list | tuple | set | frozenset):
        return any(starts(v, depth - 1) for v in what)  # type: ignore[attr-defined]
    if _is_ours(kind):
        fields = vars(what) if hasattr(what, "__dict__") else {}
        return starts(kind) or any(starts(v, depth - 1) for v in fields.values())
    return False


_WRAPPERS: dict[type[Any], str] = {
    MethodType: "__func__",
    staticmethod: "__func__",
    classmethod: "__func__",
    property: "fget",
    functools.partial: "func",
    type(functools.cache(len)): "__wrapped__",
    type(pytest.fixture(lambda: None)): "_fixture_function",
}


def _is_ours(what: Any) -> bool:
    module = sys.modules.get(what.__module__ or "")
    file = getattr(module, "__file__", None) or getattr(getattr(what, "__code__", None), "co_filename", "")
    return str(file).startswith(TESTS)


def _function_starts(function: Any) -> bool:
    inner = getattr(getattr(function, "hypothesis", None), "inner_test", None) or getattr(
        function, "__wrapped__", None
    )
    cells = [c.cell_contents for c in function.__closure__ or () if _filled(c)]
    if any(starts(one) for one in (inner, *cells)):
        return True
    return any(_code_starts(code, function.__globals__) for code in _codes(function.__code__))


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _code_starts(code: CodeType, scope: dict[str, Any]) -> bool:
    names = code.co_names
    reached = [scope[n] for n in names if n in scope]
    for module in [one for one in reached if issubclass(type(one), ModuleType)]:
        if module in (subprocess, os, socket, asyncio, multiprocessing, uvicorn) or _in_tests(module):
            reached += [vars(module)[n] for n in names if n in vars(module)]
    if "git" in code.co_consts:  # a command of git's
        reached = [one for one in reached if getattr(one, "__module__", "") != "subprocess"]
    return not METHODS.isdisjoint(names) or any(starts(one) for one in reached)


def _in_tests(module: ModuleType) -> bool:
    return str(getattr(module, "__file__", "")).startswith(TESTS)


# --- what holds it ---

_CURRENT: list[pytest.Item] = []
_CELL = os.sep + os.path.join("batten", "cell") + os.sep


def _judged(event: str, arguments: tuple[Any, ...]) -> None:
    if not _CURRENT or event not in _EVENTS or _CURRENT[-1].get_closest_marker("served"):
        return
    what = _EVENTS[event](arguments)
    if what and not _in_cell():
        item, _CURRENT[:] = _CURRENT[-1], []
        item.stash[_BROKEN] = what
        raise Refused(SAID.format(what=what))


def _started(arguments: tuple[Any, ...]) -> str:
    name = Path(os.fsdecode(arguments[0])).name
    return "" if name in HARMLESS else f"this test starts {name}"


def _bound(arguments: tuple[Any, ...]) -> str:
    internet = arguments[0].family in (socket.AF_INET, socket.AF_INET6)
    return f"this test opens a port on {arguments[1][0]}" if internet else ""


_EVENTS: dict[str, Callable[[tuple[Any, ...]], str]] = {
    "subprocess.Popen": _started,
    "os.posix_spawn": _started,
    "os.exec": _started,
    "os.fork": lambda _: "this test forks a process",
    "os.system": lambda _: "this test starts a shell",
    "socket.bind": _bound,
}
_BROKEN = pytest.StashKey[str]()


def _in_cell() -> bool:
    frame = sys._getframe()
    while frame is not None:
        if _CELL in frame.f_code.co_filename:
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if is_served(item):
            item.add_marker("served")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "served: starts servers, browsers or other programs (served.py)")
    if config.option.markexpr == "not served":
        sys.addaudithook(_judged)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    _CURRENT[:] = [item]
    try:
        return (yield)
    finally:
        _CURRENT.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """A refusal in a thread, or one that was caught, fails the test all the same."""
    report = yield
    if what := item.stash.get(_BROKEN, ""):
        report.outcome, report.longrepr = "failed", SAID.format(what=what)
    return report
