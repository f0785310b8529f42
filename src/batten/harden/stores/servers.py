"""How each store's server is started for a trial, on what was rendered for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from batten.cell import COPY, ROOM, Order
from batten.cell.programs import installed
from batten.model.record import record

SHELL = Path("/bin/sh")
BESIDE = ("/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin")
FOLDER = f"{ROOM}/data"
WRAPPED = (
    Path("/etc/hosts.allow"),
    Path("/etc/hosts.deny"),
)  # hosts_access(5): what libwrap cannot read, it denies
OWN = f"{ROOM}/own"  # copies that only their user may read


@record(kw_only=True)
class Server:
    """Its order without files and bounds, arguments that make its program answer and end, and where it finds its settings and
    keeps its data."""

    order: Order
    harmless: tuple[str, ...] = ("--version",)
    settings: str = COPY
    data: str = ROOM


@record(kw_only=True)
class Known:
    """The program of a kind, by its name, and how its server is made of the place where that is."""

    program: str
    made: Callable[[Path], Server | None]
    beside: Callable[[], tuple[Path, ...]] = lambda: ()

    def found(self) -> Server | None:
        """None where it is not installed."""
        path = installed(self.program, beside=(*self.beside(), *BESIDE))
        return None if path is None else self.made(path)


def _simple(
    *arguments: str, reserves: bool = False, harmless: str = "--version", visible: tuple[Path, ...] = ()
) -> Callable[[Path], Server]:
    def made(path: Path) -> Server:
        order = Order(path, arguments, visible=visible, reserves=reserves)
        return Server(order=order, harmless=(harmless,))

    return made


# https://mariadb.com/docs/server/server-management/install-and-upgrade-mariadb/installing-mariadb/mariadb-install-db: its
# tables, by the server itself; then what makes the application's user, before anybody is served.
_MARIADB = """
set -eu
{ printf '%s\\n' 'CREATE DATABASE mysql;' 'USE mysql;'; "$CAT" "$SHARED/mariadb_system_tables.sql" "$SHARED/mariadb_performance_tables.sql" \
  "$SHARED/mariadb_system_tables_data.sql" "$SHARED/maria_add_gis_sp_bootstrap.sql" "$SHARED/mariadb_sys_schema.sql"; } |
  "$SERVER" --no-defaults --bootstrap --datadir="$DATA"
exec "$SERVER" --defaults-file="$OWN/my.cnf" --socket="$DATA/s" --pid-file="$DATA/pid" \
  --init-file="$OWN/secrets/mariadb/users.sql"
"""


def _mariadb(path: Path) -> Server:
    places = (Path("/usr/share/mariadb"), Path("/usr/share/mysql"))
    shared = next((p for p in places if (p / "mariadb_system_tables.sql").exists()), places[0])
    cat = installed("cat", beside=BESIDE) or Path("/bin/cat")
    words = {
        "SERVER": str(path),
        "SHARED": str(shared),
        "CAT": str(cat),
        "DATA": ROOM,
        "OWN": COPY,
        "TMPDIR": ROOM,
    }
    order = Order(
        SHELL,
        ("-c", _MARIADB),
        loads=(path, cat),
        visible=(shared,),
        environment=words,
        forks=True,
        reserves=True,
    )
    return Server(order=order, harmless=("-c", "exit 0"))


# https://www.postgresql.org/docs/current/app-initdb.html, and a server for one user
# (https://www.postgresql.org/docs/current/app-postgres.html) for what makes the application's role.
_POSTGRESQL = """
set -eu
umask 077
"$COPIER" -r "$GIVEN" "$OWN"
"$PROGRAMS/initdb" -D "$DATA" -U owner --pwfile="$OWN/secrets/postgresql/owner-password" --auth=scram-sha-256 \
  --data-checksums --no-sync
