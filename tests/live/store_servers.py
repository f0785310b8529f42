"""Real data stores on loopback, each in an open and in a locked state, gone when the test is over."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from live_servers import running

from needs import program, without
from servers import free_port
from waiting import BOUND, answering, until

SECRET = "long-Enough-7"


class Serve(Protocol):
    def __call__(self, folder: Path, port: int, locked: bool) -> AbstractContextManager[None]: ...


def binary(name: str, *places: str) -> str:
    return shutil.which(name, path=os.pathsep.join(places)) or program(name)


@contextmanager
def redis(folder: Path, port: int, locked: bool) -> Iterator[None]:
    command = [binary("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with running([*command, *(("--requirepass", SECRET) if locked else ())], port, folder):
        yield


@contextmanager
def valkey(folder: Path, port: int, locked: bool) -> Iterator[None]:
    command = [binary("valkey-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    # The first user may ask whether the server is there, and nothing else.
    options = ("--user", "default", "on", "nopass", "-@all", "+ping", "+info") if locked else ()
    with running([*command, *options], port, folder):
        yield


@contextmanager
def memcached(folder: Path, port: int, locked: bool) -> Iterator[None]:
    (folder / "users").write_text(f"shop:{SECRET}\n")
    options = ("-Y", str(folder / "users")) if locked else ()
    command = [binary("memcached"), "-l", "127.0.0.1", "-p", str(port), "-u", "root", *options]
    with running(command, port, folder):
        yield


@contextmanager
def etcd(folder: Path, port: int, locked: bool) -> Iterator[None]:
    peer, client = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{port}"
    command = [binary("etcd"), "--data-dir", str(folder / "data"), "--initial-cluster", f"default={peer}"]
    command += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
    command += ["--listen-client-urls", client, "--advertise-client-urls", client]
    with running(command, port, folder):
        poll(lambda: ask_etcd(port, "kv/range", {"key": "AA=="}))
        if locked:
            ask_etcd(port, "auth/user/add", {"name": "root", "password": SECRET})
            ask_etcd(port, "auth/role/add", {"name": "root"})
            ask_etcd(port, "auth/user/grant", {"user": "root", "role": "root"})
            ask_etcd(port, "auth/enable", {})
        yield


def ask_etcd(port: int, path: str, body: dict[str, str]) -> dict[str, object]:
    url = f"http://127.0.0.1:{port}/v3/{path}"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=BOUND) as response:
        told: dict[str, object] = json.load(response)
    return told


def poll(question: Callable[[], object]) -> None:
    answering(question, OSError, ValueError, subprocess.CalledProcessError)


@contextmanager
def mariadb(folder: Path, port: int, locked: bool, *options: str) -> Iterator[None]:
    data, server = folder / "data", binary("mariadbd")
    install = [binary("mariadb-install-db"), "--no-defaults", f"--datadir={data}", "--skip-test-db"]
    install += ["--user=root", "--auth-root-authentication-method=normal"]
    subprocess.run(install, check=True, capture_output=True)
    command = [server, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1"]
    command += [
        f"--socket={folder}/m.sock",
        "--user=root",
        "--general-log",
        f"--general-log-file={folder}/all.log",
    ]
    (folder / "init.sql").write_text(f"ALTER USER root@localhost IDENTIFIED BY '{SECRET}';\n")
    command.append(f"--init-file={folder}/init.sql" if locked else "--skip-grant-tables")
    with running([*command, *options], port, folder):
        yield


@contextmanager
def mariadb_empty_root(folder: Path, port: int, locked: bool) -> Iterator[None]:
    """Root has no password; where it is locked, it has one."""
    with mariadb(folder, port, True):
        if not locked:
            command = [
                binary("mariadb"),
                "--no-defaults",
                "-h127.0.0.1",
                f"-P{port}",
                "-uroot",
                f"-p{SECRET}",
            ]
            empty = "ALTER USER root@localhost IDENTIFIED BY ''"
            poll(lambda: subprocess.run([*command, "-e", empty], check=True, capture_output=True))
        yield


@contextmanager
def postgresql(folder: Path, port: int, locked: bool, pem: Sequence[str] = ()) -> Iterator[None]:
    """With a certificate and a key it lets in nobody who does not speak TLS."""
    versions = (
        sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").is_dir() else []
    )
    initdb = binary("initdb", *(str(v) for v in versions))
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    own = Path(tempfile.mkdtemp(prefix="batten-pg-"))
    if user:
        shutil.chown(own, user)
    way = "scram-sha-256" if locked else "trust"
    (own / "password").write_text(SECRET)
    (own / "password").chmod(0o644)
    command = [
        initdb,
        "-D",
        f"{own}/data",
        "-U",
        "postgres",
        "-N",
        f"--auth-host={way}",
        f"--pwfile={own}/password",
    ]
    command.append(f"--auth-local={way}")
    try:
        subprocess.run(command, check=True, capture_output=True, user=user, cwd=own)
        server = [str(Path(initdb).with_name("postgres")), "-D", f"{own}/data", "-p", str(port), "-F"]
        server += ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={own}"]
        server += ["-c", "log_statement=all", "-c", "log_connections=on"]
        if pem:
            (own / "data" / "pg_hba.conf").write_text(f"hostssl all all 127.0.0.1/32 {way}\n")
            for path, name in zip(pem, ("server.crt", "server.key"), strict=True):
                shutil.copy(path, own / "data" / name)
                (own / "data" / name).chmod(0o600)
                shutil.chown(own / "data" / name, user) if user else None
            server += ["-c", "ssl=on"]
        with running(server, port, folder, user):
            _until_ready(own / "data" / "postmaster.pid")
            yield
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _until_ready(status: Path) -> None:
    """PostgreSQL takes connections before it answers them; its last line of status says when it does."""
    until(lambda: status.exists() and "ready" in status.read_text(), "PostgreSQL is ready")


@contextmanager
def rabbitmq(folder: Path, port: int, locked: bool) -> Iterator[None]:
    """Open: ANONYMOUS is let in, and guest has its first password. Locked: neither."""
    places = sorted(str(p) for p in Path("/usr/lib/rabbitmq/lib").glob("*/sbin"))
    server = next((f"{p}/rabbitmq-server" for p in places), None) or binary("rabbitmq-server")
    epmd, management = free_port(), free_port()
    guest = "anonymous_login_user = none\ndefault_user = shop\ndefault_pass = " + SECRET if locked else ""
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.default = 127.0.0.1:{port}\nmanagement.tcp.ip = 127.0.0.1\n"
        f"management.tcp.port = {management}\n{guest}\n"
    )
    (folder / "plugins").write_text("[rabbitmq_management].\n")
    environment = {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"b{port}@localhost",
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "logs"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2",
        "ERL_EPMD_PORT": str(epmd),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }
    try:
        with running([server], management, folder, environment=environment):
            (folder / "management").write_text(str(management))
            poll(lambda: say(port, b"AMQP\0\0\x09\x01").index(b"PLAIN"))  # brokers listen after plug-ins
            yield
    finally:
        if found := shutil.which("epmd"):
            subprocess.run([found, "-port", str(epmd), "-kill"], capture_output=True, check=False)


@contextmanager
def mosquitto(folder: Path, port: int, locked: bool) -> Iterator[None]:
    anonymous = "false" if locked else "true"
    (folder / "m.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous {anonymous}\nuser root\n")
    with running([binary("mosquitto"), "-c", str(folder / "m.conf")], port, folder):
        yield


@contextmanager
def nats(folder: Path, port: int, locked: bool) -> Iterator[None]:
    options = ("--user", "shop", "--pass", SECRET) if locked else ()
    with running([binary("nats-server"), "-a", "127.0.0.1", "-p", str(port), *options], port, folder):
        yield


@contextmanager
def zookeeper(folder: Path, port: int, locked: bool) -> Iterator[None]:
    jar = Path("/usr/share/java/zookeeper.jar")
    if not jar.exists():
        without("zookeeper")
    enforce = "enforce.auth.enabled=true\nenforce.auth.schemes=digest\n" if locked else ""
    (folder / "zoo.cfg").write_text(
        f"tickTime=2000\ndataDir={folder}/data\nclientPort={port}\nclientPortAddress=127.0.0.1\n"
        f"admin.enableServer=false\n{enforce}"
    )
    command = [binary("java"), "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", str(jar)]
    command += ["org.apache.zookeeper.server.quorum.QuorumPeerMain", str(folder / "zoo.cfg")]
    with running(command, port, folder):
        poll(lambda: say(port, b"srvr").index(b"Node count"))  # the port is open before anybody is at home
        yield


def say(port: int, words: bytes) -> bytes:
    """What a port answers before it falls silent or closes."""
    told = b""
    with socket.create_connection(("127.0.0.1", port), BOUND) as connection:
        connection.settimeout(0.2)
        connection.sendall(words)
        with suppress(OSError):
            while more := connection.recv(65_536):
                told += more
    return told


@contextmanager
def influxdb(folder: Path, port: int, locked: bool) -> Iterator[None]:
    (folder / "influx.conf").write_text(
        f'reporting-disabled = true\nbind-address = "127.0.0.1:{free_port()}"\n'
        f'[meta]\ndir = "{folder}/meta"\n[data]\ndir = "{folder}/data"\nwal-dir = "{folder}/wal"\n'
        f'[http]\nbind-address = "127.0.0.1:{port}"\nauth-enabled = {"true" if locked else "false"}\n'
    )
    with running([binary("influxd"), "-config", str(folder / "influx.conf")], port, folder):
        yield


@contextmanager
def moto(folder: Path, port: int, locked: bool) -> Iterator[None]:
    """With a bucket `shop` that holds one thing."""
    command = [binary("moto_server", str(Path(sys.executable).parent)), "-H", "127.0.0.1", "-p", str(port)]
    if locked:
        command = [sys.executable, str(Path(__file__).with_name("locked_moto.py")), str(port)]
    environment = {"INITIAL_NO_AUTH_ACTION_COUNT": "2"} if locked else {}
    with running(command, port, folder, environment=environment):
        for path in ("/shop", "/shop/orders.csv"):
            request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", b"1,mug", method="PUT")
            urllib.request.urlopen(request, timeout=BOUND).close()
        yield


# bcrypt of SECRET
_HASH = "$2y$04$n6ciN5S.73CWKhJ1NJV3LOtHBulwMTj7.ZGNy8ERVQNFXzQCl5xYi"


@contextmanager
def prometheus(folder: Path, port: int, locked: bool) -> Iterator[None]:
    (folder / "prometheus.yml").write_text("global: {}\n")
    (folder / "web.yml").write_text(f"basic_auth_users: {{operator: {_HASH}}}\n" if locked else "{}\n")
    command = [binary("prometheus"), f"--config.file={folder}/prometheus.yml"]
    command += [f"--web.config.file={folder}/web.yml", f"--web.listen-address=127.0.0.1:{port}"]
    with running([*command, f"--storage.tsdb.path={folder}/data", "--log.level=warn"], port, folder):
        poll(lambda: say(port, b"GET /-/ready HTTP/1.0\r\n\r\n").index(b"401" if locked else b"200 OK"))
        yield


def management_port(folder: Path) -> int:
    return int((folder / "management").read_text())


def log(folder: Path) -> str:
    with suppress(FileNotFoundError):
        return (folder / "server.log").read_text("utf-8", "replace")
    return ""
