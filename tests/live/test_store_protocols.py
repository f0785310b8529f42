"""Stores that cannot be installed here, by small servers that speak their documented protocols, in both states; and
peers that misbehave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from struct import error as StructError
from struct import pack

import pytest
from assessed import assess
from click.testing import CliRunner
from hypothesis import given
from hypothesis.strategies import binary, lists, sampled_from
from live_servers import raw, valkey
from test_stores import findings

from batten.cli import main
from batten.facts import Component, Daemon, Endpoint, Listing, Store
from batten.live.exchange import NotAnswered, Request, Response, TcpAnswer, TcpDialogue
from batten.live.probes.stores import _PROBES, _asked
from batten.live.runner import Assessment
from batten.live.stores import bson, sighting
from batten.live.stores.door import PORTS, SCHEMES, Door, doors
from batten.live.stores.s3 import FIRST, signature
from batten.live.stores.sighting import Sighting
from batten.policy import Environment
from days import judged_on
from needs import package
from servers import free_port
from waiting import BOUND

pytestmark = judged_on("2026-12-01")

Answer = Callable[[bytes], bytes]


def spoken(scheme: str, answer: Answer, path: str = "", greeting: bytes = b"", **more: object) -> Assessment:
    """What is seen of a server that answers each piece it gets."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        while said := await reader.read(65_536):
            told = answer(said)
            if not told:
                return
            writer.write(told)
            await writer.drain()

    async def talked() -> Assessment:
        async with raw(serve) as port:
            entry = f"{scheme}://127.0.0.1:{port}{path}" if scheme else f"127.0.0.1:{port}"
            return await assess(Environment("t", "", stores=(entry,), rate=5000, **more))  # type: ignore[arg-type]

    return asyncio.run(talked())


def controls(assessment: Assessment) -> set[str]:
    return {f.control for f in findings(assessment.facts)}


def only_store(assessment: Assessment) -> Store:
    assert assessment.not_assessed == []
    (found,) = (f for f in assessment.facts if isinstance(f, Store))
    return found


def mongodb(locked: bool) -> Answer:
    def reply(document: dict[str, bson.Value]) -> bytes:
        body = pack("<i", 0) + b"\0" + bson.encode(document)
        return pack("<iiii", 16 + len(body), 9, 1, 2013) + body

    def answer(said: bytes) -> bytes:
        asked = bson.decode(said[21:])
        assert asked["$db"] == "admin"
        if "hello" in asked:
            return reply({"isWritablePrimary": True, "maxWireVersion": 21, "ok": 1})
        if "buildInfo" in asked:
            return reply({"version": "7.0.14", "ok": 1})
        assert asked["nameOnly"] is True
        if locked:
            return reply({"ok": 0, "code": 13, "codeName": "Unauthorized", "errmsg": "needs authentication"})
        return reply({"databases": {"0": {"name": "admin"}, "1": {"name": "shop"}}, "ok": 1})

    return answer


def cassandra(locked: bool) -> Answer:
    def frame(operation: int, body: bytes = b"") -> bytes:
        return b"\x84\0\0\0" + bytes([operation]) + pack(">I", len(body)) + body

    def answer(said: bytes) -> bytes:
        assert said[0] == 4
        if said[4] == 0x01:
            return (
                frame(0x03, b"\0\x2forg.apache.cassandra.auth.PasswordAuthenticator")
                if locked
                else frame(0x02)
            )
        if said[4] == 0x0F:
            return frame(0x00, pack(">I", 0x100) + b"\0\x03bad")
        assert b"SELECT release_version" in said
        row = pack(">I", 1) + pack(">I", 5) + b"4.1.3"
        return frame(
            0x08, pack(">III", 2, 1, 1) + b"\0\x06system\0\x05local\0\x0frelease_version\0\x0d" + row
        )

    return answer


def kafka(error: int | None) -> Answer:
    def answer(said: bytes) -> bytes:
        key, version, number = int.from_bytes(said[4:6], "big"), said[7], said[8:12]
        if key == 18:
            assert version == 0
            body = number + pack(">hi", 0, 2) + pack(">hhh", 18, 0, 4) + pack(">hhh", 29, 1, 3)
        elif error is None:
            return b""
        else:
            assert (key, version) == (29, 1)
            body = number + pack(">ih", 0, error) + b"\xff\xff" + pack(">i", 0)
        return pack(">i", len(body)) + body

    return answer


