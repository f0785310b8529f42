from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hardened_places import ORDERS, harden

from batten.contract import load
from batten.engine.hardening.asked import Asked, intent_of
from batten.engine.hardening.lock import NAME
from batten.formats import Workspace
from batten.harden import HardenProblem
from batten.policy import Policy

IMAGE = f"registry.example.com:5000/team/api:1.2@sha256:{'ab' * 32}"


def test_the_stack_is_what_the_words_say() -> None:
    words = Asked(
        target="compose",
        names=("api.example.com",),
        stores=("postgresql=db", "redis"),
        images={"api": IMAGE, "edge": IMAGE, "db": IMAGE},
        app_port=9000,
        health="/v1/health",
    )
    stack = intent_of(words, load(Workspace(ORDERS), "openapi.yaml")[0], Policy()).stack
    assert [(store.kind, store.name, store.image) for store in stack.stores] == [
        ("postgresql", "db", IMAGE),
        ("redis", "redis", ""),
    ]
    assert (stack.application.image, stack.application.port, stack.application.health) == (
        IMAGE,
        9000,
        "/v1/health",
    )
    assert stack.edge_image == IMAGE


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"stores": ("oracle",)}, "'oracle' is not a store"),
        ({"stores": ("redis=../x",)}, "'../x' is not a name"),
        ({"project": "../x"}, "'../x' is not a name"),
        ({"stores": ("redis", "valkey=redis")}, "two parts of the stack have one name"),
        ({"images": {"web": IMAGE}}, "'web' is not a part"),
        ({"images": {"api": "nginx:latest"}}, "does not name a digest"),
        ({"images": {"api": f"x\n{IMAGE}"}}, "does not name a digest"),
        ({"app_port": 0}, "0 is not a port"),
        ({"health": "health"}, "is not a path"),
        ({"health": '/"; return'}, "is not a path"),
        ({"edge": "iis"}, "'iis' is not an edge"),
        ({"oldest": "1"}, "'1' is not a version"),
        ({"upstream": "http://user:secret@127.0.0.1:8000"}, "without a path or credentials"),
    ],
)
def test_words_that_cannot_be_meant_are_sentences(words: dict[str, Any], said: str) -> None:
    contract = load(Workspace(ORDERS), "openapi.yaml")[0]
    with pytest.raises(HardenProblem, match=said.replace("(", r"\(")):
        intent_of(Asked(target="nginx", names=("a.example.com",), **words), contract, Policy())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no folder is given"),
        (("--output", "out"), "no target is given"),
        (("nginx", "--output", "out", "--report", "x.md"), "pass both"),
        (("nginx", "--output", "out", "--prove", "--dry-run"), "omit --dry-run"),
        (("nginx", "--output", "out", "--image", "x"), "names no part"),
        (("--undo", "--output", "out"), "there is no fix to undo"),
    ],
)
def test_wrong_usage_is_a_sentence(place: Path, words: tuple[str, ...], said: str) -> None:
    result = harden(*words)
    assert result.exit_code == 2 and said in result.output, result.output


@pytest.mark.served
def test_nothing_secret_is_printed_or_kept_in_files(place: Path) -> None:
    result = harden("redis", "--output", "store", "--local-ca", "--prove", "--report", "proof.json")
    assert result.exit_code == 0, result.output
    secrets = [path for path in (place / "store/secrets").rglob("[!.]*") if path.is_file()]
    assert secrets and all(path.stat().st_mode & 0o077 == 0 for path in secrets)
    told = [result.output, (place / "proof.json").read_text(), (place / "store" / NAME).read_text()]
    told += [path.read_text() for path in (place / "store").iterdir() if path.is_file()]
    (password,) = (path.read_text().strip() for path in secrets if path.name == "password")
    keys = [line for path in secrets if path.suffix == ".key" for line in path.read_text().splitlines()[1:-1]]
    assert keys and not [value for value in (password, *keys) for text in told if value in text]
