"""The same for an edge of Compose and the container beside it: `python acme_contained.py ENGINE FOLDER`. Their scripts run as they
are, but for their folders, their pauses, and the ports that Docker would forward.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from acme_namespace import (
    CERTBOT,
    DIRECTORY,
    NAMES,
    NOBODY,
    Visitor,
    alone,
    another,
    authority,
    mapped,
    other,
    renewed,
    running,
    shown,
    told,
)
from deployments import POLICY, contract, image
from edge_servers import upstream

from batten.engine.hardening.asked import Asked, intent_of
from batten.engine.hardening.edge_alone import program_of
from batten.harden import targets
from batten.harden.images import STARTS
from batten.harden.intent import Intent
from batten.harden.made import Made
from waiting import until

# Renewals one after another, and looks at the certificate as often.
HURRY = {
    "pause=60\n": "pause=1\n",
    "pause=43200": "pause=2",
    "pause=3600": "pause=1",
    "--keep-until-expiring": "--force-renewal",
    "while sleep 60": "while sleep 1",
    " resolvers system": "",  # no server of DNS is here
}
PORTS = {"8443": "443", "8080": "80"}


def asked(engine: str, url: str) -> Intent:
    words = Asked(
        target="compose", edge=engine, names=NAMES, acme=True, acme_directory=DIRECTORY, acme_email="ops@example.com",
        app_port=int(url.rpartition(":")[2]), images={name: image(name) for name in ("api", "edge", "acme")},
    )  # fmt: skip
    found = intent_of(words, contract(), POLICY)
    return replace(found, options=replace(found.options, rate=100_000, connections=1_000))


def moved(text: str, folder: Path) -> str:
    """With places that are the trial's own."""
    places = {
        "/etc/edge": "out/edge", "/etc/acme": "out/acme", "/run/secrets/edge": "out/secrets/edge", "/tmp": "run", "/acme": "acme",
    }  # fmt: skip
    for slow, quick in HURRY.items():
        text = text.replace(slow, quick)
    text = re.sub(r"\b(?:8443|8080)\b", lambda found: PORTS[found[0]], text)
    pattern = r"/etc/edge|/etc/acme|/run/secrets/edge|(?<![\w/])/tmp\b|(?<!\w)/acme(?=/)"
    return re.sub(pattern, lambda found: f"{folder}/{places[found[0]]}", text)


def written(made: Made, folder: Path) -> None:
    for path, text in made.files.items():
        place = folder / "out" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(moved(text, folder))
    earlier: dict[str, bytes] = {}
    for secret in made.secrets:
        earlier[secret.path] = secret.make(earlier)
        place = folder / "out" / secret.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch(mode=0o600)
        place.write_bytes(earlier[secret.path])
        _owned(place)
    (folder / "run").mkdir()
    for name in ("state", "work", "logs", "served", "webroot"):
        (folder / "acme" / name).mkdir(parents=True)
    _owned(folder / "acme")


def _owned(place: Path) -> None:
    if os.getuid() == 0 and not mapped():
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", str(place)], check=True)


@contextmanager
def certbot(folder: Path, root: Path) -> Iterator[None]:
    """The container's script, as another user where there is one that can start certbot."""
    words = [*_other(), "/bin/sh", str(folder / "out/acme/renew.sh")]
    path = os.pathsep.join((str(Path(CERTBOT).parent), os.environ["PATH"]))
    trust = {**os.environ, "PATH": path, "REQUESTS_CA_BUNDLE": str(root), "HOME": str(folder)}
    with (folder / "certbot.log").open("wb") as said:
        process = subprocess.Popen(words, stdout=said, stderr=said, env=trust)
    try:
        until((folder / "acme/served/tls.crt").exists, "there is a placeholder")
        yield
    finally:
        process.terminate()
        process.wait(60)


def _other() -> list[str]:
    """Where a shell of that user can start certbot."""
    words = other("-all")
    tried = [*words, "/bin/sh", "-c", f"'{CERTBOT}' --version && true"]
    return [] if subprocess.run(tried, capture_output=True, check=False).returncode else words


def started(engine: str, folder: Path) -> list[str]:
    """What the edge's container starts."""
    if engine == "envoy":
        return [
            str(program_of(engine)),
            *(moved(word, folder) for word in STARTS[engine][1:]),
            "--concurrency",
            "1",
        ]
    return ["/bin/sh", str(folder / "out/edge/start.sh")]


def seen(engine: str, folder: Path) -> dict[str, object]:
    with ExitStack() as held:
        root = held.enter_context(authority(folder, ""))
        written(targets.render("compose", asked(engine, held.enter_context(upstream()))), folder)
        held.enter_context(certbot(folder, root))
        path = os.pathsep.join((str(program_of(engine).parent), os.environ["PATH"]))
        held.enter_context(running(started(engine, folder), folder / "edge.log", 443, PATH=path))
        placeholder = shown()
        first = renewed(placeholder)
        until(
            lambda: all(another(placeholder) for _ in range(20)),
            "no process of the edge shows the placeholder",
        )
        visitor = Visitor(ssl.create_default_context(cafile=str(root)))
        visitor.start()
        until(lambda: visitor.served > 20 or visitor.wrong, "visitors are served")
        return told(visitor, placeholder, first, first, renewed(first), folder)


if __name__ == "__main__":
    where = Path(sys.argv[2])
    alone(where)
    print(json.dumps(seen(sys.argv[1], where)))