def clickhouse_native(locked: bool) -> Answer:
    def answer(said: bytes) -> bytes:
        assert said.startswith(b"\0\x06batten")
        if locked:
            return b"\x02" + pack("<i", 516) + b"\x0dDB::Exception\x0dDB::Exception\0"
        return b"\0\x0aClickHouse\x1a\x03\xac\xa9\x03\x03UTC"

    return answer


BINARY = [
    pytest.param("mongodb", mongodb(False), mongodb(True), "mongodb", "7.0.14", id="mongodb"),
    pytest.param("cassandra", cassandra(False), cassandra(True), "apache-cassandra", "4.1.3", id="cassandra"),
    pytest.param("kafka", kafka(54), kafka(31), "kafka", "", id="kafka-authorizer"),
    pytest.param("kafka", kafka(0), kafka(None), "kafka", "", id="kafka-login"),
    pytest.param(
        "clickhouse-native",
        clickhouse_native(False),
        clickhouse_native(True),
        "clickhouse",
        "26.3",
        id="clickhouse",
    ),
]


@pytest.mark.parametrize(("scheme", "opened", "locked", "product", "version"), BINARY)
def test_binary_protocols(scheme: str, opened: Answer, locked: Answer, product: str, version: str) -> None:
    found = spoken(scheme, opened)
    assert (only_store(found).product, only_store(found).answers, only_store(found).version) == (
        product,
        True,
        version,
    )
    assert controls(found) == {"store-authenticated"}
    shut = spoken(scheme, locked, default_credentials=True)
    assert (only_store(shut).answers, only_store(shut).authentication.value) == (False, True)
    assert controls(shut) == set()


Pages = dict[str, tuple[int, object]]


def web(pages: Pages, headers: str = "", otherwise: int = 404) -> Answer:
    """A server with these pages; "user:" before a path is the page for whoever logs in."""

    def answer(said: bytes) -> bytes:
        line, _, head = said.decode("latin-1").partition("\r\n")
        method, target, _ = line.split()
        assert method == "GET"
        path = target.partition("?")[0]
        known = "authorization:" in head.lower() and f"user:{path}" in pages
        status, body = pages.get(f"user:{path}" if known else path, (otherwise, "nothing here"))
        text = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))
        return f"HTTP/1.1 {status} X\r\n{headers}Content-Length: {len(text)}\r\n\r\n{text}".encode()

    return answer


ELASTIC = {"name": "n", "tagline": "You Know, for Search", "version": {"number": "8.15.0"}}
SEARCH = {"tagline": "The OpenSearch Project: https://opensearch.org/", "version": {"number": "2.11.0"}}
SECURITY = {"error": {"type": "security_exception"}, "status": 401}
COUCH = {"couchdb": "Welcome", "version": "3.3.3"}
DENIED = "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"
BUCKETS = (
    "<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Name></Bucket></Buckets></ListAllMyBucketsResult>"
)
AUTH = "store-authenticated"
PROM = {"status": "success", "data": {"version": "3.13.0", "goVersion": "go1.25"}}
KUBE_NO = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403}
DOCKER = {"Version": "27.1.1", "ApiVersion": "1.46", "MinAPIVersion": "1.24"}
HEALTH = {"database": "ok", "version": "12.3.0"}
CONSUL = {"Config": {"Datacenter": "dc1", "Version": "1.19.1"}}

