"""Facts of many fields are built by keyword: a new field then concerns the readers that know it, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import Field, fields
from typing import Any

import pytest

from batten import facts
from batten.facts import Fact
from batten.model import Finding, Fix, Violation
from batten.technologies import technologies

MOST = 3  # fields beside `at` that may be given by position


def kinds(kind: type[Fact]) -> Iterator[type[Fact]]:
    for below in kind.__subclasses__():
        if below.__module__.startswith("batten."):
            yield below
            yield from kinds(below)


def all_kinds() -> list[type[Fact]]:
    for technology in technologies().values():
        technology.adapter()  # loads the technology's own facts
    assert len(facts.__all__) > 40
    return sorted({k for k in kinds(Fact) if "__slots__" in vars(k)}, key=lambda k: k.__name__)


def by_position(kind: type[Fact]) -> list[Field[Any]]:
    return [f for f in fields(kind) if f.init and not f.kw_only]


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda k: k.__name__)
def test_a_fact_of_many_fields_is_built_by_keyword(kind: type[Fact]) -> None:
    own = [f.name for f in fields(kind) if f.name != "at"]
    given = [f.name for f in by_position(kind)]
    assert given == ["at", *(own if len(own) <= MOST else [])], (
        f"a fact of more than {MOST} fields takes them by keyword: @record(kw_only=True)"
    )
    if len(own) > MOST:
        with pytest.raises(TypeError, match="positional argument"):
            kind(*(None for _ in fields(kind)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "given"), [(Violation, ["case", "message", "at"]), (Fix, ["title", "edits"]), (Finding, [])]
)
def test_other_records_of_many_fields_too(kind: type[object], given: list[str]) -> None:
    assert [f.name for f in fields(kind) if not f.kw_only] == given  # type: ignore[arg-type]
