"""Hardened stores on their real servers: whoever has the password and speaks TLS comes in, and nobody else does."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
import valkey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hardened import Hardened, contract, laid_out, made, plainly, started
from live_servers import running

from batten.engine.check import assess
from batten.engine.review import review
from batten.formats import Workspace
from batten.harden import nkeys
from batten.harden.stack import STORES
from batten.policy import Environment, Policy
from needs import program
from proofs import PROOF
from servers import free_port
from waiting import BOUND, until

KINDS = sorted(STORES)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_judged_clean_and_holds_no_secret(kind: str, tmp_path: Path) -> None:
    whole = made(kind, tmp_path)
    assert whole == whole and whole.files == made(kind, tmp_path).files
    result = review(Workspace(tmp_path, dict(whole.files)), Policy())
    assert result.findings == [] and result.problems == [] and result.facts
    earlier: dict[str, bytes] = {}
    for secret in whole.secrets:
        earlier[secret.path] = secret.make(earlier)
        assert secret.path.startswith("secrets/") and secret.what
    for name, text in whole.files.items():
        assert not [path for path, value in earlier.items() if value.decode() in text], name


def silent(store: Hardened, scheme: str) -> None:
    """`batten probe` finds nothing, and reached it."""
    environment = Environment(
        "test", "", stores=(f"{scheme}://localhost:{store.port}",), ca=store.authority, timeout=BOUND
    )
    outcome = assess(store.folder, Policy(), [environment], contract(), ())
    assert [f"{f.control}: {f.message}" for f in outcome.findings] == []
    assert outcome.problems == []


def trusting(store: Hardened) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=store.authority)


def spoken(store: Hardened, said: bytes, tls: bool = True) -> bytes:
    """What a server says to these bytes, until it has nothing more to say at once; b"" where it closes the connection."""
    with (
        closing(socket.create_connection(("localhost", store.port), timeout=BOUND)) as plain,
        closing(trusting(store).wrap_socket(plain, server_hostname="localhost") if tls else plain) as link,
    ):
        try:
            link.sendall(said)
            return link.recv(4096)
        except OSError:
            return b""


# PostgreSQL


def _postgresql(store: Hardened) -> list[str]:
    folder = (
        sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        if Path("/usr/lib/postgresql").is_dir()
        else None
    )
    programs = str(folder or Path(program("postgres")).parent)
    password = f"--pwfile={store.secrets / 'owner-password'}"
    data = str(store.folder / "data")
    store.run(f"{programs}/initdb", "-D", data, "-U", "owner", password, "--auth=scram-sha-256", "--no-sync")
    return [*(f"{programs}/postgres", "-D", data, "-k", str(store.folder)), *plainly_arguments(store)]


def plainly_arguments(store: Hardened) -> list[str]:
    first = made(store.kind, store.folder, store.port).notes[0]
    return first.partition(": ")[2].split()[1:]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Hardened]:
    with started("postgresql", _postgresql) as store:
        owner = (store.secrets / "owner-password").read_text()

        def there() -> bool:
            try:
                psycopg.connect(_dsn(store, "owner", owner, "postgres", host=str(store.folder))).close()
            except psycopg.OperationalError as error:
                assert "starting up" in str(error) or "No such file" in str(error), error
                return False
            return True

        until(there, "PostgreSQL is ready")
        with psycopg.connect(
            _dsn(store, "owner", owner, "postgres", host=str(store.folder)), autocommit=True
        ) as db:
            db.execute("CREATE DATABASE api")
        environment = {"PGPASSWORD": owner, "POSTGRES_USER": "owner", "POSTGRES_DB": "api", "PGHOST": str(store.folder),
                       "PGPORT": str(store.port), "PATH": "/usr/bin:/bin"}  # fmt: skip
        store.run("/bin/sh", str(store.folder / "roles.sh"), env=environment)
        yield store


def _dsn(
    store: Hardened, user: str, password: str, database: str = "api", host: str = "localhost", tls: str = ""
) -> str:
    secure = tls or f"sslmode=verify-full sslrootcert={store.authority}"
    return f"host={host} port={store.port} dbname={database} user={user} password={password} {secure}"


def test_postgresql_serves_its_role_over_tls(postgresql: Hardened) -> None:
    with psycopg.connect(_dsn(postgresql, "api", postgresql.password)) as db:
        assert db.execute(
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = 'api'"
        ).fetchone() == (False,)
        assert db.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute("CREATE TABLE public.own (a int)")


def test_postgresql_lets_the_role_use_what_its_owner_makes(postgresql: Hardened) -> None:
    owner = (postgresql.secrets / "owner-password").read_text()
    with psycopg.connect(_dsn(postgresql, "owner", owner)) as db:
        db.execute("CREATE TABLE things (a int)")
    with psycopg.connect(_dsn(postgresql, "api", postgresql.password)) as db:
        db.execute("INSERT INTO things VALUES (1)")
        assert db.execute("SELECT a FROM things").fetchone() == (1,)


@pytest.mark.parametrize(
    ("user", "wrong", "database", "tls"),
    [
        ("api", "", "api", "sslmode=disable"),
        ("api", "x", "api", ""),
        ("postgres", "x", "postgres", ""),
        ("api", "", "postgres", ""),
    ],
    ids=["plain", "wrong password", "unknown user", "another database"],
)
def test_postgresql_refuses(postgresql: Hardened, user: str, wrong: str, database: str, tls: str) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(_dsn(postgresql, user, wrong or postgresql.password, database, tls=tls)).close()


def test_probes_of_postgresql_are_silent(postgresql: Hardened) -> None:
    silent(postgresql, "postgresql")


# Valkey and Redis


@pytest.fixture(scope="module", params=["valkey", "redis"])
def cache(request: pytest.FixtureRequest) -> Iterator[Hardened]:
    with started(request.param, plainly) as store:
        yield store


def _client(store: Hardened, **more: object) -> valkey.Valkey:
    options: dict[str, object] = {
        "ssl": True,
        "ssl_ca_certs": store.authority,
        "username": "api",
        "password": store.password,
    }
    return valkey.Valkey(host="localhost", port=store.port, **(options | more))  # type: ignore[arg-type]


def test_a_cache_serves_its_user_over_tls(cache: Hardened) -> None:
    with closing(_client(cache)) as client:
        assert client.set("a", "1") and client.get("a") == b"1"
        for command in (
            ("CONFIG", "GET", "*"),
            ("FLUSHALL",),
            ("KEYS", "*"),
            ("EVAL", "return 1", "0"),
            ("ACL", "LIST"),
            ("DEBUG", "SLEEP", "0"),
        ):
            with pytest.raises(valkey.ResponseError):
                client.execute_command(*command)


def test_a_cache_refuses_strangers(cache: Hardened) -> None:
    for more in (
        {"password": "x"},
        {"username": "default", "password": None},
        {"username": None, "password": None},
    ):
        with closing(_client(cache, **more)) as client, pytest.raises(valkey.RedisError):
            client.get("a")
    assert b"PONG" not in spoken(cache, b"PING\r\n", tls=False)
    assert spoken(cache, b"PING\r\n").startswith(b"-NOAUTH")
    silent(cache, "rediss")


# MariaDB


def _mariadb(store: Hardened) -> list[str]:
    install = [
        program("mariadb-install-db"),
        "--no-defaults",
        f"--datadir={store.folder / 'data'}",
        "--skip-test-db",
    ]
    store.run(*install, "--auth-root-authentication-method=normal")
    socket_path = store.folder / "s"
    return [*plainly(store), f"--socket={socket_path}", f"--pid-file={store.folder / 'pid'}"]


@pytest.fixture(scope="module")
def mariadb() -> Iterator[Hardened]:
    with started("mariadb", _mariadb) as store:
        command = [
            program("mariadb"),
            "--no-defaults",
            "--skip-ssl",
            "--socket",
            str(store.folder / "s"),
            "-u",
            "root",
            "mysql",
        ]
        with (store.secrets / "users.sql").open() as statements:
            subprocess.run(command, stdin=statements, check=True, capture_output=True, timeout=BOUND)
        yield store


def _asked(
    store: Hardened, statement: str, *options: str, password: str = ""
) -> subprocess.CompletedProcess[str]:
    command = [
        program("mariadb"),
        "--no-defaults",
        "--protocol=tcp",
        "-h",
        "localhost",
        "-P",
        str(store.port),
        "-u",
        "api",
        "-N",
    ]
    environment = {"MYSQL_PWD": password or store.password}
    return subprocess.run(
        [*command, *options, "-e", statement, "api"],
        env=environment,
        text=True,
        capture_output=True,
        check=False,
        timeout=BOUND,
    )


def test_mariadb_serves_its_user_over_tls_only(mariadb: Hardened) -> None:
    tls = (f"--ssl-ca={mariadb.authority}", "--ssl-verify-server-cert")
    assert _asked(mariadb, "SELECT 1+1", *tls).stdout == "2\n"
    assert _asked(mariadb, "SHOW STATUS LIKE 'Ssl_version'", *tls).stdout.split()[1].startswith("TLSv1.")
    for statement in (
        "CREATE TABLE a (b int)",
        "SELECT * FROM mysql.user",
        "SELECT LOAD_FILE('/etc/passwd') + 1 FROM nowhere",
    ):
        assert _asked(mariadb, statement, *tls).returncode == 1, statement
    assert _asked(mariadb, "SELECT 1", "--skip-ssl").returncode == 1
    assert _asked(mariadb, "SELECT 1", *tls, password="x").returncode == 1
    silent(mariadb, "mysql")


# Mosquitto


def _connect(user: str = "", password: str = "") -> bytes:
    """MQTT 3.1.1's CONNECT."""
    flags = 2 + (0xC0 if user else 0)
    fields = [b"probe", *([user.encode(), password.encode()] if user else [])]
    body = (
        b"\x00\x04MQTT\x04"
        + bytes((flags,))
        + b"\x00\x3c"
        + b"".join(len(f).to_bytes(2, "big") + f for f in fields)
    )
    return b"\x10" + bytes((len(body),)) + body