echo 'CREATE DATABASE api' | "$PROGRAMS/postgres" --single -D "$DATA" postgres
"$PROGRAMS/postgres" --single -D "$DATA" api < "$OWN/secrets/postgresql/roles.sql"
exec "$PROGRAMS/postgres" -D "$DATA" -k "$DATA" -c config_file="$OWN/postgresql.conf" -c dynamic_shared_memory_type=mmap
"""


def _postgresql(path: Path) -> Server:
    """Its programs find libraries and tables beside themselves; they ask who they are."""
    folder = path.resolve().parent
    home = folder.parent
    folders = (
        home / "lib",
        home / "share",
        Path("/usr/share/postgresql", home.name),
        Path("/usr/share/zoneinfo"),
    )
    there = tuple(one for one in (*folders, Path("/etc/passwd")) if one.exists())
    copier = installed("cp", beside=BESIDE) or Path("/bin/cp")
    words = {"COPIER": str(copier), "GIVEN": COPY, "OWN": OWN, "PROGRAMS": str(folder), "DATA": FOLDER}
    programs = (copier, SHELL, folder / "initdb", folder / "postgres")
    order = Order(
        SHELL, ("-c", _POSTGRESQL), loads=programs, visible=there, environment=words,
        forks=True, reserves=True, segments=True,
    )  # fmt: skip
    return Server(order=order, harmless=("-c", "exit 0"), settings=OWN, data=FOLDER)


def _versions() -> tuple[Path, ...]:
    return tuple(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))


# What RabbitMQ's own script starts, without the tools that this needs: Erlang with the broker's code, and the daemon by which nodes
# find each other, both on loopback at ports beside the store's. https://www.rabbitmq.com/docs/networking#epmd
_RABBITMQ = """
set -eu
while read -r name equals value; do
  case "$name" in listeners.ssl.default) port=${value##*:} ;; esac
done < "$GIVEN/rabbitmq.conf"
export ERL_EPMD_PORT=$((port + 1)) RABBITMQ_DIST_PORT=$((port + 2))
"$BINDIR/epmd" -address 127.0.0.1 -port "$ERL_EPMD_PORT" &
exec "$BINDIR/erlexec" -pa "$CODE" -noinput -s rabbit boot -boot start_sasl +W w +S 2:2 \
  -os_mon start_cpu_sup false -os_mon start_disksup false -os_mon start_memsup false \
  -syslog logger '[]' -syslog syslog_error_logger false -kernel prevent_overlapping_partitions false
"""
_ERLANG = ("erlexec", "beam.smp", "erl_child_setup", "inet_gethost", "epmd")
_NAMES = tuple(map(Path, ("/etc/hosts", "/etc/nsswitch.conf", "/etc/passwd")))


def _rabbitmq(path: Path) -> Server | None:
    """None where Erlang and the broker are not laid out as packages of Debian and of the vendor have them."""
    erl = installed("erl", beside=BESIDE)
    root = erl.resolve().parent.parent if erl is not None else Path("/nowhere")
    programs = next(iter(sorted(root.glob("erts-*/bin"), reverse=True)), None)
    code = next(
        iter(sorted(Path("/usr/lib/rabbitmq/lib").glob("*/plugins/rabbit-*/ebin"), reverse=True)), None
    )
    if programs is None or code is None:
        return None
    home = code.parents[2]
    libraries = (*root.glob("lib/*/priv/lib/*.so"), *root.glob("lib/*/priv/*.so"))
    order = Order(
        SHELL, ("-c", _RABBITMQ), loads=(*(programs / name for name in _ERLANG), *libraries),
        visible=(root, home, *(one for one in _NAMES if one.exists())), environment={
    "ROOTDIR": str(root),
    "BINDIR": str(programs),
    "EMU": "beam",
    "PROGNAME": "erl",
    "PATH": str(programs),
    "CODE": str(code),
    "GIVEN": COPY,
    "HOME": ROOM,
    "ERL_EPMD_ADDRESS": "127.0.0.1",
    "ERL_LIBS": str(home / "plugins"),
    "RABBITMQ_HOME": str(home),
    "RABBITMQ_NODENAME": "proof@localhost",
    "RABBITMQ_MNESIA_BASE": FOLDER,
    "RABBITMQ_LOG_BASE": f"{ROOM}/logs",
    "RABBITMQ_CONFIG_FILE": f"{COPY}/rabbitmq.conf",
    "RABBITMQ_ENABLED_PLUGINS_FILE": f"{COPY}/enabled_plugins",
},
        forks=True, reserves=True,
    )  # fmt: skip
    return Server(order=order, harmless=("-c", "exit 0"))


SERVERS: Mapping[str, Known] = {
    "valkey": Known(program="valkey-server", made=_simple(f"{COPY}/valkey.conf")),
    "redis": Known(program="redis-server", made=_simple(f"{COPY}/redis.conf")),
    "mosquitto": Known(
        program="mosquitto",
        made=_simple("-c", f"{COPY}/mosquitto.conf", harmless="-h", visible=WRAPPED),
    ),
    "nats": Known(program="nats-server", made=_simple("--config", f"{COPY}/nats.conf", reserves=True)),
    "etcd": Known(program="etcd", made=_simple("--config-file", f"{COPY}/etcd.yaml", reserves=True)),
    "mariadb": Known(program="mariadbd", made=_mariadb),
    "rabbitmq": Known(program="rabbitmq-server", made=_rabbitmq),
    "postgresql": Known(program="postgres", made=_postgresql, beside=_versions),
}
