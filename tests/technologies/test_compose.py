from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.engine.review import review
from batten.facts import Fact, Feature, Network, PublishedPort, Store, Workload
from batten.formats import SyntaxProblem, Workspace
from batten.model import UNKNOWN, Context, Problem
from batten.policy import Policy
from batten.technologies import Unit
from batten.technologies.orchestration.compose import adapter
from batten.technologies.orchestration.compose.interpolation import UNKNOWN_PART, interpolate


def outcomes(files: dict[str, str], *names: str) -> list[Fact | Problem]:
    workspace = Workspace(Path("/nonexistent"), files)
    return list(adapter.read(Unit("compose", names or ("compose.yaml",)), workspace))


def workloads(files: dict[str, str], *names: str) -> dict[str, Workload]:
    return {w.name: w for w in outcomes(files, *names) if isinstance(w, Workload)}


def port(text: str) -> PublishedPort:
    compose = f"services:\n  a:\n    image: x:1\n    ports:\n      - {text}\n"
    return next(p for p in outcomes({"compose.yaml": compose}) if isinstance(p, PublishedPort))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$A-${A}", "1-1"),
        ("$$A", "$A"),
        ("${B}", UNKNOWN_PART),
        ("${B:-x${A}}", "x1"),
        ("${B:?no}", UNKNOWN_PART),
        ("${E:-d}|${E-d}", "d|"),
        ("${A:+yes}", "yes"),
        ("${A", "1"),
        ("$", "$"),
    ],
)
def test_variables_are_replaced_as_compose_does(text: str, value: str) -> None:
    assert interpolate(text, {"A": "1", "E": ""}) == value


@pytest.mark.parametrize(
    ("text", "address", "outer", "inner"),
    [
        ('"8080:80"', "0.0.0.0", 8080, 80),
        ("8080", "0.0.0.0", UNKNOWN, 8080),
        ('"127.0.0.1:8080:80"', "127.0.0.1", 8080, 80),
        ('"[::1]:8080:80"', "::1", 8080, 80),
        ('"127.0.0.1::80"', "127.0.0.1", UNKNOWN, 80),
        ('"6000-6400:6000-6400"', "0.0.0.0", 6379, 6379),
        ('"${X}:80"', "0.0.0.0", UNKNOWN, 80),
        ('"${X}:8080:80/udp"', UNKNOWN, 8080, 80),
        ("{target: 80, published: '8080', host_ip: 127.0.0.1}", "127.0.0.1", 8080, 80),
    ],
)
def test_ports_are_read_in_both_syntaxes(text: str, address: object, outer: object, inner: int) -> None:
    found = port(text)
    assert (found.host_address.effective, found.host_port.effective, found.container_port) == (
        address,
        outer,
        inner,
    )


def test_an_override_is_merged_by_the_rules_of_the_specification() -> None:
    files = {
        "compose.yaml": "services:\n  a:\n    image: x:1\n    command: [one, two]\n    cap_add: [SYS_TIME]\n"
        "    environment: {A: '1', B: '2'}\n    volumes: ['./a:/a', './b:/b:ro']\n    privileged: true\n",
        "compose.override.yaml": "services:\n  a:\n    environment: ['B=3', C]\n    volumes: ['./c:/b']\n"
        "    cap_add: !override [CHOWN]\n    privileged: !reset null\n",
    }
    units = list(adapter.units(sorted(files), Workspace(Path("/nonexistent"), files)))
    assert [u.files for u in units] == [("compose.yaml", "compose.override.yaml")]
    found = workloads(files, *units[0].files)["a"]
    assert found.privileged.known(None) is False
    assert found.added_capabilities.known(()) == ("CHOWN",)
    assert {k: s.value for k, s in found.environment.items()} == {"A": "1", "B": "3", "C": UNKNOWN}
    assert [(m.source.value, m.target) for m in found.mounts] == [("./a", "/a"), ("./c", "/b")]


def test_extends_include_env_file_and_dotenv_are_followed() -> None:
    files = {
        "compose.yaml": "include: [cache.yaml]\nservices:\n  a:\n    extends: {service: base, file: common.yml}\n"
        "    image: x:${TAG}\n    env_file: a.env\n    networks: [back]\nnetworks:\n  back: {internal: true}\n",
        "common.yml": "services:\n  base:\n    extends: root\n    read_only: true\n  root:\n    user: '1'\n",
        "cache.yaml": "services:\n  cache:\n    image: redis:8.0\n",
        "a.env": "NAME=value\n",
        ".env": "TAG=7\n",
    }
    found = workloads(files)
    service = found["a"]
    assert (
        service.image.value,
        service.user.value,
        service.read_only_root and service.read_only_root.value,
    ) == (
        "x:7",
        "1",
        True,
    )
    assert service.environment["NAME"].value == "value"
    assert found["cache"].at.source == "cache.yaml"
    networks = {n.name: n for n in outcomes(files) if isinstance(n, Network)}
    assert networks["back"].internal.value is True


