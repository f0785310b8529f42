"""What is read of the files of brokers and databases is what their servers say, defaults included; and a fix locks them."""

from __future__ import annotations

import json
import re
import socket
import struct
import subprocess
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from batten.engine.review import review
from batten.facts import Fact, Listener, Secret, Store, Verifying
from batten.formats import Workspace, apply
from batten.model import Problem, Setting, Switch
from batten.policy import Policy
from batten.technologies import Unit, technologies
from needs import needs, program, where, without
from proofs import turn
from servers import free_port, listener
from waiting import BOUND, answering


def read(technology: str, text: str, root: Path) -> tuple[Store, list[Fact]]:
    """The store of a file, and all that is read of it."""
    known = technologies()[technology]
    workspace = Workspace(root, {known.example: text})
    found = list(known.adapter().read(Unit(technology, (known.example,)), workspace))
    assert not any(isinstance(one, Problem) for one in found), found
    facts = [one for one in found if isinstance(one, Fact)]
    return next(one for one in facts if isinstance(one, Store)), facts


def fixed(technology: str, text: str, root: Path) -> str:
    """The file with every fix that batten can write."""
    example = technologies()[technology].example
    found = review(Workspace(root, {example: text}), Policy()).findings
    return apply(text, [edit for one in found if one.fix is not None for edit in one.fix.edits])


# --- Mosquitto ---

BROKERS = (
    "listener PORT\n",
    "listener PORT\nallow_anonymous true\n",
    "listener PORT\nallow_anonymous false\n",
    "listener PORT\nallow_anonymous 1\n",
    "listener PORT 127.0.0.1\nallow_anonymous true\n",
    "listener PORT 0.0.0.0\nallow_anonymous true\n",
    "port PORT\nallow_anonymous true\n",
    "port PORT\nbind_address 127.0.0.1\nallow_anonymous true\n",
    "listener PORT\npassword_file USERS\n",
    "listener PORT\npassword_file USERS\nallow_anonymous true\n",
    "per_listener_settings true\nlistener PORT\nallow_anonymous true\n",
    "per_listener_settings true\nallow_anonymous true\nlistener PORT\n",
    "listener PORT\nallow_anonymous true\nallow_anonymous false\n",
    " listener PORT\n  allow_anonymous true\n# allow_anonymous false\n",
)


def anonymous(address: str, port: int) -> bool:
    """Whether the broker accepts a CONNECT (MQTT 3.1.1, 3.1) without a user's name; False where no port answers, too."""
    body = struct.pack(">H4sBBHH6s", 4, b"MQTT", 4, 2, 30, 6, b"reader")
    try:
        with socket.create_connection((address, port), BOUND) as connection:
            connection.sendall(bytes((0x10, len(body))) + body)
            return connection.recv(4)[3:] == b"\0"
    except OSError:
        return False


@contextmanager
def mosquitto(text: str, root: Path) -> Iterator[int]:
    """The port of a broker with the file."""
    port, file = free_port(), root / "mosquitto.conf"
    (root / "users").write_text("")
    (root / "users").chmod(0o600)
    file.write_text(text.replace("PORT", str(port)).replace("USERS", str(root / "users")) + "user root\n")
    with listener([program("mosquitto"), "-c", file], port, root / "log"):
        yield port


@needs("mosquitto", where("mosquitto"))
@pytest.mark.parametrize("text", BROKERS)
def test_mosquitto(text: str, tmp_path: Path) -> None:
    """127.0.0.2 is another address of this machine: a broker on 127.0.0.1 does not answer there."""
    found, _ = read("mosquitto", text.replace("PORT", "1883"), tmp_path)
    beyond = [a for a in found.addresses.known(()) if a != "127.0.0.1"]
    with mosquitto(text, tmp_path) as port:
        assert (found.authentication.known(None) is False) is anonymous("127.0.0.2", port)
        assert bool(beyond) is answers("127.0.0.2", port)


def answers(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), BOUND).close()
    except OSError:
        return False
    return True


@needs("mosquitto", where("mosquitto"))
def test_mosquitto_is_locked_by_its_fixes(tmp_path: Path) -> None:
    text = "listener 1883 0.0.0.0\npassword_file USERS\nallow_anonymous true\nlog_dest none\n"
    made = fixed("mosquitto", text, tmp_path)
    assert made == "listener 1883 127.0.0.1\npassword_file USERS\nallow_anonymous false\nlog_dest stderr\n"
    with mosquitto(text.replace("1883", "PORT"), tmp_path) as port:
        assert anonymous("127.0.0.1", port)
    with mosquitto(made.replace("1883", "PORT"), tmp_path) as port:
        assert not anonymous("127.0.0.1", port) and not answers("127.0.0.2", port)