WEB: list[tuple[str, str, Answer, Answer, set[str]]] = [
    (
        "elasticsearch",
        "elasticsearch",
        web({"/": (200, ELASTIC), "/_cat/indices": (200, [{"index": "orders"}])}),
        web({"/": (401, SECURITY)}),
        {AUTH},
    ),
    (
        "elasticsearch, anonymous who may see little",
        "elasticsearch",
        web({"/": (200, ELASTIC), "/_cat/indices": (200, [])}),
        web({"/": (200, ELASTIC), "/_cat/indices": (403, SECURITY)}),
        {AUTH},
    ),
    (
        "opensearch",
        "opensearch",
        web({"/": (200, SEARCH), "/_cat/indices": (200, [])}),
        web({"/": (401, "Unauthorized")}, 'WWW-Authenticate: Basic realm="OpenSearch Security"\r\n'),
        {AUTH},
    ),
    (
        "couchdb",
        "couchdb",
        web(
            {
                "/": (200, COUCH),
                "/_session": (200, {"ok": True, "userCtx": {"name": None, "roles": ["_admin"]}}),
            }
        ),
        web({"/": (200, COUCH), "/_session": (200, {"ok": True, "userCtx": {"name": None, "roles": []}})}),
        {AUTH},
    ),
    (
        "influxdb 2",
        "influxdb",
        web(
            {"/ping": (204, ""), "/api/v2/setup": (200, {"allowed": True})}, "X-Influxdb-Version: v2.7.6\r\n"
        ),
        web(
            {"/ping": (204, ""), "/api/v2/setup": (200, {"allowed": False}), "/api/v2/buckets": (401, {})},
            "X-Influxdb-Version: v2.7.6\r\n",
        ),
        {AUTH},
    ),
    (
        "minio",
        "minio",
        web({"/": (200, BUCKETS)}, "Server: MinIO\r\n"),
        web({"/": (403, DENIED)}, "Server: MinIO\r\n"),
        {AUTH},
    ),
    (
        "clickhouse",
        "clickhouse",
        web({"/": (200, "26.3.4.13\n")}, "X-ClickHouse-Server-Display-Name: a\r\n"),
        web({"/": (401, "Code: 516.")}, "X-ClickHouse-Exception-Code: 516\r\n"),
        {AUTH},
    ),
    (
        "consul",
        "consul",
        web({"/v1/acl/policies": (401, "ACL support disabled"), "/v1/agent/self": (200, CONSUL)}),
        web(
            {
                "/v1/acl/policies": (403, "Permission denied: anonymous token lacks permission"),
                "/v1/agent/self": (403, ""),
            }
        ),
        {AUTH, "console-not-exposed"},
    ),
    (
        "docker",
        "docker",
        web({"/version": (200, DOCKER), "/containers/json": (200, [])}),
        web({"/version": (200, DOCKER), "/containers/json": (403, "Forbidden")}),
        {"orchestrator-locked"},
    ),
    (
        "kubelet",
        "kubelet",
        web({"/pods": (200, '{"kind":"PodList","apiVersion":"v1","items":[]}')}),
        web({"/pods": (401, "Unauthorized")}),
        {"orchestrator-locked"},
    ),
    (
        "kubernetes",
        "kubernetes",
        web({"/api/v1/namespaces": (200, {"kind": "NamespaceList", "apiVersion": "v1", "items": []})}),
        web({"/api/v1/namespaces": (403, KUBE_NO), "/version": (200, {"gitVersion": "v1.29.0-eks-1"})}),
        {"orchestrator-locked"},
    ),
    (
        "prometheus",
        "prometheus",
        web({"/api/v1/status/buildinfo": (200, PROM)}),
        web({"/api/v1/status/buildinfo": (401, "Unauthorized")}),
        {"console-not-exposed"},
    ),
    (
        "grafana",
        "grafana",
        web({"/api/health": (200, HEALTH), "/api/datasources": (200, [])}),
        web({"/api/health": (200, HEALTH), "/api/datasources": (401, {}), "/api/org": (401, {})}),
        {"console-not-exposed"},
    ),
    (
        "rabbitmq management",
        "rabbitmq-management",
        web({"/api/whoami": (200, {"name": "guest", "tags": ["administrator"]})}),
        web({"/api/whoami": (401, {"error": "not_authorized", "reason": "Not_Authorized"})}),
        {"console-not-exposed"},
    ),
]


