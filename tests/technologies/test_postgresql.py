"""PostgreSQL: settings and rules as the server itself reads them, what belongs together, and what is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from batten.engine.review import review
from batten.facts import Clients, ConnectionString, Fact, LoginRule, Secret, Store
from batten.formats import SyntaxProblem, Workspace
from batten.formats.postgres import parse_settings
from batten.model import ABSENT, UNKNOWN, Location, Problem
from batten.policy import Policy
from batten.technologies import Unit, named_like, recognised
from batten.technologies.stores.postgresql import adapter, rules, validator
from batten.technologies.stores.postgresql.configuration import command_settings, configuration
from batten.technologies.stores.postgresql.store import OPTIONS, store
from needs import needs
from watch_postgres import Server, server_of_debian

SETTINGS = {
    "plain": "listen_addresses = '*'\nport = 5433\nssl = on\n",
    "no equals sign": "port 5434\nlog_connections yes\n",
    "comments": "# ssl = on\nport = 5435 # the second\n   work_mem=4MB#tight\n",
    "quotes": "listen_addresses = 'localhost, 10.0.0.5'\nlog_line_prefix = '%m ''quoted'' \\'too\\' '\n",
    "escapes": "cluster_name = 'a\\tb\\101'\n",
    "case": "Port = 5436\nSSL_Min_Protocol_Version = 'TLSv1.3'\n",
    "last counts": "port = 1\nport = 5437\n",
    "numbers": "log_file_mode = 0640\nlog_min_duration_statement = -1\nshared_buffers = 128MB\nlog_rotation_age = 1d\n",
    "empty": "listen_addresses = ''\nssl_ca_file = ''\n",
    "custom": "my.setting = 'x y'\nplpgsql.variable_conflict = error\n",
    "bare words": "wal_level = replica\nlog_statement = ddl\ncluster_name = a.b:c/d-e\n",
    "returns": "port = 5438\r\nssl = off\r\n",
    "methods": "password_encryption = 'md5'\nssl_ciphers = 'HIGH:!aNULL'\n",
}
BROKEN = (
    "unix_socket_directories = /tmp\n",
    "listen_addresses = *\n",
    "port = \n",
    "= 5432\n",
    "port = 5432 5433\n",
    "log_line_prefix = 'open\n",
)
HBA = {
    "defaults": "local all all peer\nhost all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n",
    "trust": "host all all 0.0.0.0/0 trust\n",
    "keywords": "host all all all md5\nhost all all samenet scram-sha-256\nhost sameuser all samehost password\n",
    "mask": "host app shop 10.0.0.0 255.0.0.0 scram-sha-256\nhost all all fe80:: ffff:: reject\n",
    "lists": "hostssl app,shop  bob, alice,+staff 10.1.0.0/16 scram-sha-256\n",
    "quotes": 'host "all" "odd user" 10.0.0.1/32 md5 # why\n',
    "names": "host all all db.example.com scram-sha-256\nhost all all .example.com scram-sha-256\n",
    "options": "hostssl all all 0.0.0.0/0 cert map=people\nhost all all 10.0.0.0/8 pam pamservice=shop\n",
    "replication": "host replication replicator 10.0.0.7/32 scram-sha-256\nlocal replication all peer\n",
    "continued": "host all \\\n  all 10.0.0.0/8 \\\n  md5\n",
    "types": "hostnossl all all 10.0.0.0/8 reject\nhostnogssenc all all ::/0 scram-sha-256\n",
    "pattern": 'host all "/^app_.*$" 10.0.0.0/8 scram-sha-256\n',
    "ldap": 'host all all 10.0.0.0/8 ldap ldapserver=dir.example.com ldapprefix="cn=" ldapsuffix=", dc=example"\n',
}


@pytest.fixture(scope="module")
def real() -> Iterator[Server]:
    with server_of_debian() as made:
        yield made


def asked(real: Server, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(real.url(), autocommit=True) as db:
        return db.execute(query.encode()).fetchall()


def written(real: Server, name: str, text: str) -> None:
    (real.folder / "data" / name).write_bytes(text.encode())


@pytest.mark.parametrize("text", SETTINGS.values(), ids=SETTINGS)
def test_settings_are_those_that_the_server_reads(real: Server, text: str) -> None:
    written(real, "postgresql.conf", text)
    query = "SELECT sourceline, name, setting FROM pg_file_settings WHERE sourcefile LIKE '%postgresql.conf' ORDER BY seqno"
    said = [(n, name.lower(), value) for n, name, value in asked(real, query) if isinstance(name, str)]
    read = [(text.count("\n", 0, s.span.start) + 1, s.name, s.value) for s in parse_settings(text)]
    assert read == said and said


@pytest.mark.parametrize("text", BROKEN)
def test_what_the_server_refuses_is_a_problem(real: Server, text: str) -> None:
    written(real, "postgresql.conf", text)
    assert [e for (e,) in asked(real, "SELECT error FROM pg_file_settings WHERE error LIKE 'syntax error%'")]
    with pytest.raises(SyntaxProblem):
        parse_settings(text)
    written(real, "postgresql.conf", "port = 5432\n")


def test_defaults_are_the_servers(real: Server, tmp_path: Path) -> None:
    told = asked(real, "SELECT name, boot_val FROM pg_settings")
    said = dict(told)
    found = read(Workspace(tmp_path, {"postgresql.conf": "work_mem = 4MB\n"}))
    assert (",".join(found.addresses.known(())), str(found.port.known(0))) == (
        said["listen_addresses"],
        said["port"],
    )
    assert found.protocols is not None and found.protocols.known(())[0] == said["ssl_min_protocol_version"]
    removed = {"db_user_namespace"}  # with version 17
    for name in OPTIONS.keys() - removed - {"password_encryption", "log_connections"}:
        assert found.options[name].known("") == said[name] or said[name] == str(0o600), name
    newer = read(Workspace(tmp_path, {"etc/postgresql/15/main/postgresql.conf": "work_mem = 4MB\n"}))
    assert newer.options["password_encryption"].known("") == said["password_encryption"]
    assert said["log_connections"] in (
        "off",
        "",
    )  # from 18 on a list: nothing is logged, as with `off` before


@pytest.mark.parametrize("text", HBA.values(), ids=HBA)
def test_rules_are_those_that_the_server_reads(real: Server, text: str, tmp_path: Path) -> None:
    written(real, "pg_hba.conf", f"local all postgres trust\n{text}")
    query = (
        "SELECT type, database, user_name, address, netmask, auth_method, error FROM pg_hba_file_rules"
        " WHERE line_number > 1 ORDER BY line_number"
    )
    said = [row for row in asked(real, query) if row[0] is not None]
    found = rules.rules("pg_hba.conf", Workspace(tmp_path, {"pg_hba.conf": text})).rules
    assert len(found) == len(said) > 0
    for rule, (kind, databases, users, address, mask, method, error) in zip(found, said, strict=True):
        assert (rule.type, rule.method.text) == (kind, method)
        assert error is None or "SSL is disabled" in str(error)
        assert isinstance(databases, list) and isinstance(users, list)
        assert (rule.databases, rule.users) == (frozenset(databases), frozenset(users))
        if rule.network is not None:
            assert (str(rule.network.network_address), str(rule.network.netmask)) == (address, mask)
        else:
            assert (rule.address or None) == address
    written(real, "pg_hba.conf", "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")


def test_the_first_rule_that_fits_decides_on_the_server_too(real: Server, tmp_path: Path) -> None:
    """A rejection behind a rule for the same clients rejects no one."""
    text = "host all all 127.0.0.0/8 scram-sha-256\nhost all postgres 127.0.0.1/32 reject\n"
    written(real, "pg_hba.conf", text)
    assert asked(real, "SELECT pg_reload_conf()") == [(True,)]
    assert asked(real, "SELECT 1") == [(1,)]
    found = logins(Workspace(tmp_path, {"pg_hba.conf": text}), "pg_hba.conf")
    assert [bool(one.defeat) for one in found] == [False, True]


def facts(workspace: Workspace, *files: str) -> list[Fact | Problem]:
    return list(adapter.read(Unit("postgresql", files), workspace))


def read(workspace: Workspace) -> Store:
    path = next(iter(workspace.overlay))
    return next(f for f in facts(workspace, path) if isinstance(f, Store))


def logins(workspace: Workspace, path: str) -> list[LoginRule]:
    return [f for f in facts(workspace, path) if isinstance(f, LoginRule)]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("postgresql.conf", "listen_addresses = '*'\n", True),
        ("etc/postgresql/16/main/conf.d/tls.conf", "ssl_cert_file = 'a.pem'\n", True),
        ("pg_hba.conf", "local   all   all   peer\n", True),
        ("db/pg_ident.conf", "people /^(.*)@example\\.com$ \\1\n", True),
        ("postgres-exporter.conf", "[web]\nport = 9187\n", False),
        ("conf.d/site.conf", "server {\n  port = 1;\n}\n", False),
        ("conf.d/mod.conf", "local foo bar\nx;\n", False),
        ("postgresql.conf", "# nothing but comments\n", False),
    ],
)
def test_what_is_recognised(path: str, text: str, expected: bool) -> None:
    assert ("postgresql" in [t.name for t in recognised(named_like(path), text)]) is expected


def test_includes_and_the_automatic_file_stand_in_their_places(tmp_path: Path) -> None:
    workspace = Workspace(
        tmp_path,
        {
            "pg/postgresql.conf": "port = 1\ninclude_dir = 'conf.d'\ninclude_if_exists = 'none.conf'\nssl = off\n",
            "pg/conf.d/a.conf": "port = 2\nssl = on\n",
            "pg/conf.d/.hidden.conf": "port = 3\n",
            "pg/postgresql.auto.conf": "log_connections = 'on'\n",
        },
    )
    found = read(workspace)
    assert found.port.value == 2 and found.tls is not None and found.tls.value is False
    assert found.options["log_connections"].at.source == "pg/postgresql.auto.conf"
    units = list(adapter.units([f for f in workspace.overlay if "hidden" not in f], workspace))
    assert [u.main for u in units] == ["pg/postgresql.conf"]


def test_an_include_that_is_not_here_leaves_what_is_absent_unknown(tmp_path: Path) -> None:
    found = read(Workspace(tmp_path, {"postgresql.conf": "include '/srv/shared.conf'\nport = 7\n"}))
    assert found.addresses.effective is UNKNOWN and found.port.value == 7
    assert found.options["log_connections"].effective is UNKNOWN


def test_a_broken_include_is_a_problem_of_that_file(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, {"postgresql.conf": "include 'b.conf'\n", "b.conf": "listen = *\n"})
    problems = [f for f in facts(workspace, "postgresql.conf") if isinstance(f, Problem)]
    assert [(p.source, p.line) for p in problems] == [("b.conf", 1)]


def test_includes_in_a_circle_end(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, {"postgresql.conf": "include 'postgresql.conf'\nport = 1\n"})
    assert read(workspace).port.value == 1


def test_rules_know_what_their_server_listens_to(tmp_path: Path) -> None:
    rule = "host all all 0.0.0.0/0 trust\n"
    for listen, clients in (("localhost", Clients.LOOPBACK), ("*", Clients.ANY)):
        workspace = Workspace(
            tmp_path, {"postgresql.conf": f"listen_addresses = '{listen}'\n", "pg_hba.conf": rule}
        )
        assert [one.clients for one in logins(workspace, "postgresql.conf")] == [clients]
    alone = Workspace(tmp_path, {"pg_hba.conf": rule})
    assert [one.clients for one in logins(alone, "pg_hba.conf")] == [Clients.ANY]


def test_credentials_in_settings_and_rules_are_secrets_and_are_not_kept(tmp_path: Path) -> None:
    text = "primary_conninfo = 'host=10.0.0.4 user=rep password=hunter2hunter2 sslmode=prefer'\n"
    hba = 'host all all 10.0.0.0/8 ldap ldapserver=d ldapbinddn="cn=x" ldapbindpasswd=s3cr3tphrase\n'
    hba += 'host all all 10.0.0.0/8 radius radiusservers="10.0.0.9" radiussecrets="s3cr3tother"\n'
    found = facts(Workspace(tmp_path, {"postgresql.conf": text, "pg_hba.conf": hba}), "postgresql.conf")
    assert [s.name for s in found if isinstance(s, Secret)] == [
        "primary_conninfo",
        "ldapbindpasswd",
        "radiussecrets",
    ]
    assert "hunter2" not in repr(found) and "s3cr3t" not in repr(found)
    connection = next(f for f in found if isinstance(f, ConnectionString))
    assert (connection.host, connection.encrypted.value, connection.has_password) == ("10.0.0.4", False, True)


HERE = Location("compose.yaml", "services[db]/command")


def test_words_of_a_command_come_after_the_file(tmp_path: Path) -> None:
    words = ["postgres", "-c", "ssl=on", "--max-connections=5", "-p", "5439", "-h", "*", "-cwork_mem=1MB"]
    told = configuration("postgresql.conf", Workspace(tmp_path, {"postgresql.conf": "port = 1\n"}))
    told = told.after(command_settings((w, HERE) for w in words))
    found = store(told, HERE, service="db")
    assert (found.port.value, found.addresses.value) == (5439, ("*",))
    assert found.tls is not None and found.tls.value is True
    assert told.known("max_connections") == "5" and told.known("work_mem") == "1MB"


def test_a_template_is_not_judged(tmp_path: Path) -> None:
    found = read(Workspace(tmp_path, {"postgresql.conf": "listen_addresses = '${LISTEN}'\nssl = {{ssl}}\n"}))
    assert found.addresses.value is UNKNOWN and found.tls is not None and found.tls.value is UNKNOWN
    assert found.port.value is ABSENT


@needs("postgres", validator.server())
def test_the_server_is_asked(tmp_path: Path) -> None:
    good = "listen_addresses = '*'\nssl = on\nshared_preload_libraries = 'nowhere'\ninclude_dir 'conf.d'\n"
    unit = Unit("postgresql", ("postgresql.conf",))
    assert validator.validate(unit, Workspace(tmp_path, {"postgresql.conf": good})) is True
    wrong = Workspace(tmp_path, {"postgresql.conf": "port = 5432\nssl_min_protocol_version = 'TLSv9'\n"})
    problem = validator.validate(unit, wrong)
    assert isinstance(problem, Problem) and "ssl_min_protocol_version" in problem.message


def test_a_file_that_the_server_refuses_is_reported_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").write_text("port = 5432\nssl = on\nlisten_addresses = *\n")
    assert [(p.source, p.line) for p in review(tmp_path, Policy()).problems] == [("postgresql.conf", 3)]
