"""Makes the modules of this folder and the guard's cases importable: tests are imported by path."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "guard")]
