"""Makes github_runner, and planted of tests/security, importable: tests are imported by path, so their folder is on no path of its own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1] / "security"))
