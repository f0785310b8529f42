"""Programs that the compiler makes, run in real Lua processes: one for many questions."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from batten.guard.lua import program
from batten.guard.lua.schemas import Compiler
from batten.guard.lua.text import quoted

ENGINES = tuple(name for name in ("luajit", "lua5.4") if shutil.which(name))


Asked = tuple[str, str, str]  # a condition, a reader, and a JSON text


def verdicts(engine: str, asked: Iterable[Asked], compiler: Compiler | None = None) -> list[str]:
    """For each: "1" valid, "0" not, "-" no JSON at all; "?" where value and reader are not of one mind."""
    lines = [*program.runtime(), *program.validators(compiler or Compiler())]
    lines += _questions(list(asked))
    return run(engine, "\n".join(lines)).split()


def _questions(asked: list[Asked]) -> Iterator[str]:
    yield "local function ask(text, read, check)"
    yield "  local ok, v = R.decode(text)"
    yield '  local found = ok and (check(v) and "1" or "0") or "-"'
    yield '  print(R.reads(read, text) == (found == "1") and found or "?")'
    yield "end"
    for start in range(0, len(asked), 40):
        yield "(function()"
        yield from (
            f"ask({quoted(text)}, {read}, function(v) return {check} end)"
            for check, read, text in asked[start : start + 40]
        )
        yield "end)();"


def run(engine: str, source: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "program.lua")
        file.write_text(source, encoding="ascii")
        done = subprocess.run([engine, str(file)], capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    return done.stdout.decode()


def check(schema: Any, *instances: Any) -> tuple[list[bool], tuple[str, ...]]:
    """What the first engine says of instances, and what the compiler left out."""
    compiler = Compiler()
    condition, reader, left_out = compiler.compile(schema)
    found = verdicts(ENGINES[0], [(condition, reader, json.dumps(each)) for each in instances], compiler)
    return [verdict == "1" for verdict in found], left_out