@pytest.fixture(scope="module")
def mosquitto() -> Iterator[Hardened]:
    with started("mosquitto", plainly) as store:
        yield store


def test_mosquitto_serves_its_user_over_tls(mosquitto: Hardened) -> None:
    assert spoken(mosquitto, _connect("api", mosquitto.password)) == b"\x20\x02\x00\x00"
    for said in (_connect(), _connect("api", "x"), _connect("root", mosquitto.password)):
        assert spoken(mosquitto, said)[:4] in (b"\x20\x02\x00\x05", b"\x20\x02\x00\x04")
    assert spoken(mosquitto, _connect("api", mosquitto.password), tls=False)[:1] != b"\x20"
    silent(mosquitto, "mqtts")


# NATS


@pytest.fixture(scope="module")
def nats() -> Iterator[Hardened]:
    with started("nats", plainly) as store:
        yield store


def _nats(store: Hardened, seed: bytes, *commands: str) -> str:
    """What the server says to a client that holds a seed: TLS begins after its greeting."""
    with socket.create_connection(("localhost", store.port), timeout=BOUND) as plain:
        greeting = json.loads(plain.recv(4096).partition(b" ")[2])
        assert greeting["tls_required"]
        raw = base64.b32decode(seed + b"=" * (-len(seed) % 8))
        signature = Ed25519PrivateKey.from_private_bytes(raw[2:34]).sign(greeting["nonce"].encode())
        options = {
            "verbose": False,
            "pedantic": False,
            "nkey": nkeys.public(seed),
            "lang": "test",
            "version": "1",
            "protocol": 1,
        }
        options["sig"] = base64.urlsafe_b64encode(signature).decode().rstrip("=")
        said = "\r\n".join((f"CONNECT {json.dumps(options)}", *commands, "PING", ""))
        with trusting(store).wrap_socket(plain, server_hostname="localhost") as link:
            link.sendall(said.encode())
            heard = b""
            while b"PONG\r\n" not in heard and (more := link.recv(4096)):
                heard += more
            return heard.decode()


