"""etcd: settings as the real server takes them from files, variables and flags, and what is found."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from batten.facts import ConnectionString, Fact, Feature, Store, Verifying
from batten.formats import Workspace
from batten.model import UNKNOWN, Location, Problem, Setting
from batten.technologies import Unit, named_like, recognised
from batten.technologies.shared.settings.settings import settings_of as made
from batten.technologies.stores.etcd import adapter
from batten.technologies.stores.etcd.settings import configuration, field_of, flags, variables
from batten.technologies.stores.etcd.store import store
from needs import program
from servers import free_port

# CLIENT and PEER stand for ports on loopback.
BASE = "listen-client-urls: http://127.0.0.1:CLIENT\nadvertise-client-urls: http://127.0.0.1:CLIENT\nlisten-peer-urls: http://127.0.0.1:PEER\n"
BASE += "initial-advertise-peer-urls: http://127.0.0.1:PEER\ninitial-cluster: default=http://127.0.0.1:PEER\n"
OVER_TLS = BASE.replace("http://", "https://")
YAML = {
    "defaults": BASE,
    "origins": BASE + 'cors: "https://a.example:443,https://b.example:443"\nhost-whitelist: a.example\n',
    "any origin": BASE + 'cors: "*"\n',
    "profiler": BASE + "enable-pprof: true\n",
    "new cluster": BASE + "force-new-cluster: true\n",
    "two addresses": BASE.replace("listen-client-urls: http", "listen-client-urls: http://127.0.0.2:CLIENT,http"),
    "metrics": BASE + "listen-metrics-urls: http://127.0.0.2:CLIENT\n",
    "automatic": OVER_TLS + "client-transport-security:\n  auto-tls: true\npeer-transport-security:\n  auto-tls: true\n",
    "peers only": BASE.replace("peer-urls: http", "peer-urls: https").replace("default=http", "default=https")
    + "peer-transport-security:\n  auto-tls: true\n",
    "unknown words": BASE + "no-such-setting: 1\n",
    "quoted": BASE + '"log-level": "info"\n"pre-vote": true\n',
    "json": "",
}  # fmt: skip
VARIABLES = {
    "plain": "",
    "origins": 'ETCD_CORS="https://a.example:443"\nETCD_ENABLE_PPROF=true\n',
    "exported": "export ETCD_HOST_WHITELIST=a.example\n",
}
FLAGS = {
    "equals": ["--enable-pprof=true", "--cors=https://a.example:443"],
    "blanks": ["--cors", "https://b.example:443", "--force-new-cluster", "--host-whitelist", "a"],
    "one dash": ["-enable-pprof", "-cors=*", "-peer-auto-tls=false"],
}


def ported(text: str) -> str:
    client, peer = free_port(), free_port()
    return text.replace("CLIENT", str(client)).replace("PEER", str(peer))


def said(tmp_path: Path, *arguments: str, **environment: str) -> list[dict[str, object]]:
    """What the server logs until it starts, as data."""
    command = [program("etcd"), *arguments]
    own = {**os.environ, "ETCD_DATA_DIR": str(tmp_path / "data"), **environment}
    lines: list[dict[str, object]] = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=own) as server:
        assert server.stderr is not None
        for line in server.stderr:
            lines.append(json.loads(line))
            if lines[-1]["msg"] == "starting an etcd server":
                break
        server.kill()
    assert lines[-1]["msg"] == "starting an etcd server", lines[-1]
    return lines


def agrees(found: Store, lines: list[dict[str, object]]) -> None:
    settings = lines[-1]
    urls = [str(u) for u in settings["listen-client-urls"]]  # type: ignore[attr-defined]
    assert set(found.addresses.known(())) == {re.sub(r"^\w+://|:\d+$", "", u) for u in urls}  # it sorts them
    assert found.port.known(0) == int(urls[0].rpartition(":")[2])
    assert found.tls is not None and found.tls.known(None) is any(u.startswith("https:") for u in urls)
    peers = found.options["listen-peer-urls"].known("").split(",")
    assert peers == settings["listen-peer-urls"]
    for name in ("cors", "host-whitelist"):
        if name in found.options:
            assert sorted(found.options[name].known("").split(",")) == sorted(settings[name])  # type: ignore[call-overload]
        else:
            assert settings[name] == ["*"]
    assert found.options["force-new-cluster"].known("") == str(settings["force-new-cluster"]).lower()
    assert (found.options["enable-pprof"].known("") == "true") is any(
        one["msg"] == "pprof is enabled" for one in lines
    )
    secure = next((str(one["tls-info"]) for one in lines if one["msg"] == "starting with peer TLS"), "")
    asked = found.options.get("peer-client-cert-auth")
    assert (asked is not None) is bool(secure)
    if asked is not None:
        assert f"client-cert-auth = {asked.known('')}" in secure


@pytest.mark.parametrize("name", YAML)
def test_settings_of_a_file_are_those_that_the_server_takes(name: str, tmp_path: Path) -> None:
    text = ported(YAML[name] + f"data-dir: {tmp_path}/data\n")
    if name == "json":
        pairs = (line.split(": ", 1) for line in ported(BASE).splitlines())
        text = json.dumps({**dict(pairs), "data-dir": str(tmp_path / "data"), "enable-pprof": True})
    (tmp_path / "etcd.conf.yml").write_text(text)
    found = read(Workspace(tmp_path, {"etcd.conf.yml": text}))
    agrees(found, said(tmp_path, "--config-file", "etcd.conf.yml"))


def as_pairs(text: str) -> dict[str, str]:
    pairs = (line.split(": ", 1) for line in text.splitlines())
    return {f"ETCD_{name.upper().replace('-', '_')}": value for name, value in pairs}


@pytest.mark.parametrize("text", VARIABLES.values(), ids=VARIABLES)
def test_variables_are_those_that_the_server_takes(text: str, tmp_path: Path) -> None:
    base = as_pairs(ported(BASE))
    file = "".join(f"{name}='{value}'\n" for name, value in base.items()) + text
    workspace = Workspace(tmp_path, {"etcd.env": file})
    settings = configuration("etcd.env", workspace)
    own = {
        name: value.strip('"')
        for name, _, value in (line.removeprefix("export ").partition("=") for line in text.splitlines())
    }
    agrees(store(made(settings.at, settings.entries), settings.at), said(tmp_path, **base, **own))


@pytest.mark.parametrize("words", FLAGS.values(), ids=FLAGS)
def test_flags_are_those_that_the_server_takes(words: list[str], tmp_path: Path) -> None:
    base = as_pairs(ported(BASE))
    given = [*variables((n, Setting(v, HERE)) for n, v in base.items()), *flags((w, HERE) for w in words)]
    agrees(store(made(HERE, given), HERE), said(tmp_path, *words, **base))


def facts(workspace: Workspace) -> list[Fact | Problem]:
    return list(adapter.read(Unit("etcd", (next(iter(workspace.overlay)),)), workspace))


def read(workspace: Workspace) -> Store:
    return next(f for f in facts(workspace) if isinstance(f, Store))


HERE = Location("compose.yaml", "services[etcd]/command")


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("etcd.conf.yml", "name: a\nlisten-client-urls: http://localhost:2379\n", True),
        ("etc/default/etcd", 'ETCD_NAME="a"\n', True),
        ("etcd.yaml", "apiVersion: v1\nkind: Pod\nlisten-client-urls: x\n", False),
        ("etcd.yaml", "services:\n  etcd: {}\nsnapshot-count: 1\n", False),
        ("etcd.conf", "# nothing\n", False),
    ],
)
def test_what_is_recognised(path: str, text: str, expected: bool) -> None:
    assert ("etcd" in [t.name for t in recognised(named_like(path), text)]) is expected


def test_a_certificate_of_clients_is_a_login_and_https_alone_leaves_it_open(tmp_path: Path) -> None:
    urls = "listen-client-urls: https://10.0.0.5:2379\n"
    with_ca = f"{urls}client-transport-security:\n  client-cert-auth: true\n  trusted-ca-file: ca.pem\n"
    for text, asks in ((with_ca, True), (urls, UNKNOWN), (urls.replace("https", "http"), False)):
        assert read(Workspace(tmp_path, {"etcd.conf.yml": text})).authentication.value is asks


def test_variables_of_a_file_leave_what_is_absent_unknown(tmp_path: Path) -> None:
    found = read(Workspace(tmp_path, {"etc/default/etcd": 'ETCD_NAME="a"\n'}))
    assert found.addresses.effective is UNKNOWN and found.options["auto-tls"].effective is UNKNOWN


def test_what_is_shown_and_trusted_beside_its_clients(tmp_path: Path) -> None:
    text = "listen-metrics-urls: http://10.0.0.5:2381\ndiscovery: http://discovery.example.com/x\nexperimental-peer-skip-client-san-verification: true\n"
    found = facts(Workspace(tmp_path, {"etcd.conf.yml": text + "snapshot-count: 5\n"}))
    assert [type(f) for f in found[1:]] == [Feature, Verifying, ConnectionString]


def test_tls_of_clients_and_of_peers_has_a_section_each(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, {"etcd.conf.yml": "name: a\nlisten-client-urls: http://localhost:2379\n"})
    for name, path in (
        ("cert-file", ("client-transport-security", "cert-file")),
        ("peer-cert-file", ("peer-transport-security", "cert-file")),
        ("enable-pprof", ("enable-pprof",)),
    ):
        assert field_of("etcd.conf.yml", name, workspace).path == path
