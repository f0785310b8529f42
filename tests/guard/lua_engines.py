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


def verdicts(engine: str, asked: Iterable[tuple[str, str]], compiler: Compiler | None = None) -> list[str]:
    """For each condition and JSON text: "1" valid, "0" not, "-" no JSON at all."""
    lines = [*program.local_module("R", program.runtime()), *program.validators(compiler or Compiler())]
    lines += _questions(list(asked))
    return run(engine, "\n".join(lines)).split()


def _questions(asked: list[tuple[str, str]]) -> Iterator[str]:
    yield "local function ask(text, check)"
    yield "  local ok, v = R.decode(text)"
    yield '  print(ok and (check(v) and "1" or "0") or "-")'
    yield "end"
    for start in range(0, len(asked), 40):
        yield "(function()"
        yield from (
            f"ask({quoted(text)}, function(v) return {check} end)"
            for check, text in asked[start : start + 40]
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
    condition, left_out = compiler.compile(schema)
    found = verdicts(ENGINES[0], [(condition, json.dumps(each)) for each in instances], compiler)
    return [verdict == "1" for verdict in found], left_out
