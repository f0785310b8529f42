"""Each edge as it runs, judged by sslscan; one by testssl.sh, and all of them by all that it knows in the proof run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from deployments import POLICY, contract
from judging import Verdict, unanswered, waivers
from tls_servers import LEGACY, s_server

from batten.harden import Options, targets
from batten.harden.intent import Intent
from batten.harden.trial import Trial, trial
from batten.technologies.edges.envoy.validator import envoy
from batten.technologies.edges.haproxy.validator import haproxy
from needs import program, where, without
from proofs import PROOF, turn

PROGRAMS: dict[str, Callable[[], str]] = {
    "nginx": lambda: where("nginx"),
    "envoy": lambda: str(envoy() or ""),
    "haproxy": lambda: str(haproxy() or ""),
    "caddy": lambda: where("caddy"),
    "traefik": lambda: where("traefik"),
}
EDGES = [target for target in targets.offered() if target in targets.EDGES]
WHOLE = (
    "--protocols",
    "--std",
    "--fs",
    "--server-preference",
    "--server-defaults",
    "--headers",
    "--vulnerable",
)
ASKED = WHOLE if PROOF else ("--std",)
WEAK = {"null", "anonymous", "weak", "medium"}  # of sslscan's grades


@contextmanager
def running(edge: str) -> Iterator[Trial]:
    binary = PROGRAMS[edge]() or without(edge)
    intent = Intent(contract(), POLICY, Options(rate=10_000, connections=1_000))
    with trial(
        targets.launch_of(edge), Path(binary), intent, lambda placed: targets.render(edge, placed)
    ) as found:
        yield found


def by_sslscan(port: int, name: str) -> Iterator[Verdict]:
    command = [
        program("sslscan"),
        "--xml=-",
        "--timeout=60",
        "--connect-timeout=60",
        "--sni-name=localhost",
        f"127.0.0.1:{port}",
    ]
    # Its heartbeats are sent without a name. An edge that resets such a handshake before the heartbeat is written, which a
    # busy machine decides, ends the whole scan with an error: then it goes on without them, and nothing was bled.
    for further in ((), (), ("--no-heartbleed",)):
        done = subprocess.run(
            [*command[:-1], *further, command[-1]],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stderr
    told = done.stdout
    root = ElementTree.fromstring(told)
    assert root.findall(".//protocol[@enabled='1']") and root.find(".//certificate") is not None
    for row in root.findall(".//protocol[@enabled='1']"):
        if row.attrib["type"] == "ssl" or row.attrib["version"] in ("1.0", "1.1"):
            yield Verdict(name, "protocol", row.attrib["type"] + row.attrib["version"])
    for row in root.findall(".//cipher"):
        if row.attrib["strength"] in WEAK:
            yield Verdict(name, "cipher", row.attrib["cipher"])
    for path in (".//compression[@supported='1']", ".//heartbleed[@vulnerable='1']", ".//pk[@error='true']"):
        if root.find(path) is not None:
            yield Verdict(name, "server", path)
    if root.find(".//renegotiation[@supported='1'][@secure='0']") is not None:
        yield Verdict(name, "renegotiation", "insecure")


def by_testssl(port: int, name: str, folder: Path, *options: str) -> Iterator[Verdict]:
    """What it puts at MEDIUM or above. WARN is not among them: what it could not try with the machine's OpenSSL."""
    told = folder / "told.json"
    command = [
        program("testssl", "testssl.sh"),
        "--quiet",
        "--color",
        "0",
        "--warnings",
        "batch",
        *ASKED,
        *options,
    ]
    command += ["--ip", "127.0.0.1", "--jsonfile", str(told), f"localhost:{port}"]
    subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL, cwd=folder)
    rows = json.loads(told.read_text(encoding="utf-8"))
    assert any(row["id"] == "cipherlist_NULL" for row in rows), rows
    for row in rows:
        if row["severity"] in ("MEDIUM", "HIGH", "CRITICAL"):
            yield Verdict(name, row["id"], row["finding"])


def test_both_find_what_is_wrong(tmp_path: Path) -> None:
    with s_server(tmp_path, "-min_protocol", "TLSv1", "-cipher", LEGACY) as port:
        assert {"protocol", "cipher"} <= {verdict.rule for verdict in by_sslscan(port, "open")}
        found = {verdict.rule for verdict in by_testssl(port, "open", tmp_path)}
    assert {"cipherlist_NULL", "cipherlist_aNULL"} <= found


@pytest.mark.parametrize("edge", EDGES)
def test_sslscan_finds_nothing(edge: str) -> None:
    with running(edge) as found:
        assert list(by_sslscan(urlsplit(found.url).port or 0, edge)) == []


@pytest.mark.parametrize("edge", turn("testssl", EDGES, 1))
def test_testssl_finds_nothing(edge: str, tmp_path: Path) -> None:
    with running(edge) as found:
        verdicts = list(by_testssl(urlsplit(found.url).port or 0, edge, tmp_path, "--add-ca", str(found.ca)))
    left, stale = unanswered("testssl", verdicts, waivers())
    assert left == [] and (stale == [] or not PROOF)
