from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.facts import Fact, Network, PublishedPort, Store, Workload
from batten.formats import SyntaxProblem, Workspace
from batten.model import UNKNOWN, Problem
from batten.technologies import Unit
from batten.technologies.compose import adapter
from batten.technologies.compose.interpolation import UNKNOWN_PART, interpolate


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


def test_a_variant_is_read_over_its_base_only_when_it_needs_it() -> None:
    files = {
        "docker-compose.yml": "services:\n  a:\n    image: x:1\n",
        "docker-compose.prod.yml": "services:\n  a:\n    read_only: true\n",
        "docker-compose.tools.yml": "services:\n  t:\n    image: t:1\n",
    }
    units = adapter.units(sorted(files), Workspace(Path("/nonexistent"), files))
    assert [u.files for u in units] == [
        ("docker-compose.yml",),
        ("docker-compose.yml", "docker-compose.prod.yml"),
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
