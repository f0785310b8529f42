from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from batten.engine.check import Order, check
from batten.engine.history import (
    FORMER,
    HistoryProblem,
    Scope,
    history_path,
    import_history,
    note_run,
    runs,
    stories,
    trend,
)
from batten.engine.history.database import IDENTITY, SCHEMA
from batten.engine.identity import Identity
from batten.engine.outcome import Past
from batten.files import Root
from batten.model import Finding, Location, Severity, State, Suppression
from batten.policy import Policy


def finding(kin: str = "f1", source: str = "nginx.conf", environment: str = "") -> Finding:
    at = Location(source, "server[a]")
    fingerprint = Identity(kin, "" if environment else source, environment).fingerprint
    return Finding(
        control="hsts-sent",
        severity=Severity.MEDIUM,
        message="no HSTS",
        at=at,
        fingerprint=fingerprint,
        kin=kin,
        environment=environment,
    )


def noted(
    folder: Path,
    *findings: Finding,
    files: tuple[str, ...] = ("nginx.conf",),
    environments: tuple[str, ...] = (),
) -> tuple[list[State], list[Past]]:
    scope = Scope(frozenset(files), frozenset(environments), Root(folder))
    stated, past = note_run(folder / "history.db", findings, scope, "2026-11-24T10:00:00", "check", "0", 0)
    return [f.state for f in stated], past


