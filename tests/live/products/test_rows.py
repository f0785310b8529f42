"""Rows of the catalogue: no answer takes long to read, ordinary answers show no product, and each says what to do in full."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from test_catalogue import NASTY, NOTHING, _answer

from batten.live.products import PRODUCTS, Product
from batten.live.survey import acts
from spending import at_most

_IDS = [row.name for row in PRODUCTS]
_READS = {"/cgi-bin/init"}  # of whistle: what its page shows first
_MEDIA = {"<": "text/html", "{": "application/json", "[": "application/json"}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_no_answer_takes_long_to_read(text: str) -> None:
    """All rows together, as text, as a page and as JSON."""
    answers = [_answer(text, "/", media) for media in ("text/plain", "text/html", "application/json")]
    with at_most(6):
        for answer in answers:
            for row in PRODUCTS:
                row.sign(answer)
                row.version_in((answer,))
                for read in row.reads:
                    read.proof(answer)


@pytest.mark.parametrize("body", NOTHING.values(), ids=NOTHING.keys())
def test_no_product_is_seen_in_ordinary_answers(body: str) -> None:
    """What is read then may be as plain as a list of jobs: it is asked of a product that was recognised."""
    answer = _answer(body, "/", _MEDIA.get(body[:1], "text/plain"))
    assert [row.name for row in PRODUCTS if row.sign(answer)] == []


@pytest.mark.parametrize("row", PRODUCTS, ids=_IDS)
def test_a_row_says_what_anyone_can_do_and_what_closes_it(row: Product) -> None:
    assert row.gains and not row.gains.endswith(".") and row.gains[0].islower()
    assert row.close.endswith(".") and row.close[0].isupper()
    source = urlsplit(row.source)
    assert source.scheme in ("https", "http") and source.netloc and source.path.strip("/")
    assert all(mount.startswith("/") and mount.endswith("/") for mount in row.mounts)
    assert all(path.startswith("/") for path in (*row.at, *(read.path for read in row.reads)))


@pytest.mark.parametrize("row", PRODUCTS, ids=_IDS)
def test_a_row_asks_for_nothing_whose_name_is_a_deed(row: Product) -> None:
    asked = (
        *row.at,
        *((row.tells,) if row.tells else ()),
        *(read.path for read in row.reads if read.method == "GET"),
    )
    assert [path for path in asked if acts(path.partition("?")[0], "") and path not in _READS] == []


def test_names_are_unique() -> None:
    assert len(set(_IDS)) == len(_IDS)
