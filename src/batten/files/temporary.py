"""Files for a program or a library that takes nothing but a path."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def private_file(data: bytes) -> Iterator[Path]:
    """A file with this content that only this user can read, for as long as the block lasts. Raises OSError."""
    with tempfile.NamedTemporaryFile(prefix="batten-") as file:
        file.write(data)
        file.flush()
        yield Path(file.name)
