from __future__ import annotations

import subprocess
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.model import Edit, Fix, Span
from batten.reports.diff import fix_diff, text_diff
from batten.reports.masks import masks

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "\n", "d\n"]), max_size=30).map("".join)


def test_a_fix_over_two_files_and_a_new_one(workspace: Workspace) -> None:
    edits = (Edit("astral.conf", Span(0, 1), "key"), Edit("new.conf", Span(0, 0), "x 1;\n"))
    assert fix_diff(Fix("t", edits), workspace) == (
        "--- a/astral.conf\n+++ b/astral.conf\n@@ -1 +1 @@\n-k 😀😀 v;\n+key 😀😀 v;\n"
        "--- /dev/null\n+++ b/new.conf\n@@ -0,0 +1 @@\n+x 1;\n"
    )


def test_secrets_are_masked_when_asked(outcome: Outcome, workspace: Workspace) -> None:
    fix = outcome.findings[0].fix
    assert fix is not None
    diff = fix_diff(fix, workspace, masks(outcome.findings, workspace))
    assert "-      POSTGRES_PASSWORD: •••\n+      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}\n" in diff


def test_edits_that_no_longer_fit_make_no_diff(workspace: Workspace) -> None:
    assert fix_diff(Fix("t", (Edit("astral.conf", Span(900, 901), ""),)), workspace) == ""


def test_a_large_file_is_compared_quickly() -> None:
    old = "".join(f"line {n}\n" for n in range(200_000))
    assert text_diff("f", old, old.replace("line 100000\n", "other\n")).count("\n") == 11


def test_patch_takes_it(tmp_path: Path) -> None:
    @settings(max_examples=25, deadline=None)
    @given(LINES.filter(bool), LINES.filter(bool))
    def applied(old: str, new: str) -> None:
        file = tmp_path / "f"
        file.write_bytes(old.encode())
        diff = text_diff("f", old, new)
        subprocess.run(
            ["git", "apply", "--whitespace=nowarn", "-"],
            input=diff.encode(),
            cwd=tmp_path,
            check=bool(diff),
            capture_output=True,
        )
        assert file.read_bytes().decode() == new

    applied()
