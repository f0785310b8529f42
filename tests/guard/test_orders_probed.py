"""`batten probe` on the example as open as it is, bare and behind the guard: what is held, and what stays for the files."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from guard_servers import served

from batten.contract import load
from batten.engine.check import Order, assess, check
from batten.formats import Workspace
from batten.guard.asgi import Guard
from batten.guard.traffic.counts import Traffic
from batten.policy import Environment
from batten.policy.load import load_policy

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "orders"
TOKEN = "test-token-of-the-guard"
HELD = {
    "cors-credentials-narrow",
    "cross-origin-isolation-sent",
    "csp-sent",
    "debug-off",
    "endpoints-documented",
    "error-free-of-traces",
    "framing-denied",
    "nosniff-sent",
    "permissions-policy-sent",
    "referrer-policy-sent",
    "response-size-uniform",
    "responses-match-schema",
    "verbs-as-specified",
}
STAYS = {
    "assets-encrypted": "the links are the application's data, and as its contract says",
    "tls-required": "this server speaks plain HTTP; `batten guard run --cert`, or the edge, ends that",
    "cache-control-sensitive": "a public operation was asked with credentials; its answer is everybody's",
}


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    patch = pytest.MonkeyPatch()
    patch.setenv("DATABASE_URL", f"sqlite:///{tmp_path_factory.mktemp('orders')}/orders.db")
    patch.setenv("ORDERS_TOKEN", TOKEN)
    patch.setenv("CACHE_URL", "redis://127.0.0.1:1/0")
    patch.syspath_prepend(str(EXAMPLE))
    yield importlib.import_module("app.main").app
    for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
        del sys.modules[name]
    patch.undo()


def _found(app: Any) -> set[tuple[str, str]]:
    """(control, message) of what a probe finds."""
    policy = load_policy(EXAMPLE / "batten.yaml")
    contract, _ = load(Workspace(EXAMPLE), "openapi.yaml")
    login = {"Authorization": f"Bearer {TOKEN}"}
    with served(app) as port:
        environment = Environment("local", f"http://localhost:{port}", headers=login, active=True, rate=2000)
        outcome = assess(EXAMPLE, policy, [environment], contract, policy.origins)
    assert outcome.environments[0].exchanges > 500 and not outcome.problems
    return {(finding.control, finding.message) for finding in outcome.findings}


def test_probes_find_it_held(orders: Any) -> None:
    bare, guarded = _found(orders), _found(Guard(orders, contract=EXAMPLE / "openapi.yaml"))
    assert guarded <= bare  # the guard brings no fault of its own
    assert {control for control, _ in bare - guarded} >= HELD - {"endpoints-documented"}
    assert {control for control, _ in guarded} <= set(STAYS)
    assert {control for control, _ in bare} <= HELD | set(STAYS)


def _which(finding: tuple[str, str]) -> tuple[str, str]:
    """The operation and status; what is wrong with an answer of it may be several things."""
    return finding[0], finding[1].partition(": ")[0]


def test_traffic_shows_what_probes_show(orders: Any, tmp_path: Path) -> None:
    """Callers of the open example, through a guard that only observes."""
    for name in ("openapi.yaml", "batten.yaml"):
        (tmp_path / name).write_text((EXAMPLE / name).read_text(encoding="utf-8"), encoding="utf-8")
    traffic = Traffic(tmp_path / "traffic.db", every=3600)
    live = _found(Guard(orders, contract=EXAMPLE / "openapi.yaml", mode="observe", traffic=traffic))
    with served(Guard(orders, contract=EXAMPLE / "openapi.yaml", mode="observe", traffic=traffic)) as port:
        api = f"http://localhost:{port}/v1"
        assert httpx.get(f"{api}/admin/export", trust_env=False).status_code == 200
        mug = {"name": "Mug", "price": 900}
        assert httpx.put(f"{api}/products/1", json=mug, trust_env=False).status_code < 300
    traffic.flush()
    outcome = check(
        tmp_path,
        load_policy(tmp_path / "batten.yaml"),
        Order(probe=False, history=False, traffic=traffic.path),
    )
    seen = {(f.control, f.message) for f in outcome.findings if f.environment == "traffic"}
    shared = ("verbs-as-specified", "responses-match-schema")
    assert {_which(f) for f in live if f[0] in shared} <= {_which(f) for f in seen}
    assert ("endpoints-documented", "`GET /v1/admin/export` is answered, but no contract lists it") in seen
    assert {control for control, _ in seen} == {*shared, "endpoints-documented"}
