"""DNS rebinding: private services that answer to any name, and those that check it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from assessed import run
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from live_servers import nginx, running
from product_cases import installed
from starlette.middleware.trustedhost import TrustedHostMiddleware

from batten.facts import Feature
from batten.live.exchange import Request, Response
from batten.live.rebinding import inside
from batten.model import Switch
from batten.policy import Environment
from servers import application, free_port

Rows = list[dict[str, Any]]


def _rebound(port: int, **more: Any) -> list[str]:
    assessment = run(Environment("test", f"http://127.0.0.1:{port}", rate=5000, **more))
    assert assessment.not_assessed == []
    return [f.what for f in assessment.facts if isinstance(f, Feature) and f.name is Switch.ANY_NAME]


def _shop(rows: Rows) -> FastAPI:
    app = FastAPI()

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "everything works"}

    @app.get("/v1/customers")
    def customers() -> Rows:
        return rows

    return app


def test_a_service_that_answers_to_any_name_is_found_by_what_it_says_of_itself() -> None:
    with application(_shop([{"name": "Ada", "mail": "ada@example.com"}])) as port:
        assert _rebound(port) == ["GET /v1/customers"]


def test_a_service_that_checks_names_is_not() -> None:
    app = _shop([{"name": "Ada", "mail": "ada@example.com"}])
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    with application(app) as port:
        assert _rebound(port) == []


def test_what_is_public_beside_operations_that_need_a_credential_is_meant() -> None:
    app = _shop([{"name": "Ada", "mail": "ada@example.com"}])

    @app.post("/v1/orders", dependencies=[Depends(HTTPBearer())])
    def order() -> None: ...

    with application(app) as port:
        assert _rebound(port) == []


def test_one_that_holds_nothing_is_not() -> None:
    with application(_shop([])) as port:
        assert _rebound(port) == []


def test_an_edge_with_a_default_server_refuses_other_names(tmp_path: Path) -> None:
    port = free_port()
    with application(_shop([{"name": "Ada"}])) as back:
        servers = f"""server {{ listen 127.0.0.1:{port} default_server; return 444; }}
            server {{ listen 127.0.0.1:{port}; server_name 127.0.0.1;
                location / {{ proxy_pass http://127.0.0.1:{back}; }} }}"""
        with nginx(tmp_path, port, servers):
            assert _rebound(port) == []


@pytest.mark.parametrize(
    ("options", "found"),
    [((), []), (("--ServerApp.allow_remote_access=True",), ["GET /api/status"])],
)
def test_an_open_notebook_is_reached_by_pages_where_it_answers_to_any_name(
    tmp_path: Path, options: tuple[str, ...], found: list[str]
) -> None:
    """Jupyter checks names by itself where it listens on loopback, and stops doing so for remote clients."""
    port = free_port()
    named = ("--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--IdentityProvider.token=")
    program = installed("jupyter-server", "jupyter-server")
    with running([program, *named, f"--ServerApp.root_dir={tmp_path}", *options], port, tmp_path):
        assert _rebound(port) == found


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("fe80::1%eth0", True),
        ("93.184.215.14", False),
        ("203.0.113.7", False),
        ("api.example.com", False),
    ],
)
def test_what_is_private(address: str, private: bool) -> None:
    response = Response(200, (), b"", Request("GET", "http://api.example.com/"), address=address)
    assert inside(response) is private
