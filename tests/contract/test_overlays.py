"""Overlays: what they change, where that is written, and what of them cannot be applied."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.contract import Place, load
from batten.formats import Workspace

BASE = """openapi: 3.0.3
info: {title: t, version: '1'}
servers:
  - {url: 'https://a.example.com'}
  - {url: 'https://b.example.com'}
  - {url: 'https://c.example.com'}
paths: {}
"""


def laid(root: Path, actions: str) -> tuple[Workspace, str]:
    overlay = "overlay: 1.1.0\ninfo: {title: o, version: '1'}\nactions:\n" + actions
    return Workspace(root, {"openapi.yaml": BASE, "overlay.yaml": overlay}), overlay


def test_places_follow_items_that_move_up(tmp_path: Path) -> None:
    workspace, overlay = laid(
        tmp_path,
        "- {target: '$.servers', update: {url: 'https://d.example.com'}}\n"
        "- {target: '$.servers[1].url', update: 'https://e.example.com'}\n"
        "- {target: '$.servers[0]', remove: true}\n"
        "- {target: '$.info', copy: '$.servers[0]'}\n",
    )
    contract, problems = load(workspace, "openapi.yaml", ["overlay.yaml"])
    assert problems == []
    assert [s.url for s in contract.servers] == [f"https://{x}.example.com" for x in "ecd"]
    found = [contract.value(s.place) for s in contract.servers]
    assert [(at.source, at.span and at.span.start) for at in found] == [
        ("overlay.yaml", overlay.index("'https://e")),
        ("openapi.yaml", BASE.index("'https://c")),
        ("overlay.yaml", overlay.index("'https://d")),
    ]
    data = contract.references.sources.files["openapi.yaml"].data
    assert isinstance(data, dict) and data["info"] == {
        "title": "t", "version": "1", "url": "https://e.example.com",
    }  # fmt: skip
    assert contract.block(Place("openapi.yaml", ("info", "url"))).source == "overlay.yaml"


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("{update: {}}", "action 1 of the overlay cannot be applied: it has no `target`"),
        ("{target: '$.[', update: {}}", "JSONPath is invalid"),
        ("{target: '$.info', update: [1]}", "another kind than what `target` selects"),
        ("{target: '$', update: {info: [1]}}", "`info` is of another kind"),
        ("{target: '$', remove: true}", "the whole document cannot be removed"),
        ("{target: '$.info', copy: '$.servers.*'}", "selects 3 values instead of one"),
    ],
)
def test_what_cannot_be_applied_is_told_and_the_rest_is_applied(
    tmp_path: Path, action: str, said: str
) -> None:
    workspace, _ = laid(tmp_path, f"- {action}\n- {{target: '$.info', update: {{title: new}}}}\n")
    contract, (problem,) = load(workspace, "openapi.yaml", ["overlay.yaml"])
    assert said in problem.message and (problem.source, problem.line) == ("overlay.yaml", 4)
    assert contract.title == "new"


def test_copies_of_copies_end(tmp_path: Path) -> None:
    workspace, _ = laid(
        tmp_path,
        "".join(
            f"- {{target: '$.info', update: {{x{n}: {{}}}}}}\n- {{target: '$.info.x{n}', copy: '$'}}\n"
            for n in range(20)
        ),
    )
    _, problems = load(workspace, "openapi.yaml", ["overlay.yaml"])
    assert problems and "would hold more than" in problems[0].message