# --- RabbitMQ: the translation of its own schemas ---

QUEUES = (
    "heartbeat = 30\n",
    "listeners.tcp.default = 5673\n",
    "listeners.tcp.local = 127.0.0.1:5672\n",
    "listeners.tcp.all = 0.0.0.0:5672 # every interface\n",
    "listeners.tcp = none\nlisteners.ssl.default = 5671\n",
    "listeners.tcp.1 = 5672\nlisteners.tcp = none\n",
    "loopback_users = none\n",
    "loopback_users.guest = false\n",
    "loopback_users.guest = true\n",
    "loopback_users.admin = true\n",
    "loopback_users.admin = true\nloopback_users.guest = true\n",
    "default_user = orders\ndefault_pass = 'a#b'\n",
    "default_user = admin\ndefault_pass = admin # to be changed\n",
    "anonymous_login_user = none\n",
    "anonymous_login_user = orders\nanonymous_login_pass = x\n",
    "listeners.ssl.1 = 10.0.0.4:5671\nssl_options.versions.1 = tlsv1.1\nssl_options.versions.2 = tlsv1.3\n",
    "ssl_options.ciphers.1 = ECDHE-RSA-AES256-GCM-SHA384\nssl_options.ciphers.2 = AES256-SHA\n",
)
PLUGINS = next(iter(sorted(Path("/usr/lib/rabbitmq/lib").glob("*/plugins"))), None)
TRANSLATE = """#!/usr/bin/env escript
main([Plugins | Files]) ->
    [code:add_patha(D) || D <- filelib:wildcard(Plugins ++ "/*/ebin")],
    application:load(cuttlefish),
    application:load(rabbit),
    logger:set_primary_config(level, none),
    Schema = cuttlefish_schema:files(lists:sort(filelib:wildcard(Plugins ++ "/*/priv/schema/*.schema"))),
    lists:foreach(fun(File) -> say(cuttlefish_generator:map(Schema, cuttlefish_conf:file(File))) end, Files).

say(Made) when is_list(Made) ->
    Told = proplists:get_value(rabbit, Made, []),
    Keys = [tcp_listeners, ssl_listeners, loopback_users, default_user, default_pass, anonymous_login_user],
    [io:format("~p=~0p~n", [K, value(K, Told)]) || K <- Keys],
    io:format("terms=~0p.~n", [Made]),
    Tls = value(ssl_options, Told),
    [io:format("~p=~0p~n", [K, proplists:get_value(K, Tls, [])]) || K <- [versions, ciphers]],
    io:format("--~n");
say(Refused) -> io:format("refused=~0p~n--~n", [Refused]).

value(Key, Told) ->
    {ok, Default} = application:get_env(rabbit, Key),
    proplists:get_value(Key, Told, Default).
"""


@cache
def translated(folder: Path) -> list[dict[str, list[str]]]:
    """What the server makes of each file: the words of each setting."""
    for number, text in enumerate(QUEUES):
        (folder / f"{number}.conf").write_text(text)
    script = folder / "translate"
    script.write_text(TRANSLATE)
    files = [folder / f"{number}.conf" for number in range(len(QUEUES))]
    command = [program("escript"), script, str(PLUGINS), *files]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=BOUND).stdout
    return [
        {
            key: [value] if key == "terms" else re.findall(r"[\w.#:-]+", value)
            for key, _, value in (line.partition("=") for line in part)
        }
        for part in (whole.strip().splitlines() for whole in said.split("--\n") if whole.strip())
    ]


@pytest.fixture(scope="module")
def queues(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, list[str]]]:
    return translated(tmp_path_factory.mktemp("rabbitmq"))


