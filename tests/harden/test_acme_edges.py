"""Edges with certificates by ACME: what is rendered, how it is read, and what a running one answers to an authority."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from deployments import POLICY, contract, named, told

from batten.contract import load
from batten.engine.hardening import rendering, serving
from batten.engine.hardening.asked import Asked, intent_of
from batten.engine.hardening.edge_alone import program_of
from batten.engine.hardening.playing import Played, play
from batten.engine.hardening.readback import compared
from batten.engine.hardening.standin import stand_in
from batten.engine.review import Review, review
from batten.formats import Workspace
from batten.harden import HardenProblem, targets
from batten.harden.acme import Acme
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.trial import trial
from batten.technologies import technologies
from needs import without
from proofs import PROOF

EDGES = [target for target in targets.offered() if target in targets.EDGES]
FORWARDING = [name for name in EDGES if name not in ("caddy", "traefik")]
DIRECTORY = "https://ca.example.net/acme/directory"
NAMES = ("shop.example.com", "www.example.com")


def intent(target: str, **words: Any) -> Intent:
    asked = Asked(target=target, names=NAMES, acme=True, acme_directory=DIRECTORY, **words)
    return intent_of(asked, contract(), POLICY)


def written(made: Made, folder: Path) -> Review:
    for path, text in made.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return review(folder, POLICY)


@pytest.mark.parametrize("engine", EDGES)
def test_it_is_judged_clean_read_as_asked_and_taken_by_the_vendor(engine: str, tmp_path: Path) -> None:
    asked = intent(engine)
    made = targets.render(engine, asked)
    assert made.files == targets.render(engine, intent(engine)).files
    found = written(made, tmp_path)
    assert told(found) == [] and found.problems == [] and found.facts
    read = compared(asked.edge, found.facts)
    assert read.differing == () and "upstream" in read.equal
    assert "redirect" in read.equal or engine == "traefik"
    for unit in found.units:
        if unit.technology == engine and engine != "traefik" and program_of(engine):
            assert technologies()[engine].validate(unit, found.workspace) is True


@pytest.mark.parametrize("engine", EDGES if PROOF else FORWARDING)
@pytest.mark.parametrize("announced", [False, True])
def test_behind_proxies_it_is_judged_clean(engine: str, announced: bool, tmp_path: Path) -> None:
    asked = intent(engine, proxies=("10.20.0.0/16",), proxy_protocol=announced)
    found = written(targets.render(engine, asked), tmp_path)
    assert told(found) == [] and found.problems == []
    assert compared(asked.edge, found.facts).differing == ()


@pytest.mark.parametrize("engine", EDGES)
def test_without_it_nothing_of_it_is_rendered(engine: str) -> None:
    words = ("acme", "well-known", "980")
    plain = intent_of(Asked(target=engine, names=NAMES), contract(), POLICY)
    made = targets.render(engine, plain)
    assert not made.secrets and not [word for text in made.files.values() for word in words if word in text]


def played(engine: str, of: Intent, change: Callable[[str], str] = str) -> Played:
    """The calls of the contract and of an authority, through a running edge whose files were changed so."""

    def render(placed: Intent) -> Made:
        made = targets.configuration(engine, placed)
        return replace(made, files={path: change(text) for path, text in made.files.items()})

    program = program_of(engine) or without(engine)
    with stand_in(of.contract, "batten-token", ()) as api:
        there = replace(of, options=replace(of.options, upstream=f"http://127.0.0.1:{api.port}", rate=1000))
        launch = targets.launch_of(engine)
        with trial(launch, program, there, render) as run:
            return play(there.edge, run, api, launch.lacks)


@pytest.mark.served
@pytest.mark.parametrize("engine", FORWARDING)
def test_an_authority_gets_its_answer_and_nobody_gets_more(engine: str) -> None:
    found = played(engine, intent(engine))
    assert found.wrong == () and found.refused > 20


HOLES: dict[str, tuple[str, str, str]] = {
    "served as a page": ("types {}\n            default_type text/plain;", "default_type text/html;", "not text/plain"),
    "other spellings": ("{22,128} HTTP/1\\.[01]$", "{22,128}", "is answered with 200 over plain HTTP"),
    "no challenge": ("location ^~ /.well-known/acme-challenge/", "location ^~ /.well-known/other/", "that are not the client's"),
}  # fmt: skip


@pytest.mark.served
@pytest.mark.parametrize("hole", HOLES)
def test_a_hole_is_told(hole: str) -> None:
    old, new, said = HOLES[hole]

    def change(text: str) -> str:
        assert old in text or "location" not in text
        return text.replace(old, new)

    assert [line for line in played("nginx", intent("nginx"), change).wrong if said in line]


@pytest.mark.parametrize("engine", EDGES)
def test_the_contract_beside_it_is_the_same_edge_s(engine: str, tmp_path: Path) -> None:
    asked = intent(engine, emit_contract=True)
    made = rendering.render(engine, asked)
    written(made, tmp_path)
    beside = rendering.served_by(engine, asked)
    found = serving.compared(beside, Workspace(tmp_path / rendering.BESIDE))
    assert found.differing == () and "edge" in found.equal


def test_no_path_of_the_contract_is_one_of_challenges(tmp_path: Path) -> None:
    for path in (
        "/.well-known/acme-challenge/{token}",
        "/.well-known/acme-challenge",
        "/%2Ewell-known/ACME-challenge/x",
    ):
        operation = {"responses": {"200": {"description": "ok"}}}
        document = {
            "openapi": "3.1.0",
            "info": {"title": "a", "version": "1"},
            "paths": {path: {"get": operation}},
        }
        text = json.dumps(document)
        found = load(Workspace(tmp_path, {"openapi.json": text}), "openapi.json")[0]
        with pytest.raises(HardenProblem, match="the contract declares /"):
            targets.render("nginx", intent_of(Asked(target="nginx", names=NAMES, acme=True), found, POLICY))
        assert targets.render("nginx", intent_of(Asked(target="nginx", names=NAMES), found, POLICY)).files


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"acme_directory": "http://ca.example.net/"}, "is not the directory"),
        ({"acme_directory": "https://"}, "is not the directory"),
        ({"acme_directory": 'https://a/"; }'}, "is not the directory"),
        ({"acme_directory": "https://a/%20$x"}, "is not the directory"),
        ({"acme_email": "ops"}, "is not an address for mail"),
        ({"acme_email": "a@b.c\n--x"}, "is not an address for mail"),
        ({"acme_email": "-x@example.com"}, "is not an address for mail"),
        ({"acme": False, "acme_email": "ops@example.com"}, "pass it, too"),
        ({"certificate": "/etc/other.pem"}, "omit --certificate"),
        ({"local_ca": True}, "contradict each other"),
        ({"plain": ""}, "answers challenges on plain HTTP"),
        ({"target": "redis"}, "has no edge that gets a certificate"),
        ({"target": "terraform-aws"}, "has no edge that gets a certificate"),
        ({"names": ("localhost",)}, "no authority issues a certificate for 'localhost'"),
        ({"names": ("[2001:db8::1]",)}, "no authority issues"),
        ({"names": ("10.0.0.1",)}, "no authority issues"),
    ],
)
def test_words_that_cannot_be_meant_with_it_are_sentences(words: dict[str, Any], said: str) -> None:
    asked = Asked(**{"target": "nginx", "names": NAMES, "acme": True, **words})
    with pytest.raises(HardenProblem, match=said):
        targets.render(asked.target, intent_of(asked, contract(), POLICY))


def test_clients_of_acme_need_no_plain_listener() -> None:
    for engine in ("caddy", "traefik"):
        assert targets.render(engine, intent(engine, plain="")).files
    text = targets.render("caddy", intent("caddy", plain="")).files["Caddyfile"]
    assert "disable_http_challenge" in text


def test_the_first_certificate_is_a_placeholder_that_nobody_trusts() -> None:
    made = targets.render("nginx", intent("nginx"))
    assert [secret.path for secret in made.secrets] == ["secrets/edge/tls.key", "secrets/edge/tls.crt"]
    assert "secrets/edge/tls.crt" in made.files["tmpfiles.d/batten-acme.conf"]


def test_large_contracts_have_no_such_path() -> None:
    for name in ("travel", "clinic"):
        found, policy = named(name)
        for engine in EDGES:
            assert targets.render(engine, Intent(found, policy, intent(engine).options, acme=Acme())).files
