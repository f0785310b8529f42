"""Suite by suite, the same as sslscan and testssl.sh find at the same port."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from live_servers import certificate, write_pem
from tls_servers import LEGACY, assessed, s_server, suites

from batten.live.tls.groups import GROUPS
from batten.live.tls.suites import SUITES
from needs import program
from proofs import PROOF

# sslscan offers no suite that needs a key shared before.
PORTS: dict[str, tuple[str, ...]] = {
    "everything": ("-min_protocol", "TLSv1", "-cipher", LEGACY),
    "old": ("-max_protocol", "TLSv1.1", "-cipher", LEGACY),
    "ordinary": ("-serverpref",),
    "strict": ("-tls1_2", "-cipher", "ECDHE+AESGCM:ECDHE+CHACHA20"),
    "newest": ("-tls1_3",),
    "anonymous": ("-tls1_2", "-cipher", "aNULL:eNULL:@SECLEVEL=0"),
}


def by_sslscan(port: int) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """(suites, groups) by version."""
    command = [program("sslscan"), "--xml=-", "--no-heartbleed", f"127.0.0.1:{port}"]
    out = subprocess.run(command, check=True, capture_output=True).stdout
    found: tuple[dict[str, set[str]], dict[str, set[str]]] = ({}, {})
    for tree, kind, names in zip(found, ("cipher", "group"), (SUITES, GROUPS), strict=True):
        for element in ElementTree.fromstring(out).iter(kind):
            version = element.attrib["sslversion"].removesuffix(".0")
            tree.setdefault(version, set()).add(names[int(element.attrib["id"], 16)])
    return found


@pytest.mark.parametrize("name", PORTS)
def test_sslscan(name: str, tmp_path: Path) -> None:
    with s_server(tmp_path, *PORTS[name]) as port:
        theirs, groups = by_sslscan(port)
        answer = assessed(port)
    assert suites(answer) == theirs
    assert set(answer.traits.groups) >= set().union(*groups.values())


def test_sslscan_with_an_ecdsa_certificate(tmp_path: Path) -> None:
    signed = write_pem(tmp_path, certificate(None))
    with s_server(tmp_path, "-min_protocol", "TLSv1", "-cipher", LEGACY, signed=signed) as port:
        theirs, _ = by_sslscan(port)
        assert suites(assessed(port)) == theirs


@pytest.mark.skipif(not PROOF, reason="takes 15 s to 40 s: `make proof`")
def test_testssl(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    with s_server(tmp_path, "-min_protocol", "TLSv1", "-cipher", LEGACY) as port:
        ours = suites(assessed(port))
        command = [program("testssl.sh", "testssl"), "--quiet", "--color", "0", "--warnings", "batch"]
        command += ["--each-cipher", "--jsonfile", str(told), f"127.0.0.1:{port}"]
        subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL, cwd=tmp_path)
    found = (row["finding"] for row in json.loads(told.read_text()) if row["id"].startswith("cipher_x"))
    assert set().union(*ours.values()) == {words.split()[1] for words in found}
