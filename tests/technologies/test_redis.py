"""Redis and Valkey: includes, options, ACLs, what is recognised, and the real server's word."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from batten.facts import ConnectionString, LoginRule, Secret, Store
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Kind, Location, Problem, RequireAuth, Safety, Switch, TurnOn
from batten.technologies import Unit, named_like, recognised
from batten.technologies.stores.redis import adapter, validator
from batten.technologies.stores.redis.configuration import command_options, configuration
from batten.technologies.stores.redis.store import store
from needs import needs, package, program
from waiting import answering

HERE = Location("compose.yaml", "services[cache]/command")


def laid(tmp_path: Path, **files: str) -> Workspace:
    return Workspace(tmp_path, {name.replace("__", "/") + ".conf": text for name, text in files.items()})


def read(workspace: Workspace, path: str = "redis.conf") -> Store:
    facts = adapter.read(Unit("redis", (path,)), workspace)
    return next(f for f in facts if isinstance(f, Store))


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("redis.conf", "# x\nport 6379\n", True),
        ("etc/valkey-cache.conf", "requirepass ${PASSWORD}\n", True),
        ("redis-sentinel.conf", "port 26379\nsentinel monitor mymaster 127.0.0.1 6379 2\n", True),
        ("users.acl", "user default off\n", True),
        ("nginx-redis.conf", "user nginx;\ninclude mime.types;\n", False),
        ("supervisor/redis.conf", "[program:redis]\ncommand=redis-server\nport = 6379\nuser=redis\n", False),
        ("redis.conf", "# nothing but comments\n", False),
    ],
)
def test_what_is_recognised(path: str, text: str, expected: bool) -> None:
    assert ("redis" in [t.name for t in recognised(named_like(path), text)]) is expected


def test_built_in_defaults(tmp_path: Path) -> None:
    found = read(laid(tmp_path, redis="maxmemory 1mb\n"))
    assert found.authentication.value is ABSENT and found.authentication.effective is False
    assert found.authentication.at.kind is Kind.BLOCK
    assert found.addresses.effective == ("*", "::*")
    assert found.port.effective == 6379
    assert found.protected is not None and found.protected.effective is True


def test_the_last_line_counts_and_an_include_stands_in_its_place(tmp_path: Path) -> None:
    files = {"redis": "requirepass a\ninclude d/*.conf\nport 1\n", "d__one": "port 2\nrequirepass ''\n"}
    found = read(laid(tmp_path, **files))
    assert found.port.value == 1
    assert found.authentication.value is False
    assert found.authentication.at.source == "d/one.conf"


def test_an_include_that_is_not_here_leaves_what_is_absent_unknown(tmp_path: Path) -> None:
    found = read(laid(tmp_path, redis="include /etc/redis/local.conf\nport 7000\n"))
    assert found.authentication.effective is UNKNOWN
    assert found.addresses.effective is UNKNOWN
    assert found.port.value == 7000


def test_includes_in_a_circle_end(tmp_path: Path) -> None:
    workspace = laid(
        tmp_path, redis="include redis-b.conf\nport 1\n", **{"redis-b": "include redis.conf\nport 2\n"}
    )
    assert read(workspace).port.value == 1
    files = ["redis-b.conf", "redis.conf"]
    assert {u.main for u in adapter.units(files, workspace)} == set(files)


def test_an_included_file_is_no_unit_of_its_own(tmp_path: Path) -> None:
    workspace = laid(tmp_path, redis="include redis-b.conf\n", **{"redis-b": "port 2\n"})
    units = list(adapter.units(["redis-b.conf", "redis.conf"], workspace))
    assert units == [Unit("redis", ("redis.conf", "redis-b.conf"))]


@pytest.mark.parametrize(
    ("lines", "asks"),
    [
        ("user default off\n", True),
        ("user default on >x ~* +@all\n", True),
        ("user default on nopass ~* +@all\n", False),
        ("user default on nopass >x\n", True),
        ("requirepass x\nuser default on nopass\n", False),
        ("user default on\nuser app on nopass +get\n", False),
        ("user default on >x\nuser app off nopass\n", True),
        ("user default on nopass -@all +ping +info\n", True),
        ("user default on >x\nuser app on nopass\n", True),
        ("port 0\ntls-port 6380\n", True),
        ("aclfile users.conf\n", True),
        ("aclfile /etc/redis/users.acl\n", UNKNOWN),
    ],
)
def test_users_count_more_than_requirepass(tmp_path: Path, lines: str, asks: object) -> None:
    assert read(laid(tmp_path, redis=lines, users="user default on >x +@all\n")).authentication.value is asks


def test_options_of_a_command_line_come_after_the_file(tmp_path: Path) -> None:
    words = ["--port", "6380", "--requirepass", "${CACHE_PASSWORD}", "--protected-mode", "no"]
    told = configuration("redis.conf", laid(tmp_path, redis="port 1\nbind 10.0.0.1\n"))
    told = told.with_arguments((w, HERE) for w in words)
    found = store(told, "valkey", HERE, Workspace(tmp_path), protected_default=False, service="cache")
    assert (found.port.value, found.authentication.value) == (6380, True)
    assert found.addresses.value == ("10.0.0.1",)
    assert [o.text for o in command_options((w, HERE) for w in ["x", "--save", "", "--bind", "a", "b"])] == [
        "",
        "a b",
    ]


def test_a_password_is_a_secret_and_is_not_kept(tmp_path: Path) -> None:
    text = "requirepass hunter2hunter2\nmasterauth ${MASTER}\nuser app on >s3cr3tphrase +@all\n"
    facts = list(adapter.read(Unit("redis", ("redis.conf",)), laid(tmp_path, redis=text)))
    secrets = [f for f in facts if isinstance(f, Secret)]
    assert [(s.name, s.value.value) for s in secrets] == [
        ("requirepass", "password"),
        ("user app", "password"),
    ]
    assert "hunter2" not in repr(facts) and "s3cr3t" not in repr(facts)


def test_a_password_is_never_written(tmp_path: Path) -> None:
    workspace = laid(tmp_path, redis="port 1\n")
    at = read(workspace).at
    fix = adapter.write(Unit("redis", ("redis.conf",)), workspace, RequireAuth("CACHE_PASSWORD"), at)
    assert fix is not None and fix.safety is Safety.VALUE and not fix.edits
    assert '"$CACHE_PASSWORD"' in fix.question


def test_protected_mode_with_a_password_breaks_nobody(tmp_path: Path) -> None:
    unit = Unit("redis", ("redis.conf",))
    for text, safety in (
        ("requirepass ${P}\nprotected-mode no\n", Safety.SAFE),
        ("protected-mode no\n", Safety.RISKY),
    ):
        workspace = laid(tmp_path, redis=text)
        fix = adapter.write(unit, workspace, TurnOn(Switch.PROTECTED_MODE), read(workspace).at)
        assert fix is not None and fix.safety is safety


@needs("redis-server", validator.server())
def test_the_server_is_asked(tmp_path: Path) -> None:
    good = 'port 6399\nrequirepass x\nrename-command SHUTDOWN ""\nloadmodule /nowhere.so\ndir /nowhere\ntls-port 6380\n'
    assert validator.validate(Unit("redis", ("redis.conf",)), laid(tmp_path, redis=good)) is True
    problem = validator.validate(
        Unit("redis", ("redis.conf",)), laid(tmp_path, redis="port 6399\nbogus yes\n")
    )
    assert isinstance(problem, Problem) and problem.line == 2 and "Bad directive" in problem.message


SERVED = {
    "defaults": "",
    "binds": "bind 127.0.0.1 -::1\nprotected-mode no\n",
    "password": 'requirepass "a \\"b\\x41"\nmasterauth other\n',
    "last counts": "loglevel debug\nloglevel warning\nmaxmemory 1mb\n",
    "upper case": "PROTECTED-MODE NO\nReplica-Read-Only no\n",
    "features": "enable-debug-command local\nenable-module-command yes\nenable-protected-configs yes\n",
    "logs": "acllog-max-len 0\nlogfile /dev/null\n",
    "renamed": 'rename-command FLUSHALL ""\nrename-command KEYS SECRETKEYS\n',
    "tls": "tls-protocols TLSv1.3\ntls-ciphers ECDHE-RSA-AES128-GCM-SHA256\ntls-auth-clients optional\n",
    "replication": "replicaof 127.0.0.1 1\nslave-read-only no\n",
    "cluster": "cluster-enabled no\ncluster-node-timeout 5000\n",
    "users": "user default off\nuser admin on >long-Enough-7 ~* &* +@all\n",
    "socket": "unixsocketperm 777\ntimeout 30\n",
    "quotes": "bind '127.0.0.1'\nlogfile ''\nproc-title-template \"{title} {config-file}\"\n",
    "blanks": "  loglevel   verbose  \n\n# loglevel debug\n\tprotected-mode\tyes\n",
}


def asked(db: Any, process: subprocess.Popen[bytes]) -> dict[str, str]:
    """What it says of its settings; one that has ended says nothing."""
    assert process.poll() is None
    told: dict[str, str] = db.config_get("*")
    return told


@pytest.mark.parametrize("server", ["redis-server", "valkey-server"])
@pytest.mark.parametrize("name", SERVED)
def test_settings_are_those_that_the_server_takes(server: str, name: str, tmp_path: Path) -> None:
    """Its answers to CONFIG GET, through a socket: no file here has it listen to others."""
    client = package("valkey")
    path = tmp_path / "redis.conf"
    path.write_text(SERVED[name])
    words = ["--port", "0", "--unixsocket", f"{tmp_path}/socket", "--save", "", "--dir", str(tmp_path)]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([program(server), str(path), *words], **quiet) as process:  # type: ignore[call-overload]
        try:
            db = client.Valkey(
                unix_socket_path=f"{tmp_path}/socket", decode_responses=True, **LOGINS.get(name, {})
            )
            told = answering(lambda: asked(db, process), client.ConnectionError)
            users = db.acl_list()
            db.close()
        finally:
            process.kill()
    found = read(laid(tmp_path, redis=SERVED[name]))
    assert [f"-{a}" if f"-{a}" in told["bind"] else a for a in found.addresses.known(())] == told[
        "bind"
    ].replace("-::*", "-::*").split()
    assert found.protected is not None and found.protected.known(None) in (
        (told["protected-mode"] == "yes"),
        None,
    )
    assert {f.value.value for f in found.dangerous if isinstance(f.value, Switch)} == {  # type: ignore[attr-defined]
        word
        for word in ("enable-debug-command", "enable-module-command", "enable-protected-configs")
        if told.get(word) == "yes"
    }
    for option, setting in found.options.items():
        assert setting.known("") == told[option], option
    assert found.protocols is not None
    assert (found.protocols.value is ABSENT) is (told["tls-protocols"] == "")
    assert found.protocols.value is ABSENT or " ".join(found.protocols.known(())) == told["tls-protocols"]
    assert (found.ciphers.known("") if found.ciphers else "") == told["tls-ciphers"]
    free = any(" on " in user and " nopass " in user for user in users)
    assert found.authentication.known(True) is not free
    links = adapter.read(Unit("redis", ("redis.conf",)), laid(tmp_path, redis=SERVED[name]))
    hosts = [f"{f.host} {f.port}" for f in links if isinstance(f, ConnectionString)]
    assert " ".join(hosts) == told["replicaof"]


LOGINS: dict[str, dict[str, str]] = {
    "password": {"password": 'a "bA'},
    "users": {"username": "admin", "password": "long-Enough-7"},
}


def test_sentinel_is_a_store_of_its_own(tmp_path: Path) -> None:
    text = "sentinel monitor shop db.example.com 6379 2\nsentinel auth-pass shop hunter2hunter2\n"
    text += "sentinel deny-scripts-reconfig no\n"
    facts = list(adapter.read(Unit("redis", ("sentinel.conf",)), laid(tmp_path, sentinel=text)))
    found = next(f for f in facts if isinstance(f, Store))
    assert (found.product, found.port.effective, found.authentication.effective) == (
        "redis-sentinel",
        26379,
        False,
    )
    assert found.protected is not None and found.protected.effective is False
    assert found.options["deny-scripts-reconfig"].value == "no"
    assert [s.name for s in facts if isinstance(s, Secret)] == ["sentinel auth-pass"]
    assert [(c.host, c.encrypted.value) for c in facts if isinstance(c, ConnectionString)] == [
        ("db.example.com", False)
    ]


def test_a_file_of_users_alone(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, {"users.acl": "user default on nopass ~* +@all\nuser a on >x +get\n"})
    facts = list(adapter.read(Unit("redis", ("users.acl",)), workspace))
    rules = [f for f in facts if isinstance(f, LoginRule)]
    assert [r.at.pointer for r in rules] == ["user[default]"] and not [
        f for f in facts if isinstance(f, Store)
    ]


def test_tls_without_certificates_of_clients_is_no_login(tmp_path: Path) -> None:
    found = read(laid(tmp_path, redis="port 0\ntls-port 6380\ntls-auth-clients no\n"))
    assert found.authentication.effective is False
    secure = read(
        laid(
            tmp_path,
            redis="tls-port 6380\ncluster-enabled yes\ntls-cluster yes\ntls-replication yes\nreplicaof a.example 1\n",
        )
    )
    assert secure.options["tls-cluster"].value == "yes" and secure.authentication.effective is False


def test_passwords_of_every_connection_are_secrets(tmp_path: Path) -> None:
    text = "primaryauth hunter2hunter2\ntls-key-file-pass hunter2hunter3\nslaveof 10.0.0.4 6379\n"
    text += "sentinel sentinel-pass hunter2hunter4\n"
    facts = list(adapter.read(Unit("redis", ("redis.conf",)), laid(tmp_path, redis=text)))
    names = [s.name for s in facts if isinstance(s, Secret)]
    assert names == ["primaryauth", "tls-key-file-pass", "sentinel sentinel-pass"]
    assert [c.host for c in facts if isinstance(c, ConnectionString)] == ["10.0.0.4"]