def test_nats_serves_the_holder_of_the_seed_over_tls(nats: Hardened) -> None:
    seed = (nats.secrets / "seed").read_bytes()
    assert "-ERR" not in _nats(nats, seed, "SUB api.> 1", "PUB api.x 2\r\nhi")
    assert "Permissions Violation" in _nats(nats, seed, "SUB > 1")
    assert "Authorization Violation" in _nats(nats, nkeys.seed())
    silent(nats, "nats")


# etcd


@pytest.fixture(scope="module")
def etcd() -> Iterator[Hardened]:
    with started("etcd", plainly) as store:
        yield store


def test_etcd_serves_holders_of_a_certificate(etcd: Hardened) -> None:
    client = etcd.folder / "secrets" / "etcd-client"
    url = f"https://localhost:{etcd.port}/v3/kv/range"
    request = urllib.request.Request(url, b'{"key":"AA=="}', {"Content-Type": "application/json"})
    known = trusting(etcd)
    known.load_cert_chain(client / "tls.crt", client / "tls.key")

    def answers() -> bool:
        try:
            with urllib.request.urlopen(request, timeout=BOUND, context=known) as response:
                return bool(response.status == 200)
        except urllib.error.HTTPError as error:
            assert error.code == 503, error
            return False

    until(answers, "etcd answers")
    with pytest.raises(OSError):
        urllib.request.urlopen(request, timeout=BOUND, context=trusting(etcd)).read()
    with pytest.raises(OSError):
        urllib.request.urlopen(url.replace("https", "http"), timeout=BOUND).read()
    silent(etcd, "etcd")


