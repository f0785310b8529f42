"""The example's application, as open as it is, behind the guard."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from guard_servers import asked_raw, served

from batten.guard.answers.problems import SIZE
from batten.guard.asgi import Guard
from batten.guard.options import Rule

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "orders"
TOKEN = "test-token-of-the-guard"
AUTH = f"Authorization: Bearer {TOKEN}"
SHOP = "https://shop.example.com"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Guard, int, int]]:
    """The guard, the port it is served on, and a port with the bare application."""
    patch = pytest.MonkeyPatch()
    patch.setenv("DATABASE_URL", f"sqlite:///{tmp_path_factory.mktemp('orders')}/orders.db")
    patch.setenv("ORDERS_TOKEN", TOKEN)
    patch.setenv("CACHE_URL", "redis://127.0.0.1:1/0")  # the application works without its cache
    patch.syspath_prepend(str(EXAMPLE))
    app = importlib.import_module("app.main").app
    guard = Guard(
        app, contract=EXAMPLE / "openapi.yaml", hosts=["localhost:*"]
    )  # beside those of its batten.yaml
    with served(guard) as port, served(app) as bare:
        yield guard, port, bare
    for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
        del sys.modules[name]
    patch.undo()


@pytest.fixture
def api(guarded: tuple[Guard, int, int]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://localhost:{guarded[1]}", trust_env=False) as client:
        yield client


def test_documented_requests_pass(api: httpx.Client) -> None:
    login = {"Authorization": f"Bearer {TOKEN}"}
    order = {"lines": [{"product_id": 1, "quantity": 2}], "note": "Ring twice"}
    assert api.get("/v1/health").json() == {"status": "degraded", "cache": "down"}
    assert len(api.get("/v1/products").json()["items"]) == 3
    assert api.get("/v1/products/1").json()["name"] == "Mug"
    assert api.get("/v1/products/999").status_code == 404
    assert api.get("/v1/products/mug").status_code == 400  # by the guard
    assert api.get("/v1/gift-options?wanted=maybe").status_code == 400
    assert api.get("/v1/orders").status_code == 401
    assert api.post("/v1/orders", json=order).status_code == 401
    assert api.get("/v1/orders", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert len(api.get("/v1/orders", headers=login).json()["items"]) >= 3
    bad = api.post("/v1/orders", json={"lines": []}, headers=login)
    assert bad.status_code == 400 and "/lines" in bad.json()["detail"]
    placed = api.post("/v1/orders", json=order, headers=login)
    assert placed.status_code == 201
    assert api.get(placed.headers["location"], headers=login).json() == placed.json()
    assert api.delete(placed.headers["location"], headers=login).status_code == 204
    assert api.get(placed.headers["location"], headers=login).status_code == 404


def test_trace_becomes_a_problem(guarded: tuple[Guard, int, int], caplog: pytest.LogCaptureFixture) -> None:
    enforcing, port, bare = guarded
    line = "GET /v1/products/99999999999999999999"
    assert b"Traceback" in asked_raw(bare, line)[2]
    assert asked_raw(port, line)[0] == 400  # its schema does not allow it
    guard = Guard(enforcing.app, contract=EXAMPLE / "openapi.yaml", rules={"parameters": "observe"})
    with caplog.at_level("WARNING", "batten.guard"), served(guard) as port:
        status, head, body = asked_raw(port, line)
    assert status == 500 and len(body) == SIZE and b"application/problem+json" in head
    document = json.loads(body)
    assert document["title"] == "Internal Server Error" and "OverflowError" not in body.decode()
    reference = document["detail"].split()[-1].rstrip(".")
    assert reference in caplog.text and "Traceback" in caplog.text
    assert guard.tally.total(Rule.ANSWER_MEDIA_TYPE) >= 1


@pytest.mark.parametrize(
    ("line", "open_status", "held_status"),
    [
        ("PUT /v1/products/1", 200, 405),
        ("GET /v1/admin/export", 200, 404),
        ("GET /v1/%61dmin/export", 200, 400),
        ("GET /v1%2Fadmin%2Fexport", 200, 400),
        ("GET /v1/products/../admin/export", 404, 400),
        ("HEAD /v1/products", 405, 405),
    ],
)
def test_undocumented_requests_are_held(
    guarded: tuple[Guard, int, int], line: str, open_status: int, held_status: int
) -> None:
    _, port, bare = guarded
    assert asked_raw(bare, line)[0] == open_status
    status, head, body = asked_raw(port, line)
    assert status == held_status
    assert len(body) == (0 if line.startswith("HEAD") else SIZE)
    assert b"x-content-type-options: nosniff" in head
    if status == 405:
        assert b"allow: get\r\n" in head


def test_cors_is_the_policys(guarded: tuple[Guard, int, int]) -> None:
    _, port, bare = guarded
    evil = "Origin: https://evil.example"
    assert b"access-control-allow-origin: " in asked_raw(bare, "GET /v1/products", evil, "Cookie: a=b")[1]
    for line in ("GET /v1/products", "GET /v1/nothing"):
        assert b"access-control-allow" not in asked_raw(port, line, evil, "Cookie: a=b")[1]
    head = asked_raw(port, "GET /v1/products", f"Origin: {SHOP}")[1]
    assert f"access-control-allow-origin: {SHOP}".encode() in head and b"vary: origin" in head
    asking = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization")
    assert asked_raw(port, "OPTIONS /v1/orders", evil, *asking)[0] == 403
    status, head, _ = asked_raw(port, "OPTIONS /v1/orders", f"Origin: {SHOP}", *asking)
    assert status == 204 and b"access-control-allow-methods: get, post" in head


def test_gift_answers_have_one_size(guarded: tuple[Guard, int, int]) -> None:
    _, port, bare = guarded
    lines = [f"GET /v1/gift-options?wanted={wanted}" for wanted in ("yes", "no", "maybe")]
    assert len({len(asked_raw(bare, line)[2]) for line in lines}) == 3
    *choices, invalid = [len(asked_raw(port, line)[2]) for line in lines]
    assert set(choices) == {1024} and invalid == SIZE  # which is not one of the choices


def test_large_bodies_are_refused(guarded: tuple[Guard, int, int]) -> None:
    _, port, _ = guarded
    kind = "Content-Type: application/json"
    assert asked_raw(port, "POST /v1/orders", AUTH, kind, "Content-Length: 9000000")[0] == 413
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    status, head, _ = asked_raw(
        port, "POST /v1/orders", AUTH, kind, "Transfer-Encoding: chunked", body=chunk * 17 + b"0\r\n\r\n"
    )
    assert status == 413 and b"connection: close" in head
