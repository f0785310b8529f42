"""One client sends the dearest bodies that we know, and another client of the same worker does not notice (`make proof`)."""

from __future__ import annotations

import http.client
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from guard_costs import SHAPES
from guard_processes import get, running
from guard_upstream import upstream

from proofs import PROOF
from waiting import BOUND

SIZE = 2_000_000  # bytes
MOST = 0.5  # seconds that the other client waits


def _contract() -> dict[str, Any]:
    paths: dict[str, Any] = {
        "/v1/things": {"get": {"responses": {"200": {"description": "a", "content": {"*/*": {}}}}}}
    }
    schemas: dict[str, Any] = {}
    for number, (schema, _) in enumerate(SHAPES.values()):
        text = json.dumps(schema).replace("#/$defs/", f"#/components/schemas/S{number}-")
        own = json.loads(text)
        if isinstance(own, dict):
            schemas |= {f"S{number}-{name}": body for name, body in own.pop("$defs", {}).items()}
        body = {"content": {"application/json": {"schema": own}}}
        paths[f"/v1/{number}"] = {
            "post": {"requestBody": body, "responses": {"default": {"description": "a"}}}
        }
    info = {"title": "a", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


@pytest.mark.parametrize("bodies", [list(SHAPES)] if PROOF else [list(SHAPES)[::40]], ids=["bodies"])
def test_another_client_does_not_wait(tmp_path: Path, bodies: list[str]) -> None:
    size = SIZE if PROOF else SIZE // 20
    (tmp_path / "openapi.yaml").write_text(json.dumps(_contract()), encoding="utf-8")
    names = list(SHAPES)
    with (
        upstream() as behind,
        running(tmp_path, f"http://127.0.0.1:{behind.port}", "--max-body", str(SIZE + 400_000)) as run,
    ):
        waits: list[tuple[float, str]] = []
        sent = ""
        done = threading.Event()

        def look() -> None:
            while not done.wait(0.01):
                before, during = time.monotonic(), sent
                assert get(run.port, "/v1/things")[0] == 200
                waits.append((time.monotonic() - before, during))

        other = threading.Thread(target=look)
        other.start()
        try:
            for name in bodies:
                sent = name
                link = http.client.HTTPConnection("127.0.0.1", run.port, timeout=BOUND)
                body = SHAPES[name][1](size)
                link.request("POST", f"/v1/{names.index(name)}", body, {"content-type": "application/json"})
                link.getresponse().read()
                link.close()
        finally:
            done.set()
            other.join()
        assert len(waits) > len(bodies) / 2
        assert not PROOF or [(f"{wait:.2f}", name) for wait, name in waits if wait > MOST] == []
