"""Where programs are. What the search path holds that is no absolute folder may be the checkout's, and is passed over."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path


def installed(*names: str, beside: Iterable[str | Path] = ()) -> Path | None:
    """The first program of these names on the search path, else in the folders `beside` it."""
    trusted = (f for f in os.environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(f))
    path = os.pathsep.join([*trusted, *map(str, beside)])
    for name in names:
        found = shutil.which(name, path=path)
        if found:
            return Path(found)
    return None