def test_an_included_project_has_its_own_folder_and_variables() -> None:
    files = {
        "compose.yaml": "include:\n  - path: [infra/stack/cache.yaml, infra/stack/more.yaml]\n    project_directory: infra\n"
        "    env_file: [infra/a.env, infra/b.env]\n  - path: other/compose.yaml\n",
        "infra/stack/cache.yaml": "services:\n  cache:\n    image: redis:${TAG}-${OWN}\n    env_file: cache.env\n"
        "    volumes: ['./conf:/c']\n  built:\n    build: ./app\n",
        "infra/stack/more.yaml": "services:\n  cache:\n    read_only: true\n",
        "infra/a.env": "TAG=6\nOWN=a\n",
        "infra/b.env": "TAG=7\n",
        "infra/.env": "TAG=0\n",
        "infra/cache.env": "NAME=cache\n",
        "infra/app/Dockerfile": "FROM scratch\n",
        ".env": "OWN=around\n",
        "other/compose.yaml": "services:\n  other:\n    image: x:${IN}\n",
        "other/.env": "IN=1\n",
    }
    found = workloads(files)
    cache = found["cache"]
    assert (cache.image.value, cache.environment["NAME"].value) == ("redis:7-around", "cache")
    assert [m.path for m in cache.mounts] == ["infra/conf"]
    assert cache.read_only_root is not None and cache.read_only_root.value is True
    assert (found["built"].build_context, found["built"].dockerfile) == ("infra/app", "infra/app/Dockerfile")
    assert found["other"].image.value == "x:1"


def test_what_is_included_and_not_read_is_said_by_name() -> None:
    many = {f"c{n}.yaml": f"include: [c{n + 1}.yaml]\nservices:\n  s{n}: {{image: a}}\n" for n in range(80)}
    wide = {f"w{n}.yaml": f"services:\n  w{n}: {{image: a}}\n" for n in range(510)}
    cases = {
        "include: [c0.yaml]\n": (
            many,
            "`c60.yaml` was not read: more than 60 files include each other in a row",
        ),
        f"include: [{', '.join(wide)}]\n": (
            wide,
            "`w509.yaml` was not read: the project has more than 500 files",
        ),
        "include: [compose.yaml]\n": ({}, "`compose.yaml` includes itself"),
        "include: ['${WHERE}/a.yaml']\n": (
            {},
            "the path of an `include` depends on a variable that is not set here",
        ),
        "include: ['oci://registry.example.com/stack:1']\n": (
            {},
            "`oci://registry.example.com/stack:1` is remote and was not read",
        ),
        "include: [{path: a.yaml, env_file: gone.env}]\n": (
            {"a.yaml": "services:\n  a: {image: x}\n"},
            "`gone.env` cannot be read",
        ),
    }
    for text, (others, message) in cases.items():
        problems = [o for o in outcomes({"compose.yaml": text, **others}) if isinstance(o, Problem)]
        assert message in [p.message for p in problems], problems
        assert all(p.hint and p.line for p in problems)


def test_a_variant_is_read_over_its_base_only_when_it_needs_it() -> None:
    files = {
        "docker-compose.yml": "services:\n  a:\n    image: x:1\n",
        "docker-compose.prod.yml": "services:\n  a:\n    read_only: true\n",
        "docker-compose.tools.yml": "services:\n  t:\n    image: t:1\n",
    }
    units = adapter.units(sorted(files), Workspace(Path("/nonexistent"), files))
    assert [u.files for u in units] == [
        ("docker-compose.yml", "docker-compose.prod.yml"),
        ("docker-compose.yml",),
        ("docker-compose.tools.yml",),
    ]


def test_circles_and_missing_files_are_problems() -> None:
    compose = (
        "include: [gone.yaml]\nservices:\n  a:\n    extends: b\n  b:\n    extends: a\n"
        "  c:\n    extends: {file: ../../../out.yml, service: x}\n"
    )
    problems = [o for o in outcomes({"compose.yaml": compose}) if isinstance(o, Problem)]
    assert len(problems) >= 3 and all(p.hint or p.line for p in problems)


