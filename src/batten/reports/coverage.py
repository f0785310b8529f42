"""Which technologies a control is found and fixed in, as the fixtures show (`tools/coverage.py` writes it)."""

from __future__ import annotations

import json
from typing import Literal, cast

from batten.files.own import own_text

Does = Literal["finds", "fixes"]


def coverage() -> dict[str, dict[str, Does]]:
    """slug -> technology, or "live" for what answers and handshakes show -> what batten does about it there."""
    return cast("dict[str, dict[str, Does]]", json.loads(own_text("reports/coverage.json") or "{}"))
