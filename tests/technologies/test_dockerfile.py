from __future__ import annotations

import contextlib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from batten.facts import BuildContext, BuildStep, Fact, Image, Workload
from batten.formats import SyntaxProblem, Workspace
from batten.model import UNKNOWN, Problem
from batten.technologies import Unit
from batten.technologies.dockerfile import adapter


def facts(text: str, files: dict[str, str] | None = None) -> list[Fact | Problem]:
    workspace = Workspace(Path("/nonexistent"), {**(files or {}), "Dockerfile": text})
    return list(adapter.read(Unit("dockerfile", ("Dockerfile",)), workspace))


def workload(text: str) -> Workload:
    return next(f for f in facts(text) if isinstance(f, Workload))


def test_the_final_stage_inherits_from_the_stages_it_builds_on() -> None:
    found = workload("ARG V=3.13\nFROM python:${V} AS a\nUSER 7\nHEALTHCHECK CMD x\nFROM a AS b\nRUN y\n")
    assert found.user.value == "7"
    assert found.health is not None and found.health.value is True


def test_what_a_variable_or_an_unknown_base_decides_is_unknown() -> None:
    assert workload("FROM python:3\nARG U\nUSER $U\n").user.effective is UNKNOWN
    assert workload("ARG B\nFROM $B\n").user.effective is UNKNOWN
    assert workload("FROM registry.example.com/x:1\n").user.effective is UNKNOWN
    assert workload("FROM python:3\n").user.effective == "root"


def test_stages_and_images_are_told_apart() -> None:
    found = [f for f in facts("FROM a:1 AS x\nFROM x\nFROM scratch\n") if isinstance(f, Image)]
    assert [(i.name, i.tag, i.stage) for i in found] == [
        ("a", "1", False),
        ("x", "", True),
        ("scratch", "", True),
    ]


def test_remote_scripts_are_seen_in_every_dress() -> None:
    lines = (
        "RUN curl -sL https://x.example.com/a | sudo -E bash -",
        "RUN wget -qO- https://x.example.com/a | sh",
        'RUN sh -c "$(curl -fsSL https://x.example.com/a)"',
        "RUN bash <(curl -s https://x.example.com/a)",
        "RUN <<EOF\ncurl https://x.example.com/a | python3\nEOF",
    )
    for line in lines:
        weak = {f.weakness for f in facts(f"FROM debian:13\n{line}\n") if isinstance(f, BuildStep)}
        assert "remote-script" in weak, line


def test_the_context_counts_what_the_ignore_file_forgets() -> None:
    files = {".dockerignore": ".env\n", ".env": "", "app/id_rsa": "", "app/main.py": "", "other/key.pem": ""}
    context = next(f for f in facts("FROM a:1\nCOPY app /app\n", files) if isinstance(f, BuildContext))
    assert (context.copies_all, context.sensitive) == (False, ("app/id_rsa",))


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="AFROMUSERNVCPY \n=$\"'{}\\[]<-:./", max_size=80))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    for body in (text, f"FROM a:1\nENV {text}\nCOPY {text}\n", f"FROM {text}\nUSER {text}\n"):
        with contextlib.suppress(SyntaxProblem):
            facts(body)
