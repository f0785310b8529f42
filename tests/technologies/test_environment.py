from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.engine.review import review
from batten.facts import Feature, Secret
from batten.formats import Workspace
from batten.policy import Policy
from batten.technologies import Unit
from batten.technologies.credentials.environment import adapter
from batten.technologies.shared.secrets import commands, credentials


def secrets(name: str, text: str, files: dict[str, str] | None = None) -> list[Secret]:
    workspace = Workspace(Path("/nonexistent"), {**(files or {}), name: text})
    found = adapter.read(Unit("environment", (name,)), workspace)
    return [f for f in found if isinstance(f, Secret)]


@pytest.mark.parametrize(
    "line",
    [
        "sshpass -p lantern99 ssh root@host",
        "docker login -u ci -p lantern99 registry.example.com",
        "aws configure set aws_secret_access_key 0123456789abcdef0123456789abcdefABCDEF01",
        "wget --password=lantern99 https://x.example.com/",
        "curl -H 'X-Api-Key: 7f9c2ba4e88f827d' https://x.example.com/",
        "echo 'root:lantern99' | sudo chpasswd",
        "psql postgres://orders:lantern99@database/orders",
        "set -x TOKEN 1; export GITHUB_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "mongosh -u root -p lantern99",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ],
)
def test_typed_credentials_are_found_and_not_kept(line: str) -> None:
    found = secrets(".bash_history", f"ls\n{line}\n")
    assert len(found) == 1
    assert "lantern99" not in repr(found)


@pytest.mark.parametrize(
    "line",
    [
        "mysql -p$PASS", "curl -u $USER:$PASS x", "mysqldump -P3306 -p orders", "redis-cli -a \"$PW\"",
        "docker login -p $(cat pw)", "export TOKEN_TTL=3600000000", "PASSWORD=", "grep -r password= .",
        "export PATH=/usr/bin", "cd token", "kubectl create secret generic x", "export KEY_NAME=id_ed25519.pub",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_is_not(line: str) -> None:
    assert secrets(".bash_history", f"{line}\n") == []


def test_a_file_that_git_ignores_is_not_committed() -> None:
    text = "DB_PASSWORD=lantern99\n"
    assert secrets("a/.env", text)[0].committed
    assert not secrets("a/.env", text, {".gitignore": "*.log\n.env*\n"})[0].committed
    assert secrets("a/.env", text, {".gitignore": ".env\n", "a/.gitignore": "!.env\n"})[0].committed


def test_debug_switches_are_features_whatever_the_file_is_for() -> None:
    def on(name: str) -> list[bool]:
        workspace = Workspace(
            Path("/nonexistent"), {name: "FLASK_DEBUG=1\nNODE_ENV=production\nDEBUG=app:*\n"}
        )
        found = adapter.read(Unit("environment", (name,)), workspace)
        return [f.on.known(False) for f in found if isinstance(f, Feature)]

    assert on(".env") == [True, False]
    assert on(".env.development") == [True, False]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_no_line_makes_the_recogniser_fail(text: str) -> None:
    list(commands.typed(text))
    credentials.recognise("PASSWORD", text)


def test_a_history_that_is_not_utf_8_is_read_all_the_same(tmp_path: Path) -> None:
    (tmp_path / ".zsh_history").write_bytes(
        b": 1763990000:0;echo \xc3\x83\xbc\x83 done\n: 1763990010:0;mysql -u root -plantern99 orders\n"
    )
    result = review(tmp_path, Policy())
    assert [(f.control, f.region) for f in result.findings] == [("history-free-of-secrets", None)]
    assert result.problems == []
    (tmp_path / ".zsh_history").write_bytes(b"\xff\0")
    assert [p.stage for p in review(tmp_path, Policy()).problems] == ["parse"]