@pytest.mark.parametrize(
    ("scheme", "opened", "locked", "wanted"), [pytest.param(*row[1:], id=row[0]) for row in WEB]
)
def test_what_speaks_http(scheme: str, opened: Answer, locked: Answer, wanted: set[str]) -> None:
    found = spoken(scheme, opened)
    assert controls(found) == wanted
    assert found.not_assessed == []
    shut = spoken(scheme, locked, default_credentials=True)
    assert controls(shut) == set()
    assert shut.not_assessed == []


FIRST_PASSWORDS = [
    ("elasticsearch", web({"/": (401, SECURITY), "user:/": (200, ELASTIC)})),
    (
        "grafana",
        web({"/api/health": (200, HEALTH), "/api/datasources": (401, {}), "user:/api/org": (200, {"id": 1})}),
    ),
    ("minio", web({"/": (403, DENIED), "user:/": (200, BUCKETS)})),
]


@pytest.mark.parametrize(("scheme", "answer"), FIRST_PASSWORDS)
def test_first_passwords_are_tried_only_where_they_may_be(scheme: str, answer: Answer) -> None:
    assert controls(spoken(scheme, answer)) == set()
    tried = spoken(scheme, answer, default_credentials=True)
    assert controls(tried) == {"store-default-credentials"}
    assert "YWRtaW46YWRtaW4" not in repr(tried.facts)


def test_the_first_password_of_cassandra() -> None:
    locked = cassandra(True)

    def answer(said: bytes) -> bytes:
        return b"\x84\0\0\0\x10\0\0\0\0" if said[4] == 0x0F else locked(said)

    assert controls(spoken("cassandra", answer)) == set()
    assert controls(spoken("cassandra", answer, default_credentials=True)) == {"store-default-credentials"}


def test_the_bucket_that_is_named_is_listed() -> None:
    pages: Pages = {"/": (403, DENIED), "/shop": (200, "<ListBucketResult><Contents/></ListBucketResult>")}
    found = spoken("s3", web(pages), "/shop")
    assert [f.on.value for f in found.facts if isinstance(f, Listing)] == [True]
    assert controls(found) == {"listing-off"}
    assert controls(spoken("s3", web({"/": (403, DENIED), "/shop": (403, DENIED)}), "/shop")) == set()


def test_the_read_only_port_of_a_kubelet() -> None:
    door = next(d for d in doors("127.0.0.1") if d.port == 10255)
    assert (door.scheme, door.swept) == ("kubelet", True)


def test_a_provider_that_mends_old_versions_says_so() -> None:
    answer = web({"/api/v1/namespaces": (403, KUBE_NO), "/version": (200, {"gitVersion": "v1.24.17-eks-1"})})
    (component,) = (f for f in spoken("kubernetes", answer).facts if isinstance(f, Component))
    assert component.backported
    own = web({"/api/v1/namespaces": (403, KUBE_NO), "/version": (200, {"gitVersion": "v1.24.17"})})
    assert controls(spoken("kubernetes", own)) == {"component-supported"}


HTTP = {row[1] for row in WEB} | {"etcd", "s3", "caddy", "envoy", "haproxy"}
SPA = "<!doctype html><html><title>Shop</title><script src=/a.js></script></html>"


Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def misbehaving(schemes: Iterable[str], peer: Callable[[str], Peer]) -> Assessment:
    """An assessment of one such peer a scheme, all at once."""

    async def talked() -> Assessment:
        async with AsyncExitStack() as stack:
            entries = []
            for scheme in schemes:
                port = await stack.enter_async_context(raw(peer(scheme)))
                entries.append(f"{scheme}://127.0.0.1:{port}" if scheme else f"127.0.0.1:{port}")
            return await assess(Environment("t", "", stores=tuple(entries), rate=5000))

    return asyncio.run(asyncio.wait_for(talked(), BOUND))


def told(assessment: Assessment) -> str:
    return " ".join(p.message for p in assessment.not_assessed)


ALL = tuple(SCHEMES)
# Products whose real servers are open and locked in test_stores and test_edges.
REAL = {"redis", "memcached", "etcd", "mysql", "postgresql", "amqp", "zookeeper", "nats", "mqtt", "s3"}
REAL |= {"influxdb", "prometheus", "rabbitmq-management", "caddy", "envoy", "haproxy"}