def test_a_store_knows_its_configuration_file_and_published_port() -> None:
    files = {
        "compose.yaml": "services:\n  r:\n    image: redis:7.4\n    command: redis-server /c/redis.conf\n"
        "    volumes: ['./conf:/c']\n    ports: ['6390:6379']\n",
        "conf/redis.conf": "requirepass ${P}\n",
    }
    store = next(o for o in outcomes(files) if isinstance(o, Store))
    assert (store.authentication.value, store.published, store.configured_by, store.service) == (
        True,
        True,
        ("conf/redis.conf",),
        "r",
    )


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="abs:-[]{}\n '\"$&*!#/0\\<", max_size=60))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    for compose in (
        text,
        f"services:\n  a:\n    {text}\n",
        f"services: {{a: {{ports: [{text}], build: {text}}}}}\n",
    ):
        with contextlib.suppress(SyntaxProblem):
            outcomes({"compose.yaml": compose})


def stores(compose: str, files: dict[str, str] | None = None) -> dict[str, Store]:
    found = outcomes({**(files or {}), "compose.yaml": compose})
    return {o.service: o for o in found if isinstance(o, Store)}


def store_of(image: str, extra: str = "", files: dict[str, str] | None = None) -> Store:
    return stores(f"services:\n  s:\n    image: {image}\n{extra}", files)["s"]


@pytest.mark.parametrize(
    ("image", "extra", "authentication"),
    [
        ("postgres:18", "", UNKNOWN),
        ("postgres:18", "    environment: {POSTGRES_PASSWORD: ''}\n", UNKNOWN),
        ("postgis/postgis:18-3.6", "    environment: {POSTGRES_HOST_AUTH_METHOD: trust}\n", False),
        ("bitnamilegacy/postgresql:17", "    environment: [ALLOW_EMPTY_PASSWORD=yes]\n", False),
        (
            "bitnamilegacy/postgresql:17",
            "    environment: [ALLOW_EMPTY_PASSWORD=yes, POSTGRESQL_PASSWORD]\n",
            True,
        ),
        (
            "bitnamilegacy/valkey:8.1",
            "    environment: [ALLOW_EMPTY_PASSWORD=yes, 'VALKEY_PASSWORD=$P']\n",
            True,
        ),
        ("bitnamilegacy/zookeeper:3.9", "    environment: [ALLOW_ANONYMOUS_LOGIN=yes]\n", False),
        (
            "bitnamilegacy/zookeeper:3.9",
            "    environment: [ALLOW_ANONYMOUS_LOGIN=yes, ZOO_ENABLE_AUTH=yes]\n",
            True,
        ),
        ("mariadb:11.8", "    environment: {MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: '1'}\n", False),
        (
            "mysql:8.4",
            "    environment: {MYSQL_ALLOW_EMPTY_PASSWORD: 'yes', MYSQL_ROOT_PASSWORD: '${P}'}\n",
            True,
        ),
        (
            "mysql:8.4",
            "    environment: {MYSQL_ALLOW_EMPTY_PASSWORD: 'yes', MYSQL_ROOT_PASSWORD: ''}\n",
            False,
        ),
        ("mysql:8.4", "    environment: {MYSQL_ALLOW_EMPTY_PASSWORD: 'no'}\n", False),
        ("mysql:8.4", "    command: [--skip-grant-tables]\n", False),
        ("mongo:8.0", "    command: [--auth]\n", True),
        ("mongo:8.0", "    command: [--config, /etc/mongod.conf]\n", UNKNOWN),
        ("mongo:8.0", "    env_file: gone.env\n", UNKNOWN),
        ("elasticsearch:7.17.0", "", False),
        ("elasticsearch:9.1.0", "", True),
        ("elasticsearch:9.1.0", "    command: elasticsearch -Expack.security.enabled=false\n", False),
        ("bitnami/etcd:3.6", "", UNKNOWN),
        (
            "quay.io/coreos/etcd:v3.6.0",
            "    environment: {ETCD_LISTEN_CLIENT_URLS: 'http://0.0.0.0:2379'}\n",
            False,
        ),
        ("quay.io/coreos/etcd:v3.6.0", "    environment: {ETCD_CLIENT_CERT_AUTH: 'true'}\n", True),
        ("quay.io/coreos/etcd:v3.6.0", "", UNKNOWN),
        ("apache/kafka:4.1.0", "    environment: {KAFKA_LISTENERS: 'SASL_SSL://:9092'}\n", True),
        ("apache/kafka:4.1.0", "    environment: {KAFKA_LISTENERS: 'PLAINTEXT://${HOST}:9092'}\n", UNKNOWN),
        ("bitnami/kafka:4.0", "", UNKNOWN),
        ("eclipse-mosquitto:2", "", UNKNOWN),
        ("eclipse-mosquitto:1.6", "", False),
        ("clickhouse/clickhouse-server:25.8", "    environment: {CLICKHOUSE_PASSWORD: ''}\n", False),
        ("semitechnologies/weaviate:1.32.0", "", False),
        (
            "semitechnologies/weaviate:1.32.0",
            "    environment: {AUTHENTICATION_APIKEY_ENABLED: 'true'}\n",
            UNKNOWN,
        ),
        ("neo4j:5", "    environment: {NEO4J_AUTH: '${A}'}\n", True),
        ("influxdb:2.7", "", UNKNOWN),
        ("arangodb:3.12", "    environment: {ARANGO_NO_AUTH: '1'}\n", False),
    ],
)
def test_stores_say_what_they_ask(image: str, extra: str, authentication: object) -> None:
    assert store_of(image, extra).authentication.effective is authentication


