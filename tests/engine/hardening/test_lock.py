from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from batten.engine.hardening.asked import Asked
from batten.engine.hardening.inputs import recorded
from batten.engine.hardening.lock import NAME, Lock, encoded, read
from batten.formats import Workspace
from batten.harden import HardenProblem

DIGEST = "0" * 64
LOCK = Lock(
    version=1,
    batten="0.1.0",
    asked=Asked(target="nginx", contract="../openapi.yaml", images={"b": "x", "a": "y"}),
    root="..",
    contract={"openapi.yaml": DIGEST},
    policy={},
    files={"nginx.conf": DIGEST},
)


def changed(**words: Any) -> str:
    return json.dumps({**json.loads(encoded(LOCK)), **words})


def test_it_reads_what_it_wrote_and_writes_the_same_again(tmp_path: Path) -> None:
    assert read(Workspace(tmp_path)) is None
    (tmp_path / NAME).write_text(encoded(LOCK))
    assert read(Workspace(tmp_path)) == LOCK
    assert encoded(LOCK).index('"a"') < encoded(LOCK).index('"b"')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 100_000,
        "\udcff",
        changed(version=2),
        changed(more=1),
        changed(files={"../nginx.conf": DIGEST}),
        changed(files={"/etc/passwd": DIGEST}),
        changed(files={"a/../../b": DIGEST}),
        changed(files={"a\x00": DIGEST}),
        changed(files={"nginx.conf": "short"}),
        changed(files={str(number): DIGEST for number in range(2_001)}),
        changed(secrets=["../../key"]),
        changed(contract={"../x": DIGEST}),
        changed(asked={"target": "rm"}),
        changed(asked={"target": "nginx", "names": "x"}),
        changed(batten="x" * 2_000_000),
    ],
    ids=range(17),
)
def test_one_that_others_wrote_is_data_within_bounds(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(HardenProblem, match=NAME):
        read(Workspace(tmp_path))


def test_a_link_in_its_place_is_not_followed_out(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "secret").write_text(encoded(LOCK))
    os.symlink("../secret", tmp_path / "out" / NAME)
    with pytest.raises(HardenProblem, match="cannot be read"):
        read(Workspace(tmp_path / "out"))


def test_what_it_names_is_followed_within_the_checkout_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "here/edge"
    output.mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    assert recorded(output, "../openapi.yaml") == tmp_path / "here/openapi.yaml"
    os.symlink("/etc", tmp_path / "here/link")
    for outside in ("../../openapi.yaml", "/etc/passwd", "../link/passwd"):
        with pytest.raises(HardenProblem, match="outside of this checkout"):
            recorded(output, outside)