def test_every_product_has_a_scheme_a_port_and_both_states() -> None:
    scripted = {SCHEMES[str(row.values[0])][0] for row in BINARY} | {SCHEMES[row[1]][0] for row in WEB}
    assert {protocol for protocol, _, _ in SCHEMES.values()} == set(_PROBES) == REAL | scripted
    assert {port for _, port, _ in SCHEMES.values()} <= set(PORTS)
    wanted = """redis valkey memcached mongodb elasticsearch opensearch couchdb etcd postgresql mysql mariadb rabbitmq
        rabbitmq-management kafka zookeeper cassandra influxdb minio s3 nats mqtt clickhouse consul docker kubelet
        kubernetes prometheus grafana"""
    assert set(wanted.split()) <= set(SCHEMES)


def test_a_web_server_that_answers_200_to_everything_is_no_store() -> None:
    def page(scheme: str) -> Peer:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(SPA)}\r\n\r\n"
            writer.write(f"{head}{SPA}".encode())
            await writer.drain()

        return serve

    assessment = misbehaving(sorted(HTTP - {"s3"} | {"nats", ""}), page)
    assert assessment.facts == []
    assert "the port is a web server, not a store" in told(assessment)


def test_garbage_is_not_assessed() -> None:
    noise = bytes(range(256)) * 8

    def babble(scheme: str) -> Peer:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(noise)
            await reader.read(65_536)
            writer.write(noise)

        return serve

    assessment = misbehaving((*ALL, ""), babble)
    assert assessment.facts == []
    assert "not assessed" in told(assessment)


def test_a_port_that_says_nothing_is_left_in_time() -> None:
    def silent(scheme: str) -> Peer:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(-1)

        return serve

    assessment = misbehaving(("redis", "mongodb", "postgresql", "mysql", "kafka", "mqtt", ""), silent)
    assert assessment.facts == []
    assert "the port sent nothing" in told(assessment)


def test_an_endless_answer_is_cut() -> None:
    sent = 0

    def endless(scheme: str) -> Peer:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n" if SCHEMES[scheme][0] in HTTP else b"")
            while True:
                writer.write(b"\xff" * 65_536)
                sent += 65_536
                await writer.drain()

        return serve

    assessment = misbehaving(ALL, endless)
    assert assessment.facts == []
    assert assessment.not_assessed
    assert sent < 256 << 20


