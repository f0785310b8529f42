"""Blocks of lines that are taken at once say what their lines say one by one: whatever stands between them, and however often."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from batten.contract import Contract
from batten.guard.loading import read_contract
from batten.logs.calls import Calls
from batten.logs.clock import minute
from batten.logs.formats import BUILT_IN, LogFormat
from batten.logs.lines import Format, recognised
from batten.logs.tally import tell
from batten.logs.written import of_string
from proofs import PROOF

ROUNDS = 200 if PROOF else 4
CONTRACT = """\
openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
paths:
  /v1/orders/{id}: {get: {responses: {"200": {description: One.}}}}
  /v1/users/{name}/orders: {get: {responses: {"200": {description: All.}}}}
  /v1/users/me/orders: {get: {responses: {"200": {description: Mine.}}}}
  /v1/{kind}/open/orders: {get: {responses: {"200": {description: Open.}}}}
"""
HOSTILE = [
    b"", b"   ", b"# comment", b"\0\1\2", b"x" * 3_000, b"\xff\xfe\xfd", b"{broken", b"[1]", b'{"a":1}', b'{"status":200}',
    b'192.0.2.1 - - [27/Nov/2026:19:44:55 +0000] "\\x16\\x03" 400 157 "-" "-"',
    b'192.0.2.1 - - [27/Nov/2026:19:44:55 +0000] "GET /a\\"b HTTP/1.1" 200 1 "-" "-"',
    b'192.0.2.1, 10.0.0.1 - me [27/Nov/2026:19:44:55 +0000] "GET http://x.example/q?z=1 HTTP/1.1" 200 1 "-" "-"',
    b'{"ts":1795000000.5,"request":{"remote_ip":"192.0.2.4, 10.1.1.1","method":"GET","uri":"/a b\\nGET /x"},"status":200}',
    b'{"ts":"x","request":{"remote_ip":7,"method":null,"uri":"http://h/p?q=1#f"},"status":"404"}',
    b'{"ts":1795000000123,"request":null,"status":200}', b'{"ts":1795000000,"request":{"uri":"/\xff"},"status":200}',
    b'{"ts":[1],"request":{"remote_ip":["10.1.2.3"],"method":"GET\\nPUT","uri":{"a":1}},"status":200}',
    b'{"ts":1795000000,"request":{"remote_ip":"10.1.2.3:443","method":"GET","uri":"/caf\\u00e9?x=\\u0001"},"status":200.0}',
]  # fmt: skip


def combined(when: int, client: str, method: str, target: str, status: int) -> str:
    clock = (
        f"{27 + when // 86_400}/Nov/2026:{when // 3_600 % 24:02}:{when // 60 % 60:02}:{when % 60:02} +0000"
    )
    return f'{client} - - [{clock}] "{method} {target} HTTP/1.1" {status} 12 "-" "agent"'


def piped(when: int, client: str, method: str, target: str, status: int) -> str:
    clock = f"2026-11-{27 + when // 86_400}T{when // 3_600 % 24:02}:{when // 60 % 60:02}:{when % 60:02}+00:00"
    return f"{clock}|{client}|{method}|{target}|{status}"


def objects(when: int, client: str, method: str, target: str, status: int) -> str:
    request = {"remote_ip": client, "method": method, "uri": target}
    return json.dumps({"ts": 1_795_000_000 + when + 0.25, "request": request, "status": status})


PIPED = of_string("$time_iso8601|$remote_addr|$request_method|$request_uri|$status")
WRITERS: dict[str, tuple[Callable[[int, str, str, str, int], str], LogFormat | None]] = {
    "combined": (combined, None),
    "log_format": (piped, PIPED),
    "JSON": (objects, None),
}


def target(chance: random.Random) -> str:
    name = "".join(chance.choice("bdkl") + chance.choice("aeio") for _ in range(4))
    known = [
        "/v1/users/me/orders",
        "/v1/users/open/orders",
        "/v1/v2/2fa",
        "/.env",
        "/static/app.js",
        "/a%20b",
        "/",
    ]
    made = [
        f"/v1/orders/{chance.randrange(10**6)}",
        f"/v1/users/{name}/orders",
        f"/u/{name}",
        f"/files/{name}-7.pdf",
    ]
    query = chance.choice(["", "", "?page=2", "?Access_Token=x&b=1", "?q=a=b;session-id=5", "?token="])
    return chance.choice(known + made * 2) + query


def varied(chance: random.Random, line: Callable[[int, str, str, str, int], str]) -> Iterator[bytes]:
    when = 80_000
    for _ in range(chance.choice([5, 400, 1_500])):
        when += chance.choice([0, 1, 70])
        client = f"10.0.{chance.randrange(5)}.{chance.randrange(9)}"
        status = chance.choice([200, 200, 200, 304, 401, 404, 500])
        made = line(when, client, chance.choice(["GET", "GET", "POST"]), target(chance), status).encode()
        yield made[: chance.randrange(len(made))] if chance.random() < 0.01 else made
        if chance.random() < 0.02:
            yield chance.choice(HOSTILE)


def rows(calls: Calls) -> Counter[tuple[bytes, ...]]:
    """What calls say; of times the minute."""
    return Counter(
        (client, minute(time).encode(), *rest) for client, time, *rest in zip(*calls.columns, strict=True)
    )


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_block_says_what_its_lines_say(name: str, seed: int) -> None:
    write, given = WRITERS[name]
    lines = list(varied(random.Random(seed), write))
    form: Format | None = given or recognised([line for line in lines if line.strip()][:200])
    assert form is not None
    at_once = form.calls(b"".join(line + b"\n" for line in lines))
    one_by_one = [form.calls(line + b"\n") for line in lines]
    single: Counter[tuple[bytes, ...]] = Counter()
    for calls in one_by_one:
        single += rows(calls)
    assert rows(at_once) == single
    missed = sorted(line for line, calls in zip(lines, one_by_one, strict=True) if not len(calls) and line)
    assert sorted(line for line in at_once.missed.split(b"\n") if line) == missed


def counted(folder: Path, lines: list[bytes], given: LogFormat | None, contract: Contract | None) -> object:
    """What files of so many lines each say together, without what a sample is taken of."""
    (folder / "log").write_bytes(b"".join(line + b"\n" for line in lines))
    told = tell([folder / "log"], contract, given=given)
    return (
        [(one.method, one.path, one.status, one.seen.times, one.seen.first[:10], one.seen.last[:10]) for one in told.used],
        [(one.client, one.habit, one.calls, one.refused, one.found) for one in told.crowds],
        [(one.method, one.path, one.name, one.times) for one in told.leaks],
        [(one.lines, one.understood) for one in told.files],
        (told.calls, told.scanned, told.first, told.last),
    )  # fmt: skip


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("seed", range(ROUNDS // 2))
@pytest.mark.parametrize("declared", [False, True], ids=["no contract", "contract"])
def test_the_size_of_blocks_and_early_folding_change_nothing(
    name: str, seed: int, declared: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names at busy places are folded before they are counted only once they are known: here after each 20 calls, or never."""
    write, given = WRITERS[name]
    lines = list(varied(random.Random(seed), write))
    (tmp_path / "openapi.yaml").write_text(CONTRACT)
    contract = read_contract(tmp_path / "openapi.yaml") if declared else None
    whole = counted(tmp_path, lines, given, contract)
    monkeypatch.setattr("batten.logs.blocks.BLOCK", 5_000)
    if declared:
        monkeypatch.setattr("batten.logs.tally.MOST_SEEN", 20)
    assert counted(tmp_path, lines, given, contract) == whole


def test_formats_are_told_by_their_parts() -> None:
    """Every format that is built in puts what it holds into the columns of the same name."""
    for form in BUILT_IN:
        assert form.is_whole and len(form.calls(b"\n")) == 0
