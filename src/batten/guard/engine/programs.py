"""Which servers can be run, where they are, and how each is checked, started, told of a change and ended."""

from __future__ import annotations

import grp
import os
import pwd
import re
import signal
import sys
from contextlib import suppress
from enum import Enum
from pathlib import Path

from batten.cell import server
from batten.cell.programs import installed
from batten.guard.export import envoy, haproxy, nginx
from batten.guard.options import GuardProblem
from batten.model.record import record

CHECK_SECONDS = 60.0
LISTENER = "listener.json"  # Envoy's, which is looked at for changes
_INSTALLED_BY = {
    "nginx": "apt install nginx libnginx-mod-http-lua, or install OpenResty",
    "haproxy": "apt install haproxy (3.0 or newer)",
    "envoy": "install it as https://www.envoyproxy.io/docs/envoy/latest/start/install says",
}


class Engine(Enum):
    NGINX = "nginx"
    ENVOY = "envoy"
    HAPROXY = "haproxy"


@record
class Program:
    """`modules` is where nginx's Lua module lies, "" where it is built in. `user` is whom root's workers become."""

    engine: Engine
    path: str
    modules: str = ""
    user: str = ""


def program(engine: Engine, named: str = "") -> Program:
    """The server that is installed, or the named one. Raises GuardProblem."""
    beside = (Path(sys.executable).parent,)
    names = ("nginx", "openresty") if engine is Engine.NGINX else (engine.value,)
    found = Path(named) if named else installed(*names, beside=(*beside, "/usr/sbin", "/usr/local/sbin"))
    if found is None or not os.access(found, os.X_OK):
        where = f"{named} is not a program" if named else f"{engine.value} is not installed"
        raise GuardProblem(f"{where}; {_INSTALLED_BY[engine.value]}, or name it with --engine-path")
    path = str(found.absolute())
    modules = _modules(path) if engine is Engine.NGINX else ""
    return Program(engine, path, modules, _user(engine) if os.geteuid() == 0 else "")


def _modules(path: str) -> str:
    """Where the Lua module is, if it is no part of the program. Raises GuardProblem."""
    _, told = _asked([path, "-V"])
    if "lua" in told and "--add-module" in told:  # as OpenResty is built
        return ""
    found = re.search(r"--modules-path=(\S+)", told)
    folders = [*([found[1]] if found else []), "/usr/lib/nginx/modules", "/usr/lib64/nginx/modules"]
    for folder in folders:
        if Path(folder, "ngx_http_lua_module.so").exists():
            return folder
    raise GuardProblem(f"{path} has no Lua module; {_INSTALLED_BY['nginx']}")


def _user(engine: Engine) -> str:
    for name in ("haproxy", "nobody") if engine is Engine.HAPROXY else ("www-data", "nginx", "nobody"):
        with suppress(KeyError):
            return f"{name} {grp.getgrgid(pwd.getpwnam(name).pw_gid).gr_name}"
    return ""


def _asked(command: list[str]) -> tuple[int, str]:
    try:
        return server.asked(command, CHECK_SECONDS)
    except OSError as error:
        raise GuardProblem(f"{command[0]} cannot be started: {error.strerror}") from error


def check(chosen: Program, folder: Path, work: Path) -> None:
    """The server's own verdict on a configuration. Raises GuardProblem with what it says."""
    match chosen.engine:
        case Engine.NGINX:
            command = [chosen.path, "-t", "-q", "-p", f"{work}/", "-c", str(folder / nginx.CONFIGURATION)]
        case Engine.ENVOY:
            command = [
                chosen.path,
                "--mode",
                "validate",
                "-l",
                "error",
                "-c",
                str(folder / envoy.CONFIGURATION),
            ]
        case Engine.HAPROXY:
            command = [chosen.path, "-c", "-q", "-f", str(folder / haproxy.CONFIGURATION)]
    code, told = _asked(command)
    if code:
        lines = [line for line in told.strip().split("\n") if line.strip()]
        raise GuardProblem(f"{chosen.engine.value} refuses the configuration: {' | '.join(lines[-4:])}")


def command(chosen: Program, work: Path, workers: int, drain: float) -> list[str]:
    """What starts the server in the foreground, on the files of `work`."""
    match chosen.engine:
        case Engine.NGINX:
            return [chosen.path, "-p", f"{work}/", "-c", str(work / nginx.CONFIGURATION), "-g", "daemon off;"]
        case Engine.ENVOY:
            return [chosen.path, "-c", str(work / envoy.CONFIGURATION), "--concurrency", str(workers), "--use-dynamic-base-id",
                    "-l", "warn", "--file-flush-interval-msec", "500", "--drain-time-s", str(max(1, round(drain))),
                    "--drain-strategy", "immediate"]  # fmt: skip
        case Engine.HAPROXY:
            return [chosen.path, "-W", "-db", "-f", str(work / haproxy.CONFIGURATION)]


def renewing(engine: Engine) -> signal.Signals | None:
    """What makes a server read its configuration again; None where it looks by itself."""
    match engine:
        case Engine.NGINX:
            return signal.SIGHUP
        case Engine.HAPROXY:
            return signal.SIGUSR2
        case Engine.ENVOY:
            return None


def ending(engine: Engine) -> signal.Signals | None:
    """What makes a server end after the requests in progress; None where it has to be asked over its socket."""
    match engine:
        case Engine.NGINX:
            return signal.SIGQUIT
        case Engine.HAPROXY:
            return signal.SIGUSR1
        case Engine.ENVOY:
            return None
