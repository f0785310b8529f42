"""Inventories and readers agree, and no setting that matters is left to nobody."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import batten
from batten.controls import all_controls
from batten.model import Switch
from batten.technologies import technologies
from batten.technologies._wings import folder_of
from batten.technologies.shared.inventory import Inventory, Standing, inventory

SOURCES = Path(batten.__file__).parent / "technologies"
PAGES = Path(__file__).parents[1] / "pages"
INVENTORIES = [found for name in sorted(technologies()) if (found := inventory(name)) is not None]
COVERED = 0.95
# Where it is not reached: what is left is named in each of these inventories, and by the ledger of a run.
SHORT = {}
STORES = (
    "cassandra",
    "clickhouse",
    "couchdb",
    "elasticsearch",
    "grafana",
    "influxdb",
    "kafka",
    "keycloak",
    "kibana",
    "logstash",
    "mongodb",
    "mosquitto",
    "nats",
    "opensearch",
    "prometheus",
    "rabbitmq",
    "zookeeper",
)
# Folders whose words say what several technologies' settings mean.
SHARED = {
    "terraform": ("shared/aws", "shared/stores", "shared/text"),
    "cloudformation": ("shared/aws", "shared/stores", "shared/text"),
    "serverless": ("shared/aws", "cloud/cloudformation", "shared/text"),
    "kubernetes": ("shared/containers", "shared/stores", "shared/secrets", "shared/edges"),
    "compose": ("shared/containers", "shared/stores", "shared/secrets", "shared/edges"),
    "dockerfile": ("shared/containers", "shared/secrets", "shared/text"),
    "bake": ("shared/containers", "shared/secrets", "orchestration/dockerfile"),
    "pulumi": ("shared/aws", "cloud/terraform", "cloud/cloudformation"),
    "helm": ("shared/rendering",),
    "kustomize": ("shared/rendering",),
    "gunicorn": ("shared/processes",),
    "litestar": ("shared/python", "shared/containers"),
    "pm2": ("shared/containers",),
    "minio": ("shared/stores", "shared/settings"),
    "openapi": ("contracts/_fixes", "../contract"),
    "quadlet": ("shared/containers", "shared/secrets"),
    "devcontainer": ("shared/containers", "shared/secrets"),
    "github_actions": ("shared/pipelines.py", "shared/secrets"),
    "gitlab_ci": ("shared/pipelines.py", "shared/secrets"),
    **dict.fromkeys(STORES, ("shared/settings",)),
    **dict.fromkeys(("spring", "aspnet", "rails", "laravel"), ("shared/settings", "shared/secrets")),
}
EDGES = ("nginx", "apache", "caddy", "haproxy", "envoy", "traefik", "kong", "lighttpd")


@cache
def words(technology: str) -> frozenset[str]:
    """The words of the string literals, the comments and the tables that a technology's readers are written with."""
    own = folder_of(technology).removeprefix("technologies/")
    rooms = (
        own,
        *SHARED.get(technology, ()),
        *(("shared/edges", "shared/transport") if technology in EDGES else ()),
    )
    found: set[str] = set().union(*(_words(one.value) for one in Switch))
    for room in rooms:
        for source in sorted((SOURCES / room).rglob("*.py")):
            text = source.read_text()
            tree = ast.parse(text)
            found.update(*(_words(n.value) for n in ast.walk(tree) if isinstance(n, ast.Constant)))
            found.update(*(_words(comment) for comment in re.findall(r"# (.*)", text)))
        for table in sorted((SOURCES / room).rglob("*.txt")):
            if table.name != "inventory.txt":
                found |= _words(table.read_text())
    return frozenset(found)


def _words(value: object) -> set[str]:
    """Whole words, and what they are made of where a path or an expression holds several."""
    if not isinstance(value, str):
        return set()
    return {word.lower() for word in re.findall(r"[\w$@-]+", value)}


@pytest.mark.parametrize("found", INVENTORIES, ids=lambda one: one.technology)
def test_inventory_says_what_its_readers_do(found: Inventory) -> None:
    known = words(found.technology)
    for one in (*found.of(Standing.JUDGED), *found.of(Standing.READ)):
        word = one.last.lower()
        assert word in known or word.lstrip("-") in known, (
            f"{one.name} is called {one.standing.value}, and no reader names it"
        )
    read = {one.last for one in (*found.of(Standing.JUDGED), *found.of(Standing.READ))}
    wrong = [
        one.name
        for one in found.of(Standing.UNREAD)
        if "." not in one.name and one.last.lower() in known and one.last not in read
    ]
    assert not wrong, "called not read, and a reader names them"


@pytest.mark.parametrize("found", INVENTORIES, ids=lambda one: one.technology)
def test_inventory_argues_each_standing(found: Inventory) -> None:
    technologies()[found.technology].adapter()  # loads the technology's own controls
    slugs = set(all_controls())
    names = [one.name for one in found.settings]
    assert len(names) == len(set(names)), [n for n in names if names.count(n) > 1][:5]
    assert any("https://" in line for line in found.head), "the vendor's pages that it was made from"
    for one in found.settings:
        if one.standing is Standing.JUDGED:
            assert one.said, f"{one.name}: judged by which control?"
            assert not set(one.said.split()) - slugs, f"{one.name}: {one.said}"
        elif one.standing in (Standing.IRRELEVANT, Standing.UNREAD):
            assert len(one.said.split()) >= 2, f"{one.name}: why, or what would it touch?"
        assert "*" not in one.name or one.standing is Standing.IRRELEVANT or one.name.startswith("*"), (
            one.name
        )


@pytest.mark.parametrize("found", INVENTORIES, ids=lambda one: one.technology)
def test_inventory_is_covered(found: Inventory) -> None:
    enough = SHORT.get(found.technology, COVERED)
    assert found.relevant >= 10 and found.covered >= enough, f"{found.covered:.1%} of {found.relevant}"


@pytest.mark.parametrize("found", INVENTORIES, ids=lambda one: one.technology)
def test_what_is_judged_is_shown(found: Inventory) -> None:
    """A setting that is judged stands in the blocks of one of its controls, or in a test of its technology."""
    texts: dict[str, str] = {}
    tests = "\n".join(
        p.read_text(errors="replace")
        for p in sorted(Path(__file__).parent.rglob("*"))
        if p.is_file()
        and p.suffix in (".py", ".yaml", ".yml", ".txt", ".json")
        and "__pycache__" not in p.parts
    )
    missing = []
    for one in found.of(Standing.JUDGED):
        for slug in one.said.split():
            texts.setdefault(slug, "\n".join(p.read_text() for p in (PAGES / slug).glob("*.md")))
        if not any(one.last in texts[slug] for slug in one.said.split()) and one.last not in tests:
            missing.append(one.name)
    assert not missing, f"{len(missing)} of {len(found.of(Standing.JUDGED))} are used by no block and no test"
