"""Real stores, open and locked: every open one is found, no locked one is reported, nothing is written."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import store_servers as servers
from assessed import run
from live_servers import authority, certificate, running, write_anchor, write_pem

from batten.engine.review import Review, live_findings
from batten.facts import Component, Fact, Listing, Observed, Store
from batten.formats import Workspace
from batten.live.runner import Assessment
from batten.model import Finding, Severity
from batten.policy import Environment, Policy
from servers import free_port
from waiting import BOUND


def asked(entry: str, **more: object) -> Assessment:
    return run(Environment("test", "", stores=(entry,), rate=5000, **more))  # type: ignore[arg-type]


def findings(facts: list[Fact]) -> list[Finding]:
    """What counts: that a distribution's build has an old number is said for information only; what is wrong with
    TLS itself is tested with TLS."""
    found = live_findings([Observed(f.at, "test", f) for f in facts], Review(Workspace(Path("/")), Policy()))
    return [f for f in found if f.severity > Severity.INFO and not f.control.startswith("tls-")]


def store(assessment: Assessment) -> Store:
    # Some of TLS is left alone at servers that shut out whoever breaks off handshakes.
    assert [p for p in assessment.not_assessed if "ClientHellos" not in p.message] == []
    (found,) = (f for f in assessment.facts if isinstance(f, Store))
    return found


def _redis_keys(port: int, folder: Path) -> object:
    return servers.say(port, b"DBSIZE\r\n"), re.findall(rb"cmdstat_(?:set|del|flush)\S*", _stats(port))


def _stats(port: int) -> bytes:
    return servers.say(port, b"INFO commandstats\r\n")


def _memcached_writes(port: int, folder: Path) -> object:
    return re.findall(
        rb"STAT (?:cmd_set|cmd_flush|curr_items|cmd_touch) \d+", servers.say(port, b"stats\r\n")
    )


def _etcd_revision(port: int, folder: Path) -> object:
    header = servers.ask_etcd(port, "kv/range", {"key": "AA=="})["header"]
    return header["revision"] if isinstance(header, dict) else None


def _zookeeper_nodes(port: int, folder: Path) -> object:
    return re.search(rb"Node count: \d+", servers.say(port, b"srvr"))[0]  # type: ignore[index]


def _influx_databases(port: int, folder: Path) -> object:
    return _get(port, "/query?q=SHOW+DATABASES")


def _moto_buckets(port: int, folder: Path) -> object:
    return re.findall(rb"<Bucket>.*?</Bucket>", _get(port, "/"))


def _get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=BOUND) as response:
        body: bytes = response.read()
    return body


def _mariadb_queries(port: int, folder: Path) -> object:
    return re.findall(r"(?:Query|Prepare|Execute|Init DB).*", (folder / "all.log").read_text())


def _postgresql_statements(port: int, folder: Path) -> object:
    return re.findall(r"LOG:  (?:statement|execute).*", servers.log(folder))


Count = Callable[[int, Path], object]
STORES: tuple[tuple[str, servers.Serve, str, str, Count], ...] = (
    ("redis", servers.redis, "redis", r"\d+\.\d+", _redis_keys),
    ("valkey", servers.valkey, "valkey", r"\d+\.\d+", _redis_keys),
    ("memcached", servers.memcached, "memcached", r"1\.\d+", _memcached_writes),
    ("etcd", servers.etcd, "etcd", r"3\.\d+", _etcd_revision),
    ("mariadb", servers.mariadb, "mariadb", r"1\d\.\d+", _mariadb_queries),
    ("postgresql", servers.postgresql, "postgresql", r"1\d\.\d+", _postgresql_statements),
    ("mqtt", servers.mosquitto, "mqtt", r"$", lambda port, folder: None),
    ("nats", servers.nats, "nats", r"2\.\d+", lambda port, folder: None),
    ("zookeeper", servers.zookeeper, "zookeeper", r"3\.\d+", _zookeeper_nodes),
    ("influxdb", servers.influxdb, "influxdb", r"1\.\d+", _influx_databases),
    ("s3", servers.moto, "s3", r"$", _moto_buckets),
)
CASES = [pytest.param(*row, id=row[0]) for row in STORES]
LOCKABLE = [pytest.param(*row[:3], id=row[0]) for row in STORES]
SILENT = ("mqtt", "zookeeper", "postgresql")  # they say nothing until they are spoken to in their own words


@pytest.mark.parametrize(("scheme", "serve", "product", "version", "count"), CASES)
def test_an_open_store_is_found_and_left_as_it_was(
    scheme: str, serve: servers.Serve, product: str, version: str, count: Count, tmp_path: Path
) -> None:
    port = free_port()
    with serve(tmp_path, port, locked=False):
        before = count(port, tmp_path)
        assessment = asked(f"{scheme}://127.0.0.1:{port}", default_credentials=True)
        assert count(port, tmp_path) == before
        unnamed = None if product in SILENT else asked(f"127.0.0.1:{port}")
    found = store(assessment)
    assert (found.product, found.answers) == (product, True)
    assert re.match(version, found.version), found.version
    assert found.addresses.value == ("127.0.0.1",)
    assert {f.control for f in findings(assessment.facts)} == {"store-authenticated"}
    assert unnamed is None or (store(unnamed).product, store(unnamed).answers) == (product, True)


@pytest.mark.parametrize(("scheme", "serve", "product"), LOCKABLE)
def test_a_locked_store_is_not_reported(
    scheme: str, serve: servers.Serve, product: str, tmp_path: Path
) -> None:
    port = free_port()
    with serve(tmp_path, port, locked=True):
        assessment = asked(f"{scheme}://127.0.0.1:{port}", default_credentials=True)
    found = store(assessment)
    assert (found.product, found.answers, found.authentication.value) == (product, False, True)
    assert findings(assessment.facts) == []
    if scheme == "mariadb":
        (component,) = (f for f in assessment.facts if isinstance(f, Component))
        assert component.backported == ("deb" in found.version)


def test_an_empty_password_of_root_is_tried_only_where_it_may_be(tmp_path: Path) -> None:
    port = free_port()
    with servers.mariadb_empty_root(tmp_path, port, locked=False):
        untried = asked(f"mysql://127.0.0.1:{port}")
        connected = re.findall(r"Connect\s.*root.*", (tmp_path / "all.log").read_text())
        tried = asked(f"mysql://127.0.0.1:{port}", default_credentials=True)
        more = re.findall(r"Connect\s.*root.*", (tmp_path / "all.log").read_text())
    assert store(untried).default_credentials is None
    assert findings(untried.facts) == []
    assert {f.control for f in findings(tried.facts)} == {"store-default-credentials"}
    assert len(more) == len(connected) + 1


@pytest.mark.parametrize("locked", [False, True])
def test_a_bucket_that_is_named(locked: bool, tmp_path: Path) -> None:
    port = free_port()
    with servers.moto(tmp_path, port, locked):
        assessment = asked(f"s3://127.0.0.1:{port}/shop", default_credentials=True)
    assert [f.on.value for f in assessment.facts if isinstance(f, Listing)] == [not locked]
    opened = set() if locked else {"store-authenticated", "listing-off"}
    assert {f.control for f in findings(assessment.facts)} == opened
    assert assessment.not_assessed == []
    assert "orders.csv" not in repr(assessment.facts)


@pytest.mark.parametrize("named", ["prometheus://", ""])
@pytest.mark.parametrize("locked", [False, True])
def test_prometheus(locked: bool, named: str, tmp_path: Path) -> None:
    port = free_port()
    with servers.prometheus(tmp_path, port, locked):
        assessment = asked(f"{named}127.0.0.1:{port}", default_credentials=True)
    assert {f.control for f in findings(assessment.facts)} == (set() if locked else {"console-not-exposed"})
    assert (assessment.not_assessed == []) is (
        not locked or bool(named)
    )  # a demand for a log-in tells no product
    versions = [(f.version.value, f.backported) for f in assessment.facts if isinstance(f, Component)]
    assert locked or re.match(r"[23]\.\d+", str(versions[0][0]))


@pytest.mark.parametrize("locked", [False, True])
def test_rabbitmq(locked: bool, tmp_path: Path) -> None:
    """Open, it lets ANONYMOUS in, and guest with its first password."""
    port = free_port()
    with servers.rabbitmq(tmp_path, port, locked):
        management, broker = servers.management_port(tmp_path), f"amqp://127.0.0.1:{port}"
        entries = (broker, f"rabbitmq-management://127.0.0.1:{management}")
        untried = run(Environment("t", "", stores=entries, rate=5000))
        tried = run(Environment("t", "", stores=entries, rate=5000, default_credentials=True))
        unnamed = asked(f"127.0.0.1:{port}")
    opened = set() if locked else {"store-authenticated"}
    assert (
        {f.control for f in findings(untried.facts)} == {f.control for f in findings(unnamed.facts)} == opened
    )
    assert {f.control for f in findings(tried.facts)} == opened | (
        set() if locked else {"store-default-credentials"}
    )
    known = [f.default_credentials for f in tried.facts if isinstance(f, Store) and f.default_credentials]
    assert [k.value for k in known] == [not locked, not locked]
    assert re.match(r"[34]\.\d+", store(unnamed).version)
    assert tried.not_assessed == untried.not_assessed == []
    assert "Z3Vlc3Q6Z3Vlc3Q" not in repr(tried.facts)


@pytest.fixture
def pem(tmp_path: Path) -> tuple[str, str, str]:
    anchor = authority()
    certificate_file, key = write_pem(tmp_path, certificate(anchor))
    return str(certificate_file), str(key), str(write_anchor(tmp_path, anchor))


Pem = tuple[str, str, str]


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_tls_of_a_port_that_speaks_nothing_else(scheme: str, pem: Pem, tmp_path: Path) -> None:
    port = free_port()
    command = [servers.binary("redis-server"), "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1"]
    command += ["--tls-cert-file", pem[0], "--tls-key-file", pem[1], "--tls-auth-clients", "no", "--save", ""]
    with running(command, port, tmp_path):
        found = store(asked(f"{scheme}://127.0.0.1:{port}"))
    assert found.answers
    assert found.tls is not None
    assert found.plain is not None
    assert (found.tls.value, found.plain.value) == (True, False)


def test_a_client_certificate_keeps_strangers_out(pem: Pem, tmp_path: Path) -> None:
    port = free_port()
    command = [servers.binary("redis-server"), "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1"]
    command += [
        "--tls-cert-file",
        pem[0],
        "--tls-key-file",
        pem[1],
        "--tls-ca-cert-file",
        pem[2],
        "--save",
        "",
    ]
    with running(command, port, tmp_path):
        assessment = asked(f"rediss://127.0.0.1:{port}")
        plain = asked(f"redis://127.0.0.1:{port}")
    assert store(assessment).authentication.value is True
    assert store(plain).authentication.value is True


def test_tls_of_nats(pem: Pem, tmp_path: Path) -> None:
    port = free_port()
    command = [servers.binary("nats-server"), "-a", "127.0.0.1", "-p", str(port)]
    with running([*command, "--tls", "--tlscert", pem[0], "--tlskey", pem[1]], port, tmp_path):
        found = store(asked(f"nats://127.0.0.1:{port}"))
    assert (found.answers, found.tls and found.tls.value, found.plain and found.plain.value) == (
        True,
        True,
        False,
    )


def test_mariadb_that_insists_on_tls(pem: Pem, tmp_path: Path) -> None:
    port = free_port()
    more = ("--require-secure-transport", f"--ssl-cert={pem[0]}", f"--ssl-key={pem[1]}")
    with servers.mariadb(tmp_path, port, False, *more):
        found = store(asked(f"mysql://127.0.0.1:{port}"))
    assert (found.answers, found.tls and found.tls.value, found.plain and found.plain.value) == (
        True,
        True,
        False,
    )


def test_postgresql_that_insists_on_tls(pem: Pem, tmp_path: Path) -> None:
    port = free_port()
    with servers.postgresql(tmp_path, port, False, pem[:2]):
        found = store(asked(f"postgresql://127.0.0.1:{port}"))
    assert (found.answers, found.tls and found.tls.value, found.plain and found.plain.value) == (
        True,
        True,
        False,
    )
