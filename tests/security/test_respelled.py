"""What a tool loads is read in every legal spelling, or named as not read: a table of each technology's own examples times the
respellings of its format. A new technology joins it by the fixtures of its pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from respelling import respellings

from batten.engine.account import accounted
from batten.engine.review import Review, review
from batten.formats import Workspace
from batten.policy import Policy
from batten.technologies import technologies
from proofs import PROOF, turn
from test_pages import BY_LANGUAGE, FIXTURES, Example, examples

EACH = 40 if PROOF else 2  # examples of a technology
# Findings about words that are searched for in a text of any form: a respelled word is another word.
OF_TEXTS = frozenset(
    (
        ("secret-not-inline", "hard-coded"),
        ("secret-not-inline", "credential-file"),
        ("secret-not-inline", "private-key"),
        ("assets-encrypted", "plain-server"),  # addresses in the examples of contracts
        ("pipeline-injection-free", "text-of-callers"),  # expressions are looked for as they are written
        ("pipeline-injection-free", "name-of-branch"),
        ("waiver-current", "incomplete"),  # of comments, which respelled texts have not
    )
)
# What tools write and only they read: a comment there is not legal.
WITHOUT_COMMENTS = frozenset(("packages", "sbom"))


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
                if name in WITHOUT_COMMENTS and respelled == "long comments":
                    continue
                yield pytest.param(one, text, id=f"{name}-{number}-{respelled}".replace(" ", "_"))


def found_in(path: str, text: str, root: str) -> Review:
    return review(Workspace(root, {path: text}), Policy(), fixes=False)


@cache
def plainly(path: str, text: str, root: str) -> Counter[tuple[str, str]]:
    return said(found_in(path, text, root))


def said(result: Review) -> Counter[tuple[str, str]]:
    return Counter((one.control, one.case) for one in result.findings)


def named(result: Review, path: str) -> bool:
    """Whether a report names the file as not read, or as read in part."""
    return any(p.source == path for p in result.problems) or any(
        u.path == path for u in accounted(result).unread
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty folder: what other tests left would be read, too."""
    return str(tmp_path_factory.mktemp("empty"))


@pytest.mark.parametrize(("example", "text"), list(cases()))
def test_a_respelled_file_is_read_or_named(example: Example, text: str, root: str) -> None:
    plain = plainly(example.path, example.text, root)
    respelled = found_in(example.path, text.removeprefix("\ufeff"), root)
    lost = {one: count for one, count in (plain - said(respelled)).items() if one not in OF_TEXTS}
    assert not lost or named(respelled, example.path), lost


def test_most_respelled_files_are_read(tmp_path: Path) -> None:
    """Being named is for what a parser refuses: it must not stand for reading."""
    refused = 0
    for some in chosen().values():
        one = some[0]
        for _, text in list(respellings(one.path, one.text))[:3]:
            respelled = found_in(one.path, text.removeprefix("\ufeff"), str(tmp_path))
            plain = found_in(one.path, one.text, str(tmp_path))
            refused += bool(set(said(plain) - said(respelled)) - OF_TEXTS)
    assert refused <= len(chosen()) // 20


def test_each_technology_has_an_example() -> None:
    several_files_or_none = {"helm", "system_packages"}  # a chart's folder; archives, which are no text
    assert set(technologies()) - set(chosen()) == several_files_or_none
