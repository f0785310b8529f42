"""The table of what is judged is the one that the carriers give."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_table_is_current() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "guard_contract.py"), "--check"], check=False)
    assert done.returncode == 0, "run python tools/guard_contract.py, and read what it changes"