# RabbitMQ


@contextmanager
def _rabbitmq() -> Iterator[Hardened]:
    with laid_out("rabbitmq") as store:
        places = sorted(str(p) for p in Path("/usr/lib/rabbitmq/lib").glob("*/sbin"))
        server = next((f"{place}/rabbitmq-server" for place in places), None) or program("rabbitmq-server")
        epmd = free_port()
        environment = {
            "HOME": str(store.folder),
            "RABBITMQ_NODENAME": f"h{store.port}@localhost",
            "RABBITMQ_MNESIA_BASE": str(store.folder / "data"),
            "RABBITMQ_LOG_BASE": str(store.folder / "logs"),
            "RABBITMQ_CONFIG_FILE": str(store.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(store.folder / "enabled_plugins"),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2",
            "ERL_EPMD_PORT": str(epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        try:
            with running([server], store.port, store.folder, store.user, environment):
                yield store
        finally:
            if found := shutil.which("epmd"):
                subprocess.run([found, "-port", str(epmd), "-kill"], capture_output=True, check=False)


def _login(store: Hardened, user: str, password: str, host: str = "api") -> bytes:
    """The last method that the broker sends: 10, 30 is its consent to the log-in (AMQP 0-9-1)."""
    with (
        socket.create_connection(("localhost", store.port), timeout=BOUND) as plain,
        trusting(store).wrap_socket(plain, server_hostname="localhost") as link,
    ):
        link.sendall(b"AMQP\0\0\x09\x01")
        assert _method(link) == b"\0\x0a\0\x0a"
        response = f"\0{user}\0{password}".encode()
        fields = b"\0\0\0\0" + b"\x05PLAIN" + len(response).to_bytes(4, "big") + response + b"\x05en_US"
        link.sendall(_frame(b"\0\x0a\0\x0b" + fields))
        said = _method(link)
        if said != b"\0\x0a\0\x1e":
            return said
        link.sendall(_frame(b"\0\x0a\0\x1f" + b"\0\x10" + b"\0\2\0\0" + b"\0\x3c"))
        link.sendall(_frame(b"\0\x0a\0\x28" + bytes((len(host),)) + host.encode() + b"\0\0"))
        return _method(link)


def _frame(payload: bytes) -> bytes:
    return b"\1\0\0" + len(payload).to_bytes(4, "big") + payload + b"\xce"


def _method(link: ssl.SSLSocket) -> bytes:
    """Class and method of the next frame; b"" where the broker closes the connection."""
    try:
        head = link.recv(7)
        size = int.from_bytes(head[3:7], "big") + 1
        payload = b""
        while len(payload) < size and (more := link.recv(size - len(payload))):
            payload += more
        return payload[:4]
    except OSError:
        return b""


@pytest.mark.skipif(not PROOF, reason="slow: make proof")
def test_rabbitmq_serves_its_user_over_tls() -> None:
    with _rabbitmq() as store:
        until(
            lambda: _login(store, "api", store.password) == b"\0\x0a\0\x29",
            "RabbitMQ has read its definitions",
        )
        for user, password in (("api", "x"), ("guest", "guest"), ("", "")):
            assert _login(store, user, password) not in (b"\0\x0a\0\x1e", b"\0\x0a\0\x29")
        assert _login(store, "api", store.password, "/") != b"\0\x0a\0\x29"
        assert b"AMQP" not in spoken(store, b"AMQP\0\0\x09\x01", tls=False)
        silent(store, "amqps")
