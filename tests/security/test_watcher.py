"""The watcher is proved by programs and checkouts that it must catch."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import pytest
from hostile_judge import Rules, Seen, judged
from hostile_repositories import families, family
from hostile_run import DRIVER, faults
from hostile_surroundings import Surroundings, differences, made, snapshot
from hostile_watch import watch

from needs import needs, where

pytestmark = needs("strace", where("strace"))

# What a process does, and the words of the fault that must be found.
CAUGHT = {
    "writes to the victim": ("open(VICTIM + '/precious-00.txt', 'w')", "changes /victim/precious-00.txt"),
    "appends": ("open(VICTIM + '/precious-00.txt', 'a').close()", "changes /victim/precious-00.txt"),
    "makes a file": ("open(VICTIM + '/new', 'x')", "changes /victim/new"),
    "fails to make a file": ("open(VICTIM + '/none/new', 'x')", "changes /victim/none/new"),
    "makes a folder": ("os.mkdir(VICTIM + '/new')", "changes /victim/new"),
    "removes": ("os.unlink(VICTIM + '/precious-01.txt')", "changes /victim/precious-01.txt"),
    "removes by a descriptor": (
        "d = os.open(VICTIM, os.O_RDONLY); os.unlink('precious-01.txt', dir_fd=d)",
        "changes /victim/precious-01.txt",
    ),
    "removes by the working directory": (
        "os.chdir(VICTIM); os.unlink('precious-01.txt')",
        "changes /victim/precious-01.txt",
    ),
    "renames": ("os.rename(VICTIM + '/precious-02.txt', 'stolen')", "changes /victim/precious-02.txt"),
    "links": ("os.link(VICTIM + '/precious-02.txt', 'stolen')", "changes /victim/precious-02.txt"),
    "plants a link": ("os.symlink('/', HOME + '/link')", "changes /home/link"),
    "changes rights": ("os.chmod(HOME + '/.ssh/id_ed25519', 0o644)", "changes /home/.ssh/id_ed25519"),
    "changes rights by a descriptor": (
        "os.fchmod(os.open(VICTIM + '/precious-03.txt', os.O_RDONLY), 0o777)",
        "changes /victim/precious-03.txt",
    ),
    "dates anew": ("os.utime(VICTIM + '/precious-03.txt')", "changes /victim/precious-03.txt"),
    "follows a link out": ("open('out/precious-04.txt', 'w')", "changes /victim/precious-04.txt"),
    "writes in the checkout": ("open('new', 'w')", "changes /work/repository/new"),
    "reads a key": ("open(HOME + '/.ssh/id_ed25519').read()", "reads /home/.ssh/id_ed25519"),
    "reads a key by a link": ("open('key').read()", "reads /home/.ssh/id_ed25519"),
    "reads the users": ("open('/etc/passwd').read()", "reads /etc/passwd"),
    "reads its environment": ("open('/proc/self/environ').read()", "/environ"),
    "lists the home": ("os.listdir(HOME)", "lists /home"),
    "starts a program": ("subprocess.run(['/bin/true'])", "starts a program: /bin/true"),
    "starts a shell": ("os.system('exit 0')", "starts a program: sh -c"),
    "starts a program of the checkout": ("subprocess.run(['./evil'])", "starts a program: ./evil"),
    "starts a validator outside a cell": ("subprocess.run([NGINX, '-v'])", "starts a program outside a cell"),
    "asks git for more": (
        "subprocess.run(['git', 'status'], capture_output=True)",
        "starts git for more than plumbing",
    ),
    "connects": (
        "socket.create_connection(('127.0.0.1', PORT))",
        "uses the network: connect {sa_family=AF_INET",
    ),
    "connects in vain": (
        "contextlib.suppress(OSError).__enter__(); socket.socket().connect_ex(('127.0.0.1', 1))",
        "uses the network: connect {sa_family=AF_INET",
    ),
    "listens": ("socket.create_server(('127.0.0.1', 0))", "uses the network: bind {sa_family=AF_INET"),
    "listens on a socket file": (
        "socket.socket(socket.AF_UNIX).bind('here')",
        "uses the network: bind {sa_family=AF_UNIX",
    ),
    "sends a datagram": (
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', PORT))",
        "uses the network: sendto {sa_family=AF_INET",
    ),
    "looks a name up": ("socket.gethostbyname('localhost.')", "reads /etc/hosts"),
    "does it in a child": (
        "os.waitpid(os.fork() or (open(VICTIM + '/child', 'w'), os._exit(0)), 0)",
        "changes /victim/child",
    ),
    "does it in a thread": (
        "t = threading.Thread(target=open, args=(VICTIM + '/thread', 'w')); t.start(); t.join()",
        "changes /victim/thread",
    ),
    "takes a name with quotes and spaces": (
        "open(VICTIM + '/a \"b\" <c> (d) = 3\\n', 'w')",
        'changes /victim/a "b" <c> (d) = 3',
    ),
}
ALLOWED = (
    "open('nginx.conf').read()",
    "os.listdir('.')",
    "os.stat(HOME + '/.ssh/id_ed25519')",
    "open(TEMPORARY + '/mine', 'w')",
    "os.makedirs(STATE + '/undo'); open(STATE + '/undo/0001', 'w'); os.unlink(STATE + '/undo/0001')",
    "import decimal, sqlite3, ssl",
    "subprocess.run(['git', '--git-dir', '.git', 'rev-parse', 'HEAD'], capture_output=True, env={'PATH': PATH, 'GIT_CONFIG_NOSYSTEM': '1', 'HOME': '/nonexistent'})",
    "open('/dev/null', 'w')",
)
_HEAD = "import contextlib, os, socket, subprocess, sys, threading\n"


def _seen(code: str, around: Surroundings, port: int = 0) -> Seen:
    """What is found of a process that runs a line of Python where a command would run."""
    names = {
        "VICTIM": str(around.victim),
        "HOME": str(around.home),
        "TEMPORARY": str(around.temporary),
        "STATE": str(around.own[0]),
        "PORT": port,
        "PATH": os.environ["PATH"],
        "NGINX": "/usr/sbin/nginx",
    }
    (around.repository / "nginx.conf").write_text("# nothing\n")
    (around.repository / "out").symlink_to(around.victim)
    (around.repository / "key").symlink_to(around.home / ".ssh" / "id_ed25519")
    evil = around.repository / "evil"
    evil.write_text("#!/bin/true\n")
    evil.chmod(0o755)
    program = around.top / "program.py"
    lines = [f"{name} = {value!r}" for name, value in names.items()]
    marked = ["with contextlib.suppress(OSError): os.open('/hostile-mark/0', os.O_RDONLY)", code]
    program.write_text("\n".join([_HEAD, *lines, *marked, ""]))
    rules = Rules(around, ("the program",), lambda path, command: False)
    trace, ended = watch(
        [sys.executable, str(program)], around.top / "trace", around.repository, around.environment(), 60
    )
    assert ended
    return judged(trace, rules)


@pytest.mark.parametrize("what", CAUGHT)
def test_it_catches_who(what: str, tmp_path: Path) -> None:
    code, fault = CAUGHT[what]
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = _seen(code, made(tmp_path / "run"), server.getsockname()[1])
    assert any(fault in found for found in seen.faults), seen.faults


@pytest.mark.parametrize("code", ALLOWED)
def test_it_lets_pass(code: str, tmp_path: Path) -> None:
    assert _seen(code, made(tmp_path / "run")).faults == []


CELL = "'bwrap', '--unshare-all', '--ro-bind', '/usr', '/usr', '--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64', '--tmpfs', '/tmp'"


def test_a_validator_in_a_cell_passes(tmp_path: Path) -> None:
    seen = _seen(f"subprocess.run([{CELL}, '/usr/sbin/nginx', '-v'])", made(tmp_path / "run"))
    assert "nginx" in seen.started
    assert seen.faults == []


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (f"subprocess.run([{CELL}, '/usr/bin/true'])", "starts a program: /usr/bin/true"),
        (
            f"subprocess.run([{CELL}, '--bind', VICTIM, VICTIM, '/usr/bin/touch', VICTIM + '/new'])",
            "/victim/new from within its cell",
        ),
        (
            f"subprocess.run([{CELL}, '--ro-bind', HOME, HOME, '/usr/bin/cat', HOME + '/.netrc'])",
            "cat reads /home/.netrc",
        ),
        (
            f"subprocess.run([{CELL}, '--share-net', '/usr/sbin/nginx', '-v'])",
            "starts a program outside a cell",
        ),
    ],
)
def test_a_cell_that_lends_too_much_is_caught(code: str, fault: str, tmp_path: Path) -> None:
    seen = _seen(code, made(tmp_path / "run"))
    assert any(fault in found for found in seen.faults), seen.faults


def test_it_catches_a_checkout_whose_code_batten_is_told_to_run(tmp_path: Path) -> None:
    """--controls runs a file, on the user's word: what that does is seen in a whole run of commands."""
    evil = next(r for r in family("caught") if r.name == "controls-that-do-everything")
    found = "\n".join(faults(evil, tmp_path))
    for fault in (
        "changes /victim/precious-00.txt",
        "starts a program: sh -c",
        "uses the network: connect",
        "reads /home/.ssh/id_ed25519",
        "precious-00.txt' changed",
        "shows what stands outside",
        "shows a control character",
        "changes /work/repository/written-by-a-reader",
        "commands that only read:",
        "not met: absent.conf was never read",
    ):
        assert fault in found, fault


