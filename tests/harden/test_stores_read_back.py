"""Stores rendered, read by batten's own readers, and equal to what was asked for; what was weakened is told."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from deployments import POLICY, contract, stack
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.engine.hardening import readback_stores
from batten.engine.hardening.readback import Compared
from batten.engine.hardening.readback_stores import AskedStore, alone, within
from batten.engine.review import review
from batten.facts import Fact
from batten.formats import Workspace
from batten.harden import Options, targets
from batten.harden.intent import Intent
from batten.harden.stack import STORES
from batten.policy import Policy
from proofs import PROOF, turn

KINDS = sorted(STORES)
NAME = st.from_regex(r"[a-z][a-z0-9-]{0,11}\.example\.com", fullmatch=True)
CONTAINED = KINDS if PROOF else ["mariadb", "nats", "valkey"]
SURE = {"product", "addresses", "TLS"}  # whatever the store is
UNREAD = {  # the settings are in files that are secret, or that their reader does not know
    "elasticsearch": {"cipher suites"},
    "etcd": {"authentication", "TLS versions"},
    "mongodb": {"cipher suites"},
    "nats": {"connections without TLS", "authentication", "TLS versions", "cipher suites"},
    "rabbitmq": {"port"},
    "redis": {"authentication"},
    "valkey": {"authentication"},
}


def read(texts: dict[str, str]) -> list[Fact]:
    with tempfile.TemporaryDirectory() as empty:
        return review(Workspace(Path(empty), texts), Policy()).facts


def written(kind: str, intent: Intent) -> dict[str, str]:
    return dict(targets.render(kind, intent).files)


@st.composite
def asked_options(draw: st.DrawFn) -> Options:
    return Options(
        address=draw(st.sampled_from(["127.0.0.1", "10.0.0.5", "*"])),
        port=draw(st.integers(1_024, 60_000)),
        names=tuple(draw(st.lists(NAME, max_size=2, unique=True))),
        prefix=draw(st.sampled_from(["", "/srv/store"])),
        data=draw(st.sampled_from(["", "/srv/data"])),
    )


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40 if PROOF else 2, deadline=None)
@given(options=asked_options(), local_ca=st.booleans())
def test_what_is_read_of_a_store_is_what_was_asked(kind: str, options: Options, local_ca: bool) -> None:
    intent = Intent(contract(), POLICY, options, local_ca=local_ca)
    asked = alone(kind, intent)
    facts = read(written(kind, intent))
    found = readback_stores.compared(asked, facts)
    assert found.differing == () and set(found.equal) >= SURE
    assert set(found.unread) <= UNREAD.get(kind, set())
    for other, subject in (
        (AskedStore(kind=kind, address="192.0.2.7", port=asked.port), "addresses"),
        (AskedStore(kind="memcached", address=asked.address, port=asked.port), "product"),
    ):
        told = readback_stores.compared(other, facts).differing
        assert any(line.startswith(f"{subject}: ") for line in told), told
    other = AskedStore(kind=kind, address=asked.address, port=asked.port + 1)
    assert bool(readback_stores.compared(other, facts).differing) == ("port" in found.equal)


PLAIN, TLS, LOGIN, VERSIONS = "connections without TLS", "TLS", "authentication", "TLS versions"


WEAKER = [
    ("postgresql", "hostssl  api", "host  api", PLAIN),
    ("postgresql", "scram-sha-256\nhostssl", "trust\nhostssl", LOGIN),
    ("postgresql", "ssl = on", "ssl = off", TLS),
    ("postgresql", "'TLSv1.2'", "'TLSv1'", VERSIONS),
    ("valkey", "port 0", "port 6380", PLAIN),
    ("redis", 'tls-protocols "TLSv1.2 TLSv1.3"', 'tls-protocols "TLSv1 TLSv1.2"', VERSIONS),
    ("redis", "ECDHE+AESGCM", "3DES", "cipher suites"),
    ("mariadb", "require-secure-transport = ON", "require-secure-transport = OFF", PLAIN),
    ("mariadb", "[mariadbd]", "[mariadbd]\nskip-grant-tables", LOGIN),
    ("mosquitto", "allow_anonymous false", "allow_anonymous true", LOGIN),
    ("mongodb", "mode: requireTLS", "mode: preferTLS", PLAIN),
    ("mongodb", "authorization: enabled", "authorization: disabled", LOGIN),
    ("rabbitmq", "listeners.tcp = none", "listeners.tcp.default = 5672", PLAIN),
    ("etcd", "listen-client-urls: https", "listen-client-urls: http", TLS),
]


@pytest.mark.parametrize(("kind", "old", "new", "subject"), turn("stores", WEAKER, 6))
def test_what_was_weakened_is_told(kind: str, old: str, new: str, subject: str) -> None:
    intent = Intent(
        contract(), POLICY, Options(address="10.0.0.5")
    )  # some readers admit all programs of the machine
    texts = written(kind, intent)
    assert any(old in text for text in texts.values()), texts
    facts = read({path: text.replace(old, new) for path, text in texts.items()})
    told = readback_stores.compared(alone(kind, intent), facts).differing
    assert any(line.startswith(f"{subject}: ") for line in told), told


@pytest.mark.parametrize("target", targets.IN_CONTAINERS)
def test_stores_of_a_deployment_are_read_in_it(target: str) -> None:
    intent = Intent(contract(), POLICY, Options(), stack(*CONTAINED))
    texts = written(target, intent)
    found: dict[str, Compared] = dict(within(intent, read(texts)))
    assert len(found) == len(CONTAINED)
    assert [line for one in found.values() for line in one.differing] == []
    assert all(set(one.equal) >= {"product", "addresses"} for one in found.values())
    path = next(path for path in texts if path.endswith("/my.cnf"))
    weak = texts[path].replace("require-secure-transport = ON", "require-secure-transport = OFF")
    told = dict(within(intent, read({**texts, path: weak})))
    assert {name for name, one in told.items() if one.differing} == {path.partition("/")[0]}
