"""What a tool loads is read in every legal spelling, or named as not read: a table of each technology's own examples times the
respellings of its format. A new technology joins it by the fixtures of its pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from batten.engine.account import accounted
from batten.engine.review import Review, review
from batten.formats import Workspace
from batten.policy import Policy
from batten.technologies import technologies
from proofs import PROOF, turn
from respelling import respellings
from test_pages import BY_LANGUAGE, FIXTURES, Example, examples

EACH = 40 if PROOF else 2  # examples of a technology


@cache
def chosen() -> dict[str, list[Example]]:
    """The bad examples of each technology that are one file of its own name, a few of them."""
    found: dict[str, list[Example]] = {}
    for page in sorted(FIXTURES.glob("*/*.md")):
        for one in examples(page):
            technology = BY_LANGUAGE.get(one.language)
            if one.kind == "bad" and technology is not None and not one.companions and not one.advisories:
                found.setdefault(technology.name, []).append(one)
    return {name: turn(name, every, EACH) for name, every in found.items()}


def cases() -> Iterator[object]:
    for name, some in chosen().items():
        for number, one in enumerate(some):
            for respelled, text in respellings(one.path, one.text):
                yield pytest.param(one, text, id=f"{name}-{number}-{respelled}".replace(" ", "_"))


def found_in(path: str, text: str, root: str) -> Review:
    return review(Workspace(root, {path: text}), Policy(), fixes=False)


def said(result: Review) -> Counter[tuple[str, str]]:
    return Counter((one.control, one.case) for one in result.findings)


def named(result: Review, path: str) -> bool:
    """Whether a report names the file as not read, or as read in part."""
    return any(p.source == path for p in result.problems) or any(u.path == path for u in accounted(result).unread)


@pytest.mark.parametrize(("example", "text"), cases())
def test_a_respelled_file_is_read_or_named(example: Example, text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = str(tmp_path_factory.getbasetemp())
    text, bom = (text[1:], True) if text.startswith("\ufeff") else (text, False)
    plain, respelled = found_in(example.path, example.text, root), found_in(example.path, text, root)
    lost = said(plain) - said(respelled)
    assert not lost or named(respelled, example.path), (bom, lost)


def test_each_technology_has_an_example() -> None:
    assert set(technologies()) - set(chosen()) <= {"system_packages", "sbom", "asyncapi", "packages"}
