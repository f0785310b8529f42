"""What parameters cost a request in the decision core: `python bench/guard_parameters.py [ROUNDS]`.

Microseconds of processor time, the best of seven turns: the same request for an operation that declares no parameters
and for one that declares four (two in the query, one in the path, one header), varied so that nothing is remembered.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from batten.contract import load
from batten.formats import Workspace
from batten.guard import Compiled, Options, Rule, compile_contract
from batten.guard.decisions import read_request
from batten.guard.options import Mode
from batten.guard.served import Allow
from batten.guard.verdicts import Head
from batten.policy import Policy

TURNS = 7
MOST = 4.0  # microseconds for four parameters
FOUR = """[
        {name: id, in: path, required: true, schema: {type: integer, minimum: 1}},
        {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}},
        {name: sort, in: query, schema: {type: string, enum: [name, created, total]}},
        {name: X-Request-Id, in: header, schema: {type: string, maxLength: 64}}]"""
KINDS = {
    "integer": "{type: integer, maximum: 100000000}", "number": "{type: number}", "boolean": "{type: boolean}", "string": "{type: string, maxLength: 40}",
    "enum": "{type: string, enum: [a, b]}", "pattern": "{type: string, pattern: '^[a-z0-9]+$'}", "uuid": "{type: string, format: uuid}",
    "date-time": "{type: string, format: date-time}", "array": "{type: array, items: {type: integer}, maxItems: 5}",
}  # fmt: skip
SENT = {
    "integer": b"q=4711", "number": b"q=1.5", "boolean": b"q=true", "string": b"q=hello%20world", "enum": b"q=b", "pattern": b"q=abc123",
    "uuid": b"q=123e4567-e89b-12d3-a456-426614174000", "date-time": b"q=2024-01-01T00:00:00Z", "array": b"q=1&q=2&q=3",
}  # fmt: skip


def compiled(paths: str) -> Compiled:
    text = f"openapi: 3.1.0\ninfo: {{title: Bench, version: '1'}}\npaths:\n{paths}"
    contract, problems = load(Workspace(Path(), {"openapi.yaml": text}), "openapi.yaml")
    assert not problems
    return compile_contract(contract, Policy(), Options(rules={Rule.UNDECLARED.value: Mode.OBSERVE}))


def operation(path: str, parameters: str) -> str:
    return f"  {path}:\n    get: {{responses: {{}}, parameters: {parameters}}}\n"


def cost(guard: Compiled, heads: list[Head], rounds: int) -> float:
    """Microseconds of processor time a request."""
    asked = [(head, dict(head.headers)) for head in heads]
    assert all(isinstance(read_request(guard, head, fields, True), Allow) for head, fields in asked)
    turns = []
    for _ in range(TURNS):
        start = time.process_time()
        for _ in range(max(rounds // len(asked), 1)):
            for head, fields in asked:
                read_request(guard, head, fields, True)
        turns.append(time.process_time() - start)
    return min(turns) * 1e6 / (max(rounds // len(asked), 1) * len(asked))


def heads(path: bytes, query: bytes) -> list[Head]:
    common = ((b"host", b"api.example.com"), (b"accept", b"application/json"), (b"user-agent", b"bench"))
    return [
        Head("GET", path % number, query.replace(b"%d", b"%d" % (number % 100 + 1)), (*common, (b"x-request-id", b"r%d" % number)), "https")
        for number in range(1, 1_001)
    ]  # fmt: skip


def main(rounds: int) -> int:
    guard = compiled(operation("/none/{id}", "[]") + operation("/four/{id}", FOUR))
    none = cost(guard, heads(b"/none/%d", b""), rounds)
    four = cost(guard, heads(b"/four/%d", b"limit=%d&sort=created"), rounds)
    print(f"no parameters    {none:6.2f} us")
    print(f"four parameters  {four:6.2f} us, {four - none:.2f} more (at most {MOST})")
    kinds = compiled(
        "".join(
            operation(f"/{name}", f"[{{name: q, in: query, schema: {schema}}}]")
            for name, schema in KINDS.items()
        )
    )
    for name, query in SENT.items():
        print(
            f"one {name:<12} {cost(kinds, [Head('GET', f'/{name}'.encode(), query, (), 'https')], rounds):6.2f} us"
        )
    return 0 if four - none <= MOST else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000))
