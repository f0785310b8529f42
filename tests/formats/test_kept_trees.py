"""A file that several readers ask for is parsed once, and each gets what its own parser would give."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from batten.formats import Workspace, yaml
from batten.formats.document import DERIVED, Document, SyntaxProblem
from batten.formats.workspace import KEPT_TREES, KEPT_WEIGHT

TEXTS = {
    "one.yaml": "a: 1\nb: [2, 3]\n",
    "two.yaml": "a: 1\n---\nb: 2\n",
    "empty.yaml": "",
    "half.yaml": "a: 1\n---\nb: [2\n---\nc: 3\n",
    "broken.yaml": "a: [1\n",
    "scalar.yaml": "word\n",
}
PARSERS = (yaml.parse, yaml.parse_all, yaml.parse_each)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text)
    return Workspace(tmp_path)


@pytest.mark.parametrize("order", [PARSERS, PARSERS[::-1]])
@pytest.mark.parametrize("name", TEXTS)
def test_each_reader_gets_its_own_parsers_tree(
    workspace: Workspace, name: str, order: tuple[object, ...]
) -> None:
    for parse in order * 2:
        assert _said(partial(workspace.document, name, parse)) == _said(partial(parse, TEXTS[name]))


def _said(make: Callable[[], Any]) -> str:
    try:
        made = make()
    except SyntaxProblem as problem:
        return repr((str(problem), problem.offset, problem.hint))
    return repr(made.tree if isinstance(made, Document) else made)


def test_a_text_is_parsed_once_for_all_of_them(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed, documents = [], yaml._documents
    monkeypatch.setattr(yaml, "_documents", lambda text, *rest: parsed.append(text) or documents(text, *rest))
    for parse in PARSERS * 2:
        workspace.document("two.yaml", parse)
    assert parsed == [TEXTS["two.yaml"]]
    assert set(DERIVED) == {yaml.parse, yaml.parse_each}


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    for number in range(KEPT_TREES + 20):
        (tmp_path / f"{number}.yaml").write_text("a: 1\n")
    heavy = "x:\n" + "- a\n" * (KEPT_WEIGHT // 3)
    for number in range(5):
        (tmp_path / f"heavy{number}.yaml").write_text(heavy)
    workspace = Workspace(tmp_path)
    for number in range(KEPT_TREES + 20):
        workspace.document(f"{number}.yaml", yaml.parse_all)
    assert len(workspace._trees) == KEPT_TREES
    for number in range(5):
        workspace.document(f"heavy{number}.yaml", yaml.parse_all)
    assert workspace._weight <= KEPT_WEIGHT and len(workspace._trees) == 2


@pytest.mark.parametrize("dense", ["a b;", "[[", "{(", "a a a a a a "])
def test_one_long_line_is_no_light_text(tmp_path: Path, dense: str) -> None:
    """A format without line ends or commas is bounded as others are."""
    line = dense * 50_000
    for number in range(60):
        (tmp_path / f"{number}.conf").write_text(line)
    workspace = Workspace(tmp_path)
    for number in range(60):
        workspace.document(f"{number}.conf", len)
    assert len(workspace._trees) * 50_000 <= KEPT_WEIGHT
