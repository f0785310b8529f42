"""No two modules of batten import each other, directly or through others: a room is read from its floor up."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "src"


def modules() -> dict[str, Path]:
    files = {path.relative_to(ROOT).with_suffix("").parts: path for path in (ROOT / "batten").rglob("*.py")}
    return {".".join(parts[:-1] if parts[-1] == "__init__" else parts): path for parts, path in files.items()}


def imported(text: str, known: dict[str, Path]) -> Iterator[str]:
    """The modules that a text imports when it is loaded or type-checked: not what its functions import when they run."""
    waiting: list[ast.AST] = [ast.parse(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            whole = [f"{node.module}.{name.name}" for name in node.names]
            yield from (name if name in known else node.module for name in whole)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def in_order(texts: dict[str, str], known: dict[str, Path]) -> list[str]:
    """Raises CycleError."""
    graph = {
        name: {one for one in imported(text, known) if one in known and one != name}
        for name, text in texts.items()
    }
    return list(TopologicalSorter(graph).static_order())


def test_no_module_imports_one_that_imports_it() -> None:
    known = modules()
    try:
        assert len(in_order({name: path.read_text("utf-8") for name, path in known.items()}, known)) > 2_000
    except CycleError as error:
        pytest.fail(f"move what both need to one of them, or below both: {' → '.join(error.args[1])}")


def test_a_circle_is_seen() -> None:
    known = dict.fromkeys(("batten.a", "batten.b", "batten.c"), Path())
    texts = {
        "batten.a": "from batten.b import x",
        "batten.b": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from batten import c",
        "batten.c": "import batten.a",
    }
    with pytest.raises(CycleError):
        in_order(texts, known)
    texts["batten.c"] = "def later():\n    import batten.a"
    assert in_order(texts, known) == ["batten.c", "batten.b", "batten.a"]