@needs("rabbitmq-server", PLUGINS)
@pytest.mark.parametrize("number", range(len(QUEUES)))
def test_rabbitmq(number: int, queues: list[dict[str, list[str]]], tmp_path: Path) -> None:
    said = queues[number]
    assert "refused" not in said, said
    found, facts = read("rabbitmq", QUEUES[number], tmp_path)
    tcp, ssl = said["tcp_listeners"], said["ssl_listeners"]
    assert found.tls is not None and found.tls.known(None) is bool(ssl)
    local = tcp[:1] == ["127.0.0.1"]
    assert found.plain is not None and found.plain.known(None) is (bool(tcp) and not local)
    if tcp:
        assert found.port.known(0) == int(tcp[-1])
        assert found.addresses.known(()) == (("*",) if len(tcp) == 1 else (tcp[0],))
    weak = (
        said["default_user"] == said["default_pass"] and said["default_user"][0] not in said["loopback_users"]
    )
    assert found.default_credentials is not None and found.default_credentials.known(None) is weak
    nobody = (
        said["anonymous_login_user"] == ["none"] or said["anonymous_login_user"][0] in said["loopback_users"]
    )
    if "anonymous" in QUEUES[number]:
        assert found.authentication.known(None) is nobody
    offered = next((one for one in facts if isinstance(one, Listener)), None)
    versions = offered.protocols.known(()) if offered and offered.protocols else ()
    assert sorted(version.lower() for version in versions) == sorted(said["versions"])
    ciphers = offered.ciphers.known("").split(":") if offered and offered.ciphers else []
    assert ciphers == said["ciphers"]


@needs("rabbitmq-server", PLUGINS)
@pytest.mark.parametrize("number", range(len(QUEUES)))
def test_rabbitmq_as_terms(number: int, queues: list[dict[str, list[str]]], tmp_path: Path) -> None:
    """What the server makes of a rabbitmq.conf is a classic file, which says the same."""
    (terms,) = queues[number]["terms"]
    files = {"rabbitmq.conf": QUEUES[number], "rabbitmq.config": terms}
    reader, workspace = technologies()["rabbitmq"].adapter(), Workspace(tmp_path, files)
    conf, classic = (list(map(told, reader.read(Unit("rabbitmq", (path,)), workspace))) for path in files)
    assert [one for one in classic if one] == [one for one in conf if one]


def told(fact: Fact | Problem) -> tuple[object, ...]:
    """What a fact says, wherever it was read."""
    assert not isinstance(fact, Problem), fact
    match fact:
        case Listener():
            said: tuple[Setting[Any] | None, ...] = (fact.protocols, fact.ciphers)
        case Store():
            said = (
                fact.authentication,
                fact.addresses,
                fact.port,
                fact.default_credentials,
                fact.tls,
                fact.plain,
            )
        case _:
            return ()
    known = (one.known(None) for one in said if one is not None)
    return tuple(sorted(one) if isinstance(one, tuple) else one for one in known)


# --- NATS ---

SERVERS = (
    "port: PORT\n",
    "listen: 127.0.0.1:PORT\n",
    'listen = "0.0.0.0:PORT" # every interface\n',
    "host: localhost\nport: PORT\n",
    "net: 127.0.0.1, port: PORT\n",
    "port PORT\nauthorization { user: a, password: b }\n",
    "PORT: PORT\nauthorization: { token: $SECRET }\n",
    "port: PORT\nauthorization {}\n",
    "port: PORT\nauthorization { users = [\n  {user: a, password: b}\n  {user: c, password: d}\n] }\n",
    "port: PORT\naccounts { A: { users: [ {user: a, password: b} ] } }\n",
    "port: PORT\naccounts { A { users: [ {user: a, password: b} ] } }\nno_auth_user: a\n",
    "port: PORT // the usual\ndebug: off; logtime: yes\n",
    "port: PORT\nallow_non_tls: false\nmax_payload: 1MB\n",
    "port: PORT\ncluster {\n  listen: 127.0.0.1:OTHER\n  authorization { user: r, password: s }\n}\n",
)


