"""An edge, a certificate authority and a client of ACME in a network of their own: `python acme_namespace.py ENGINE FOLDER`.

Started by `unshare --net --mount`, so ports 80 and 443 and the names of the edge are nobody else's. Prints what was seen as JSON.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from deployments import POLICY, contract
from edge_servers import upstream

from batten.engine.hardening.asked import Asked, intent_of
from batten.engine.hardening.edge_alone import program_of
from batten.harden import targets
from batten.harden.acme import CHAIN, KEY
from batten.harden.acme_client import PLACEHOLDER, command
from batten.harden.intent import Intent
from batten.harden.stack import APPLICATION, CLIENT
from needs import program
from proofs import PROOF
from waiting import answering, listening, until

Json = dict[str, Any]
T = TypeVar("T")
NAMES = ("shop.example.com", "www.example.com")
CA, DIRECTORY = "ca.example.net", "https://ca.example.net:9443/acme/local/directory"
SECONDS = 120.0  # for a certificate
NOBODY = 65_534
_RELOADS = {"nginx": signal.SIGHUP, "haproxy": signal.SIGUSR2}
_UP = 0x8914, 0x1  # SIOCSIFFLAGS, IFF_UP (netdevice(7))


@dataclass
class Visitor(threading.Thread):
    """Asks again and again, each time on a new connection."""

    context: ssl.SSLContext
    served: int = 0
    wrong: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        while not self.done.is_set():
            try:
                said = _asked(self.context)
                self.served += said.startswith(b"HTTP/1.1 200")
                if not said.startswith(b"HTTP/1.1 200"):
                    self.wrong.append(said[:60].decode("latin-1"))
            except OSError as error:
                self.wrong.append(str(error))


def _asked(context: ssl.SSLContext) -> bytes:
    request = b"GET /v1/health HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n"
    with (
        socket.create_connection((NAMES[0], 443), 10) as link,
        context.wrap_socket(link, server_hostname=NAMES[0]) as tls,
    ):
        tls.sendall(request)
        return b"".join(iter(lambda: tls.recv(4096), b""))


def shown(name: str = NAMES[0]) -> x509.Certificate:
    """What the edge shows to a client that asks for nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((name, 443), 10) as link,
        context.wrap_socket(link, server_hostname=name) as tls,
    ):
        data = tls.getpeercert(True)
    assert data is not None
    return x509.load_der_x509_certificate(data)