def test_a_host_is_asked_at_its_usual_ports_and_closed_ones_are_no_news(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the loopback address that nothing uses."""
    assessment = asyncio.run(assess(Environment("t", "", stores=("127.9.8.7",), rate=5000)))
    assert assessment.facts == []
    assert assessment.not_assessed == []
    assert assessment.exchanges > 30


@pytest.mark.parametrize("entry", ["h:99999", "redis://", "mongodb+srv://x", "http://", "a b"])
def test_an_entry_that_names_no_place_is_told(entry: str) -> None:
    assessment = asyncio.run(assess(Environment("t", "", stores=(entry,), rate=5000)))
    (problem,) = assessment.not_assessed
    assert (
        "batten" in problem.message
        or "has no host" in problem.message
        or "is not an address" in problem.message
    )


def test_a_closed_port_that_is_named_is_not_assessed() -> None:
    assessment = asyncio.run(
        assess(Environment("t", "", stores=(f"mongodb://127.0.0.1:{free_port()}",), rate=5000))
    )
    assert "the connection failed" in assessment.not_assessed[0].message


def test_an_endpoint_keeps_its_content_to_itself() -> None:
    found = spoken("consul", WEB[7][2])
    (endpoint,) = (f for f in found.facts if isinstance(f, Endpoint))
    assert endpoint.at.exchange is not None
    assert "dc1" not in endpoint.at.exchange.response
    daemons = [f for f in spoken("docker", WEB[8][2]).facts if isinstance(f, Daemon)]
    assert len(daemons) == 1


def _seen(address: str, *, tls: bool, plain: bool) -> set[str]:
    door = next(iter(doors("postgresql://db.example.com")))
    made = sighting.facts(door, Sighting("postgresql", False, "", "", "", address, tls=tls, plain=plain))
    return {f.control for f in findings(made)}


def test_a_public_address_and_clear_text_are_found_and_a_private_one_that_insists_on_tls_is_not() -> None:
    assert _seen("10.0.0.5", tls=True, plain=False) == _seen("10.0.0.5", tls=False, plain=True) == set()
    assert _seen("10.0.0.5", tls=True, plain=True) == {"store-encrypted"}
    assert _seen("127.0.0.1", tls=True, plain=True) == set()
    assert _seen("93.184.216.34", tls=True, plain=False) == {"store-private"}
    assert _seen("93.184.216.34", tls=False, plain=True) == {"store-private", "store-encrypted"}


VERSIONS = [
    ("15.18 (Debian 15.18-0+deb12u1)", True),
    ("16.2 (Debian 16.2-1.pgdg120+2)", False),
    ("12.22 (Ubuntu 12.22-0ubuntu0.20.04.4)", True),
    ("10.6.18-MariaDB-1:10.6.18+maria~ubu2004", False),
    ("10.5.29-MariaDB-0+deb11u1", True),
    ("8.0.36-0ubuntu0.22.04.1", True),
    ("8.0.39", False),
]


@pytest.mark.parametrize(("version", "backported"), VERSIONS)
def test_builds_of_distributions(version: str, backported: bool) -> None:
    door = next(iter(doors("mysql://h")))
    at = sighting.at_door(door, "store", "", "")
    found = sighting.component(door, "mysql", version, at)
    assert found.backported == backported
    assert ("distribution" in found.evidence) == backported


@given(binary(max_size=200))
def test_any_answer_is_a_document_or_a_complaint(data: bytes) -> None:
    with suppress(ValueError, IndexError, StructError):
        bson.decode(data)


def test_a_deep_document_is_refused() -> None:
    document: dict[str, bson.Value] = {}
    for _ in range(40):
        document = {"a": document}
    with pytest.raises(ValueError, match="too deep"):
        bson.decode(bson.encode(document))


@given(sampled_from(sorted(_PROBES)), lists(binary(max_size=80), max_size=4))
def test_whatever_a_port_says_costs_its_own_probe_only(protocol: str, parts: list[bytes]) -> None:
    """Driven without a network: facts, another question or NotAnswered, never another exception."""
    door = Door(protocol, "127.0.0.1", 1, credentials=True)
    steps = _asked(door)
    with suppress(StopIteration, NotAnswered):
        question = next(steps)
        for _ in range(8):
            assert isinstance(question, (TcpDialogue, Request))
            if isinstance(question, Request):
                answer: Response | TcpAnswer = Response(200, (), b"".join(parts), question)
            else:
                answer = TcpAnswer(tuple(parts))
                for line in question.lines:
                    if callable(line) and parts:
                        line(tuple(parts))
            question = steps.send(answer)


def test_the_signature_is_that_of_the_vendors_own_library() -> None:
    auth, requests, credentials = (
        package(f"botocore.{name}") for name in ("auth", "awsrequest", "credentials")
    )
    now = datetime.now(UTC)
    request = requests.AWSRequest("GET", "http://127.0.0.1:9000/")
    auth.S3SigV4Auth(credentials.Credentials(*FIRST), "s3", "us-east-1").add_auth(request)
    stamp = datetime.strptime(request.context["timestamp"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs((stamp - now).total_seconds()) < 60
    ours = dict(signature("127.0.0.1:9000", *FIRST, stamp))
    assert ours["Authorization"] == request.headers["Authorization"]


def test_the_command_line_takes_stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    port = free_port()
    with valkey(tmp_path, port):
        found = CliRunner().invoke(
            main, ["probe", f"valkey://user:hush-hush@127.0.0.1:{port}", "--format", "json"]
        )
    assert found.exit_code == 1
    assert "accepts unauthenticated commands" in found.output
    assert "hush-hush" not in found.output
    wrong = CliRunner().invoke(main, ["probe", "mongodb+srv://x"])
    assert "batten has no probe for mongodb+srv stores" in wrong.output
    assert "add --stores" in CliRunner().invoke(main, ["probe", "db.example.com"]).output
