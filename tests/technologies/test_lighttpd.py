from __future__ import annotations

from pathlib import Path

from batten.formats import Workspace
from batten.technologies import Unit
from batten.technologies.lighttpd.adapter import read


def test_what_is_read() -> None:
    workspace = Workspace(Path("/nonexistent"), {"lighttpd.conf": "replace this by a configuration\n"})
    assert list(read(Unit("lighttpd", ("lighttpd.conf",)), workspace))
