"""PgBouncer: settings as the real pooler shows them, which files belong together, and what is found."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from batten.facts import ConnectionString, Fact, Secret, Store
from batten.formats import SyntaxProblem, Workspace
from batten.formats.pgbouncer import parse_pools, parse_users
from batten.model import UNKNOWN, Problem
from batten.technologies import Unit, named_like, recognised
from batten.technologies.stores.pgbouncer import adapter
from batten.technologies.stores.pgbouncer.store import OPTIONS
from needs import program
from servers import free_port, listener
from waiting import answering

SECRET = "long-Enough-7"
# Every file listens on loopback only; PORT stands for a free one.
BASE = "[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = PORT\n"
FILES = {
    "defaults": BASE,
    "blanks": "  [pgbouncer]  \n  listen_addr=127.0.0.1\nlisten_port   =   PORT   \n",
    "comments": f"; one\n# two\n{BASE};auth_type = any\n",
    "any": BASE + "auth_type = any\n",
    "trust": BASE + "auth_type = trust\n",
    "plain": BASE + "auth_type = plain\n",
    "scram": BASE + "auth_type = scram-sha-256\n",
    "last counts": BASE + "auth_type = any\nauth_type = md5\n",
    "logs": BASE + "log_connections = 0\nlog_pooler_errors = 0\n",
    "protocols": BASE + "client_tls_protocols = tlsv1.1,tlsv1.2\nclient_tls_ciphers = HIGH:!aNULL\n",
    "all protocols": BASE + "client_tls_protocols = all\n",
    "signs in a value": BASE
    + "server_check_query = select 1; -- # x = y\nserver_tls_sslmode = verify-full\n",
    "sections": "[databases]\nshop = host=127.0.0.1\n[users]\napp = pool_mode=session\n" + BASE,
    "two addresses": BASE.replace("127.0.0.1", "127.0.0.1, 127.0.0.2"),
}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of the user's that the pooler runs as: it refuses to be root's."""
    made = Path(tempfile.mkdtemp(prefix="batten-pool-"))
    if (user := other_user()) is not None:
        shutil.chown(made, user)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def other_user() -> str | None:
    if os.geteuid() != 0:
        return None
    return "postgres" if "postgres" in {entry.pw_name for entry in pwd.getpwall()} else "nobody"


def shown(port: int) -> dict[str, str]:
    with psycopg.connect(
        host="127.0.0.1", port=port, user="admin", password=SECRET, dbname="pgbouncer", autocommit=True,
        cursor_factory=psycopg.ClientCursor, sslmode="disable",
    ) as console:  # fmt: skip
        return {str(row[0]): str(row[1] or "") for row in console.execute("SHOW CONFIG").fetchall()}


@pytest.mark.parametrize("name", FILES)
def test_settings_are_those_that_the_pooler_takes(name: str, folder: Path) -> None:
    port = free_port()
    text = FILES[name].replace("PORT", str(port))
    own = f"auth_file = {folder}/users.txt\nadmin_users = admin\nunix_socket_dir = {folder}\nlogfile = {folder}/pool.log\n"
    (folder / "users.txt").write_text(f'"admin" "{SECRET}"\n')
    (folder / "pool.ini").write_text(text + own)
    command = [program("pgbouncer"), str(folder / "pool.ini")]
    with listener(command, port, folder / "log", user=other_user(), cwd=folder):
        told = answering(lambda: shown(port), psycopg.OperationalError)
    found = read(Workspace(folder, {"pgbouncer.ini": text}))
    assert str(found.port.known(0)) == told["listen_port"]
    assert ", ".join(found.addresses.known(())) == told["listen_addr"]
    for option in OPTIONS:
        assert found.options[option].known("") == told[option], option
    assert (found.authentication.known(None) is False) is (told["auth_type"] in ("any", "trust"))
    assert found.protocols is not None
    least = found.protocols.known(())[0]
    assert (
        told["client_tls_protocols"]
        in {"TLSv1.2": ("secure",), "TLSv1.1": ("tlsv1.1,tlsv1.2",), "TLSv1": ("all",)}[least]
    )
    assert (found.ciphers.known("") if found.ciphers else "default") == told["client_tls_ciphers"]


@pytest.mark.parametrize("text", ["[pgbouncer\nlisten_port = 1\n", "[pgbouncer]\nlisten_port\n"])
def test_what_the_pooler_refuses_is_a_problem(text: str) -> None:
    with pytest.raises(SyntaxProblem):
        parse_pools(text)


def facts(workspace: Workspace, path: str) -> list[Fact | Problem]:
    return list(adapter.read(Unit("pgbouncer", (path,)), workspace))


def read(workspace: Workspace) -> Store:
    path = next(iter(workspace.overlay))
    return next(f for f in facts(workspace, path) if isinstance(f, Store))


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("pgbouncer.ini", "[databases]\na = host=b\n[pgbouncer]\n", True),
        ("deploy/pool.ini", "[pgbouncer]\nlisten_port=1\n", True),
        ("app.ini", "[app]\nport = 1\n", False),
        ("userlist.txt", '"app" "secret"\n', True),
        ("userlist.txt", "app secret\n", False),
    ],
)
def test_what_is_recognised(path: str, text: str, expected: bool) -> None:
    assert ("pgbouncer" in [t.name for t in recognised(named_like(path), text)]) is expected


def test_an_include_stands_in_its_place(tmp_path: Path) -> None:
    laid = {"pgbouncer.ini": f"{BASE}%include more.ini\n", "more.ini": "[pgbouncer]\nauth_type = any\n"}
    workspace = Workspace(tmp_path, laid)
    assert read(workspace).authentication.at.source == "more.ini"
    assert [u.files for u in adapter.units(sorted(laid), workspace)] == [("pgbouncer.ini", "more.ini")]
    alone = Workspace(tmp_path, {"pgbouncer.ini": f"{BASE}%include /etc/pgbouncer/none.ini\n"})
    assert (
        read(alone).authentication.effective is UNKNOWN
        or read(alone).options["auth_type"].effective is UNKNOWN
    )


def test_the_servers_behind_it(tmp_path: Path) -> None:
    text = "[databases]\nshop = host=db.example.com user=app password=hunter2hunter2\nhere = host=/run/postgresql\n"
    found = facts(Workspace(tmp_path, {"pgbouncer.ini": text + BASE}), "pgbouncer.ini")
    assert [(c.host, c.encrypted.value) for c in found if isinstance(c, ConnectionString)] == [
        ("db.example.com", False)
    ]
    assert [s.name for s in found if isinstance(s, Secret)] == ["password of shop"] and "hunter2" not in repr(
        found
    )


def test_a_list_of_users_holds_what_logs_in(tmp_path: Path) -> None:
    text = '"app" "hunter2hunter2"\n"old" "md5aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"\n"new" "SCRAM-SHA-256$4096:x"\n"none" ""\n'
    found = facts(Workspace(tmp_path, {"userlist.txt": text}), "userlist.txt")
    assert [s.name for s in found if isinstance(s, Secret)] == ["user app", "user old"]
    assert [name.text for name, _ in parse_users(text)] == ["app", "old", "new", "none"]
