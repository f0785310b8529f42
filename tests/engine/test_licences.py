"""Documentation of an API whose source is public, by the licence at the root."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.review import review
from batten.formats import Workspace
from batten.policy import Policy

CODE = "from fastapi import FastAPI\n\napp = FastAPI()\n"
MIT = (
    "MIT License\n\nCopyright (c) 2026 Shop\n\nPermission is hereby granted, free of charge, to any person\n"
)


@pytest.mark.parametrize(
    ("name", "text", "severity"),
    [
        ("LICENSE", MIT, "INFO"),
        ("COPYING.md", "                    GNU AFFERO GENERAL PUBLIC LICENSE\n", "INFO"),
        ("LICENSE", "Copyright (c) 2026 Shop. All rights reserved.\n", "LOW"),
        ("docs/LICENSE", MIT, "LOW"),
        ("LICENSES.py", "# MIT License\n", "LOW"),
    ],
)
def test_documentation_of_open_source(tmp_path: Path, name: str, text: str, severity: str) -> None:
    found = review(Workspace(tmp_path, {"main.py": CODE, name: text}), Policy()).findings
    [docs] = [f for f in found if f.control == "console-not-exposed"]
    assert docs.severity.name == severity
    assert (f"by `{name}`" in docs.message) is (severity == "INFO")
