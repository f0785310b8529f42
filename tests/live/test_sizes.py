"""What sizes tell whoever only sees those: measured at real servers, as several roles, and after compression."""

from __future__ import annotations

import asyncio
import gzip
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from assessed import assess
from live_servers import raw

from batten.contract import load
from batten.engine.review import Review, live_findings
from batten.facts import Observed
from batten.formats import Workspace
from batten.live.exchange import Request, Response
from batten.live.runner import Assessment
from batten.live.sizes import OVERHEAD, bits, confidence, distinguishability, on_the_wire, split_bits
from batten.policy import Environment, Policy

CONTRACT = """
openapi: 3.1.0
info: {title: Gifts, version: "1"}
paths:
  /v1/gifts:
    get:
      x-batten-choice: wanted
      parameters: [{name: wanted, in: query, required: true, schema: {type: string, enum: ["yes", "no"]}}]
      responses: {"200": {description: Gifts}}
"""
ROLES = {"clerk": {"X-Key": "${CLERK_KEY}"}, "manager": {"X-Key": "${MANAGER_KEY}"}}
TELLS = "response-size-uniform: the response size of `GET /v1/gifts` reveals 1.00 bits about"

Body = Callable[[str, str], bytes]  # what was chosen, and whose key it is, to the content


def assessed(body: Body, compress: bool = False, roles: bool = True) -> Assessment:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            key = next((line[7:] for line in head.split("\r\n") if line.startswith("X-Key: ")), "")
            chosen = "yes" if "wanted=yes" in head else "no"
            found = head.split(" ")[1].startswith("/v1/gifts")
            content = body(chosen, key) if found else b""
            coding = ""
            if compress and "gzip" in head:
                content, coding = gzip.compress(content), "Content-Encoding: gzip\r\n"
            status = "200 OK" if found else "404 Not Found"
            length = f"Content-Length: {len(content)}\r\n"
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{coding}{length}\r\n".encode()
            )
            writer.write(b"" if head.startswith("HEAD") else content)
            await writer.drain()

    async def everything() -> Assessment:
        async with raw(serve) as port:
            environment = Environment(
                "x", f"http://127.0.0.1:{port}", roles=ROLES if roles else {}, rate=5000, budget=3000
            )
            return await assess(environment, load(Workspace(Path(), {"o.yaml": CONTRACT}), "o.yaml")[0])

    return asyncio.run(everything())


def told(assessment: Assessment, folder: Path) -> list[str]:
    seen = [Observed(fact.at, "x", fact) for fact in assessment.facts]
    found = live_findings(seen, Review(Workspace(folder), Policy()))
    return sorted(f"{f.control}: {f.message}" for f in found if f.control == "response-size-uniform")


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLERK_KEY", "clerk-4711")
    monkeypatch.setenv("MANAGER_KEY", "manager-0815")


def gifts(count: int, size: int = 60) -> bytes:
    return json.dumps([{"gift": "x" * size}] * count).encode()


def test_a_longer_list_for_one_choice_tells_it(tmp_path: Path) -> None:
    found = told(assessed(lambda chosen, key: gifts(3 if chosen == "yes" else 0)), tmp_path)
    assert [f.startswith(f"{TELLS} the user's choice") for f in found] == [True]


def test_answers_of_one_length_tell_nothing(tmp_path: Path) -> None:
    assert told(assessed(lambda chosen, key: gifts(3).ljust(512)), tmp_path) == []


def test_what_only_a_role_sees_tells_the_role_and_not_the_choice(tmp_path: Path) -> None:
    assessment = assessed(lambda chosen, key: gifts(3 if key.startswith("manager") else 1))
    (found,) = told(assessment, tmp_path)
    assert "about the caller's role" in found
    assert "clerk-4711" not in repr(assessment.facts)
    assert "manager-0815" not in repr(assessment.facts)


def test_a_choice_that_only_one_role_is_told_is_found(tmp_path: Path) -> None:
    found = told(assessed(lambda chosen, key: gifts(3 if key and chosen == "yes" else 1)), tmp_path)
    assert any(f.startswith(f"{TELLS} the user's choice") for f in found)


def test_what_has_one_length_only_before_it_is_compressed_is_found(tmp_path: Path) -> None:
    noise = json.dumps(secrets.token_hex(500)).encode()

    def content(chosen: str, key: str) -> bytes:
        return noise if chosen == "yes" else json.dumps("x" * 1000).encode()

    assert told(assessed(content, compress=False, roles=False), tmp_path) == []
    assert len(told(assessed(content, compress=True, roles=False), tmp_path)) == 1


def test_sizes_that_differ_by_accident_are_not_taken_for_the_choice(tmp_path: Path) -> None:
    assert told(assessed(lambda chosen, key: gifts(1, secrets.randbelow(400)), roles=False), tmp_path) == []


def test_long_and_short_answers_are_told_apart_though_none_has_the_size_of_another(tmp_path: Path) -> None:
    def content(chosen: str, key: str) -> bytes:
        return gifts(1, (2000 if chosen == "yes" else 100) + secrets.randbelow(90))

    (found,) = told(assessed(content, roles=False), tmp_path)
    assert found.startswith(f"{TELLS} the user's choice")


def test_a_role_without_its_key_is_not_assessed_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLERK_KEY")
    assessment = assessed(lambda chosen, key: gifts(1))
    assert any("CLERK_KEY is not set" in p.message for p in assessment.not_assessed)
    assert any("the role clerk has no credentials" in p.message for p in assessment.not_assessed)


def test_sizes_in_bits() -> None:
    assert bits([[10, 10], [20, 20]]) == 1.0
    assert bits([[10, 20], [20, 10]]) == 0.0
    assert bits([[10], [20], [30], [40]]) == 2.0
    assert bits([[10, 10]]) == 0.0
    assert split_bits([[10, 11], [20, 21]]) == 1.0
    assert split_bits([[10, 10], [10, 10]]) == 0.0
    assert confidence([[10] * 8, [20] * 8]) >= 0.99
    assert distinguishability([[10] * 8, [10] * 8]) == (0.0, 1.0)
    assert distinguishability([list(range(8)), list(range(100, 108))])[1] >= 0.99


def test_noise_is_hardly_ever_taken_for_a_choice() -> None:
    noise = Random(1)
    alarms = 0
    for _ in range(8):
        told, sure = distinguishability([[noise.randrange(400) for _ in range(8)] for _ in range(2)])
        alarms += told > 0.05 and sure >= 0.99
    assert alarms == 0


def test_an_observer_counts_records_and_what_changes_by_itself_not() -> None:
    def size(length: int, *headers: tuple[str, str]) -> int:
        return on_the_wire(Response(200, headers, b"", Request("GET", "https://x/"), size=length))

    assert size(100) == 100 + OVERHEAD
    assert size(16_385) == 16_385 + 2 * OVERHEAD
    assert size(100, ("Date", "now")) == size(100)
    assert size(100, ("X-A", "b")) == 100 + 8 + OVERHEAD