def alone(folder: Path) -> None:
    """Loopback, and the names of the trial, in this network and this view of the files."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _UP[0], struct.pack("16sH14x", b"lo", _UP[1]))
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {CA} {' '.join((*NAMES, APPLICATION, CLIENT))}\n")
    subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)


@contextmanager
def running(words: list[str], log: Path, port: int, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as said:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env={**os.environ, **environment}
        )
    try:
        listening(port, process, log)
        yield process
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def authority(folder: Path, lifetime: str) -> Iterator[Path]:
    """The root of its certificates."""
    kept, config = folder / "ca", folder / "authority.json"
    config.write_text(json.dumps(_authority(kept, lifetime)))
    words = [AUTHORITY if lifetime else program("caddy"), "run", "--config", str(config)]
    with running(words, folder / "authority.log", 9443, HOME=str(folder)):
        root = kept / "pki" / "authorities" / "local" / "root.crt"
        until(root.exists, "the authority has its root")
        context = ssl.create_default_context(cafile=str(root))
        answering(lambda: _greeted(context), OSError)
        (folder / "root.crt").write_bytes(root.read_bytes())
        yield folder / "root.crt"


def _authority(kept: Path, lifetime: str) -> Json:
    """Caddy as an authority (https://caddyserver.com/docs/json/apps/http/servers/routes/handle/acme_server/)."""
    handler = {"handler": "acme_server", **({"lifetime": lifetime} if lifetime else {})}
    server = {"listen": [":9443"], "routes": [{"match": [{"host": [CA]}], "handle": [handler]}]}
    return {
        "admin": {"disabled": True},
        "storage": {"module": "file_system", "root": str(kept)},
        "apps": {
            "http": {"http_port": 9080, "https_port": 9443, "servers": {"authority": server}},
            "pki": {"certificate_authorities": {"local": {"install_trust": False}}},
            "tls": {"automation": {"policies": [{"subjects": [CA], "issuers": [{"module": "internal"}]}]}},
        },
    }


def _greeted(context: ssl.SSLContext) -> None:
    with socket.create_connection((CA, 9443), 5) as link:
        context.wrap_socket(link, server_hostname=CA).close()


def asked(engine: str, folder: Path, url: str) -> Intent:
    """What the command line would ask for, in folders of the trial's own."""
    words = Asked(
        target=engine, names=NAMES, acme=True, acme_directory=DIRECTORY, acme_email="ops@example.com", upstream=url,
        listen="443", plain="80", prefix=str(folder / "run"),
    )  # fmt: skip
    found = intent_of(words, contract(), POLICY)
    assert found.acme is not None
    acme = replace(found.acme, folder=str(folder / "acme"))
    certificate, key = f"{acme.served}/{CHAIN}", f"{acme.served}/{KEY}"
    options = replace(
        found.options,
        rate=100_000,
        connections=1_000,
        settings=str(folder / "out"),
        certificate=certificate,
        key=key,
    )
    return replace(found, acme=acme, options=options)


def written(engine: str, intent: Intent, folder: Path, change: Callable[[str], str]) -> None:
    """Files and placeholders where the notes and tmpfiles.d put them."""
    assert intent.acme is not None
    made = targets.render(engine, intent)
    for path, text in made.files.items():
        place = folder / "out" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(change(text))
    (folder / "run").mkdir()
    served = Path(intent.acme.served)
    for place in (served, Path(intent.acme.webroot)):
        place.mkdir(parents=True)
    earlier: dict[str, bytes] = {}
    for secret in made.secrets:
        earlier[secret.path] = secret.make(earlier)
        assert secret.path.startswith(f"{PLACEHOLDER}/")
        (served / Path(secret.path).name).write_bytes(earlier[secret.path])
    if os.getuid() == 0 and not mapped():
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", intent.acme.state], check=True)


def arguments(engine: str, folder: Path) -> list[str]:
    out = str(folder / "out")
    return {
        "nginx": ["-p", f"{folder}/run/", "-c", f"{out}/nginx.conf", "-g", "daemon off;"],
        "haproxy": ["-W", "-db", "-f", f"{out}/haproxy.cfg"],
        "envoy": [
            "-c",
            f"{out}/envoy.yaml",
            "--disable-hot-restart",
            "--concurrency",
            "1",
            "--log-level",
            "warning",
        ],
        "caddy": ["run", "--config", f"{out}/Caddyfile", "--adapter", "caddyfile"],
        "traefik": [f"--configFile={out}/traefik.yaml"],
    }[engine]


def client(engine: str, intent: Intent, folder: Path, root: Path, *more: str) -> None:
    """certbot with the arguments of its unit, as another user where there is one that can start it."""
    assert intent.acme is not None
    hook = f"/bin/sh {folder}/out/acme/deploy.sh"
    caps = "-all" if engine == "nginx" else "+net_bind_service"
    words = [*other(caps), CERTBOT, *command(intent.acme, NAMES, engine == "nginx", hook), *more]
    trust = {**os.environ, "REQUESTS_CA_BUNDLE": str(root), "HOME": str(folder)}
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=SECONDS, env=trust)
    assert done.returncode == 0, done.stdout + done.stderr


def other(caps: str) -> list[str]:
    """What makes a command another user's; nothing where that user may not read certbot's Python, or is not known here."""
    user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", f"--inh-caps={caps}"]
    words = ["setpriv", *user, f"--ambient-caps={caps}", "--no-new-privs"]
    if os.getuid() != 0 or mapped():
        return []
    return (
        words
        if not subprocess.run([*words, CERTBOT, "--version"], capture_output=True, check=False).returncode
        else []
    )


def mapped() -> bool:
    """Whether this root is another user outside: there is no other here, then."""
    return Path("/proc/self/uid_map").read_text().split()[-1] == "1"


def reloaded(engine: str, process: subprocess.Popen[bytes], earlier: x509.Certificate) -> x509.Certificate:
    """What the unit that watches the certificate does, and what the edge shows then."""
    if engine in _RELOADS:
        process.send_signal(_RELOADS[engine])
    return renewed(earlier)


def renewed(earlier: x509.Certificate) -> x509.Certificate:
    """The next certificate that the edge shows."""
    found = until(lambda: another(earlier), "the edge shows the new certificate")
    assert found is not None
    return found


def another(earlier: x509.Certificate) -> x509.Certificate | None:
    found = shown()
    return found if found.serial_number != earlier.serial_number else None


