"""What an interrupted run keeps: under a seal, for the same inputs only, and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten import masking
from batten.engine.environments import Kept
from batten.engine.outcome import EnvironmentOutcome
from batten.engine.resume import MOST_RUNS, begin, digest_of, resume, swept_of
from batten.engine.review import Judged
from batten.files import State, state_of
from batten.live.fleet.discovery import Seen, Swept
from batten.live.fleet.listeners import Listener
from batten.model import Exchange, Finding, Kind, Location, Severity


@pytest.fixture
def state(tmp_path: Path) -> State:
    (tmp_path / "root").mkdir()
    return state_of(str(tmp_path / "root"))


def _kept(name: str, message: str = "open") -> Kept:
    at = Location(name, "GET /", kind=Kind.WIRE, exchange=Exchange("GET / HTTP/1.1", "HTTP/1.1 200 OK"))
    finding = Finding(
        control="store-authenticated",
        severity=Severity.CRITICAL,
        message=message,
        at=at,
        fingerprint="f",
        environment=name,
    )
    return Kept(EnvironmentOutcome(name, name, True, 7), Judged(name, (finding,)), None)


def test_what_is_done_is_there_again(state: State) -> None:
    first = begin(state, "a" * 24)
    first.keep("http://x", _kept("http://x"))
    first.note(
        Swept({("x", "10.0.0.1"): Seen([80], 3, 1)}, {"y": "no"}, 4, 9, 1.5, True),
        (Listener("x", 80, "http"),),
    )
    again = resume(state, "a" * 24)
    assert again is not None
    assert again.begun == first.begun
    ((name, (when, kept)),) = again.kept.items()
    assert (name, kept) == ("http://x", _kept("http://x"))
    assert when >= again.begun
    assert again.found is not None
    assert again.found.listeners == (Listener("x", 80, "http"),)
    assert swept_of(again.found).seen == {("x", "10.0.0.1"): Seen([80], 3, 1)}
    again.over()
    assert resume(state, "a" * 24) is None


def test_other_inputs_are_another_run(state: State) -> None:
    begin(state, digest_of("a")).keep("http://x", _kept("http://x"))
    assert digest_of("a") != digest_of("b")
    assert resume(state, digest_of("b")) is None


def test_what_another_user_wrote_or_moved_does_not_count(state: State) -> None:
    first = begin(state, "a" * 24)
    first.keep("http://x", _kept("http://x"))
    first.keep("http://y", _kept("http://y"))
    folder = state.place / "fleet" / ("a" * 24)
    one, two = sorted(path for path in folder.iterdir() if path.name.startswith("t."))
    one.write_bytes(two.read_bytes())
    two.write_bytes(two.read_bytes()[:-1] + b"?")
    again = resume(state, "a" * 24)
    assert again is not None
    assert not again.kept
    (folder / "begun").write_bytes(b"x" * 64)
    assert resume(state, "a" * 24) is None


def test_what_holds_a_secret_is_not_kept(state: State) -> None:
    secret = "kJ8s-0pQx_71Lm-Zw55"
    masking.register(secret)
    try:
        begin(state, "a" * 24).keep("http://x", _kept("http://x", f"shows {secret}"))
    finally:
        masking.forget()
    again = resume(state, "a" * 24)
    assert again is not None
    assert not again.kept


def test_few_interrupted_runs_are_kept(state: State) -> None:
    for number in range(MOST_RUNS + 3):
        begin(state, digest_of(number))
    assert len(list((state.place / "fleet").iterdir())) <= MOST_RUNS
    assert resume(state, digest_of(MOST_RUNS + 2)) is not None
