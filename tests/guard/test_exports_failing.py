"""Exports whose Lua fails: nothing that was not judged gets out or in, whichever of its functions it is."""

from __future__ import annotations

from pathlib import Path

import guard_exports
import pytest
from cases.case import GOOD_LIST, GOOD_THING, JSON, TOKEN, asked, posted
from guard_clients import Client
from guard_exports import HAPROXY, NGINX, envoy_program
from guard_upstream import upstream

from needs import needs

ENGINES = [
    pytest.param("nginx", marks=needs("nginx with its Lua module", NGINX)),
    pytest.param("envoy", marks=needs("envoy", envoy_program())),
    pytest.param("haproxy", marks=needs("haproxy", HAPROXY)),
]
LIST, THING = asked("GET /v1/things"), posted("POST /v1/things", GOOD_THING, TOKEN, JSON)
COOKIES, TEXT = asked("GET /v1/things", play="cookies"), asked("GET /v1/events", play="good")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("broken", "sent", "reaches"),
    [
        ("G.answer", LIST, 1),
        ("G.plan", TEXT, 1),
        ("R.decode", asked("GET /v1/things", play="wrong type"), 1),
        ("G.cookie", COOKIES, 1),
        ("G.refusal", THING, 0),
        ("G.bad_body", THING, 0),
    ],
)
def test_an_error_refuses(tmp_path: Path, engine: str, broken: str, sent: bytes, reaches: int) -> None:
    start = getattr(guard_exports, f"exported_{engine}")
    with upstream() as behind, start(tmp_path, behind.port, broken) as port:
        status, said = _answer(port, sent)
        assert status in (0, 500, 502)  # 0: the connection ended without an answer
        assert b"mug" not in said and b"out of order" not in said
        assert len(behind.seen) == reaches


@pytest.mark.parametrize("engine", ENGINES)
def test_a_reader_that_fails_is_not_a_verdict(tmp_path: Path, engine: str) -> None:
    """What the quick look at a body says no to, or fails at, is judged by the thorough one."""
    start = getattr(guard_exports, f"exported_{engine}")
    with upstream() as behind, start(tmp_path, behind.port, "R.string") as port:
        assert _answer(port, LIST)[0] == 200
        assert _answer(port, LIST)[1].endswith(GOOD_LIST)
        assert _answer(port, asked("GET /v1/things", play="wrong type"))[0] == 500


@pytest.mark.parametrize("engine", ENGINES)
def test_good_answers_that_are_remembered_are_those_of_that_schema(tmp_path: Path, engine: str) -> None:
    """One byte more, another operation, or another status is another question."""
    start = getattr(guard_exports, f"exported_{engine}")
    with upstream() as behind, start(tmp_path, behind.port) as port:
        for _ in range(3):
            assert _answer(port, LIST)[0] == 200
        assert _answer(port, asked("GET /v1/things", play="garbage after"))[0] == 500
        assert (
            _answer(port, asked("GET /v1/things/7", TOKEN, play="good"))[0] == 500
        )  # a list, where a thing is declared
        assert _answer(port, asked("GET /v1/choice", play="good"))[0] == 500  # and where any object is
        assert _answer(port, LIST)[0] == 200


def _answer(port: int, sent: bytes) -> tuple[int, bytes]:
    client = Client(port)
    try:
        client.send(sent)
        answer = client.answer()
    except (AssertionError, ConnectionError):
        return 0, b""
    finally:
        client.close()
    return answer.status, answer.head + answer.body
