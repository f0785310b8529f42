"""Files for a program or a library that takes nothing but a path."""

from __future__ import annotations

import os
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


@contextmanager
def private_folder(mode: int = 0o700, above: Path | None = None) -> Iterator[Path]:
    """A folder that only this user can read, for as long as the block lasts; `above` is where it is made, None: where this
    system keeps temporary files. Raises OSError."""
    made = tempfile.TemporaryDirectory(prefix="batten-", dir=above, ignore_cleanup_errors=True)
    with made as folder:
        os.chmod(folder, mode)
        yield Path(folder)
