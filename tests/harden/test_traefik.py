"""What a stranger's contract and policy cannot end in what is rendered for Traefik; what every edge does is asked in tests/harden/edges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from deployments import contract

from batten.contract import load
from batten.formats import Workspace
from batten.harden import HardenProblem, Options
from batten.harden.intent import Intent
from batten.harden.targets import EDGES, offered, render
from batten.policy import Policy

SHOP = "https://shop.example.com"


def test_a_path_of_the_contract_cannot_end_its_rule(tmp_path: Path) -> None:
    path = "/a`) || PathPrefix(`/"
    document = {
        "openapi": "3.1.0",
        "info": {"title": "a", "version": "1"},
        "paths": {path: {"get": {"responses": {}}}},
    }
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    read = load(Workspace(tmp_path), "openapi.json")[0]
    made = render("traefik", Intent(read, Policy(hosts=("shop.example.com",)), Options()))
    routers = yaml.safe_load(made.files["dynamic.yaml"])["http"]["routers"]
    assert (
        routers["r1"]["rule"] == f"(Host(`shop.example.com`)) && Path({json.dumps(path)}) && (Method(`GET`))"
    )


@pytest.mark.parametrize("engine", [target for target in offered() if target in EDGES])
def test_an_origin_that_ends_its_word_is_refused(engine: str) -> None:
    policy = Policy(hosts=("shop.example.com",), origins=("https://a`)||PathPrefix(`",))
    with pytest.raises(HardenProblem, match="is not an origin"):
        render(engine, Intent(contract(), policy, Options()))
