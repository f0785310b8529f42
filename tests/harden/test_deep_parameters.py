"""Parameters that stand for several segments in an application, which no contract can say."""

from __future__ import annotations

import json
from pathlib import Path

from batten.contract import load
from batten.formats import Workspace
from batten.harden import Options
from batten.harden.intent import Intent
from batten.harden.operation_notes import notes
from batten.policy import Policy

ANSWER = {"responses": {"204": {"description": "Done."}}}


def told(folder: Path, *paths: str) -> list[str]:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Files", "version": "1"},
        "paths": {path: {"get": ANSWER, "put": ANSWER} for path in paths},
    }
    contract, _ = load(Workspace(folder, {"openapi.json": json.dumps(document)}), "openapi.json")
    intent = Intent(contract, Policy(hosts=("shop.example.com",)), Options(upstream="http://127.0.0.1:1"))
    return list(notes(intent.contract, intent.edge, "nginx"))


def test_a_path_that_fastapi_takes_whole_is_told_once(tmp_path: Path) -> None:
    """FastAPI writes `/files/{file_path:path}` as `/files/{file_path}` into its document."""
    (note,) = told(tmp_path, "/files/{file_path}", "/orders/{id}")
    assert note.startswith("/files/{file_path}: the last parameter matches one segment")
    assert "`{name:path}` in FastAPI" in note


def test_other_parameters_are_not(tmp_path: Path) -> None:
    assert told(tmp_path, "/orders/{id}", "/paths/{pathway}", "/{path}/items", "/patha/{graph}") == []
