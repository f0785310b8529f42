"""Fixes of stores' own files on the real servers: each starts with the fixed file, and who asks it finds it locked."""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import store_servers as servers
from assessed import run
from live_servers import running

from batten.engine.review import review
from batten.facts import Store
from batten.formats import Workspace, apply
from batten.model import Safety
from batten.policy import Environment, Policy
from needs import program
from proofs import PROOF
from servers import free_port, listener
from waiting import BOUND, until
from watch_postgres import server_of_debian


def fixed(tmp_path: Path, path: str, text: str, control: str) -> str:
    """The text with the fixes of a control's findings; there is at least one."""
    found = review(Workspace(tmp_path / "none", {path: text}), Policy()).findings
    fixes = [f.fix for f in found if f.control == control and f.fix is not None]
    assert fixes and all(fix.safety is not Safety.VALUE for fix in fixes)
    return apply(text, [edit for fix in fixes for edit in fix.edits])


def locked(entry: str) -> bool:
    """Whether the probe of a store found that it requires a login."""
    assessment = run(Environment("test", "", stores=(entry,), rate=5000))
    (found,) = (f for f in assessment.facts if isinstance(f, Store))
    assert found.authentication.is_known, assessment.not_assessed
    return found.authentication.value is True


def test_a_rule_of_postgresql_that_trusts_everyone(tmp_path: Path) -> None:
    rules = "local all all peer\nhost all all 127.0.0.1/32 trust\n"
    with server_of_debian() as server:
        file, entry = server.folder / "data" / "pg_hba.conf", f"postgresql://127.0.0.1:{server.port}"
        for text, closed in (
            (rules, False),
            (fixed(tmp_path, "pg_hba.conf", rules, "store-authenticated"), True),
        ):
            file.write_text(text.replace("peer", "scram-sha-256") if closed else text)
            server.run("SELECT pg_reload_conf()")
            until(lambda: locked(entry) is closed, "the server has read its rules")  # noqa: B023


@pytest.mark.skipif(not PROOF, reason="slow: make proof")
def test_options_of_mariadb_that_skip_privileges(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    install = [
        program("mariadb-install-db"),
        "--no-defaults",
        f"--datadir={data}",
        "--skip-test-db",
        "--user=root",
    ]
    subprocess.run(install, check=True, capture_output=True)
    text = f"[mariadbd]\nskip-grant-tables\nbind-address = 127.0.0.1\nport = {port}\n"
    wide = text.replace("127.0.0.1", "0.0.0.0")  # what is judged; the server stays on loopback
    repaired = fixed(tmp_path, "my.cnf", wide, "store-authenticated").replace("0.0.0.0", "127.0.0.1")
    for number, (options, closed) in enumerate(((text, False), (repaired, True))):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "my.cnf").write_text(options)
        command = [
            program("mariadbd"),
            f"--defaults-file={folder}/my.cnf",
            f"--datadir={data}",
            "--user=root",
        ]
        with running([*command, f"--socket={tmp_path}/s"], port, folder):
            assert locked(f"mysql://127.0.0.1:{port}") is closed


def test_the_profiler_of_etcd(tmp_path: Path) -> None:
    client, peer = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
    text = f"listen-client-urls: {client}\nadvertise-client-urls: {client}\nlisten-peer-urls: {peer}\n"
    text += f"initial-advertise-peer-urls: {peer}\ninitial-cluster: default={peer}\nenable-pprof: true\n"
    for settings, status in ((text, 200), (fixed(tmp_path, "etcd.conf.yml", text, "debug-off"), 404)):
        folder = tmp_path / str(status)
        folder.mkdir()
        (folder / "etcd.conf.yml").write_text(f"{settings}data-dir: {folder}/data\n")
        with running(
            [program("etcd"), "--config-file", f"{folder}/etcd.conf.yml"],
            int(client.rpartition(":")[2]),
            folder,
        ):
            assert answered(f"{client}/debug/pprof/cmdline") == status


def answered(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=BOUND) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize(
    ("name", "text", "control", "asked", "open_", "closed"),
    [
        ("memcached.conf", "-l 127.0.0.1\n-A\n-X\n", "store-hardened", b"version\r\nshutdown nonsense\r\n", b"CLIENT_ERROR", b"ERROR: shutdown"),
        ("redis.conf", "bind 127.0.0.1\nenable-debug-command yes\n", "store-hardened", b"DEBUG SLEEP 0\r\n", b"+OK", b"-ERR DEBUG"),
    ],
)  # fmt: skip
def test_commands_that_are_no_longer_allowed(
    name: str, text: str, control: str, asked: bytes, open_: bytes, closed: bytes, tmp_path: Path
) -> None:
    for number, (options, answer) in enumerate(
        ((text, open_), (fixed(tmp_path, name, text, control), closed))
    ):
        port, file = free_port(), tmp_path / f"{number}-{name}"
        file.write_text(options)
        if name == "redis.conf":
            command = [program("redis-server"), str(file), "--port", str(port), "--save", ""]
        else:
            command = [program("memcached"), "-u", "root", "-p", str(port), *options.split()]
        with listener(command, port, tmp_path / "log") as process:
            assert answer in servers.say(port, asked)
            process.kill()
