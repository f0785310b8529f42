"""Ground truth of what OpenSSL no longer speaks: ports of tlslite-ng from SSLv3 alone to TLS 1.3 alone, suite by suite."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from assessed import run
from tls_servers import assessed, rsa_pair

from batten.engine.review import Review, live_findings
from batten.facts import Observed
from batten.formats import Workspace
from batten.live.exchange import TlsAnswer
from batten.policy import Environment, Policy
from needs import PACKAGES, without

NAMES = {"3.0": "SSLv3", "3.1": "TLSv1", "3.2": "TLSv1.1", "3.3": "TLSv1.2", "3.4": "TLSv1.3"}
ROWS = {
    **{name: (number, number, "certificate") for number, name in NAMES.items()},
    "every version": ("3.0", "3.4", "certificate"),
    "anonymous SSLv3": ("3.0", "3.0", "anonymous"),
    "anonymous TLSv1.2": ("3.3", "3.3", "anonymous"),
}
Told = dict[str, set[int]]  # suites by version


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[int, Told]]]:
    """Each row's port, and the suites that its server says it is set up with."""
    if find_spec("tlslite") is None:
        without("tlslite-ng", PACKAGES)
    cert, key = rsa_pair(tmp_path_factory.mktemp("old"))
    command = [sys.executable, str(Path(__file__).with_name("old_tls_server.py")), str(cert), str(key)]
    command += [" ".join(row) for row in ROWS.values()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        yield {
            name: (port, {NAMES[v]: set(s) for v, s in suites.items()})
            for name, (port, suites) in zip(ROWS, told, strict=True)
        }
        process.terminate()


def taken(answer: TlsAnswer) -> Told:
    return {a.version: set(a.suites) for a in answer.accepted}


@pytest.mark.parametrize("name", ROWS)
def test_what_a_server_is_set_up_with_is_what_is_found(name: str, ports: dict[str, tuple[int, Told]]) -> None:
    port, told = ports[name]
    answer = assessed(port)
    assert taken(answer) == told
    assert set(answer.refused) == {"SSLv2", *NAMES.values()} - set(told)
    assert answer.unclear == ()
    assert answer.traits.dh_bits == (0 if name == "TLSv1.3" else 1024)
    assert "SSLv3" in name or {"x25519", "secp256r1"} <= set(answer.traits.groups)


@pytest.mark.parametrize("name", ["SSLv3", "anonymous TLSv1.2"])
def test_what_is_found_is_judged(name: str, ports: dict[str, tuple[int, Told]]) -> None:
    found = judged(ports[name][0])
    ciphers = {m for slug, m in found if slug == "tls-ciphers"}
    assert "DHE uses a finite field of 1024 bits, below the minimum of 2048" in ciphers
    assert any(
        m.startswith("cipher suites without encryption or authentication are accepted: ") for m in ciphers
    )
    assert (("tls-version", "obsolete protocol versions are enabled: SSLv3") in found) is (name == "SSLv3")


def judged(port: int) -> set[tuple[str, str]]:
    environment = Environment("test", f"https://localhost:{port}", rate=5000, budget=120)
    observed = [Observed(f.at, "test", f) for f in run(environment).facts]
    return {(f.control, f.message) for f in live_findings(observed, Review(Workspace(Path("/")), Policy()))}
