"""Servers live with what the fix writes: each is started as its image starts it, by steps of the entry point that its vendor
documents, with exactly the written user, capabilities, read-only root and folders in memory, and answers its protocol."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from batten.engine.fix import Wish, plan
from batten.formats import Workspace, yaml
from batten.formats.tree import plain
from batten.model import Safety
from batten.policy import Policy
from needs import needs, program, where
from servers import ended, free_port
from waiting import BOUND, until

CONTROLS = frozenset(
    ("container-unprivileged", "container-readonly-root", "container-no-new-privileges", "container-limited")
)
# A shell's steps of an entry point: root gives the data to the user of the image, and becomes that user.
STEPS = """set -e
if [ "$(id -u)" = 0 ]; then
{root}
exec setpriv --reuid={user} --regid={group} --clear-groups -- sh "$0"
fi
{start}
"""
ROOT = needs("root, who gives files to the users of images", os.geteuid() == 0, "run the tests as root")


@dataclass(frozen=True)
class Service:
    """A server as its image starts it. In `root`, `start` and `files`, {PORT} is where it listens."""

    image: str
    programs: tuple[tuple[str, ...], ...]  # one of each must be here
    ask: Callable[[int], bytes]
    answer: bytes
    start: str
    root: str = ""  # what its entry point does as root, before it becomes its user
    user: str = ""  # "" where it changes its user itself
    compose: str = ""  # more lines of the service
    data: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    image_folders: tuple[str, ...] = ()
    links: dict[str, str] = field(default_factory=dict)


def spoken(text: bytes) -> Callable[[int], bytes]:
    """What a server on a port answers to this."""

    def ask(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), BOUND) as connection:
            connection.sendall(text)
            return connection.recv(4096)

    return ask


def fetched(path: str) -> Callable[[int], bytes]:
    def ask(port: int) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=BOUND) as response:
            return cast(bytes, response.read())

    return ask


CHOWN = "find {} \\! -user {} -exec chown {} '{{}}' +"
SERVICES = {
    "postgres": Service(
        image="postgres:15.14",
        programs=(
            ("/usr/lib/postgresql/15/bin/postgres", "postgres"),
            ("initdb", "/usr/lib/postgresql/15/bin/initdb"),
        ),
        ask=spoken(b"\0\0\0\x08\x04\xd2\x16\x2f"),  # SSLRequest
        answer=b"N",
        root="mkdir -p /var/lib/postgresql/data /var/run/postgresql\nchmod 700 /var/lib/postgresql/data\n"
        "chmod 3775 /var/run/postgresql\n"
        + CHOWN.format("/var/lib/postgresql/data", "postgres", "postgres")
        + "\n"
        + CHOWN.format("/var/run/postgresql", "postgres", "postgres"),
        start='export PATH="/usr/lib/postgresql/15/bin:$PATH"\ncd /var/lib/postgresql/data\n'
        "[ -s PG_VERSION ] || initdb -D . -A trust >/dev/null\n"
        "exec postgres -D . -p {PORT} -c unix_socket_directories=/var/run/postgresql -c listen_addresses=127.0.0.1",
        user="999:999",
        data=("/var/lib/postgresql/data",),
    ),
    "redis": Service(
        image="redis:7.4.2",
        programs=(("redis-server",),),
        ask=spoken(b"SET a 1\r\nSAVE\r\n"),
        answer=b"+OK",
        root="cd /data\n" + CHOWN.format(".", "redis", "redis"),
        start="cd /data\nexec redis-server --port {PORT}",
        user="999:999",
        data=("/data",),
    ),
    "valkey": Service(
        image="valkey/valkey:8.0",
        programs=(("valkey-server",),),
        ask=spoken(b"SET a 1\r\nSAVE\r\n"),
        answer=b"+OK",
        root="cd /data\n" + CHOWN.format(".", "valkey", "valkey"),
        start="cd /data\nexec valkey-server --port {PORT}",
        user="999:999",
        data=("/data",),
    ),
    "nginx": Service(
        image="nginx:1.30.0",
        programs=(("nginx",),),
        ask=fetched("/"),
        answer=b"in the file",
        start='exec nginx -c /etc/nginx/nginx.conf -g "daemon off;"',
        compose="    volumes:\n      - ./nginx.conf:/etc/nginx/nginx.conf:ro\n",
        files={
            "/etc/nginx/nginx.conf": "user nginx;\nerror_log stderr notice;\npid /run/nginx.pid;\nevents {}\nhttp {\n"
            "  access_log off;\n  client_body_temp_path /var/cache/nginx/client_temp;\n"
            "  proxy_temp_path /var/cache/nginx/proxy_temp;\n  fastcgi_temp_path /var/cache/nginx/fastcgi_temp;\n"
            "  uwsgi_temp_path /var/cache/nginx/uwsgi_temp;\n  scgi_temp_path /var/cache/nginx/scgi_temp;\n"
            "  server { listen 127.0.0.1:{PORT}; root /srv/page; }\n}\n",
            "/srv/page/index.html": "in the file\n",
        },
        image_folders=("/var/cache/nginx", "/var/log/nginx", "/var/lib/nginx"),
    ),
    "rabbitmq": Service(
        image="rabbitmq:4.1",
        programs=(("rabbitmq-server",), ("erl",)),
        ask=spoken(b"AMQP\0\0\x09\x01"),
        answer=b"\x01\0\0",
        root=CHOWN.format("/var/lib/rabbitmq", "rabbitmq", "rabbitmq"),
        start="export HOME=/var/lib/rabbitmq RABBITMQ_NODE_PORT={PORT} RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_LOGS=-\n"
        "export RABBITMQ_NODENAME=n{PORT}@localhost RABBITMQ_DIST_PORT={DIST} RABBITMQ_MNESIA_BASE=/var/lib/rabbitmq/mnesia\n"
        'export ERL_EPMD_PORT={EPMD} ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2"\n'
        "export RABBITMQ_ENABLED_PLUGINS_FILE=/etc/rabbitmq/enabled_plugins\n"
        "exec /usr/lib/rabbitmq/bin/rabbitmq-server",
        user="999:999",
        data=("/var/lib/rabbitmq",),
        files={"/etc/rabbitmq/enabled_plugins": "[].\n"},
        image_folders=("/var/log/rabbitmq",),
    ),
    "mosquitto": Service(
        image="eclipse-mosquitto:2.0.20",
        programs=(("mosquitto",),),
        ask=spoken(b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a"),
        answer=b"\x20\x02\0\0",
        root="chown -R mosquitto:mosquitto /mosquitto || true\nexec mosquitto -c /mosquitto/config/mosquitto.conf",
        start="false",
        compose="    volumes:\n      - ./mosquitto.conf:/mosquitto/config/mosquitto.conf:ro\n",
        data=("/mosquitto/data", "/mosquitto/log"),
        files={
            "/mosquitto/config/mosquitto.conf": "listener {PORT} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            "persistence_location /mosquitto/data/\nuser mosquitto\n"
        },
    ),
    "prometheus": Service(
        image="prom/prometheus:v3.5.0",
        programs=(("prometheus",),),
        ask=fetched("/-/healthy"),
        answer=b"Healthy",
        start="cd /prometheus\nexec prometheus --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/prometheus "
        "--web.listen-address=127.0.0.1:{PORT}",
        compose="    volumes:\n      - ./prometheus.yml:/etc/prometheus/prometheus.yml:ro\n",
        data=("/prometheus",),
        files={"/etc/prometheus/prometheus.yml": "global: {scrape_interval: 60s}\n"},
    ),
    "memcached": Service(
        image="memcached:1.6.39",
        programs=(("memcached",),),
        ask=spoken(b"set a 0 0 1\r\n1\r\n"),
        answer=b"STORED",
        start="exec memcached -l 127.0.0.1 -p {PORT}",
    ),
}
ACCOUNTS = {
    "postgres": 999, "redis": 999, "valkey": 999, "rabbitmq": 999, "nginx": 101, "mosquitto": 1883, "prometheus": 65534,
    "memcached": 11211,
}  # fmt: skip
STARTS_AS = {"prometheus": "65534:65534", "memcached": "11211:11211"}  # what the Dockerfile's USER says


def written(service: Service, folder: Path) -> dict[str, Any]:
    """The service of a Compose file, with what the fix writes."""
    text = f"services:\n  it:\n    image: {service.image}\n{service.compose}"
    sources = {
        f"{Path(name).name}": held for name, held in service.files.items() if f"./{Path(name).name}:" in text
    }
    workspace = Workspace(folder, {"compose.yaml": text, **sources})
    wish = Wish(frozenset((Safety.SAFE, Safety.RISKY)), CONTROLS, validate=False)
    made = cast(Any, plain(yaml.parse(plan(workspace, Policy(), wish).texts["compose.yaml"])))
    return cast(dict[str, Any], made["services"]["it"])


def sandbox(name: str, service: Service, limits: dict[str, Any], folder: Path, port: int) -> list[str]:
    """The command that starts the service in what the Compose file gives it."""
    uid = ACCOUNTS[name]
    accounts = folder / "accounts"
    accounts.mkdir()
    (accounts / "passwd").write_text(
        f"root:x:0:0::/root:/bin/sh\n{name if uid != 65534 else 'nobody'}:x:{uid}:{uid}::/:/bin/sh\n"
    )
    (accounts / "group").write_text(f"root:x:0:\n{name if uid != 65534 else 'nobody'}:x:{uid}:\n")
    found = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--tmpfs", "/"]
    for system in ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc"):
        found += ["--ro-bind-try", system, system]
    for file in ("passwd", "group"):
        found += ["--ro-bind", str(accounts / file), f"/etc/{file}"]
    found += ["--proc", "/proc", "--dev", "/dev"]
    found += [
        "--perms",
        "0755",
        "--dir",
        "/run",
        "--perms",
        "0755",
        "--dir",
        "/var",
        "--symlink",
        "/run",
        "/var/run",
    ]
    numbers = {"{PORT}": port, "{DIST}": free_port(), "{EPMD}": free_port()}
    for path in (*service.image_folders, *service.data, *service.files, *limits.get("tmpfs", ())):
        parents = [str(parent) for parent in reversed(Path(path.replace("/var/run", "/run", 1)).parents)]
        found += [word for parent in parents[1:] for word in ("--perms", "0755", "--dir", parent)]
    for path in service.image_folders:
        found += ["--perms", "0755", "--dir", path]
    for number, (path, text) in enumerate(service.files.items()):
        kept = folder / f"file-{number}"
        kept.write_text(_with(text, numbers))
        kept.chmod(0o644)
        parent = str(Path(path).parent)
        found += ["--perms", "0755", "--tmpfs", parent] if parent.startswith("/etc/") else []
        found += ["--ro-bind", str(kept), path]
    for number, path in enumerate(service.data):
        kept = folder / f"data-{number}"
        kept.mkdir()
        if name in STARTS_AS:
            os.chown(kept, uid, uid)  # as a new volume has it of its image
        found += ["--bind", str(kept), path]
    for path in limits.get("tmpfs", ()):
        real = path.replace("/var/run", "/run", 1)
        found += ["--perms", "1777", "--tmpfs", real]
    root, start = _with(service.root, numbers), _with(service.start, numbers)
    user, _, group = service.user.partition(":")
    script = folder / "entry.sh"
    script.write_text(STEPS.format(root=root, start=start, user=user, group=group) if root else start)
    script.chmod(0o755)
    found += ["--ro-bind", str(script), "/entry.sh"]
    if limits.get("read_only"):
        found += ["--remount-ro", "/"]
    found += ["--clearenv", "--setenv", "PATH", os.environ["PATH"], "--cap-drop", "ALL"]
    starts = limits.get("user", STARTS_AS.get(name, "0"))
    assert (
        limits["cap_drop"] == ["ALL"] and "no-new-privileges:true" in limits["security_opt"]
    )  # bwrap sets that always
    for capability in limits.get("cap_add", ()):
        found += ["--cap-add", f"CAP_{capability}"]
    if starts == "0":
        return [*found, "sh", "/entry.sh"]
    uid_, _, gid_ = starts.partition(":")
    # Docker starts the process as its user; bwrap as root, which has to become that user first.
    become = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    drop = ["setpriv", f"--reuid={uid_}", f"--regid={gid_ or uid_}", "--clear-groups", "--inh-caps=-all"]
    return [*found, *become, *drop, "--", "sh", "/entry.sh"]


def _with(text: str, numbers: dict[str, int]) -> str:
    return re.sub("|".join(map(re.escape, numbers)), lambda found: str(numbers[found[0]]), text)


@contextmanager
def started(
    name: str, limits: dict[str, Any], folder: Path
) -> Iterator[tuple[int, subprocess.Popen[bytes], Path]]:
    service, port, log = SERVICES[name], free_port(), folder / "log"
    folder.chmod(0o755)
    command = sandbox(name, service, limits, folder, port)
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        yield port, process, log
    finally:
        ended(process)


def there(name: str) -> bool:
    return bool(where("bwrap")) and all(where(*names) for names in SERVICES[name].programs)


def answers(name: str, port: int, process: subprocess.Popen[bytes]) -> bool:
    """Whether it answers its protocol before it ends."""

    def asked() -> str:
        if process.poll() is not None:
            return "ended"
        try:
            return "answered" if SERVICES[name].answer in SERVICES[name].ask(port) else ""
        except OSError:
            return ""

    return until(asked, f"{name} answers") == "answered"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[ROOT, needs(name, there(name))]) for name in SERVICES]
)
def test_a_server_answers_with_what_the_fix_writes(name: str, tmp_path: Path) -> None:
    limits = written(SERVICES[name], tmp_path)
    assert limits["read_only"] is True
    with started(name, limits, tmp_path) as (port, process, log):
        assert answers(name, port, process), log.read_text()


# What the fix would do without a profile: the same server does not start.
LESS = {
    "postgres": {"tmpfs": []},
    "redis": {"cap_add": []},
    "valkey": {"cap_add": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETUID"]},
    "nginx": {"tmpfs": ["/tmp"]},
    "mosquitto": {"cap_add": []},
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[ROOT, needs(name, there(name))]) for name in LESS]
)
def test_it_ends_with_less(name: str, tmp_path: Path) -> None:
    limits = written(SERVICES[name], tmp_path) | LESS[name]
    with started(name, limits, tmp_path) as (port, process, log):
        assert not answers(name, port, process), log.read_text()


def test_the_programs_are_looked_for() -> None:
    assert program("sh")