def test_a_listener_in_clear_text_counts_where_it_is_published() -> None:
    listeners = (
        "    environment:\n      KAFKA_LISTENERS: 'IN://:29092,OUT://:9092'\n"
        "      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'IN:SASL_SSL,OUT:PLAINTEXT'\n"
    )
    assert store_of("apache/kafka:4.1.0", listeners).authentication.effective is UNKNOWN
    published = f"{listeners}    ports: ['9092:9092']\n"
    assert store_of("apache/kafka:4.1.0", published).authentication.effective is False


def test_mosquitto_is_what_its_file_says_at_its_line() -> None:
    mount = "    volumes: ['./m.conf:/mosquitto/config/mosquitto.conf']\n"
    text = "listener 1883\nallow_anonymous true\n"
    found = store_of("eclipse-mosquitto:2", mount, {"m.conf": text}).authentication
    assert found.value is False and found.at.source == "m.conf" and found.at.span is not None
    assert text[found.at.span.start : found.at.span.end] == "true"
    several = {"m.conf": "allow_anonymous true\nper_listener_settings true\nlistener 1883\n"}
    assert store_of("eclipse-mosquitto:2.0", mount, several).authentication.effective is True


@pytest.mark.parametrize(
    ("address", "outside"),
    [
        ("", True),
        ("0.0.0.0:", True),
        ("203.0.113.9:", True),
        ("127.0.0.2:", False),
        ("10.8.0.1:", False),
        ("172.20.0.1:", False),
        ("100.100.4.2:", False),
        ("[fd00::1]:", False),
        ("[::1]:", False),
        ("[::]:", True),
        ("${A}:", False),
    ],
)
def test_only_strangers_count_as_outside(address: str, outside: bool) -> None:
    assert port(f'"{address}8080:80"').outside is outside


def test_what_profiles_start_says_what_it_is_for() -> None:
    compose = (
        "services:\n  a:\n    image: adminer:5\n    profiles: [dev]\n    ports: ['8080:8080']\n"
        "    environment: {FLASK_DEBUG: '1'}\n  b:\n    image: redis:8.0\n    profiles: [dev, prod]\n"
    )
    found = outcomes({"compose.yaml": compose})
    shown = [o for o in found if isinstance(o, (PublishedPort, Feature))]
    assert shown and {o.at.context for o in shown} == {Context.DEVELOPMENT}
    assert [o.at.context for o in found if isinstance(o, Store)] == [None]
    ports = [p for o in found if isinstance(o, Workload) for p in o.ports]
    assert [p.at.context for p in ports] == [Context.DEVELOPMENT]


@pytest.mark.parametrize(
    ("profiles", "context"),
    [
        ("[test]", Context.TEST),
        ("[dev, debug]", Context.DEVELOPMENT),
        ("[test, tools]", Context.DEVELOPMENT),
        ("[dev, prod]", None),
        ("[developer]", None),
        ("[]", None),
    ],
)
def test_a_service_is_for_developers_when_all_its_profiles_are(
    profiles: str, context: Context | None
) -> None:
    found = outcomes({"compose.yaml": f"services:\n  a:\n    image: redis:8.0\n    profiles: {profiles}\n"})
    assert {o.at.context for o in found if isinstance(o, (Workload, Store))} == {context}