def seen(engine: str, folder: Path) -> dict[str, object]:
    itself = engine in ("caddy", "traefik")
    with ExitStack() as held:
        root = held.enter_context(authority(folder, "5m" if engine == "traefik" else ""))
        intent = asked(engine, folder, held.enter_context(upstream()))
        written(engine, intent, folder, HURRY.get(engine, str))
        words = [str(program_of(engine)), *arguments(engine, folder)]
        if engine == "caddy":
            words = [words[0], "run", "--config", str(_hurrying(words[0], folder))]
        trust = {"SSL_CERT_FILE": str(root), "HOME": str(folder), "LEGO_CA_CERTIFICATES": str(root)}
        edge = held.enter_context(running(words, folder / "edge.log", 443, **trust))
        return (_itself if itself else _beside)(engine, intent, folder, root, edge)


def _hurrying(program: str, folder: Path) -> Path:
    """Caddy looks every ten minutes, and renews in the last third: here every two seconds, and nearly at once."""
    config = ["adapt", "--config", str(folder / "out" / "Caddyfile"), "--adapter", "caddyfile"]
    document = json.loads(subprocess.run([program, *config], capture_output=True, check=True).stdout)
    automation = document["apps"]["tls"]["automation"]
    automation["renew_interval"] = "2s"
    for policy in automation["policies"]:
        policy["renewal_window_ratio"] = 0.9999
    place = folder / "out" / "caddy.json"
    place.write_text(json.dumps(document))
    return place


# Traefik looks every day: for certificates of hours it looks every minute.
HURRY: dict[str, Callable[[str], str]] = {
    "traefik": lambda text: re.sub(
        r"( +)keyType: EC256\n", r"\g<0>\1certificatesDuration: 1\n", text, count=1
    ),
}


def _beside(
    engine: str, intent: Intent, folder: Path, root: Path, edge: subprocess.Popen[bytes]
) -> dict[str, object]:
    placeholder = shown()
    client(engine, intent, folder, root)
    first = reloaded(engine, edge, placeholder)
    until(
        lambda: all(another(placeholder) for _ in range(20)), "no process of the edge shows the placeholder"
    )
    visitor = Visitor(ssl.create_default_context(cafile=str(root)))
    visitor.start()
    until(lambda: visitor.served > 20 or visitor.wrong, "visitors are served")
    if PROOF:
        client(engine, intent, folder, root)  # nothing is to be done yet
    kept = shown()
    client(engine, intent, folder, root, "--force-renewal")
    second = reloaded(engine, edge, first)
    return told(visitor, placeholder, first, kept, second, folder)


def _itself(
    engine: str, intent: Intent, folder: Path, root: Path, edge: subprocess.Popen[bytes]
) -> dict[str, object]:
    context = ssl.create_default_context(cafile=str(root))
    answering(lambda: _asked(context), OSError)
    first = shown()
    visitor = Visitor(context)
    visitor.start()
    second = renewed(first)
    return told(visitor, first, first, first, second, folder)


def told(
    visitor: Visitor,
    placeholder: x509.Certificate,
    first: x509.Certificate,
    kept: x509.Certificate,
    second: x509.Certificate,
    folder: Path,
) -> dict[str, object]:
    count = visitor.served
    until(
        lambda: visitor.served > count + 20 or visitor.wrong, "visitors are served with the new certificate"
    )
    visitor.done.set()
    visitor.join()
    names = second.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    key = second.public_key()
    return {
        "placeholder": placeholder.issuer == placeholder.subject,
        "issuer": second.issuer.rfc4514_string(),
        "names": sorted(names.get_values_for_type(x509.DNSName)),
        "curve": key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__,
        "kept": kept.serial_number == first.serial_number,
        "new key": key != first.public_key(),
        "served": visitor.served,
        "wrong": visitor.wrong[:5],
        "open": open_secrets(folder),
    }


def open_secrets(folder: Path) -> list[str]:
    """Files that hold a key and that others read."""
    holding = (
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and "ca" not in path.parts[len(folder.parts) : len(folder.parts) + 1]
    )
    return sorted(
        str(path.relative_to(folder))
        for path in holding
        if b"PRIVATE KEY" in path.read_bytes() and path.stat().st_mode & 0o007
    )


CERTBOT, AUTHORITY = (os.environ.get(name, "") for name in ("BATTEN_CERTBOT", "BATTEN_AUTHORITY"))

if __name__ == "__main__":
    where = Path(sys.argv[2])
    alone(where)
    print(json.dumps(seen(sys.argv[1], where)))
