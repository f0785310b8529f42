"""From observe to enforce: a contract that was learnt from half of what clients do admits the other half."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import yaml
from click.testing import CliRunner
from guard_apps import DRF, FASTAPI, LOGIN, App, Seen, Step, played, serving, step

from batten.cli.guard import command

ROUNDS = 12


def _of_shop(n: int) -> tuple[Step, ...]:
    """One round of a client; each is larger than those before it."""
    new = {
        "name": f"bowl {'x' * 2 * n}",
        "kind": ("cup", "plate")[n % 2],
        "price": (None, 7, 2.5)[n % 3],
        "tags": ["t"] * n,
    }
    return (
        step("POST /token", data={"username": "a" * n, "password": "right", "grant_type": "password"}),
        step("POST /items/", 201, LOGIN, json=new),
        step(f"GET /items/{2}"),
        step(f"GET /items/?limit={n + 3}&kind=cup"),
        step("GET /items/77", 404),
        step("POST /items/", 409, LOGIN, json=new),
        step("PUT /items/2", 200, LOGIN, json={**new, "price": n}),
        step("DELETE /items/2", 204, LOGIN),
        step("GET /export"),
        step("GET /contact"),
    )  # fmt: skip


def _of_books(n: int) -> tuple[Step, ...]:
    new = {"title": "T" * 4 * n, "year": (None, 1990 + n)[n % 2], "price": f"{n * n}.50"}
    return (
        step("GET /api/books/"),
        step(f"GET /api/books/?page={1 + n % 2}"),
        step("POST /api/books/", 201, LOGIN, json=new),
        step("POST /api/books/", 400, LOGIN, json={**new, "price": "much"}),
        step("GET /api/books/4/"),
        step("GET /api/books/99/", 404),
        step("PATCH /api/books/4/", 200, LOGIN, json={"year": 2000 + n}),
        step("DELETE /api/books/4/", 204, LOGIN),
    )


@pytest.mark.parametrize(("app", "round_of"), [(FASTAPI, _of_shop), (DRF, _of_books)], ids=["fastapi", "drf"])
def test_half_of_it(app: App, round_of: Callable[[int], tuple[Step, ...]], tmp_path: Path) -> None:
    rounds = [round_of(n) for n in range(1, ROUNDS + 1)]
    first, second = (tuple(sum(half, ())) for half in (rounds[: ROUNDS // 2], rounds[ROUNDS // 2 :]))
    nothing, traffic, learnt = tmp_path / "nothing.json", tmp_path / "traffic.db", tmp_path / "learnt.yaml"
    nothing.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "-", "version": "1"}, "paths": {}}))
    given = {"GUARD_FRAMEWORK": app.framework}
    observing = {"GUARD_CONTRACT": str(nothing), "GUARD_MODE": "observe", "GUARD_TRAFFIC": str(traffic)}
    with serving(app, app.servers[0], tmp_path, **given, **observing) as port:
        assert _statuses(played(port, first)) == [each.status for each in first]
    said = CliRunner().invoke(
        command, ["learn", "--traffic", str(traffic), "--contract", str(nothing), "--output", str(learnt)]
    )
    assert said.exit_code == 0 and "fewer than 50 samples" in said.output, said.output
    document = yaml.safe_load(learnt.read_text(encoding="utf-8"))
    assert "maxItems" not in str(document) and "x-batten-samples" in str(document)
    with serving(app, app.servers[0], tmp_path, **given, GUARD_CONTRACT=str(learnt)) as port:
        assert _statuses(played(port, second)) == [each.status for each in second]
        assert httpx.get(f"http://127.0.0.1:{port}/openapi.json", trust_env=False).status_code == 404


def _statuses(seen: list[Seen]) -> list[int]:
    """Of the application; 0 where the guard answered."""
    return [0 if b"Reference: " in each.body else each.status for each in seen]