@contextmanager
def nats(text: str, root: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """The port of a server with the file, and what its monitoring says."""
    port, monitoring, file = free_port(), free_port(), root / "nats.conf"
    file.write_text(
        text.replace("PORT: PORT", "port: PORT").replace("PORT", str(port)).replace("OTHER", str(free_port()))
    )
    command = [program("nats-server"), "-c", file, "-m", str(monitoring)]
    with listener(command, port, root / "log", env={"SECRET": "x"}):
        url = f"http://127.0.0.1:{monitoring}/varz"
        with answering(lambda: urllib.request.urlopen(url, timeout=BOUND), OSError) as said:
            yield port, json.load(said)


def may_publish(port: int) -> bool:
    """Whether a CONNECT without a credential is answered with PONG (https://docs.nats.io/reference/reference-protocols/nats-protocol)."""
    with (
        socket.create_connection(("127.0.0.1", port), BOUND) as connection,
        connection.makefile("rwb") as lines,
    ):
        lines.readline()
        lines.write(b'CONNECT {"verbose":false}\r\nPING\r\n')
        lines.flush()
        return lines.readline().startswith(b"PONG")


@needs("nats-server", where("nats-server"))
@pytest.mark.parametrize("text", SERVERS)
def test_nats(text: str, tmp_path: Path) -> None:
    found, _ = read("nats", text.replace("PORT", "4222"), tmp_path)
    with nats(text, tmp_path) as (port, said):
        assert found.authentication.known(None) is not may_publish(port)
        assert found.addresses.known(()) == (said["host"],)
        assert found.tls is not None and found.tls.known(None) is said.get("tls_required", False)


@needs("nats-server", where("nats-server"))
def test_nats_is_locked_by_its_fixes(tmp_path: Path) -> None:
    text = "listen: 0.0.0.0:4222\n"
    made = fixed("nats", text, tmp_path)
    assert made == 'listen: "127.0.0.1:4222"\nauthorization: { token: $STORE_PASSWORD }\n'
    with nats(text.replace("4222", "PORT"), tmp_path) as (port, said):
        assert may_publish(port) and said["host"] == "0.0.0.0"
    with nats(made.replace("4222", "PORT").replace("STORE_PASSWORD", "SECRET"), tmp_path) as (port, said):
        assert not may_publish(port) and said["host"] == "127.0.0.1"


# --- InfluxDB: `influxd config` prints what it takes ---

MEASUREMENTS = (
    "[meta]\n",
    "[http]\nauth-enabled = true\n",
    "[http]\nauth-enabled = false\nbind-address = ':8086'\n",
    '[http]\nbind-address = "127.0.0.1:8086"\n',
    '[http]\nbind-address = "0.0.0.0:9999"\n',
    '[http]\nbind-address = "[::1]:8086"\n',
    "[http]\nenabled = false\n",
    "[http]\nhttps-enabled = true\n",
    "[http]\nlog-enabled = false\n",
    "[http]\npprof-enabled = true\n",
    '[tls]\nmin-version = "tls1.1"\n[http]\nhttps-enabled = true\n',
    "[subscriber]\ninsecure-skip-verify = true\n",
    'reporting-disabled = true\n[http]\n  auth-enabled = true # the usual\n  shared-secret = "secret"\n',
)


def influx(text: str, folder: Path) -> dict[str, dict[str, object]]:
    file = folder / "influxdb.conf"
    file.write_text(text)
    command = [program("influxd"), "config", "-config", str(file)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=BOUND).stdout
    return tomllib.loads(said)


@needs("influxd", where("influxd"))
@pytest.mark.parametrize("text", MEASUREMENTS)
def test_influxdb(text: str, tmp_path: Path) -> None:
    found, facts = read("influxdb", text, tmp_path)
    said = influx(text, tmp_path)
    http, tls = said["http"], said["tls"]
    host, _, port = str(http["bind-address"]).rpartition(":")
    assert found.authentication.known(None) is http["auth-enabled"]
    assert found.addresses.known(None) == ((host.strip("[]") or "*",) if http["enabled"] else ())
    assert found.port.known(0) == int(port)
    assert found.tls is not None and found.tls.known(None) is http["https-enabled"]
    kinds = {type(one).__name__ for one in facts}
    assert ("AccessLog" in kinds) is not http["log-enabled"]
    assert ("Verifying" in kinds) is said["subscriber"]["insecure-skip-verify"]
    lowest = next(
        (one.protocols.known(())[0] for one in facts if isinstance(one, Listener) and one.protocols), ""
    )
    assert lowest.lower().replace("v", "") == tls["min-version"]


@needs("influxd", where("influxd"))
def test_influxdb_is_locked_by_its_fixes(tmp_path: Path) -> None:
    start = f'[meta]\ndir = "{tmp_path}/meta"\n[data]\ndir = "{tmp_path}/data"\nwal-dir = "{tmp_path}/wal"\n'
    text = f'{start}[http]\nbind-address = ":8086"\npprof-enabled = true\n'
    made = fixed("influxdb", text, tmp_path)
    port, file = free_port(), tmp_path / "made.conf"
    assert (
        made
        == f'{start}[http]\nbind-address = "127.0.0.1:8086"\npprof-enabled = false\nauth-enabled = true\n'
    )
    head = f'bind-address = "127.0.0.1:{free_port()}"\n'
    file.write_text(head + made.replace("8086", str(port)))
    with listener([program("influxd"), "-config", str(file)], port, tmp_path / "log"):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/query?q=SHOW+DATABASES", timeout=BOUND)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/debug/pprof/", timeout=BOUND)


