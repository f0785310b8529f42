from __future__ import annotations

from typing import Any

import pytest
import yaml
from deployments import POLICY, contract, generated, image, stack

from batten.engine.hardening.compose.project import Project, edge_of, project
from batten.harden import Options, targets
from batten.harden.acme import ITSELF, Acme
from batten.harden.compose.rendering import FILE
from batten.harden.intent import Intent
from batten.harden.made import Made


def trial(
    *kinds: str, edge: str = "nginx", local_ca: bool = False, acme: Acme | None = None
) -> tuple[Project, dict[str, Any], Made]:
    """A project, its description, and what was written."""
    intent = Intent(contract(), POLICY, Options(), stack(*kinds, edge=edge), local_ca, acme)
    made = targets.render("compose", intent)
    placed = targets.configuration(edge, edge_of(intent, 40_001))
    found = project(intent, made.files, (40_001, 40_002), placed)
    return found, yaml.safe_load(found.files[FILE]), made


@pytest.mark.parametrize("edge", targets.EDGES)
def test_it_is_what_was_written_but_for_its_names_ports_and_secrets(edge: str) -> None:
    found, described, made = trial("postgresql", "nats", edge=edge)
    written = yaml.safe_load(made.files[FILE])
    assert described["services"]["edge"]["ports"] == ["127.0.0.1:40001:8443", "127.0.0.1:40002:8080"]
    assert found.name.startswith("batten-proof-") and described["name"] == found.name
    assert all(one["internal"] for name, one in described["networks"].items() if name != "outside")
    for service in written["services"].values():
        service["restart"] = "on-failure:5"
    written["services"]["edge"]["ports"] = described["services"]["edge"]["ports"]
    written["networks"]["outside"] = described["networks"]["outside"]
    assert described == written | {"name": found.name}
    texts = {
        path: text for path, text in found.files.items() if path != FILE and not path.startswith("edge/")
    }
    assert texts == {path: made.files[path] for path in texts} and len(texts) >= 4
    assert any("localhost" in text for path, text in found.files.items() if path.startswith("edge/"))


def test_every_secret_is_its_own_and_there() -> None:
    found, described, _ = trial("postgresql", "valkey")
    secrets = generated(Made(found.files, found.secrets))
    named = {secret["file"].removeprefix("./") for secret in described["secrets"].values()}
    assert named <= set(secrets)
    other = generated(Made(found.files, trial("postgresql", "valkey")[0].secrets))
    assert secrets["secrets/postg-0/password"] != other["secrets/postg-0/password"]


@pytest.mark.parametrize("edge", ITSELF)
def test_an_edge_that_gets_its_certificate_itself_is_given_one(edge: str) -> None:
    found, described, made = trial("valkey", edge=edge, acme=Acme())
    whole, _, _ = trial("valkey", edge=edge)
    assert "secrets" not in yaml.safe_load(made.files[FILE])["services"]["edge"]
    assert len(described["services"]["edge"]["secrets"]) == 2
    named = {secret["file"].removeprefix("./") for secret in described["secrets"].values()}
    assert named <= set(generated(Made(found.files, found.secrets)))
    edges = [path for path in found.files if path.startswith("edge/")]
    assert {path: found.files[path] for path in edges} == {path: whole.files[path] for path in edges}


def test_volumes_that_their_images_do_not_own_are_named_with_their_users() -> None:
    found, described, _ = trial("nats", "valkey")
    assert found.owners == {f"{found.name}_nats-0-data": 10004}
    assert "nats-0-data" in described["volumes"]
    assert found.images == (image("nginx"), image("shop/api"), image("nats"), image("valkey"))
