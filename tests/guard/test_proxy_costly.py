"""One client sends the dearest bodies that we know, and another client of the same worker does not notice (`make proof`)."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from guard_costs import SHAPES
from guard_processes import running
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


# Asks again and again in a process of its own, whose time no body takes, until its input ends; prints begin and end.
_OTHER = """
import http.client, select, sys, time
while not select.select([sys.stdin], [], [], 0.01)[0]:
    begin = time.monotonic()
    link = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=300)
    link.request("GET", "/v1/things")
    status = link.getresponse().status
    link.close()
    print(begin, time.monotonic(), status, flush=True)
"""


@pytest.mark.skipif(not PROOF, reason="a slow proof, which holds half a second against the clock")
@pytest.mark.parametrize("bodies", [list(SHAPES)], ids=["bodies"])
def test_another_client_does_not_wait(tmp_path: Path, bodies: list[str]) -> None:
    size = SIZE
    (tmp_path / "openapi.yaml").write_text(json.dumps(_contract()), encoding="utf-8")
    names = list(SHAPES)
    sent: list[tuple[float, float, str]] = []
    more = ("--max-body", str(SIZE * 2))
    with upstream() as behind, running(tmp_path, f"http://127.0.0.1:{behind.port}", *more) as run:
        command = [sys.executable, "-c", _OTHER, str(run.port)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            for name in bodies:
                body = SHAPES[name][1](size)
                begin = time.monotonic()
                status = _post(run.port, f"/v1/{names.index(name)}", body)
                assert status != 413, name
                sent.append((begin, time.monotonic(), name))
            printed, _ = other.communicate("\n", timeout=BOUND)
    waits = [tuple(map(float, line.split())) for line in printed.splitlines()]
    assert waits and {status for _, _, status in waits} == {200}
    late = [
        (round(end - begin, 2), _during(sent, begin, end)) for begin, end, _ in waits if end - begin > MOST
    ]
    assert late == [] or not PROOF


def _post(port: int, path: str, body: bytes) -> int:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
    try:
        link.request("POST", path, body, {"content-type": "application/json"})
        answer = link.getresponse()
        answer.read()
        return answer.status
    finally:
        link.close()


def _during(sent: list[tuple[float, float, str]], begin: float, end: float) -> list[str]:
    return [name for start, stop, name in sent if start < end and stop > begin]
