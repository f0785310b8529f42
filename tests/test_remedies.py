"""Every remedy that findings lead to is written by the technology that they are of, or it says why not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import pytest

import batten
from batten import model
from batten.formats import yaml
from batten.formats.tree import plain
from batten.model import Ask, Limit, Remedy, Switch, TurnOff, TurnOn
from batten.technologies import technologies
from batten.technologies._wings import folder_of
from test_pages import WIRE, Example, all_examples, reviewed

SOURCE = Path(batten.__file__).parent
# A manifest that Helm or Kustomize makes is written by Kubernetes' writer.
WRITERS = {"kubernetes": ("kubernetes", "helm", "kustomize")}


def kind_of(remedy: Remedy) -> str:
    """The remedy's name, with the word by which writers tell it from others of its class."""
    match remedy:
        case Ask(asked):
            return kind_of(asked)
        case TurnOn(feature):  # and those that say more of how
            return f"TurnOn({feature.value})"
        case TurnOff(feature):
            return f"TurnOff({feature.value})"
        case Limit(resource):
            return f"Limit({resource.value})"
        case _:
            return type(remedy).__name__


@cache
def met() -> dict[tuple[str, str], bool]:
    """Technology and kind of remedy, over all blocks; whether it has a fix, or a question, for any of them."""
    found: dict[tuple[str, str], bool] = {}
    for parameter in all_examples():
        example = cast(Example, cast(tuple[object, ...], getattr(parameter, "values"))[0])  # noqa: B009
        if example.language in WIRE or example.kind == "fixed":
            continue  # what is left in a repaired block was in the one before it
        with TemporaryDirectory() as folder:
            _, result = reviewed(example, example.text, Path(folder))
        for finding in result.findings:
            owner = finding.technology or getattr(result.owners.get(finding.at.source), "technology", "")
            if finding.remedy is not None and owner and finding.suppression is None:
                key = (owner, kind_of(finding.remedy))
                found[key] = found.get(key, False) or finding.fix is not None
    return found


def argued(technology: str) -> dict[str, str]:
    """Kinds of remedy that the technology does not write, and why."""
    path = SOURCE / folder_of(technology) / "unwritten.yaml"
    text = path.read_text() if path.exists() else "{}"
    return cast(dict[str, str], plain(yaml.parse(text)))


@pytest.mark.parametrize("technology", sorted(technologies()))
def test_a_remedy_is_written_or_it_is_said_why_not(technology: str) -> None:
    silent = {kind for (owner, kind), written in met().items() if owner == technology and not written}
    reasons = argued(technology)
    assert silent == set(reasons), (
        f"write these in {technology}'s adapter, or say in {technology}/unwritten.yaml why not; remove those that are written: "
        f"{sorted(silent ^ set(reasons))}"
    )
    assert [kind for kind, why in reasons.items() if len(why) <= 20] == [], (
        f"{technology}/unwritten.yaml: say why in a sentence"
    )


def words(module: Path) -> Iterator[str]:
    """Switches and quantities that a module dispatches on: in the patterns of `match`, and as keys of tables."""
    for node in ast.walk(ast.parse(module.read_text())):
        keys = [node.pattern] if isinstance(node, ast.match_case) else []
        for key in keys or (node.keys if isinstance(node, ast.Dict) else ()):
            for part in ast.walk(key) if key is not None else ():
                if isinstance(part, ast.Attribute) and ast.unparse(part.value) in ("Switch", "Quantity"):
                    yield getattr(model, ast.unparse(part.value))[part.attr].value


@pytest.mark.parametrize("folder", sorted((SOURCE / "technologies").glob("*/*")), ids=lambda p: p.name)
def test_what_a_writer_knows_is_asked_of_it(folder: Path) -> None:
    owners = WRITERS.get(
        folder.name, (folder.name,) if folder.name in technologies() else tuple(technologies())
    )
    asked = {kind.partition("(")[2][:-1] for owner, kind in met() if owner in owners}
    if any(kind == "LimitAll" and owner in owners for owner, kind in met()):
        asked |= {"memory", "cpu", "pids"}
    modules = folder.glob("**/*.py") if folder.is_dir() else [folder] if folder.suffix == ".py" else []
    unasked = {word for module in modules for word in words(module)} - asked
    assert sorted(unasked) == [], (
        f"{folder.name} writes what no control asks of it: add a block to tests/pages that needs it, or remove the code"
    )


def test_every_switch_is_judged() -> None:
    judged = {kind.partition("(")[2][:-1] for _, kind in met()}
    for module in (*(SOURCE / "controls").glob("*.py"), *(SOURCE / "technologies").glob("*/*/controls.py")):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Switch":
                judged.add(Switch[node.attr].value)
    assert sorted({s.value for s in Switch} - judged) == [], (
        "no control judges this switch: judge it, or remove it from Switch"
    )
