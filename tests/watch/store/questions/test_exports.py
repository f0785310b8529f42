"""Exports, as spreadsheets, programs and code scanning read them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from sqlalchemy import update

from batten.watch.model import SERVICE
from batten.watch.store.database import Database
from batten.watch.store.questions import findings
from batten.watch.store.questions.exports import Format, exported
from batten.watch.store.questions.filters import EVERY, Filter
from batten.watch.store.tables import life
from multitool import validated
from proofs import turn
from watch_estate import NOW, estate

WHOLE = Filter(states=EVERY, waived=None, counts=None)
# Every result has a place; rules of no published page have no address, and live findings no line.
ACCEPTED = {"SARIF2005", "SARIF2017"}


def text(store: Database, format: Format, which: Filter = WHOLE) -> str:
    with store.read() as db:
        return "".join(exported(db, SERVICE, which, format=format, now=NOW))


def table(written: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written, newline="")))


def test_the_three_say_the_same(store: Database) -> None:
    estate(store, 7)
    with store.read() as db:
        page = findings.findings(db, SERVICE, WHOLE, now=NOW, most=200)
        assert page.count == len(page.findings)
    listed = [str(one.id) for one in page.findings]
    results = json.loads(text(store, Format.SARIF))["runs"][0]["results"]
    assert [row["id"] for row in table(text(store, Format.CSV))] == listed
    assert [str(row["id"]) for row in json.loads(text(store, Format.JSON))] == listed
    assert [str(result["properties"]["finding"]) for result in results] == listed
    assert len([r for r in results if "suppressions" in r]) == sum(
        one.waived is not None for one in page.findings
    )


def test_the_filter_holds(store: Database) -> None:
    estate(store, 7)
    rows = json.loads(text(store, Format.JSON, Filter(stage="prod")))
    assert rows and {row["stage"] for row in rows} == {"prod"}
    assert {row["state"] for row in rows} <= {"open", "unknown"} and not any(
        row["waived_until"] for row in rows
    )


def test_nothing_is_a_valid_export(store: Database) -> None:
    assert json.loads(text(store, Format.JSON)) == []
    assert table(text(store, Format.CSV)) == []
    assert json.loads(text(store, Format.SARIF))["runs"][0]["results"] == []


def test_the_multitool_accepts_the_log(store: Database, tmp_path: Path) -> None:
    estate(store, 8)
    assert [v for v in validated(text(store, Format.SARIF), tmp_path) if v[0] not in ACCEPTED] == []


def test_no_cell_is_a_formula(store: Database) -> None:
    estate(store, 9, teams=1, services=1)
    for place in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"):
        with store.begin() as db:
            db.execute(update(life).values(place=place, message='said "so",\n=cmd'))
        rows = table(text(store, Format.CSV))
        assert rows and {row["place"] for row in rows} == {f"'{place}"}
        assert {row["message"] for row in rows} == {'said "so",\n=cmd'}


NASTY = ("a b/%zz</script>\u202e😀#?[x]\\.conf", "https://[::1]:8443/a[b]?c=[d]", "https://[x/", "-")


@pytest.mark.parametrize("nasty", turn("nasty", NASTY, 2))
def test_nasty_names_stay_valid(store: Database, tmp_path: Path, nasty: str) -> None:
    estate(store, 9, teams=1, services=1)
    with store.begin() as db:
        db.execute(update(life).values(place=nasty, message=nasty))
    assert [v for v in validated(text(store, Format.SARIF), tmp_path) if v[1] == "error"] == []
    assert {row["place"] for row in json.loads(text(store, Format.JSON))} == {nasty}


def test_a_secret_in_a_report_is_masked(store: Database) -> None:
    estate(store, 9, teams=1, services=1)
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    with store.begin() as db:
        db.execute(
            update(life).values(message=f"the token `{secret}` is valid", place=f"https://u:{secret}@host/")
        )
    for format in Format:
        assert secret not in text(store, format)