# --- ZooKeeper ---

_SASL = "authProvider.sasl=org.apache.zookeeper.server.auth.SASLAuthenticationProvider\n"
ENSEMBLES = (
    "clientPort=PORT\n",
    "clientPort = PORT\nclientPortAddress = 127.0.0.1\n",
    "clientPort: PORT\nclientPortAddress: 0.0.0.0\n",
    "clientPort=PORT\n4lw.commands.whitelist=*\n",
    "clientPort=PORT\n4lw.commands.whitelist=conf, srvr\n",
    "clientPort=PORT\nenforce.auth.enabled=true\nenforce.auth.schemes=digest\n",
    "clientPort=PORT\nenforce.auth.enabled=false\n",
    "clientPort=PORT\nskipACL=yes\n",
    "clientPort=PORT\nskipACL=no\n",
    f"clientPort PORT\nsessionRequireClientSASLAuth=true\n{_SASL}",
    f"clientPort=PORT\nclientPortAddress=127.0.0.1\n{_SASL}enforce.auth.enabled=true\nenforce.auth.schemes=sasl\n",
    "clientPort=PORT\nclientPortAddress=\\\n  127.0.0.1\n",
    "clientPort=1\n!clientPortAddress=1.1.1.1\nclientPort=PORT\n",
)
_JAR = Path("/usr/share/java/zookeeper.jar")


@needs("zookeeper", _JAR.exists())
def test_zookeeper_is_given_by_its_fixes_what_locks_it(tmp_path: Path) -> None:
    made = fixed("zookeeper", "clientPort=PORT\nadmin.enableServer=false\n", tmp_path)
    locked = next(text for text in ENSEMBLES if "enforce.auth.schemes=sasl" in text)
    assert sorted(made.splitlines()) == sorted((*locked.splitlines(), "admin.enableServer=false"))


def said_by(port: int, words: bytes) -> bytes:
    """What a four-letter command is answered with; a port that is open before the server is ready is asked again."""
    with socket.create_connection(("127.0.0.1", port), BOUND) as connection:
        connection.settimeout(1)
        connection.sendall(words)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def session(port: int) -> bool:
    """Whether a session without a credential may list the root (Record classes of the server's zookeeper.jute)."""
    connect = struct.pack(">iqiqi16s", 0, 0, 4000, 0, 16, bytes(16))
    names = struct.pack(">iii1s?", 1, 8, 1, b"/", False)
    with (
        socket.create_connection(("127.0.0.1", port), BOUND) as connection,
        connection.makefile("rwb") as stream,
    ):
        stream.write(struct.pack(">i", len(connect)) + connect)
        stream.flush()
        if not (head := stream.read(4)):
            return False
        stream.read(*struct.unpack(">i", head))
        stream.write(struct.pack(">i", len(names)) + names)
        stream.flush()
        if not (head := stream.read(4)):
            return False
        answer = stream.read(*struct.unpack(">i", head))
        return struct.unpack(">iqi", answer[:16])[2] == 0


@needs("zookeeper", _JAR.exists())
@pytest.mark.parametrize("text", turn("zookeeper", ENSEMBLES, 2))
def test_zookeeper(text: str, tmp_path: Path) -> None:
    found, _ = read("zookeeper", text.replace("PORT", "2181"), tmp_path)
    port, file = free_port(), tmp_path / "zoo.cfg"
    file.write_text(
        f"tickTime=2000\ndataDir={tmp_path}/data\nadmin.enableServer=false\n{text.replace('PORT', str(port))}"
    )
    command = [program("java"), "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", str(_JAR)]
    command += ["org.apache.zookeeper.server.quorum.QuorumPeerMain", str(file)]
    unsafe = {one.value for one in found.dangerous}
    with listener(command, port, tmp_path / "log"):
        answering(lambda: said_by(port, b"srvr").index(b"Node count"), ValueError, OSError)
        assert found.authentication.known(None) is not session(port)
        assert bool([a for a in found.addresses.known(()) if a != "127.0.0.1"]) is answers("127.0.0.2", port)
        everything = b"not in the whitelist" not in said_by(port, b"dump")
        assert (Switch.FOUR_LETTER_COMMANDS in unsafe) is everything


