from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from batten.engine.causes import Cause
from batten.engine.verdicts import Judge, Judgement, Verdicts, VerdictsProblem, read_verdicts, sample
from batten.model import Finding, Location, Severity

JUDGE = Judge("ada", "shop", date(2026, 11, 27))


def cause(*numbers: int, control: str = "hsts-sent", message: str = "no HSTS") -> Cause:
    return Cause(message, tuple(finding(number, control, message) for number in numbers))


def finding(number: int, control: str, message: str) -> Finding:
    at = Location("nginx.conf", f"server[{number}]")
    return Finding(
        control=control,
        case="absent",
        severity=Severity.MEDIUM,
        message=message,
        at=at,
        fingerprint=f"{control}{number}",
    )


def test_a_verdict_is_in_the_file_as_soon_as_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.jsonl"
    verdicts = Verdicts(path)
    verdicts.add(JUDGE.says(cause(1), Judgement.NOISE, "nobody acts"))
    (held,) = read_verdicts(path)
    assert (held.stack, held.path, held.judgement, held.reason) == (
        "shop",
        "nginx.conf",
        Judgement.NOISE,
        "nobody acts",
    )
    assert Verdicts(path).hold(JUDGE, cause(1))
    assert not Verdicts(path).hold(Judge("bob", "shop", JUDGE.today), cause(1))


def test_a_cause_is_known_by_any_of_its_places(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.jsonl"
    Verdicts(path).add(JUDGE.says(cause(2), Judgement.NOISE))
    assert Verdicts(path).hold(JUDGE, cause(1, 2, 3))
    assert not Verdicts(path).hold(JUDGE, cause(1, 3))


def test_the_later_verdict_stands(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.jsonl"
    verdicts = Verdicts(path)
    for judgement in (Judgement.NOISE, Judgement.USEFUL):
        verdicts.add(JUDGE.says(cause(1), judgement))
    assert [held.judgement for held in read_verdicts(path)] == [Judgement.USEFUL]


def test_no_secret_is_noted(tmp_path: Path) -> None:
    token = "ghp_" + "aB3" * 12
    path = tmp_path / "verdicts.jsonl"
    Verdicts(path).add(JUDGE.says(cause(1, message=f"a token {token}"), Judgement.USEFUL, f"see {token}"))
    assert token not in path.read_text()


def test_what_is_no_verdict_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.jsonl"
    Verdicts(path).add(JUDGE.says(cause(1), Judgement.USEFUL))
    path.write_text(path.read_text() + '{"stack": "a"}\n')
    with pytest.raises(VerdictsProblem, match=r"verdicts.jsonl:2: not a verdict"):
        read_verdicts(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert read_verdicts(tmp_path / "none.jsonl", absent=True) == []
    with pytest.raises(VerdictsProblem, match="there is no such file"):
        read_verdicts(tmp_path / "none.jsonl")


def test_a_loud_control_does_not_fill_a_sample() -> None:
    causes = [cause(n, control="container-limited") for n in range(50)]
    causes += [cause(n, control=slug) for slug in ("hsts-sent", "csp-sent") for n in range(2)]
    drawn = sample(causes, 9, seed=1)
    assert Counter(c.lead.control for c in drawn) == {"container-limited": 5, "hsts-sent": 2, "csp-sent": 2}
    assert drawn == sample(causes, 9, seed=1)
    assert drawn != sample(causes, 9, seed=2)
    assert sample(causes, 500, seed=1) == causes
