"""Jupyter Server behind `guard run` with the document that it ships: what that says wrong is relaxed by rows, the rest is enforced.

HYPOTHESIS_PROFILE=proof plays it: the server takes long to install and to start.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from guard_apps import Seen, Step, played, step
from guard_proxies import settings, working

from batten.guard import Options
from batten.guard.lenience.given import leniency
from needs import PACKAGES, without
from proofs import PROOF
from servers import free_port, listener

LOGIN = {"Authorization": "token abc"}
JOURNEY: tuple[Step, ...] = (
    step("GET /api", headers=LOGIN),
    step("GET /api/status", headers=LOGIN),
    step("GET /api/me", headers=LOGIN),
    step("GET /api/contents", headers=LOGIN),
    step("PUT /api/contents/n.txt", 201, LOGIN, json={"type": "file", "format": "text", "content": "hi"}),
    step("GET /api/contents/n.txt?content=1", headers=LOGIN),
    step("GET /api/contents/n.txt/checkpoints", headers=LOGIN),
    step("POST /api/contents/n.txt/checkpoints", 201, LOGIN),
    step("PATCH /api/contents/n.txt", 200, LOGIN, json={"path": "m.txt"}),
    step("DELETE /api/contents/m.txt", 204, LOGIN),
    step("GET /api/contents/none", 404, LOGIN),
    step("GET /api/kernelspecs", headers=LOGIN),
    step("GET /api/kernels", headers=LOGIN),
    step("GET /api/sessions", headers=LOGIN),
    step("GET /api/terminals", headers=LOGIN),
    step("GET /api/spec.yaml", headers=LOGIN),
)
NULLS = "members that the document calls strings are null"
LENIENT = leniency(
    passes=("GET /api", "GET /api/contents"),  # it has `/api/`, which redirects, and no root of contents
    relax=[
        {"rule": "answer-body", "operation": "GET /api/me", "why": NULLS},
        {"rule": "answer-body", "operation": "GET /api/contents/{path}", "why": NULLS},
        {"rule": "answer-body", "operation": "PUT /api/contents/{path}", "why": NULLS},
        {"rule": "answer-body", "operation": "PATCH /api/contents/{path}", "why": NULLS},
        {
            "status": "404",
            "operation": "GET /api/contents/{path}",
            "why": "it declares no body of this error",
        },
    ],
)


@contextmanager
def _jupyter(folder: Path) -> Iterator[int]:
    if find_spec("jupyter_server") is None:
        without("jupyter-server", PACKAGES.replace("dev", "proof"))
    port = free_port()
    (folder / "root").mkdir()
    command = [sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
               "--ServerApp.port_retries=0", "--IdentityProvider.token=abc", f"--ServerApp.root_dir={folder / 'root'}"]  # fmt: skip
    environment = {**os.environ, "HOME": str(folder), "JUPYTER_RUNTIME_DIR": str(folder / "run")}
    with listener(command, port, folder / "log", env=environment):
        yield port


def _stable(seen: list[Seen]) -> list[tuple[int, str]]:
    """Bodies hold times and identifiers."""
    return [(each.status, each.media_type) for each in seen]


@pytest.mark.skipif(not PROOF, reason="only in `make proof`")
def test_it_is_usable_and_closed(tmp_path: Path) -> None:
    spec = find_spec("jupyter_server")
    with _jupyter(tmp_path) as behind:
        plain = played(behind, JOURNEY)
        assert [seen.status for seen in plain] == [each.status for each in JOURNEY]
        assert spec is not None and spec.origin is not None
        chosen = settings(tmp_path, behind, options=Options(leniency=LENIENT))
        shutil.copy(Path(spec.origin).parent / "services/api/api.yaml", tmp_path / "openapi.yaml")
        (tmp_path / "batten.yaml").write_text("{}", encoding="utf-8")
        with working(chosen) as (port, _):
            assert _stable(played(port, JOURNEY)) == _stable(plain)
            shut = (
                step("GET /tree", 404), step("GET /files/n.txt", 404), step("DELETE /api/status", 405),
                step("GET /api/contents/..%2fetc", 400), step("GET /api/shutdown", 404),
            )  # fmt: skip
            seen = played(port, shut)
            assert [each.status for each in seen] == [each.status for each in shut]
            assert {each.media_type for each in seen} == {"application/problem+json"}
