"""The stacks of tests/stacks/planted that run here: their own files, of which only addresses, folders and names are others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml
from live_servers import authority, certificate, running, write_anchor, write_pem

from batten.model.record import record
from needs import package, program, without
from servers import free_port
from waiting import until

STACKS = Path(__file__).resolve().parents[1] / "stacks" / "planted"
SECRET = "long-Enough-7"
DJANGO_KEY = "k0Vh3-q8Zr1LwXn5TcVb3MkYp0-d7Jw2kXv9LmT4rZb8sNc-92"


@record(kw_only=True)
class Stack:
    """One that runs: where its copy is, at which ports its edge and its store listen."""

    folder: Path
    url: str
    plain: str
    ca: str
    store: int


@contextmanager
def parcels(folder: Path, state: str) -> Iterator[Stack]:
    """PostgreSQL, Django under Gunicorn, and nginx."""
    package("corsheaders")
    own = Path(tempfile.mkdtemp(prefix="batten-parcels-"))  # other users may read it, unlike a test's folder
    try:
        own.chmod(0o755)
        shutil.copytree(STACKS / "parcels-django" / state, own / "parcels")
        _secrets(own)
        tls, plain, app, db = (free_port() for _ in range(4))
        _placed(own, tls, plain, app, db)
        with _postgresql(own, db), _gunicorn(own, app, db), _nginx(own, tls):
            yield Stack(
                folder=own / "parcels",
                url=f"https://localhost:{tls}",
                plain=f"http://localhost:{plain}",
                ca=str(own / "secrets" / "ca.crt"),
                store=db,
            )
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _secrets(own: Path) -> None:
    """Certificates of one authority, and what Compose mounts as secrets."""
    secrets = own / "secrets"
    secrets.mkdir()
    anchor = authority()
    shutil.move(write_anchor(secrets, anchor), secrets / "ca.crt")
    for name, host in (("edge", "localhost"), ("api", "api"), ("db", "localhost")):
        certificate_file, key = write_pem(secrets, certificate(anchor, host))
        certificate_file.rename(secrets / f"{name}.crt")
        key.rename(secrets / f"{name}.key")
    for name in ("api-ca.crt", "db-ca.crt"):
        shutil.copy(secrets / "ca.crt", secrets / name)
    (secrets / "django_secret_key").write_text(DJANGO_KEY)
    (secrets / "db_password").write_text(SECRET)


def _placed(own: Path, tls: int, plain: int, app: int, db: int) -> None:
    """Ports and folders of this machine in the stack's files; nothing else is changed."""
    user = "root" if os.geteuid() == 0 else ""
    changes = {
        " /tmp/": f" {own}/",
        "https://api.parcels.example$request_uri": f"https://localhost:{tls}$request_uri",
        "api.parcels.example": "localhost",
        "listen 8080": f"listen 127.0.0.1:{plain}",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 8443": f"listen 127.0.0.1:{tls}",
        "listen 443": f"listen 127.0.0.1:{tls}",
        "//api:8000": f"//127.0.0.1:{app}",
        "0.0.0.0:8000": f"127.0.0.1:{app}",
        "/run/secrets/": f"{own}/secrets/",
        "/etc/nginx/certs/": f"{own}/secrets/",
        "/etc/nginx/snippets/": f"{own}/parcels/nginx/",
        "/etc/postgresql/": f"{own}/parcels/postgres/",
        "/var/log/nginx/": f"{own}/",
        "/dev/stdout": f"{own}/access.log",
        "/srv/": f"{own}/served/",
        "user nginx;": f"user {user};" if user else "",
        "listen_addresses = '*'": "listen_addresses = '127.0.0.1'",
        "port = 5432": f"port = {db}",
    }
    for place in (own / "parcels").rglob("*.conf"):
        _changed(place, changes)
    for place in (own / "parcels" / "app" / "gunicorn.conf.py", own / "parcels" / "openapi.yaml"):
        _changed(place, changes)
    known = own / "served" / "www" / ".well-known"
    known.mkdir(parents=True)
    (own / "served" / "static").mkdir()
    (own / "served" / "static" / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>\n")
    if (contact := own / "parcels" / "nginx" / "security.txt").exists():
        shutil.copy(contact, known)


def _changed(place: Path, changes: Mapping[str, str]) -> None:
    text = place.read_text()
    for old, new in changes.items():
        text = text.replace(old, new)
    place.write_text(text)


@contextmanager
def orders(folder: Path, state: str) -> Iterator[Stack]:
    """Redis with the ConfigMap's settings, and the Express application over TLS, where the ingress is in the cluster."""
    modules = Path("/usr/share/nodejs")  # where Debian's node-express puts it
    if not (modules / "express").is_dir():
        without("node-express")
    shutil.copytree(STACKS / "orders-express" / state, folder / "orders")
    _secrets(folder)
    port, store = free_port(), free_port()
    contract = folder / "orders" / "openapi.yaml"
    _changed(contract, {"api.orders.example": "localhost"})
    arguments = [str(folder / "orders"), str(port), str(store), state, str(folder / "secrets")]
    script = Path(__file__).with_name("planted_orders.js")
    with _redis(folder, store):
        command = ["env", f"NODE_PATH={modules}", program("node"), str(script), *arguments]
        with running(
            command, port, folder, environment={"NODE_ENV": "production", "REQUESTS_PER_MINUTE": "100000"}
        ):
            yield Stack(
                folder=folder / "orders",
                url=f"https://localhost:{port}",
                plain="",
                ca=str(folder / "secrets" / "ca.crt"),
                store=store,
            )


@contextmanager
def _redis(folder: Path, port: int) -> Iterator[None]:
    (settings, *_) = yaml.safe_load_all((folder / "orders" / "k8s" / "redis.yaml").read_text())
    place = folder / "redis.conf"
    place.write_text(settings["data"]["redis.conf"])
    changes = {
        "bind * -::*": "bind 127.0.0.1",
        "port 6379": f"port {port}",
        "/etc/redis/tls/tls.": f"{folder}/secrets/edge.",
        "/etc/redis/tls/ca.crt": f"{folder}/secrets/ca.crt",
        "/etc/redis/acl/": f"{folder}/",
    }
    _changed(place, changes)
    users = f"user default off\nuser api on >{SECRET} ~session:* ~rate:* +get +set +incr +expire\n"
    (folder / "users.acl").write_text(users)
    logs = folder / "redis"
    logs.mkdir()
    with running([program("redis-server"), str(place)], port, logs):
        yield


@contextmanager
def _postgresql(own: Path, port: int) -> Iterator[None]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))  # the one of the wheel is built without TLS
    programs = found[-1] if found else without("postgresql")
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    data, key = own / "data", own / "secrets" / "db.key"
    data.mkdir()
    key.chmod(0o600)
    for path in (data, key) if user else ():
        shutil.chown(path, user)
    made = [
        "initdb",
        "-D",
        str(data),
        "-U",
        "parcels",
        "-N",
        "--pwfile",
        str(own / "secrets" / "db_password"),
    ]
    subprocess.run([programs / made[0], *made[1:]], check=True, capture_output=True, user=user, cwd="/")
    server = [str(programs / "postgres"), "-D", str(data), "-F"]
    server += [
        "-c",
        f"config_file={own}/parcels/postgres/postgresql.conf",
        "-c",
        f"unix_socket_directories={data}",
    ]
    logs = own / "postgres"
    logs.mkdir()
    with running(server, port, logs, user):
        status = data / "postmaster.pid"
        until(lambda: status.exists() and "ready" in status.read_text(), "PostgreSQL is ready")
        create = [programs / "createdb", "-h", str(data), "-p", str(port), "-U", "parcels", "parcels"]
        subprocess.run(create, env=os.environ | {"PGPASSWORD": SECRET}, check=True, user=user, cwd="/")
        yield


@contextmanager
def _gunicorn(own: Path, port: int, db: int) -> Iterator[None]:
    app = own / "parcels" / "app"
    variables = {
        "DJANGO_ALLOWED_HOSTS": "localhost",
        "SECRETS_DIR": f"{own}/secrets",
        "DB_HOST": "localhost",
        "DB_PORT": str(db),
        "DB_NAME": "parcels",
        "DB_USER": "parcels",
        "DB_PASSWORD": SECRET,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=app,
        env=os.environ | variables,
        check=True,
    )
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        "gunicorn.conf.py",
        "--chdir",
        str(app),
        "--workers=1",
    ]
    with running([*command, "parcels.wsgi:application"], port, app, environment=variables):
        yield


@contextmanager
def _nginx(own: Path, port: int) -> Iterator[None]:
    edge = own / "edge"
    edge.mkdir()
    command = [program("nginx"), "-p", str(edge), "-c", str(own / "parcels" / "nginx" / "nginx.conf")]
    with running([*command, "-g", "daemon off;"], port, edge):
        yield