def test_it_tells_a_command_that_hangs_and_one_that_breaks(tmp_path: Path) -> None:
    around = made(tmp_path / "run")
    order = {
        "commands": [["review", "--format", "nonsense"], ["review"]],
        "root": str(around.repository),
        "written": str(around.written),
        "snapshots": [],
        "seconds": 0.000001,
    }
    (around.top / "order.json").write_text(json.dumps(order))
    environment = {**around.environment(), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    command = [sys.executable, str(DRIVER), str(around.top / "order.json")]
    watch(command, around.top / "trace", around.repository, environment, 600)
    assert json.loads((around.written / "outcomes.json").read_text())[0] == "too slow"


def test_a_snapshot_sees_bytes_modes_names_and_links(tmp_path: Path) -> None:
    around = made(tmp_path / "run")
    before = snapshot(around.victim)
    places = sorted(around.victim.iterdir())
    places[0].write_text("other")
    places[1].chmod(0o600)
    places[2].unlink()
    places[3].rename(around.victim / "moved")
    places[4].unlink()
    places[4].symlink_to("/etc/passwd")
    found = differences(before, snapshot(around.victim))
    assert len(found) == 6
    assert differences(before, before) == []


def test_there_are_at_least_eighty_attacks_and_each_is_told() -> None:
    known = [r for name in families() if name != "caught" for r in family(name)]
    assert len(known) >= 80
    assert len({r.name for r in known}) == len(known)
    assert all(r.why.endswith(".") and len(r.why.split()) >= 5 for r in known)


def test_every_family_is_run() -> None:
    here = {p.stem.removeprefix("test_hostile_") for p in Path(__file__).parent.glob("test_hostile_*.py")}
    assert here == set(families()) - {"caught"}
