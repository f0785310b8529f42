"""Whose the expressions are: one made at run time outside `patterns/` says on its line why its source is ours."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "batten"
OURS = "# ours: "
MADE = frozenset(
    ("compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer", "template")
)
# fnmatch, glob and difflib are only as quick as what they are given.
BOUNDED = {
    "fnmatch": {"patterns/globs.py"},
    "glob": {"cell/elf.py"},  # folders that this system's loader names
    "sre_parse": set(),
    "difflib": {"cli/explain.py", "policy/load_custom.py", "policy/nearest.py", "formats/comparison.py", "live/baseline.py",
                "technologies/shared/running/snippets.py"},  # what our own writers make of our own files
}  # fmt: skip


def modules() -> Iterator[tuple[str, str]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE).as_posix(), path.read_text(encoding="utf-8")


def dynamic(text: str) -> Iterator[int]:
    """The lines on which an expression is made whose source is not written there."""
    tree = ast.parse(text)
    names = {"re"} | {a.asname for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names
                      if a.name == "re" and a.asname}  # fmt: skip
    bare = {a.asname or a.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module == "re"
            for a in n.names}  # fmt: skip
    lines = text.splitlines()
    for call in ast.walk(tree):
        if isinstance(call, ast.Name | ast.Attribute) and not isinstance(
            getattr(call, "ctx", None), ast.Load
        ):
            continue
        if isinstance(call, ast.Call) and _makes(call.func, names, bare):
            first = call.args[0] if call.args else None
            said = any(OURS in line for line in lines[max(0, call.lineno - 2) : call.end_lineno])
            if not said and (first is None or not _fixed(first)):
                yield call.lineno


def _makes(function: ast.expr, names: set[str], bare: set[str]) -> bool:
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.value.id in names and function.attr in MADE
    return isinstance(function, ast.Name) and function.id in bare & MADE


def _fixed(node: ast.expr) -> bool:
    """Literals, constants of modules, and what `re.escape` made harmless."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return bool(re.fullmatch(r"_?[A-Z][A-Z0-9_]*", name))
        case ast.JoinedStr(values=values):
            return all(_fixed(v.value if isinstance(v, ast.FormattedValue) else v) for v in values)
        case ast.BinOp(left=left, right=right):
            return _fixed(left) and _fixed(right)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr="escape")):
            return True
        case ast.Attribute(value=ast.Name(id=name), attr="pattern"):
            return name.isupper()
        case _:
            return False


def test_expressions_are_ours_or_a_stranger_s() -> None:
    found = [
        f"{path}:{line}"
        for path, text in modules()
        if not path.startswith("patterns/")
        for line in dynamic(text)
    ]
    assert not found, f"use batten.patterns, or say `{OURS}why`"


@pytest.mark.parametrize(
    "text",
    ["import re\nre.search(given, text)", "import re as r\nr.compile(f'a{x}')", "from re import match\nmatch(p, t)",
     "import re\nre.sub('a' + b, c, d)"],
)  # fmt: skip
def test_a_stranger_s_is_found(text: str) -> None:
    assert list(dynamic(text)) == [2]


def test_modules_that_are_quick_on_small_things_only_are_asked_about_such() -> None:
    for path, text in modules():
        imported = {n.module for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ImportFrom) and n.module}
        imported |= {a.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import) for a in n.names}
        for name, allowed in BOUNDED.items():
            assert name not in imported or path in allowed, f"{path} imports {name}"