def test_the_stage_that_is_built_decides_the_user() -> None:
    files = {
        "compose.yaml": "services:\n  a:\n    build: {context: ., target: app}\n  b:\n    build: .\n",
        "Dockerfile": "FROM python:3.13 AS app\nUSER 1\nFROM app\nUSER root\n",
    }
    found = workloads(files)
    assert (found["a"].user.effective, found["b"].user.effective) == ("nonroot", UNKNOWN)


def test_providers_are_no_containers() -> None:
    assert workloads({"compose.yaml": "services:\n  a:\n    provider: {type: model}\n"}) == {}


def test_volumes_that_are_host_paths_and_the_engine_are_mounts() -> None:
    compose = (
        "services:\n  a:\n    image: x:1\n    use_api_socket: true\n    volumes: ['vol:/v', 'web:/w']\n"
        "volumes:\n  vol: {driver_opts: {type: none, o: bind, device: /etc}}\n  web: {driver_opts: {o: 'addr=x', device: ':/'}}\n"
    )
    found = workloads({"compose.yaml": compose})["a"].mounts
    assert [(m.kind, m.source.value) for m in found] == [
        ("bind", "/etc"),
        ("volume", "web"),
        ("bind", "/var/run/docker.sock"),
    ]


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="KAFK=:/,.0LISTEN\n -'\"{}[]$", max_size=60))
def test_no_variable_makes_a_store_fail(text: str) -> None:
    for image in (
        "apache/kafka:4.1.0",
        "quay.io/coreos/etcd:v3.6.0",
        "mysql:8.4",
        "redis:8.0",
        "bitnami/etcd:3",
    ):
        with contextlib.suppress(SyntaxProblem):
            outcomes(
                {
                    "compose.yaml": f"services:\n  a:\n    image: {image}\n    command: {text!r}\n"
                    f"    environment:\n      KAFKA_LISTENERS: {text!r}\n      ETCD_LISTEN_CLIENT_URLS: {text!r}\n"
                }
            )


SET = "#!/bin/sh\ncat > .env <<EOF\nSIGNING_SECRET=$(openssl rand -hex 32)\nEOF\n"
DEFAULT = "services:\n  api:\n    image: shop.example.com/api:1\n    environment:\n      SIGNING_SECRET: ${SIGNING_SECRET:-changeme}\n"


@pytest.mark.parametrize(
    ("script", "severity"),
    [(SET, "LOW"), (SET.replace("$(openssl rand -hex 32)", "changeme"), "CRITICAL"), ("", "CRITICAL")],
)
def test_a_default_that_a_script_replaces(script: str, severity: str, tmp_path: Path) -> None:
    files = {"compose.yaml": DEFAULT, "setup.sh": script}
    found = [
        f
        for f in review(Workspace(tmp_path, files), Policy()).findings
        if f.control == "secret-not-guessable" and f.at.source == "compose.yaml"
    ]
    assert [f.severity.name for f in found] == [severity]
    assert ("`setup.sh` sets the variable" in found[0].message) is (severity == "LOW")


NEEDED = "services:\n  db:\n    image: mysql:8.4\n    environment: {MYSQL_ALLOW_EMPTY_PASSWORD: '1'}\n    ports: ['52000:3306']\n"


@pytest.mark.parametrize(
    ("text", "beside", "context"),
    [
        (NEEDED, {"orm/pyproject.toml": "", "orm/orm_tests/__init__.py": ""}, Context.TEST),
        (NEEDED, {"orm/package.json": "{}", "orm/test/a.js": ""}, Context.TEST),
        (NEEDED, {"orm/pyproject.toml": ""}, Context.PRODUCTION),
        (NEEDED, {"orm/orm_tests/__init__.py": ""}, Context.PRODUCTION),
        (NEEDED, {"orm/pyproject.toml": "", "orm/tests/a.py": "", "orm/Dockerfile": "FROM a:1\n"}, Context.PRODUCTION),
        (NEEDED + "    restart: always\n", {"orm/pyproject.toml": "", "orm/tests/a.py": ""}, Context.PRODUCTION),
    ],
)  # fmt: skip
def test_what_a_library_s_tests_talk_to(
    text: str, beside: dict[str, str], context: Context, tmp_path: Path
) -> None:
    files = {"orm/docker-compose.yml": text, **beside}
    found = review(Workspace(tmp_path, files), Policy()).findings
    assert {f.context for f in found if f.control == "store-authenticated"} == {context}