def test_new_standing_fixed_regressed(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").touch()
    assert noted(tmp_path, finding())[0] == [State.NEW]
    assert noted(tmp_path, finding())[0] == [State.STANDING]
    assert [p.state for p in noted(tmp_path)[1]] == [State.FIXED]
    assert noted(tmp_path)[1] == []
    assert noted(tmp_path, finding())[0] == [State.REGRESSED]


def test_what_could_not_be_looked_for_is_not_fixed(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").touch()
    live = finding("f2", "https://localhost/", "production")
    noted(tmp_path, finding(), live, environments=("production",))
    _, past = noted(tmp_path, files=(), environments=())
    assert {p.state for p in past} == {State.NOT_COMPARABLE}
    states, past = noted(tmp_path, finding(), live, environments=("production",))
    assert states == [State.STANDING, State.STANDING] and past == []


def test_a_file_that_is_gone_takes_its_findings_along(tmp_path: Path) -> None:
    noted(tmp_path, finding())
    assert [p.state for p in noted(tmp_path, files=())[1]] == [State.FIXED]


def test_a_renamed_file_keeps_its_findings(tmp_path: Path) -> None:
    noted(tmp_path, finding())
    moved = finding(source="edge/nginx.conf")
    assert noted(tmp_path, moved, files=("edge/nginx.conf",))[0] == [State.STANDING]


def test_doubt_makes_new_findings_never_fixed_ones(tmp_path: Path) -> None:
    """Two files had it and two others have it now: nothing tells which is which."""
    noted(tmp_path, finding(source="a"), finding(source="b"), files=("a", "b"))
    states, past = noted(tmp_path, finding(source="c"), finding(source="d"), files=("c", "d"))
    assert states == [State.NEW, State.NEW]
    assert len(past) == 2


def test_a_control_that_is_off_closes_nothing(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").touch()
    noted(tmp_path, finding())
    scope = replace(
        Scope(frozenset({"nginx.conf"}), frozenset(), Root(tmp_path)), controls_off=frozenset({"hsts-sent"})
    )
    _, past = note_run(tmp_path / "history.db", [], scope, "2026-11-24T11:00:00", "check", "0", 0)
    assert [p.state for p in past] == [State.NOT_COMPARABLE]


def test_runs_and_lives_are_shown(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").touch()
    noted(tmp_path, finding())
    noted(tmp_path, finding())
    noted(tmp_path)
    counts = [(r.opened, r.closed, r.standing) for r in runs(tmp_path / "history.db")]
    assert counts == [(0, 1, 0), (0, 0, 1), (1, 0, 0)]
    assert [bool(s.closed) for s in stories(tmp_path / "history.db")] == [True]


def test_a_trend_is_of_whole_runs_over_the_same_targets(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").touch()
    database = tmp_path / "history.db"
    waived = replace(finding("f3"), suppression=Suppression("policy", "known"))
    noted(tmp_path, finding(), replace(finding("f2"), severity=Severity.HIGH), waived)
    noted(tmp_path, finding(), environments=("production",))
    scope = Scope(frozenset({"nginx.conf"}), frozenset(), Root(tmp_path), whole=False)
    note_run(database, [], scope, "2026-11-24T11:00:00", "check", "0", 0)
    noted(tmp_path, finding())
    told = [{s.label: n for s, n in point.counts.items() if n} for point in trend(database)]
    assert told == [{"high": 1, "medium": 1}, {"medium": 1}]


def test_a_check_has_the_trend_up_to_itself(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "nginx.conf").write_text(
        "events {}\nhttp { server { listen 80; ssl_protocols TLSv1; listen 443 ssl; } }\n"
    )
    order = Order(probe=False, history_file=tmp_path / "history.db")
    check(root, Policy(), order)
    (root / "nginx.conf").write_text(
        "events {}\nhttp { server { listen 80; listen 443 ssl; ssl_protocols TLSv1.3; } }\n"
    )
    outcome = check(root, Policy(), order)
    assert [point.total for point in outcome.trend][1] == len(outcome.causes) < outcome.trend[0].total
    assert check(root, Policy(), replace(order, only=("nginx.conf",))).trend == []


def test_runs_of_a_former_version_have_no_point_in_the_trend(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "history.db") as db:
        db.executescript(f"{SCHEMA}{IDENTITY} PRAGMA user_version=2;")
        db.execute("INSERT INTO run VALUES (1, 'check', '2026-11-01T00:00:00', '0', 'files', 0)")
    db.close()
    noted(tmp_path, finding())
    assert [point.started for point in trend(tmp_path / "history.db")] == ["2026-11-24T10:00:00"]


def test_a_broken_database_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "history.db").write_bytes(
        b"this is no database, and it is long enough to be read as one" * 20
    )
    with pytest.raises(HistoryProblem, match="move the file away"):
        noted(tmp_path, finding())


def former(root: Path, *rows: str) -> None:
    """A history as it was kept in the checkout once."""
    (root / ".batten").mkdir(exist_ok=True)
    (root / FORMER).unlink(missing_ok=True)
    with sqlite3.connect(root / FORMER) as db:
        db.executescript(SCHEMA)
        db.execute("INSERT INTO run VALUES (1, 'check', '2026-01-01', '0', 'files', 0)")
        for row in rows:
            db.execute(f"INSERT INTO life VALUES ({row})")
    db.close()


LIFE = "1, 'f1', 'hsts-sent', 2, 'no HSTS', 'nginx.conf', 'server[a]', 1, '', 1, NULL, 0"


def test_a_former_history_is_taken_over_once(tmp_path: Path) -> None:
    former(tmp_path, LIFE)
    database = tmp_path / "state.db"
    assert import_history(Root(tmp_path), database) == 1
    assert [s.control for s in stories(database)] == ["hsts-sent"]
    (tmp_path / "nginx.conf").touch()
    with pytest.raises(HistoryProblem, match="has runs already"):
        import_history(Root(tmp_path), database)


@pytest.mark.parametrize(
    "life",
    [
        LIFE.replace("2,", "99,", 1),
        LIFE.replace("'f1'", "x'00'"),
        LIFE.replace("'no HSTS'", f"'{'x' * 9000}'"),
    ],
)
def test_what_no_batten_wrote_is_not_taken_over(life: str, tmp_path: Path) -> None:
    former(tmp_path, life)
    with pytest.raises(HistoryProblem, match="batten never writes"):
        import_history(Root(tmp_path), tmp_path / "state.db")
    assert not (tmp_path / "state.db").exists()


def test_a_history_in_the_checkout_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (tmp_path / "h.db", tmp_path / "x" / ".." / "h.db"):
        with pytest.raises(HistoryProblem, match="inside the reviewed folder"):
            history_path(Root(tmp_path), place)
    monkeypatch.setenv("BATTEN_HISTORY", str(tmp_path.parent / "h.db"))
    assert history_path(Root(tmp_path)) == tmp_path.parent / "h.db"
