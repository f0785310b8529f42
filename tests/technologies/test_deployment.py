"""What a tree's own pipelines, scripts and notes show of how it is deployed."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from batten.engine.account import accounted
from batten.engine.review import review
from batten.formats import Workspace
from batten.model import Finding
from batten.policy import Policy
from batten.technologies.orchestration.compose import adapter
from batten.technologies.shared.deployment.commands import commands

_FOLDER = TemporaryDirectory()
EMPTY = Path(_FOLDER.name)
BASE = "services:\n  api:\n    image: registry.example.com/api:1\n    environment: {DEBUG: '1'}\n    ports: ['8000:8000']\n"
PROD = "services:\n  api:\n    environment: {DEBUG: '0'}\n    ports: !reset []\n"
REDIS = 'services:\n  cache:\n    image: redis:8.0\n    ports: ["6379:6379"]\n'
DEPLOY = "jobs:\n  a:\n    steps:\n      - run: docker compose -f compose.yaml up -d\n"


def workspace(files: dict[str, str]) -> Workspace:
    return Workspace(EMPTY, files)


def words(text: str, path: str = "deploy.sh") -> list[tuple[str, ...]]:
    return [c.words for c in commands("", workspace({path: text}))]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("deploy.sh", "docker compose -f a.yml \\\n  -f b.yml up -d && echo ok\n", ("-f", "a.yml", "-f", "b.yml", "up", "-d")),
        ("deploy.sh", "docker-compose --file='a.yml' up # now\n", ("--file='a.yml", "up")),
        ("Makefile", "up:\n\tdocker --context prod compose -f a.yml up\n", ("-f", "a.yml", "up")),
        ("README.md", "It runs `docker stack deploy -c\nstack.yml shop` there.\n", ("-c", "stack.yml", "shop")),
        ("README.md", "```sh\nhelm upgrade x chart -f prod.yaml\nls\n```\n", ("upgrade", "x", "chart", "-f", "prod.yaml")),
    ],
)  # fmt: skip
def test_a_command_is_read_with_its_words(path: str, text: str, expected: tuple[str, ...]) -> None:
    assert words(text, path) == [expected]


def test_prose_and_comments_hold_no_commands() -> None:
    assert words("Run docker compose -f a.yml up yourself.\n", "README.md") == []
    assert words("# docker compose -f a.yml up\n") == []


def test_options_are_read_as_one_word_or_two() -> None:
    (found,) = commands("", workspace({"x.sh": "docker compose --file=a.yml -f 'b.yml' up\n"}))
    assert found.values("-f", "--file") == ["a.yml", "b.yml"]


def units(files: dict[str, str]) -> list[tuple[str, ...]]:
    return [
        u.files
        for u in adapter.units(sorted(f for f in files if f.endswith(("yml", "yaml"))), workspace(files))
    ]


def found(files: dict[str, str]) -> list[Finding]:
    return review(workspace(files), Policy(), fixes=False).findings


def of(files: dict[str, str], control: str) -> list[tuple[str, str, bool]]:
    return [(f.at.source, f.context.value, f.counts) for f in found(files) if f.control == control]


def test_an_override_is_development_where_a_pipeline_leaves_it_out() -> None:
    files = {"compose.yaml": BASE, "compose.override.yaml": REDIS, ".github/workflows/release.yml": DEPLOY}
    assert units(files) == [("compose.yaml",), ("compose.yaml", "compose.override.yaml")]
    assert of(files, "store-private") == [("compose.override.yaml", "development", False)]


@pytest.mark.parametrize(
    "more",
    [
        {},  # convention alone
        {".github/workflows/test.yml": DEPLOY},  # a pipeline of tests
        {"scripts/dev.sh": "docker compose -f compose.yaml up\n"},
        {"README.md": "`docker compose -f compose.yaml -f compose.dev.yaml up`", "compose.dev.yaml": PROD},
        {"deploy.sh": "docker compose -f other.yaml up\n"},
        {"deploy.sh": "docker compose -f compose.yaml config\n"},
        {
            ".github/workflows/release.yml": DEPLOY,
            "deploy.sh": "docker compose up -d\n",
        },  # production does both
    ],
)
def test_an_override_counts_where_nothing_shows_that_production_leaves_it_out(more: dict[str, str]) -> None:
    files = {"compose.yaml": BASE, "compose.override.yaml": REDIS, **more}
    assert ("compose.override.yaml", "production", True) in of(files, "store-private")


def test_a_file_for_production_is_judged_over_its_base() -> None:
    """What it changes is development's, and what it leaves is production's, said once."""
    base = BASE + '  cache:\n    image: redis:8.0\n    ports: ["6379:6379"]\n'
    files = {"compose.yaml": base, "compose.prod.yaml": PROD}
    assert units(files) == [("compose.yaml", "compose.prod.yaml"), ("compose.yaml",)]
    assert of(files, "debug-off") == [("compose.yaml", "development", False)]
    assert of(files, "store-private") == [("compose.yaml", "production", True)]


def test_an_override_tag_replaces_what_the_base_publishes() -> None:
    over = 'services:\n  cache:\n    ports: !override ["127.0.0.1:6379:6379"]\n'
    files = {"compose.yaml": REDIS, "compose.production.yaml": over}
    assert of(files, "store-private") == [("compose.yaml", "development", False)]


def test_a_complete_file_for_production_stands_for_its_base_where_a_command_shows_it() -> None:
    whole = "services:\n  cache:\n    image: redis:8.0\n"
    files = {"compose.yaml": REDIS, "compose.prod.yaml": whole}
    assert of(files, "store-private") == [("compose.yaml", "production", True)]
    files["deploy.sh"] = "docker compose -f compose.prod.yaml up -d\n"
    assert of(files, "store-private") == [("compose.yaml", "development", False)]


def test_a_base_read_with_a_variant_of_developers_is_production_by_itself_only() -> None:
    files = {"compose.yaml": BASE, "compose.dev.yaml": "services:\n  api:\n    privileged: true\n"}
    assert of(files, "container-unprivileged")[0][1] == "development"
    assert {c for s, c, _ in of(files, "debug-off") if s == "compose.yaml"} == {"production"}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("services:\n  a:\n    image: redis:8.0\n    ports: ['6379:6379']\n", True),
        ("version: '3.8'\nx-a: {b: c}\nservices:\n  a: {image: redis:8.0}\nnetworks: {n: {}}\n", True),
        ("services:\n  - name: redis\n    image: redis:8.0\n", False),  # GitLab's images, Kong's upstreams
        ("services:\n  _defaults: {autowire: true}\n  App\\Mailer: {class: Mailer}\n", False),  # Symfony
        ("steps: [a]\nservices:\n  a: {image: redis:8.0}\n", False),  # Woodpecker
        ("services: {}\n", False),
        ("jobs:\n  a:\n    services:\n      db: {image: redis:8.0}\n", False),
    ],
)
def test_a_file_of_any_name_is_compose_s_by_what_it_holds(text: str, read: bool) -> None:
    assert bool(units({"stack.yml": text})) is read
    assert (
        any(u.technology == "compose" for u in review(workspace({"stack.yml": text}), Policy()).units) is read
    )


def test_the_ledger_says_what_files_are_used_for_and_what_shows_it() -> None:
    files = {
        "compose.yaml": BASE,
        "compose.override.yaml": REDIS,
        "deploy.sh": "# first\ndocker compose -f compose.yaml up\n",
    }
    together = accounted(review(workspace(files), Policy(), fixes=False)).together
    assert [(one.files, one.context.value, one.shown) for one in together] == [
        (("compose.yaml",), "production", "deploy.sh:2"),
        (("compose.yaml", "compose.override.yaml"), "development", "deploy.sh:2"),
    ]