# --- Prometheus: one server, which takes each file in turn and shows it with secrets masked ---

_JOB = "scrape_configs:\n- job_name: api\n"
SCRAPES = (
    "global: {scrape_interval: 60s}\n",
    f"{_JOB}  static_configs: [{{targets: ['10.0.0.4:80']}}]\n",
    f"{_JOB}  basic_auth: {{username: a, password: Xk42qpw81Lz}}\n",
    f"{_JOB}  basic_auth: {{username: a, password_file: secret}}\n",
    f"{_JOB}  authorization: {{credentials: 8fKq2mZp4Rt7Yw3n}}\n",
    f"{_JOB}  authorization: {{credentials_file: secret}}\n",
    f"{_JOB}  bearer_token: 8fKq2mZp4Rt7Yw3n\n",
    f"{_JOB}  oauth2: {{client_id: a, client_secret: 8fKq2mZp4Rt7Yw3n, token_url: 'https://a.example.com/t'}}\n",
    f"{_JOB}  tls_config: {{insecure_skip_verify: true}}\n",
    f"{_JOB}  scheme: https\n  tls_config:\n    insecure_skip_verify: false\n",
    "remote_write:\n- url: https://a.example.com/w\n  basic_auth: {username: a, password: Xk42qpw81Lz}\n",
    "remote_write:\n- url: https://a:Xk42qpw81Lz@a.example.com/w\n  tls_config: {insecure_skip_verify: true}\n",
    "remote_read:\n- url: https://a.example.com/r\n  bearer_token: 8fKq2mZp4Rt7Yw3n\n",
    "alerting:\n  alertmanagers:\n  - scheme: https\n    tls_config: {insecure_skip_verify: true}\n",
)


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a Prometheus, and the file that it reads when it is asked to."""
    root, port = tmp_path_factory.mktemp("prometheus"), free_port()
    file = root / "prometheus.yml"
    file.write_text(SCRAPES[0])
    (root / "secret").write_text("x")
    command = [program("prometheus"), f"--config.file={file}", f"--storage.tsdb.path={root}/data"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--web.enable-lifecycle"]
    with listener(command, port, root / "log"):
        url = f"http://127.0.0.1:{port}"
        answering(lambda: urllib.request.urlopen(f"{url}/-/ready", timeout=BOUND).close(), OSError)
        yield url, file


@needs("prometheus", where("prometheus"))
@pytest.mark.parametrize("text", SCRAPES)
def test_prometheus(text: str, metrics: tuple[str, Path], tmp_path: Path) -> None:
    url, file = metrics
    file.write_text(text)
    urllib.request.urlopen(f"{url}/-/reload", b"", timeout=BOUND).close()
    with urllib.request.urlopen(f"{url}/api/v1/status/config", timeout=BOUND) as answer:
        said = json.load(answer)["data"]["yaml"]
    workspace = Workspace(tmp_path, {"prometheus.yml": text})
    found = list(
        technologies()["prometheus"].adapter().read(Unit("prometheus", ("prometheus.yml",)), workspace)
    )
    assert sum(isinstance(one, Secret) for one in found) == len(re.findall(r"<secret>|:xxxxx@", said))
    assert sum(isinstance(one, Verifying) for one in found) == said.count("insecure_skip_verify: true")


# --- What Debian's packages install (docs/defaults.md) ---

INSTALLED = {
    "/etc/mosquitto/mosquitto.conf": set[str](),
    "/etc/nats-server.conf": set[str](),
    "/etc/zookeeper/conf_example/zoo.cfg": {"store-authenticated", "store-private"},
    "/etc/influxdb/influxdb.conf": {"store-authenticated", "store-private"},
    "/etc/prometheus/prometheus.yml": set[str](),
}


@pytest.mark.parametrize("path", INSTALLED)
def test_what_a_package_installs(path: str, tmp_path: Path) -> None:
    if not Path(path).exists():
        without(path)
    found = review(Workspace(tmp_path, {path[1:]: Path(path).read_text()}), Policy())
    assert found.units and found.problems == []
    assert {one.control for one in found.findings} == INSTALLED[path]
